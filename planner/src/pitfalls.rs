//! What is valid SQL, and hardly ever meant: it gives no error, and rows that nobody expects.

use std::ops::ControlFlow;

use datafusion_sql::parser::{CopyToSource, Statement};
use sqlparser::ast::{
    BinaryOperator, Expr, FromTable, FunctionArg, FunctionArgExpr, JoinConstraint, JoinOperator, ObjectName,
    ObjectNamePart, Select, Statement as SqlStatement, TableFactor, TableObject, TableWithJoins, Value,
    Visitor,
};

use crate::dialect::table_keys::{has_conditions, has_keys};
use crate::walk::walk;

/// What is worth knowing of a statement, each once.
pub fn pitfalls(statement: &Statement) -> Vec<String> {
    let mut finder = Finder { notes: Vec::new(), options: Vec::new() };
    show_to(statement, &mut finder);
    finder.notes
}

/// The path of a file that a statement would change in its place, which files are not.
pub fn changed_file(statement: &Statement) -> Option<&str> {
    let Statement::Statement(statement) = statement else { return None };
    match statement.as_ref() {
        SqlStatement::Insert(insert) => match &insert.table {
            TableObject::TableName(name) => path_of(name),
            _ => None,
        },
        SqlStatement::Update(update) => path_of_table(&update.table),
        SqlStatement::Delete(delete) => match &delete.from {
            FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables) => {
                tables.first().and_then(path_of_table)
            }
        },
        _ => None,
    }
}

fn path_of_table(table: &TableWithJoins) -> Option<&str> {
    match &table.relation {
        TableFactor::Table { name, .. } => path_of(name),
        _ => None,
    }
}

fn path_of(name: &ObjectName) -> Option<&str> {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(path)] if path.quote_style == Some('\'') => Some(&path.value),
        _ => None,
    }
}

/// The names in double quotes that stand for values, as columns do.
pub fn quoted_names(statement: &Statement) -> Vec<String> {
    struct Names(Vec<String>);
    impl Visitor for Names {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Expr::Identifier(name) = expr
                && name.quote_style == Some('"')
            {
                self.0.push(name.value.clone());
            }
            ControlFlow::Continue(())
        }
    }
    let mut names = Names(Vec::new());
    show_to(statement, &mut names);
    names.0
}

/// Shows a visitor, which stops nowhere, a statement.
fn show_to(statement: &Statement, visitor: &mut impl Visitor<Break = ()>) {
    let _ = match statement {
        Statement::Statement(statement) => walk(statement, visitor),
        Statement::Explain(explain) => return show_to(&explain.statement, visitor),
        Statement::CopyTo(copy) => match &copy.source {
            CopyToSource::Query(query) => walk(query, visitor),
            CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => ControlFlow::Continue(()),
    };
}

struct Finder {
    notes: Vec<String>,
    /// Arguments of table functions: `quote = NULL` is no comparison there.
    options: Vec<Expr>,
}

impl Finder {
    fn add(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

impl Visitor for Finder {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &SqlStatement) -> ControlFlow<()> {
        if let SqlStatement::CreateTable(table) = statement {
            if has_keys(table) {
                self.add(format!("keys are not checked: rows of {} may have the same ones", table.name));
            }
            if has_conditions(table) {
                self.add(format!("CHECK is not looked at: rows of {} may be other ones", table.name));
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let args = match factor {
            TableFactor::Table { args: Some(args), .. } => &args.args,
            TableFactor::Function { args, .. } => args,
            _ => return ControlFlow::Continue(()),
        };
        let option = |arg: &FunctionArg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(option)) => Some(option.clone()),
            _ => None,
        };
        self.options.extend(args.iter().filter_map(option));
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let Expr::BinaryOp { left, op, right } = expr else { return ControlFlow::Continue(()) };
        if self.options.contains(expr) {
            return ControlFlow::Continue(());
        }
        if is_comparison(op) && (is_null(left) || is_null(right)) {
            self.add("a comparison with NULL is never true: IS NULL and IS NOT NULL ask for it".to_owned());
        }
        if let Some(date) = bare_date(left, op, right) {
            self.add(format!("{date} without quotes is a subtraction of numbers; as a date, write '{date}'"));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let joins = select.from.iter().flat_map(|table| &table.joins);
        for join in joins.filter(|join| has_no_condition(&join.join_operator)) {
            self.add(format!(
                "{} is joined without ON or USING: each of its rows with each of the others; CROSS JOIN says that this \
                 is meant",
                join.relation
            ));
        }
        ControlFlow::Continue(())
    }
}

fn is_comparison(op: &BinaryOperator) -> bool {
    matches!(
        op,
        BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq
    )
}

fn is_null(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if value.value == Value::Null)
}

/// `2024-01-31` as the parser has it, `(2024 - 01) - 31`.
fn bare_date(left: &Expr, op: &BinaryOperator, day: &Expr) -> Option<String> {
    let Expr::BinaryOp { left: year, op: inner, right: month } = left else { return None };
    if (op, inner) != (&BinaryOperator::Minus, &BinaryOperator::Minus) {
        return None;
    }
    let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
    let within = |text: &str, most: u8| text.parse::<u8>().is_ok_and(|number| (1..=most).contains(&number));
    (within(month, 12) && within(day, 31)).then(|| format!("{year}-{month}-{day}"))
}

fn digits(expr: &Expr, len: usize) -> Option<&str> {
    let Expr::Value(value) = expr else { return None };
    let Value::Number(text, _) = &value.value else { return None };
    (text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

fn has_no_condition(operator: &JoinOperator) -> bool {
    matches!(operator, JoinOperator::Join(JoinConstraint::None) | JoinOperator::Inner(JoinConstraint::None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    #[test]
    fn files_are_not_changed() {
        for (sql, path) in [
            ("INSERT INTO 'a.csv' VALUES (1)", Some("a.csv")),
            ("UPDATE 'a.csv' SET x = 1", Some("a.csv")),
            ("DELETE FROM 'a.csv' WHERE x = 1", Some("a.csv")),
            ("INSERT INTO t SELECT * FROM 'a.csv'", None),
        ] {
            assert_eq!(changed_file(&parse(sql).unwrap()[0]), path, "{sql}");
        }
    }

    #[test]
    fn what_is_hardly_ever_meant_is_told() {
        for (sql, notes) in [
            ("SELECT 1 FROM t WHERE a = NULL OR b <> NULL", vec!["a comparison with NULL"]),
            ("SELECT 1 FROM t WHERE d > 2024-01-31", vec!["2024-01-31 without quotes"]),
            ("SELECT (SELECT 1 FROM t JOIN 'u.csv' AS u)", vec!["'u.csv' AS u is joined"]),
            ("COPY (SELECT a <= NULL FROM t) TO 'x.csv'", vec!["a comparison with NULL"]),
            ("EXPLAIN SELECT a FROM t WHERE NULL = a", vec!["a comparison with NULL"]),
            ("SELECT 1 FROM read_csv('a', quote = NULL) WHERE b = NULL", vec!["a comparison with NULL"]),
            ("SELECT 1 FROM read_csv('a', quote = NULL)", vec![]),
            ("CREATE TABLE t (a INT PRIMARY KEY)", vec!["keys are not checked"]),
            ("CREATE TABLE t (a INT NOT NULL)", vec![]),
            ("SELECT coalesce(a, NULL), CASE WHEN a IS NULL THEN NULL END FROM t, u", vec![]),
            ("SELECT 2024 - 13 - 1, 2024 - 1 - 31, 10 - 01 - 02, a - 01 - 02 FROM t", vec![]),
            ("SELECT 1 FROM t JOIN u ON t.a = u.a JOIN v USING (a) CROSS JOIN w NATURAL JOIN x", vec![]),
        ] {
            let found = pitfalls(&parse(sql).unwrap()[0]);
            let as_expected = found.len() == notes.len()
                && found.iter().zip(&notes).all(|(found, note)| found.starts_with(note));
            assert!(as_expected, "{sql}: {found:?}");
        }
    }
}
