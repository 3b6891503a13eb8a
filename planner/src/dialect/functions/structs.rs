//! Functions that make structs.

use sqlparser::ast::{DictionaryField, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::calls::{call, positional, text, wrong_arguments};
use crate::dialect::literals::written;
use crate::error::{Error, Result};
use crate::scope::same_name;

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
    check_names(values.iter().step_by(2).filter_map(written))?;
    Ok(Expr::Function(call("named_struct", values)))
}

/// `{'a': 1, 'a': 2}` would lose a value.
pub(super) fn check_fields(fields: &[DictionaryField]) -> Result<()> {
    check_names(fields.iter().map(|field| field.key.value.clone()))
}

/// No name may be there twice, in whatever case.
fn check_names(names: impl Iterator<Item = String>) -> Result<()> {
    let mut seen: Vec<String> = Vec::new();
    for name in names {
        if seen.iter().any(|known| same_name(known, &name)) {
            return Err(Error::new(format!("a struct cannot have two fields \"{name}\""))
                .with_hint("give one of them another name; they match without regard to case"));
        }
        seen.push(name);
    }
    Ok(())
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
