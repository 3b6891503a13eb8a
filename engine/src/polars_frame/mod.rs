//! Results as data frames of Polars, and functions over them; with the feature `polars`.

mod convert;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use polars::prelude::{DataFrame, PolarsError};

use crate::compute::{Computable, Pending, Requests, compute};
use crate::error::{Error, Result};
use crate::frame::Frame;

/// A frame whose rows come as a `polars::DataFrame`; see [`Frame::polars`].
#[derive(Debug, Clone)]
pub struct PolarsFrame {
    frame: Frame,
}

impl Frame {
    /// This frame, with its rows as a `polars::DataFrame` for [`compute`](crate::compute()).
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "k,x\na,1\na,3\nb,5\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// let (sums, rows) = swath::compute((frame.group_by(["k"]).sum("x").polars(), frame.count()))?;
    /// assert_eq!((sums.height(), rows), (2, 3));
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn polars(&self) -> PolarsFrame {
        PolarsFrame { frame: self.clone() }
    }

    /// All rows as a `polars::DataFrame`, which takes over the memory of the batches without copying.
    ///
    /// # Errors
    /// Whatever the query meets, or a column of a type that Polars does not have.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,x\n2,y\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?.collect_polars()?;
    /// assert_eq!(frame.shape(), (2, 2));
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn collect_polars(&self) -> Result<DataFrame> {
        compute(self.polars())
    }

    /// Like [`Frame::map_partitions`], with each batch as a `polars::DataFrame`.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,x\n2,y\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// let schema = frame.select(["b"]).schema()?;
    /// let texts = frame.map_partitions_polars("texts", &schema, |frame| frame.select(["b"]));
    /// assert_eq!(texts.n_unique("b").get()?, 2);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn map_partitions_polars<F>(&self, name: &str, schema: &SchemaRef, function: F) -> Self
    where
        F: Fn(DataFrame) -> Result<DataFrame, PolarsError> + Send + Sync + 'static,
    {
        self.map_partitions(name, schema, move |batch: RecordBatch| {
            let frame = convert::to_polars(&batch.schema(), std::slice::from_ref(&batch))?;
            convert::to_arrow(&function(frame)?)
        })
    }
}

impl Computable for PolarsFrame {
    type Value = DataFrame;

    fn request(&self, requests: &mut Requests) -> Result<Pending<Self::Value>> {
        let rows = self.frame.request(requests)?;
        let schema = self.frame.schema()?;
        Ok(Box::new(move |answers| {
            let batches = rows(answers)?;
            convert::to_polars(&schema, &batches).map_err(|error| {
                let hint = "cast the column to a type that Polars has, before".to_owned();
                Error::query(format!("the rows cannot be given to Polars: {error}"), hint)
            })
        }))
    }
}
