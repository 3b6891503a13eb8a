//! Intervals by how long they are.
//!
//! The relational core compares first their months, then their days, then what is left: 36 hours would be less than a day, and the time
//! between two others, of which it counts no days, less than any number of days. Here a month is 30 days and a day 24 hours where
//! intervals are compared, as in PostgreSQL and DuckDB.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Decimal128Array};
use datafusion::arrow::compute::cast as cast_array;
use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNanoType, IntervalUnit};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::functions_aggregate::first_last::first_value_udaf;
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams, InList};
use datafusion::logical_expr::{
    Between, BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::AnalyzerRule;

use super::dates_beside_times::compares;
use crate::walk::{WalkPlan, rewrite_expressions_of};

const MONTH_DAY_NANO: DataType = DataType::Interval(IntervalUnit::MonthDayNano);
const NANOS: DataType = DataType::Decimal128(38, 0);
const NANOS_OF_DAY: i128 = 86_400_000_000_000;
const DAYS_OF_MONTH: i128 = 30;

/// Compares intervals, sorts by them and finds the least and the greatest by their length. It has to come when types are known.
#[derive(Debug)]
pub(crate) struct IntervalsByLength;

impl AnalyzerRule for IntervalsByLength {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let length = Arc::new(ScalarUDF::from(IntervalLength::default()));
        let by_length = |plan: LogicalPlan| {
            let compared =
                rewrite_expressions_of(plan, &|expr, schema| Ok(compared_by_length(expr, schema, &length)))?;
            compared.transform_data(|plan| Ok(sorted_by_length(plan, &length)))
        };
        plan.transform_up_with_subqueries_dyn(by_length).data()
    }

    fn name(&self) -> &'static str {
        "intervals_by_length"
    }
}

fn is_interval(expr: &Expr, schema: &DFSchema) -> bool {
    matches!(expr.get_type(schema), Ok(DataType::Interval(_)))
}

fn compared_by_length(expr: Expr, schema: &DFSchema, length: &Arc<ScalarUDF>) -> Transformed<Expr> {
    let of = |expr: Expr| length.call(vec![expr]);
    let boxed = |expr: Box<Expr>| Box::new(of(*expr));
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if compares(op) && is_interval(&left, schema) && is_interval(&right, schema) =>
        {
            Transformed::yes(Expr::BinaryExpr(BinaryExpr { left: boxed(left), op, right: boxed(right) }))
        }
        Expr::Between(Between { expr, negated, low, high })
            if [&expr, &low, &high].into_iter().all(|part| is_interval(part, schema)) =>
        {
            Transformed::yes(Expr::Between(Between {
                expr: boxed(expr),
                negated,
                low: boxed(low),
                high: boxed(high),
            }))
        }
        Expr::InList(InList { expr, list, negated })
            if is_interval(&expr, schema) && list.iter().all(|item| is_interval(item, schema)) =>
        {
            let list = list.into_iter().map(of).collect();
            Transformed::yes(Expr::InList(InList { expr: boxed(expr), list, negated }))
        }
        Expr::AggregateFunction(AggregateFunction { func, params })
            if ["min", "max"].contains(&func.name())
                && params.args.first().is_some_and(|arg| is_interval(arg, schema)) =>
        {
            let AggregateFunctionParams { args, filter, .. } = params;
            let there = args[0].clone().is_not_null();
            let filter = match filter {
                Some(filter) => filter.and(there),
                None => there,
            };
            let order = of(args[0].clone()).sort(func.name() == "min", false);
            Transformed::yes(Expr::AggregateFunction(AggregateFunction::new_udf(
                first_value_udaf(),
                args,
                false,
                Some(Box::new(filter)),
                vec![order],
                None,
            )))
        }
        other => Transformed::no(other),
    }
}

fn sorted_by_length(plan: LogicalPlan, length: &Arc<ScalarUDF>) -> Transformed<LogicalPlan> {
    let LogicalPlan::Sort(mut sort) = plan else { return Transformed::no(plan) };
    let mut transformed = false;
    for key in &mut sort.expr {
        if is_interval(&key.expr, sort.input.schema()) {
            key.expr = length.call(vec![key.expr.clone()]);
            transformed = true;
        }
    }
    match transformed {
        true => Transformed::yes(LogicalPlan::Sort(sort)),
        false => Transformed::no(LogicalPlan::Sort(sort)),
    }
}

/// How long an interval is, in nanoseconds.
#[derive(Debug, PartialEq, Eq, Hash)]
struct IntervalLength {
    signature: Signature,
}

impl Default for IntervalLength {
    fn default() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for IntervalLength {
    fn name(&self) -> &'static str {
        "interval_length"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(NANOS)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_constant = matches!(args.args[0], ColumnarValue::Scalar(_));
        let intervals = args.args[0].to_array(if is_constant { 1 } else { args.number_rows })?;
        let intervals = cast_array(&intervals, &MONTH_DAY_NANO)?;
        let intervals = intervals.as_primitive::<IntervalMonthDayNanoType>();
        let lengths: Decimal128Array = intervals
            .iter()
            .map(|interval| {
                let interval = interval?;
                let days = i128::from(interval.months) * DAYS_OF_MONTH + i128::from(interval.days);
                Some(days * NANOS_OF_DAY + i128::from(interval.nanoseconds))
            })
            .collect();
        let lengths: ArrayRef = Arc::new(lengths.with_data_type(NANOS));
        match is_constant {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&lengths, 0)?)),
            false => Ok(ColumnarValue::Array(lengths)),
        }
    }
}
