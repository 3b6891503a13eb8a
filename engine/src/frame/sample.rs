//! Some rows by chance.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use datafusion::common::hash_utils::{RandomState, create_hashes};
use datafusion::error::Result as DataFusionResult;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::{Frame, without_tables};
use crate::error::Error;
use crate::operators::map_partitions::{MapPartitions, PartitionWorker};

impl Frame {
    /// Each row with a chance of `fraction`, from 0 to 1, independently of the others; so about, not
    /// exactly, that share of them.
    ///
    /// The same seed takes the same rows of the same batches, on whichever thread they are: a frame read
    /// from files gives the same sample again.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a\n1\n3\n2\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// assert_eq!(frame.sample(1.0, 7).count().get()?, 3);
    /// assert_eq!(frame.sample(0.5, 7).collect()?, frame.sample(0.5, 7).collect()?);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn sample(&self, fraction: f64, seed: u64) -> Self {
        self.step(|plan| {
            if !(0.0..=1.0).contains(&fraction) {
                return Err(Error::query(
                    format!("a sample is a share from 0 to 1 of the rows, not {fraction}"),
                    "for a tenth: sample(0.1, seed); for a number of rows: head(n)".to_owned(),
                ));
            }
            let factory =
                move |_partition| Ok(Box::new(Sampler { fraction, seed }) as Box<dyn PartitionWorker>);
            let plan = without_tables(plan)?;
            let schema = plan.schema().inner().clone();
            Ok(MapPartitions::plan("sample", plan, &schema, Arc::new(factory))?)
        })
    }
}

struct Sampler {
    fraction: f64,
    seed: u64,
}

impl PartitionWorker for Sampler {
    fn push(&mut self, batch: &RecordBatch, out: &mut Vec<RecordBatch>) -> DataFusionResult<ControlFlow<()>> {
        // The draws of a batch depend on what is in it, not on which partition happened to read it.
        let mut hashes = vec![0; batch.num_rows()];
        create_hashes(batch.columns(), &RandomState::with_seed(self.seed), &mut hashes)?;
        let seed = hashes.iter().fold(self.seed, |seed, hash| seed.rotate_left(5).wrapping_mul(31) ^ hash);
        let mut random = SmallRng::seed_from_u64(seed);
        let taken: BooleanArray =
            (0..batch.num_rows()).map(|_| Some(random.random::<f64>() < self.fraction)).collect();
        let rows = filter_record_batch(batch, &taken)?;
        if rows.num_rows() > 0 {
            out.push(rows);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self, _out: &mut Vec<RecordBatch>) -> DataFusionResult<()> {
        Ok(())
    }
}
