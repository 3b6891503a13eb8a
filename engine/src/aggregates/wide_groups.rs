//! Aggregates of the relational core that keep all values of a group, and give the core's answers: `median` and
//! `percentile_cont`.

use std::hash::Hash;
use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::error::Result;
use datafusion::functions_aggregate::median::Median;
use datafusion::functions_aggregate::percentile_cont::PercentileCont;
use datafusion::logical_expr::function::{AccumulatorArgs, AggregateFunctionSimplification, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, GroupsAccumulator, ReversedUDAF,
    SetMonotonicity, Signature,
};

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
        self.core.accumulator(args)
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        self.core.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(NarrowRows::new(self.core.create_groups_accumulator(args)?, &self.memory)))
    }

    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        self.core.simplify()
    }

    fn supports_within_group_clause(&self) -> bool {
        self.core.supports_within_group_clause()
    }
}
