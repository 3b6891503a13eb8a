//! `GROUP BY k, k::varchar`: keys that differ in nothing but a cast.
//!
//! The relational core calls both the same, and refuses them, as it does with functions (`casts.rs`). So all but the first go through a
//! function that gives what it is given, wherever they stand.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, OrderBy, OrderByKind, Query, Select, SelectItem, SetExpr, Value, VisitorMut,
};

use super::casts::{same, without_casts};
use crate::walk::walk_mut;

/// Tells the keys of a query's groups, and those of `DISTINCT ON`, apart.
pub(crate) fn tell_keys_apart(query: &mut Query) {
    let order = query.order_by.as_mut();
    of_body(&mut query.body, order);
}

fn of_body(body: &mut SetExpr, order: Option<&mut OrderBy>) {
    match body {
        SetExpr::Select(select) => of_select(select, order),
        SetExpr::SetOperation { left, right, .. } => {
            of_body(left, None);
            of_body(right, None);
        }
        // Queries in parentheses are met as such.
        _ => {}
    }
}

fn of_select(select: &mut Select, order: Option<&mut OrderBy>) {
    let alike = alike(&keys_of(select));
    if alike.is_empty() {
        return;
    }
    let mut apart = Apart { alike };
    let mut tell = |expr: &mut Expr| {
        let ControlFlow::Continue(()) = walk_mut(expr, &mut apart);
    };
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
            tell(expr);
        }
    }
    if let GroupByExpr::Expressions(keys, _) = &mut select.group_by {
        keys.iter_mut().for_each(&mut tell);
    }
    if let Some(Distinct::On(keys)) = &mut select.distinct {
        keys.iter_mut().for_each(&mut tell);
    }
    [&mut select.having, &mut select.qualify].into_iter().flatten().for_each(&mut tell);
    if let Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) = order {
        keys.iter_mut().for_each(|key| tell(&mut key.expr));
    }
}

/// The keys of a query, in sets of keys, too; those that are named by their place or name in the select list as they are there.
fn keys_of(select: &Select) -> Vec<Expr> {
    let mut keys = Vec::new();
    if let GroupByExpr::Expressions(exprs, _) = &select.group_by {
        for expr in exprs {
            match expr {
                Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets) => {
                    keys.extend(sets.iter().flatten().cloned());
                }
                Expr::Tuple(exprs) => keys.extend(exprs.iter().cloned()),
                key => keys.push(key.clone()),
            }
        }
    }
    if let Some(Distinct::On(exprs)) = &select.distinct {
        keys.extend(exprs.iter().cloned());
    }
    keys.into_iter().map(|key| in_select_list(&key, select).cloned().unwrap_or(key)).collect()
}

fn in_select_list<'a>(key: &Expr, select: &'a Select) -> Option<&'a Expr> {
    match key {
        Expr::Value(value) => {
            let Value::Number(number, _) = &value.value else { return None };
            let place: usize = number.parse().ok()?;
            match select.projection.get(place.checked_sub(1)?)? {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
                _ => None,
            }
        }
        Expr::Identifier(name) => select.projection.iter().find_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } if alias.value == name.value => Some(expr),
            _ => None,
        }),
        _ => None,
    }
}

/// Keys that are called as others, each with how often it has to go through the function.
fn alike(keys: &[Expr]) -> Vec<(String, usize)> {
    let mut names: Vec<(String, Vec<String>)> = Vec::new();
    for key in keys {
        let (written, plain) = (without_parentheses(key).to_string(), without_casts(key));
        let place = names.iter().position(|(name, _)| *name == plain).unwrap_or_else(|| {
            names.push((plain.clone(), Vec::new()));
            names.len() - 1
        });
        let known = &mut names[place].1;
        match known.contains(&written) {
            true => {}
            // What has no cast keeps its name.
            false if written == plain => known.insert(0, written),
            false => known.push(written),
        }
    }
    let later = names.into_iter().flat_map(|(_, written)| written.into_iter().enumerate().skip(1));
    later.map(|(times, written)| (written, times)).collect()
}

fn without_parentheses(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => without_parentheses(inner),
        expr => expr,
    }
}

struct Apart {
    alike: Vec<(String, usize)>,
}

impl VisitorMut for Apart {
    type Break = std::convert::Infallible;

    // After its parts, as what is written here has the same expression in it.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if matches!(expr, Expr::Nested(_)) {
            return ControlFlow::Continue(());
        }
        let written = expr.to_string();
        if let Some((_, times)) = self.alike.iter().find(|(alike, _)| *alike == written) {
            for _ in 0..*times {
                *expr = same(expr.clone());
            }
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse_piece;

    fn told_apart(sql: &str) -> String {
        let mut query = parse_piece(sql, |parser| parser.parse_query()).unwrap();
        tell_keys_apart(&mut query);
        query.to_string()
    }

    #[test]
    fn keys_that_differ_in_a_cast() {
        assert_eq!(
            told_apart("SELECT k, k::INT FROM t GROUP BY k, k::INT ORDER BY k::INT"),
            "SELECT k, coalesce(k::INT) FROM t GROUP BY k, coalesce(k::INT) ORDER BY coalesce(k::INT)"
        );
        assert_eq!(
            told_apart("SELECT k::INT, k AS a FROM t GROUP BY ROLLUP (1, a)"),
            "SELECT coalesce(k::INT), k AS a FROM t GROUP BY ROLLUP (1, a)"
        );
        let alone = "SELECT k::INT FROM t GROUP BY k::INT";
        assert_eq!(told_apart(alone), alone);
    }
}
