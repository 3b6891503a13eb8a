//! Functions over groups and windows where a clause looks at single rows.
//!
//! The relational core finds out when the statement is run, and tells it by its own forms of the expressions.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, FunctionArguments, GroupByExpr, Ident, JoinConstraint, ObjectNamePart, Query, Select,
    SelectItem, TableFactor, TableWithJoins, Value, Visit, Visitor,
};

use crate::error::{Error, Result};
use crate::joins::{alias_of, constraint_of};
use crate::names::Catalog;
use crate::scope::{Env, Relation, Scope, same_name};
use crate::walk::{walk, walk_expressions};

/// Checks that functions over groups and windows stand where they can, in all queries of a statement.
///
/// # Errors
/// The first that does not.
pub(crate) fn check_clauses<T: Visit>(statement: &T, catalog: &dyn Catalog) -> Result<()> {
    match walk(statement, &mut Selects { catalog }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Selects<'a> {
    catalog: &'a dyn Catalog,
}

impl Visitor for Selects<'_> {
    type Break = Error;

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Error> {
        match check_select(select, self.catalog) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Error> {
        match expr {
            Expr::Function(function) => match of_single_rows(function, self.catalog) {
                Some(error) => ControlFlow::Break(error),
                None => ControlFlow::Continue(()),
            },
            _ => ControlFlow::Continue(()),
        }
    }
}

/// The error where something is said of groups or windows to a function of single rows: the relational core takes no notice of it.
fn of_single_rows(function: &Function, catalog: &dyn Catalog) -> Option<Error> {
    let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return None };
    let is_distinct = match &function.args {
        FunctionArguments::List(list) => list.duplicate_treatment.is_some(),
        _ => false,
    };
    let said = match function {
        function if function.over.is_some() => "OVER",
        function if function.filter.is_some() => "FILTER",
        _ if is_distinct => "DISTINCT",
        _ => return None,
    };
    catalog.is_scalar(&name.value).then(|| {
        Error::new(format!("the function \"{}\" is one of single rows, and takes no {said}", name.value))
            .with_hint("functions over groups and windows do: sum, count, first_value, …")
    })
}

/// An aggregate function must be of rows of the query in which it stands. One that names columns of queries around alone is, as SQL has
/// it, computed of the rows of those, which the relational core does not know: it would take it for one of each row.
///
/// # Errors
/// It is of rows around.
pub(crate) fn must_be_of_own_rows(
    function: &Function,
    catalog: &dyn Catalog,
    scope: &Scope<'_>,
    env: &Env,
) -> Result<()> {
    let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return Ok(()) };
    let is_known = scope.relations.iter().all(|relation| relation.columns.is_some());
    if env.outer.is_empty() || !is_known || function.over.is_some() || !catalog.is_aggregate(&name.value) {
        return Ok(());
    }
    let has = |relations: &[Relation], parts: &[Ident]| match parts {
        [column] => relations.iter().any(|relation| relation.column(&column.value).is_some()),
        [table, ..] => relations.iter().any(|relation| same_name(&relation.name, &table.value)),
        [] => false,
    };
    let (mut own, mut around) = (false, false);
    let flow = walk_expressions(&function.args, |expr| {
        let parts = match expr {
            Expr::Identifier(ident) => std::slice::from_ref(ident),
            Expr::CompoundIdentifier(parts) => parts.as_slice(),
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } | Expr::Lambda(_) => {
                return ControlFlow::Break(());
            }
            _ => return ControlFlow::Continue(()),
        };
        match has(scope.relations, parts) {
            true => own = true,
            false => around |= env.outer.iter().any(|relations| has(relations, parts)),
        }
        ControlFlow::Continue(())
    });
    if flow.is_break() || own || !around {
        return Ok(());
    }
    let message = format!("the aggregate function \"{}\" is of rows of the query around", name.value);
    Err(Error::new(message).with_hint(
        "aggregate these in a query in FROM: SELECT …, (SELECT … g.s …) FROM (SELECT k, sum(x) AS s FROM t GROUP BY k) AS g",
    ))
}

/// A clause, as it is named in errors.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clause {
    On,
    Where,
    GroupBy,
    Having,
}

fn check_select(select: &Select, catalog: &dyn Catalog) -> Result<()> {
    for join in select.from.iter().flat_map(|TableWithJoins { joins, .. }| joins) {
        if let Some(JoinConstraint::On(condition)) = constraint_of(&mut join.join_operator.clone()) {
            check(condition, Clause::On, catalog)?;
        }
    }
    if let Some(condition) = &select.selection {
        check(condition, Clause::Where, catalog).map_err(|error| {
            match of_query_around(condition, select) {
                true => error.with_hint(
                    "the rows are those of the query around: aggregate them in its FROM, as in \
                 FROM (SELECT k, sum(x) AS s FROM t GROUP BY k) AS g WHERE EXISTS (… = g.s)",
                ),
                false => error,
            }
        })?;
    }
    if let GroupByExpr::Expressions(keys, _) = &select.group_by {
        for key in keys {
            check(key_of(key, &select.projection), Clause::GroupBy, catalog)?;
        }
    }
    match &select.having {
        Some(condition) => check(condition, Clause::Having, catalog),
        None => Ok(()),
    }
}

/// Whether the functions of a condition are of columns of other tables than those of the query, by their names.
fn of_query_around(condition: &Expr, select: &Select) -> bool {
    let factors = select.from.iter().flat_map(|TableWithJoins { relation, joins }| {
        std::iter::once(relation).chain(joins.iter().map(|join| &join.relation))
    });
    let own: Vec<String> = factors.filter_map(name_of).collect();
    let found = walk_expressions(condition, |expr| match expr {
        Expr::Function(function) => walk_expressions(function, |expr| match expr {
            Expr::CompoundIdentifier(parts) if !own.iter().any(|own| same_name(own, &parts[0].value)) => {
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// The name of something in FROM.
pub(crate) fn name_of(factor: &TableFactor) -> Option<String> {
    let alias = match factor {
        TableFactor::Derived { alias, .. } => alias.as_ref(),
        other => alias_of(other),
    };
    match (alias, factor) {
        (Some(alias), _) => Some(alias.name.value.clone()),
        (None, TableFactor::Table { name, .. }) => match name.0.last() {
            Some(ObjectNamePart::Identifier(name)) => Some(name.value.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// What a key of `GROUP BY` stands for: a number or a name may mean a result column.
pub(crate) fn key_of<'a>(key: &'a Expr, items: &'a [SelectItem]) -> &'a Expr {
    let item = match key {
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => {
                number.parse::<usize>().ok().and_then(|number| items.get(number.checked_sub(1)?))
            }
            _ => None,
        },
        Expr::Identifier(name) => items.iter().find(|item| {
            matches!(item, SelectItem::ExprWithAlias { alias, .. } if same_name(&alias.value, &name.value))
        }),
        _ => None,
    };
    match item {
        Some(SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) => expr,
        _ => key,
    }
}

fn check(expr: &Expr, clause: Clause, catalog: &dyn Catalog) -> Result<()> {
    match walk(expr, &mut Functions { clause, catalog, query_depth: 0 }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Looks at the functions of a clause, but for those of queries inside it.
struct Functions<'a> {
    clause: Clause,
    catalog: &'a dyn Catalog,
    query_depth: usize,
}

impl Visitor for Functions<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, _query: &Query) -> ControlFlow<Error> {
        self.query_depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<Error> {
        self.query_depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Error> {
        match expr {
            Expr::Function(function) if self.query_depth == 0 => match self.misplaced(function) {
                Some(error) => ControlFlow::Break(error),
                None => ControlFlow::Continue(()),
            },
            _ => ControlFlow::Continue(()),
        }
    }
}

impl Functions<'_> {
    fn misplaced(&self, function: &Function) -> Option<Error> {
        let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return None };
        if function.over.is_some() {
            let (clause, hint) = match self.clause {
                Clause::Where | Clause::Having => (
                    self.clause.name(),
                    "QUALIFY looks at rows when windows are known, as in … QUALIFY row_number() OVER (ORDER BY x) = 1",
                ),
                Clause::On | Clause::GroupBy => (
                    self.clause.name(),
                    "compute it in a query in FROM: FROM (SELECT *, … OVER (…) AS w FROM …)",
                ),
            };
            return Some(
                Error::new(format!("a function over a window cannot stand in {clause}: \"{}\"", name.value))
                    .with_hint(hint),
            );
        }
        let hint = match self.clause {
            Clause::Where => "WHERE looks at single rows; for groups, write … GROUP BY … HAVING count(*) > 1",
            Clause::On => "ON looks at single rows; aggregate in a query in FROM, or write HAVING",
            Clause::GroupBy => "keys are of single rows; aggregate in a query in FROM, and group its rows",
            Clause::Having => return None,
        };
        let is_call = matches!(function.args, FunctionArguments::List(_));
        (is_call && self.catalog.is_aggregate(&name.value)).then(|| {
            let clause = self.clause.name();
            Error::new(format!("an aggregate function cannot stand in {clause}: \"{}\"", name.value))
                .with_hint(hint)
        })
    }
}

impl Clause {
    fn name(self) -> &'static str {
        match self {
            Self::On => "ON",
            Self::Where => "WHERE",
            Self::GroupBy => "GROUP BY",
            Self::Having => "HAVING",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;
    use crate::source_call::SourceCall;

    struct Sums;

    impl Catalog for Sums {
        fn source_columns(&self, _: &SourceCall) -> Option<Vec<String>> {
            None
        }

        fn tables(&self) -> Vec<String> {
            Vec::new()
        }

        fn table_columns(&self, _: &str) -> Option<Vec<String>> {
            None
        }

        fn is_aggregate(&self, function: &str) -> bool {
            function == "sum"
        }

        fn is_scalar(&self, function: &str) -> bool {
            function == "upper"
        }
    }

    #[test]
    fn functions_stand_where_they_can() {
        for (sql, message) in [
            ("SELECT 1 FROM t WHERE 1 = sum(x)", "an aggregate function cannot stand in WHERE: \"sum\""),
            ("SELECT 1 FROM t JOIN u ON sum(x) = 1", "an aggregate function cannot stand in ON: \"sum\""),
            ("SELECT 1 FROM t GROUP BY sum(x)", "an aggregate function cannot stand in GROUP BY: \"sum\""),
            (
                "SELECT a, sum(x) + 1 FROM t GROUP BY 1, 2",
                "an aggregate function cannot stand in GROUP BY: \"sum\"",
            ),
            (
                "SELECT sum(x) AS s FROM t GROUP BY S",
                "an aggregate function cannot stand in GROUP BY: \"sum\"",
            ),
            (
                "SELECT 1 FROM t WHERE rank() OVER () = 1",
                "a function over a window cannot stand in WHERE: \"rank\"",
            ),
            (
                "SELECT upper(DISTINCT x) FROM t",
                "the function \"upper\" is one of single rows, and takes no DISTINCT",
            ),
            (
                "SELECT (SELECT 1 FROM t HAVING sum(x) OVER () = 1)",
                "a function over a window cannot stand in HAVING: \"sum\"",
            ),
        ] {
            let statement = parse(sql).unwrap().remove(0);
            let datafusion_sql::parser::Statement::Statement(statement) = statement else { panic!("{sql}") };
            assert_eq!(check_clauses(&statement, &Sums).unwrap_err().to_string(), message, "{sql}");
        }
        let around = "SELECT 1 FROM o HAVING EXISTS (SELECT 1 FROM s WHERE s.b = sum(o.a))";
        let datafusion_sql::parser::Statement::Statement(around) = parse(around).unwrap().remove(0) else {
            panic!("it is a query")
        };
        let error = check_clauses(&around, &Sums).unwrap_err();
        assert!(error.hint().is_some_and(|hint| hint.starts_with("the rows are those of the query around")));
        for sql in [
            "SELECT sum(x), a FROM t WHERE a > (SELECT sum(x) FROM t) GROUP BY a HAVING sum(x) > 1 QUALIFY rank() OVER () = 1",
            "SELECT a FROM t WHERE sum > 1 GROUP BY 1, length(a), 7 ORDER BY sum(x) OVER ()",
        ] {
            let statement = parse(sql).unwrap().remove(0);
            let datafusion_sql::parser::Statement::Statement(statement) = statement else { panic!("{sql}") };
            assert_eq!(check_clauses(&statement, &Sums).err().map(|error| error.to_string()), None, "{sql}");
        }
    }
}
