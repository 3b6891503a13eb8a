//! Rows of a result in the order in which they stand in the files.
//!
//! Partitions of a pass take chunks as they come, so that what they give together has no order. Where nothing
//! but filters and projections stands between a pass and a result, people expect that of the files, as `grep`
//! gives it; so does a window over all rows, which numbers them, and a sample, which is to be the same each time.
//! [`InOrderExec`] takes the place of these operators: each partition is filtered and projected by a task of its own, and the batches are merged by their places.

mod in_turn;
mod lanes;
mod streams;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::projection::Projector;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, PlanProperties};
use datafusion::physical_plan::filter::{FilterExec, batch_filter};
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, replace_children_if_necessary,
};
use futures::{Stream, StreamExt};
use in_turn::InTurnExec;
use lanes::Lanes;
pub(super) use streams::in_streams;
use streams::{wants_order, written_together};
use swath_io::Place;

use super::reader::PassReaderExec;
use super::seal::scan_config;
use crate::walk::Walk;

/// Whether the result of a plan is in the order of the files that this leaf of it reads.
pub(super) fn is_read_in_order(plan: &Arc<dyn ExecutionPlan>, leaf: &Arc<dyn ExecutionPlan>) -> bool {
    find_chains(plan).iter().any(|chain| Arc::ptr_eq(leaf_of(chain), leaf))
}

/// Gives rows in the order of the files, where the plan is of the kind that [`InOrderExec`] is for.
pub(super) fn keep_order(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let chains = find_chains(&plan);
    if chains.is_empty() {
        return Ok(plan);
    }
    plan.transform_down_dyn(|node| {
        if !chains.iter().any(|chain| Arc::ptr_eq(chain, &node)) {
            return Ok(Transformed::no(node));
        }
        Ok(match InOrderExec::of_chain(&node)? {
            Some(in_order) => Transformed::new(Arc::new(in_order), true, TreeNodeRecursion::Jump),
            None => Transformed::new(node, false, TreeNodeRecursion::Jump),
        })
    })
    .data()
}

/// The chains whose rows are wanted in order: those of the result, and of operators that want it.
fn find_chains(plan: &Arc<dyn ExecutionPlan>) -> Vec<Arc<dyn ExecutionPlan>> {
    let mut chains = Vec::new();
    find_chains_of_stream(plan, &mut chains);
    let mut nodes = vec![plan];
    while let Some(node) = nodes.pop() {
        let children = node.children();
        if wants_order(node) {
            children.iter().for_each(|input| find_chains_of_stream(input, &mut chains));
        }
        nodes.extend(children);
    }
    chains
}

/// The filters and projections over leaves from which the rows of a stream come as they are, and what brings
/// their partitions together.
fn find_chains_of_stream(node: &Arc<dyn ExecutionPlan>, chains: &mut Vec<Arc<dyn ExecutionPlan>>) {
    let coalesce = node.downcast_ref::<CoalescePartitionsExec>();
    if is_chain(coalesce.map_or(node, CoalescePartitionsExec::input)) {
        chains.push(Arc::clone(node));
        return;
    }
    if coalesce.is_some() {
        return;
    }
    let passes_on = node.is::<InTurnExec>() || node.is::<GlobalLimitExec>() || is_step(node);
    if passes_on || written_together(node).is_some() {
        node.children().into_iter().for_each(|input| find_chains_of_stream(input, chains));
    }
}

/// Whether a plan of several partitions is a leaf under operators that [`Step`] knows.
fn is_chain(node: &Arc<dyn ExecutionPlan>) -> bool {
    node.output_partitioning().partition_count() > 1 && is_leaf_under_steps(node)
}

/// Whether it is an operator that [`Step`] knows.
fn is_step(node: &Arc<dyn ExecutionPlan>) -> bool {
    node.is::<FilterExec>()
        || node.is::<ProjectionExec>()
        || node.is::<CooperativeExec>()
        || node.is::<LocalLimitExec>()
        || node.is::<UnnestExec>()
        || is_round_robin(node)
}

fn is_leaf_under_steps(node: &Arc<dyn ExecutionPlan>) -> bool {
    match node.children().as_slice() {
        [] => node.is::<PassReaderExec>() || scan_config(node).is_some(),
        [input] => is_step(node) && is_leaf_under_steps(input),
        _ => false,
    }
}

/// Whether it only deals rows out to more partitions.
fn is_round_robin(node: &Arc<dyn ExecutionPlan>) -> bool {
    let repartition = node.downcast_ref::<RepartitionExec>();
    repartition.is_some_and(|node| matches!(node.partitioning(), Partitioning::RoundRobinBatch(_)))
}

fn leaf_of(node: &Arc<dyn ExecutionPlan>) -> &Arc<dyn ExecutionPlan> {
    match node.children().as_slice() {
        [input] => leaf_of(input),
        _ => node,
    }
}

/// What is done with the rows of a partition.
#[derive(Clone)]
enum Step {
    Filter {
        predicate: Arc<dyn PhysicalExpr>,
        projection: Option<Vec<usize>>,
        schema: SchemaRef,
    },
    Project {
        projector: Projector,
        schema: SchemaRef,
        shown: String,
    },
    /// An operator that makes rows of each row.
    Unnest(Arc<dyn ExecutionPlan>),
    /// No partition needs more rows: all of them give as many.
    Limit(usize),
}

impl Step {
    /// What an operator of a chain does, the last first; nothing for one that does nothing to rows.
    fn of(node: &Arc<dyn ExecutionPlan>) -> Result<Vec<Self>> {
        if let Some(filter) = node.downcast_ref::<FilterExec>() {
            let projection = filter.projection().as_ref().map(|columns| columns.to_vec());
            let predicate = Arc::clone(filter.predicate());
            let step = Self::Filter { predicate, projection, schema: node.schema() };
            return Ok(filter.fetch().map(Self::Limit).into_iter().chain([step]).collect());
        }
        if let Some(projection) = node.downcast_ref::<ProjectionExec>() {
            let exprs = projection.projection_expr();
            let projector = exprs.make_projector(&projection.input().schema())?;
            let shown = exprs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Ok(vec![Self::Project { projector, schema: node.schema(), shown }]);
        }
        if node.is::<UnnestExec>() {
            return Ok(vec![Self::Unnest(Arc::clone(node))]);
        }
        Ok(node
            .downcast_ref::<LocalLimitExec>()
            .map(|limit| Self::Limit(limit.fetch()))
            .into_iter()
            .collect())
    }

    /// What becomes of a batch, added to others.
    async fn apply(
        &mut self,
        batch: RecordBatch,
        context: &Arc<TaskContext>,
        made: &mut Vec<RecordBatch>,
    ) -> Result<()> {
        match self {
            Self::Filter { predicate, projection, schema } => {
                let kept = batch_filter(&batch, predicate)?;
                let kept = match projection {
                    Some(columns) => kept.project(columns)?,
                    None => kept,
                };
                made.push(kept.with_schema(Arc::clone(schema))?);
            }
            Self::Project { projector, schema, .. } => {
                made.push(projector.project_batch(&batch)?.with_schema(Arc::clone(schema))?);
            }
            Self::Unnest(operator) => {
                let rows = MemorySourceConfig::try_new_exec(&[vec![batch.clone()]], batch.schema(), None)?;
                let operator = replace_children_if_necessary(Arc::clone(operator), vec![rows])?;
                let mut rows = operator.execute(0, Arc::clone(context))?;
                while let Some(batch) = rows.next().await {
                    made.push(batch?);
                }
            }
            Self::Limit(rows) => {
                let given = batch.slice(0, batch.num_rows().min(*rows));
                *rows -= given.num_rows();
                made.push(given);
            }
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter { predicate, .. } => write!(f, "filter={predicate}"),
            Self::Project { shown, .. } => write!(f, "expr=[{shown}]"),
            Self::Unnest(_) => write!(f, "unnest"),
            Self::Limit(rows) => write!(f, "limit={rows}"),
        }
    }
}

/// Filters and projects what a reader of a pass gives, and merges its partitions into one, in order.
pub(crate) struct InOrderExec {
    input: Arc<dyn ExecutionPlan>,
    /// The first one first.
    steps: Vec<Step>,
    /// Rows wanted, at most.
    fetch: Option<usize>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl InOrderExec {
    /// In place of a chain of operators; `None` if there is no pass below it.
    fn of_chain(chain: &Arc<dyn ExecutionPlan>) -> Result<Option<Self>> {
        let mut steps = Vec::new();
        let mut fetch = None;
        let mut node = chain;
        while let [input] = node.children().as_slice() {
            match node.downcast_ref::<CoalescePartitionsExec>() {
                Some(coalesce) => fetch = coalesce.fetch(),
                None => steps.extend(Step::of(node)?),
            }
            node = input;
        }
        steps.reverse();
        let input = Arc::clone(node);
        Ok(input.is::<PassReaderExec>().then(|| Self::new(input, steps, fetch, chain.schema())))
    }

    fn new(input: Arc<dyn ExecutionPlan>, steps: Vec<Step>, fetch: Option<usize>, schema: SchemaRef) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let metrics = ExecutionPlanMetricsSet::new();
        Self { input, steps, fetch, properties: Arc::new(properties), metrics }
    }
}

impl fmt::Debug for InOrderExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InOrderExec").field("input", &self.input).finish_non_exhaustive()
    }
}

impl DisplayAs for InOrderExec {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fetch = self.fetch.map(|rows| format!("limit={rows}"));
        let steps: Vec<String> = self.steps.iter().map(ToString::to_string).chain(fetch).collect();
        let lines = display == DisplayFormatType::TreeRender;
        write!(
            f,
            "{}{}",
            if lines { "" } else { "InOrderExec: " },
            steps.join(if lines { "\n" } else { ", " })
        )
    }
}

impl ExecutionPlan for InOrderExec {
    fn name(&self) -> &str {
        "InOrderExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let predicates = self.steps.iter().filter_map(|step| match step {
            Step::Filter { predicate, .. } => Some(predicate),
            Step::Project { .. } | Step::Unnest(_) | Step::Limit(_) => None,
        });
        datafusion::physical_plan::apply_expression_roots(predicates, f)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.swap_remove(0);
        Ok(Arc::new(Self::new(input, self.steps.clone(), self.fetch, self.schema())))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let Some(reader) = self.input.downcast_ref::<PassReaderExec>() else {
            return Err(DataFusionError::Internal("rows in order are those of a pass".into()));
        };
        let partitions = self.input.output_partitioning().partition_count();
        let lanes = Arc::new(Lanes::new(partitions, context.memory_pool()));
        let mut tasks = Vec::new();
        for number in 0..partitions {
            let mut rows = reader.placed(number, &context)?;
            let (lanes, mut steps) = (Arc::clone(&lanes), self.steps.clone());
            let context = Arc::clone(&context);
            tasks.push(SpawnedTask::spawn(async move {
                let mut end = End { lanes, number, result: Ok(()) };
                end.result = fill(&mut rows, &mut steps, &context, &end.lanes, number).await;
            }));
        }
        Ok(Box::pin(InOrderStream {
            lanes,
            rows_left: self.fetch.unwrap_or(usize::MAX),
            schema: self.schema(),
            metrics: BaselineMetrics::new(&self.metrics, partition),
            _tasks: tasks,
        }))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// Rows with their places.
pub(super) type PlacedRows = Pin<Box<dyn Stream<Item = Result<(Place, RecordBatch)>> + Send>>;

/// Takes a partition through the steps into its lane.
async fn fill(
    rows: &mut PlacedRows,
    steps: &mut [Step],
    context: &Arc<TaskContext>,
    lanes: &Lanes,
    number: usize,
) -> Result<()> {
    while let Some(placed) = rows.next().await {
        let (place, batch) = placed?;
        let schema = batch.schema();
        let mut batches = vec![batch];
        for step in &mut *steps {
            let mut made = Vec::new();
            for batch in batches.drain(..).filter(|batch| batch.num_rows() > 0) {
                step.apply(batch, context, &mut made).await?;
            }
            batches = made;
        }
        if batches.is_empty() {
            // The place is told, too, so that others do not wait for it.
            batches.push(RecordBatch::new_empty(schema));
        }
        for batch in batches {
            if batch.num_rows() > 0 {
                lanes.room(number).await;
            }
            lanes.put(number, place, batch);
        }
        if steps.iter().any(|step| matches!(step, Step::Limit(0))) {
            break;
        }
    }
    Ok(())
}

/// Tells that a lane has ended, on whatever way its task ends.
struct End {
    lanes: Arc<Lanes>,
    number: usize,
    result: Result<()>,
}

impl Drop for End {
    fn drop(&mut self) {
        let mut result = std::mem::replace(&mut self.result, Ok(()));
        if std::thread::panicking() {
            result = Err(DataFusionError::Execution("the query broke off: a task panicked".into()));
        }
        self.lanes.end(self.number, result);
    }
}

struct InOrderStream {
    lanes: Arc<Lanes>,
    rows_left: usize,
    schema: SchemaRef,
    metrics: BaselineMetrics,
    /// Given up with the stream.
    _tasks: Vec<SpawnedTask<()>>,
}

impl Stream for InOrderStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.rows_left == 0 {
            return Poll::Ready(None);
        }
        let polled = self.lanes.poll_next(cx).map_ok(|batch| {
            let batch = batch.slice(0, batch.num_rows().min(self.rows_left));
            self.rows_left -= batch.num_rows();
            batch
        });
        self.metrics.record_poll(polled)
    }
}

impl RecordBatchStream for InOrderStream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
