//! SQL as a frame, and frames in SQL.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::TableReference;
use datafusion::datasource::ViewTable;
use datafusion::error::Result as DataFusionResult;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
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
        Ok(Frame::new(self, with_names_apart(plan)?))
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
        refuse_other_self(&query)?;
        with_names_apart(crate::blocking::block_on(self.session().plan_query(query, Some(tables)))?)
    }
}

/// A query cannot call something else as it calls the frame.
fn refuse_other_self(query: &Statement) -> Result<()> {
    let CoreStatement::Statement(statement) = query else { return Ok(()) };
    let SqlStatement::Query(query) = statement.as_ref() else { return Ok(()) };
    let mut names = query.with.iter().flat_map(|with| &with.cte_tables).map(|table| &table.alias.name);
    match names.find(|name| name.value.eq_ignore_ascii_case(SELF)) {
        None => Ok(()),
        Some(name) => {
            let hint = "call the query in WITH otherwise".to_owned();
            Err(Error::query(format!("{name} is the frame itself, and cannot be a query in WITH"), hint))
        }
    }
}

/// The plan with a number behind names that stand in front of them already, as `k_1`: columns of frames have names of their own.
fn with_names_apart(plan: LogicalPlan) -> Result<LogicalPlan> {
    let names = super::names(&plan);
    let mut taken: HashSet<String> = HashSet::new();
    let mut new_names = Vec::with_capacity(names.len());
    for name in &names {
        let numbered = (1..).map(|number| format!("{name}_{number}"));
        let is_free = |new: &String| !taken.contains(new) && (new == name || !names.contains(new));
        let new =
            std::iter::once(name.clone()).chain(numbered).find(is_free).expect("there is always one more");
        taken.insert(new.clone());
        new_names.push(new);
    }
    if new_names == names {
        return Ok(plan);
    }
    let columns = plan.schema().columns().into_iter().map(Expr::Column);
    let columns: Vec<Expr> = columns.zip(new_names).map(|(column, new)| column.alias(new)).collect();
    Ok(LogicalPlanBuilder::from(plan).project(columns)?.build()?)
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
#[derive(Debug, Clone)]
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
        let plan = LogicalPlanBuilder::from(plan.clone()).alias(TableReference::bare(*name))?.build()?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias.clone()))))
    }
}
