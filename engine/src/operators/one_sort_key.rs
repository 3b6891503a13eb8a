//! The first rows of a sort by very many columns, as of `ORDER BY ALL LIMIT 3` over a wide file.
//!
//! While the relational core finds the first rows, it keeps a condition on all keys that tells which rows may still be among them:
//! `a < 1 OR (a = 1 AND (b < 2 OR …))`. The condition for each batch takes time by the third power of the number of keys, a minute of a
//! processor for 500. So they become one key: bytes whose order is that of the keys (Arrow's row format).

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, Schema};
use arrow::row::{RowConverter, SortField};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::sorts::sort::SortExec;

use crate::walk::Walk;

/// With so many keys the condition costs nothing yet.
const FEW_KEYS: usize = 32;

/// Makes many keys of a sort for its first rows one. To be run behind what looks at the order of rows.
#[derive(Debug)]
pub(crate) struct OneSortKey;

impl PhysicalOptimizerRule for OneSortKey {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up_dyn(|node| {
            let Some(sort) = node.downcast_ref::<SortExec>().filter(|sort| sort.fetch().is_some()) else {
                return Ok(Transformed::no(node));
            };
            let Some(key) = one_key(sort)? else { return Ok(Transformed::no(node)) };
            let sorted = SortExec::new(LexOrdering::from([key]), Arc::clone(sort.input()))
                .with_preserve_partitioning(sort.preserve_partitioning())
                .with_fetch(sort.fetch());
            Ok(Transformed::yes(Arc::new(sorted)))
        })
        .data()
    }

    fn name(&self) -> &str {
        "one_sort_key"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// One key for all, if they are many and can be put into bytes.
fn one_key(sort: &SortExec) -> Result<Option<PhysicalSortExpr>> {
    let keys = sort.expr();
    if keys.len() <= FEW_KEYS {
        return Ok(None);
    }
    let schema = sort.input().schema();
    let field =
        |key: &PhysicalSortExpr| Ok(SortField::new_with_options(key.expr.data_type(&schema)?, key.options));
    let fields = keys.iter().map(field).collect::<Result<Vec<_>>>()?;
    if !RowConverter::supports_fields(&fields) {
        return Ok(None);
    }
    let key = SortKey { keys: keys.iter().cloned().collect() };
    Ok(Some(PhysicalSortExpr::new(Arc::new(key), SortOptions::default())))
}

/// The keys of a sort as bytes that are ordered as they are.
#[derive(Debug, PartialEq, Eq, Hash)]
struct SortKey {
    keys: Vec<PhysicalSortExpr>,
}

impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, key) in self.keys.iter().enumerate() {
            write!(f, "{}{key}", if place == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl PhysicalExpr for SortKey {
    fn data_type(&self, _input_schema: &Schema) -> Result<DataType> {
        Ok(DataType::Binary)
    }

    fn nullable(&self, _input_schema: &Schema) -> Result<bool> {
        Ok(false)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let value = |key: &PhysicalSortExpr| key.expr.evaluate(batch)?.into_array(batch.num_rows());
        let values = self.keys.iter().map(value).collect::<Result<Vec<_>>>()?;
        let fields = values.iter().zip(&self.keys);
        let fields =
            fields.map(|(values, key)| SortField::new_with_options(values.data_type().clone(), key.options));
        let rows = RowConverter::new(fields.collect())?.convert_columns(&values)?;
        Ok(ColumnarValue::Array(Arc::new(rows.try_into_binary()?)))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        self.keys.iter().map(|key| &key.expr).collect()
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        let keys = self.keys.iter().zip(children);
        let keys = keys.map(|(key, expr)| PhysicalSortExpr::new(expr, key.options)).collect();
        Ok(Arc::new(Self { keys }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
