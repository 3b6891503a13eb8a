use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringViewArray};
use arrow::util::pretty::pretty_format_batches;
use datafusion::datasource::MemTable;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::GroupsInParts;
use crate::budget::Budget;
use crate::spill_store::SpillStore;

/// Rows with few and with many groups, nulls among them.
fn rows() -> MemTable {
    let batch = |first: i64| {
        let keys = || (first..first + 1000).map(|row| row.wrapping_mul(7919) % 30_011);
        let number = |key: i64| (key % 11 != 0).then_some(key % 9001);
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("a", Arc::new(keys().map(number).collect::<Int64Array>())),
            (
                "b",
                Arc::new(
                    keys()
                        .map(|key| (key % 7 != 0).then(|| format!("a text of key {}", key % 5003)))
                        .collect::<StringViewArray>(),
                ),
            ),
            (
                "c",
                Arc::new(
                    keys().map(|key| (key % 13 != 0).then_some((key % 100) as f64)).collect::<Float64Array>(),
                ),
            ),
        ];
        RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, column)| (name, column, true)),
        )
        .unwrap()
    };
    let partitions =
        (0..3).map(|partition| (0..12).map(|number| batch(partition * 9000 + number * 1000)).collect());
    let partitions: Vec<Vec<RecordBatch>> = partitions.collect();
    MemTable::try_new(partitions[0][0].schema(), partitions).unwrap()
}

/// The answer, and the bytes that went to disk for it.
async fn answer(sql: &str, limit_bytes: usize) -> (String, u64) {
    answer_in(sql, limit_bytes, 2).await
}

/// The same, in so many partitions.
async fn answer_in(sql: &str, limit_bytes: usize, partitions: usize) -> (String, u64) {
    let spills = Arc::new(SpillStore::new(std::env::temp_dir(), u64::MAX));
    let pool: Arc<dyn MemoryPool> = Arc::new(Budget::new(limit_bytes));
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(pool).build().unwrap();
    let state = SessionStateBuilder::new()
        .with_default_features()
        .with_config(SessionConfig::new().with_target_partitions(partitions).with_batch_size(512))
        .with_runtime_env(Arc::new(runtime))
        .with_physical_optimizer_rule(Arc::new(GroupsInParts { spills: Arc::clone(&spills) }))
        .build();
    let context = SessionContext::new_with_state(state);
    context.register_table("t", Arc::new(rows())).unwrap();
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    let text = pretty_format_batches(&batches).unwrap().to_string();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    (lines.join("\n"), spills.written_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_in_parts_have_the_same_values() {
    for sql in [
        "SELECT a, b, count(*), sum(c), avg(c), min(b), max(c), round(stddev(c), 6) FROM t GROUP BY a, b",
        "SELECT DISTINCT a, b FROM t",
        "SELECT a, count(DISTINCT b), sum(a) FILTER (WHERE c > 50), bool_and(c > 3) FROM t GROUP BY a",
        "SELECT b, first_value(b ORDER BY c), sum(a) FROM t GROUP BY b HAVING count(*) > 1",
        "SELECT c, count(*) FROM t GROUP BY c",
        "SELECT count(*), sum(n) FROM (SELECT a, b, count(*) AS n FROM t GROUP BY a, b)",
        "SELECT a FROM t WHERE a < 0 GROUP BY a",
    ] {
        let (expected, spilled_bytes) = answer(sql, 1 << 30).await;
        assert_eq!(spilled_bytes, 0, "{sql}");
        let (found, spilled_bytes) = answer(sql, 3 << 20).await;
        let differs = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
        assert!(found == expected, "{sql}: {differs:?}");
        assert!(spilled_bytes > 0 || sql.contains("GROUP BY c") || sql.contains("< 0"), "{sql}");
    }
}

/// Where there is one partition, the relational core makes values of rows in one step.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_of_one_step_go_to_disk_in_parts() {
    for sql in [
        "SELECT a, b, count(*), sum(c), avg(c), sum(a) FILTER (WHERE c > 50) FROM t GROUP BY a, b",
        "SELECT a, count(DISTINCT b) FROM t GROUP BY a",
        "SELECT DISTINCT a, b FROM t",
    ] {
        let plan = answer_in(&format!("EXPLAIN {sql}"), 1 << 30, 1).await.0;
        assert!(plan.contains("mode=Final") && !plan.contains("mode=Single"), "{plan}");
        let (expected, _) = answer(sql, 1 << 30).await;
        let (found, spilled_bytes) = answer_in(sql, 2 << 20, 1).await;
        assert!(found == expected && spilled_bytes > 0, "{sql}: {spilled_bytes} bytes on disk");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_steps_take_is_told_as_that_of_the_aggregate() {
    let (text, spilled_bytes) =
        answer("EXPLAIN ANALYZE SELECT a, b, count(*) FROM t GROUP BY a, b", 4 << 20).await;
    let line = text.lines().find(|line| line.contains("mode=FinalPartitioned")).unwrap();
    assert!(spilled_bytes > 0 && !line.contains("spilled_bytes=0.0 B"), "{line}");
    assert!(line.contains("spill_count=") && !line.contains("elapsed_compute=0ns"), "{line}");
}
