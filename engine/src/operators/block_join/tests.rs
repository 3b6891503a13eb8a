use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray};
use arrow::util::pretty::pretty_format_batches;
use datafusion::datasource::MemTable;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::{BlockJoinExec, JoinByBlocks};
use crate::budget::Budget;
use crate::spill_store::SpillStore;

/// Rows with long texts in three partitions, nulls among them; each table has other numbers.
fn rows(seed: i64) -> MemTable {
    let batch = |first: i64| {
        let numbers = || (first..first + 50).map(move |row| row.wrapping_mul(7919 + seed) % 1_009);
        let text =
            |number: i64| (number % 5 != 0).then(|| format!("{number} {}", "and more of it ".repeat(8)));
        let columns: Vec<(&str, ArrayRef)> = vec![
            (
                "n",
                Arc::new(
                    numbers().map(|number| (number % 11 != 0).then_some(number)).collect::<Int64Array>(),
                ),
            ),
            ("k", Arc::new(numbers().map(|number| number % 3).collect::<Int64Array>())),
            ("t", Arc::new(numbers().map(text).collect::<StringViewArray>())),
        ];
        let columns = columns.into_iter().map(|(name, column)| (name, column, true));
        RecordBatch::try_from_iter_with_nullable(columns).unwrap()
    };
    let partitions =
        (0..3).map(|partition| (0..3).map(|number| batch(partition * 150 + number * 50)).collect());
    let partitions: Vec<Vec<RecordBatch>> = partitions.collect();
    MemTable::try_new(partitions[0][0].schema(), partitions).unwrap()
}

struct Answer {
    rows: String,
    by_blocks: bool,
    spilled_rows: usize,
}

/// Rows that the joins of a plan have written to disk.
fn spilled_rows(plan: &Arc<dyn ExecutionPlan>) -> usize {
    let own =
        plan.metrics().filter(|_| plan.is::<BlockJoinExec>()).and_then(|metrics| metrics.spilled_rows());
    own.unwrap_or(0) + plan.children().into_iter().map(spilled_rows).sum::<usize>()
}

async fn answer(sql: &str, with_rule: bool, limit_bytes: usize) -> Answer {
    let spills = Arc::new(SpillStore::new(std::env::temp_dir(), u64::MAX));
    let budget = Arc::new(Budget::new(limit_bytes));
    let pool: Arc<dyn MemoryPool> = Arc::clone(&budget) as _;
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(pool).build().unwrap();
    let mut state = SessionStateBuilder::new()
        .with_default_features()
        .with_config(SessionConfig::new().with_target_partitions(3).with_batch_size(64))
        .with_runtime_env(Arc::new(runtime));
    if with_rule {
        let rule = JoinByBlocks { spills: Arc::clone(&spills) };
        state = state.with_physical_optimizer_rule(Arc::new(rule));
    }
    let context = SessionContext::new_with_state(state.build());
    context.register_table("a", Arc::new(rows(0))).unwrap();
    context.register_table("b", Arc::new(rows(2))).unwrap();
    let plan = context.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    let by_blocks = format!("{plan:?}").contains("BlockJoinExec");
    let batches = datafusion::physical_plan::collect(Arc::clone(&plan), context.task_ctx()).await.unwrap();
    let spilled_rows = spilled_rows(&plan);
    drop(plan);
    assert_eq!(budget.used_bytes(), 0);
    let text = pretty_format_batches(&batches).unwrap().to_string();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    Answer { rows: lines.join("\n"), by_blocks, spilled_rows }
}

/// Each kind of join, with rows on both sides that have a partner, several, and none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_those_of_the_core() {
    let near = "a.n < b.n AND a.n + 3 > b.n";
    let mut questions: Vec<String> = ["INNER", "LEFT", "RIGHT", "FULL"]
        .iter()
        .flat_map(|kind| {
            [
                format!("SELECT * FROM a {kind} JOIN b ON {near}"),
                format!("SELECT b.t, a.n FROM a {kind} JOIN b ON {near} AND a.t <> b.t"),
                format!("SELECT count(*) FROM a {kind} JOIN b ON {near}"),
                format!("SELECT k, count(*) FROM a {kind} JOIN (SELECT k AS l, n FROM b WHERE n < 0) b ON {near} GROUP BY k"),
                format!(
                    "SELECT x.k, x.m, y.k, y.m FROM (SELECT k, max(n) AS m FROM a GROUP BY k) x {kind} JOIN \
                     (SELECT n % 7 AS k, max(n) AS m FROM b GROUP BY n % 7) y ON x.m < y.m"
                ),
            ]
        })
        .collect();
    questions.extend(
        [
            "SELECT * FROM a WHERE EXISTS (SELECT 1 FROM b WHERE a.n < b.n AND a.n + 3 > b.n)",
            "SELECT * FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE a.n < b.n AND a.n + 3 > b.n)",
            "SELECT count(*), sum(a.n), max(b.t) FROM a CROSS JOIN (SELECT * FROM b WHERE n % 10 = 1) b",
        ]
        .map(str::to_owned),
    );
    for sql in questions {
        let expected = answer(&sql, false, usize::MAX >> 8).await.rows;
        for limit_bytes in [usize::MAX >> 8, 100_000] {
            let found = answer(&sql, true, limit_bytes).await;
            let differs =
                found.rows.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
            assert!(found.rows == expected, "{sql}: {differs:?}");
            assert!(found.by_blocks, "{sql}");
            let is_large = sql.starts_with("SELECT * FROM a ");
            assert!(found.spilled_rows > 0 || !is_large || limit_bytes > 100_000, "{sql}");
        }
    }
}
