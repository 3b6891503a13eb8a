//! Rows that are not wanted, as it turns out while the plan runs.
//!
//! A join knows the keys of its build side before it reads the other one; a top-k knows the least that it still
//! takes. Rows that they would drop are dropped here, before they are sent to other partitions or looked up in
//! other joins. What a scan could tell by itself it has not even converted: this is for what one of several
//! readers of a pass wants, and for conditions on all the columns that are read.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{filter_record_batch, prep_null_mask_filter};
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use swath_io::Usefulness;

use crate::scan_condition::is_updated;

/// A filter is left out if it keeps more than one row in so many.
const FILTER_WORTH: u64 = 2;

/// The dynamic filters of a reader.
#[derive(Debug, Default)]
pub(super) struct DynamicFilters {
    filters: Vec<DynamicFilter>,
}

#[derive(Debug)]
struct DynamicFilter {
    filter: Arc<dyn PhysicalExpr>,
    usefulness: Usefulness,
}

impl DynamicFilters {
    pub(super) fn new(filters: &[Arc<dyn PhysicalExpr>]) -> Self {
        let filter = |filter: &Arc<dyn PhysicalExpr>| DynamicFilter {
            filter: Arc::clone(filter),
            usefulness: Usefulness::default(),
        };
        Self { filters: filters.iter().map(filter).collect() }
    }

    /// The rows that are still wanted, as far as it pays to tell.
    pub(super) fn keep(&mut self, mut batch: RecordBatch) -> Result<RecordBatch> {
        for DynamicFilter { filter, usefulness } in &mut self.filters {
            if batch.num_rows() == 0 || !is_updated(filter) || !usefulness.next_chunk() {
                continue;
            }
            // Whoever has the filter judges for good, and tells what is wrong.
            let Ok(Some(keep)) = judge(filter, &batch) else { continue };
            let kept = keep.true_count();
            usefulness.note(kept, batch.num_rows(), FILTER_WORTH);
            if kept < batch.num_rows() {
                batch = filter_record_batch(&batch, &keep)?;
            }
        }
        Ok(batch)
    }
}

/// For which rows a filter holds.
fn judge(filter: &Arc<dyn PhysicalExpr>, batch: &RecordBatch) -> Result<Option<BooleanArray>> {
    let holds = filter.evaluate(batch)?.into_array(batch.num_rows())?;
    let known = |holds: &BooleanArray| match holds.nulls() {
        Some(_) => prep_null_mask_filter(holds),
        None => holds.clone(),
    };
    Ok(holds.as_boolean_opt().map(known))
}
