//! Aggregates of the relational core that keep all values of a group, and give the core's answers: `median` and
//! `percentile_cont`.

use std::hash::Hash;
use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::functions_aggregate::median::Median;
use datafusion::functions_aggregate::percentile_cont::PercentileCont;
use datafusion::logical_expr::function::{AccumulatorArgs, AggregateFunctionSimplification, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, GroupsAccumulator, ReversedUDAF,
    SetMonotonicity, Signature,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Literal;

use super::narrow_rows::NarrowRows;
use super::{SessionMemory, like_the_core};

/// The `median` of the relational core, whose groups do not go to disk where they are wide.
pub(super) fn median(memory: &SessionMemory) -> Arc<AggregateUDF> {
    OfWideGroups::of(Median::new(), memory)
}

/// The `percentile_cont` of the relational core, likewise, and for any number of groups.
pub(super) fn percentile_cont(memory: &SessionMemory) -> Arc<AggregateUDF> {
    OfWideGroups::of(PercentileCont::default(), memory)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct OfWideGroups<F> {
    core: F,
    memory: SessionMemory,
}

impl<F: AggregateUDFImpl + Eq + Hash> OfWideGroups<F> {
    fn of(core: F, memory: &SessionMemory) -> Arc<AggregateUDF> {
        Arc::new(AggregateUDF::from(Self { core, memory: memory.clone() }))
    }
}

impl<F: AggregateUDFImpl + Eq + Hash> AggregateUDFImpl for OfWideGroups<F> {
    like_the_core!();

    fn aliases(&self) -> &[String] {
        self.core.aliases()
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.core.state_fields(args)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let exprs = with_rounded_part(&args);
        self.core.accumulator(AccumulatorArgs { exprs: &exprs, ..args })
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        self.core.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let exprs = with_rounded_part(&args);
        let args = AccumulatorArgs { exprs: &exprs, ..args };
        Ok(Box::new(NarrowRows::new(self.core.create_groups_accumulator(args)?, &self.memory)))
    }

    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        self.core.simplify()
    }

    fn supports_within_group_clause(&self) -> bool {
        self.core.supports_within_group_clause()
    }
}

/// The arguments, with the part of a percentile a hair further on. The core cuts the weight of the greater neighbour off behind six digits,
/// and of 0.1 it makes 0.099999 where a double is a hair less: 0.9 of the numbers from 1 to 10 would be 9.099999.
fn with_rounded_part(args: &AccumulatorArgs<'_>) -> Vec<Arc<dyn PhysicalExpr>> {
    let mut exprs = args.exprs.to_vec();
    let is_descending = args.order_bys.first().is_some_and(|order| order.options.descending);
    if let Some(part) = exprs.get_mut(1)
        && let Some(literal) = part.downcast_ref::<Literal>()
        && let ScalarValue::Float64(Some(value)) = literal.value()
    {
        let further = value + if is_descending { -HAIR } else { HAIR };
        if (0.0..=1.0).contains(&further) {
            *part = Arc::new(Literal::new(ScalarValue::Float64(Some(further))));
        }
    }
    exprs
}

/// More than places among values are off by the rounding of doubles, in parts of all.
const HAIR: f64 = 4.0 * f64::EPSILON;
