//! Aggregates that are made of others: over frames that slide, where the relational core lets some slide and others only grow, and
//! those that are a function of the list of all values.

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, NamedWindowDefinition,
    NamedWindowExpr, WindowFrame, WindowFrameBound, WindowSpec, WindowType,
};

use crate::dialect::excluded_rows::is_mark;
use crate::dialect::functions::{and, argument_list, rename};
use crate::dialect::templates::Template;
use crate::error::{Error, Result};
use crate::scope::{respell, same_name};

/// An aggregate over a sliding frame as one that can slide, or one of the list of all values; `None`: it stays.
pub(crate) fn slid(
    function: &Function,
    name: &str,
    windows: &[NamedWindowDefinition],
) -> Result<Option<Expr>> {
    let is_of_list = matches!(name, "mad" | "entropy" | "histogram" | "histogram_exact" | "approx_top_k");
    if !is_of_list && !slides(function, windows) {
        return Ok(None);
    }
    let FunctionArguments::List(list) = &function.args else { return Ok(None) };
    if !is_of_list && list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return Ok(None);
    }
    let args: Option<Vec<&Expr>> = list.args.iter().map(plain).collect();
    let Some(args) = args else { return Ok(None) };
    // The function that slides, of what, and what is made of its value.
    let (of, input, output) = match (name, args.len()) {
        ("bool_and", 1) => ("min", "CAST($1 AS INT)", "$1 = 1"),
        ("bool_or", 1) => ("max", "CAST($1 AS INT)", "$1 = 1"),
        ("product", 1) => ("array_agg", "$1", "array_product($1)"),
        ("entropy", 1) => ("array_agg", "$1", "coalesce(list_entropy($1), 0.0)"),
        ("approx_top_k", 2) => ("array_agg", "$1", "list_top($1, $2)"),
        ("histogram", 2) => ("array_agg", "$1", "list_histogram_bins($1, $2)"),
        ("histogram_exact", 2) => ("array_agg", "$1", "list_histogram_exact($1, $2)"),
        ("histogram", 1) => ("array_agg", "$1", "list_histogram($1)"),
        ("mad", 1) => ("array_agg", "$1", "list_mad($1)"),
        ("string_agg", 2) => ("array_agg", "$1", "array_to_string($1, $2)"),
        _ => return Ok(None),
    };
    let mut values: Vec<Expr> = args.into_iter().cloned().collect();
    let mut moved = function.clone();
    rename(&mut moved, of);
    moved.args = argument_list(vec![Template::new(input, 1).filled(&values[..1])?], Vec::new());
    if let FunctionArguments::List(moved) = &mut moved.args {
        moved.duplicate_treatment = list.duplicate_treatment;
    }
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
fn slides(function: &Function, windows: &[NamedWindowDefinition]) -> bool {
    let spec = match &function.over {
        Some(WindowType::WindowSpec(spec)) => Some(spec),
        Some(WindowType::NamedWindow(name)) => spec_of(name, windows),
        None => None,
    };
    let frame = spec.and_then(|spec| spec.window_frame.as_ref());
    frame.is_some_and(|frame| !matches!(frame.start_bound, WindowFrameBound::Preceding(None)))
}

fn spec_of<'a>(name: &Ident, windows: &'a [NamedWindowDefinition]) -> Option<&'a WindowSpec> {
    let NamedWindowDefinition(_, window) = windows.iter().find(|window| window.0.value == name.value)?;
    match window {
        NamedWindowExpr::WindowSpec(spec) => Some(spec),
        // Windows are named before others that are called after them.
        NamedWindowExpr::NamedWindow(other) if other.value != name.value => spec_of(other, windows),
        NamedWindowExpr::NamedWindow(_) => None,
    }
}

/// Writes out the window that a name stands for, and one that goes on from another, as in `OVER (w ROWS 1 PRECEDING)`. The relational core
/// takes no notice of these, knows no names in `QUALIFY`, and takes a name in a query inside for that of the query around.
///
/// # Errors
/// There is no such window.
pub(crate) fn respell_window(function: &mut Function, windows: &[NamedWindowDefinition]) -> Result<()> {
    match &mut function.over {
        Some(WindowType::NamedWindow(name)) => {
            respell(name, windows.iter().map(|window| window.0.value.as_str()));
            if let Some(window) = spec_of(name, windows) {
                function.over = Some(WindowType::WindowSpec(window.clone()));
            }
            Ok(())
        }
        Some(WindowType::WindowSpec(window)) => {
            write_out(window, windows)?;
            window.window_frame.iter_mut().for_each(leave_casts);
            Ok(())
        }
        None => Ok(()),
    }
}

/// Writes out the windows that go on from others in front of them.
///
/// # Errors
/// There is no such window.
pub(crate) fn write_out_windows(windows: &mut [NamedWindowDefinition]) -> Result<()> {
    for at in 0..windows.len() {
        let (known, rest) = windows.split_at_mut(at);
        if let NamedWindowExpr::WindowSpec(window) = &mut rest[0].1 {
            write_out(window, known)?;
            window.window_frame.iter_mut().for_each(leave_casts);
        }
    }
    Ok(())
}

/// `RANGE 2::bigint PRECEDING` without the cast: the relational core wants a number.
fn leave_casts(frame: &mut WindowFrame) {
    for bound in std::iter::once(&mut frame.start_bound).chain(&mut frame.end_bound) {
        let (WindowFrameBound::Preceding(Some(distance)) | WindowFrameBound::Following(Some(distance))) =
            bound
        else {
            continue;
        };
        while let Expr::Cast { expr, .. } | Expr::Nested(expr) = &**distance
            && matches!(**expr, Expr::Value(_) | Expr::Cast { .. } | Expr::Nested(_))
        {
            *distance = expr.clone();
        }
    }
}

fn write_out(window: &mut WindowSpec, windows: &[NamedWindowDefinition]) -> Result<()> {
    let Some(name) = window.window_name.take() else { return Ok(()) };
    if is_mark(&name) {
        return Err(Error::new("EXCLUDE stands in a window without a name")
            .with_hint("write the frame behind OVER: sum(x) OVER (w ROWS … EXCLUDE CURRENT ROW)"));
    }
    let known = windows.iter().find(|known| same_name(&known.0.value, &name.value)).map(|known| &known.1);
    let Some(NamedWindowExpr::WindowSpec(base)) = known else {
        let hint = "windows are named behind the conditions: … WINDOW w AS (PARTITION BY a ORDER BY b)";
        return Err(Error::new(format!("there is no window \"{name}\"")).with_hint(hint));
    };
    if window.partition_by.is_empty() {
        window.partition_by.clone_from(&base.partition_by);
    }
    if window.order_by.is_empty() {
        window.order_by.clone_from(&base.order_by);
    }
    if window.window_frame.is_none() {
        window.window_frame.clone_from(&base.window_frame);
    }
    Ok(())
}
