//! The leaf of a plan that takes part in a pass.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::projection::{ProjectionExprs, Projector};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_plan::coop::cooperative;
use datafusion::physical_plan::execution_plan::PlanProperties;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan};
use futures::{Stream, StreamExt};
use swath_io::Place;

use super::dynamic::DynamicFilters;
use super::in_order::PlacedRows;
use super::log::{Item, NO_PLACE};
use super::partition::ReaderState;
use super::{Pass, PassSource, Seat};
use crate::walk::Walk;

/// What a reader makes of what the pass gives.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// What the expressions take: columns of the pass, or values of the file.
    inputs: Vec<Input>,
    /// For each file, the values that do not stand in it: of its folders, its name.
    of_file: Arc<[Vec<ScalarValue>]>,
    /// The inputs as the expressions know them.
    input_schema: SchemaRef,
    exprs: ProjectionExprs,
    /// What becomes known of the rows that are wanted while the plan runs, over the inputs.
    dynamic_filters: Vec<Arc<dyn PhysicalExpr>>,
    /// Rows wanted of each partition, at most.
    fetch: Option<usize>,
    /// Files one after the other, in one stream.
    pub(crate) in_order: bool,
}

#[derive(Debug, Clone, Copy)]
enum Input {
    Column(usize),
    /// One of the values of the file.
    OfFile(usize),
}

impl View {
    /// The view of a scan: expressions over the columns of a table, of which the pass reads some. `files` tells how
    /// many columns the files have, and for each file the values of the others.
    pub(crate) fn of_scan(
        exprs: &ProjectionExprs,
        dynamic_filters: &[Arc<dyn PhysicalExpr>],
        table: &Schema,
        pass_columns: &[usize],
        files: (usize, Arc<[Vec<ScalarValue>]>),
        fetch: Option<usize>,
        in_order: bool,
    ) -> Result<Self> {
        let used = exprs.column_indices();
        let place: HashMap<usize, usize> =
            used.iter().enumerate().map(|(at, column)| (*column, at)).collect();
        let (file_columns, of_file) = files;
        let input = |column: &usize| match pass_columns.iter().position(|known| known == column) {
            Some(position) => Input::Column(position),
            // Behind the columns of the files stand those that say something of each file.
            None => Input::OfFile(column - file_columns),
        };
        let remap = |expr: Arc<dyn PhysicalExpr>| {
            expr.transform_up_dyn(|node: Arc<dyn PhysicalExpr>| match node.downcast_ref::<Column>() {
                Some(column) => {
                    let moved: Arc<dyn PhysicalExpr> =
                        Arc::new(Column::new(column.name(), place[&column.index()]));
                    Ok(Transformed::yes(moved))
                }
                None => Ok(Transformed::no(node)),
            })
            .data()
        };
        let can_judge = |filter: &&Arc<dyn PhysicalExpr>| {
            collect_columns(filter).iter().all(|column| place.contains_key(&column.index()))
        };
        let dynamic_filters = dynamic_filters.iter().filter(can_judge).cloned().map(&remap);
        let dynamic_filters = dynamic_filters.collect::<Result<_>>()?;
        let remapped = exprs.clone().try_map_exprs(remap)?;
        let fields: Vec<Field> = used.iter().map(|column| table.field(*column).clone()).collect();
        Ok(Self {
            inputs: used.iter().map(input).collect(),
            of_file,
            input_schema: Arc::new(Schema::new(fields)),
            exprs: remapped,
            dynamic_filters,
            fetch,
            in_order,
        })
    }

    /// Some columns of a plan's result.
    pub(crate) fn of_plan(schema: &SchemaRef, columns: &[usize]) -> Self {
        Self {
            inputs: (0..schema.fields().len()).map(Input::Column).collect(),
            of_file: Arc::new([]),
            input_schema: Arc::clone(schema),
            exprs: ProjectionExprs::from_indices(columns, schema),
            dynamic_filters: Vec::new(),
            fetch: None,
            in_order: false,
        }
    }

    /// Positions of the columns of the pass that the view needs.
    pub(crate) fn needs(&self) -> HashSet<usize> {
        let column = |input: &Input| match input {
            Input::Column(position) => Some(*position),
            Input::OfFile(_) => None,
        };
        self.inputs.iter().filter_map(column).collect()
    }
}

/// Reads what a pass gives, in place of a scan of its own.
pub(crate) struct PassReaderExec {
    seat: Arc<Seat>,
    view: View,
    /// The scan it stands for: the same rows, should an operator want them once more.
    instead: Option<Arc<dyn ExecutionPlan>>,
    properties: Arc<PlanProperties>,
    /// Which partitions are being read.
    begun: Arc<[AtomicBool]>,
    metrics: ExecutionPlanMetricsSet,
}

impl PassReaderExec {
    pub(crate) fn new(
        seat: Seat,
        view: View,
        instead: Option<Arc<dyn ExecutionPlan>>,
        properties: Arc<PlanProperties>,
    ) -> Self {
        let partitions = properties.output_partitioning().partition_count();
        let begun = (0..partitions).map(|_| AtomicBool::new(false)).collect();
        let metrics = ExecutionPlanMetricsSet::new();
        Self { seat: Arc::new(seat), view, instead, properties, begun, metrics }
    }

    /// The pass it takes part in.
    pub(crate) fn pass(&self) -> &Arc<Pass> {
        &self.seat.pass
    }

    /// Whether it becomes known while the plan runs which rows it does not want.
    pub(crate) fn has_dynamic_filters(&self) -> bool {
        !self.view.dynamic_filters.is_empty()
    }

    /// What it computes of the columns of the pass.
    pub(crate) fn exprs(&self) -> &ProjectionExprs {
        &self.view.exprs
    }

    /// The columns of the pass that it takes, by their names.
    pub(crate) fn columns(&self) -> Vec<&str> {
        let fields = self.view.input_schema.fields().iter().zip(&self.view.inputs);
        let used = self.view.exprs.column_indices();
        let of_pass = fields.enumerate().filter(|(at, _)| used.contains(at));
        of_pass.map(|(_, (field, _))| field.name().as_str()).collect()
    }

    /// The columns by which rows are left out once a join or a top-k knows what it looks for, by their names.
    pub(crate) fn dynamic_filter_columns(&self) -> Vec<String> {
        let columns = self.view.dynamic_filters.iter().flat_map(collect_columns);
        columns.map(|column| column.name().to_owned()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Rows wanted of each partition, at most.
    pub(crate) fn fetch(&self) -> Option<usize> {
        self.view.fetch
    }
}

impl fmt::Debug for PassReaderExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassReaderExec")
            .field("seat", &self.seat)
            .field("view", &self.view)
            .finish_non_exhaustive()
    }
}

impl DisplayAs for PassReaderExec {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.pass().source() {
            PassSource::Scan(_) => "scan",
            PassSource::Plan(_) => "result",
        };
        let columns: Vec<&str> = self.view.exprs.iter().map(|expr| expr.alias.as_str()).collect();
        if display == DisplayFormatType::TreeRender {
            return write!(f, "shared {what}");
        }
        write!(f, "PassReaderExec: shared {what}, columns=[{}]", columns.join(", "))?;
        match self.view.fetch {
            Some(fetch) => write!(f, ", limit={fetch}"),
            None => Ok(()),
        }
    }
}

impl ExecutionPlan for PassReaderExec {
    fn name(&self) -> &str {
        "PassReaderExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        // Who makes a dynamic filter looks here whether anybody takes it.
        let computed = self.view.exprs.iter().map(|computed| &computed.expr);
        datafusion::physical_plan::apply_expression_roots(computed.chain(&self.view.dynamic_filters), f)
    }

    fn with_new_children(
        self: Arc<Self>,
        _children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if self.begun[partition].swap(true, Ordering::Relaxed) {
            return self.read_again(partition, context);
        }
        Ok(Box::pin(cooperative(self.begin(partition)?)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

impl PassReaderExec {
    /// The rows of a partition with their places.
    pub(super) fn placed(&self, partition: usize, context: &Arc<TaskContext>) -> Result<PlacedRows> {
        if self.begun[partition].swap(true, Ordering::Relaxed) {
            let rows = self.read_again(partition, Arc::clone(context))?;
            return Ok(rows.map(|batch| batch.map(|batch| (NO_PLACE, batch))).boxed());
        }
        let mut stream = self.begin(partition)?;
        Ok(futures::stream::poll_fn(move |cx| stream.poll_placed(cx)).boxed())
    }

    /// The same rows once more, not from the pass.
    fn read_again(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        match &self.instead {
            Some(scan) => scan.execute(partition, context),
            None => Err(DataFusionError::Internal("a shared result is read twice by one plan".into())),
        }
    }

    fn begin(&self, partition: usize) -> Result<PassReaderStream> {
        let pass_partitions = self.pass().partition_count();
        let partitions = if self.view.in_order { 0..pass_partitions } else { partition..partition + 1 };
        let stream = PassReaderStream {
            partitions: partitions.map(|number| (number, ReaderState::default())).collect(),
            heads: HashMap::new(),
            projector: self.view.exprs.make_projector(&self.view.input_schema)?,
            dynamic_filters: DynamicFilters::new(&self.view.dynamic_filters),
            needs: self.view.needs(),
            fails: false,
            rows_left: self.view.fetch.unwrap_or(usize::MAX),
            schema: self.schema(),
            view: self.view.clone(),
            metrics: BaselineMetrics::new(&self.metrics, partition),
            seat: Arc::clone(&self.seat),
        };
        Ok(stream)
    }
}

/// One partition of a reader; all partitions of the pass if the files are wanted in order.
struct PassReaderStream {
    /// Partitions of the pass that have not ended.
    partitions: Vec<(usize, ReaderState)>,
    /// What came from a partition before its turn.
    heads: HashMap<usize, (Place, RecordBatch)>,
    projector: Projector,
    dynamic_filters: DynamicFilters,
    needs: HashSet<usize>,
    /// A column that it needs has failed, and it is not known yet whether that or damage of the file is to be told.
    fails: bool,
    rows_left: usize,
    schema: SchemaRef,
    view: View,
    metrics: BaselineMetrics,
    seat: Arc<Seat>,
}

impl Stream for PassReaderStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_placed(cx).map_ok(|(_, batch)| batch)
    }
}

impl RecordBatchStream for PassReaderStream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

impl PassReaderStream {
    /// The next batch, and where its rows stand.
    fn poll_placed(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(Place, RecordBatch)>>> {
        if self.rows_left == 0 {
            self.leave();
        }
        let next = ready!(self.poll_heads(cx));
        let next = next.map(|next| {
            let (place, batch) = next?;
            let batch = self.project(place.file, &batch)?;
            Ok((place, self.limit(batch)))
        });
        if matches!(next, None | Some(Err(_))) {
            self.leave();
        }
        if let Some(Ok((_, batch))) = &next {
            self.metrics.record_output(batch.num_rows());
        }
        Poll::Ready(next)
    }

    /// The batch of the first place of all partitions; with one partition, its next batch.
    fn poll_heads(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(Place, RecordBatch)>>> {
        let mut is_pending = false;
        let mut at = 0;
        while at < self.partitions.len() {
            let number = self.partitions[at].0;
            if self.heads.contains_key(&number) {
                at += 1;
                continue;
            }
            let partition = &self.seat.pass.partitions[number];
            match partition.poll_next(self.seat.reader, &mut self.partitions[at].1, cx) {
                Poll::Ready(None) => {
                    self.partitions.swap_remove(at);
                }
                Poll::Ready(Some(Ok(Item::Batch { .. }))) if self.fails => {
                    // Nothing comes of it; others may want to do something meanwhile.
                    cx.waker().wake_by_ref();
                    is_pending = true;
                    at += 1;
                }
                Poll::Ready(Some(Ok(Item::Batch { batch, place }))) => {
                    self.heads.insert(number, (place, batch));
                    at += 1;
                }
                Poll::Ready(Some(Ok(Item::ColumnFailed { column, error, is_checked })))
                    if self.needs.contains(&column) =>
                {
                    if !is_checked {
                        self.fails = true;
                        self.heads.clear();
                        at = 0;
                        continue;
                    }
                    return Poll::Ready(Some(Err(DataFusionError::External(Box::new(error)))));
                }
                Poll::Ready(Some(Ok(Item::ColumnFailed { .. }))) => {}
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                // The others are polled all the same: this one may wait for one of them.
                Poll::Pending => {
                    is_pending = true;
                    at += 1;
                }
            }
        }
        if is_pending {
            return Poll::Pending;
        }
        let first = self.heads.iter().min_by_key(|(_, (place, _))| *place).map(|(number, _)| *number);
        Poll::Ready(first.and_then(|number| self.heads.remove(&number)).map(Ok))
    }

    /// What the reader makes of a batch of the pass.
    fn project(&mut self, file: usize, batch: &RecordBatch) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let input = |input: &Input| match input {
            Input::Column(position) => Ok(Arc::clone(batch.column(*position))),
            Input::OfFile(value) => self.view.of_file[file][*value].to_array_of_size(rows),
        };
        let columns = self.view.inputs.iter().map(input).collect::<Result<_>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::clone(&self.view.input_schema);
        let batch = RecordBatch::try_new_with_options(schema, columns, &options)?;
        let batch = self.dynamic_filters.keep(batch)?;
        let rows = batch.num_rows();
        let batch = self.projector.project_batch(&batch)?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), batch.columns().to_vec(), &options)?)
    }

    fn limit(&mut self, batch: RecordBatch) -> RecordBatch {
        let rows = batch.num_rows().min(self.rows_left);
        self.rows_left -= rows;
        if rows < batch.num_rows() { batch.slice(0, rows) } else { batch }
    }

    /// Gives up the place in all partitions that are still read.
    fn leave(&mut self) {
        self.heads.clear();
        for (number, _) in self.partitions.drain(..) {
            self.seat.pass.partitions[number].leave(self.seat.reader);
        }
    }
}

impl Drop for PassReaderStream {
    fn drop(&mut self) {
        self.leave();
    }
}
