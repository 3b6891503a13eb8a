//! Aggregates of the relational core also of what it has them not for: `sum(x > 5)`, `avg(at)`, `median(day)`.
//!
//! Booleans are 0 and 1. Times are counted in microseconds, in the core's aggregate of doubles. The average of decimals is a double: the
//! core's is a decimal with four digits more than they have.

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
use super::sliding::sliding;

/// The type in which times are computed with: microseconds of their kind.
fn microseconds(time: &DataType) -> DataType {
    match time {
        DataType::Time32(_) | DataType::Time64(_) => DataType::Time64(TimeUnit::Microsecond),
        DataType::Duration(_) => DataType::Duration(TimeUnit::Microsecond),
        _ => DataType::Timestamp(TimeUnit::Microsecond, None),
    }
}

/// An aggregate that is one of booleans, too: of how many are true; and of nulls, of which it is null.
pub(crate) fn of_booleans(core: Arc<AggregateUDF>) -> Arc<AggregateUDF> {
    let of_number = match core.name() {
        "avg" => (logical_float64(), NativeType::Float64),
        _ => (logical_int64(), NativeType::Int64),
    };
    let boolean = TypeSignatureClass::Native(logical_boolean());
    let coerced = Coercion::new_implicit(TypeSignatureClass::Native(of_number.0), vec![boolean], of_number.1);
    OfMoreTypes::of(core, vec![vec![coerced]])
}

/// An aggregate that is one of dates, timestamps, times of day and times between two others, too, and of so many doubles behind these.
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
    let times = [
        time,
        Coercion::new_exact(TypeSignatureClass::Time),
        Coercion::new_exact(TypeSignatureClass::Duration),
    ];
    let signatures = times.map(|time| std::iter::once(time).chain(vec![double.clone(); doubles]).collect());
    OfMoreTypes::of(core, signatures.to_vec())
}

/// An aggregate of doubles that loses nothing over frames that slide.
pub(crate) fn over_frames(core: Arc<AggregateUDF>) -> Arc<AggregateUDF> {
    OfMoreTypes::of(core, Vec::new())
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct OfMoreTypes {
    core: Arc<AggregateUDF>,
    signature: Signature,
}

impl OfMoreTypes {
    fn of(core: Arc<AggregateUDF>, more: Vec<Vec<Coercion>>) -> Arc<AggregateUDF> {
        let Signature { type_signature, volatility, .. } = core.signature();
        let mut signatures = match type_signature {
            TypeSignature::OneOf(signatures) => signatures.clone(),
            other => vec![other.clone()],
        };
        signatures.extend(more.into_iter().map(TypeSignature::Coercible));
        let signature = Signature::one_of(signatures, *volatility);
        Arc::new(AggregateUDF::from(Self { core, signature }))
    }
}

/// What the core is asked for in place of an aggregate that it lacks.
struct StandIn {
    /// The type of the values that it is given.
    values: DataType,
    /// The type of its results.
    results: DataType,
    conversion: Conversion,
}

impl StandIn {
    /// That of values of this type, if there is one.
    fn of(name: &str, fields: &[FieldRef]) -> Option<Self> {
        match fields.first()?.data_type() {
            DataType::Null if of_numbers(name) => Some(Self {
                values: DataType::Float64,
                results: DataType::Float64,
                conversion: Conversion { values: nulls_to_doubles, results: to_type },
            }),
            DataType::Float32 | DataType::Float64 if name == "approx_distinct" => Some(Self {
                values: DataType::Int64,
                results: DataType::UInt64,
                conversion: Conversion { values: bits_of_doubles, results: to_type },
            }),
            // The core has this one, and counts times as they are.
            DataType::Duration(_) if name == "avg" => None,
            _ if name == "approx_distinct" => None,
            DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_) => {
                Some(Self {
                    values: DataType::Float64,
                    results: DataType::Float64,
                    conversion: Conversion { values: to_doubles, results: to_times },
                })
            }
            ty @ DataType::Decimal128(precision, scale) if name == "avg" => {
                let more = DIGITS_OF_SUMS.saturating_sub(*precision).clamp(4, 12) as i8;
                Some(Self {
                    values: ty.clone(),
                    results: DataType::Decimal128(38, scale.saturating_add(more).min(38)),
                    conversion: Conversion { values: |values| Ok(values.to_vec()), results: to_type },
                })
            }
            _ => None,
        }
    }

    /// The fields of what is given, with the type of the values.
    fn fields(&self, fields: &[FieldRef]) -> Vec<FieldRef> {
        let mut fields = fields.to_vec();
        if let Some(first) = fields.first_mut() {
            *first = with_type(first, &self.values);
        }
        fields
    }

    /// Asks for the aggregate in place of another one.
    fn ask<T>(&self, args: &AccumulatorArgs<'_>, ask: impl FnOnce(AccumulatorArgs<'_>) -> T) -> T {
        ask(AccumulatorArgs {
            return_field: with_type(&args.return_field, &self.results),
            schema: args.schema,
            ignore_nulls: args.ignore_nulls,
            order_bys: args.order_bys,
            is_reversed: args.is_reversed,
            name: args.name,
            is_distinct: args.is_distinct,
            exprs: args.exprs,
            expr_fields: &self.fields(args.expr_fields),
        })
    }
}

/// As many digits has the sum of a billion decimals, at most, whose average is to have more digits behind the point: 38, but those of the
/// billion.
const DIGITS_OF_SUMS: u8 = 29;

fn with_type(field: &Field, ty: &DataType) -> FieldRef {
    Arc::new(field.clone().with_data_type(ty.clone()))
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
            _ if self.name() == "approx_distinct" => self.core.return_type(types),
            Some(DataType::Timestamp(_, zone)) => {
                Ok(DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))
            }
            Some(time @ (DataType::Time32(_) | DataType::Time64(_))) => Ok(time.clone()),
            Some(time @ DataType::Duration(_)) if self.name() != "avg" => Ok(time.clone()),
            Some(DataType::Decimal128(..)) if self.name() == "avg" => Ok(DataType::Float64),
            Some(DataType::Null) if of_numbers(self.name()) => Ok(DataType::Float64),
            _ => self.core.return_type(types),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let Some(stand_in) = StandIn::of(self.name(), args.input_fields) else {
            return self.core.state_fields(args);
        };
        let input_fields = stand_in.fields(args.input_fields);
        let return_field = with_type(&args.return_field, &stand_in.results);
        self.core.state_fields(StateFieldsArgs { input_fields: &input_fields, return_field, ..args })
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let Some(stand_in) = StandIn::of(self.name(), args.expr_fields) else {
            return self.core.accumulator(args);
        };
        let inner = stand_in.ask(&args, |args| self.core.accumulator(args))?;
        Ok(Box::new(Converted::new(inner, stand_in.conversion, args.return_field.data_type())))
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        if let Some(sliding) = sliding(self.name(), &args) {
            return Ok(sliding);
        }
        let Some(stand_in) = StandIn::of(self.name(), args.expr_fields) else {
            return self.core.create_sliding_accumulator(args);
        };
        let inner = stand_in.ask(&args, |args| self.core.create_sliding_accumulator(args))?;
        Ok(Box::new(Converted::new(inner, stand_in.conversion, args.return_field.data_type())))
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        match StandIn::of(self.name(), args.expr_fields) {
            Some(stand_in) => stand_in.ask(&args, |args| self.core.groups_accumulator_supported(args)),
            None => self.core.groups_accumulator_supported(args),
        }
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let Some(stand_in) = StandIn::of(self.name(), args.expr_fields) else {
            return self.core.create_groups_accumulator(args);
        };
        let inner = stand_in.ask(&args, |args| self.core.create_groups_accumulator(args))?;
        Ok(Box::new(Converted::new(inner, stand_in.conversion, args.return_field.data_type())))
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

/// Aggregates of numbers of which the core has none of nulls without a type.
fn of_numbers(name: &str) -> bool {
    matches!(name, "avg" | "sum")
}

fn nulls_to_doubles(values: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
    values.iter().map(|nulls| Ok(cast(nulls, &DataType::Float64)?)).collect()
}

/// Doubles as integers of the same bits, which are the same ones for equal numbers.
fn bits_of_doubles(values: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
    let bits = |double: f64| (if double == 0.0 { 0.0 } else { double }).to_bits() as i64;
    let bits_of = |doubles: &ArrayRef| -> Result<ArrayRef> {
        let doubles = cast(doubles, &DataType::Float64)?;
        Ok(Arc::new(doubles.as_primitive::<Float64Type>().unary::<_, Int64Type>(bits)))
    };
    values.iter().map(bits_of).collect()
}

/// All columns, the first as doubles.
fn to_doubles(values: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
    let mut values = values.to_vec();
    if let Some(first) = values.first_mut() {
        let micros = cast(&cast(first, &microseconds(first.data_type()))?, &DataType::Int64)?;
        let doubles: PrimitiveArray<Float64Type> =
            micros.as_primitive::<Int64Type>().unary(|micros| micros as f64);
        *first = Arc::new(doubles);
    }
    Ok(values)
}

fn to_times(doubles: &ArrayRef, ty: &DataType) -> Result<ArrayRef> {
    let doubles = doubles.as_primitive::<Float64Type>();
    let micros: PrimitiveArray<Int64Type> = doubles.unary(|double| double.round() as i64);
    Ok(cast(&cast(&micros, &microseconds(ty))?, ty)?)
}

fn to_type(results: &ArrayRef, ty: &DataType) -> Result<ArrayRef> {
    Ok(cast(results, ty)?)
}
