//! `percentile_cont` of many groups.
//!
//! Where there are about as many groups as rows, the relational core does not group rows before they are exchanged
//! between threads, but makes each a group of its own. Its `percentile_cont` panics then: it expects the values alone
//! where it is given all its arguments. Here it is given the values.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::datatypes::{DataType, FieldRef};
use datafusion::error::Result;
use datafusion::functions_aggregate::percentile_cont::PercentileCont;
use datafusion::logical_expr::function::{AccumulatorArgs, AggregateFunctionSimplification, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, EmitTo, GroupsAccumulator, ReversedUDAF,
    SetMonotonicity, Signature,
};

use super::narrow_rows::NarrowRows;
use super::{SessionMemory, like_the_core};

/// The `percentile_cont` of the relational core, for any number of groups.
pub(super) fn percentile_cont(memory: &SessionMemory) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::from(OfManyGroups { core: PercentileCont::default(), memory: memory.clone() }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct OfManyGroups {
    core: PercentileCont,
    memory: SessionMemory,
}

impl AggregateUDFImpl for OfManyGroups {
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
        let groups = Groups { core: self.core.create_groups_accumulator(args)? };
        Ok(Box::new(NarrowRows::new(Box::new(groups), &self.memory)))
    }

    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        self.core.simplify()
    }

    fn supports_within_group_clause(&self) -> bool {
        self.core.supports_within_group_clause()
    }
}

/// The values of groups, as the core keeps them.
struct Groups {
    core: Box<dyn GroupsAccumulator>,
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        condition: Option<&BooleanArray>,
        group_count: usize,
    ) -> Result<()> {
        self.core.update_batch(values, group_indices, condition, group_count)
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        group_indices: &[usize],
        group_count: usize,
    ) -> Result<()> {
        self.core.merge_batch(states, group_indices, group_count)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.core.evaluate(emit_to)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.core.state(emit_to)
    }

    /// The values come first among the arguments.
    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        condition: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        self.core.convert_to_state(&values[..1], condition)
    }

    fn size(&self) -> usize {
        self.core.size()
    }
}
