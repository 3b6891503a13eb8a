//! Lazy tables.

use arrow::array::RecordBatch;
use datafusion::logical_expr::LogicalPlan;

use crate::compute::{Computable, Pending, Requests, compute};
use crate::error::Result;
use crate::session::Session;

/// A lazy table: a plan that is run when its rows are asked for. Cheap to clone.
#[derive(Clone)]
pub struct Frame {
    session: Session,
    plan: LogicalPlan,
}

impl Frame {
    pub(crate) fn new(session: &Session, plan: LogicalPlan) -> Self {
        Self { session: session.clone(), plan }
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    pub(crate) fn plan(&self) -> &LogicalPlan {
        &self.plan
    }

    /// All rows.
    ///
    /// # Errors
    /// Whatever the query meets.
    pub fn collect(&self) -> Result<Vec<RecordBatch>> {
        compute(self)
    }
}

impl Computable for Frame {
    type Value = Vec<RecordBatch>;

    fn request(&self, requests: &mut Requests) -> Result<Pending<Self::Value>> {
        let id = requests.add(&self.session, self.plan.clone())?;
        Ok(Box::new(move |answers| answers.take(id)))
    }
}
