//! What must be known before a statement can be planned: how many rows `LIMIT (SELECT …)` lets through, which columns
//! `PIVOT … FOR kind IN (ANY)` has, and which fields `unnest(s)`.
//!
//! [`asked_ahead`] gives the first such question as a statement of its own, and [`answer_ahead`] puts its answer into the place, so that
//! the next one, if there is one, comes first.

mod struct_items;

use std::ops::ControlFlow;

use datafusion_sql::parser::{CopyToSource, Statement};
use sqlparser::ast::{
    Expr, ExprWithAlias, Ident, LimitClause, Offset, PivotValueSource, Query, Select,
    Statement as SqlStatement, TableFactor, Value, VisitorMut, With,
};

use self::struct_items::TypedItem;
use crate::dialect::functions::positional;
use crate::dialect::limits::PERCENT;
use crate::error::{Error, Result};
use crate::parse::{parse, parse_piece};
use crate::walk::walk_mut;

/// A question, whose answer has one column.
#[derive(Debug)]
pub struct Question {
    /// What is asked.
    pub statement: Statement,
    /// Whether the statement may do without an answer, if there is none.
    pub may_fail: bool,
}

/// The first question of a statement.
///
/// # Errors
/// It is of a kind that is not supported.
pub fn asked_ahead(statement: &Statement) -> Result<Option<Question>> {
    let mut places = Places { withs: Vec::new(), answer: None, question: None, may_fail: false };
    let mut statement = statement.clone();
    visit(&mut statement, &mut places)?;
    let Some(question) = places.question else { return Ok(None) };
    let may_fail = places.may_fail;
    Ok(parse(&question)?.pop().map(|statement| Question { statement, may_fail }))
}

/// Puts the values of an answer, as texts, into the place of the first question.
///
/// # Errors
/// The answer is none to this question.
pub fn answer_ahead(statement: &mut Statement, values: &[Option<String>]) -> Result<()> {
    visit(statement, &mut Places { withs: Vec::new(), answer: Some(values), question: None, may_fail: false })
}

fn visit(statement: &mut Statement, places: &mut Places<'_>) -> Result<()> {
    let flow = match statement {
        Statement::Statement(statement) if may_ask(statement) => walk_mut(statement, places),
        Statement::Explain(explain) => return visit(&mut explain.statement, places),
        Statement::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => walk_mut(query, places),
            CopyToSource::Relation(_) => return Ok(()),
        },
        _ => return Ok(()),
    };
    match flow {
        ControlFlow::Break(Some(error)) => Err(error),
        _ => Ok(()),
    }
}

/// Statements that are not run yet ask nothing.
fn may_ask(statement: &SqlStatement) -> bool {
    !matches!(statement, SqlStatement::Prepare { .. })
}

/// Looks for the first place of a question: asks it, or puts the answer there.
struct Places<'a> {
    /// The common table expressions of the queries around a place.
    withs: Vec<Option<With>>,
    answer: Option<&'a [Option<String>]>,
    question: Option<String>,
    /// Whether the question is one of types alone.
    may_fail: bool,
}

impl VisitorMut for Places<'_> {
    /// With an error, or as the place is found.
    type Break = Option<Error>;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        self.withs.push(query.with.clone());
        ControlFlow::Continue(())
    }

    // From the inside, as a question may have others in it.
    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        if let Some(percent) = percent_of(query) {
            let flow = self.part(query, percent);
            self.withs.pop();
            return flow;
        }
        let found = match &mut query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                let offset = offset.as_mut().map(|Offset { value, .. }| value);
                limit.as_mut().into_iter().chain(offset).find_map(query_in)
            }
            _ => None,
        };
        let flow = match found {
            Some(value) => self.number(value),
            None => ControlFlow::Continue(()),
        };
        self.withs.pop();
        flow
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        let Some(item) = TypedItem::first_of(select) else { return ControlFlow::Continue(()) };
        match self.answer.take() {
            Some(values) => {
                let at = item.at;
                let ty = values.first().and_then(Option::as_deref);
                let items = item.answered(select.projection[at].clone(), ty);
                select.projection.splice(at..=at, items);
            }
            None => {
                self.ask(&item.question(select));
                self.may_fail = true;
            }
        }
        ControlFlow::Break(None)
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        let TableFactor::Pivot { table, value_column, value_source, .. } = factor else {
            return ControlFlow::Continue(());
        };
        let query = match value_source {
            PivotValueSource::List(_) => return ControlFlow::Continue(()),
            PivotValueSource::Any(_) => None,
            PivotValueSource::Subquery(query) => Some(query.to_string()),
        };
        let of_several = match (value_column.as_slice(), &query) {
            ([_], _) => None,
            (columns, None) => Some(combinations(columns, table)),
            _ => {
                let error = Error::new("PIVOT: expected one column whose values become columns")
                    .with_hint("put several together: ON a || '_' || b");
                return ControlFlow::Break(Some(error));
            }
        };
        match self.answer.take() {
            Some(values) => {
                let values = values.iter().flatten().map(|value| ExprWithAlias {
                    expr: Expr::Value(Value::SingleQuotedString(value.clone()).into()),
                    alias: Some(Ident::with_quote('"', value)),
                });
                *value_source = PivotValueSource::List(values.collect());
                match parse_piece(&text_of(value_column), |parser| parser.parse_expr()) {
                    Ok(text) => *value_column = vec![text],
                    Err(error) => return ControlFlow::Break(Some(error)),
                }
            }
            None => {
                let column = value_column.first().map(ToString::to_string).unwrap_or_default();
                let question = match query {
                    None if of_several.is_some() => of_several.unwrap_or_default(),
                    Some(query) => {
                        format!("SELECT CAST(__value AS VARCHAR) FROM ({query}) AS __values(__value)")
                    }
                    None => format!(
                        "SELECT CAST(__value AS VARCHAR) AS __text FROM \
                         (SELECT {column} AS __value FROM {table}) AS __values WHERE __value IS NOT NULL \
                         GROUP BY __value ORDER BY __value"
                    ),
                };
                self.ask(&question);
            }
        }
        ControlFlow::Break(None)
    }
}

/// The texts of the values of columns, put together.
fn text_of(columns: &[Expr]) -> String {
    let texts: Vec<String> = columns.iter().map(|column| format!("CAST({column} AS VARCHAR)")).collect();
    texts.join(" || '_' || ")
}

/// The question which values several columns have, each with each.
fn combinations(columns: &[Expr], table: &TableFactor) -> String {
    let values = columns.iter().enumerate().map(|(place, column)| {
        format!(
            "(SELECT DISTINCT {column} AS __value{place} FROM {table} WHERE {column} IS NOT NULL) AS __values{place}"
        )
    });
    let values: Vec<String> = values.collect();
    let names: Vec<String> = (0..columns.len()).map(|place| format!("__value{place}")).collect();
    let texts: Vec<String> = names.iter().map(|name| format!("CAST({name} AS VARCHAR)")).collect();
    format!(
        "SELECT {} AS __text FROM {} ORDER BY {}",
        texts.join(" || '_' || "),
        values.join(" CROSS JOIN "),
        names.join(", ")
    )
}

/// How many of a hundred rows `LIMIT 10%` lets through.
fn percent_of(query: &Query) -> Option<f64> {
    let Some(LimitClause::LimitOffset { limit: Some(Expr::Function(call)), .. }) = &query.limit_clause else {
        return None;
    };
    let is_percent = call.name.to_string() == format!("\"{PERCENT}\"");
    let given = is_percent.then(|| positional(call)).flatten()?;
    given.first()?.to_string().parse().ok()
}

impl Places<'_> {
    /// Asks how many rows a query has, or lets a part of them through.
    fn part(&mut self, query: &mut Query, percent: f64) -> ControlFlow<Option<Error>> {
        if !(0.0..=100.0).contains(&percent) {
            let error = Error::new(format!("LIMIT {percent}%: expected a number from 0 to 100"));
            return ControlFlow::Break(Some(error));
        }
        match self.answer.take() {
            None => {
                let all = Query { order_by: None, limit_clause: None, ..query.clone() };
                self.ask(&format!("SELECT count(*) FROM ({all}) AS __rows"));
            }
            Some(values) => {
                let rows = values.iter().flatten().find_map(|rows| rows.parse::<f64>().ok()).unwrap_or(0.0);
                let count = (rows * percent / 100.0).floor();
                if let Some(LimitClause::LimitOffset { limit, .. }) = &mut query.limit_clause {
                    *limit = Some(Expr::Value(Value::Number(format!("{count:.0}"), false).into()));
                }
            }
        }
        ControlFlow::Break(None)
    }

    fn number(&mut self, value: &mut Expr) -> ControlFlow<Option<Error>> {
        let Expr::Subquery(query) = value else { return ControlFlow::Continue(()) };
        match self.answer.take() {
            None => self.ask(&query.to_string()),
            Some([Some(number)]) if number.parse::<i64>().is_ok() => {
                *value = Expr::Value(Value::Number(number.clone(), false).into());
            }
            Some([Some(other)]) => {
                let error =
                    Error::new(format!("LIMIT and OFFSET take a whole number, and the query gives {other}"))
                        .with_hint("CAST(… AS bigint) makes one of a fraction");
                return ControlFlow::Break(Some(error));
            }
            // Null lets all through, and so does a query without rows.
            Some([None] | []) => *value = Expr::Value(Value::Null.into()),
            Some(_) => {
                let error = Error::new("a query in the place of a number has several rows")
                    .with_hint("take one of them: LIMIT (SELECT max(n) FROM …)");
                return ControlFlow::Break(Some(error));
            }
        }
        ControlFlow::Break(None)
    }

    /// Asks a query, with the common table expressions that it may name: those in front of the one in which the place is, which is the
    /// first that has a question in it.
    fn ask(&mut self, query: &str) {
        let withs: Vec<&With> = self.withs.iter().flatten().collect();
        let recursive = if withs.iter().any(|with| with.recursive) { "RECURSIVE " } else { "" };
        let known =
            withs.iter().flat_map(|with| with.cte_tables.iter().take_while(|table| !asks(&table.query)));
        let tables: Vec<String> = known.map(ToString::to_string).collect();
        self.question = Some(match tables.is_empty() {
            true => query.to_owned(),
            // Its order is that of the answer, so that it stays the outermost.
            false if query.starts_with("SELECT") => format!("WITH {recursive}{} {query}", tables.join(", ")),
            false => format!("WITH {recursive}{} SELECT * FROM ({query})", tables.join(", ")),
        });
    }
}

/// Whether there is a question in a query.
fn asks(query: &Query) -> bool {
    let mut places = Places { withs: Vec::new(), answer: None, question: None, may_fail: false };
    walk_mut(&mut query.clone(), &mut places).is_break()
}

/// The first query in what a number is computed of.
fn query_in(value: &mut Expr) -> Option<&mut Expr> {
    match value {
        Expr::Subquery(_) => Some(value),
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => query_in(inner),
        Expr::BinaryOp { left, right, .. } => query_in(left).or_else(|| query_in(right)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(sql: &str) -> Option<String> {
        asked_ahead(&parse(sql).unwrap()[0]).unwrap().map(|question| question.statement.to_string())
    }

    fn answered(sql: &str, values: &[Option<&str>]) -> String {
        let mut statement = parse(sql).unwrap().remove(0);
        let values: Vec<_> = values.iter().map(|value| value.map(str::to_owned)).collect();
        answer_ahead(&mut statement, &values).unwrap();
        statement.to_string()
    }

    #[test]
    fn numbers_of_rows() {
        let sql = "WITH t AS (SELECT 2 AS n) SELECT * FROM 'x' LIMIT (SELECT n FROM t)";
        assert_eq!(asked(sql).as_deref(), Some("WITH t AS (SELECT 2 AS n) SELECT n FROM t"));
        assert_eq!(answered(sql, &[Some("2")]), "WITH t AS (SELECT 2 AS n) SELECT * FROM 'x' LIMIT 2");
        assert_eq!(answered("SELECT 1 OFFSET (SELECT 1)", &[]), "SELECT 1 OFFSET NULL");
        assert_eq!(asked("SELECT (SELECT 1) LIMIT 3"), None);
        // A query of WITH knows those in front of it, and not itself.
        let inside = "WITH t AS (SELECT 2 AS n), u AS (SELECT 1 LIMIT (SELECT n FROM t)) SELECT * FROM u";
        assert_eq!(asked(inside).as_deref(), Some("WITH t AS (SELECT 2 AS n) SELECT n FROM t"));
        let mut several = parse("SELECT 1 LIMIT (SELECT 1)").unwrap().remove(0);
        assert!(answer_ahead(&mut several, &[None, None]).is_err());
    }

    #[test]
    fn fields_of_structs() {
        let sql = "WITH t AS (SELECT 1 AS s) SELECT unnest(s), s.*, t.* FROM t";
        let question = asked(sql).unwrap();
        assert!(question.starts_with("WITH t AS (SELECT 1 AS s) SELECT column_type FROM"), "{question}");
        assert!(question.contains("(SELECT s AS __value FROM t)"), "{question}");
        let answer = answered(sql, &[Some("STRUCT(a BIGINT, \"B\" VARCHAR)")]);
        assert!(answer.ends_with("SELECT (s)['a'] AS \"a\", (s)['B'] AS \"B\", s.*, t.* FROM t"), "{answer}");
        let list = answered("SELECT unnest(l) FROM t", &[Some("BIGINT[]")]);
        assert_eq!(list, "SELECT (unnest(l)) AS \"unnest(l)\" FROM t");
        assert_eq!(asked(&list), None);
        let deep =
            answered("SELECT unnest(l, recursive := true) FROM t", &[Some("STRUCT(s STRUCT(a INT))[]")]);
        assert_eq!(deep, "SELECT unnest(l)['s']['a'] AS \"a\" FROM t");
        assert_eq!(asked("SELECT unnest([1, 2]), unnest(range(3))"), None);
    }

    #[test]
    fn parts_of_all_rows() {
        let sql = "SELECT a FROM t ORDER BY a LIMIT 40%";
        assert_eq!(asked(sql).as_deref(), Some("SELECT count(*) FROM (SELECT a FROM t) AS __rows"));
        assert_eq!(answered(sql, &[Some("4")]), "SELECT a FROM t ORDER BY a LIMIT 1");
        assert_eq!(answered("SELECT 1 LIMIT 50 PERCENT OFFSET 1", &[Some("4")]), "SELECT 1 LIMIT 2 OFFSET 1");
        assert!(asked_ahead(&parse("SELECT 1 LIMIT 101%").unwrap()[0]).is_err());
        assert_eq!(asked("SELECT 1 LIMIT 7 % 4"), None);
    }

    #[test]
    fn values_that_become_columns() {
        let sql = "PIVOT t ON kind USING sum(x)";
        assert_eq!(
            asked(sql).as_deref(),
            Some(
                "SELECT CAST(__value AS VARCHAR) AS __text FROM (SELECT kind AS __value FROM t) AS __values \
                 WHERE __value IS NOT NULL GROUP BY __value ORDER BY __value"
            )
        );
        assert_eq!(
            answered(sql, &[Some("a"), Some("it's")]),
            "SELECT * FROM t PIVOT(sum(x) FOR CAST(kind AS VARCHAR) IN ('a' AS \"a\", 'it''s' AS \"it's\"))"
        );
        assert_eq!(asked("PIVOT t ON kind IN ('a') USING sum(x)"), None);
        // Each value of one column with each of another one.
        assert_eq!(
            asked("PIVOT t ON a, b").as_deref(),
            Some(
                "SELECT CAST(__value0 AS VARCHAR) || '_' || CAST(__value1 AS VARCHAR) AS __text FROM \
                 (SELECT DISTINCT a AS __value0 FROM t WHERE a IS NOT NULL) AS __values0 CROSS JOIN \
                 (SELECT DISTINCT b AS __value1 FROM t WHERE b IS NOT NULL) AS __values1 ORDER BY __value0, __value1"
            )
        );
        assert_eq!(
            answered("PIVOT t ON a, b", &[Some("1_x")]),
            "SELECT * FROM t PIVOT(count(*) FOR CAST(a AS VARCHAR) || '_' || CAST(b AS VARCHAR) IN ('1_x' AS \"1_x\"))"
        );
    }
}
