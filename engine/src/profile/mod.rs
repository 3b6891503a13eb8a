//! What is in the columns of a frame, in one pass over its rows.
//!
//! Each partition keeps, for each column, exact counts and bounds, a sketch of how many different values there are
//! (`distinct.rs`), the most frequent values (`top_values.rs`) and a sample of numbers (`sample.rs`); at its end they are
//! joined with those of the others. Memory does not depend on the number of rows.

mod column;
mod distinct;
mod sample;
mod top_values;

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{AsArray, RecordBatch, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt64Type};
use datafusion::common::hash_utils::{RandomState, create_hashes};
use datafusion::error::Result as DataFusionResult;
use futures::FutureExt;
use futures::future::BoxFuture;

use column::ColumnAccumulator;

use crate::error::{Error, Result};
use crate::frame::{Frame, without_tables};
use crate::operators::map_partitions::{MapPartitions, PartitionWorker};

/// What is in the columns of a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Rows.
    pub rows: u64,
    /// Columns, in their order.
    pub columns: Vec<ColumnProfile>,
}

/// What is in a column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Its type, as SQL writes it.
    pub data_type: String,
    /// Nulls, exactly.
    pub nulls: u64,
    /// About how many different values there are, nulls aside: a standard error of 1.6 %.
    pub distinct: u64,
    /// The least value, as text; texts are shortened.
    pub min: Option<String>,
    /// The greatest value, as text.
    pub max: Option<String>,
    /// The mean of numbers.
    pub mean: Option<f64>,
    /// The lower quartile, the median and the upper quartile of numbers, as a sample has them, which is all values
    /// if they are few, or if few of them are different.
    pub quartiles: Option<[f64; 3]>,
    /// The most frequent values, the most frequent first. None if no value is much more frequent than others.
    pub top: Vec<TopValue>,
    /// How numbers, dates and times are spread from the least to the greatest: shares of values in ranges of equal
    /// width, as a sample has them. Empty for other columns.
    pub histogram: Vec<f64>,
}

/// A frequent value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopValue {
    /// As text, shortened if it is long.
    pub value: String,
    /// How often it was seen at least.
    pub count: u64,
    /// Whether it was seen exactly so often.
    pub is_exact: bool,
}

impl Frame {
    /// Looks at all rows once and tells what is in the columns.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "city,visits\nBonn,1\nBonn,3\nUlm,\n").unwrap();
    /// let profile = swath::read_csv(&path).scan()?.profile()?;
    /// let [city, visits] = profile.columns.as_slice() else { panic!("two columns") };
    /// assert_eq!((city.distinct, city.top[0].value.as_str(), city.top[0].count), (2, "Bonn", 2));
    /// assert_eq!((visits.nulls, visits.mean, visits.max.as_deref()), (1, Some(2.0), Some("3")));
    /// # Ok::<(), swath::Error>(())
    /// ```
    ///
    /// # Errors
    /// Whatever the query meets.
    pub fn profile(&self) -> Result<Profile> {
        crate::blocking::block_on(self.profile_async())
    }

    /// Like [`Frame::profile`], for async code.
    ///
    /// # Errors
    /// Whatever the query meets.
    pub fn profile_async(&self) -> BoxFuture<'_, Result<Profile>> {
        async move {
            let parts = Arc::new(Parts::default());
            let frame = {
                let parts = Arc::clone(&parts);
                self.step(|plan| {
                    let factory = move |_partition| {
                        Ok(Box::new(Profiler { own: None, parts: Arc::clone(&parts) })
                            as Box<dyn PartitionWorker>)
                    };
                    let plan = without_tables(plan)?;
                    Ok(MapPartitions::plan("profile", plan, &Parts::schema(), Arc::new(factory))?)
                })
            };
            let mut whole = None::<Accumulator>;
            for part in parts.take(&frame.collect_async().await?) {
                match &mut whole {
                    Some(whole) => whole.join(part),
                    None => whole = Some(part),
                }
            }
            let whole = match whole {
                Some(whole) => whole,
                None => Accumulator::new(self.schema()?),
            };
            whole.profile().map_err(Error::from)
        }
        .boxed()
    }
}

/// What partitions have seen, by the numbers that are their results: a query may be begun several times, and only
/// the results of the last time count.
#[derive(Default)]
struct Parts(Mutex<Vec<Option<Accumulator>>>);

impl Parts {
    fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![Field::new("part", DataType::UInt64, false)]))
    }

    /// Keeps a part; a batch that names it.
    fn add(&self, part: Accumulator) -> DataFusionResult<RecordBatch> {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.push(Some(part));
        let number = UInt64Array::from_value(parts.len() as u64 - 1, 1);
        Ok(RecordBatch::try_new(Self::schema(), vec![Arc::new(number)])?)
    }

    /// The parts that batches name.
    fn take(&self, batches: &[RecordBatch]) -> Vec<Accumulator> {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let numbers = batches.iter().flat_map(|batch| batch.column(0).as_primitive::<UInt64Type>().values());
        numbers.filter_map(|number| parts[*number as usize].take()).collect()
    }
}

/// What was seen so far.
struct Accumulator {
    schema: SchemaRef,
    rows: u64,
    columns: Vec<ColumnAccumulator>,
    random: RandomState,
}

impl Accumulator {
    fn new(schema: SchemaRef) -> Self {
        let columns = schema.fields().iter().map(|field| ColumnAccumulator::new(field.data_type())).collect();
        // The same values have the same hashes in all partitions.
        Self { schema, rows: 0, columns, random: RandomState::with_seed(0) }
    }

    fn push(&mut self, batch: &RecordBatch) -> DataFusionResult<()> {
        self.rows += batch.num_rows() as u64;
        let mut hashes = vec![0; batch.num_rows()];
        for (column, values) in self.columns.iter_mut().zip(batch.columns()) {
            hashes.fill(0);
            if column.needs_hashes() {
                create_hashes([values], &self.random, &mut hashes)?;
            }
            column.push(values, &hashes)?;
        }
        Ok(())
    }

    fn join(&mut self, other: Self) {
        self.rows += other.rows;
        for (column, other) in self.columns.iter_mut().zip(other.columns) {
            column.join(other);
        }
    }

    fn profile(&self) -> DataFusionResult<Profile> {
        let fields = self.schema.fields().iter().zip(&self.columns);
        let columns = fields.map(|(field, column)| column.profile(field)).collect::<DataFusionResult<_>>()?;
        Ok(Profile { rows: self.rows, columns })
    }
}

/// Looks at the rows of one partition.
struct Profiler {
    /// Made when there are rows.
    own: Option<Accumulator>,
    parts: Arc<Parts>,
}

impl PartitionWorker for Profiler {
    fn push(
        &mut self,
        batch: &RecordBatch,
        _out: &mut Vec<RecordBatch>,
    ) -> DataFusionResult<ControlFlow<()>> {
        self.own.get_or_insert_with(|| Accumulator::new(batch.schema())).push(batch)?;
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self, out: &mut Vec<RecordBatch>) -> DataFusionResult<()> {
        if let Some(own) = self.own.take() {
            out.push(self.parts.add(own)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
