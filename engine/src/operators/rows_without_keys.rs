//! Rows of which the relational core forgets what it took for their keys.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::common::{DFSchemaRef, FunctionalDependencies};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, Extension, LogicalPlan, UserDefinedLogicalNodeCore};

/// The rows of a plan. It is there while a query is planned, and takes no part when it is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowsWithoutKeys {
    input: LogicalPlan,
    schema: DFSchemaRef,
}

impl RowsWithoutKeys {
    pub(crate) fn of(input: LogicalPlan) -> Result<LogicalPlan> {
        Ok(LogicalPlan::Extension(Extension { node: Arc::new(Self::new(input)?) }))
    }

    fn new(input: LogicalPlan) -> Result<Self> {
        let schema = without_keys(input.schema())?;
        Ok(Self { input, schema })
    }
}

/// A schema without any dependency between its columns.
pub(crate) fn without_keys(schema: &DFSchemaRef) -> Result<DFSchemaRef> {
    let schema = schema.as_ref().clone().with_functional_dependencies(FunctionalDependencies::empty())?;
    Ok(Arc::new(schema))
}

impl PartialOrd for RowsWithoutKeys {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.input.partial_cmp(&other.input)
    }
}

impl Hash for RowsWithoutKeys {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.input.hash(state);
    }
}

impl UserDefinedLogicalNodeCore for RowsWithoutKeys {
    fn name(&self) -> &'static str {
        "RowsWithoutKeys"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        Vec::new()
    }

    fn prevent_predicate_push_down_columns(&self) -> HashSet<String> {
        HashSet::new()
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        Some(vec![output_columns.to_vec()])
    }

    fn supports_limit_pushdown(&self) -> bool {
        true
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }

    fn with_exprs_and_inputs(&self, _exprs: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        Self::new(inputs.swap_remove(0))
    }
}
