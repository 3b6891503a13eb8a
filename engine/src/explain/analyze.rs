//! Runs plans to see what that takes.

use std::sync::Arc;
use std::time::Instant;

use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::future::join_all;
use futures::{FutureExt, StreamExt};
use swath_io::memory;
use tokio::task::JoinHandle;

use super::collect::{collect, measure};
use super::{ExplainQuery, ExplainedRun, Explanation, Step};
use crate::again::{Again, Member, Way};
use crate::error::{Error, Result};
use crate::output::panicked;
use crate::pass::{Together, reads_shared_plan};
use crate::session::Session;

/// Runs queries together, counts their rows and drops them.
///
/// # Errors
/// The first error of any of them.
pub(super) async fn analyze(session: &Session, queries: Vec<ExplainQuery>) -> Result<Explanation> {
    let space = session.pass_space().apart();
    let plans: Vec<_> = queries.iter().map(|query| query.plan.clone()).collect();
    let together = session.plan_together(plans, &space).await;
    let members = Member::of_groups(session, &together.groups());
    let Together { outputs, shared, .. } = together;
    let outputs = outputs.into_iter().collect::<Result<Vec<_>, DataFusionError>>()?;
    let statements = queries.iter().map(|query| query.statement.clone());
    let outputs: Vec<_> = outputs.into_iter().zip(statements).collect();
    let mut collected = collect(&outputs, &shared);

    let start = Instant::now();
    let steps = collected.explanation.outputs.iter().map(|output| output.plan.clone());
    let running: Vec<Running> =
        outputs.into_iter().zip(steps).map(|((exec, _), step)| Running::begin(session, exec, step)).collect();
    let mut counts = Vec::new();
    for (((mut running, output), query), member) in
        running.into_iter().zip(&mut collected.explanation.outputs).zip(queries).zip(members)
    {
        let (result, step) = running.end().await?;
        output.plan = step;
        let way = Way { shares: running.shares, frugal: false };
        // Those that failed wait for each other, and begin together again.
        let again = Again::new(session, query.plan, way, member);
        counts.push(match result {
            Ok(rows) => futures::future::ready(Ok(rows)).boxed(),
            Err(error) => count_again(again, error).boxed(),
        });
    }
    for (output, rows) in collected.explanation.outputs.iter_mut().zip(join_all(counts).await) {
        output.rows = Some(rows?);
    }
    collected.explanation.run = Some(ExplainedRun {
        wall: start.elapsed(),
        peak_bytes: memory::peak_bytes(),
        waiting_peak_bytes: space.peak_bytes() as u64,
    });
    collected.measure_passes();
    for (plan, explained) in shared.iter().zip(&mut collected.explanation.shared) {
        measure(plan, &mut explained.plan);
    }
    Ok(collected.explanation)
}

/// A query that is run; given up when it is dropped.
struct Running {
    task: JoinHandle<(Result<u64>, Step)>,
    /// Whether it reads what is computed for others, too.
    shares: bool,
}

impl Running {
    fn begin(session: &Session, exec: Arc<dyn ExecutionPlan>, mut step: Step) -> Self {
        let shares = reads_shared_plan(&exec);
        let context = session.task_context();
        let task = session.threads().spawn(async move {
            let result = match execute_stream(Arc::clone(&exec), context) {
                Ok(rows) => count_rows(rows).await,
                Err(error) => Err(Error::from(error)),
            };
            // The plan goes as soon as it has run: the passes that it reads wait for it no more.
            measure(&exec, &mut step);
            (result, step)
        });
        Self { task, shares }
    }

    async fn end(&mut self) -> Result<(Result<u64>, Step)> {
        (&mut self.task).await.map_err(panicked)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Counts the rows of a query that failed, where it can be run in another way.
async fn count_again(mut again: Again, mut error: Error) -> Result<u64> {
    loop {
        let Some(query) = again.after(&error) else { return Err(error) };
        let query = query.await?;
        match (count_rows(query.rows).await, query.again) {
            (Err(next), Some(way)) => (again, error) = (way, next),
            (result, _) => return result,
        }
    }
}

async fn count_rows(mut rows: SendableRecordBatchStream) -> Result<u64> {
    let mut count = 0;
    while let Some(batch) = rows.next().await {
        count += batch?.num_rows() as u64;
    }
    Ok(count)
}
