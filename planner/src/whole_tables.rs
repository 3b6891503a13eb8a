//! `SELECT *` of one table, planned without naming its columns.
//!
//! The relational core compares the name of each selected column with those of all others, so that the 10,000 columns of a wide file
//! took half a minute. A statement that selects all of one table is planned with one column in the place of `*`
//! ([`WholeRows::mark`]), which is taken out of the plan again ([`WholeRows::unmark`]). A query among the tables of another one that
//! selects all of a table, and does nothing else, is that table ([`whole_table`]).

use std::sync::{Arc, LazyLock};

use datafusion_expr::{CreateMemoryTable, CreateView, DdlStatement, Limit, LogicalPlan, Projection, Sort};
use datafusion_sql::parser::Statement;
use sqlparser::ast::{
    Expr, Ident, OrderBy, OrderByKind, Query, Select, SelectItem, SetExpr, Statement as SqlStatement,
    TableAlias, TableFactor, Value,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

/// The column in the place of all columns. No user has a reason to write it.
const MARK: &str = "$all";

/// A query that selects all of a table, and does nothing else.
static ALL_OF_TABLE: LazyLock<Query> = LazyLock::new(|| {
    let parsed = Parser::new(&GenericDialect {}).try_with_sql("SELECT * FROM t");
    *parsed.and_then(|mut parser| parser.parse_query()).expect("the query is one")
});

/// A statement that is planned with one column in the place of all.
#[derive(Debug)]
pub struct WholeRows {
    /// The text of the statement, if it makes a view.
    definition: Option<String>,
}

impl WholeRows {
    /// Puts one column in the place of the `*` of a statement whose names are resolved, if its query selects all of one table, with or
    /// without a condition, an order by columns, and a limit.
    pub fn mark(statement: &mut Statement) -> Option<Self> {
        let Statement::Statement(statement) = statement else { return None };
        let definition = matches!(**statement, SqlStatement::CreateView(_)).then(|| statement.to_string());
        let query = match &mut **statement {
            SqlStatement::Query(query) => query,
            SqlStatement::CreateView(view) if view.columns.is_empty() => &mut view.query,
            SqlStatement::CreateTable(table) if table.columns.is_empty() => table.query.as_mut()?,
            _ => return None,
        };
        if !query.order_by.as_ref().is_none_or(is_by_columns) || !query.pipe_operators.is_empty() {
            return None;
        }
        let SetExpr::Select(select) = &mut *query.body else { return None };
        table_of_all(select)?;
        let one = Value::Number("1".to_owned(), false);
        select.projection =
            vec![SelectItem::ExprWithAlias { expr: Expr::value(one), alias: Ident::with_quote('"', MARK) }];
        Some(Self { definition })
    }

    /// The plan with all columns.
    pub fn unmark(self, plan: LogicalPlan) -> LogicalPlan {
        match plan {
            LogicalPlan::Ddl(DdlStatement::CreateView(view)) => {
                let input = Arc::new(without_mark(Arc::unwrap_or_clone(view.input)));
                let definition = self.definition;
                LogicalPlan::Ddl(DdlStatement::CreateView(CreateView { input, definition, ..view }))
            }
            LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(table)) => {
                let input = Arc::new(without_mark(Arc::unwrap_or_clone(table.input)));
                LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(CreateMemoryTable { input, ..table }))
            }
            plan => without_mark(plan),
        }
    }
}

/// What a query among tables stands for that selects all of one table, and does nothing else: that table, and the name that it has in
/// the query around it.
pub fn whole_table(factor: &TableFactor) -> Option<(TableFactor, Option<TableAlias>)> {
    let TableFactor::Derived { lateral: false, subquery, alias, sample: None } = factor else { return None };
    let SetExpr::Select(select) = &*subquery.body else { return None };
    let table = table_of_all(select)?;
    let plain = Query { body: ALL_OF_TABLE.body.clone(), ..(**subquery).clone() };
    (select.selection.is_none() && plain == *ALL_OF_TABLE).then(|| (table.clone(), alias.clone()))
}

/// The one table all columns of which are selected, of all rows or of some.
fn table_of_all(select: &Select) -> Option<&TableFactor> {
    let SetExpr::Select(all) = &*ALL_OF_TABLE.body else { return None };
    let [from] = select.from.as_slice() else { return None };
    let is_one = from.joins.is_empty() && !matches!(from.relation, TableFactor::NestedJoin { .. });
    if !is_one || select.projection != all.projection {
        return None;
    }
    let plain = Select { from: all.from.clone(), selection: None, flavor: all.flavor, ..select.clone() };
    (plain == **all).then_some(&from.relation)
}

/// Whether an order is one by columns: not by their numbers, which say nothing of one column in the place of all, and not by
/// aggregates, which are no error where no column is selected.
fn is_by_columns(order: &OrderBy) -> bool {
    let is_column = |expr: &Expr| matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
    match &order.kind {
        OrderByKind::Expressions(by) => {
            order.interpolate.is_none() && by.iter().all(|by| is_column(&by.expr))
        }
        OrderByKind::All(_) => false,
    }
}

/// A plan without the projections that have the mark: they stand over the table, its sorts and its limit.
fn without_mark(plan: LogicalPlan) -> LogicalPlan {
    let below = |input: Arc<LogicalPlan>| Arc::new(without_mark(Arc::unwrap_or_clone(input)));
    match plan {
        LogicalPlan::Projection(Projection { input, schema, .. })
            if schema.fields().iter().any(|field| field.name() == MARK) =>
        {
            without_mark(Arc::unwrap_or_clone(input))
        }
        LogicalPlan::Sort(Sort { expr, input, fetch }) => {
            LogicalPlan::Sort(Sort { expr, input: below(input), fetch })
        }
        LogicalPlan::Limit(Limit { skip, fetch, input }) => {
            LogicalPlan::Limit(Limit { skip, fetch, input: below(input) })
        }
        plan => plan,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(sql: &str) -> Option<String> {
        let mut statement = crate::parse(sql).unwrap().remove(0);
        WholeRows::mark(&mut statement).map(|_| statement.to_string())
    }

    #[test]
    fn all_of_one_table_is_marked() {
        for (sql, expected) in [
            ("SELECT * FROM t", "SELECT 1 AS \"$all\" FROM t"),
            ("FROM t WHERE a > 1", "SELECT 1 AS \"$all\" FROM t WHERE a > 1"),
            (
                "SELECT * FROM t AS u ORDER BY u.a DESC, b LIMIT 3",
                "SELECT 1 AS \"$all\" FROM t AS u ORDER BY u.a DESC, b LIMIT 3",
            ),
            ("CREATE VIEW v AS SELECT * FROM t", "CREATE VIEW v AS SELECT 1 AS \"$all\" FROM t"),
            ("CREATE TABLE v AS SELECT * FROM t", "CREATE TABLE v AS SELECT 1 AS \"$all\" FROM t"),
        ] {
            assert_eq!(marked(sql).as_deref(), Some(expected), "{sql}");
        }
    }

    #[test]
    fn what_needs_the_columns_is_not_marked() {
        for sql in [
            "SELECT *, a FROM t",
            "SELECT * EXCLUDE (a) FROM t",
            "SELECT t.* FROM t",
            "SELECT DISTINCT * FROM t",
            "SELECT * FROM t, u",
            "SELECT * FROM t JOIN u USING (a)",
            "SELECT * FROM (t JOIN u USING (a))",
            "SELECT * FROM t GROUP BY a",
            "SELECT * FROM t ORDER BY 2",
            "SELECT * FROM t ORDER BY count(*)",
            "SELECT * FROM t QUALIFY row_number() OVER (ORDER BY a) = 1",
            "SELECT * FROM t UNION ALL SELECT * FROM t",
            "CREATE VIEW v (x, y) AS SELECT * FROM t",
            "EXPLAIN SELECT * FROM t",
        ] {
            assert_eq!(marked(sql), None, "{sql}");
        }
    }

    #[test]
    fn a_query_of_all_of_a_table_is_the_table() {
        let factor = |sql: &str| {
            let Statement::Statement(statement) = crate::parse(sql).unwrap().remove(0) else {
                unreachable!()
            };
            let SqlStatement::Query(query) = *statement else { unreachable!() };
            let SetExpr::Select(mut select) = *query.body else { unreachable!() };
            select.from.remove(0).relation
        };
        let (table, alias) = whole_table(&factor("SELECT a FROM (SELECT * FROM t AS u) AS v")).unwrap();
        assert_eq!((table.to_string().as_str(), alias.unwrap().to_string().as_str()), ("t AS u", "AS v"));
        for sql in [
            "SELECT a FROM t",
            "SELECT a FROM (SELECT * FROM t WHERE a)",
            "SELECT a FROM (SELECT * FROM t LIMIT 3)",
            "SELECT a FROM (WITH t AS (SELECT 1) SELECT * FROM t)",
            "SELECT a FROM (SELECT a FROM t)",
            "SELECT a FROM (SELECT * FROM t) TABLESAMPLE (3 ROWS)",
        ] {
            assert!(whole_table(&factor(sql)).is_none(), "{sql}");
        }
    }
}
