//! `glob('*.csv')`: the names of files, as a table.

use std::sync::Arc;

use arrow::array::{RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::sql::sqlparser::ast::TableFactor;
use swath_io::{ErrorKind, expand};
use swath_planner::{GLOB_COLUMNS, globs_of};

use crate::error::Result;

/// Plans a call of it as its rows.
#[derive(Debug)]
pub(crate) struct GlobTables;

impl RelationPlanner for GlobTables {
    fn plan_relation(
        &self,
        relation: TableFactor,
        _context: &mut dyn RelationPlannerContext,
    ) -> DataFusionResult<RelationPlanning> {
        let external = |error: crate::Error| DataFusionError::External(Box::new(error));
        let Some(globs) = globs_of(&relation).map_err(|error| external(error.into()))? else {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        };
        let alias = match relation {
            TableFactor::Table { alias, .. } => alias,
            _ => None,
        };
        let names = names(&globs).map_err(external)?;
        let schema = Arc::new(Schema::new(vec![Field::new(GLOB_COLUMNS[0], DataType::Utf8View, false)]));
        let names = StringViewArray::from_iter_values(names);
        let rows = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(names)])?;
        let table = MemTable::try_new(schema, vec![vec![rows]])?;
        let plan = LogicalPlanBuilder::scan("glob", provider_as_source(Arc::new(table)), None)?.build()?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
    }
}

/// The files of globs, sorted as they are read. A glob that matches none has none.
fn names(globs: &[String]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for glob in globs {
        match expand(std::slice::from_ref(glob)) {
            Ok(files) => names.extend(files.iter().map(|file| file.path.to_string_lossy().into_owned())),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(names)
}
