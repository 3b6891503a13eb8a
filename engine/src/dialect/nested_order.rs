//! Lists, structs and maps with nulls in them, that are compared: a null is more than any other value in its place, as DuckDB has it,
//! so that `[1, 2] < [1, NULL]`.
//!
//! To the relational core it is less, though it comes last where rows are sorted.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Int8Array, make_comparator};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility, lit,
};
use datafusion::optimizer::AnalyzerRule;

use super::interval_parts::column;
use crate::walk::rewrite_expressions;

/// Compares nested values by their order. It has to come when types are known.
#[derive(Debug)]
pub(crate) struct NestedByOrder;

impl AnalyzerRule for NestedByOrder {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        rewrite_expressions(plan, |expr, schema| Ok(by_order(expr, schema)))
    }

    fn name(&self) -> &'static str {
        "nested_by_order"
    }
}

fn by_order(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = expr else { return Transformed::no(expr) };
    let is_order = matches!(op, Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq);
    let types = (left.get_type(schema), right.get_type(schema));
    let are_nested = matches!(&types, (Ok(left), Ok(right)) if left.is_nested() && left == right);
    if !is_order || !are_nested {
        return Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right }));
    }
    let order = ScalarUDF::from(NestedOrder::default()).call(vec![*left, *right]);
    Transformed::yes(Expr::BinaryExpr(BinaryExpr { left: Box::new(order), op, right: Box::new(lit(0_i8)) }))
}

/// Less than 0 where the first value comes before the second one, and more than 0 where it comes behind it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct NestedOrder {
    signature: Signature,
}

impl Default for NestedOrder {
    fn default() -> Self {
        Self { signature: Signature::any(2, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for NestedOrder {
    fn name(&self) -> &'static str {
        "nested_order"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { args.number_rows };
        let (left, right) = (args.args[0].to_array(rows)?, args.args[1].to_array(rows)?);
        let compare = make_comparator(&left, &right, SortOptions { descending: false, nulls_first: false })?;
        let orders: Int8Array = (0..rows)
            .map(|row| {
                (left.is_valid(row) && right.is_valid(row)).then(|| match compare(row, row) {
                    Ordering::Less => -1,
                    Ordering::Equal => 0,
                    Ordering::Greater => 1,
                })
            })
            .collect();
        column(Arc::new(orders) as ArrayRef, is_constant)
    }
}
