//! What a plan runs with, changed in one place.

use std::sync::Arc;

use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::prelude::SessionConfig;

/// The same context with another pool.
pub(super) fn with_pool(context: &TaskContext, pool: &Arc<dyn MemoryPool>) -> Arc<TaskContext> {
    let runtime = RuntimeEnv { memory_pool: Arc::clone(pool), ..context.runtime_env().as_ref().clone() };
    with(context, context.session_config().clone(), Arc::new(runtime))
}

/// The same context with other settings.
pub(super) fn with_config(context: &TaskContext, config: SessionConfig) -> Arc<TaskContext> {
    with(context, config, context.runtime_env())
}

fn with(context: &TaskContext, config: SessionConfig, runtime: Arc<RuntimeEnv>) -> Arc<TaskContext> {
    Arc::new(TaskContext::new(
        context.task_id(),
        context.session_id(),
        config,
        context.scalar_functions().clone(),
        context.higher_order_functions().clone(),
        context.aggregate_functions().clone(),
        context.window_functions().clone(),
        runtime,
    ))
}
