//! User code over batches.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::error::{DataFusionError, Result as DataFusionResult};

use super::{Frame, without_tables};
use crate::error::Result;
use crate::operators::map_partitions::{MapPartitions, PartitionWorker};

/// What may go wrong in a function given to [`Frame::map_partitions`].
type UserError = Box<dyn std::error::Error + Send + Sync>;

impl Frame {
    /// Gives each batch of rows to a function, which makes a batch of the given columns of it. Batches
    /// are given to it side by side on the threads that compute; how rows are cut into batches is not
    /// defined. The name stands in plans and errors.
    ///
    /// An error of the function, a panic in it, and a batch of other columns than it promised are errors
    /// of the frame.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// let schema = frame.select(["b"]).schema()?;
    /// let second = frame.map_partitions("second", &schema, |batch| Ok(batch.project(&[1])?));
    /// assert_eq!(second.sum("b").get()?, Some(6.0));
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "map_batches")]
    pub fn map_partitions<F>(&self, name: &str, schema: &SchemaRef, function: F) -> Self
    where
        F: Fn(RecordBatch) -> Result<RecordBatch, UserError> + Send + Sync + 'static,
    {
        let function = Arc::new(function);
        let (owned, schema) = (name.to_owned(), SchemaRef::clone(schema));
        self.step(|plan| {
            let promised = SchemaRef::clone(&schema);
            let factory = move |_partition| {
                let (name, schema) = (owned.clone(), SchemaRef::clone(&schema));
                Ok(Box::new(Mapper { name, schema, function: Arc::clone(&function) })
                    as Box<dyn PartitionWorker>)
            };
            Ok(MapPartitions::plan(name, without_tables(plan)?, &promised, Arc::new(factory))?)
        })
    }
}

struct Mapper<F> {
    name: String,
    schema: SchemaRef,
    function: Arc<F>,
}

impl<F> PartitionWorker for Mapper<F>
where
    F: Fn(RecordBatch) -> Result<RecordBatch, UserError> + Send + Sync,
{
    fn push(&mut self, batch: &RecordBatch, out: &mut Vec<RecordBatch>) -> DataFusionResult<ControlFlow<()>> {
        let failed = |message: String| DataFusionError::Execution(format!("{}: {message}", self.name));
        let mapped = (self.function)(batch.clone()).map_err(|error| failed(error.to_string()))?;
        // Columns are matched by place: names and metadata of the promise win.
        let types = |schema: &SchemaRef| {
            schema.fields().iter().map(|field| field.data_type().clone()).collect::<Vec<_>>()
        };
        if types(&mapped.schema()) != types(&self.schema) {
            return Err(failed(format!(
                "it promised the columns {} and returned {}",
                columns_text(&self.schema),
                columns_text(&mapped.schema())
            )));
        }
        let mapped = RecordBatch::try_new(SchemaRef::clone(&self.schema), mapped.columns().to_vec())
            .map_err(|error| failed(error.to_string()))?;
        if mapped.num_rows() > 0 {
            out.push(mapped);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self, _out: &mut Vec<RecordBatch>) -> DataFusionResult<()> {
        Ok(())
    }
}

fn columns_text(schema: &SchemaRef) -> String {
    let columns = schema.fields().iter().map(|field| format!("{} {}", field.name(), field.data_type()));
    format!("({})", columns.collect::<Vec<_>>().join(", "))
}
