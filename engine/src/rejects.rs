//! `rejects()`: what reading left out, as a table that is looked up when a query begins to run.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::error::Result as DataFusionResult;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::sql::sqlparser::ast::TableFactor;
use swath_io::Notes;
use swath_planner::{REJECTS_COLUMNS, is_rejects};

/// The table of a session.
#[derive(Debug, Clone)]
pub(crate) struct RejectsTable {
    notes: Notes,
}

impl RejectsTable {
    pub(crate) fn new(notes: Notes) -> Self {
        Self { notes }
    }

    /// What has been rejected so far, by file and place.
    pub(crate) fn rows(&self) -> RecordBatch {
        let all = self.notes.rejects().all();
        let text = |of: &dyn Fn(usize) -> Option<String>| -> ArrayRef {
            Arc::new((0..all.len()).map(of).collect::<StringArray>())
        };
        let number = |of: &dyn Fn(usize) -> u64| -> ArrayRef {
            Arc::new(UInt64Array::from_iter_values((0..all.len()).map(of)))
        };
        let columns: Vec<ArrayRef> = vec![
            text(&|at| Some(all[at].0.path.to_string_lossy().into_owned())),
            // Behind a part of a file that is lost nobody knows the line.
            Arc::new(all.iter().map(|(_, reject)| reject.known_line()).collect::<UInt64Array>()),
            number(&|at| all[at].0.byte_offset),
            text(&|at| all[at].1.column.clone()),
            text(&|at| Some(all[at].1.expected.clone())),
            text(&|at| Some(all[at].1.found.clone())),
            text(&|at| Some(all[at].1.record.clone())),
        ];
        RecordBatch::try_new(self.schema(), columns).expect("the columns are those of the schema")
    }
}

#[async_trait]
impl TableProvider for RejectsTable {
    fn schema(&self) -> SchemaRef {
        let field = |name: &&str| match *name {
            "line" | "byte" => Field::new(*name, DataType::UInt64, *name == "line"),
            name => Field::new(name, DataType::Utf8, name == "column"),
        };
        Arc::new(Schema::new(REJECTS_COLUMNS.iter().map(field).collect::<Vec<_>>()))
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let table = MemTable::try_new(self.schema(), vec![vec![self.rows()]])?;
        table.scan(state, projection, filters, limit).await
    }
}

impl RelationPlanner for RejectsTable {
    fn plan_relation(
        &self,
        relation: TableFactor,
        _context: &mut dyn RelationPlannerContext,
    ) -> DataFusionResult<RelationPlanning> {
        if !is_rejects(&relation) {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        }
        let alias = match relation {
            TableFactor::Table { alias, .. } => alias,
            _ => None,
        };
        let table = provider_as_source(Arc::new(self.clone()));
        let plan = LogicalPlanBuilder::scan("rejects", table, None)?.build()?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
    }
}
