//! What queries ask of rows, as far as a scan can make use of it.

mod groups;

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow::compute::or_kleene;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::common::{Column as ColumnName, DFSchema};
use datafusion::error::Result;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::conjunction as all_of;
use datafusion::physical_expr::expressions::{Column, DynamicFilterPhysicalExpr};
use datafusion::physical_expr::utils::collect_columns;
use swath_io::{GroupFilter, RawFilter, RowFilter, ScanFilter, ScanFormat};
use swath_planner::required_literals;

use crate::scan::ScanSource;
use crate::walk::Walk;

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
    let plain = !condition.exists_dyn(|expr| Ok(!is_plain(expr))).unwrap_or(true);
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

    /// What a scan of some columns of the files can leave out if each of its readers wants some rows only.
    /// `columns` are those that are read, by their places in the files.
    pub(crate) fn filter(
        readers: &[&ScanSource],
        columns: &[usize],
        files: &SchemaRef,
    ) -> Result<ScanFilter> {
        let literals = |reader: &&ScanSource| reader.condition.as_ref()?.literals.clone();
        let literals: Option<Vec<Vec<String>>> = readers.iter().map(literals).collect();
        let raw = literals.map(|literals| literals.into_iter().flatten().map(String::into_bytes).collect());
        let raw = raw.and_then(|literals| RawFilter::new(literals).ok());
        let with_dynamic_filters =
            readers.iter().map(|reader| Condition::of(reader, files.fields().len())).collect();
        let rows = match Conditions::new(with_dynamic_filters, columns, files)? {
            Some(rows) => Some(rows),
            None => {
                let known = |reader: &&ScanSource| Condition::known(reader.condition.as_ref()?);
                Conditions::new(readers.iter().map(known).collect(), columns, files)?
            }
        };
        let groups = match readers.first().map(|reader| reader.format.as_ref()) {
            Some(ScanFormat::Parquet(_)) => groups::Groups::new(readers, files),
            _ => None,
        };
        let rows = rows.map(|rows| Arc::new(rows) as Arc<dyn RowFilter>);
        Ok(ScanFilter { raw, rows, groups: groups.map(|groups| Arc::new(groups) as Arc<dyn GroupFilter>) })
    }
}

/// The condition with columns by their bare names.
fn unqualified(condition: Expr) -> Result<Expr> {
    condition
        .transform_up_dyn(|expr| match expr {
            Expr::Column(column) => Ok(Transformed::yes(Expr::Column(ColumnName::from_name(column.name)))),
            other => Ok(Transformed::no(other)),
        })
        .data()
}

/// What one reader of a scan asks of its rows.
#[derive(Debug)]
struct Condition {
    predicate: Arc<dyn PhysicalExpr>,
    /// Nothing is asked until its dynamic filters are known.
    waits: bool,
}

impl Condition {
    /// What is asked from the beginning.
    fn known(condition: &Arc<ScanCondition>) -> Option<Self> {
        let predicate = Some(&condition.predicate).filter(is_of_rows)?;
        Some(Self { predicate: Arc::clone(predicate), waits: false })
    }

    /// This, and what is asked as soon as it is known; `None` if all rows are wanted. Of the columns of the table,
    /// the files have the first ones.
    fn of(reader: &ScanSource, file_columns: usize) -> Option<Self> {
        let of_files = |filter: &&Arc<dyn PhysicalExpr>| {
            collect_columns(filter).iter().all(|column| column.index() < file_columns)
        };
        let known = reader.condition.as_ref().map(|condition| &condition.predicate).filter(is_of_rows);
        let dynamic = reader.dynamic_filters.iter().filter(of_files);
        let predicates: Vec<_> = known.into_iter().chain(dynamic).cloned().collect();
        let waits = known.is_none();
        (!predicates.is_empty()).then(|| Self { predicate: all_of(predicates), waits })
    }

    /// Whether it asks anything of rows by now.
    fn is_ready(&self) -> bool {
        !self.waits || is_updated(&self.predicate)
    }
}

/// Whether it depends on the row: `ON true` does not, and is judged by the operator above.
fn is_of_rows(predicate: &&Arc<dyn PhysicalExpr>) -> bool {
    !collect_columns(predicate).is_empty()
}

/// Whether a dynamic filter has become known: until then, it holds for all rows.
pub(crate) fn is_updated(filter: &Arc<dyn PhysicalExpr>) -> bool {
    let mut updated = false;
    let looked = filter.apply_dyn(|node| {
        let dynamic = node.downcast_ref::<DynamicFilterPhysicalExpr>();
        updated |= dynamic.is_some_and(|dynamic| dynamic.snapshot_generation() > FIRST_GENERATION);
        Ok(if updated { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    looked.is_ok() && updated
}

/// The generation of a dynamic filter that says nothing yet.
const FIRST_GENERATION: u64 = 1;

/// Keeps rows for which one of several conditions holds.
#[derive(Debug)]
struct Conditions {
    /// The columns that they look at, by their places among those that are read.
    columns: Vec<usize>,
    schema: SchemaRef,
    conditions: Vec<Condition>,
}

impl Conditions {
    /// `None` if a reader wants all rows, or if the conditions need all columns that are read: then nothing is
    /// saved by judging early.
    fn new(conditions: Option<Vec<Condition>>, read: &[usize], files: &SchemaRef) -> Result<Option<Self>> {
        let Some(conditions) = conditions else { return Ok(None) };
        let looked_at = |condition: &Condition| collect_columns(&condition.predicate);
        let used: BTreeSet<usize> =
            conditions.iter().flat_map(looked_at).map(|column| column.index()).collect();
        let place = |column: &usize| read.iter().position(|other| other == column);
        let Some(columns) = used.iter().map(place).collect::<Option<Vec<usize>>>() else { return Ok(None) };
        if columns.len() == read.len() {
            return Ok(None);
        }
        let fields: Vec<_> =
            used.iter().map(|column| files.field(*column).clone().with_nullable(true)).collect();
        let moved = |condition: Condition| {
            let moved = condition.predicate.transform_up_dyn(|node: Arc<dyn PhysicalExpr>| {
                let Some(column) = node.downcast_ref::<Column>() else { return Ok(Transformed::no(node)) };
                let place = used.iter().position(|other| *other == column.index()).unwrap_or_default();
                Ok(Transformed::yes(Arc::new(Column::new(column.name(), place)) as Arc<dyn PhysicalExpr>))
            });
            Ok(Condition { predicate: moved.data()?, ..condition })
        };
        let conditions = conditions.into_iter().map(moved).collect::<Result<_>>()?;
        Ok(Some(Self { columns, schema: Arc::new(Schema::new(fields)), conditions }))
    }

    fn judge(&self, columns: &[ArrayRef]) -> Result<Option<BooleanArray>> {
        let rows = columns.first().map_or(0, |column| column.len());
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns.to_vec(), &options)?;
        let mut keep: Option<BooleanArray> = None;
        for Condition { predicate, .. } in &self.conditions {
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

    fn is_ready(&self) -> bool {
        self.conditions.iter().all(Condition::is_ready)
    }

    /// What cannot be judged, as where a number overflows, is kept: whoever asked will tell what is wrong.
    fn keep(&self, columns: &[ArrayRef]) -> Option<BooleanArray> {
        self.judge(columns).ok().flatten()
    }
}
