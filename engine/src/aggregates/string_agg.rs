//! `string_agg(x, ', ' ORDER BY y)` beside others in another order.
//!
//! The relational core's asks for rows in its order, of which a plan has one, though it sorts what it keeps all the same. This one does not
//! ask.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, FieldRef};
use datafusion::error::Result;
use datafusion::functions_aggregate::string_agg::StringAgg;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, GroupsAccumulator, ReversedUDAF, Signature,
};

/// The function.
pub(super) fn string_agg() -> Arc<AggregateUDF> {
    static STRING_AGG: LazyLock<Arc<AggregateUDF>> =
        LazyLock::new(|| Arc::new(AggregateUDF::from(SortingStringAgg { core: StringAgg::new() })));
    Arc::clone(&STRING_AGG)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct SortingStringAgg {
    core: StringAgg,
}

impl AggregateUDFImpl for SortingStringAgg {
    fn name(&self) -> &str {
        self.core.name()
    }

    fn signature(&self) -> &Signature {
        self.core.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.core.return_type(types)
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
        self.core.create_groups_accumulator(args)
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::SoftRequirement
    }

    fn with_beneficial_ordering(
        self: Arc<Self>,
        _beneficial_ordering: bool,
    ) -> Result<Option<Arc<dyn AggregateUDFImpl>>> {
        Ok(Some(self))
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Reversed(string_agg())
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.core.documentation()
    }
}
