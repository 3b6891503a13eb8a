//! How deep statements are nested: whoever walks over a tree needs stack for each of its levels.
//!
//! Chains as long as programs write them, `a = 1 OR a = 2 OR …`, are deep trees when they are parsed, and are made flat ones. Sums and
//! the like cannot be, as numbers overflow, and are refused when they are too long.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Ident, Query, SetExpr, SetOperator, SetQuantifier, VisitMut, VisitorMut,
};

use crate::error::{Error, Result};
use crate::walk::walk_mut;

/// Levels of an expression, as DuckDB has it.
const MAX_LEVELS: usize = 1000;

/// Shorter chains stay as they are.
const LONG: usize = 16;

/// A stack for work that goes into statements. It is only address space until it is used.
pub const STACK_LEN_BYTES: usize = 64 << 20;

/// Where there is less left of a stack, such work takes another one.
const RED_ZONE_LEN_BYTES: usize = STACK_LEN_BYTES / 2;

/// Does work that goes as deep into statements as they may be nested, on a stack that is long enough.
pub fn with_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE_LEN_BYTES, STACK_LEN_BYTES, work)
}

/// Makes chains of conditions and of unions flat.
///
/// # Errors
/// Something else is nested too deep.
pub(crate) fn flatten<T: VisitMut>(node: &mut T) -> Result<()> {
    match walk_mut(node, &mut Flattening { levels: 0 }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Flattening {
    levels: usize,
}

impl VisitorMut for Flattening {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        flatten_unions(&mut query.body);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        flatten_conditions(expr);
        self.levels += 1;
        if self.levels > MAX_LEVELS {
            let error = Error::new(format!("an expression has more than {MAX_LEVELS} levels"));
            return ControlFlow::Break(
                error
                    .with_hint("a + b + c has one level for each +: compute a part of it in a query in FROM"),
            );
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _expr: &mut Expr) -> ControlFlow<Error> {
        self.levels -= 1;
        ControlFlow::Continue(())
    }
}

fn flatten_conditions(expr: &mut Expr) {
    let Expr::BinaryOp { op: op @ (BinaryOperator::And | BinaryOperator::Or), .. } = &*expr else { return };
    let op = op.clone();
    let split = |expr| match expr {
        Expr::BinaryOp { left, op: own, right } if own == op => ControlFlow::Continue((*left, *right)),
        other => ControlFlow::Break(other),
    };
    let join = |left, right| Expr::BinaryOp { left: Box::new(left), op: op.clone(), right: Box::new(right) };
    flatten_chain(expr, Expr::Identifier(Ident::new("")), split, join);
}

fn flatten_unions(body: &mut SetExpr) {
    let SetExpr::SetOperation { op: SetOperator::Union, set_quantifier: quantifier, .. } = *body else {
        return;
    };
    if !matches!(quantifier, SetQuantifier::All | SetQuantifier::Distinct | SetQuantifier::None) {
        return;
    }
    let split = |body| match body {
        SetExpr::SetOperation { op: SetOperator::Union, set_quantifier, left, right }
            if set_quantifier == quantifier =>
        {
            ControlFlow::Continue((*left, *right))
        }
        other => ControlFlow::Break(other),
    };
    let join = |left, right| SetExpr::SetOperation {
        op: SetOperator::Union,
        set_quantifier: quantifier,
        left: Box::new(left),
        right: Box::new(right),
    };
    let nothing = SetExpr::Values(sqlparser::ast::Values {
        explicit_row: false,
        value_keyword: false,
        rows: Vec::new(),
    });
    flatten_chain(body, nothing, split, join);
}

/// Makes `((a b) c) d` to `(a b) (c d)`, where it is long.
fn flatten_chain<T>(
    chain: &mut T,
    nothing: T,
    split: impl Fn(T) -> ControlFlow<T, (T, T)>,
    join: impl Fn(T, T) -> T,
) {
    // From the last to the first.
    let mut parts = Vec::new();
    let mut rest = std::mem::replace(chain, nothing);
    let first = loop {
        match split(rest) {
            ControlFlow::Continue((left, right)) => {
                parts.push(right);
                rest = left;
            }
            ControlFlow::Break(first) => break first,
        }
    };
    if parts.len() < LONG {
        *chain = parts.into_iter().rev().fold(first, join);
        return;
    }
    let parts = std::iter::once(first).chain(parts.into_iter().rev()).collect();
    if let Some(flat) = joined_flat(parts, join) {
        *chain = flat;
    }
}

/// Joins parts in their order, pairs of them first, then pairs of these: so the tree has few levels. Nothing of no parts.
pub fn joined_flat<T>(mut parts: Vec<T>, join: impl Fn(T, T) -> T) -> Option<T> {
    while parts.len() > 1 {
        let mut pairs = Vec::with_capacity(parts.len().div_ceil(2));
        let mut rest = parts.into_iter();
        while let Some(left) = rest.next() {
            pairs.push(match rest.next() {
                Some(right) => join(left, right),
                None => left,
            });
        }
        parts = pairs;
    }
    parts.pop()
}

#[cfg(test)]
mod tests {
    use crate::parse::parse;

    #[test]
    fn long_chains_say_the_same() {
        for separator in [" AND ", " OR "] {
            let conditions: Vec<String> = (0..50_000).map(|number| format!("a <> {number}")).collect();
            let sql = format!("SELECT * FROM t WHERE {}", conditions.join(separator));
            assert_eq!(parse(&sql).unwrap()[0].to_string(), sql);
        }
        let queries: Vec<String> = (0..5000).map(|number| format!("SELECT {number}")).collect();
        for separator in [" UNION ALL ", " UNION "] {
            let sql = queries.join(separator);
            assert_eq!(parse(&sql).unwrap()[0].to_string(), sql);
        }
    }

    #[test]
    fn chains_in_others() {
        let either: Vec<String> =
            (0..100).map(|number| format!("(a = {number} AND b <> {number})")).collect();
        let either = either.join(" OR ");
        let sql = format!("SELECT * FROM t WHERE NOT ({either}) AND EXISTS (SELECT 1 WHERE {either})");
        assert_eq!(parse(&sql).unwrap()[0].to_string(), sql);
    }

    #[test]
    fn what_cannot_be_flat_is_refused() {
        let sum = |terms: usize| format!("SELECT {} FROM t", vec!["a"; terms].join(" + "));
        assert_eq!(parse(&sum(1000)).unwrap()[0].to_string(), sum(1000));
        for terms in [1001, 200_000] {
            let error = parse(&sum(terms)).unwrap_err().to_string();
            assert_eq!(error, "an expression has more than 1000 levels");
        }
    }
}
