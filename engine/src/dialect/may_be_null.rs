//! Columns of new tables may be null, whatever the rows that they are made of: `CREATE TABLE t AS SELECT 1 AS a; INSERT INTO t VALUES (NULL)`.
//!
//! To the relational core, what no row of a query can be, none of the table can be, either.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::plan_err;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, DdlStatement, Expr, LogicalPlan, LogicalPlanBuilder, ReturnFieldArgs, ScalarFunctionArgs,
    ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// The plan of a statement that makes a table of a query, so that the table takes nulls; others stay.
pub(crate) fn taking_nulls(plan: LogicalPlan) -> Result<LogicalPlan> {
    let LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(mut table)) = plan else { return Ok(plan) };
    // Of columns that are declared, it is said which are not null.
    if !matches!(table.input.as_ref(), LogicalPlan::EmptyRelation(_)) {
        let function = ScalarUDF::from(MayBeNull::default());
        let columns: Vec<Expr> = table
            .input
            .schema()
            .iter()
            .map(|(qualifier, field)| {
                let column = Expr::from((qualifier, field));
                match field.is_nullable() {
                    true => column,
                    false => function.call(vec![column]).alias(field.name()),
                }
            })
            .collect();
        let rows = LogicalPlanBuilder::new_from_arc(Arc::clone(&table.input)).project(columns)?.build()?;
        table.input = Arc::new(rows);
    }
    Ok(LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(table)))
}

/// Gives what it is given, as something that may be null.
#[derive(Debug, PartialEq, Eq, Hash)]
struct MayBeNull {
    signature: Signature,
}

impl Default for MayBeNull {
    fn default() -> Self {
        // What is constant would be known not to be null again.
        Self { signature: Signature::any(1, Volatility::Volatile) }
    }
}

impl ScalarUDFImpl for MayBeNull {
    fn name(&self) -> &'static str {
        "may_be_null"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        plan_err!("may_be_null tells its type by its field")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::new(args.arg_fields[0].as_ref().clone().with_nullable(true)))
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(args.args.swap_remove(0))
    }
}
