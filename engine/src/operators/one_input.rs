//! Operators of one input without what the relational core asks of all of them.

use std::fmt;
use std::sync::Arc;

use datafusion::common::Statistics;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{Distribution, OrderingRequirements, PhysicalExpr};
use datafusion::physical_plan::execution_plan::PlanProperties;
use datafusion::physical_plan::filter_pushdown::{
    ChildPushdownResult, FilterDescription, FilterPushdownPhase, FilterPushdownPropagation,
};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, InputDistributionRequirements, replace_children_if_necessary,
};

/// What rows go through on their way from one operator to the next. They stay the same rows, in the same order and partitions.
pub(crate) trait Passage: fmt::Debug + Clone + Send + Sync + 'static {
    /// Of the operator, in plans.
    const NAME: &'static str;

    /// Whether it wants all rows in one partition.
    const IN_ONE_PARTITION: bool = false;

    /// Whether rows that are sorted in front of it are sorted behind it, for who plans sorts.
    const KEEPS_ORDER: bool = true;

    /// What is known of the rows behind it: what was known before.
    fn properties(&self, input: &Arc<dyn ExecutionPlan>) -> Arc<PlanProperties> {
        Arc::clone(input.properties())
    }

    /// The rows of one partition, behind it: as they are, unless it says otherwise.
    fn through(
        &self,
        rows: SendableRecordBatchStream,
        _context: &TaskContext,
    ) -> Result<SendableRecordBatchStream> {
        Ok(rows)
    }
}

/// An operator that is a [`Passage`].
#[derive(Debug)]
pub(crate) struct PassageExec<P> {
    input: Arc<dyn ExecutionPlan>,
    passage: P,
    properties: Arc<PlanProperties>,
}

impl<P: Passage> PassageExec<P> {
    pub(crate) fn over(input: Arc<dyn ExecutionPlan>, passage: P) -> Arc<dyn ExecutionPlan> {
        let properties = passage.properties(&input);
        Arc::new(Self { input, passage, properties })
    }
}

impl<P: Passage> DisplayAs for PassageExec<P> {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match display {
            DisplayFormatType::Default | DisplayFormatType::Verbose => f.write_str(P::NAME),
            DisplayFormatType::TreeRender => Ok(()),
        }
    }
}

impl<P: Passage> ExecutionPlan for PassageExec<P> {
    fn name(&self) -> &str {
        P::NAME
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        let wanted = if P::IN_ONE_PARTITION {
            Distribution::SinglePartition
        } else {
            Distribution::UnspecifiedDistribution
        };
        vec![wanted]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![P::KEEPS_ORDER]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Self::over(children.swap_remove(0), self.passage.clone()))
    }

    fn statistics_from_inputs(
        &self,
        inputs: &[Arc<Statistics>],
        _args: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        Ok(Arc::clone(&inputs[0]))
    }

    fn gather_filters_for_pushdown(
        &self,
        _phase: FilterPushdownPhase,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        _config: &ConfigOptions,
    ) -> Result<FilterDescription> {
        FilterDescription::from_children(filters, &self.children())
    }

    fn handle_child_pushdown_result(
        &self,
        _phase: FilterPushdownPhase,
        result: ChildPushdownResult,
        _config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        Ok(FilterPushdownPropagation::if_all(result))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let rows = self.input.execute(partition, Arc::clone(&context))?;
        self.passage.through(rows, &context)
    }
}

/// Another way to run an operator of the relational core that has one input.
pub(crate) trait OtherWay: fmt::Debug + Clone + Send + Sync + 'static {
    /// The core's operator.
    type Core: ExecutionPlan;

    /// Of the operator, for who looks for it in a plan.
    const NAME: &'static str;

    /// What the core's operator gives for the rows of one of its partitions.
    fn run(
        &self,
        core: &Arc<dyn ExecutionPlan>,
        rows: SendableRecordBatchStream,
        context: Arc<TaskContext>,
        metrics: Metrics<'_>,
    ) -> Result<SendableRecordBatchStream>;
}

/// Where one partition of an operator counts what it takes and gives.
#[derive(Clone, Copy)]
pub(crate) struct Metrics<'a> {
    pub(crate) set: &'a ExecutionPlanMetricsSet,
    pub(crate) partition: usize,
}

/// An operator that runs one of the relational core's in an [`OtherWay`]. In plans it stands as that one.
#[derive(Debug)]
pub(crate) struct OtherWayExec<W> {
    core: Arc<dyn ExecutionPlan>,
    way: W,
    metrics: ExecutionPlanMetricsSet,
}

impl<W: OtherWay> OtherWayExec<W> {
    /// In place of an operator, which is a [`Core`](OtherWay::Core).
    pub(crate) fn of(core: Arc<dyn ExecutionPlan>, way: W) -> Arc<dyn ExecutionPlan> {
        debug_assert!(core.is::<W::Core>(), "{} in place of {}", W::NAME, core.name());
        Arc::new(Self { core, way, metrics: ExecutionPlanMetricsSet::new() })
    }

    /// What it does, however it does it.
    pub(crate) fn core(&self) -> &W::Core {
        core_of::<W>(&self.core)
    }
}

/// The operator of the core that a plan is, which runs in another way.
pub(crate) fn core_of<W: OtherWay>(plan: &Arc<dyn ExecutionPlan>) -> &W::Core {
    plan.downcast_ref().expect("it is made of such an operator")
}

impl<W: OtherWay> DisplayAs for OtherWayExec<W> {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.fmt_as(display, f)
    }
}

impl<W: OtherWay> ExecutionPlan for OtherWayExec<W> {
    fn name(&self) -> &str {
        W::NAME
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.core.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.core.children()
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        self.core.input_distribution_requirements()
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        self.core.required_input_ordering()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        self.core.maintains_input_order()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.core.apply_expressions(f)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let core = replace_children_if_necessary(Arc::clone(&self.core), children)?;
        Ok(Self::of(core, self.way.clone()))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let rows = self.core.children()[0].execute(partition, Arc::clone(&context))?;
        self.way.run(&self.core, rows, context, Metrics { set: &self.metrics, partition })
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}
