//! `quantile_cont(x, 0.5)` and its like.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArgumentClause, FunctionArguments, OrderByExpr,
};

use super::calls::{argument_list, arguments, call, is_distinct, positional, rename, wrong_arguments};
use crate::dialect::templates::Template;
use crate::error::{Error, Result};

/// `quantile_cont(x, 0.5)`, also of several at once: `quantile_cont(x, [0.25, 0.75])`; `quantile_cont(0.5 ORDER BY x)` and
/// `percentile_disc(0.5) WITHIN GROUP (ORDER BY x)`. In a descending order a part counts from the greatest value.
pub(super) fn quantiles(function: &mut Function, name: &str) -> Result<Option<Expr>> {
    let descending = take_order(function, name)?;
    let expected = "a value and a number from 0 to 1, or a list of them";
    let [value, parts] = arguments(function, name, expected)?;
    let is_exact = matches!(name, "quantile" | "quantile_disc" | "percentile_disc");
    if is_exact && is_distinct(function) {
        return Err(Error::new(format!("{name} is of all values, and takes no DISTINCT")));
    }
    let of_part = |part: Expr| -> Result<Expr> {
        if is_exact {
            let template = match (&function.over, descending.is_some()) {
                (None, false) => Template::QUANTILE_DISC,
                (None, true) => Template::QUANTILE_DISC_DESCENDING,
                (Some(_), false) => Template::QUANTILE_DISC_OF_WINDOW,
                (Some(_), true) => Template::QUANTILE_DISC_OF_WINDOW_DESCENDING,
            };
            return template.filled_over(&[value.clone(), part], function);
        }
        let mut quantile = function.clone();
        rename(&mut quantile, "percentile_cont");
        quantile.args = match &descending {
            Some(_) => argument_list(vec![part], Vec::new()),
            None => argument_list(vec![value.clone(), part], Vec::new()),
        };
        quantile.within_group = descending.clone().into_iter().collect();
        if let (FunctionArguments::List(args), true) = (&mut quantile.args, is_distinct(function)) {
            args.duplicate_treatment = Some(DuplicateTreatment::Distinct);
        }
        Ok(Expr::Function(quantile))
    };
    let parts = match parts {
        Expr::Array(array) => array.elem,
        part => return of_part(part).map(Some),
    };
    let quantiles = parts.into_iter().map(of_part).collect::<Result<_>>()?;
    Ok(Some(Expr::Function(call("make_array", quantiles))))
}

/// `approx_quantile(x, [0.25, 0.75])`: each by itself.
pub(super) fn approx_quantiles(function: &Function) -> Result<Expr> {
    let [value, parts] = arguments(function, "approx_quantile", "a value and a list of numbers from 0 to 1")?;
    let Expr::Array(parts) = parts else {
        return Err(wrong_arguments("approx_quantile", "a list of numbers from 0 to 1 behind the value"));
    };
    let of_part = |part: Expr| {
        let mut quantile = function.clone();
        rename(&mut quantile, "approx_percentile_cont");
        quantile.args = argument_list(vec![value.clone(), part], Vec::new());
        Expr::Function(quantile)
    };
    Ok(Expr::Function(call("make_array", parts.elem.into_iter().map(of_part).collect())))
}

/// Takes the order of a quantile, which is behind its arguments or in `WITHIN GROUP`, and puts what is ordered in front of the parts, if it
/// is not there yet. The order, if it is a descending one.
fn take_order(function: &mut Function, name: &str) -> Result<Option<OrderByExpr>> {
    let mut keys = std::mem::take(&mut function.within_group);
    if let FunctionArguments::List(list) = &mut function.args {
        list.clauses.retain_mut(|clause| match clause {
            FunctionArgumentClause::OrderBy(order) => {
                keys.append(order);
                false
            }
            _ => true,
        });
    }
    let key = match keys.as_slice() {
        [] => return Ok(None),
        [key] => key,
        _ => return Err(wrong_arguments(name, "one key in ORDER BY")),
    };
    let given = positional(function).unwrap_or_default();
    match given.as_slice() {
        [_] => {
            let distinct = is_distinct(function).then_some(DuplicateTreatment::Distinct);
            function.args =
                argument_list([std::slice::from_ref(&key.expr), given.as_slice()].concat(), Vec::new());
            if let FunctionArguments::List(list) = &mut function.args {
                list.duplicate_treatment = distinct;
            }
        }
        [value, _] if *value == key.expr => {}
        _ => {
            return Err(wrong_arguments(
                name,
                "the order of its value, as in quantile_cont(x, 0.5 ORDER BY x)",
            ));
        }
    }
    Ok((key.options.asc == Some(false)).then(|| key.clone()))
}

/// Takes the order of `WITHIN GROUP` for the first argument, in front of others.
pub(super) fn within_group(function: &mut Function, name: &str) -> Result<()> {
    let given = std::mem::take(&mut function.within_group);
    if given.is_empty() {
        return Ok(());
    }
    let [OrderByExpr { expr, options, .. }] = given.as_slice() else {
        return Err(wrong_arguments(name, "one key in WITHIN GROUP (ORDER BY …)"));
    };
    if options.asc == Some(false) {
        return Err(wrong_arguments(name, "an ascending order in WITHIN GROUP"));
    }
    let mut values = vec![expr.clone()];
    values.extend(positional(function).unwrap_or_default());
    function.args = argument_list(values, Vec::new());
    Ok(())
}
