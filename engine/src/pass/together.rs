//! From the logical plans of several outputs to physical plans that share what they can.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::error::Result;
use datafusion::execution::context::SessionState;
use datafusion::logical_expr::{LogicalPlan, TableScan, TableSource};
use datafusion::physical_plan::ExecutionPlan;
use futures::FutureExt;
use swath_planner::fuse::{Fused, SharedPlan, SharedSource, share_aggregates};

use super::partition::{broke_off, guard};
use super::reader::PassReaderExec;
use super::seal::{PassSpace, share_scans};
use super::shared::{LatePlan, SharedTable};
use super::{Pass, PassSource};
use crate::walk::{Walk, WalkPlan};
use crate::widen::with_wider_types;

/// What is run for outputs that are computed together.
pub(crate) struct Together {
    /// A plan for each output, in their order.
    pub(crate) outputs: Vec<Result<Arc<dyn ExecutionPlan>>>,
    /// Plans whose results several outputs read.
    pub(crate) shared: Vec<Arc<dyn ExecutionPlan>>,
}

impl Together {
    /// Plans outputs. One that cannot be planned does not keep the others from it, nor does a panic of a rule.
    pub(crate) async fn plan(outputs: Vec<LogicalPlan>, state: &SessionState, space: &PassSpace) -> Self {
        let optimize = |plan| guard(|| state.optimize(&with_wider_types(plan)?));
        let optimized: Vec<Result<LogicalPlan>> = outputs.into_iter().map(optimize).collect();
        let (plans, mut results) = take_ok(optimized);
        let planned = match Self::plan_shared(plans.clone(), state, space).await {
            Ok(planned) => planned,
            // Nothing that the outputs have in common may keep them from being computed apart.
            Err(_) => Shared { plans, ..Shared::default() },
        };
        let mut physical = Vec::new();
        for plan in &planned.plans {
            let planned = AssertUnwindSafe(state.query_planner().create_physical_plan(plan, state));
            physical.push(planned.catch_unwind().await.unwrap_or_else(|panic| Err(broke_off(panic))));
        }
        // Places that no plan has taken are given up.
        drop(planned.plans);
        let (execs, physical_results) = take_ok(physical);
        let (execs, shared) = match share(execs.clone(), planned.shared.clone(), space) {
            Ok((execs, shared, _)) => (execs, shared),
            Err(_) => (execs, planned.shared),
        };
        for (plan, late) in shared.iter().zip(&planned.late) {
            // Set once, here.
            let _ = late.set(Arc::clone(plan));
        }
        fill(&mut results, fill_new(physical_results, execs));
        let missing = || datafusion::error::DataFusionError::Internal("an output was not planned".into());
        let outputs = results.into_iter().map(|result| result.unwrap_or_else(|| Err(missing()))).collect();
        Self { outputs, shared }
    }

    /// For each output a number, the same where two read the same, or another one reads something of both.
    pub(crate) fn groups(&self) -> Vec<usize> {
        let mut groups: Vec<usize> = (0..self.outputs.len()).collect();
        let mut readers: HashMap<*const Pass, usize> = HashMap::new();
        for (output, exec) in self.outputs.iter().enumerate() {
            for pass in exec.iter().flat_map(passes_of) {
                let (old, new) = (groups[output], groups[*readers.entry(pass).or_insert(output)]);
                groups.iter_mut().filter(|group| **group == old).for_each(|group| *group = new);
            }
        }
        groups
    }

    async fn plan_shared(
        outputs: Vec<LogicalPlan>,
        state: &SessionState,
        space: &PassSpace,
    ) -> Result<Shared> {
        let Fused { outputs, shared } = share_aggregates(outputs, &same_table)?;
        let mut planned = Shared::default();
        let mut tables: Vec<Arc<dyn TableSource>> = Vec::new();
        for SharedPlan { plan, readers } in shared {
            let exec = state.query_planner().create_physical_plan(&plan, state).await?;
            let late = LatePlan::new(OnceLock::new());
            let table = SharedTable::new(&exec, &late, readers, &state.task_ctx(), space);
            planned.shared.push(exec);
            planned.late.push(late);
            tables.push(provider_as_source(Arc::new(table)));
        }
        planned.plans = outputs.into_iter().map(|plan| name_tables(plan, &tables)).collect::<Result<_>>()?;
        Ok(planned)
    }
}

/// What a plan reads, by itself and through plans that it shares with others.
pub(super) fn passes_of(plan: &Arc<dyn ExecutionPlan>) -> Vec<*const Pass> {
    let mut passes = Vec::new();
    let walked = plan.apply_dyn(|node| {
        if let Some(reader) = node.downcast_ref::<PassReaderExec>() {
            passes.push(Arc::as_ptr(reader.pass()));
            if let PassSource::Plan(late) = reader.pass().source()
                && let Some(shared) = late.get()
            {
                passes.extend(passes_of(shared));
            }
        }
        Ok(TreeNodeRecursion::Continue)
    });
    debug_assert!(walked.is_ok());
    passes
}

/// Whether a plan reads the result of another one, and so may fail because of what other outputs ask for.
pub(crate) fn reads_shared_plan(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let reads = |node: &Arc<dyn ExecutionPlan>| {
        let reader = node.downcast_ref::<PassReaderExec>();
        Ok(reader.is_some_and(|reader| matches!(reader.pass().source(), PassSource::Plan(_))))
    };
    plan.exists_dyn(reads).unwrap_or(false)
}

/// Outputs, and what was made of what they have in common.
#[derive(Default)]
struct Shared {
    plans: Vec<LogicalPlan>,
    shared: Vec<Arc<dyn ExecutionPlan>>,
    late: Vec<LatePlan>,
}

type SharedExecs = (Vec<Arc<dyn ExecutionPlan>>, Vec<Arc<dyn ExecutionPlan>>, Vec<Arc<Pass>>);

/// Shares the scans of outputs and of what they have in common.
fn share(
    outputs: Vec<Arc<dyn ExecutionPlan>>,
    shared: Vec<Arc<dyn ExecutionPlan>>,
    space: &PassSpace,
) -> Result<SharedExecs> {
    let count = outputs.len();
    let all = outputs.into_iter().chain(shared).collect();
    let (mut outputs, passes) = share_scans(all, space)?;
    let shared = outputs.split_off(count);
    Ok((outputs, shared, passes))
}

/// Puts the tables of shared plans in the place of what stands for them.
fn name_tables(plan: LogicalPlan, tables: &[Arc<dyn TableSource>]) -> Result<LogicalPlan> {
    plan.transform_up_with_subqueries_dyn(|node| {
        let LogicalPlan::TableScan(mut scan) = node else { return Ok(Transformed::no(node)) };
        let index = (scan.source.as_ref() as &dyn std::any::Any)
            .downcast_ref()
            .map(|shared: &SharedSource| shared.index);
        match index {
            Some(index) => {
                scan.source = Arc::clone(&tables[index]);
                Ok(Transformed::yes(LogicalPlan::TableScan(scan)))
            }
            None => Ok(Transformed::no(LogicalPlan::TableScan(scan))),
        }
    })
    .data()
}

fn same_table(left: &TableScan, right: &TableScan) -> bool {
    match (source_as_provider(&left.source), source_as_provider(&right.source)) {
        (Ok(left), Ok(right)) => Arc::ptr_eq(&left, &right),
        _ => false,
    }
}

/// What went right, and in each place what went wrong or nothing.
fn take_ok<T, U>(results: Vec<Result<T>>) -> (Vec<T>, Vec<Option<Result<U>>>) {
    let mut right = Vec::new();
    let mut places = Vec::new();
    for result in results {
        match result {
            Ok(value) => {
                right.push(value);
                places.push(None);
            }
            Err(error) => places.push(Some(Err(error))),
        }
    }
    (right, places)
}

/// Fills the places where nothing is yet, in order.
fn fill<T>(places: &mut [Option<T>], values: Vec<T>) {
    let empty = places.iter_mut().filter(|place| place.is_none());
    for (place, value) in empty.zip(values) {
        *place = Some(value);
    }
}

fn fill_new<T>(mut places: Vec<Option<Result<T>>>, values: Vec<T>) -> Vec<Result<T>> {
    fill(&mut places, values.into_iter().map(Ok).collect());
    places.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use datafusion::arrow::datatypes::{Schema, SchemaRef};
    use datafusion::catalog::{Session as CoreSession, TableProvider};
    use datafusion::logical_expr::{Expr, LogicalPlanBuilder, TableType};

    use super::*;
    use crate::session::Session;

    #[derive(Debug)]
    struct Panics;

    #[async_trait]
    impl TableProvider for Panics {
        fn schema(&self) -> SchemaRef {
            Arc::new(Schema::empty())
        }

        fn table_type(&self) -> TableType {
            TableType::Base
        }

        async fn scan(
            &self,
            _session: &dyn CoreSession,
            _projection: Option<&Vec<usize>>,
            _filters: &[Expr],
            _limit: Option<usize>,
        ) -> Result<Arc<dyn ExecutionPlan>> {
            panic!("a defect of a rule")
        }
    }

    #[test]
    fn a_panic_takes_no_other_output_down() {
        let session = Session::builder().threads(1).build().unwrap();
        let bad = LogicalPlanBuilder::scan("t", provider_as_source(Arc::new(Panics)), None).unwrap();
        let good = LogicalPlanBuilder::empty(true);
        let plans = vec![bad.build().unwrap(), good.build().unwrap()];
        let together = session.plan_together(plans, session.pass_space());
        let outputs = futures::executor::block_on(together).outputs;
        let error = outputs[0].as_ref().unwrap_err().to_string();
        assert!(error.contains("the query broke off: a defect of a rule"), "{error}");
        assert!(outputs[1].is_ok());
    }
}
