//! Aggregates of the relational core also of what it has them not for: `sum(x > 5)`, `avg(at)`, `median(day)`.
//!
//! Booleans are 0 and 1. Times are counted in microseconds, in the core's aggregate of doubles.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, PrimitiveArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type, TimeUnit};
use datafusion::common::types::{NativeType, logical_boolean, logical_date, logical_float64, logical_int64};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, AggregateFunctionSimplification, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Coercion, Documentation, GroupsAccumulator, ReversedUDAF,
    SetMonotonicity, Signature, TypeSignature, TypeSignatureClass,
};

use super::converted::{Conversion, Converted};

/// Times are computed with in this type.
const MICROSECONDS: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

/// An aggregate that is one of booleans, too: of how many are true.
pub(crate) fn of_booleans(core: Arc<AggregateUDF>) -> Arc<AggregateUDF> {
    let of_number = match core.name() {
        "avg" => (logical_float64(), NativeType::Float64),
        _ => (logical_int64(), NativeType::Int64),
    };
    let boolean = TypeSignatureClass::Native(logical_boolean());
    let coerced = Coercion::new_implicit(TypeSignatureClass::Native(of_number.0), vec![boolean], of_number.1);
    OfMoreTypes::of(core, vec![coerced])
}

/// An aggregate that is one of dates and timestamps, too, and of so many doubles behind these.
pub(crate) fn of_times(core: Arc<AggregateUDF>, doubles: usize) -> Arc<AggregateUDF> {
    let double = Coercion::new_implicit(
        TypeSignatureClass::Native(logical_float64()),
        vec![TypeSignatureClass::Numeric],
        NativeType::Float64,
    );
    let time = Coercion::new_implicit(
        TypeSignatureClass::Timestamp,
        vec![TypeSignatureClass::Native(logical_date())],
        NativeType::Timestamp(TimeUnit::Microsecond, None),
    );
    OfMoreTypes::of(core, std::iter::once(time).chain(vec![double; doubles]).collect())
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct OfMoreTypes {
    core: Arc<AggregateUDF>,
    signature: Signature,
}

impl OfMoreTypes {
    fn of(core: Arc<AggregateUDF>, more: Vec<Coercion>) -> Arc<AggregateUDF> {
        let Signature { type_signature, volatility, .. } = core.signature();
        let mut signatures = match type_signature {
            TypeSignature::OneOf(signatures) => signatures.clone(),
            other => vec![other.clone()],
        };
        signatures.push(TypeSignature::Coercible(more));
        let signature = Signature::one_of(signatures, *volatility);
        Arc::new(AggregateUDF::from(Self { core, signature }))
    }
}

/// Whether the values of an aggregate are times.
fn is_of_times(fields: &[FieldRef]) -> bool {
    fields.first().is_some_and(|field| matches!(field.data_type(), DataType::Timestamp(..)))
}

fn as_double(field: &Field) -> FieldRef {
    Arc::new(field.clone().with_data_type(DataType::Float64))
}

/// Asks for the aggregate of doubles in place of one of times.
fn over_doubles<T>(args: &AccumulatorArgs<'_>, ask: impl FnOnce(AccumulatorArgs<'_>) -> T) -> T {
    let mut expr_fields = args.expr_fields.to_vec();
    if let Some(first) = expr_fields.first_mut() {
        *first = as_double(first);
    }
    ask(AccumulatorArgs {
        return_field: as_double(&args.return_field),
        schema: args.schema,
        ignore_nulls: args.ignore_nulls,
        order_bys: args.order_bys,
        is_reversed: args.is_reversed,
        name: args.name,
        is_distinct: args.is_distinct,
        exprs: args.exprs,
        expr_fields: &expr_fields,
    })
}

impl AggregateUDFImpl for OfMoreTypes {
    fn name(&self) -> &str {
        self.core.name()
    }

    fn aliases(&self) -> &[String] {
        self.core.aliases()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types.first() {
            Some(DataType::Timestamp(_, zone)) => {
                Ok(DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))
            }
            _ => self.core.return_type(types),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        if !is_of_times(args.input_fields) {
            return self.core.state_fields(args);
        }
        let mut input_fields = args.input_fields.to_vec();
        if let Some(first) = input_fields.first_mut() {
            *first = as_double(first);
        }
        let return_field = as_double(&args.return_field);
        self.core.state_fields(StateFieldsArgs { input_fields: &input_fields, return_field, ..args })
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        if !is_of_times(args.expr_fields) {
            return self.core.accumulator(args);
        }
        let ty = args.return_field.data_type().clone();
        let doubles = over_doubles(&args, |args| self.core.accumulator(args))?;
        Ok(Box::new(Converted::new(doubles, OF_TIMES, &ty)))
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        if !is_of_times(args.expr_fields) {
            return self.core.create_sliding_accumulator(args);
        }
        let ty = args.return_field.data_type().clone();
        let doubles = over_doubles(&args, |args| self.core.create_sliding_accumulator(args))?;
        Ok(Box::new(Converted::new(doubles, OF_TIMES, &ty)))
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        match is_of_times(args.expr_fields) {
            true => over_doubles(&args, |args| self.core.groups_accumulator_supported(args)),
            false => self.core.groups_accumulator_supported(args),
        }
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        if !is_of_times(args.expr_fields) {
            return self.core.create_groups_accumulator(args);
        }
        let ty = args.return_field.data_type().clone();
        let doubles = over_doubles(&args, |args| self.core.create_groups_accumulator(args))?;
        Ok(Box::new(Converted::new(doubles, OF_TIMES, &ty)))
    }

    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        None
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        self.core.inner().reverse_expr()
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.core.inner().order_sensitivity()
    }

    fn supports_within_group_clause(&self) -> bool {
        self.core.supports_within_group_clause()
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.core.documentation()
    }

    fn set_monotonicity(&self, ty: &DataType) -> SetMonotonicity {
        self.core.inner().set_monotonicity(ty)
    }
}

/// An aggregate of doubles, given times and asked for one.
const OF_TIMES: Conversion = Conversion { values: to_doubles, results: to_times };

/// All columns, the first as doubles.
fn to_doubles(values: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
    let mut values = values.to_vec();
    if let Some(first) = values.first_mut() {
        let micros = cast(&cast(first, &MICROSECONDS)?, &DataType::Int64)?;
        let doubles: PrimitiveArray<Float64Type> =
            micros.as_primitive::<Int64Type>().unary(|micros| micros as f64);
        *first = Arc::new(doubles);
    }
    Ok(values)
}

fn to_times(doubles: &ArrayRef, ty: &DataType) -> Result<ArrayRef> {
    let doubles = doubles.as_primitive::<Float64Type>();
    let micros: PrimitiveArray<Int64Type> = doubles.unary(|double| double.round() as i64);
    Ok(cast(&micros, ty)?)
}
