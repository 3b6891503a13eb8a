//! `a COLLATE NOCASE = b`: texts that are compared without regard to case or accents, as comparisons of other texts.

use sqlparser::ast::{BinaryOperator, Expr, ObjectName, OrderByKind, Query};

use crate::dialect::functions::call;
use crate::error::{Error, Result};

/// Compares other texts where a collation is said of one side of a comparison.
///
/// # Errors
/// There is no such collation.
pub(crate) fn compare_collated(expr: &mut Expr) -> Result<()> {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    let sides: Vec<&mut Expr> = match expr {
        Expr::BinaryOp { left, op: Eq | NotEq | Lt | LtEq | Gt | GtEq, right } => vec![left, right],
        Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => vec![left, right],
        Expr::Like { expr, pattern, .. } | Expr::ILike { expr, pattern, .. } => vec![expr, pattern],
        Expr::Between { expr, low, high, .. } => vec![expr, low, high],
        Expr::InList { expr, list, .. } => std::iter::once(expr.as_mut()).chain(list).collect(),
        _ => return Ok(()),
    };
    let said = sides.iter().find_map(|side| match side {
        Expr::Collate { collation, .. } => Some(collation.clone()),
        _ => None,
    });
    let Some(said) = said else { return Ok(()) };
    for side in sides {
        *side = match &*side {
            Expr::Collate { expr, collation } => collated(expr, collation)?,
            other => collated(other, &said)?,
        };
    }
    Ok(())
}

/// Orders by other texts where a collation is said of a key.
///
/// # Errors
/// There is no such collation.
pub(crate) fn order_collated(query: &mut Query) -> Result<()> {
    let Some(order_by) = &mut query.order_by else { return Ok(()) };
    let OrderByKind::Expressions(keys) = &mut order_by.kind else { return Ok(()) };
    for key in keys {
        if let Expr::Collate { expr, collation } = &key.expr {
            key.expr = collated(expr, collation)?;
        }
    }
    Ok(())
}

/// What is said elsewhere of an order would change values.
pub(crate) fn no_order_here(collation: &ObjectName) -> Error {
    Error::new(format!("COLLATE {collation} stands behind what is compared, and behind keys of ORDER BY"))
        .with_hint("lower(x) and strip_accents(x) are values without case and accents")
}

/// The text that is compared in the place of one.
fn collated(expr: &Expr, collation: &ObjectName) -> Result<Expr> {
    let mut compared = expr.clone();
    for part in collation.to_string().split('.') {
        compared = match part.trim_matches('"').to_lowercase().as_str() {
            "nocase" => Expr::Function(call("lower", vec![compared])),
            "noaccent" => Expr::Function(call("strip_accents", vec![compared])),
            "binary" | "c" | "posix" => compared,
            _ => {
                return Err(Error::new(format!("there is no collation {collation}"))
                    .with_hint("the collations are: NOCASE, NOACCENT, NOCASE.NOACCENT, BINARY"));
            }
        };
    }
    Ok(compared)
}
