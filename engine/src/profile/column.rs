//! What was seen of one column.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StringViewArray};
use arrow::compute::{cast, max, max_string_view, min, min_string_view};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use arrow::util::display::array_value_to_string;
use datafusion::error::Result;

use super::ColumnProfile;
use super::distinct::DistinctCount;
use super::sample::{Counted, Sample, histogram, histogram_of_integers, quantile, sorted};
use super::top_values::{TopValues, shortened};
use crate::inspect::type_name;

/// Bars of a histogram, at most.
pub(super) const BARS: usize = 24;

/// Counts, bounds and sketches of a column.
pub(super) struct ColumnAccumulator {
    kind: Kind,
    data_type: DataType,
    nulls: u64,
    sum: f64,
    count: u64,
    bounds: Bounds,
    distinct: DistinctCount,
    top: TopValues,
    sample: Sample,
}

/// How values are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As 64-bit integers.
    Integer,
    /// As such integers, too; a mean says nothing.
    Time,
    /// As 64-bit floating point numbers.
    Float,
    /// As text.
    Text,
    /// Not at all, but to tell them apart.
    Nested,
}

impl Kind {
    fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Self::Time,
            DataType::UInt64 => Self::Float,
            ty if ty.is_integer() => Self::Integer,
            ty if ty.is_numeric() => Self::Float,
            ty if ty.is_nested() || *ty == DataType::Null => Self::Nested,
            _ => Self::Text,
        }
    }
}

/// The least and the greatest value.
enum Bounds {
    None,
    Integers(i64, i64),
    Floats(f64, f64),
    Texts(String, String),
}

impl ColumnAccumulator {
    pub(super) fn new(data_type: &DataType) -> Self {
        Self {
            kind: Kind::of(data_type),
            data_type: data_type.clone(),
            nulls: 0,
            sum: 0.0,
            count: 0,
            bounds: Bounds::None,
            distinct: DistinctCount::default(),
            top: TopValues::default(),
            sample: Sample::new(),
        }
    }

    /// Whether [`Self::push`] wants to know the hashes of the values.
    pub(super) fn needs_hashes(&self) -> bool {
        self.data_type != DataType::Null
    }

    /// Looks at the values of a batch.
    pub(super) fn push(&mut self, values: &ArrayRef, hashes: &[u64]) -> Result<()> {
        let nulls = values.logical_nulls();
        let null_count = nulls.as_ref().map_or(0, |nulls| nulls.null_count());
        self.nulls += null_count as u64;
        self.count += (values.len() - null_count) as u64;
        for (row, hash) in hashes.iter().enumerate() {
            if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
                self.distinct.add(*hash);
            }
        }
        if self.kind == Kind::Nested {
            return Ok(());
        }
        self.top.push(values, hashes)?;
        self.push_values(values)
    }

    fn push_values(&mut self, values: &ArrayRef) -> Result<()> {
        match self.kind {
            Kind::Integer | Kind::Time => {
                let numbers = as_integers(values)?;
                let numbers = numbers.as_primitive::<Int64Type>();
                if let (Some(low), Some(high)) = (min(numbers), max(numbers)) {
                    self.bounds.extend(Bounds::Integers(low, high));
                }
                self.push_numbers(numbers.iter().flatten().map(|number| number as f64));
            }
            Kind::Float => {
                let numbers = cast(values, &DataType::Float64)?;
                let numbers = numbers.as_primitive::<Float64Type>();
                if let (Some(low), Some(high)) = (min(numbers), max(numbers)) {
                    self.bounds.extend(Bounds::Floats(low, high));
                }
                self.push_numbers(numbers.iter().flatten());
            }
            Kind::Text => {
                let texts = cast(values, &DataType::Utf8View)?;
                let texts: &StringViewArray = texts.as_string_view();
                if let (Some(low), Some(high)) = (min_string_view(texts), max_string_view(texts)) {
                    self.bounds.extend_texts(low, high);
                }
            }
            Kind::Nested => {}
        }
        Ok(())
    }

    fn push_numbers(&mut self, numbers: impl Iterator<Item = f64>) {
        for number in numbers {
            self.sum += number;
            self.sample.add(number);
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        self.nulls += other.nulls;
        self.sum += other.sum;
        self.count += other.count;
        self.bounds.extend(other.bounds);
        self.distinct.join(&other.distinct);
        self.top.join(other.top);
        self.sample.join(other.sample);
    }

    pub(super) fn profile(&self, field: &Field) -> Result<ColumnProfile> {
        let sorted = self.counted().unwrap_or_else(|| self.sample.sorted());
        let quartiles = [0.25, 0.5, 0.75].map(|share| quantile(&sorted, share));
        let is_number = matches!(self.kind, Kind::Integer | Kind::Float) && self.count > 0;
        let (min, max) = self.shown_bounds()?;
        Ok(ColumnProfile {
            name: field.name().clone(),
            data_type: type_name(field.data_type()),
            nulls: self.nulls,
            // Values that are all different are not estimated to be more than there are.
            distinct: self.distinct.estimate().min(self.count),
            min,
            max,
            mean: is_number.then(|| self.sum / self.count as f64),
            quartiles: match quartiles {
                [Some(lower), Some(median), Some(upper)] if is_number => Some([lower, median, upper]),
                _ => None,
            },
            top: self.top.top(),
            histogram: match self.bounds {
                Bounds::Integers(low, high) => histogram_of_integers(&sorted, low, high),
                Bounds::Floats(low, high) if low.is_finite() && high.is_finite() => {
                    histogram(&sorted, low, high, BARS)
                }
                _ => Vec::new(),
            },
        })
    }

    /// All numbers, in order, if so few are different that each is counted.
    fn counted(&self) -> Option<Vec<Counted>> {
        let numbers = self.top.all().filter(|_| matches!(self.kind, Kind::Integer | Kind::Float))?;
        let numbers = numbers.map(|(text, count)| Some((text.parse().ok()?, count)));
        Some(sorted(numbers.collect::<Option<Vec<_>>>()?.into_iter()))
    }

    fn shown_bounds(&self) -> Result<(Option<String>, Option<String>)> {
        let values: ArrayRef = match &self.bounds {
            Bounds::None => return Ok((None, None)),
            Bounds::Texts(low, high) => return Ok((Some(shortened(low)), Some(shortened(high)))),
            Bounds::Integers(low, high) => {
                let integers: ArrayRef = Arc::new(Int64Array::from(vec![*low, *high]));
                of_integers(&integers, &self.data_type)?
            }
            Bounds::Floats(low, high) => Arc::new(Float64Array::from(vec![*low, *high])),
        };
        Ok((Some(array_value_to_string(&values, 0)?), Some(array_value_to_string(&values, 1)?)))
    }
}

impl Bounds {
    fn extend(&mut self, other: Self) {
        match (&mut *self, other) {
            (_, Self::None) => {}
            (Self::Integers(low, high), Self::Integers(other_low, other_high)) => {
                (*low, *high) = ((*low).min(other_low), (*high).max(other_high));
            }
            (Self::Floats(low, high), Self::Floats(other_low, other_high)) => {
                (*low, *high) = (low.min(other_low), high.max(other_high));
            }
            (Self::Texts(..), Self::Texts(low, high)) => self.extend_texts(&low, &high),
            (_, other) => *self = other,
        }
    }

    /// Most batches change neither bound: nothing is copied for them.
    fn extend_texts(&mut self, other_low: &str, other_high: &str) {
        let Self::Texts(low, high) = self else {
            *self = Self::Texts(other_low.to_owned(), other_high.to_owned());
            return;
        };
        if other_low < low.as_str() {
            other_low.clone_into(low);
        }
        if other_high > high.as_str() {
            other_high.clone_into(high);
        }
    }
}

/// Days and ticks of dates and times, and integers of any width, as 64-bit integers.
fn as_integers(values: &ArrayRef) -> Result<ArrayRef> {
    let values = match values.data_type() {
        DataType::Date32 => cast(values, &DataType::Int32)?,
        _ => Arc::clone(values),
    };
    Ok(cast(&values, &DataType::Int64)?)
}

/// The way back.
fn of_integers(values: &ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
    let values = match data_type {
        DataType::Date32 => cast(values, &DataType::Int32)?,
        _ => Arc::clone(values),
    };
    Ok(cast(&values, data_type)?)
}
