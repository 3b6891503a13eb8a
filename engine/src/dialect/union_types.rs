//! `UNION` of queries whose columns have types of different kinds.
//!
//! The relational core makes dates of numbers beside dates, takes no texts beside booleans, and makes decimals of 15 digits behind the point of
//! decimals and floating point numbers, among which 17.1 is 17.100000000000002.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::common::{DFSchema, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Union, cast};
use datafusion::optimizer::AnalyzerRule;

use crate::inspect::type_name;
use crate::walk::WalkPlan;

/// Brings columns of one kind together that the core would not, and refuses those that mean nothing together. It has to come before
/// the core looks at types.
#[derive(Debug)]
pub(crate) struct UnionTypes;

impl AnalyzerRule for UnionTypes {
    fn name(&self) -> &str {
        "union_types"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries_dyn(|plan| match plan {
            LogicalPlan::Union(union) => united(union),
            other => Ok(Transformed::no(other)),
        })
        .data()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Boolean,
    Text,
    Time,
    Other,
}

impl Kind {
    /// The kind of a type; nulls are of none.
    fn of(ty: &DataType) -> Option<Self> {
        match ty {
            DataType::Null => None,
            DataType::Boolean => Some(Self::Boolean),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(Self::Text),
            ty if ty.is_numeric() => Some(Self::Number),
            DataType::Date32
            | DataType::Date64
            | DataType::Timestamp(..)
            | DataType::Time32(_)
            | DataType::Time64(_)
            | DataType::Interval(_)
            | DataType::Duration(_) => Some(Self::Time),
            _ => Some(Self::Other),
        }
    }
}

fn united(union: Union) -> Result<Transformed<LogicalPlan>> {
    let width = union.schema.fields().len();
    if union.inputs.iter().any(|input| input.schema().fields().len() != width) {
        return Ok(Transformed::no(LogicalPlan::Union(union)));
    }
    let wanted: Vec<Option<DataType>> =
        (0..width).map(|place| wanted(&union, place)).collect::<Result<_>>()?;
    if wanted.iter().all(Option::is_none) {
        // Unions inside of it may have other types than before.
        let types =
            |schema: &DFSchema| schema.fields().iter().map(|field| field.data_type().clone()).collect();
        let (own, first): (Vec<DataType>, Vec<DataType>) =
            (types(&union.schema), union.inputs.first().map_or_else(Vec::new, |input| types(input.schema())));
        return match own == first {
            true => Ok(Transformed::no(LogicalPlan::Union(union))),
            false => {
                let union = Union::try_new_with_loose_types(union.inputs)?;
                Ok(Transformed::yes(LogicalPlan::Union(union)))
            }
        };
    }
    let inputs = union.inputs.into_iter().map(|input| {
        let columns = input.schema().iter().zip(&wanted).map(|((qualifier, field), wanted)| {
            let column = Expr::from((qualifier, field));
            match wanted {
                Some(ty) if is_cast(field.data_type(), ty) => {
                    cast(column, ty.clone()).alias_qualified(qualifier.cloned(), field.name())
                }
                _ => column,
            }
        });
        let columns: Vec<Expr> = columns.collect();
        LogicalPlanBuilder::from(Arc::unwrap_or_clone(input)).project(columns)?.build().map(Arc::new)
    });
    let union = Union::try_new_with_loose_types(inputs.collect::<Result<_>>()?)?;
    Ok(Transformed::yes(LogicalPlan::Union(union)))
}

/// Whether a column of a type becomes one of the type that is wanted.
fn is_cast(ty: &DataType, wanted: &DataType) -> bool {
    Kind::of(ty) == Some(Kind::Boolean) || ty.is_decimal() && wanted.is_floating()
}

/// The type that booleans of a column become beside texts or numbers, and decimals beside floating point numbers; `None`: they stay.
fn wanted(union: &Union, place: usize) -> Result<Option<DataType>> {
    let types = || union.inputs.iter().map(|input| input.schema().field(place).data_type());
    let of_kind = |kind| types().find(|ty| Kind::of(ty) == Some(kind));
    let text = of_kind(Kind::Text);
    if let (Some(number), Some(time), None) = (of_kind(Kind::Number), of_kind(Kind::Time), text) {
        let name = union.schema.field(place).name();
        return plan_err!(
            "UNION of different kinds in the column \"{name}\": {} and {}",
            type_name(number),
            type_name(time)
        );
    }
    if text.is_none() && types().any(DataType::is_decimal) && types().any(DataType::is_floating) {
        return Ok(Some(DataType::Float64));
    }
    let is_boolean = of_kind(Kind::Boolean).is_some();
    Ok(text.or(of_kind(Kind::Number)).filter(|_| is_boolean).cloned())
}
