//! Aggregates over frames that slide: the relational core lets some of them slide, and others only grow.

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, WindowFrameBound, WindowType,
};

use crate::error::Result;
use crate::functions::{and, argument_list, rename};
use crate::templates::Template;

/// An aggregate over a sliding frame as one that can slide; `None`: it stays.
pub(crate) fn slid(function: &Function, name: &str) -> Result<Option<Expr>> {
    if !slides(function) {
        return Ok(None);
    }
    let FunctionArguments::List(list) = &function.args else { return Ok(None) };
    if list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return Ok(None);
    }
    let args: Option<Vec<&Expr>> = list.args.iter().map(plain).collect();
    let Some(args) = args else { return Ok(None) };
    // The function that slides, of what, and what is made of its value.
    let (of, input, output) = match (name, args.len()) {
        ("bool_and", 1) => ("min", "CAST($1 AS INT)", "$1 = 1"),
        ("bool_or", 1) => ("max", "CAST($1 AS INT)", "$1 = 1"),
        ("string_agg", 2) => ("array_agg", "$1", "array_to_string($1, $2)"),
        _ => return Ok(None),
    };
    let mut values: Vec<Expr> = args.into_iter().cloned().collect();
    let mut moved = function.clone();
    rename(&mut moved, of);
    moved.args = argument_list(vec![Template::new(input, 1).filled(&values[..1])?], Vec::new());
    if of == "array_agg" {
        // It keeps nulls, which the other one leaves out.
        let is_known = Expr::IsNotNull(Box::new(values[0].clone()));
        moved.filter = Some(Box::new(and(is_known, moved.filter.take())));
    }
    values[0] = Expr::Function(moved);
    Ok(Some(Expr::Nested(Box::new(Template::new(output, values.len()).filled(&values)?))))
}

fn plain(arg: &FunctionArg) -> Option<&Expr> {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    }
}

/// Whether rows leave the frame at its beginning.
fn slides(function: &Function) -> bool {
    match &function.over {
        Some(WindowType::WindowSpec(spec)) => spec
            .window_frame
            .as_ref()
            .is_some_and(|frame| !matches!(frame.start_bound, WindowFrameBound::Preceding(None))),
        _ => false,
    }
}
