//! The first rows of a sort, where they are many.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};

use crate::walk::Walk;

/// Sorts everything where many first rows are wanted.
///
/// The relational core keeps the first rows of a sort in a heap, in memory, and cannot write them to disk; it can where it
/// sorts all of them. And a row costs more to put into a large heap than to sort.
#[derive(Debug)]
pub(crate) enum SortFirstRows {
    /// Where they are too many for memory of which there is little.
    ByDisk,
    /// Where that takes less time.
    Sooner,
}

/// So many rows are kept in memory all the same.
const FEW_ROWS: usize = 10_000;

/// So many are found sooner by a heap, whatever there is beside them.
const ROWS_OF_A_SMALL_HEAP: usize = 50_000;

/// And with so many rows for each that is wanted, most never come into the heap.
const ROWS_A_WANTED_ONE: usize = 50;

impl SortFirstRows {
    fn sorts_all(&self, sort: &SortExec, fetch: usize) -> Result<bool> {
        match self {
            Self::ByDisk => Ok(fetch > FEW_ROWS),
            Self::Sooner if fetch <= ROWS_OF_A_SMALL_HEAP => Ok(false),
            Self::Sooner => {
                let input =
                    StatisticsContext::new().compute(sort.input().as_ref(), &StatisticsArgs::new())?;
                Ok(input.num_rows.get_value().is_some_and(|rows| *rows / fetch < ROWS_A_WANTED_ONE))
            }
        }
    }
}

impl PhysicalOptimizerRule for SortFirstRows {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up_dyn(|node| {
            let Some((sort, fetch)) =
                node.downcast_ref::<SortExec>().and_then(|sort| Some((sort, sort.fetch()?)))
            else {
                return Ok(Transformed::no(node));
            };
            if !self.sorts_all(sort, fetch)? {
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
        "sort_first_rows"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
