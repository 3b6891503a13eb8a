//! Lazy tables.

mod columns;
mod concat;
mod describe;
mod distinct;
mod group_by;
mod interpolate;
mod join;
mod join_asof;
mod map_partitions;
mod memory;
mod nulls;
mod pivot;
mod reshape;
mod rows;
mod sample;
mod select;
mod sort;
mod sql;
mod statistics;
#[cfg(test)]
mod tests;
mod types;
mod windows;

use std::fmt;

use arrow::datatypes::SchemaRef;
use datafusion::common::Column;
use datafusion::error::Result as DataFusionResult;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};

pub use columns::{Columns, IntoExpr, IntoSort};
pub use concat::concat;
pub use group_by::GroupBy;
pub use join::Join;
pub use join_asof::JoinAsof;
pub use memory::from_batches;
pub use pivot::Pivot;
pub(crate) use sort::kept_in_order;
pub(crate) use sql::SelfTable;

use crate::compute::{Computable, Pending, Requests};
use crate::error::{Error, Result};
use crate::session::Session;

/// A lazy table: a plan that is run when its rows are asked for. Cheap to clone.
///
/// Every method gives a new frame and runs nothing. What is wrong with it, as a column that does not
/// exist, is kept and told by whatever needs the plan next: [`Frame::schema`], [`Frame::collect`],
/// [`compute`](crate::compute()). So calls can be chained without a `?` after each.
///
/// Column names are exact: `DepDelay` is another column than `depdelay`. Rows come in the
/// order of the files until they are [sorted](Frame::sort); those of groups, joins and distinct rows come in none.
///
/// ```
/// # fn main() -> Result<(), swath::Error> {
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("flights.csv");
/// # std::fs::write(&path, "Dest,DepDelay\nBOS,12\nACV,NA\nBOS,20\n").unwrap();
/// use swath::prelude::*;
///
/// let air = swath::read_csv(&path).scan()?;
/// let late = air.filter(col("DepDelay").gt(15)).select(["Dest"]);
/// assert_eq!(late.columns()?, ["Dest"]);
/// assert_eq!(late.collect()?[0].num_rows(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Frame {
    session: Session,
    plan: Result<LogicalPlan>,
}

impl Frame {
    pub(crate) fn new(session: &Session, plan: LogicalPlan) -> Self {
        Self { session: session.clone(), plan: Ok(plan) }
    }

    pub(crate) fn failed(session: &Session, error: Error) -> Self {
        Self { session: session.clone(), plan: Err(error) }
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// The plan, or what is wrong with it.
    pub(crate) fn plan(&self) -> Result<&LogicalPlan> {
        self.plan.as_ref().map_err(Error::clone)
    }

    /// The names and types of the columns, known without running anything.
    ///
    /// # Errors
    /// What is wrong with the frame.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,x\n").unwrap();
    /// let schema = swath::read_csv(&path).scan()?.schema()?;
    /// assert_eq!(schema.field(0).data_type(), &swath::arrow::datatypes::DataType::Int64);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "dtypes")]
    pub fn schema(&self) -> Result<SchemaRef> {
        let plan = self.plan()?;
        // Some types are settled when a plan is made ready to run; what is wrong with it then is told by what runs it.
        let settled = self.session.settled(plan);
        Ok(SchemaRef::clone(settled.as_ref().unwrap_or(plan).schema().inner()))
    }

    /// The names of the columns, in order.
    ///
    /// # Errors
    /// What is wrong with the frame.
    pub fn columns(&self) -> Result<Vec<String>> {
        Ok(names(self.plan()?))
    }

    /// The names of the columns of numbers, in order, for what is computed of all of them.
    ///
    /// # Errors
    /// What is wrong with the frame.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "k,x,y\na,1,0.5\na,3,1.5\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// let means = frame.group_by(["k"]).mean(frame.numeric_columns()?);
    /// assert_eq!(means.to_bag::<(String, f64, f64)>().collect()?, [("a".to_owned(), 2.0, 1.0)]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "select_dtypes")]
    pub fn numeric_columns(&self) -> Result<Vec<String>> {
        let schema = self.schema()?;
        let numeric = schema.fields().iter().filter(|field| field.data_type().is_numeric());
        Ok(numeric.map(|field| field.name().clone()).collect())
    }

    /// The frame of a plan made of this one's.
    pub(crate) fn step(&self, make: impl FnOnce(&LogicalPlan) -> Result<LogicalPlan>) -> Self {
        Self { session: self.session.clone(), plan: self.plan().and_then(make).map_err(Error::in_methods) }
    }

    /// Like [`Frame::step`], for steps that are one call of the builder.
    fn build(&self, make: impl FnOnce(LogicalPlanBuilder) -> DataFusionResult<LogicalPlanBuilder>) -> Self {
        self.step(|plan| Ok(make(LogicalPlanBuilder::from(plan.clone()))?.build()?))
    }

    /// Other frames must be of the same session to be in one plan.
    fn check_same_session(&self, other: &Self, verb: &str) -> Result<()> {
        if self.session.is(&other.session) {
            return Ok(());
        }
        Err(Error::query(
            format!("frames of two sessions cannot be {verb}"),
            "make both of them from one session".to_owned(),
        ))
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.plan {
            Ok(plan) => write!(f, "Frame\n{}", plan.display_indent()),
            Err(error) => write!(f, "Frame that failed: {error}"),
        }
    }
}

impl Computable for Frame {
    type Value = Vec<arrow::array::RecordBatch>;

    fn request(&self, requests: &mut Requests) -> Result<Pending<Self::Value>> {
        let id = requests.add(&self.session, self.plan()?.clone())?;
        Ok(Box::new(move |answers| answers.take(id)))
    }
}

/// The names of a plan's columns.
fn names(plan: &LogicalPlan) -> Vec<String> {
    plan.schema().fields().iter().map(|field| field.name().clone()).collect()
}

/// The columns of a plan as expressions, with names that need no table's name before them.
fn own_columns(plan: &LogicalPlan) -> Vec<Expr> {
    let columns = plan.schema().iter();
    columns.map(|(table, field)| bare(table.cloned(), field.name()).alias(field.name())).collect()
}

fn bare(table: Option<datafusion::common::TableReference>, name: &str) -> Expr {
    Expr::Column(Column::new(table, name))
}

/// The plan with columns that belong to no table, so that it can stand beside itself.
pub(crate) fn without_tables(plan: &LogicalPlan) -> Result<LogicalPlan> {
    if plan.schema().iter().all(|(table, _)| table.is_none()) {
        return Ok(plan.clone());
    }
    Ok(LogicalPlanBuilder::from(plan.clone()).project(own_columns(plan))?.build()?)
}

/// A column that must be there.
fn column(plan: &LogicalPlan, name: &str) -> Result<Expr> {
    let (table, field) = plan.schema().qualified_field_with_unqualified_name(name)?;
    Ok(bare(table.cloned(), field.name()))
}

/// The type of a column that must be there.
fn column_type(plan: &LogicalPlan, name: &str) -> Result<arrow::datatypes::DataType> {
    Ok(plan.schema().field_with_unqualified_name(name)?.data_type().clone())
}
