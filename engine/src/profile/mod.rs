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

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::hash_utils::{RandomState, create_hashes};
use datafusion::error::Result as DataFusionResult;

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
    /// if they are few.
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
        futures::executor::block_on(self.profile_async())
    }

    /// Like [`Frame::profile`], for async code.
    ///
    /// # Errors
    /// Whatever the query meets.
    pub async fn profile_async(&self) -> Result<Profile> {
        let schema = self.schema()?;
        let whole = Arc::new(Mutex::new(Accumulator::new(&schema)));
        let frame = {
            let whole = Arc::clone(&whole);
            self.step(|plan| {
                let factory = move |_partition| {
                    let (own, whole) = (Accumulator::new(&schema), Arc::clone(&whole));
                    Ok(Box::new(Profiler { own, whole }) as Box<dyn PartitionWorker>)
                };
                let plan = without_tables(plan)?;
                Ok(MapPartitions::plan("profile", plan, &Arc::new(Schema::empty()), Arc::new(factory))?)
            })
        };
        frame.collect_async().await?;
        let whole = whole.lock().unwrap_or_else(PoisonError::into_inner);
        whole.profile(&self.schema()?).map_err(Error::from)
    }
}

/// What was seen so far.
struct Accumulator {
    rows: u64,
    columns: Vec<ColumnAccumulator>,
    random: RandomState,
}

impl Accumulator {
    fn new(schema: &SchemaRef) -> Self {
        let columns = schema.fields().iter().map(|field| ColumnAccumulator::new(field.data_type())).collect();
        // The same values have the same hashes in all partitions.
        Self { rows: 0, columns, random: RandomState::with_seed(0) }
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

    fn profile(&self, schema: &SchemaRef) -> DataFusionResult<Profile> {
        let fields = schema.fields().iter().zip(&self.columns);
        let columns = fields.map(|(field, column)| column.profile(field)).collect::<DataFusionResult<_>>()?;
        Ok(Profile { rows: self.rows, columns })
    }
}

/// Looks at the rows of one partition.
struct Profiler {
    own: Accumulator,
    whole: Arc<Mutex<Accumulator>>,
}

impl PartitionWorker for Profiler {
    fn push(
        &mut self,
        batch: &RecordBatch,
        _out: &mut Vec<RecordBatch>,
    ) -> DataFusionResult<ControlFlow<()>> {
        self.own.push(batch)?;
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self, _out: &mut Vec<RecordBatch>) -> DataFusionResult<()> {
        let empty = Accumulator { rows: 0, columns: Vec::new(), random: self.own.random.clone() };
        let own = std::mem::replace(&mut self.own, empty);
        self.whole.lock().unwrap_or_else(PoisonError::into_inner).join(own);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
