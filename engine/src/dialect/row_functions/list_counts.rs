//! How many values of a list are what, or between which bounds: `list_histogram_bins(l, [10, 20])`, `list_histogram_exact(l, ['a'])`,
//! and those that are there most often, `list_top(l, 3)`.
//!
//! Aggregates are called so over `array_agg`: `histogram(x, [10, 20])`, `histogram_exact(x, ['a'])`, `approx_top_k(x, 3)`.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, UInt32Array, make_comparator, new_empty_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{SortOptions, cast, concat, sort, take};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::list_statistics::{Counted, counted, map_of_counts, maps};

pub(super) fn all() -> Vec<ScalarUDF> {
    [Kind::Bins, Kind::Exact, Kind::Top].map(|kind| ScalarUDF::from(Counts::new(kind))).to_vec()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// Those up to each bound, and above the one before it.
    Bins,
    /// Those that are equal to each of some.
    Exact,
    /// Those that are there most often.
    Top,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Counts {
    kind: Kind,
    signature: Signature,
}

impl Counts {
    fn new(kind: Kind) -> Self {
        Self { kind, signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Counts {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Bins => "list_histogram_bins",
            Kind::Exact => "list_histogram_exact",
            Kind::Top => "list_top",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let item = |ty: &DataType| match ty {
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                Some(item.data_type().clone())
            }
            _ => None,
        };
        let [list, other] = types else { return plan_err!("{}: expected two values", self.name()) };
        let Some(values) = item(list) else { return plan_err!("{}: expected a list", self.name()) };
        if self.kind == Kind::Top {
            return Ok(vec![DataType::new_list(values, true), DataType::Int64]);
        }
        let Some(bounds) = item(other) else {
            return plan_err!("histogram: expected a list of values, as in histogram(x, [10, 20])");
        };
        let common = if bounds.is_floating() && values.is_numeric() { bounds } else { values };
        if other_key(&common).is_none() {
            return plan_err!("histogram: expected numbers or texts, where the values of a list are counted");
        }
        Ok(vec![DataType::new_list(common, true); 2])
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let DataType::List(item) = &types[0] else { return plan_err!("{}: expected a list", self.name()) };
        Ok(match self.kind {
            Kind::Top => types[0].clone(),
            _ => map_of_counts(item.data_type()),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let lists = args.args[0].to_array(args.number_rows)?;
        let lists = lists.as_list::<i32>();
        let others = args.args[1].to_array(args.number_rows)?;
        if self.kind == Kind::Top {
            let wanted = others.as_primitive::<Int64Type>();
            let tops = (0..lists.len()).map(|row| match lists.is_valid(row) && wanted.is_valid(row) {
                true => top(&lists.value(row), usize::try_from(wanted.value(row)).unwrap_or(0)).map(Some),
                false => Ok(None),
            });
            let tops = tops.collect::<Result<Vec<_>>>()?;
            return Ok(ColumnarValue::Array(lists_of(&tops, lists)?));
        }
        let bounds = others.as_list::<i32>();
        let of_row = |row: usize| match lists.is_valid(row) && bounds.is_valid(row) {
            true => self.counts(&lists.value(row), &bounds.value(row)).map(Some),
            false => Ok(None),
        };
        let counted = (0..lists.len()).map(of_row).collect::<Result<Vec<_>>>()?;
        Ok(ColumnarValue::Array(maps(&counted, &lists.value_type())?))
    }
}

impl Counts {
    /// The bounds, with what is counted for each, and for all others, if there are such.
    fn counts(&self, values: &ArrayRef, bounds: &ArrayRef) -> Result<Counted> {
        let bounds = sort(bounds, None)?;
        let bounds = bounds.slice(bounds.null_count(), bounds.len() - bounds.null_count());
        let (values, numbers) = counted(values)?;
        let compare = make_comparator(&values, &bounds, SortOptions::default())?;
        let mut counts = vec![0_i64; bounds.len()];
        let mut others = 0;
        let mut bound = 0;
        for (value, number) in numbers.iter().enumerate() {
            while bound < bounds.len() && compare(value, bound) == Ordering::Greater {
                bound += 1;
            }
            let is_in =
                bound < bounds.len() && (self.kind == Kind::Bins || compare(value, bound) == Ordering::Equal);
            *(if is_in { &mut counts[bound] } else { &mut others }) += number;
        }
        if others == 0 {
            return Ok((bounds, counts));
        }
        counts.push(others);
        let Some(key) = other_key(bounds.data_type()) else { return Ok((bounds, counts)) };
        let key = cast(&key.to_array()?, bounds.data_type())?;
        Ok((concat(&[bounds.as_ref(), key.as_ref()])?, counts))
    }
}

/// Under which key all others are counted, as in DuckDB: the largest number, or the empty text.
fn other_key(ty: &DataType) -> Option<ScalarValue> {
    Some(match ty {
        DataType::Int8 => ScalarValue::from(i8::MAX),
        DataType::Int16 => ScalarValue::from(i16::MAX),
        DataType::Int32 => ScalarValue::from(i32::MAX),
        DataType::Int64 => ScalarValue::from(i64::MAX),
        DataType::UInt8 => ScalarValue::from(u8::MAX),
        DataType::UInt16 => ScalarValue::from(u16::MAX),
        DataType::UInt32 => ScalarValue::from(u32::MAX),
        DataType::UInt64 => ScalarValue::from(u64::MAX),
        DataType::Float32 | DataType::Float64 => ScalarValue::from(f64::INFINITY),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => ScalarValue::from(""),
        _ => return None,
    })
}

/// The values that are there most often, the most frequent one first.
fn top(values: &ArrayRef, wanted: usize) -> Result<ArrayRef> {
    let (values, counts) = counted(values)?;
    let mut places: Vec<u32> = (0..counts.len() as u32).collect();
    places.sort_by_key(|place| std::cmp::Reverse(counts[*place as usize]));
    places.truncate(wanted);
    Ok(take(&values, &UInt32Array::from(places), None)?)
}

fn lists_of(items: &[Option<ArrayRef>], like: &ListArray) -> Result<ArrayRef> {
    let lengths = items.iter().map(|items| items.as_ref().map_or(0, |items| items.len()));
    let arrays: Vec<&dyn Array> = items.iter().flatten().map(AsRef::as_ref).collect();
    let values = match arrays.is_empty() {
        true => new_empty_array(&like.value_type()),
        false => concat(&arrays)?,
    };
    let DataType::List(field) = like.data_type() else { return plan_err!("expected a list") };
    let nulls: NullBuffer = items.iter().map(Option::is_some).collect();
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(Arc::clone(field), offsets, values, Some(nulls))?))
}
