//! `PIVOT` and `UNPIVOT` of a table, as queries that the relational core knows.
//!
//! `t PIVOT (sum(x) FOR kind IN ('a', 'b'))` is an aggregate with a filter for each value, in groups of all other columns;
//! `t UNPIVOT (x FOR kind IN (a, b))` two lists that are unnested together.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, ExprWithAlias, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    NullInclusion, PivotValueSource, Query, TableAlias, TableFactor, Value, VisitorMut,
};

use crate::dialect::columns::for_each_column;
use crate::dialect::functions::{and, positional};
use crate::dialect::pivot_statement::KEYS;
use crate::error::{Error, Result};
use crate::parse::parse_piece;
use crate::scope::same_name;
use crate::walk::{walk_expressions, walk_mut};

/// What to put in place of a `PIVOT` or `UNPIVOT` of a table with these columns; `None`: it is none. Functions of single rows are told
/// from aggregates, whose values they may take, by their names.
///
/// # Errors
/// It is of a kind that is not supported.
pub(crate) fn pivoted(
    factor: &TableFactor,
    columns: &[String],
    is_scalar: &dyn Fn(&str) -> bool,
) -> Result<Option<TableFactor>> {
    let (table, query, alias) = match factor {
        TableFactor::Pivot {
            table,
            aggregate_functions,
            value_column,
            value_source,
            default_on_null,
            alias,
        } => {
            let keys = default_on_null.as_ref().map(keys_of).transpose()?;
            let PivotValueSource::List(values) = value_source else {
                return Err(expected_values());
            };
            let values = values.iter().map(|value| Pivoted::of(value_column, value));
            let values = values.collect::<Option<Vec<_>>>().ok_or_else(expected_values)?;
            (table, pivot(columns, aggregate_functions, value_column, &values, keys, is_scalar)?, alias)
        }
        TableFactor::Unpivot { table, value, name, columns: unpivoted, null_inclusion, alias } => {
            let keeps_nulls = matches!(null_inclusion, Some(NullInclusion::IncludeNulls));
            (table, unpivot(columns, unpivoted, name, value, keeps_nulls)?, alias)
        }
        _ => return Ok(None),
    };
    let mut query = query;
    let ControlFlow::Continue(()) = walk_mut(&mut query, &mut From(table));
    let alias = alias.clone().or_else(|| {
        let TableFactor::Table { alias: Some(TableAlias { name, .. }), .. } = table.as_ref() else {
            return None;
        };
        Some(TableAlias { explicit: true, name: name.clone(), columns: Vec::new(), at: None })
    });
    Ok(Some(TableFactor::Derived { lateral: false, subquery: Box::new(query), alias, sample: None }))
}

fn expected_values() -> Error {
    Error::new("PIVOT: expected one column and a list of its values")
        .with_hint("as in t PIVOT (sum(x) FOR kind IN ('a', 'b'))")
}

/// What becomes a column of its own: the rows in which columns have these values.
struct Pivoted {
    name: String,
    condition: Expr,
}

impl Pivoted {
    /// `None`: there are not as many values as columns.
    fn of(columns: &[Expr], value: &ExprWithAlias) -> Option<Self> {
        let values = match columns.len() {
            1 => vec![value.expr.clone()],
            _ => columns_in(&value.expr),
        };
        if values.len() != columns.len() {
            return None;
        }
        let each = values.iter().map(|expr| label(&ExprWithAlias { expr: expr.clone(), alias: None }));
        let name = match &value.alias {
            Some(alias) => alias.value.clone(),
            None => each.collect::<Vec<_>>().join("_"),
        };
        let conditions = columns.iter().zip(values).map(|(column, value)| has_value(column, value));
        let condition = conditions.reduce(|before, one| and(before, Some(Box::new(one))))?;
        Some(Self { name, condition })
    }
}

fn has_value(column: &Expr, value: Expr) -> Expr {
    let column = Box::new(column.clone());
    match &value {
        Expr::Value(null) if null.value == Value::Null => Expr::IsNull(column),
        _ => Expr::BinaryOp { left: column, op: BinaryOperator::Eq, right: Box::new(value) },
    }
}

fn pivot(
    columns: &[String],
    aggregates: &[ExprWithAlias],
    pivoted: &[Expr],
    values: &[Pivoted],
    keys: Option<Vec<String>>,
    is_scalar: &dyn Fn(&str) -> bool,
) -> Result<Query> {
    let mut used: Vec<String> = pivoted.iter().flat_map(names_in).collect();
    aggregates.iter().for_each(|aggregate| used.extend(names_in(&aggregate.expr)));
    let others = || {
        let others = columns.iter().filter(|column| !used.iter().any(|used| same_name(used, column)));
        others.map(|column| quoted(column)).collect()
    };
    let keys: Vec<String> = keys.unwrap_or_else(others);
    let mut items = keys.clone();
    for value in values {
        for aggregate in aggregates {
            let Expr::Function(function) = &aggregate.expr else {
                return Err(Error::new(format!("PIVOT: expected an aggregate, found {}", aggregate.expr))
                    .with_hint("compute with what PIVOT gives in the query around it"));
            };
            let mut name = value.name.clone();
            if aggregates.len() > 1 || aggregate.alias.is_some() {
                name = format!("{name}_{}", label(aggregate));
            }
            items.push(format!("{} AS {}", of_rows(function, &value.condition, is_scalar), quoted(&name)));
        }
    }
    let groups = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
    let sql = format!("SELECT {} FROM __table{groups}", items.join(", "));
    parse_piece(&sql, |parser| parser.parse_query()).map(|query| *query)
}

/// The keys of `GROUP BY`, which stand in the place of a value for nulls.
fn keys_of(default: &Expr) -> Result<Vec<String>> {
    let keys = match default {
        Expr::Function(function) if function.name.to_string() == format!("\"{KEYS}\"") => {
            positional(function)
        }
        _ => None,
    };
    let keys = keys.ok_or_else(|| {
        Error::new("PIVOT: DEFAULT ON NULL is not supported")
            .with_hint("coalesce(…) in the query around it gives nulls another value")
    })?;
    Ok(keys.iter().map(ToString::to_string).collect())
}

/// An aggregate, or a function of some, of the rows for which a condition holds.
fn of_rows(function: &Function, condition: &Expr, is_scalar: &dyn Fn(&str) -> bool) -> Function {
    let mut function = function.clone();
    if is_scalar(&function.name.to_string().to_lowercase())
        && let FunctionArguments::List(list) = &mut function.args
    {
        for arg in &mut list.args {
            if let FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(inner))) = arg {
                *inner = of_rows(inner, condition, is_scalar);
            }
        }
        return function;
    }
    function.filter = Some(Box::new(and(condition.clone(), function.filter.take())));
    function
}

fn unpivot(
    columns: &[String],
    unpivoted: &[ExprWithAlias],
    name: &Ident,
    value: &Expr,
    keeps_nulls: bool,
) -> Result<Query> {
    let values = columns_in(value);
    let values = values.iter().map(|value| match value {
        Expr::Identifier(value) => Ok(quoted(&value.value)),
        other => Err(Error::new(format!("UNPIVOT: expected the name of a column, found {other}"))
            .with_hint("as in t UNPIVOT (value FOR name IN (a, b))")),
    });
    let values = values.collect::<Result<Vec<_>>>()?;
    let items = items_of(columns, unpivoted)?;
    if let Some((label, _)) = items.iter().find(|(_, exprs)| exprs.len() != values.len()) {
        return Err(Error::new(format!(
            "UNPIVOT: \"{label}\" has another number of columns than there are values"
        ))
        .with_hint("as in t UNPIVOT ((v, w) FOR name IN ((a, b), (c, d)))"));
    }
    let used: Vec<String> = items.iter().flat_map(|(_, exprs)| exprs).flat_map(names_in).collect();
    let others: Vec<String> = columns
        .iter()
        .filter(|column| !used.iter().any(|used| same_name(used, column)))
        .map(|column| quoted(column))
        .collect();
    let list = |texts: Vec<String>| format!("unnest(make_array({}))", texts.join(", "));
    let name = quoted(&name.value);
    let labels = items.iter().map(|(label, _)| format!("'{}'", label.replace('\'', "''"))).collect();
    let mut inner = others.clone();
    inner.push(format!("{} AS __name", list(labels)));
    for (place, value) in values.iter().enumerate() {
        let exprs = items.iter().map(|(_, exprs)| exprs[place].to_string()).collect();
        inner.push(format!("{} AS {value}", list(exprs)));
    }
    let mut outer = others;
    outer.push(format!("__name AS {name}"));
    outer.extend_from_slice(&values);
    let is_there: Vec<String> = values.iter().map(|value| format!("{value} IS NOT NULL")).collect();
    let condition = if keeps_nulls { String::new() } else { format!(" WHERE {}", is_there.join(" AND ")) };
    let sql = format!(
        "SELECT {} FROM (SELECT {} FROM __table) AS __unnested{condition}",
        outer.join(", "),
        inner.join(", ")
    );
    parse_piece(&sql, |parser| parser.parse_query()).map(|query| *query)
}

/// What becomes rows: what each is called, and its columns.
fn items_of(columns: &[String], unpivoted: &[ExprWithAlias]) -> Result<Vec<(String, Vec<Expr>)>> {
    let spelt =
        |name: String| columns.iter().find(|column| same_name(column, &name)).cloned().unwrap_or(name);
    let mut items = Vec::new();
    for item in unpivoted {
        if let Some(each) = for_each_column(&item.expr, columns)? {
            items.extend(each.into_iter().map(|(name, expr)| (name, vec![expr])));
            continue;
        }
        let exprs = columns_in(&item.expr);
        let label = match &item.alias {
            Some(alias) => alias.value.clone(),
            None => {
                let name = |expr: &Expr| match names_in(expr).as_slice() {
                    [column] => column.clone(),
                    _ => label(&ExprWithAlias { expr: expr.clone(), alias: None }),
                };
                exprs.iter().map(|expr| spelt(name(expr))).collect::<Vec<_>>().join("_")
            }
        };
        items.push((label, exprs));
    }
    Ok(items)
}

/// Several expressions in parentheses, or one.
fn columns_in(expr: &Expr) -> Vec<Expr> {
    match expr {
        Expr::Tuple(exprs) => exprs.clone(),
        other => vec![other.clone()],
    }
}

/// What a value or an aggregate is called.
fn label(item: &ExprWithAlias) -> String {
    match (&item.alias, &item.expr) {
        (Some(alias), _) => alias.value.clone(),
        (None, Expr::Value(value)) => {
            value.value.clone().into_string().unwrap_or_else(|| value.value.to_string())
        }
        (None, Expr::Identifier(name)) => name.value.clone(),
        (None, Expr::Cast { expr, .. }) => label(&ExprWithAlias { expr: (**expr).clone(), alias: None }),
        (None, other) => other.to_string(),
    }
}

fn quoted(name: &str) -> String {
    Ident::with_quote('"', name).to_string()
}

/// The columns that an expression names.
fn names_in(expr: &Expr) -> Vec<String> {
    let mut names = Vec::new();
    let _: ControlFlow<()> = walk_expressions(expr, |expr| {
        match expr {
            Expr::Identifier(name) => names.push(name.value.clone()),
            Expr::CompoundIdentifier(parts) => names.extend(parts.last().map(|name| name.value.clone())),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    names
}

/// Puts the table in its place.
struct From<'a>(&'a TableFactor);

impl VisitorMut for From<'_> {
    type Break = std::convert::Infallible;

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        if let TableFactor::Table { name, .. } = factor
            && name.to_string() == "__table"
        {
            *factor = self.0.clone();
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use sqlparser::ast::SetExpr;

    use super::*;

    fn rewritten(sql: &str) -> Result<String> {
        let query = parse_piece(sql, |parser| parser.parse_query())?;
        let SetExpr::Select(select) = *query.body else { return Err(Error::new("no query")) };
        let columns = ["Kind", "x", "k"].map(str::to_owned);
        pivoted(&select.from[0].relation, &columns, &|name| name == "round")
            .map(|factor| factor.map_or_else(String::new, |it| it.to_string()))
    }

    #[test]
    fn values_become_columns() {
        assert_eq!(
            rewritten("SELECT * FROM t PIVOT (sum(x) FOR kind IN ('a', 2 AS two))").unwrap(),
            "(SELECT \"k\", sum(x) FILTER (WHERE kind = 'a') AS \"a\", sum(x) FILTER (WHERE kind = 2) AS \"two\" \
             FROM t GROUP BY \"k\")"
        );
        assert_eq!(
            rewritten("SELECT * FROM t PIVOT (sum(x) AS s, count(*) FOR kind IN ('a')) AS p").unwrap(),
            "(SELECT \"k\", sum(x) FILTER (WHERE kind = 'a') AS \"a_s\", \
             count(*) FILTER (WHERE kind = 'a') AS \"a_count(*)\" FROM t GROUP BY \"k\") AS p"
        );
        assert_eq!(
            rewritten("SELECT * FROM t PIVOT (round(avg(x), 1) FOR kind IN ('a'))").unwrap(),
            "(SELECT \"k\", round(avg(x) FILTER (WHERE kind = 'a'), 1) AS \"a\" FROM t GROUP BY \"k\")"
        );
        assert_eq!(
            rewritten("SELECT * FROM t PIVOT (sum(x) FOR (kind, k) IN (('a', 1), (NULL, 2)))").unwrap(),
            "(SELECT sum(x) FILTER (WHERE (kind = 'a') AND (k = 1)) AS \"a_1\", \
             sum(x) FILTER (WHERE (kind IS NULL) AND (k = 2)) AS \"NULL_2\" FROM t)"
        );
        assert!(rewritten("SELECT * FROM t PIVOT (sum(x) + 1 FOR kind IN ('a'))").is_err());
    }

    #[test]
    fn columns_become_values() {
        assert_eq!(
            rewritten("SELECT * FROM t UNPIVOT (v FOR n IN (x, k AS kk))").unwrap(),
            "(SELECT \"Kind\", __name AS \"n\", \"v\" FROM (SELECT \"Kind\", unnest(make_array('x', 'kk')) AS __name, \
             unnest(make_array(x, k)) AS \"v\" FROM t) AS __unnested WHERE \"v\" IS NOT NULL)"
        );
        assert!(rewritten("SELECT * FROM t").unwrap().is_empty());
    }
}
