//! `quantile_cont(x, 0.5)` and its like.

use sqlparser::ast::{DuplicateTreatment, Expr, Function, FunctionArguments, OrderByExpr};

use super::calls::{argument_list, arguments, call, is_distinct, positional, rename, wrong_arguments};
use crate::dialect::templates::Template;
use crate::error::{Error, Result};

/// `quantile_cont(x, 0.5)`, also of several at once: `quantile_cont(x, [0.25, 0.75])`; and `percentile_disc(0.5) WITHIN GROUP (ORDER BY x)`.
pub(super) fn quantiles(function: &mut Function, name: &str) -> Result<Option<Expr>> {
    within_group(function, name)?;
    let expected = "a value and a number from 0 to 1, or a list of them";
    let [value, parts] = arguments(function, name, expected)?;
    let is_exact = matches!(name, "quantile" | "quantile_disc" | "percentile_disc");
    if is_exact && is_distinct(function) {
        return Err(Error::new(format!("{name} is of all values, and takes no DISTINCT")));
    }
    let of_part = |part: Expr| -> Result<Expr> {
        if is_exact {
            let template = match function.over {
                None => Template::QUANTILE_DISC,
                Some(_) => Template::QUANTILE_DISC_OF_WINDOW,
            };
            return template.filled_over(&[value.clone(), part], function);
        }
        let mut quantile = function.clone();
        rename(&mut quantile, "percentile_cont");
        quantile.args = argument_list(vec![value.clone(), part], Vec::new());
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
