//! `SELECT k, (SELECT max(y) FROM u WHERE u.k = max(t.k)) FROM t GROUP BY k`: functions in a query inside, that are of the groups of the
//! one around.
//!
//! SQL computes them where the rows are. So the query around is written in two: its groups become a query in `FROM`, under the name of the
//! table they are of, and what stands in queries inside is a column of it:
//!
//! ```text
//! SELECT t.k, (SELECT max(y) FROM u WHERE u.k = t."max(t.k)") FROM (SELECT k, max(t.k) AS "max(t.k)" FROM t GROUP BY k) AS t
//! ```

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, GroupByExpr, Ident, ObjectNamePart, OrderByKind, Query, Select, SelectItem, SetExpr,
    TableFactor, VisitorMut,
};

use super::Catalog;
use crate::clauses::{key_of, name_of};
use crate::error::Result;
use crate::parse::parse_piece;
use crate::scope::same_name;
use crate::walk::{walk_expressions, walk_mut};

/// Writes a query in two, if queries inside have functions of its groups. They are known by the name of its table in front of their
/// columns.
pub(super) fn lift_aggregates(query: &mut Query, catalog: &dyn Catalog) -> Result<()> {
    let SetExpr::Select(select) = query.body.as_ref() else { return Ok(()) };
    let Some((table, keys)) = groups_of(select) else { return Ok(()) };
    let mut lifted = query.clone();
    let mut lifting = Lifting {
        table: &table,
        keys: keys.iter().map(|key| (key.to_string(), column_of(key))).collect(),
        aggregates: Vec::new(),
        catalog,
        inside: Vec::new(),
        names: names_of(select),
        found: false,
        is_bare: false,
    };
    lifting.query(&mut lifted);
    if !lifting.found || lifting.is_bare {
        return Ok(());
    }
    let Lifting { keys: columns, aggregates, .. } = lifting;
    let keys = keys.into_iter().zip(columns).map(|(expr, (_, name))| named(expr, name));
    let aggregates = aggregates.into_iter().map(|(function, name)| named(function, name));
    let groups = Select {
        projection: keys.chain(aggregates).collect(),
        distinct: None,
        having: None,
        ..select.as_ref().clone()
    };
    let SetExpr::Select(around) = lifted.body.as_mut() else { return Ok(()) };
    around.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
    around.selection = around.having.take();
    let from = format!("SELECT * FROM (SELECT 1) AS {}", Ident::with_quote('"', &table));
    let SetExpr::Select(mut from) = *parse_piece(&from, |parser| parser.parse_query())?.body else {
        return Ok(());
    };
    if let Some(TableFactor::Derived { subquery, .. }) =
        from.from.first_mut().map(|table| &mut table.relation)
    {
        *subquery.body = SetExpr::Select(Box::new(groups));
    }
    around.from = from.from;
    *query = lifted;
    Ok(())
}

/// The name of the one table of a query, and the keys of its groups; `None` where they are others than plain ones.
fn groups_of(select: &Select) -> Option<(String, Vec<Expr>)> {
    let [table] = select.from.as_slice() else { return None };
    let GroupByExpr::Expressions(keys, modifiers) = &select.group_by else { return None };
    let is_set =
        |key: &Expr| matches!(key, Expr::Rollup(_) | Expr::Cube(_) | Expr::GroupingSets(_) | Expr::Tuple(_));
    let has_star = select
        .projection
        .iter()
        .any(|item| !matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. }));
    if !table.joins.is_empty() || !modifiers.is_empty() || keys.iter().any(is_set) || has_star {
        return None;
    }
    let keys = keys.iter().map(|key| key_of(key, &select.projection).clone()).collect();
    Some((name_of(&table.relation)?, keys))
}

fn names_of(select: &Select) -> Vec<String> {
    let name = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        _ => None,
    };
    select.projection.iter().filter_map(name).collect()
}

/// What the column of a key is called.
fn column_of(key: &Expr) -> String {
    match key {
        Expr::Identifier(column) => column.value.clone(),
        Expr::CompoundIdentifier(parts) => {
            parts.last().map_or_else(|| key.to_string(), |part| part.value.clone())
        }
        key => key.to_string(),
    }
}

fn named(expr: Expr, name: String) -> SelectItem {
    SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', name) }
}

struct Lifting<'a> {
    table: &'a str,
    /// Keys as they are written, and what their columns are called.
    keys: Vec<(String, String)>,
    /// Functions of the groups, and what their columns are called.
    aggregates: Vec<(Expr, String)>,
    catalog: &'a dyn Catalog,
    /// For each query inside, whether it has a table of the same name, or one around it has.
    inside: Vec<bool>,
    /// The names of the select list.
    names: Vec<String>,
    /// Whether there is a function in a query inside.
    found: bool,
    /// Whether a column is left that is neither a key nor in a function that is known.
    is_bare: bool,
}

impl Lifting<'_> {
    /// Puts columns of the groups into what is computed of them.
    fn query(&mut self, query: &mut Query) {
        if let SetExpr::Select(select) = query.body.as_mut() {
            for item in &mut select.projection {
                self.item(item);
            }
            if let Some(having) = &mut select.having {
                self.expr(having);
            }
        }
        if let Some(order_by) = &mut query.order_by
            && let OrderByKind::Expressions(keys) = &mut order_by.kind
        {
            keys.iter_mut().for_each(|key| self.expr(&mut key.expr));
        }
    }

    fn item(&mut self, item: &mut SelectItem) {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                let name = match &*expr {
                    Expr::Identifier(_) | Expr::CompoundIdentifier(_) => column_of(expr),
                    written => written.to_string(),
                };
                self.expr(expr);
                *item = named(expr.clone(), name);
            }
            SelectItem::ExprWithAlias { expr, .. } => self.expr(expr),
            _ => {}
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        let ControlFlow::Continue(()) = walk_mut(expr, self);
    }

    fn column(&self, name: &str) -> Expr {
        Expr::CompoundIdentifier(vec![
            Ident::with_quote('"', self.table),
            Ident::with_quote('"', name.to_owned()),
        ])
    }

    fn aggregate(&mut self, function: &Expr) -> Expr {
        let known = self.aggregates.iter().find(|(known, _)| known == function);
        let name = known.map_or_else(|| function.to_string(), |(_, name)| name.clone());
        let column = self.column(&name);
        if known.is_none() {
            self.aggregates.push((function.clone(), name));
        }
        column
    }

    fn is_aggregate(&self, function: &Function) -> bool {
        match function.name.0.as_slice() {
            [ObjectNamePart::Identifier(name)] => {
                function.over.is_none() && self.catalog.is_aggregate(&name.value)
            }
            _ => false,
        }
    }

    /// Whether all columns of a function are of our table, and there are some.
    fn is_of_table(&self, function: &Function) -> bool {
        let mut found = false;
        let flow = walk_expressions(&function.args, |expr| match expr {
            Expr::CompoundIdentifier(parts) if same_name(&parts[0].value, self.table) => {
                found = true;
                ControlFlow::Continue(())
            }
            Expr::CompoundIdentifier(_)
            | Expr::Identifier(_)
            | Expr::Subquery(_)
            | Expr::Exists { .. }
            | Expr::InSubquery { .. } => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        });
        found && flow.is_continue()
    }
}

impl VisitorMut for Lifting<'_> {
    type Break = std::convert::Infallible;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        let hides = match query.body.as_ref() {
            SetExpr::Select(select) => select.from.iter().any(|from| {
                let joined = from.joins.iter().map(|join| &join.relation);
                std::iter::once(&from.relation)
                    .chain(joined)
                    .any(|factor| name_of(factor).is_some_and(|name| same_name(&name, self.table)))
            }),
            _ => false,
        };
        self.inside.push(hides || self.inside.last().is_some_and(|hidden| *hidden));
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Self::Break> {
        self.inside.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        let is_here = self.inside.is_empty();
        if is_here {
            let written = expr.to_string();
            if let Some((_, name)) = self.keys.iter().find(|(key, _)| *key == written) {
                *expr = self.column(name);
                return ControlFlow::Continue(());
            }
        }
        self.is_bare |= is_here
            && match &*expr {
                Expr::Identifier(name) => !self.names.iter().any(|known| same_name(known, &name.value)),
                Expr::CompoundIdentifier(_) => true,
                _ => false,
            };
        if let Expr::Function(function) = &*expr
            && self.is_aggregate(function)
            && (is_here || (self.inside.last() == Some(&false) && self.is_of_table(function)))
        {
            self.found |= !is_here;
            *expr = self.aggregate(&expr.clone());
        }
        ControlFlow::Continue(())
    }
}
