//! What is seen of one column, and what is told of it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Builder, Int64Builder, StringBuilder};
use arrow::compute::{cast, sum};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::functions_aggregate::approx_distinct::ApproxDistinct;
use datafusion::functions_aggregate::min_max::{MaxAccumulator, MinAccumulator};
use datafusion::functions_aggregate::variance::VarianceAccumulator;
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl};
use datafusion::physical_expr::expressions::Column;
use datafusion_functions_aggregate_common::stats::StatsType;
use datafusion_functions_aggregate_common::tdigest::{DEFAULT_MAX_SIZE, TDigest};

use super::aggregate::SummarizedColumn;
use crate::dialect::as_texts;

/// Columns of the states of the core's aggregates: of those that look at values as they are, of the variance, and of a digest.
const VALUES_LEN: usize = 1;
const VARIANCE_LEN: usize = 3;
const DIGEST_LEN: usize = 6;

/// The aggregates of one column.
#[derive(Debug)]
pub(super) struct ColumnSummary {
    /// How many values are not null.
    known: i64,
    /// None for nested values, of which nothing but their number is told.
    values: Option<Values>,
    /// None where values are no numbers.
    numbers: Option<Numbers>,
}

impl ColumnSummary {
    pub(super) fn new(ty: &DataType) -> Result<Self> {
        let is_flat = !ty.is_nested() && *ty != DataType::Null;
        Ok(Self {
            known: 0,
            values: is_flat.then(|| Values::new(ty)).transpose()?,
            numbers: ty.is_numeric().then(Numbers::new).transpose()?,
        })
    }

    /// Looks at some values.
    pub(super) fn push(&mut self, values: &ArrayRef) -> Result<()> {
        self.known += (values.len() - values.logical_null_count()) as i64;
        if let Some(seen) = &mut self.values {
            seen.push(values)?;
        }
        self.numbers.as_mut().map_or(Ok(()), |numbers| numbers.push(values))
    }

    /// What [`Self::join`] takes.
    pub(super) fn push_state(&mut self, state: &mut Vec<ScalarValue>) -> Result<()> {
        state.push(ScalarValue::from(self.known));
        if let Some(values) = &mut self.values {
            values.aggregates().into_iter().try_for_each(|aggregate| push_state(aggregate, state))?;
        }
        self.numbers.as_mut().map_or(Ok(()), |numbers| numbers.push_state(state))
    }

    /// Adds what others have seen, and returns the states behind theirs.
    pub(super) fn join<'a>(&mut self, states: &'a [ArrayRef]) -> Result<&'a [ArrayRef]> {
        let (known, mut rest) = states.split_at(1);
        self.known += sum(known[0].as_primitive::<Int64Type>()).unwrap_or(0);
        for aggregate in self.values.iter_mut().flat_map(Values::aggregates) {
            rest = join(aggregate, VALUES_LEN, rest)?;
        }
        self.numbers.as_mut().map_or(Ok(rest), |numbers| numbers.join(rest))
    }

    pub(super) fn statistics(&mut self) -> Result<Statistics> {
        let mut statistics = Statistics { known: self.known, ..Statistics::default() };
        if let Some(values) = &mut self.values {
            statistics.min = text(&values.min.evaluate()?)?;
            statistics.max = text(&values.max.evaluate()?)?;
            if let ScalarValue::UInt64(unique) = values.distinct.evaluate()? {
                statistics.unique = unique.map(|unique| unique as i64);
            }
        }
        if let Some(numbers) = self.numbers.as_mut().filter(|_| self.known > 0) {
            statistics.avg = Some(numbers.sum / self.known as f64);
            statistics.std = numbers.deviation()?;
            statistics.quartiles = [0.25, 0.5, 0.75].map(|part| Some(numbers.digest.estimate_quantile(part)));
        }
        Ok(statistics)
    }

    pub(super) fn size(&self) -> usize {
        let values =
            self.values.as_ref().map_or(0, |seen| seen.min.size() + seen.max.size() + seen.distinct.size());
        let numbers =
            self.numbers.as_ref().map_or(0, |numbers| numbers.variance.size() + numbers.digest.size());
        size_of_val(self) + values + numbers
    }
}

/// The least and the greatest value, and about how many are different.
#[derive(Debug)]
struct Values {
    min: MinAccumulator,
    max: MaxAccumulator,
    distinct: Box<dyn Accumulator>,
}

impl Values {
    fn new(ty: &DataType) -> Result<Self> {
        Ok(Self {
            min: MinAccumulator::try_new(ty)?,
            max: MaxAccumulator::try_new(ty)?,
            distinct: distinct(&counted_type(ty))?,
        })
    }

    fn push(&mut self, values: &ArrayRef) -> Result<()> {
        let values = std::slice::from_ref(values);
        self.min.update_batch(values)?;
        self.max.update_batch(values)?;
        let counted = cast(&values[0], &counted_type(values[0].data_type()))?;
        self.distinct.update_batch(&[counted])
    }

    fn aggregates(&mut self) -> [&mut dyn Accumulator; 3] {
        [&mut self.min, &mut self.max, &mut *self.distinct]
    }
}

/// The type in which different values are told apart: the relational core cannot count all.
fn counted_type(ty: &DataType) -> DataType {
    match ty {
        DataType::Float16 | DataType::Float32 | DataType::Float64 | DataType::Dictionary(..) => {
            DataType::Utf8View
        }
        ty => ty.clone(),
    }
}

/// The core's count of values of a type that differ.
fn distinct(ty: &DataType) -> Result<Box<dyn Accumulator>> {
    let function = ApproxDistinct::new();
    let field = Arc::new(Field::new("value", ty.clone(), true));
    ApproxDistinct::new().accumulator(AccumulatorArgs {
        return_field: Arc::new(Field::new("count", function.return_type(&[])?, false)),
        schema: &Schema::new(vec![Arc::clone(&field)]),
        ignore_nulls: false,
        order_bys: &[],
        is_reversed: false,
        name: function.name(),
        is_distinct: false,
        exprs: &[Arc::new(Column::new("value", 0))],
        expr_fields: &[field],
    })
}

/// Mean, deviation and quantiles of numbers.
#[derive(Debug)]
struct Numbers {
    sum: f64,
    variance: VarianceAccumulator,
    digest: TDigest,
}

impl Numbers {
    fn new() -> Result<Self> {
        let variance = VarianceAccumulator::try_new(StatsType::Sample)?;
        Ok(Self { sum: 0.0, variance, digest: TDigest::new(DEFAULT_MAX_SIZE) })
    }

    fn push(&mut self, values: &ArrayRef) -> Result<()> {
        let values = cast(values, &DataType::Float64)?;
        let numbers = values.as_primitive::<Float64Type>();
        self.sum += sum(numbers).unwrap_or(0.0);
        let mut sorted: Vec<f64> = numbers.iter().flatten().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        self.digest = self.digest.merge_sorted_f64(&sorted);
        self.variance.update_batch(&[values])
    }

    fn push_state(&mut self, state: &mut Vec<ScalarValue>) -> Result<()> {
        state.push(ScalarValue::from(self.sum));
        push_state(&mut self.variance, state)?;
        state.extend(self.digest.to_scalar_state());
        Ok(())
    }

    fn join<'a>(&mut self, states: &'a [ArrayRef]) -> Result<&'a [ArrayRef]> {
        let (sums, states) = states.split_at(1);
        self.sum += sum(sums[0].as_primitive::<Float64Type>()).unwrap_or(0.0);
        let states = join(&mut self.variance, VARIANCE_LEN, states)?;
        let (digests, rest) = states.split_at(DIGEST_LEN);
        for row in 0..digests[0].len() {
            let state = digests.iter().map(|values| ScalarValue::try_from_array(values, row));
            let other = TDigest::from_scalar_state(&state.collect::<Result<Vec<_>>>()?);
            self.digest = TDigest::merge_digests([&self.digest, &other]);
        }
        Ok(rest)
    }

    /// The standard deviation of a sample.
    fn deviation(&mut self) -> Result<Option<f64>> {
        Ok(match self.variance.evaluate()? {
            ScalarValue::Float64(variance) => variance.map(f64::sqrt),
            _ => None,
        })
    }
}

fn push_state(aggregate: &mut dyn Accumulator, state: &mut Vec<ScalarValue>) -> Result<()> {
    state.extend(aggregate.state()?);
    Ok(())
}

/// Adds the states of an aggregate, and returns those behind them.
fn join<'a>(aggregate: &mut dyn Accumulator, len: usize, states: &'a [ArrayRef]) -> Result<&'a [ArrayRef]> {
    let (own, rest) = states.split_at(len);
    aggregate.merge_batch(own)?;
    Ok(rest)
}

fn text(value: &ScalarValue) -> Result<Option<String>> {
    let texts = as_texts(&value.to_array()?)?;
    let texts = texts.as_string::<i32>();
    Ok(texts.is_valid(0).then(|| texts.value(0).to_owned()))
}

/// What is told of a column; nothing where it has no meaning.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    known: i64,
    min: Option<String>,
    max: Option<String>,
    unique: Option<i64>,
    avg: Option<f64>,
    std: Option<f64>,
    quartiles: [Option<f64>; 3],
}

/// The rows that are told of columns.
#[derive(Debug, Default)]
pub(super) struct ColumnStatistics {
    texts: [StringBuilder; 4],
    unique: Int64Builder,
    numbers: [Float64Builder; 5],
    count: Int64Builder,
    null_percentage: Float64Builder,
}

impl ColumnStatistics {
    pub(super) fn push(&mut self, column: &SummarizedColumn, told: Statistics, rows: i64) {
        let texts = [Some(column.name.clone()), Some(column.type_name.clone()), told.min, told.max];
        self.texts.iter_mut().zip(texts).for_each(|(builder, text)| builder.append_option(text));
        self.unique.append_option(told.unique);
        let [q25, q50, q75] = told.quartiles;
        let numbers = [told.avg, told.std, q25, q50, q75];
        self.numbers.iter_mut().zip(numbers).for_each(|(builder, number)| builder.append_option(number));
        self.count.append_value(rows);
        let nulls = (rows - told.known) as f64;
        self.null_percentage.append_option((rows > 0).then(|| 100.0 * nulls / rows as f64));
    }

    /// In the order of [`super::statistics`].
    pub(super) fn into_arrays(self) -> Vec<ArrayRef> {
        let Self { texts, mut unique, numbers, mut count, mut null_percentage } = self;
        let mut arrays: Vec<ArrayRef> = Vec::new();
        arrays.extend(texts.map(|mut texts| Arc::new(texts.finish()) as ArrayRef));
        arrays.push(Arc::new(unique.finish()));
        arrays.extend(numbers.map(|mut numbers| Arc::new(numbers.finish()) as ArrayRef));
        arrays.push(Arc::new(count.finish()));
        arrays.push(Arc::new(null_percentage.finish()));
        arrays
    }
}
