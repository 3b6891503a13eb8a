use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringViewArray};
use arrow::util::pretty::pretty_format_batches;
use datafusion::datasource::MemTable;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::{MOST_ROWS, ShortPartitions, ShortPartitionsExec};
use crate::budget::Budget;
use crate::dialect::window_numbers;
use crate::walk::Walk;

/// Rows whose `k` is that of 1, 2, 3 … rows, and one of more than are kept, in no order; nulls are among keys and values.
fn rows(batch_rows: usize) -> MemTable {
    let lens = (1..40).chain([MOST_ROWS + 500, 5, MOST_ROWS, 1, 2]);
    let mut keys: Vec<(i64, Option<i64>)> = lens
        .zip(0..)
        .flat_map(|(len, key)| std::iter::repeat_n((key != 7).then_some(key), len))
        .zip(0..)
        .map(|(key, id)| (id, key))
        .collect();
    keys.sort_by_key(|(id, _)| id.wrapping_mul(7919) % 30_011);
    let batch = |rows: &[(i64, Option<i64>)]| {
        let of_ids = |value: fn(i64) -> Option<i64>| rows.iter().map(move |(id, _)| value(*id));
        let columns: [(&str, ArrayRef); 6] = [
            ("id", Arc::new(of_ids(Some).collect::<Int64Array>())),
            ("k", Arc::new(rows.iter().map(|(_, key)| *key).collect::<Int64Array>())),
            ("o", Arc::new(of_ids(|id| (id % 11 != 0).then_some(id % 5)).collect::<Int64Array>())),
            ("v", Arc::new(of_ids(|id| (id % 3 != 0).then_some(id % 17)).collect::<Int64Array>())),
            ("d", Arc::new(of_ids(|id| Some(id % 8)).map(|d| d.map(|d| d as f64)).collect::<Float64Array>())),
            (
                "t",
                Arc::new(
                    of_ids(Some).map(|id| id.map(|id| format!("t{}", id % 19))).collect::<StringViewArray>(),
                ),
            ),
        ];
        let columns = columns.into_iter().map(|(name, column)| (name, column, true));
        RecordBatch::try_from_iter_with_nullable(columns).unwrap()
    };
    let batches: Vec<RecordBatch> = keys.chunks(batch_rows).map(batch).collect();
    MemTable::try_new(batches[0].schema(), vec![batches]).unwrap()
}

/// The rows of a query, and whether short partitions were computed together.
async fn answer(sql: &str, with_rule: bool, batch_rows: usize, threads: usize) -> (String, bool) {
    let budget = Arc::new(Budget::new(usize::MAX >> 8));
    let pool: Arc<dyn MemoryPool> = Arc::clone(&budget) as _;
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(pool).build().unwrap();
    let config = SessionConfig::new().with_target_partitions(threads).with_batch_size(batch_rows);
    let mut state = SessionStateBuilder::new()
        .with_default_features()
        .with_config(config)
        .with_runtime_env(Arc::new(runtime));
    if with_rule {
        state = state.with_physical_optimizer_rule(Arc::new(ShortPartitions));
    }
    let context = SessionContext::new_with_state(state.build());
    window_numbers().into_iter().for_each(|function| context.register_udwf(function.as_ref().clone()));
    context.register_table("rows", Arc::new(rows(batch_rows))).unwrap();
    let plan = context.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    let together = plan.exists_dyn(|node| Ok(node.is::<ShortPartitionsExec>())).unwrap();
    let batches = datafusion::physical_plan::collect(plan, context.task_ctx()).await.unwrap();
    assert_eq!(budget.used_bytes(), 0);
    (pretty_format_batches(&batches).unwrap().to_string(), together)
}

#[tokio::test]
async fn values_are_those_of_the_core() {
    for values in [
        "row_number() OVER w, rank() OVER w, dense_rank() OVER w",
        "rank() OVER (PARTITION BY k ORDER BY o DESC NULLS LAST, v)",
        "lag(v) OVER u, lag(v, 3) OVER u, lead(t) OVER u, lead(t, 2, NULL) OVER u",
        "lag(v, 1, 7) OVER u, lag(v) IGNORE NULLS OVER u, lead(v, -1) OVER u, lag(v, 0) OVER u",
        "first_value(t) OVER u, first_value(v) IGNORE NULLS OVER u, last_value(t) OVER u, nth_value(t, 2) OVER u",
        "sum(v) OVER w, count(*) OVER w, count(v) OVER w, avg(d) OVER w, min(t) OVER w, max(d) OVER w",
        "sum(v) OVER (PARTITION BY k ORDER BY id ROWS UNBOUNDED PRECEDING), max(t) OVER (PARTITION BY k ORDER BY id ROWS UNBOUNDED PRECEDING)",
        "sum(v) OVER (PARTITION BY k ORDER BY o GROUPS UNBOUNDED PRECEDING), sum(v) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING)",
        "avg(d) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 3 PRECEDING AND 2 PRECEDING), count(v) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 40 FOLLOWING)",
        "sum(v) FILTER (WHERE d > 3) OVER w, avg(v) OVER (PARTITION BY k ORDER BY o RANGE BETWEEN 1 PRECEDING AND CURRENT ROW)",
        "sum(id) OVER (PARTITION BY k, o ORDER BY id), row_number() OVER (PARTITION BY t, v ORDER BY id)",
        "rank() OVER (PARTITION BY k % 3 ORDER BY o), sum(v) OVER (PARTITION BY k ORDER BY o)",
    ] {
        for (from, batch_rows, threads) in
            [("rows", 100, 1), ("rows WHERE k < 40", 8192, 2), ("rows WHERE id < 0", 8192, 1)]
        {
            let sql = format!(
                "SELECT id, {values} FROM {from} WINDOW w AS (PARTITION BY k ORDER BY o), u AS (PARTITION BY k ORDER BY id) ORDER BY id"
            );
            // Which of equal rows comes first is for the sort.
            let (expected, _) = answer(&sql, false, batch_rows, threads).await;
            let (found, together) = answer(&sql, true, batch_rows, threads).await;
            let differs = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
            assert_eq!(differs, None, "{sql}");
            assert_eq!(found.len(), expected.len(), "{sql}");
            assert!(together, "{sql}");
        }
    }
}

#[tokio::test]
async fn partitions_that_are_not_sorted_are_left_to_the_core() {
    let (_, together) = answer("SELECT row_number() OVER (ORDER BY id) FROM rows", true, 8192, 1).await;
    assert!(!together);
}
