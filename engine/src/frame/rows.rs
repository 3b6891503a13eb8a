//! The rows of a frame: all at once, as a stream, as a table for people.

use arrow::array::RecordBatch;
use arrow::util::pretty::pretty_format_batches;
use futures::{Stream, StreamExt, TryStreamExt};

use super::Frame;
use crate::compute::{compute, compute_async};
use crate::error::{Error, Result};

/// Rows that [`Frame::show`] shows.
const SHOWN_ROWS: usize = 20;

impl Frame {
    /// All rows.
    ///
    /// # Errors
    /// Whatever the query meets.
    #[doc(alias = "compute")]
    pub fn collect(&self) -> Result<Vec<RecordBatch>> {
        compute(self)
    }

    /// Like [`Frame::collect`], for async code.
    ///
    /// # Errors
    /// Whatever the query meets.
    pub async fn collect_async(&self) -> Result<Vec<RecordBatch>> {
        compute_async(self).await
    }

    /// The rows as they are made, for results larger than memory. Nothing runs before the first batch
    /// is asked for; dropping the stream stops the work. After an error nothing follows.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a\n1\n3\n2\n").unwrap();
    /// use futures::{StreamExt, executor::block_on};
    ///
    /// let frame = swath::read_csv(&path).scan()?;
    /// let mut batches = std::pin::pin!(frame.stream());
    /// let mut rows = 0;
    /// while let Some(batch) = block_on(batches.next()) {
    ///     rows += batch?.num_rows();
    /// }
    /// assert_eq!(rows, 3);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn stream(&self) -> impl Stream<Item = Result<RecordBatch>> + Send + use<> {
        let frame = self.clone();
        let output = async move {
            let mut outputs = frame.session().run_plans(vec![frame.plan()?.clone()]).await;
            let output = outputs.pop().unwrap_or_else(|| Err(Error::query("the query has no result", None)));
            Ok::<_, Error>(output?.into_stream())
        };
        futures::stream::once(output).try_flatten().map_err(Error::in_methods).boxed()
    }

    /// The first `n` rows as a table of text.
    ///
    /// # Errors
    /// Whatever the query meets.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a\n1\n").unwrap();
    /// let text = swath::read_csv(&path).scan()?.to_table(5)?;
    /// assert_eq!(text, "+---+\n| a |\n+---+\n| 1 |\n+---+");
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn to_table(&self, n: usize) -> Result<String> {
        let mut rows = self.head(n).collect()?;
        if rows.is_empty() {
            rows.push(RecordBatch::new_empty(self.schema()?));
        }
        let table = pretty_format_batches(&rows).map_err(|error| Error::query(error.to_string(), None))?;
        Ok(table.to_string())
    }

    /// Prints the first 20 rows as a table to standard output.
    ///
    /// # Errors
    /// Whatever the query meets.
    pub fn show(&self) -> Result<()> {
        println!("{}", self.to_table(SHOWN_ROWS)?);
        Ok(())
    }
}
