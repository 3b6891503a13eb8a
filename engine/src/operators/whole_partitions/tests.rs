use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringViewArray};
use arrow::util::pretty::pretty_format_batches;
use datafusion::datasource::MemTable;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext, col};

use super::{WholePartitions, WholePartitionsExec};
use crate::budget::Budget;
use crate::spill_store::SpillStore;
use crate::walk::Walk;

/// Rows of partitions of all lengths, nulls among their keys and values.
fn rows() -> MemTable {
    let batch = |first: i64| {
        let rows = || (first..first + 1000).map(|row| row.wrapping_mul(7919) % 30_011);
        let texts = rows().map(|row| (row % 7 != 0).then(|| format!("a text of the row with number {row}")));
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("id", Arc::new(rows().collect::<Int64Array>())),
            ("a", Arc::new(rows().map(|row| (row % 11 != 0).then_some(row % 9001)).collect::<Int64Array>())),
            ("b", Arc::new(rows().map(|row| (row % 5 != 0).then_some(row % 3)).collect::<Int64Array>())),
            ("t", Arc::new(texts.collect::<StringViewArray>())),
            (
                "c",
                Arc::new(
                    rows().map(|row| (row % 13 != 0).then_some((row % 100) as f64)).collect::<Float64Array>(),
                ),
            ),
        ];
        let columns = columns.into_iter().map(|(name, column)| (name, column, true));
        RecordBatch::try_from_iter_with_nullable(columns).unwrap()
    };
    let partitions =
        (0..3).map(|partition| (0..3).map(|number| batch(partition * 3000 + number * 1000)).collect());
    let partitions: Vec<Vec<RecordBatch>> = partitions.collect();
    MemTable::try_new(partitions[0][0].schema(), partitions).unwrap()
}

struct Answer {
    rows: String,
    by_groups: bool,
    spilled_bytes: u64,
}

/// The same rows in batches of 1000, sorted by `b`.
async fn sorted_rows() -> MemTable {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
    context.register_table("rows", Arc::new(rows())).unwrap();
    let sorted = context.sql("SELECT * FROM rows ORDER BY b, id").await.unwrap().collect().await.unwrap();
    let slices = |batch: &RecordBatch| -> Vec<RecordBatch> {
        let starts = (0..batch.num_rows()).step_by(1000);
        starts.map(|start| batch.slice(start, (batch.num_rows() - start).min(1000))).collect()
    };
    let table =
        MemTable::try_new(sorted[0].schema(), vec![sorted.iter().flat_map(slices).collect()]).unwrap();
    table.with_sort_order(vec![vec![col("b").sort(true, false)]])
}

async fn answer(sql: &str, with_rule: bool, limit_bytes: usize, batch_size: usize) -> Answer {
    let spills = Arc::new(SpillStore::new(std::env::temp_dir(), u64::MAX));
    let budget = Arc::new(Budget::new(limit_bytes));
    let pool: Arc<dyn MemoryPool> = Arc::clone(&budget) as _;
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(pool).build().unwrap();
    let mut state = SessionStateBuilder::new()
        .with_default_features()
        .with_config(
            SessionConfig::new()
                .with_target_partitions(if sql.contains("sorted") { 1 } else { 2 })
                .with_batch_size(batch_size),
        )
        .with_runtime_env(Arc::new(runtime));
    if with_rule {
        let rule = WholePartitions { spills: Arc::clone(&spills) };
        state = state.with_physical_optimizer_rule(Arc::new(rule));
    }
    let context = SessionContext::new_with_state(state.build());
    context.register_table("rows", Arc::new(rows())).unwrap();
    context.register_table("sorted", Arc::new(sorted_rows().await)).unwrap();
    let plan = context.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    let by_groups = plan.exists_dyn(|node| Ok(node.is::<WholePartitionsExec>())).unwrap();
    let batches = datafusion::physical_plan::collect(plan, context.task_ctx()).await.unwrap();
    assert_eq!(budget.used_bytes(), 0);
    let rows = pretty_format_batches(&batches).unwrap().to_string();
    Answer { rows, by_groups, spilled_bytes: spills.written_bytes() }
}

#[tokio::test]
async fn values_are_those_of_the_core() {
    for (window, by_groups) in [
        ("sum(c) OVER (PARTITION BY a), count(t) OVER (PARTITION BY a), avg(c) OVER (PARTITION BY a)", true),
        ("max(t) OVER (PARTITION BY id)", true),
        ("min(t) OVER (PARTITION BY b), count(*) OVER (PARTITION BY b)", true),
        ("sum(id) OVER (PARTITION BY a, b), sum(id) OVER (PARTITION BY b)", true),
        ("sum(id) OVER (PARTITION BY a + b % 2)", true),
        ("sum(id) OVER (PARTITION BY t), max(c) OVER (PARTITION BY t)", true),
        ("sum(id) OVER (PARTITION BY b ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)", true),
        ("sum(id) FILTER (WHERE c > 50) OVER (PARTITION BY b)", false),
        ("count(DISTINCT c) OVER (PARTITION BY b), median(id) OVER (PARTITION BY b)", true),
        (
            "max(id) OVER (PARTITION BY b ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
            true,
        ),
        (
            "array_agg(id) OVER (PARTITION BY a ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
            true,
        ),
        (
            "sum(id) OVER (PARTITION BY b ORDER BY id RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)",
            false,
        ),
        ("sum(id) OVER (PARTITION BY b ORDER BY id)", false),
        ("sum(id) OVER (PARTITION BY b ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)", false),
        ("sum(id) OVER (), max(t) OVER ()", true),
        ("row_number() OVER (PARTITION BY a ORDER BY id), sum(id) OVER (PARTITION BY a)", true),
    ] {
        for from in ["rows", "rows WHERE a = 7", "rows WHERE id < 0"] {
            let sql = format!("SELECT id, {window} FROM {from} ORDER BY id");
            let expected = answer(&sql, false, usize::MAX >> 8, 512).await.rows;
            for batch_size in [50, 8192] {
                let found = answer(&sql, true, usize::MAX >> 8, batch_size).await;
                assert_eq!(found.rows, expected, "{sql} in batches of {batch_size} rows");
                assert!(found.by_groups == by_groups || from != "rows", "{sql}");
                assert_eq!(found.spilled_bytes, 0);
            }
        }
    }
}

#[tokio::test]
async fn rows_of_long_partitions_wait_on_disk() {
    let sql = "SELECT id, t, sum(c) OVER (PARTITION BY b), max(t) OVER (PARTITION BY b) FROM sorted";
    let expected = answer(sql, false, usize::MAX >> 8, 8192).await.rows;
    let found = answer(sql, true, 200_000, 8192).await;
    assert_eq!(found.rows, expected);
    assert!(found.by_groups && found.spilled_bytes > 10_000, "{}", found.spilled_bytes);
    // All rows are one partition.
    let sql = sql.replace("PARTITION BY b", "");
    let found = answer(&sql, true, 200_000, 8192).await;
    assert_eq!(found.rows, answer(&sql, false, usize::MAX >> 8, 8192).await.rows);
    assert!(found.by_groups && found.spilled_bytes > 10_000, "{}", found.spilled_bytes);
}
