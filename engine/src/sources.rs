//! The files that statements name, opened once and kept while they stay the same.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use datafusion::common::TableReference;
use datafusion::datasource::provider_as_source;
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::SessionState;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::sql::sqlparser::ast::TableFactor;
use swath_io::Notes;
use swath_planner::{Catalog, OptionValue, SourceCall, source_call_of};

use crate::error::Result;
use crate::options::ReadOptions;
use crate::table::SourceTable;

/// Tables that are kept although nobody has them.
const MAX_UNUSED_TABLES: usize = 256;

/// Tables by the call that names them. Clones share them.
#[derive(Clone)]
pub(crate) struct Sources {
    tables: Arc<RwLock<HashMap<SourceCall, Opened>>>,
    defaults: Arc<ReadOptions>,
    notes: Notes,
}

/// A table that is open.
struct Opened {
    table: Arc<SourceTable>,
    /// When it was asked for last.
    asked: Instant,
}

impl Sources {
    pub(crate) fn new(defaults: ReadOptions, notes: Notes) -> Self {
        Self { tables: Arc::default(), defaults: Arc::new(defaults), notes }
    }

    /// How bare paths are read.
    pub(crate) fn defaults(&self) -> &ReadOptions {
        &self.defaults
    }

    pub(crate) fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Opens the files of a call, unless they are open and unchanged. They stay so as long as the table is held. Blocks.
    pub(crate) fn open(&self, call: &SourceCall) -> Result<Arc<SourceTable>> {
        let known = self.get(call).filter(|table| table.is_current(call));
        let table = match (known, self.without_file_names(call)) {
            (Some(table), _) => table,
            (None, Some(table)) => Arc::new(table.with_file_names(call, &self.defaults)?),
            (None, None) => Arc::new(SourceTable::open(call, &self.defaults, &self.notes)?),
        };
        let opened = Opened { table: Arc::clone(&table), asked: Instant::now() };
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        tables.insert(call.clone(), opened);
        close_unused(&mut tables);
        Ok(table)
    }

    /// The open table of a call that is the same but for the column of each row's file.
    fn without_file_names(&self, call: &SourceCall) -> Option<Arc<SourceTable>> {
        let is_other = |(name, _): &&(String, OptionValue)| name != "filename";
        let options: Vec<_> = call.options.iter().filter(is_other).cloned().collect();
        if options.len() == call.options.len() {
            return None;
        }
        let without = SourceCall { options, ..call.clone() };
        self.get(&without).filter(|table| table.is_current(&without))
    }

    /// A scan of the files of a call that is open.
    pub(crate) fn plan(&self, call: &SourceCall) -> DataFusionResult<LogicalPlan> {
        self.plan_of(call, self.table(call)?)
    }

    /// Like [`Self::plan`], with the files read one after the other.
    pub(crate) fn plan_in_order(&self, call: &SourceCall) -> DataFusionResult<LogicalPlan> {
        self.plan_of(call, Arc::new(self.table(call)?.in_order()))
    }

    /// The table of a call that is open.
    pub(crate) fn table(&self, call: &SourceCall) -> DataFusionResult<Arc<SourceTable>> {
        let closed = || DataFusionError::Plan(format!("the files of {call} are not open"));
        let table = self.get(call).ok_or_else(closed)?;
        Ok(table.wider().unwrap_or(table))
    }

    /// The table of a call as its files are now, if that is another one than a plan has. They have been opened.
    pub(crate) fn newer(&self, table: &SourceTable) -> Option<Arc<SourceTable>> {
        self.get(table.call()).filter(|current| !current.is_of_same_look(table))?;
        let current = self.table(table.call()).ok()?;
        Some(if table.is_in_order() { Arc::new(current.in_order()) } else { current })
    }

    fn plan_of(&self, call: &SourceCall, table: Arc<SourceTable>) -> DataFusionResult<LogicalPlan> {
        let name = TableReference::bare(call.to_string());
        LogicalPlanBuilder::scan(name, provider_as_source(table), None)?.build()
    }

    fn get(&self, call: &SourceCall) -> Option<Arc<SourceTable>> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        tables.get(call).map(|opened| Arc::clone(&opened.table))
    }
}

/// Forgets half of the tables that nobody has, those that were not asked for for the longest time, where there are many.
fn close_unused(tables: &mut HashMap<SourceCall, Opened>) {
    if tables.len() <= MAX_UNUSED_TABLES {
        return;
    }
    let is_unused = |opened: &Opened| Arc::strong_count(&opened.table) == 1;
    let mut asked: Vec<Instant> =
        tables.values().filter(|opened| is_unused(opened)).map(|opened| opened.asked).collect();
    if asked.len() > MAX_UNUSED_TABLES {
        let (_, middle, _) = asked.select_nth_unstable(MAX_UNUSED_TABLES / 2);
        let until = *middle;
        tables.retain(|_, opened| !is_unused(opened) || opened.asked > until);
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("defaults", &self.defaults).finish_non_exhaustive()
    }
}

/// Plans a quoted path or a reading function as a scan of its files.
impl RelationPlanner for Sources {
    fn plan_relation(
        &self,
        relation: TableFactor,
        _context: &mut dyn RelationPlannerContext,
    ) -> DataFusionResult<RelationPlanning> {
        let call = source_call_of(&relation).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let Some(call) = call else { return Ok(RelationPlanning::Original(Box::new(relation))) };
        let alias = match relation {
            TableFactor::Table { alias, .. } | TableFactor::Function { alias, .. } => alias,
            _ => None,
        };
        let plan = self.plan(&call)?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
    }
}

/// What a statement's names may mean: the files it reads, and the tables and views of the session.
pub(crate) struct Names<'a> {
    pub(crate) sources: &'a Sources,
    /// Tables and views with their columns.
    pub(crate) tables: Vec<(String, Vec<String>)>,
    /// The names of functions over groups.
    pub(crate) aggregates: Vec<String>,
    /// The names of functions of single rows that are no others.
    pub(crate) scalars: Vec<String>,
}

impl<'a> Names<'a> {
    /// Tables and files, with the functions of a session.
    pub(crate) fn new(
        sources: &'a Sources,
        tables: Vec<(String, Vec<String>)>,
        state: &SessionState,
    ) -> Self {
        let aggregates: Vec<String> = state.aggregate_functions().keys().cloned().collect();
        let is_other =
            |name: &String| aggregates.contains(name) || state.window_functions().contains_key(name);
        let scalars = state.scalar_functions().keys().filter(|name| !is_other(name)).cloned().collect();
        Self { sources, tables, aggregates, scalars }
    }

    /// Files, and nothing else.
    pub(crate) fn of_files(sources: &'a Sources) -> Self {
        Self { sources, tables: Vec::new(), aggregates: Vec::new(), scalars: Vec::new() }
    }
}

impl Catalog for Names<'_> {
    fn source_columns(&self, call: &SourceCall) -> Option<Vec<String>> {
        self.sources.get(call).map(|table| table.column_names())
    }

    fn source_fields(&self, call: &SourceCall, path: &[String]) -> Vec<String> {
        self.sources.get(call).map_or(Vec::new(), |table| table.field_names(path))
    }

    fn tables(&self) -> Vec<String> {
        self.tables.iter().map(|(name, _)| name.clone()).collect()
    }

    fn table_columns(&self, table: &str) -> Option<Vec<String>> {
        self.tables.iter().find(|(name, _)| name == table).map(|(_, columns)| columns.clone())
    }

    fn is_aggregate(&self, function: &str) -> bool {
        self.aggregates.iter().any(|name| name.eq_ignore_ascii_case(function))
    }

    fn is_scalar(&self, function: &str) -> bool {
        self.scalars.iter().any(|name| name.eq_ignore_ascii_case(function))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use swath_planner::SourceFunction;

    use super::*;

    #[test]
    fn tables_that_nobody_has_are_forgotten_one_day() {
        let folder = tempfile::tempdir().unwrap();
        let sources = Sources::new(ReadOptions::default(), Notes::default());
        let call = |number: usize| {
            let path = folder.path().join(format!("{number}.csv"));
            fs::write(&path, "a\n1\n").unwrap();
            let paths = vec![path.display().to_string()];
            SourceCall { function: SourceFunction::Path, paths, options: Vec::new() }
        };
        let calls: Vec<_> = (0..3 * MAX_UNUSED_TABLES).map(call).collect();
        let held = sources.open(&calls[0]).unwrap();
        for call in &calls {
            sources.open(call).unwrap();
            // What was asked for last is there.
            sources.plan(call).unwrap();
        }
        assert!(sources.tables.read().unwrap().len() <= MAX_UNUSED_TABLES + 2);
        assert!(Arc::ptr_eq(&held, &sources.get(&calls[0]).unwrap()));
        assert!(sources.plan(&calls[1]).is_err());
        let many: Vec<_> = calls.iter().map(|call| sources.open(call).unwrap()).collect();
        calls.iter().for_each(|call| drop(sources.plan(call).unwrap()));
        drop(many);
    }
}
