//! What queries ask of rows, against what a file tells of many of them.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, UInt64Array};
use arrow::datatypes::SchemaRef;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, ScalarValue};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_optimizer::pruning::{PruningPredicate, PruningPredicateBuilder};
use swath_io::{ColumnBounds, GroupBounds, GroupFilter};

use crate::scan::ScanSource;

/// Keeps rows together of which one of several conditions may hold.
#[derive(Debug)]
pub(super) struct Groups {
    columns: Vec<usize>,
    files: SchemaRef,
    conditions: Vec<PruningPredicate>,
}

impl Groups {
    /// `None` if a reader wants all rows, or asks what no bounds can tell.
    pub(super) fn new(readers: &[&ScanSource], files: &SchemaRef) -> Option<Self> {
        let condition = |reader: &&ScanSource| {
            let predicate = Arc::clone(&reader.condition.as_ref()?.predicate);
            let builder = PruningPredicateBuilder::new().with_file_schema(Arc::clone(files));
            builder.try_build(predicate).ok().filter(|condition| !condition.always_true())
        };
        let conditions: Vec<PruningPredicate> = readers.iter().map(condition).collect::<Option<_>>()?;
        let looked_at = conditions.iter().flat_map(|condition| collect_columns(condition.orig_expr()));
        let columns: BTreeSet<usize> = looked_at.map(|column| column.index()).collect();
        Some(Self { columns: columns.into_iter().collect(), files: Arc::clone(files), conditions })
    }
}

impl GroupFilter for Groups {
    fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// What cannot be judged is kept: whoever asked will tell what is wrong.
    fn may_keep(&self, bounds: &GroupBounds) -> bool {
        let told = Told { bounds, files: &self.files };
        let may_hold = |condition: &PruningPredicate| {
            condition.prune(&told).map_or(true, |kept| kept.first().copied().unwrap_or(true))
        };
        self.conditions.iter().any(may_hold)
    }
}

/// What a file tells of one group of rows, as the relational core asks for it.
struct Told<'a> {
    bounds: &'a GroupBounds,
    files: &'a SchemaRef,
}

impl Told<'_> {
    fn of(&self, column: &Column) -> Option<&ColumnBounds> {
        let number = self.files.index_of(&column.name).ok()?;
        self.bounds.columns.iter().find(|(known, _)| *known == number).map(|(_, bounds)| bounds)
    }
}

impl PruningStatistics for Told<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column).map(|bounds| Arc::clone(&bounds.least))
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column).map(|bounds| Arc::clone(&bounds.greatest))
    }

    fn num_containers(&self) -> usize {
        1
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let nulls = self.of(column)?.nulls?;
        Some(Arc::new(UInt64Array::from(vec![nulls])))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(UInt64Array::from(vec![self.bounds.rows])))
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
