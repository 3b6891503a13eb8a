//! Small differences of calls: arguments that are left out or stand elsewhere.

use sqlparser::ast::{Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments};

use super::calls::text;
use crate::dialect::literals::written;

/// `group_concat(x)` has commas between the texts.
pub(super) fn add_separator(function: &mut Function) {
    let is_string_agg = function.name.to_string() == "string_agg";
    if let FunctionArguments::List(list) = &mut function.args
        && is_string_agg
        && list.args.len() == 1
    {
        list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(text(","))));
    }
}

/// `strftime('%Y', d)` has its form in front.
pub(super) fn format_last(function: &mut Function, name: &str) {
    if let FunctionArguments::List(list) = &mut function.args
        && name == "to_char"
        && let [
            FunctionArg::Unnamed(FunctionArgExpr::Expr(first)),
            FunctionArg::Unnamed(FunctionArgExpr::Expr(second)),
        ] = list.args.as_mut_slice()
        && written(first).is_some_and(|form| form.contains('%'))
        && written(second).is_none()
    {
        std::mem::swap(first, second);
    }
}

/// `%f` of a form of times are microseconds, as in C and Python, and nanoseconds to the relational core. The form is the last argument.
pub(super) fn microseconds(function: &mut Function, is_read: bool) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    for arg in list.args.iter_mut().skip(1) {
        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(form)) = arg
            && let Some(written) = written(form)
            && written.contains("%f")
        {
            *form = text(&match is_read {
                // As many digits as there are.
                true => written.replace(".%f", "%.f"),
                false => written.replace("%f", "%6f"),
            });
        }
    }
}

/// Aggregates that are the same in every order.
const WITHOUT_ORDER: [&str; 6] = ["avg", "count", "max", "mean", "min", "sum"];

/// Whether an aggregate is of values in an order.
pub(super) fn has_order(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    list.clauses.iter().any(|clause| matches!(clause, FunctionArgumentClause::OrderBy(_)))
}

/// Leaves an order out that makes no difference: the relational core stumbles over it.
pub(super) fn leave_order(function: &mut Function, name: &str) {
    if let FunctionArguments::List(list) = &mut function.args
        && WITHOUT_ORDER.contains(&name)
        && function.over.is_none()
    {
        list.clauses.retain(|clause| !matches!(clause, FunctionArgumentClause::OrderBy(_)));
    }
}
