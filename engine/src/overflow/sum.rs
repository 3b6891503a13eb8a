//! `sum` of integers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, ArrowNumericType, AsArray, PrimitiveArray};
use arrow::datatypes::{
    DECIMAL128_MAX_PRECISION, DataType, Decimal128Type, Field, FieldRef, Int64Type, UInt64Type,
};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::functions_aggregate::sum::Sum;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, GroupsAccumulator, ReversedUDAF,
    SetMonotonicity, Signature,
};

use super::arithmetic::{overflow, too_long};
use crate::aggregates::{Conversion, Converted, like_the_core, of_booleans};

/// What sums of integers are computed in: no number of rows is too many for it.
const WIDE: DataType = DataType::Decimal128(38, 0);

/// The sum of the relational core, but for integers, whose sum is an error where it does not fit, and for booleans.
pub(crate) fn checked_sum() -> Arc<AggregateUDF> {
    static SUM: LazyLock<Arc<AggregateUDF>> =
        LazyLock::new(|| of_booleans(Arc::new(AggregateUDF::from(CheckedSum { core: Sum::new() }))));
    Arc::clone(&SUM)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CheckedSum {
    core: Sum,
}

/// What the sum of the core is asked for in place of a sum of integers.
fn widened<'a>(args: &AccumulatorArgs<'a>) -> Option<AccumulatorArgs<'a>> {
    is_integer(args.return_field.data_type()).then(|| AccumulatorArgs {
        return_field: Arc::new(args.return_field.as_ref().clone().with_data_type(WIDE)),
        schema: args.schema,
        ignore_nulls: args.ignore_nulls,
        order_bys: args.order_bys,
        is_reversed: args.is_reversed,
        name: args.name,
        is_distinct: args.is_distinct,
        exprs: args.exprs,
        expr_fields: args.expr_fields,
    })
}

fn is_integer(ty: &DataType) -> bool {
    matches!(ty, DataType::Int64 | DataType::UInt64)
}

impl AggregateUDFImpl for CheckedSum {
    like_the_core!();

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        match widened(&args) {
            Some(wide) => Ok(Box::new(of_integers(self.core.accumulator(wide)?, &args))),
            None if is_longest(args.return_field.data_type()) => {
                let ty = args.return_field.data_type().clone();
                Ok(Box::new(of_decimals(self.core.accumulator(args)?, &ty)))
            }
            None => self.core.accumulator(args),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        if !is_integer(args.return_field.data_type()) {
            return self.core.state_fields(args);
        }
        let state = match args.is_distinct {
            true => {
                let values = Field::new_list_field(WIDE, true);
                Field::new_list(format_state_name(args.name, "sum distinct"), values, false)
            }
            false => Field::new(format_state_name(args.name, "sum"), WIDE, true),
        };
        Ok(vec![Arc::new(state)])
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        self.core.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        match widened(&args) {
            Some(wide) => Ok(Box::new(of_integers(self.core.create_groups_accumulator(wide)?, &args))),
            None if is_longest(args.return_field.data_type()) => {
                let ty = args.return_field.data_type().clone();
                Ok(Box::new(of_decimals(self.core.create_groups_accumulator(args)?, &ty)))
            }
            None => self.core.create_groups_accumulator(args),
        }
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        match widened(&args) {
            Some(_) if args.is_distinct => {
                let wide: Box<dyn Accumulator> = Box::new(SlidingDistinct::default());
                Ok(Box::new(of_integers(wide, &args)))
            }
            Some(wide) => Ok(Box::new(of_integers(self.core.create_sliding_accumulator(wide)?, &args))),
            None if is_longest(args.return_field.data_type()) => {
                let ty = args.return_field.data_type().clone();
                Ok(Box::new(of_decimals(self.core.create_sliding_accumulator(args)?, &ty)))
            }
            None => self.core.create_sliding_accumulator(args),
        }
    }
}

/// The sum of different wide numbers that come and go. The core has one of 64 bits alone, which overflows.
#[derive(Debug, Default)]
struct SlidingDistinct {
    /// How often each number is there.
    counts: HashMap<i128, usize>,
    sum: i128,
}

impl SlidingDistinct {
    fn numbers(values: &[ArrayRef]) -> impl Iterator<Item = i128> {
        values[0].as_primitive::<Decimal128Type>().iter().flatten()
    }
}

impl Accumulator for SlidingDistinct {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for number in Self::numbers(values) {
            let count = self.counts.entry(number).or_default();
            if *count == 0 {
                self.sum += number;
            }
            *count += 1;
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for number in Self::numbers(values) {
            if let Entry::Occupied(mut count) = self.counts.entry(number) {
                *count.get_mut() -= 1;
                if *count.get() == 0 {
                    self.sum -= number;
                    count.remove();
                }
            }
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let sum = (!self.counts.is_empty()).then_some(self.sum);
        Ok(ScalarValue::Decimal128(sum, 38, 0))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.counts.capacity() * size_of::<(i128, usize)>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let number = |number: &i128| ScalarValue::Decimal128(Some(*number), 38, 0);
        let numbers: Vec<ScalarValue> = self.counts.keys().map(number).collect();
        Ok(vec![ScalarValue::List(ScalarValue::new_list_nullable(&numbers, &WIDE))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for numbers in states[0].as_list::<i32>().iter().flatten() {
            self.update_batch(&[numbers])?;
        }
        Ok(())
    }
}

/// A sum of wide numbers, given integers and asked for an integer.
fn of_integers<A>(wide: A, args: &AccumulatorArgs<'_>) -> Converted<A> {
    Converted::new(wide, Conversion { values: widen, results: narrow }, args.return_field.data_type())
}

/// Whether it is a decimal with as many digits as there may be: a sum of such may have more.
fn is_longest(ty: &DataType) -> bool {
    matches!(ty, DataType::Decimal128(DECIMAL128_MAX_PRECISION, _))
}

/// A sum of decimals, which is looked at before it is told.
fn of_decimals<A>(core: A, ty: &DataType) -> Converted<A> {
    Converted::new(core, Conversion { values: |values| Ok(values.to_vec()), results: no_longer }, ty)
}

fn no_longer(sums: &ArrayRef, _: &DataType) -> Result<ArrayRef> {
    let decimals = sums.as_primitive::<Decimal128Type>();
    decimals.validate_decimal_precision(DECIMAL128_MAX_PRECISION).map_err(|_| too_long())?;
    Ok(Arc::clone(sums))
}

/// The first column with wide numbers.
fn widen(values: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
    fn wide<T: ArrowNumericType>(values: &ArrayRef) -> Result<ArrayRef>
    where
        T::Native: Into<i128>,
    {
        let wide: PrimitiveArray<Decimal128Type> = values.as_primitive::<T>().unary(Into::into);
        Ok(Arc::new(wide.with_precision_and_scale(38, 0)?))
    }
    let values = &values[0];
    Ok(vec![match values.data_type() {
        DataType::Int64 => wide::<Int64Type>(values)?,
        DataType::UInt64 => wide::<UInt64Type>(values)?,
        other => return Err(DataFusionError::Internal(format!("a sum of integers was given {other}"))),
    }])
}

/// Wide sums as integers.
fn narrow(sums: &ArrayRef, ty: &DataType) -> Result<ArrayRef> {
    fn narrow<T: ArrowNumericType>(sums: &ArrayRef) -> Result<ArrayRef>
    where
        T::Native: TryFrom<i128>,
    {
        let fit = |sum: i128| T::Native::try_from(sum).map_err(|_| too_large(sum));
        Ok(Arc::new(sums.as_primitive::<Decimal128Type>().try_unary::<_, T, _>(fit)?))
    }
    match ty {
        DataType::UInt64 => narrow::<UInt64Type>(sums),
        _ => narrow::<Int64Type>(sums),
    }
}

fn too_large(sum: i128) -> DataFusionError {
    overflow(&format!("the sum {sum} does not fit into an integer"))
}
