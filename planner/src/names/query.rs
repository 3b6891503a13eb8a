//! The names of a query: common table expressions, its body, `ORDER BY`.

use sqlparser::ast::{
    Cte, Expr, GroupByExpr, Ident, LimitClause, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, Query,
    SetExpr, SetQuantifier, TableAliasColumnDef, Value,
};

use super::order::order_by_hidden;
use super::outer_aggregates::lift_aggregates;
use super::select::has_aggregates;
use super::{Catalog, Resolver};
use crate::dialect::positional::order_of;
use crate::dialect::values::{as_queries, name_columns_of_values, value_column};
use crate::error::{Error, Result};
use crate::labels::unique_name;
use crate::parse::parse_piece;
use crate::scope::{Env, Relation, Scope, same_name};
use crate::set_operations::numbered;

impl Resolver<'_> {
    /// Resolves a query and returns the names of its columns, if they are known.
    pub(super) fn query(&self, query: &mut Query, env: &Env) -> Result<Option<Vec<String>>> {
        let mut env = env.clone();
        if let Some(with) = &mut query.with {
            must_differ(&with.cte_tables)?;
            for cte in &mut with.cte_tables {
                let core_name = self.other_name(&cte.alias.name.value, &env);
                let relation = self.cte(cte, with.recursive, core_name, &env)?;
                env.ctes.push(relation);
            }
        }
        take_fetch_for_limit(query)?;
        lift_aggregates(query, self.catalog)?;
        let (columns, relations) = self.set_expr(&mut query.body, &env)?;
        order_positional(query, self.catalog);
        order_by_all(query, columns.as_deref());
        let aliases = columns.clone().unwrap_or_default();
        let scope = Scope { aliases: &aliases, ..Scope::of(&relations) };
        if let Some(order_by) = &mut query.order_by
            && let OrderByKind::Expressions(exprs) = &mut order_by.kind
        {
            for order in exprs {
                // A name of the select list goes first here, as the core has it, too.
                match &mut order.expr {
                    Expr::Identifier(ident) if aliases.contains(&ident.value) => {}
                    other => self.expr(other, &scope, &env)?,
                }
            }
        }
        order_by_hidden(query, columns.as_deref())?;
        Ok(columns)
    }

    /// Another name for a table whose name one of a query around has, as the relational core knows each only once.
    fn other_name(&self, name: &str, env: &Env) -> Option<String> {
        let is_taken =
            |name: &str| env.ctes.iter().any(|cte| cte.core_name.as_deref().unwrap_or(&cte.name) == name);
        is_taken(name).then(|| unique_name(name, is_taken))
    }

    fn cte(&self, cte: &mut Cte, recursive: bool, core_name: Option<String>, env: &Env) -> Result<Relation> {
        let name = cte.alias.name.value.clone();
        let declared: Vec<String> =
            cte.alias.columns.iter().map(|column| column.name.value.clone()).collect();
        let declared = (!declared.is_empty()).then_some(declared);
        let relation =
            |columns| Relation { core_name: core_name.clone(), ..Relation::new(name.clone(), columns) };
        let mut inner = env.clone();
        if recursive {
            inner.ctes.push(relation(declared.clone()));
        }
        let mut columns = self.query(&mut cte.query, &inner)?;
        if let (SetExpr::Values(_), None, Some(columns)) = (cte.query.body.as_ref(), &declared, &mut columns)
        {
            for (place, column) in columns.iter_mut().enumerate() {
                *column = value_column(place);
                let name = Ident::with_quote('"', column.as_str());
                cte.alias.columns.push(TableAliasColumnDef { name, data_type: None });
            }
        }
        if let Some(name) = &core_name {
            cte.alias.name = Ident::with_quote('"', name);
        }
        Ok(relation(declared.or(columns)))
    }

    /// Resolves the body of a query: the names of its columns, and what ORDER BY may refer to.
    fn set_expr(&self, body: &mut SetExpr, env: &Env) -> Result<(Option<Vec<String>>, Vec<Relation>)> {
        match body {
            SetExpr::Select(select) => self.select(select, env),
            SetExpr::Table(table) => {
                let name = table.table_name.clone().map(|name| Ident::with_quote('"', name).to_string());
                let sql = format!("SELECT * FROM {}", name.unwrap_or_default());
                *body = *parse_piece(&sql, |parser| parser.parse_query())?.body;
                self.set_expr(body, env)
            }
            SetExpr::Query(query) => Ok((self.query(query, env)?, Vec::new())),
            SetExpr::SetOperation { left, right, set_quantifier, .. } => {
                name_columns_of_values(left)?;
                let (mut columns, _) = self.set_expr(left, env)?;
                let (others, _) = self.set_expr(right, env)?;
                if is_by_name(*set_quantifier) {
                    columns = columns.zip(others).map(|(columns, others)| with_more(columns, others));
                }
                if let Some(numbered) = numbered(body, columns.as_deref())? {
                    *body = numbered;
                }
                Ok((columns, Vec::new()))
            }
            SetExpr::Values(values) => {
                if let Some(queries) = as_queries(values)? {
                    *body = queries;
                    return self.set_expr(body, env);
                }
                let width = values.rows.first().map_or(0, |row| row.len());
                Ok((Some((1..=width).map(|index| format!("column{index}")).collect()), Vec::new()))
            }
            _ => Ok((None, Vec::new())),
        }
    }
}

/// Rows of a `POSITIONAL JOIN` come in their order, where a query gives them on as they are.
fn order_positional(query: &mut Query, catalog: &dyn Catalog) {
    let SetExpr::Select(select) = query.body.as_ref() else { return };
    let has_no_groups = matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty())
        && select.having.is_none()
        && select.distinct.is_none()
        && !select.projection.iter().any(|item| has_aggregates(item, catalog));
    if query.order_by.is_none()
        && has_no_groups
        && let Some(expr) = order_of(select)
    {
        let by_place = OrderByExpr { expr, options: OrderByOptions::default(), with_fill: None };
        query.order_by = Some(OrderBy { kind: OrderByKind::Expressions(vec![by_place]), interpolate: None });
    }
}

/// Each query of `WITH` has a name of its own.
fn must_differ(ctes: &[Cte]) -> Result<()> {
    for (at, cte) in ctes.iter().enumerate() {
        let name = &cte.alias.name;
        if ctes[..at].iter().any(|other| same_name(&other.alias.name.value, &name.value)) {
            return Err(Error::new(format!("WITH: two queries are named \"{}\"", name.value))
                .with_hint("give one of them another name"));
        }
    }
    Ok(())
}

fn is_by_name(quantifier: SetQuantifier) -> bool {
    matches!(quantifier, SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName)
}

/// The columns of two queries that are put together by name.
fn with_more(mut columns: Vec<String>, others: Vec<String>) -> Vec<String> {
    for other in others {
        if !columns.iter().any(|column| same_name(column, &other)) {
            columns.push(other);
        }
    }
    columns
}

/// Writes `FETCH FIRST 3 ROWS ONLY`, which the relational core does not know, as `LIMIT 3`.
fn take_fetch_for_limit(query: &mut Query) -> Result<()> {
    let Some(fetch) = query.fetch.take() else { return Ok(()) };
    if fetch.with_ties || fetch.percent {
        let kind = if fetch.percent { "PERCENT" } else { "WITH TIES" };
        return Err(Error::new(format!("FETCH … {kind} is not supported")).with_hint(
            "number the rows: … QUALIFY rank() OVER (ORDER BY x) <= 3 takes those that are as good as the third, too",
        ));
    }
    let rows = fetch.quantity.unwrap_or_else(|| Expr::Value(Value::Number("1".to_owned(), false).into()));
    match &mut query.limit_clause {
        None => {
            query.limit_clause =
                Some(LimitClause::LimitOffset { limit: Some(rows), offset: None, limit_by: Vec::new() });
        }
        Some(LimitClause::LimitOffset { limit: limit @ None, .. }) => *limit = Some(rows),
        Some(_) => {
            return Err(Error::new("a query has either LIMIT or FETCH").with_hint("leave one of them out"));
        }
    }
    Ok(())
}

/// Writes `ORDER BY ALL`, which the parser takes for a column of that name, as the columns by number. The
/// relational core's own form orders by plain columns only.
fn order_by_all(query: &mut Query, columns: Option<&[String]>) {
    let Some(order_by) = &mut query.order_by else { return };
    let OrderByKind::Expressions(exprs) = &order_by.kind else { return };
    let [only] = exprs.as_slice() else { return };
    if let Expr::Identifier(ident) = &only.expr
        && ident.quote_style.is_none()
        && ident.value.eq_ignore_ascii_case("all")
    {
        let options = only.options;
        let by_number = |number: usize| OrderByExpr {
            expr: Expr::Value(Value::Number(number.to_string(), false).into()),
            options,
            with_fill: None,
        };
        order_by.kind = match columns {
            Some(columns) => OrderByKind::Expressions((1..=columns.len()).map(by_number).collect()),
            None => OrderByKind::All(options),
        };
    }
}
