//! SQL as a frame, and frames in SQL.

use std::sync::Arc;

use datafusion::common::TableReference;
use datafusion::datasource::ViewTable;
use datafusion::error::Result as DataFusionResult;
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::sql::parser::Statement as CoreStatement;
use datafusion::sql::sqlparser::ast::{ObjectNamePart, Statement as SqlStatement, TableFactor};
use swath_planner::Statement;

use super::{Frame, without_tables};
use crate::error::{Error, Result};
use crate::session::Session;

/// The name of the frame itself in [`Frame::sql`].
const SELF: &str = "self";

/// And of another one, in queries that are made by the library.
const OTHER: &str = "other";

impl Session {
    /// A frame of a query, which may read files and the session's tables and views. It is planned now,
    /// and run when its rows are asked for.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
    /// let session = swath::Session::new()?;
    /// let frame = session.sql(&format!("SELECT a FROM '{}' WHERE b > 2", path.display()))?;
    /// session.register("late", &frame)?;
    /// assert_eq!(session.sql("SELECT sum(a) AS s FROM late")?.max("s").get()?, Some(3.0));
    /// # Ok::<(), swath::Error>(())
    /// ```
    ///
    /// # Errors
    /// The text is not one query, or it cannot be planned.
    pub fn sql(&self, sql: &str) -> Result<Frame> {
        crate::blocking::block_on(self.sql_async(sql))
    }

    /// Like [`Session::sql`], for async code.
    ///
    /// # Errors
    /// As of [`Session::sql`].
    pub async fn sql_async(&self, sql: &str) -> Result<Frame> {
        let plan = self.plan_query(one_query(self.parse(sql)?)?, None).await?;
        Ok(Frame::new(self, plan))
    }

    /// Makes a frame of this session a view: SQL finds it under the name, spelt so. A view of that name
    /// is replaced.
    ///
    /// # Errors
    /// The frame has failed, or is of another session.
    pub fn register(&self, name: &str, frame: &Frame) -> Result<()> {
        if !self.is(frame.session()) {
            let hint = "register it in the session that it was made by".to_owned();
            return Err(Error::query("the frame is of another session", hint));
        }
        let view = ViewTable::new(without_tables(frame.plan()?)?, None);
        self.register_view(name, Arc::new(view))
    }
}

impl Frame {
    /// A query over this frame, which it calls `self`.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// let sums = frame.sql("SELECT sum(a) AS a, sum(b) AS b FROM self");
    /// assert_eq!(sums.columns()?, ["a", "b"]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn sql(&self, sql: &str) -> Self {
        self.step(|plan| self.plan_sql(sql, SelfTable::new(without_tables(plan)?)))
    }

    /// The plan of a query over these tables.
    pub(super) fn plan_sql(&self, sql: &str, tables: SelfTable) -> Result<LogicalPlan> {
        let query = one_query(self.session().parse(sql)?)?;
        crate::blocking::block_on(self.session().plan_query(query, Some(tables)))
    }
}

/// The statement, which must be the only one and a query.
fn one_query(statements: Vec<Statement>) -> Result<Statement> {
    let count = statements.len();
    let Ok([statement]) = <[Statement; 1]>::try_from(statements) else {
        let hint = "run several with Session::collect_blocking".to_owned();
        return Err(Error::query(format!("expected one query, found {count} statements"), hint));
    };
    let is_query =
        matches!(&statement, CoreStatement::Statement(inner) if matches!(**inner, SqlStatement::Query(_)));
    if is_query {
        return Ok(statement);
    }
    let hint = "a frame is made of a SELECT; run other statements with Session::collect_blocking".to_owned();
    Err(Error::query("the statement is not a query", hint))
}

/// Puts a frame where a query says `self`, and maybe another where it says `other`.
#[derive(Debug)]
pub(crate) struct SelfTable {
    plans: Vec<(&'static str, LogicalPlan)>,
}

impl SelfTable {
    pub(super) fn new(plan: LogicalPlan) -> Self {
        Self { plans: vec![(SELF, plan)] }
    }

    pub(super) fn with_other(mut self, plan: LogicalPlan) -> Self {
        self.plans.push((OTHER, plan));
        self
    }

    /// The names and the columns that queries may use.
    pub(crate) fn tables(&self) -> impl Iterator<Item = (String, Vec<String>)> {
        self.plans.iter().map(|(name, plan)| ((*name).to_owned(), super::names(plan)))
    }
}

impl RelationPlanner for SelfTable {
    fn plan_relation(
        &self,
        relation: TableFactor,
        _context: &mut dyn RelationPlannerContext,
    ) -> DataFusionResult<RelationPlanning> {
        let TableFactor::Table { name, alias, args: None, .. } = &relation else {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        };
        let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() else {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        };
        let named = self.plans.iter().find(|(name, _)| ident.value.eq_ignore_ascii_case(name));
        let Some((name, plan)) = named else {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        };
        let plan = datafusion::logical_expr::LogicalPlanBuilder::from(plan.clone())
            .alias(TableReference::bare(*name))?
            .build()?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias.clone()))))
    }
}
