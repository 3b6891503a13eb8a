//! `j -> 'a'` and `j ->> 'a'`: steps into JSON, as functions.
//!
//! To the parser both bind less than a comparison, so that `j ->> 'a' = 'x'` would ask for the key `'a' = 'x'`. Nobody means that: the
//! step goes first.

use sqlparser::ast::{BinaryOperator, Expr};

use crate::dialect::functions::call;

/// The call for a step; `None`: it is none.
pub(crate) fn as_call(expr: &Expr) -> Option<Expr> {
    let Expr::BinaryOp { left, op, right } = expr else { return None };
    let function = match op {
        BinaryOperator::Arrow => "json_extract",
        BinaryOperator::LongArrow => "json_extract_string",
        _ => return None,
    };
    Some(Expr::Function(call(function, vec![(**left).clone(), (**right).clone()])))
}

/// Lets a step into JSON bind more than what stands behind its key.
pub(crate) fn step_first(expr: &mut Expr) {
    let Expr::BinaryOp { left, op: op @ (BinaryOperator::Arrow | BinaryOperator::LongArrow), right } = expr
    else {
        return;
    };
    if first_operand(right).is_none() {
        return;
    }
    let mut whole = (**right).clone();
    let mut key = &mut whole;
    while first_operand(key).is_some() {
        key = first_operand(key).expect("it has just been looked for");
    }
    *key = Expr::BinaryOp { left: left.clone(), op: op.clone(), right: Box::new(key.clone()) };
    *expr = whole;
}

/// The operand in front of an operator.
fn first_operand(expr: &mut Expr) -> Option<&mut Expr> {
    match expr {
        Expr::BinaryOp { left, .. } => Some(left),
        Expr::IsNull(operand)
        | Expr::IsNotNull(operand)
        | Expr::IsTrue(operand)
        | Expr::IsNotTrue(operand)
        | Expr::IsFalse(operand)
        | Expr::IsNotFalse(operand) => Some(operand),
        Expr::InList { expr, .. }
        | Expr::InSubquery { expr, .. }
        | Expr::Between { expr, .. }
        | Expr::Like { expr, .. }
        | Expr::ILike { expr, .. }
        | Expr::SimilarTo { expr, .. } => Some(expr),
        _ => None,
    }
}
