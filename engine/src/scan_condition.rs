//! What queries ask of rows, as far as a scan can make use of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow::compute::or_kleene;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Column as ColumnName, DFSchema};
use datafusion::error::Result;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::collect_columns;
use swath_io::{RawFilter, RowFilter, ScanFilter};
use swath_planner::required_literals;

/// A condition on the rows of files. A scan that knows it may leave out rows for which it does not hold.
#[derive(Debug)]
pub(crate) struct ScanCondition {
    /// Of these, one stands in every row for which it holds.
    literals: Option<Vec<String>>,
    /// The condition, over the columns of the files.
    predicate: Arc<dyn PhysicalExpr>,
}

/// What a scan may do about a condition: leave rows out, but not judge for good.
pub(crate) fn pushdown(condition: &Expr, files: &Schema) -> TableProviderFilterPushDown {
    let of_files = condition.column_refs().iter().all(|column| files.field_with_name(&column.name).is_ok());
    let is_plain = |expr: &Expr| {
        !matches!(
            expr,
            Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_) | Expr::OuterReferenceColumn(..)
        )
    };
    let plain = !condition.exists(|expr| Ok(!is_plain(expr))).unwrap_or(true);
    if of_files && plain && !condition.is_volatile() {
        TableProviderFilterPushDown::Inexact
    } else {
        TableProviderFilterPushDown::Unsupported
    }
}

impl ScanCondition {
    /// The condition that all of these hold; `None` if there are none.
    pub(crate) fn new(filters: &[Expr], files: &SchemaRef, session: &dyn Session) -> Result<Option<Self>> {
        let Some(condition) = conjunction(filters.iter().cloned()) else { return Ok(None) };
        let is_text = |column: &ColumnName| {
            files.field_with_name(&column.name).is_ok_and(|field| field.data_type().is_string())
        };
        let literals = required_literals(filters, &is_text);
        let schema = DFSchema::try_from(files.as_ref().clone())?;
        let predicate = session.create_physical_expr(unqualified(condition)?, &schema)?;
        Ok(Some(Self { literals, predicate }))
    }

    /// What a scan of some columns of the files can leave out if each of its readers has a condition.
    /// `columns` are those that are read, by their places in the files.
    pub(crate) fn filter(
        readers: &[Option<Arc<Self>>],
        columns: &[usize],
        files: &SchemaRef,
    ) -> Result<ScanFilter> {
        let Some(conditions) = readers.iter().cloned().collect::<Option<Vec<_>>>() else {
            return Ok(ScanFilter::default());
        };
        let literals: Option<Vec<Vec<String>>> =
            conditions.iter().map(|condition| condition.literals.clone()).collect();
        let raw = literals.map(|literals| literals.into_iter().flatten().map(String::into_bytes).collect());
        let raw = raw.and_then(|literals| RawFilter::new(literals).ok());
        let rows = Conditions::new(&conditions, columns, files)?;
        Ok(ScanFilter { raw, rows: rows.map(|rows| Arc::new(rows) as Arc<dyn RowFilter>) })
    }
}

/// The condition with columns by their bare names.
fn unqualified(condition: Expr) -> Result<Expr> {
    condition
        .transform(|expr| match expr {
            Expr::Column(column) => Ok(Transformed::yes(Expr::Column(ColumnName::from_name(column.name)))),
            other => Ok(Transformed::no(other)),
        })
        .data()
}

/// Keeps rows for which one of several conditions holds.
#[derive(Debug)]
struct Conditions {
    /// The columns that they look at, by their places among those that are read.
    columns: Vec<usize>,
    schema: SchemaRef,
    predicates: Vec<Arc<dyn PhysicalExpr>>,
}

impl Conditions {
    /// `None` if the conditions need all columns that are read: then nothing is saved by judging early.
    fn new(conditions: &[Arc<ScanCondition>], read: &[usize], files: &SchemaRef) -> Result<Option<Self>> {
        let looked_at = |condition: &Arc<ScanCondition>| collect_columns(&condition.predicate);
        let used: BTreeSet<usize> =
            conditions.iter().flat_map(looked_at).map(|column| column.index()).collect();
        let place = |column: &usize| read.iter().position(|other| other == column);
        let Some(columns) = used.iter().map(place).collect::<Option<Vec<usize>>>() else { return Ok(None) };
        if columns.len() == read.len() {
            return Ok(None);
        }
        let fields: Vec<_> =
            used.iter().map(|column| files.field(*column).clone().with_nullable(true)).collect();
        let moved = |condition: &Arc<ScanCondition>| {
            let predicate = Arc::clone(&condition.predicate);
            let moved = predicate.transform(|node: Arc<dyn PhysicalExpr>| {
                let Some(column) = node.downcast_ref::<Column>() else { return Ok(Transformed::no(node)) };
                let place = used.iter().position(|other| *other == column.index()).unwrap_or_default();
                Ok(Transformed::yes(Arc::new(Column::new(column.name(), place)) as Arc<dyn PhysicalExpr>))
            });
            moved.data()
        };
        let predicates = conditions.iter().map(moved).collect::<Result<_>>()?;
        Ok(Some(Self { columns, schema: Arc::new(Schema::new(fields)), predicates }))
    }

    fn judge(&self, columns: &[ArrayRef]) -> Result<Option<BooleanArray>> {
        let rows = columns.first().map_or(0, |column| column.len());
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns.to_vec(), &options)?;
        let mut keep: Option<BooleanArray> = None;
        for predicate in &self.predicates {
            let holds = predicate.evaluate(&batch)?.into_array(rows)?;
            let Some(holds) = holds.as_boolean_opt() else { return Ok(None) };
            keep = Some(match keep {
                None => holds.clone(),
                Some(keep) => or_kleene(&keep, holds)?,
            });
        }
        Ok(keep)
    }
}

impl RowFilter for Conditions {
    fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// What cannot be judged, as where a number overflows, is kept: whoever asked will tell what is wrong.
    fn keep(&self, columns: &[ArrayRef]) -> Option<BooleanArray> {
        self.judge(columns).ok().flatten()
    }
}
