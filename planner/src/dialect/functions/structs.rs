//! Functions that make structs.

use sqlparser::ast::{
    DictionaryField, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Select, SelectItem,
    StructField,
};

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

/// What the field at a place of a struct is called whose fields have no names.
fn element(place: usize) -> String {
    format!("element{}", place + 1)
}

/// `row(1, 'a')` as a struct whose fields are called as other engines do; `None`: it has no such arguments.
pub(super) fn named_row(function: &Function) -> Option<Expr> {
    let given = positional(function).filter(|given| !given.is_empty())?;
    let named = given.into_iter().enumerate().flat_map(|(place, value)| [text(&element(place)), value]);
    Some(Expr::Function(call("named_struct", named.collect())))
}

/// `(1, 'a')` in a select list, as `row(1, 'a')`.
pub(super) fn name_rows(select: &mut Select) {
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item
            && let Expr::Tuple(values) = expr
            && let Some(row) = named_row(&call("row", values.clone()))
        {
            *expr = row;
        }
    }
}

/// `row(1, 'a')::STRUCT(n INT, s VARCHAR)`: the values with the names that the type gives them; `None`: they have names of their own.
pub(super) fn row_as_struct(row: &Expr, fields: &[StructField]) -> Option<Expr> {
    let values: Vec<Expr> = match row {
        Expr::Tuple(values) => values.clone(),
        Expr::Function(function) if function.name.to_string() == "named_struct" => {
            let given = positional(function)?;
            let is_row = given.chunks(2).enumerate().all(|(place, field)| {
                field.len() == 2 && written(&field[0]).is_some_and(|name| name == element(place))
            });
            if !is_row {
                return None;
            }
            given.into_iter().skip(1).step_by(2).collect()
        }
        _ => return None,
    };
    if values.len() != fields.len() {
        return None;
    }
    let named = fields.iter().zip(values).map(|(field, value)| {
        let name = text(&field.field_name.as_ref()?.value);
        Some([name, value])
    });
    let named = named.collect::<Option<Vec<_>>>()?;
    Some(Expr::Function(call("named_struct", named.into_iter().flatten().collect())))
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
