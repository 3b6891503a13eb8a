//! From a lazy bag to a plan and the sinks that run in it.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::logical_expr::LogicalPlan;

use super::Bag;
use super::line_filter::LineFilter;
use super::sink::{BoxSink, Connect, FeedWorker, Outbox};
use super::site::Site;
use crate::error::Result;
use crate::operators::map_partitions::MapPartitions;
use crate::session::Session;

/// What an operation needs to know of the order of elements; each need includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// Nothing.
    Nothing,
    /// Of which piece of the source elements are, and in a piece their order.
    Pieces,
    /// All elements in one partition, in their order.
    Order,
}

/// Part of a bag with one source.
pub(crate) struct Branch<T: ?Sized> {
    open: Open<T>,
    /// Filters lines in the plan; there is none once a closure has been put before.
    refine: Option<Refine<T>>,
}

/// Finds the files and makes the plan. Done for each computation.
pub(crate) type Open<T> = Arc<dyn Fn(Need) -> Result<Opened<T>> + Send + Sync>;

pub(crate) type Refine<T> = Arc<dyn Fn(LineFilter) -> Branch<T> + Send + Sync>;

/// A plan, and how its batches become elements. It may run any number of times.
pub(crate) struct Opened<T: ?Sized> {
    pub(crate) session: Session,
    pub(crate) plan: LogicalPlan,
    pub(crate) connect: Connect<T>,
    /// What is done to elements, in words for those who read the plan.
    pub(crate) steps: Vec<String>,
    /// Each row of the plan is one element.
    pub(crate) rows_are_elements: bool,
}

impl<T: ?Sized> Clone for Branch<T> {
    fn clone(&self) -> Self {
        Self { open: Arc::clone(&self.open), refine: self.refine.clone() }
    }
}

impl<T: ?Sized + 'static> Branch<T> {
    pub(crate) fn new(open: impl Fn(Need) -> Result<Opened<T>> + Send + Sync + 'static) -> Self {
        Self { open: Arc::new(open), refine: None }
    }

    pub(crate) fn refined_by(self, refine: impl Fn(LineFilter) -> Self + Send + Sync + 'static) -> Self {
        Self { refine: Some(Arc::new(refine)), ..self }
    }

    pub(crate) fn refine(&self) -> Option<&Refine<T>> {
        self.refine.as_ref()
    }

    pub(crate) fn open(&self, need: Need) -> Result<Opened<T>> {
        (self.open)(need)
    }

    /// This branch with a stage behind it.
    pub(crate) fn then<U: ?Sized + 'static>(
        &self,
        site: Site,
        need: Need,
        stage: impl Fn(BoxSink<U>) -> BoxSink<T> + Send + Sync + 'static,
    ) -> Branch<U> {
        let open = Arc::clone(&self.open);
        let stage = Arc::new(stage);
        Branch::new(move |outer_need| {
            let Opened { session, plan, connect, mut steps, .. } = open(need.max(outer_need))?;
            let stage = Arc::clone(&stage);
            steps.push(site.to_string());
            let connect: Connect<U> = Arc::new(move |sink| connect(stage(sink)));
            Ok(Opened { session, plan, connect, steps, rows_are_elements: false })
        })
    }
}

impl<T: ?Sized + 'static> Opened<T> {
    /// The plan with the sinks in it, and a last sink that leaves rows of the schema.
    pub(crate) fn into_plan(
        self,
        last_step: &str,
        schema: &SchemaRef,
        last: impl Fn(usize, Outbox) -> BoxSink<T> + Send + Sync + 'static,
    ) -> Result<LogicalPlan> {
        let Self { plan, connect, mut steps, .. } = self;
        steps.push(last_step.to_owned());
        let factory = Arc::new(move |partition| {
            let outbox = Outbox::default();
            let feed = connect(last(partition, outbox.clone()));
            Ok(Box::new(FeedWorker::new(feed, outbox)) as _)
        });
        Ok(MapPartitions::plan(&steps.join(", "), plan, schema, factory)?)
    }
}

impl<T: ?Sized + 'static> Bag<T> {
    pub(crate) fn of(branch: Branch<T>) -> Self {
        Self { branches: vec![branch] }
    }

    /// The bag with a stage behind each branch.
    pub(crate) fn then<U: ?Sized + 'static>(
        &self,
        site: Site,
        need: Need,
        stage: impl Fn(BoxSink<U>) -> BoxSink<T> + Clone + Send + Sync + 'static,
    ) -> Bag<U> {
        Bag { branches: self.branches.iter().map(|branch| branch.then(site, need, stage.clone())).collect() }
    }
}
