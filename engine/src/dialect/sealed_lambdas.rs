//! Functions that take lambdas, as functions of the columns that they use.
//!
//! The relational core knows the names of a lambda by their places behind the columns of the rows. Where it moves an expression over rows with
//! other columns, as into a scan, it moves the columns and not the names, and then finds neither. So each such function is sealed: what it
//! uses of a row become its arguments, and inside it is computed over rows of just these.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::error::Result;
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, LogicalPlan, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};
use datafusion::physical_expr::{PhysicalExpr, create_physical_expr};

use crate::walk::{Walk, WalkPlan};

/// Seals the functions that take lambdas. To be the last rule, as the others look into them.
#[derive(Debug)]
pub(crate) struct SealLambdas;

impl OptimizerRule for SealLambdas {
    fn name(&self) -> &str {
        "seal_lambdas"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if !has_lambdas(&plan)? {
            return Ok(Transformed::no(plan));
        }
        let names = NamePreserver::new(&plan);
        let schema = match plan.inputs().as_slice() {
            [] => DFSchema::clone(plan.schema()),
            inputs => merge_schema(inputs),
        };
        plan.map_expressions_dyn(|expr| {
            let name = names.save(&expr);
            let sealed = expr.transform_down_dyn(|expr| match expr {
                Expr::HigherOrderFunction(_) => sealed(expr, &schema),
                expr => Ok(Transformed::no(expr)),
            })?;
            Ok(if sealed.transformed { sealed.update_data(|expr| name.restore(expr)) } else { sealed })
        })
    }
}

/// Whether one of a plan's own expressions takes lambdas. Most have none, and schemas may have thousands of columns.
fn has_lambdas(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_expressions_dyn(|expr| {
        found = expr.exists_dyn(|expr| Ok(matches!(expr, Expr::HigherOrderFunction(_))))?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

fn sealed(function: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let shown = function.to_string();
    let mut arguments: Vec<Expr> = Vec::new();
    let mut is_of_rows_outside = false;
    let inner = function.clone().transform_down_dyn(|expr| match expr {
        Expr::OuterReferenceColumn(..) => {
            is_of_rows_outside = true;
            Ok(Transformed::new(expr, false, TreeNodeRecursion::Stop))
        }
        Expr::Column(_) | Expr::ScalarSubquery(_) => {
            let place = arguments.iter().position(|argument| *argument == expr).unwrap_or_else(|| {
                arguments.push(expr);
                arguments.len() - 1
            });
            let column = Expr::Column(Column::new_unqualified(name_of(place)));
            Ok(Transformed::new(column, true, TreeNodeRecursion::Jump))
        }
        expr => Ok(Transformed::no(expr)),
    });
    let inner = inner.data()?;
    if is_of_rows_outside {
        return Ok(Transformed::new(function, false, TreeNodeRecursion::Jump));
    }
    let fields = arguments.iter().enumerate().map(|(place, argument)| {
        let (_, field) = argument.to_field(schema)?;
        Ok(Field::new(name_of(place), field.data_type().clone(), true))
    });
    let rows = Arc::new(Schema::new(fields.collect::<Result<Vec<_>>>()?));
    let names = DFSchema::try_from(Arc::clone(&rows))?;
    let volatility = if inner.is_volatile() { Volatility::Volatile } else { Volatility::Immutable };
    let sealed = Sealed {
        shown,
        field: Arc::new(inner.to_field(&names)?.1.as_ref().clone().with_nullable(true)),
        compute: create_physical_expr(
            &inner,
            &names,
            &ExecutionProps::new(),
            &PhysicalPlanningContext::default(),
        )?,
        signature: match arguments.len() {
            0 => Signature::nullary(volatility),
            count => Signature::any(count, volatility),
        },
        inner,
        rows,
    };
    let call = ScalarUDF::from(sealed).call(arguments);
    Ok(Transformed::new(call, true, TreeNodeRecursion::Jump))
}

fn name_of(place: usize) -> String {
    format!("c{place}")
}

/// A function whose arguments are what the one inside uses of a row.
#[derive(Debug)]
struct Sealed {
    /// How the function is shown.
    shown: String,
    /// The function over rows of the arguments.
    inner: Expr,
    compute: Arc<dyn PhysicalExpr>,
    rows: SchemaRef,
    field: FieldRef,
    signature: Signature,
}

impl PartialEq for Sealed {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner && self.rows == other.rows && self.signature == other.signature
    }
}

impl Eq for Sealed {}

impl Hash for Sealed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl ScalarUDFImpl for Sealed {
    fn name(&self) -> &str {
        "sealed_lambda"
    }

    fn display_name(&self, _args: &[Expr]) -> Result<String> {
        Ok(self.shown.clone())
    }

    fn schema_name(&self, _args: &[Expr]) -> Result<String> {
        Ok(self.shown.clone())
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.field.data_type().clone())
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::clone(&self.field))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = args.args.iter().map(|value| value.to_array(args.number_rows));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(args.number_rows));
        let rows = RecordBatch::try_new_with_options(Arc::clone(&self.rows), columns, &options)?;
        self.compute.evaluate(&rows)
    }
}
