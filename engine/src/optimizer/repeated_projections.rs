//! Projections over others that look like them: `SELECT n + 1 AS n FROM (SELECT n + 1 AS n FROM t)`.
//!
//! Where a rule of the relational core merges projections, it takes one whose expressions are those of the one below for that one, as it is
//! where they are columns. What the lower ones compute is called otherwise, so that they never look alike.

use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use crate::walk::Walk;

/// The core's rule that merges projections: this one has to come before it.
pub(crate) const OPTIMIZE_PROJECTIONS: &str = "optimize_projections";

/// Gives the columns of lower projections other names.
#[derive(Debug)]
pub(crate) struct RepeatedProjections;

impl OptimizerRule for RepeatedProjections {
    fn name(&self) -> &str {
        "repeated_projections"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match plan {
            LogicalPlan::Projection(upper) if computes(&upper) => {
                let names = names(&upper);
                Ok(below(upper, &names)?.update_data(LogicalPlan::Projection))
            }
            plan => Ok(Transformed::no(plan)),
        }
    }
}

/// A projection, with other names for the columns of those below it that compute columns of these names.
fn below(upper: Projection, names: &[String]) -> Result<Transformed<Projection>> {
    let LogicalPlan::Projection(lower) = upper.input.as_ref() else { return Ok(Transformed::no(upper)) };
    let Transformed { data: lower, transformed, .. } = below(lower.clone(), names)?;
    if !computes(&lower) || self::names(&lower) != names || has_query(&upper)? {
        return match transformed {
            true => {
                Ok(Transformed::yes(Projection::try_new(upper.expr, LogicalPlan::Projection(lower).into())?))
            }
            false => Ok(Transformed::no(upper)),
        };
    }
    let level = projections(&lower);
    // Columns of several tables may have one name.
    let other_name = |(place, name): (usize, &String)| match names[..place].contains(name) {
        true => format!("{name} ${level} {place}"),
        false => format!("{name} ${level}"),
    };
    let renamed: Vec<String> = names.iter().enumerate().map(other_name).collect();
    let rename = |expr: Expr| match &expr {
        Expr::Column(column) => {
            let place = lower.schema.index_of_column(column)?;
            Ok(Transformed::yes(Expr::Column(Column::from_name(renamed[place].as_str()))))
        }
        _ => Ok(Transformed::no(expr)),
    };
    let preserver = NamePreserver::new_for_projection();
    let exprs = upper.expr.into_iter().map(|expr| {
        let name = preserver.save(&expr);
        expr.transform_up_dyn(rename).data().map(|expr| name.restore(expr))
    });
    let exprs = exprs.collect::<Result<Vec<_>>>()?;
    let lower_exprs = lower.expr.iter().zip(&renamed).map(|(expr, name)| expr.clone().unalias().alias(name));
    let lower = Projection::try_new(lower_exprs.collect(), lower.input.clone())?;
    Ok(Transformed::yes(Projection::try_new(exprs, LogicalPlan::Projection(lower).into())?))
}

/// Whether anything but columns is projected.
fn computes(projection: &Projection) -> bool {
    projection.expr.iter().any(|expr| !matches!(expr, Expr::Column(_)))
}

fn names(projection: &Projection) -> Vec<String> {
    projection.schema.fields().iter().map(|field| field.name().clone()).collect()
}

/// Whether there is a query among the expressions, which may look at columns by their names.
fn has_query(projection: &Projection) -> Result<bool> {
    for expr in &projection.expr {
        if expr.exists_dyn(|expr| {
            Ok(matches!(
                expr,
                Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_) | Expr::SetComparison(_)
            ))
        })? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How many projections there are one over the other.
fn projections(mut projection: &Projection) -> usize {
    let mut count = 1;
    while let LogicalPlan::Projection(lower) = projection.input.as_ref() {
        projection = lower;
        count += 1;
    }
    count
}
