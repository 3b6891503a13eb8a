//! Functions that make structs.

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::calls::{call, positional, text, wrong_arguments};
use crate::error::Result;

/// `struct_pack(a := 1)`: named values.
pub(super) fn struct_pack(function: &Function) -> Result<Expr> {
    let FunctionArguments::List(list) = &function.args else {
        return Err(wrong_arguments("struct_pack", NAMED));
    };
    named(&list.args, "struct_pack")
}

/// `struct_insert(s, b := 1)` and `struct_update(s, a := 1)`: a struct with more fields, or with other values in them.
pub(super) fn with_fields(function: &Function, name: &str) -> Result<Expr> {
    if let FunctionArguments::List(list) = &function.args
        && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(of)), fields @ ..] = list.args.as_slice()
        && !fields.is_empty()
    {
        return Ok(Expr::Function(call(name, vec![of.clone(), named(fields, name)?])));
    }
    Err(wrong_arguments(name, "a struct and named values, as in a := 1"))
}

const NAMED: &str = "named values, as in a := 1";

/// A struct of named arguments.
fn named(args: &[FunctionArg], function: &str) -> Result<Expr> {
    let mut values = Vec::new();
    for arg in args {
        let (name, value) = match arg {
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. } => (name, value),
            FunctionArg::ExprNamed {
                name: Expr::Identifier(name),
                arg: FunctionArgExpr::Expr(value),
                ..
            } => (name, value),
            _ => return Err(wrong_arguments(function, NAMED)),
        };
        values.extend([text(&name.value), value.clone()]);
    }
    Ok(Expr::Function(call("named_struct", values)))
}

/// A struct of values by their names.
pub(super) fn named_values(fields: impl Iterator<Item = (Expr, Function)>) -> Expr {
    let fields = fields.flat_map(|(name, value)| [name, Expr::Function(value)]);
    Expr::Function(call("named_struct", fields.collect()))
}

/// `json_object('a', 1, 'b', x)`: keys and values one after the other.
pub(super) fn json_object(function: &Function) -> Result<Expr> {
    let given = positional(function).unwrap_or_default();
    if given.is_empty() || given.len() % 2 == 1 {
        return Err(wrong_arguments("json_object", "keys and values one after the other, as in 'a', 1"));
    }
    Ok(Expr::Function(call("to_json", vec![Expr::Function(call("named_struct", given))])))
}
