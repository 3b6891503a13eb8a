//! `value_before(x, n)` and `value_at(x, n)` over windows: `lag(x, n)` and `nth_value(x, n)` with an `n` of each row.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, UInt64Array};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::{ScalarValue, exec_err};
use datafusion::error::Result;
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{PartitionEvaluator, Signature, Volatility, WindowUDF, WindowUDFImpl};
use swath_planner::{VALUE_AT, VALUE_BEFORE};

use super::refused;

/// Both, for statements.
pub(super) fn window_places() -> [Arc<WindowUDF>; 2] {
    let place = |name, in_frame| {
        let signature = Signature::any(2, Volatility::Immutable);
        Arc::new(WindowUDF::from(WindowPlace { name, in_frame, signature }))
    };
    [place(VALUE_BEFORE, false), place(VALUE_AT, true)]
}

/// A value and a number: the value of the row so many rows before, or behind if the number is below nothing; or the value at this place of
/// the frame, from 1 on. Null where there is no such row, or no number.
#[derive(Debug, PartialEq, Eq, Hash)]
struct WindowPlace {
    name: &'static str,
    in_frame: bool,
    signature: Signature,
}

impl WindowUDFImpl for WindowPlace {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(&self, _args: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(match self.in_frame {
            true => Box::new(AtPlace { row: 0 }),
            false => Box::new(Before),
        })
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        let is_number = |ty: &DataType| ty.is_integer() || ty.is_null();
        match args.input_fields() {
            [value, number] if is_number(number.data_type()) => {
                Ok(Arc::new(Field::new(args.name(), value.data_type().clone(), true)))
            }
            _ if self.in_frame => Err(refused(
                "nth_value takes a value and an integer",
                "as in nth_value(x, 2) OVER (ORDER BY t)",
            )),
            _ => Err(refused(
                "lag and lead take a value and how many rows away it is, an integer",
                "as in lag(x, 2, 0) OVER (ORDER BY t)",
            )),
        }
    }
}

/// The value so many rows before each row.
#[derive(Debug)]
struct Before;

impl PartitionEvaluator for Before {
    fn evaluate_all(&mut self, values: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let offsets = cast(&values[1], &DataType::Int64)?;
        let offsets: &Int64Array = offsets.as_primitive::<Int64Type>();
        let place = |row: usize, offset: Option<i64>| {
            let row = i64::try_from(row).ok()?.checked_sub(offset?)?;
            u64::try_from(row).ok().filter(|row| usize::try_from(*row).is_ok_and(|row| row < rows))
        };
        let places: UInt64Array = (0..rows).zip(offsets).map(|(row, offset)| place(row, offset)).collect();
        Ok(take(&values[0], &places, None)?)
    }
}

/// The value at a place of each row's frame.
#[derive(Debug)]
struct AtPlace {
    /// The row whose turn it is: they come one after the other.
    row: usize,
}

impl PartitionEvaluator for AtPlace {
    fn evaluate(&mut self, values: &[ArrayRef], range: &Range<usize>) -> Result<ScalarValue> {
        let place = ScalarValue::try_from_array(&values[1], self.row)?;
        self.row += 1;
        let place = match place.cast_to(&DataType::Int64)? {
            ScalarValue::Int64(Some(place)) if place > 0 => usize::try_from(place).ok(),
            ScalarValue::Int64(Some(place)) => {
                return exec_err!("nth_value: places of a frame are counted from 1 on, found {place}");
            }
            _ => None,
        };
        let at = place.and_then(|place| range.start.checked_add(place - 1)).filter(|at| *at < range.end);
        match at {
            Some(at) => ScalarValue::try_from_array(&values[0], at),
            None => ScalarValue::try_from(values[0].data_type()),
        }
    }

    fn uses_window_frame(&self) -> bool {
        true
    }
}
