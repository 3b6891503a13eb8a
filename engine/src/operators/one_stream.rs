//! Rows in one stream, because it matters which comes first: for row numbers, and for bags that count their elements.
//!
//! Where nothing but filters and projections stands between it and files, they come in the order of these (see `pass/in_order.rs`).

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::DFSchemaRef;
use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlan;

use super::{Operator, Passage, PassageExec};

/// The rows of a plan in one partition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Hash)]
pub(crate) struct OneStream;

/// What runs.
pub(crate) type OneStreamExec = PassageExec<OneStream>;

impl fmt::Display for OneStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("in order")
    }
}

impl Operator for OneStream {
    const NAME: &'static str = "OneStream";

    fn schema(&self) -> Option<&DFSchemaRef> {
        None
    }

    fn exec(&self, input: Arc<dyn ExecutionPlan>, _schema: SchemaRef) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(PassageExec::over(input, Self))
    }
}

impl Passage for OneStream {
    const NAME: &'static str = "OneStreamExec";
    const IN_ONE_PARTITION: bool = true;
}
