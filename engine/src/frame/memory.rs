//! Frames of rows in memory.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::Column;
use datafusion::common::tree_node::Transformed;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, SortExpr};

use super::Frame;
use super::sort::sort_keys;
use crate::compute::compute_async;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::walk::Walk;

/// A frame of the rows of batches, which must have the same columns, in the shared session.
///
/// ```
/// use std::sync::Arc;
/// use swath::arrow::array::{ArrayRef, Int64Array, RecordBatch};
///
/// let a: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
/// let batch = RecordBatch::try_from_iter([("a", a)]).unwrap();
/// assert_eq!(swath::from_batches([batch])?.sum("a").get()?, Some(3.0));
/// # Ok::<(), swath::Error>(())
/// ```
///
/// # Errors
/// There is no batch, which would tell the columns, or they have different ones.
pub fn from_batches(batches: impl IntoIterator<Item = RecordBatch>) -> Result<Frame> {
    Session::shared()?.from_batches(batches)
}

impl Session {
    /// Like [`from_batches`](crate::from_batches), in this session.
    ///
    /// # Errors
    /// There is no batch, or they have different columns.
    #[allow(clippy::wrong_self_convention)] // what it makes is a frame of this session
    pub fn from_batches(&self, batches: impl IntoIterator<Item = RecordBatch>) -> Result<Frame> {
        let batches: Vec<RecordBatch> = batches.into_iter().collect();
        let Some(first) = batches.first() else {
            let hint = "give at least one batch, which may be empty".to_owned();
            return Err(Error::query("there is no batch, and so no columns", hint));
        };
        memory_frame(self, first.schema(), batches, None)
    }
}

impl Frame {
    /// Runs the plan now and keeps the rows in memory, as a new frame that reads them from there. A frame that is sorted stays so.
    ///
    /// # Errors
    /// Whatever the query meets.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a\n1\n3\n2\n").unwrap();
    /// let kept = swath::read_csv(&path).scan()?.persist()?;
    /// std::fs::remove_file(&path).unwrap();
    /// assert_eq!(kept.sum("a").get()?, Some(6.0));
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "cache")]
    pub fn persist(&self) -> Result<Self> {
        crate::blocking::block_on(self.persist_async())
    }

    /// Like [`Frame::persist`], for async code.
    ///
    /// # Errors
    /// Whatever the query meets.
    pub async fn persist_async(&self) -> Result<Self> {
        let rows = compute_async(self).await?;
        let order = sort_keys(self.plan()?).map(|keys| keys.iter().map(without_table).collect::<Result<_>>());
        memory_frame(self.session(), self.schema()?, rows, order.transpose()?)
    }
}

/// A frame of batches, which may be sorted already.
fn memory_frame(
    session: &Session,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    order: Option<Vec<SortExpr>>,
) -> Result<Frame> {
    let table =
        MemTable::try_new(schema, vec![batches])?.with_sort_order(order.clone().into_iter().collect());
    let mut scan = LogicalPlanBuilder::scan("memory", provider_as_source(Arc::new(table)), None)?;
    if let Some(order) = order {
        // What is sorted already is not sorted once more.
        scan = scan.sort(order)?;
    }
    Ok(Frame::new(session, scan.build()?))
}

/// A key by columns that belong to no table.
fn without_table(key: &SortExpr) -> Result<SortExpr> {
    let expr = key.expr.clone().transform_up_dyn(|expr| {
        Ok(match expr {
            Expr::Column(Column { name, .. }) => {
                Transformed::yes(Expr::Column(Column::new_unqualified(name)))
            }
            expr => Transformed::no(expr),
        })
    })?;
    Ok(key.with_expr(expr.data))
}
