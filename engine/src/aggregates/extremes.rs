//! `min(x)` and `max(x)` of floating point numbers in groups, of which NaN is the greatest, as where they are sorted, and of lists and
//! structs.
//!
//! In the relational core's, a number behind a NaN takes its place, and nothing is less than the least finite number; lists in lists are
//! not compared at all.

use std::hash::Hash;
use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, FieldRef, Float32Type, Float64Type};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::functions_aggregate::min_max::{Max, Min};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, GroupsAccumulator, ReversedUDAF,
    SetMonotonicity, Signature, StatisticsArgs,
};
use datafusion_functions_aggregate_common::aggregate::groups_accumulator::prim_op::PrimitiveGroupsAccumulator;

use super::like_the_core;
use super::nested_extreme::NestedExtreme;

/// The greatest value.
pub(super) fn max() -> Arc<AggregateUDF> {
    static MAX: LazyLock<Arc<AggregateUDF>> = LazyLock::new(|| Extreme::of(Max::new()));
    Arc::clone(&MAX)
}

/// The least value.
pub(super) fn min() -> Arc<AggregateUDF> {
    static MIN: LazyLock<Arc<AggregateUDF>> = LazyLock::new(|| Extreme::of(Min::new()));
    Arc::clone(&MIN)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Extreme<F> {
    core: F,
}

impl<F: AggregateUDFImpl + Eq + Hash> Extreme<F> {
    fn of(core: F) -> Arc<AggregateUDF> {
        Arc::new(AggregateUDF::from(Self { core }))
    }

    fn is_max(&self) -> bool {
        self.core.is_descending() == Some(true)
    }
}

/// The extremes of groups of these numbers: NaN takes any place of a greatest number, and gives up that of a least one.
macro_rules! groups_of {
    ($numbers:ty, $native:ident, $ty:expr, $is_max:expr) => {
        match $is_max {
            true => {
                let greater = |greatest: &mut $native, number: $native| {
                    if number > *greatest || number.is_nan() {
                        *greatest = number;
                    }
                };
                let groups = PrimitiveGroupsAccumulator::<$numbers, _>::new($ty, greater);
                Box::new(groups.with_starting_value($native::NEG_INFINITY)) as Box<dyn GroupsAccumulator>
            }
            false => {
                let less = |least: &mut $native, number: $native| {
                    if number < *least || least.is_nan() {
                        *least = number;
                    }
                };
                let groups = PrimitiveGroupsAccumulator::<$numbers, _>::new($ty, less);
                Box::new(groups.with_starting_value($native::NAN)) as Box<dyn GroupsAccumulator>
            }
        }
    };
}

impl<F: AggregateUDFImpl + Eq + Hash> AggregateUDFImpl for Extreme<F> {
    like_the_core!();

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.core.coerce_types(types)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.core.state_fields(args)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let ty = args.return_field.data_type();
        match NestedExtreme::takes(ty) {
            true => Ok(Box::new(NestedExtreme::new(ty, self.is_max(), false)?)),
            false => self.core.accumulator(args),
        }
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        !NestedExtreme::takes(args.return_field.data_type()) && self.core.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let is_max = self.is_max();
        Ok(match args.return_field.data_type() {
            ty @ DataType::Float64 => groups_of!(Float64Type, f64, ty, is_max),
            ty @ DataType::Float32 => groups_of!(Float32Type, f32, ty, is_max),
            _ => return self.core.create_groups_accumulator(args),
        })
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let ty = args.return_field.data_type();
        match NestedExtreme::takes(ty) {
            true => Ok(Box::new(NestedExtreme::new(ty, self.is_max(), true)?)),
            false => self.core.create_sliding_accumulator(args),
        }
    }

    fn is_descending(&self) -> Option<bool> {
        self.core.is_descending()
    }

    fn value_from_stats(&self, statistics: &StatisticsArgs<'_>) -> Option<ScalarValue> {
        self.core.value_from_stats(statistics)
    }
}
