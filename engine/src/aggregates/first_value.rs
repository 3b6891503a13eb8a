//! `first_value`, `last_value` and `any_value` of many groups.
//!
//! The relational core keeps an accumulator for each group of those without an order, and looks at all groups for each batch of those
//! with one: for two million groups it took three to five times as long as [`FirstRows`].

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, FieldRef};
use datafusion::error::Result;
use datafusion::functions_aggregate::any_value::any_value_udaf;
use datafusion::functions_aggregate::first_last::{first_value_udaf, last_value_udaf};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, GroupsAccumulator, ReversedUDAF, Signature,
};

use super::first_rows::{FirstRows, Wanted};

/// Those of the core, of this kind.
pub(super) fn of_one_row() -> [Arc<AggregateUDF>; 3] {
    static OWN: LazyLock<[Arc<AggregateUDF>; 3]> =
        LazyLock::new(|| [first_value_udaf(), last_value_udaf(), any_value_udaf()].map(OfOneRow::of));
    OWN.clone()
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct OfOneRow {
    core: Arc<AggregateUDF>,
}

impl OfOneRow {
    fn of(core: Arc<AggregateUDF>) -> Arc<AggregateUDF> {
        Arc::new(AggregateUDF::from(Self { core }))
    }
}

impl AggregateUDFImpl for OfOneRow {
    fn name(&self) -> &str {
        self.core.name()
    }

    fn signature(&self) -> &Signature {
        self.core.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.core.return_type(types)
    }

    fn return_field(&self, fields: &[FieldRef]) -> Result<FieldRef> {
        self.core.return_field(fields)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.core.state_fields(args)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        self.core.accumulator(args)
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let is_any = self.name() == "any_value";
        let wanted = if self.name() == "last_value" { Wanted::Last } else { Wanted::First };
        let skips_nulls = is_any || args.ignore_nulls;
        let order = if is_any { &[] } else { args.order_bys };
        let ty = args.return_field.data_type();
        Ok(Box::new(FirstRows::new(ty, order, args.schema, wanted, skips_nulls)?))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.core.order_sensitivity()
    }

    fn with_beneficial_ordering(
        self: Arc<Self>,
        beneficial_ordering: bool,
    ) -> Result<Option<Arc<dyn AggregateUDFImpl>>> {
        let core = self.core.as_ref().clone().with_beneficial_ordering(beneficial_ordering)?;
        Ok(core.map(|core| Arc::new(Self { core: Arc::new(core) }) as Arc<dyn AggregateUDFImpl>))
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        match self.core.reverse_udf() {
            ReversedUDAF::Reversed(core) => ReversedUDAF::Reversed(Self::of(core)),
            other => other,
        }
    }

    fn supports_null_handling_clause(&self) -> bool {
        self.core.supports_null_handling_clause()
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.core.documentation()
    }
}
