//! The first rows of a sort, by way of the disk.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::sorts::sort::SortExec;

/// Sorts everything where many first rows are wanted.
///
/// The relational core keeps the first rows of a sort in memory, and cannot write them to disk; it can where it sorts
/// all of them.
#[derive(Debug)]
pub(crate) struct SortFirstRowsByDisk;

/// So many rows are kept in memory all the same.
const FEW_ROWS: usize = 10_000;

impl PhysicalOptimizerRule for SortFirstRowsByDisk {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let Some((sort, fetch)) =
                node.downcast_ref::<SortExec>().and_then(|sort| Some((sort, sort.fetch()?)))
            else {
                return Ok(Transformed::no(node));
            };
            if fetch <= FEW_ROWS {
                return Ok(Transformed::no(node));
            }
            let whole = SortExec::new(sort.expr().clone(), Arc::clone(sort.input()))
                .with_preserve_partitioning(sort.preserve_partitioning());
            let limited: Arc<dyn ExecutionPlan> = match sort.preserve_partitioning() {
                true => Arc::new(LocalLimitExec::new(Arc::new(whole), fetch)),
                false => Arc::new(GlobalLimitExec::new(Arc::new(whole), 0, Some(fetch))),
            };
            Ok(Transformed::yes(limited))
        })
        .data()
    }

    fn name(&self) -> &str {
        "sort_first_rows_by_disk"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
