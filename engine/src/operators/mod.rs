//! Operators that the relational core does not have.

pub(crate) mod map_partitions;
pub(crate) mod repartition;
pub(crate) mod write;

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::error::Result;
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner};

/// Plans our own operators beside those of the relational core.
#[derive(Debug)]
pub(crate) struct OperatorPlanner;

#[async_trait]
impl QueryPlanner for OperatorPlanner {
    async fn create_physical_plan(
        &self,
        plan: &LogicalPlan,
        session: &dyn Session,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let planners = vec![
            Arc::new(map_partitions::MapPartitionsPlanner) as _,
            Arc::new(repartition::RepartitionPlanner) as _,
            Arc::new(write::WritePlanner) as _,
        ];
        DefaultPhysicalPlanner::with_extension_planners(planners).create_physical_plan(plan, session).await
    }
}
