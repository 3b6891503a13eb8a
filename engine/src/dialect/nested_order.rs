//! Lists, structs and maps with nulls in them, that are compared or sorted by: a null is more than any other value in its place, as
//! DuckDB has it, so that `[1, 2] < [1, NULL]`.
//!
//! To the relational core it is less where two are compared. Where rows are sorted it comes with the rows that are null themselves: it
//! is less than others in `ORDER BY l DESC NULLS LAST`.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Int8Array, make_comparator};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::{
    Between, BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ScalarFunctionArgs,
    ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};
use datafusion::optimizer::AnalyzerRule;

use super::interval_parts::column;
use crate::walk::{WalkPlan, rewrite_expressions_of};

/// Compares nested values by their order, and sorts by it. It has to come when types are known.
#[derive(Debug)]
pub(crate) struct NestedByOrder;

impl AnalyzerRule for NestedByOrder {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let in_order = |plan: LogicalPlan| {
            let compared = rewrite_expressions_of(plan, &|expr, schema| Ok(by_order(expr, schema)))?;
            compared.transform_data(|plan| Ok(sorted(plan)))
        };
        plan.transform_up_with_subqueries_dyn(in_order).data()
    }

    fn name(&self) -> &'static str {
        "nested_by_order"
    }
}

fn by_order(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if matches!(op, Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq)
                && are_alike([&left, &right], schema) =>
        {
            Transformed::yes(compared(*left, op, *right))
        }
        Expr::Between(Between { expr, negated, low, high }) if are_alike([&expr, &low, &high], schema) => {
            let (least, greatest) = (expr.clone(), *expr);
            Transformed::yes(match negated {
                false => {
                    compared(*least, Operator::GtEq, *low).and(compared(greatest, Operator::LtEq, *high))
                }
                true => compared(*least, Operator::Lt, *low).or(compared(greatest, Operator::Gt, *high)),
            })
        }
        Expr::WindowFunction(mut function) => {
            let keys = &mut function.params.order_by;
            let changed = nulls_greatest(keys, schema);
            Transformed::new_transformed(Expr::WindowFunction(function), changed)
        }
        Expr::AggregateFunction(mut function) => {
            let changed = nulls_greatest(&mut function.params.order_by, schema);
            Transformed::new_transformed(Expr::AggregateFunction(function), changed)
        }
        other => Transformed::no(other),
    }
}

/// Whether they are all of one nested type.
fn are_alike<'a>(values: impl IntoIterator<Item = &'a Box<Expr>>, schema: &DFSchema) -> bool {
    let mut types = values.into_iter().map(|value| value.get_type(schema).ok());
    let first = types.next().flatten();
    first.as_ref().is_some_and(DataType::is_nested) && types.all(|ty| ty == first)
}

fn compared(left: Expr, op: Operator, right: Expr) -> Expr {
    let order = ScalarUDF::from(NestedOrder::default()).call(vec![left, right]);
    Expr::BinaryExpr(BinaryExpr { left: Box::new(order), op, right: Box::new(lit(0_i8)) })
}

fn sorted(plan: LogicalPlan) -> Transformed<LogicalPlan> {
    let LogicalPlan::Sort(mut sort) = plan else { return Transformed::no(plan) };
    let changed = nulls_greatest(&mut sort.expr, sort.input.schema());
    Transformed::new_transformed(LogicalPlan::Sort(sort), changed)
}

/// Puts a key in front of nested ones of which nulls inside would be the least: it says where the rows that are null come, so that the
/// nested one is free to have nulls where the greatest values are. Tells whether there is any.
fn nulls_greatest(keys: &mut Vec<Sort>, schema: &DFSchema) -> bool {
    let is_wrong =
        |key: &Sort| key.asc == key.nulls_first && key.expr.get_type(schema).is_ok_and(|ty| ty.is_nested());
    if !keys.iter().any(is_wrong) {
        return false;
    }
    *keys = std::mem::take(keys)
        .into_iter()
        .flat_map(|key| {
            let nulls = is_wrong(&key).then(|| key.expr.clone().is_null().sort(!key.nulls_first, false));
            let nulls_first = if nulls.is_some() { !key.nulls_first } else { key.nulls_first };
            nulls.into_iter().chain([Sort { nulls_first, ..key }])
        })
        .collect();
    true
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
