//! `median` of groups that do not fit into memory.

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::error::Result;
use datafusion::functions_aggregate::median::Median;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, GroupsAccumulator, ReversedUDAF,
    SetMonotonicity, Signature,
};

use super::narrow_rows::NarrowRows;
use super::{SessionMemory, like_the_core};

/// The `median` of the relational core, whose groups do not go to disk where they are wide.
pub(super) fn median(memory: &SessionMemory) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::from(OfWideGroups { core: Median::new(), memory: memory.clone() }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct OfWideGroups {
    core: Median,
    memory: SessionMemory,
}

impl AggregateUDFImpl for OfWideGroups {
    like_the_core!();

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
}
