//! `from_json(j, '{"a": "INT", "b": ["VARCHAR"]}')` and `json_transform`: JSON as values of a type that is written as JSON.

use sqlparser::ast::{Expr, Function, Ident};

use super::calls::{arguments, call, text, wrong_arguments};
use crate::dialect::lambdas::with_names;
use crate::dialect::literals::written;
use crate::dialect::templates::fill;
use crate::error::{Error, Result};
use crate::parse::parse_piece;

const EXPECTED: &str =
    "JSON and the shape of its values in quotes, as in '{\"a\": \"INT\", \"b\": [\"VARCHAR\"]}'";

/// The values of JSON by their shape. What does not fit is null, or an error where this is strict.
pub(super) fn shaped(function: &Function, name: &str) -> Result<Expr> {
    let [json, shape] = arguments(function, name, EXPECTED)?;
    // Shapes are written as lists and structs are.
    let shape = written(&shape)
        .and_then(|shape| parse_piece(&shape, |parser| parser.parse_expr()).ok())
        .ok_or_else(|| wrong_arguments(name, EXPECTED))?;
    let cast = if name.ends_with("_strict") { "CAST" } else { "TRY_CAST" };
    of_shape(&json, &shape, &Form { name, cast, depth: 0 })
}

#[derive(Clone, Copy)]
struct Form<'a> {
    name: &'a str,
    cast: &'static str,
    /// Inside how many lists.
    depth: usize,
}

fn of_shape(json: &Expr, shape: &Expr, form: &Form<'_>) -> Result<Expr> {
    match shape {
        Expr::Identifier(ty) if ty.quote_style == Some('"') => of_type(json, &ty.value, form),
        Expr::Value(_) => match written(shape) {
            Some(ty) => of_type(json, &ty, form),
            None => Err(wrong_arguments(form.name, EXPECTED)),
        },
        Expr::Dictionary(fields) => {
            let mut values = Vec::new();
            for field in fields {
                let key = field.key.value.replace('"', "\\\"");
                let member = call("json_extract", vec![json.clone(), text(&format!("$.\"{key}\""))]);
                values.push(text(&field.key.value));
                values.push(of_shape(&Expr::Function(member), &field.value, form)?);
            }
            let fields = Expr::Function(call("named_struct", values));
            filled("CASE WHEN json_type($1) = 'OBJECT' THEN $2 END", &[json.clone(), fields])
        }
        Expr::Array(items) => {
            let [item] = items.elem.as_slice() else { return Err(wrong_arguments(form.name, EXPECTED)) };
            let param = format!("__item{}", form.depth);
            let inner = Form { depth: form.depth + 1, ..*form };
            let value = of_shape(&Expr::Identifier(Ident::new(&param)), item, &inner)?;
            let items = call("json_extract", vec![json.clone(), text("$[*]")]);
            let lambda = with_names(vec![Ident::new(param)], &value);
            let values = Expr::Function(call("array_transform", vec![Expr::Function(items), lambda]));
            filled("CASE WHEN json_type($1) = 'ARRAY' THEN $2 END", &[json.clone(), values])
        }
        _ => Err(wrong_arguments(form.name, EXPECTED)),
    }
}

fn of_type(json: &Expr, ty: &str, form: &Form<'_>) -> Result<Expr> {
    let sql = match ty.to_uppercase().as_str() {
        "JSON" => return Ok(json.clone()),
        "VARCHAR" | "TEXT" | "STRING" => "json_extract_string($1, '$')".to_owned(),
        _ => format!("{}(json_extract_string($1, '$') AS {ty})", form.cast),
    };
    filled(&sql, std::slice::from_ref(json)).map_err(|_| Error::new(format!("there is no type \"{ty}\"")))
}

fn filled(sql: &str, values: &[Expr]) -> Result<Expr> {
    let mut expr = parse_piece(sql, |parser| parser.parse_expr())?;
    fill(&mut expr, values);
    Ok(Expr::Nested(Box::new(expr)))
}
