//! Windows that hold no partition in memory.
//!
//! The relational core computes windows of sorted rows as these come where a value needs no rows far behind, and holds whole partitions
//! for all others. Where one does not fit, most of those can be made of what comes, and of aggregates over whole partitions, whose
//! rows wait on disk ([`WholePartitions`](crate::operators::WholePartitions)):
//!
//! | window | made of |
//! | --- | --- |
//! | `percent_rank`, `cume_dist`, `ntile` | places of rows, and how many a partition has |
//! | frames from a row to the end of the partition | frames from its start to a row, in the other order |
//! | first, last and nth value of the partition | aggregates over it |
//! | aggregates over the partition with a `FILTER` | the same over values that are null where it is not true |

use arrow::datatypes::DataType;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, ScalarValue};
use datafusion::error::Result;
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::functions_aggregate::first_last::{first_value_udaf, last_value_udaf};
use datafusion::functions_aggregate::nth_value::nth_value_udaf;
use datafusion::functions_window::nth_value::{first_value_udwf, last_value_udwf};
use datafusion::functions_window::rank::rank_udwf;
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::{NullTreatment, WindowFunction};
use datafusion::logical_expr::utils::group_window_expr_by_sort_keys;
use datafusion::logical_expr::{
    AggregateUDF, Expr, LogicalPlan, LogicalPlanBuilder, Window, WindowFrame, WindowFrameBound,
    WindowFrameUnits, WindowFunctionDefinition, cast, lit, when,
};

use crate::dialect::divide;
use crate::walk::WalkPlan;

/// Which windows are made of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Streamed {
    /// All that would hold whole partitions.
    #[default]
    ToSaveMemory,
    /// Values of partitions without nulls: the relational core looks for the nulls of the partition once more for each row.
    ToSaveTime,
}

/// A plan with the same rows, whose windows hold as few partitions as can be.
///
/// # Errors
/// The plan is not consistent.
pub(crate) fn streamed_windows(plan: LogicalPlan, which: Streamed) -> Result<Transformed<LogicalPlan>> {
    plan.transform_up_with_subqueries_dyn(|node| match node {
        LogicalPlan::Window(window) => Ok(match streamed(&window, which)? {
            Some(plan) => Transformed::yes(plan),
            None => Transformed::no(LogicalPlan::Window(window)),
        }),
        other => Ok(Transformed::no(other)),
    })
}

fn streamed(window: &Window, which: Streamed) -> Result<Option<LogicalPlan>> {
    let mut windows = Windows { which, ..Windows::default() };
    let own = window.schema.iter().skip(window.input.schema().fields().len());
    let mut columns: Vec<Expr> = window.input.schema().columns().into_iter().map(Expr::Column).collect();
    for (expr, (qualifier, field)) in window.window_expr.iter().zip(own) {
        let Expr::WindowFunction(call) = expr.clone().unalias() else { return Ok(None) };
        let value = match windows.value_of(&call, field.data_type())? {
            Some(value) => value,
            None => {
                let way = Way::of(&call);
                windows.column(way, *call)
            }
        };
        columns.push(value.alias_qualified(qualifier.cloned(), field.name()));
    }
    // Those of one kind, each as it is, are computed as they were.
    let kinds = windows.of.iter().filter(|calls| !calls.is_empty()).count();
    if !windows.has_others && (kinds < 2 || which == Streamed::ToSaveTime) {
        return Ok(None);
    }
    let mut plan = window.input.as_ref().clone();
    for calls in windows.of {
        plan = over(plan, calls)?;
    }
    LogicalPlanBuilder::from(plan).project(columns)?.build().map(Some)
}

/// Rows with windows by their names, those of more keys first, as their order is one for fewer keys, too.
fn over(mut plan: LogicalPlan, calls: Vec<(WindowFunction, String)>) -> Result<LogicalPlan> {
    let name_of = |expr: &Expr| {
        let known =
            calls.iter().find(|(call, _)| matches!(expr, Expr::WindowFunction(other) if **other == *call));
        known.map_or(String::new(), |(_, name)| name.clone())
    };
    let mut groups = group_window_expr_by_sort_keys(calls.iter().map(|(call, _)| Expr::from(call.clone())))?;
    groups.sort_by_key(|(keys, _)| std::cmp::Reverse(keys.len()));
    for (_, exprs) in groups {
        let named = exprs.into_iter().map(|expr| {
            let name = name_of(&expr);
            expr.alias(name)
        });
        plan = LogicalPlanBuilder::from(plan).window(named.collect::<Vec<_>>())?.build()?;
    }
    Ok(plan)
}

/// How the relational core and the operators here compute a window.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// Row by row.
    AsRowsCome,
    /// With the rows of a partition in memory.
    InMemory,
    /// An aggregate over a partition.
    WholePartition,
}

impl Way {
    fn of(call: &WindowFunction) -> Self {
        let is_aggregate = matches!(call.fun, WindowFunctionDefinition::AggregateUDF(_));
        let needs_no_frame = matches!(call.fun.name(), "row_number" | "rank" | "dense_rank" | "lag" | "lead");
        match call {
            _ if needs_no_frame => Self::AsRowsCome,
            call if is_aggregate && is_over_partition(call) => Self::WholePartition,
            call if ends_with_partition(&call.params.window_frame) || !is_aggregate && !is_of_frame(call) => {
                Self::InMemory
            }
            _ => Self::AsRowsCome,
        }
    }
}

/// The windows that others are made of, each with its name.
#[derive(Default)]
struct Windows {
    which: Streamed,
    of: [Vec<(WindowFunction, String)>; 3],
    /// Whether there are others than those that were asked for.
    has_others: bool,
}

impl Windows {
    /// The column of a window.
    fn column(&mut self, way: Way, call: WindowFunction) -> Expr {
        let count: usize = self.of.iter().map(Vec::len).sum();
        let calls = &mut self.of[way as usize];
        let known = calls.iter().find(|(known, _)| *known == call).map(|(_, name)| name.clone());
        let name = known.unwrap_or_else(|| {
            // Errors name it so; the number tells it from columns of the input.
            let name = format!("{} ({count})", Expr::from(call.clone()).schema_name());
            calls.push((call, name.clone()));
            name
        });
        Expr::Column(Column::new_unqualified(name))
    }

    /// What a window is made of, if it is one that would hold its partitions.
    fn value_of(&mut self, call: &WindowFunction, ty: &DataType) -> Result<Option<Expr>> {
        if self.which == Streamed::ToSaveTime
            && call.params.null_treatment != Some(NullTreatment::IgnoreNulls)
        {
            return Ok(None);
        }
        let value = match call.fun.name() {
            "percent_rank" => self.percent_rank(call)?,
            "cume_dist" => self.cume_dist(call),
            "ntile" => match buckets(call) {
                Some(buckets) => self.ntile(call, buckets)?,
                None => return Ok(None),
            },
            _ => match over_partition(call)? {
                Some(call) => self.column(Way::WholePartition, call),
                None => match reversed(call) {
                    Some(call) => self.column(Way::AsRowsCome, call),
                    None => return Ok(None),
                },
            },
        };
        self.has_others = true;
        Ok(Some(cast(value, ty.clone())))
    }

    fn percent_rank(&mut self, call: &WindowFunction) -> Result<Expr> {
        let rank = self.column(Way::AsRowsCome, with_function(call, rank_udwf(), vec![]));
        let rows = self.rows(call);
        let others = when(rows.clone().gt(lit(1_i64)), rows - lit(1_i64)).otherwise(lit(1_i64))?;
        Ok(as_float(as_integer(rank) - lit(1_i64)) / as_float(others))
    }

    fn cume_dist(&mut self, call: &WindowFunction) -> Expr {
        let mut up_to_here = with_function(call, count_udaf(), vec![lit(1_i64)]);
        let start = WindowFrameBound::Preceding(ScalarValue::Null);
        up_to_here.params.window_frame =
            WindowFrame::new_bounds(WindowFrameUnits::Range, start, WindowFrameBound::CurrentRow);
        let place = match call.params.order_by.is_empty() {
            // All rows are equal.
            true => self.rows(call),
            false => self.column(Way::AsRowsCome, up_to_here),
        };
        as_float(place) / as_float(self.rows(call))
    }

    /// The first buckets have a row more than the others, where they cannot have as many.
    fn ntile(&mut self, call: &WindowFunction, buckets: i64) -> Result<Expr> {
        let row = self.column(Way::AsRowsCome, with_function(call, row_number_udwf(), vec![]));
        let row = as_integer(row) - lit(1_i64);
        let rows = self.rows(call);
        let (short, long) = (quotient(rows.clone(), lit(buckets)), rows % lit(buckets));
        let in_long = long.clone() * (short.clone() + lit(1_i64));
        let least = when(short.clone().gt(lit(0_i64)), short.clone()).otherwise(lit(1_i64))?;
        let bucket = when(row.clone().lt(in_long.clone()), quotient(row.clone(), short + lit(1_i64)))
            .otherwise(long + quotient(row - in_long, least))?;
        Ok(bucket + lit(1_i64))
    }

    /// How many rows the partition has.
    fn rows(&mut self, call: &WindowFunction) -> Expr {
        let mut count = with_function(call, count_udaf(), vec![lit(1_i64)]);
        count.params.order_by.clear();
        count.params.window_frame = WindowFrame::new(None);
        self.column(Way::WholePartition, count)
    }
}

/// The quotient of two integers without its fraction.
fn quotient(left: Expr, right: Expr) -> Expr {
    divide().call(vec![left, right])
}

/// Another function in the place of one.
fn with_function(
    call: &WindowFunction,
    fun: impl Into<WindowFunctionDefinition>,
    args: Vec<Expr>,
) -> WindowFunction {
    let mut other = WindowFunction { fun: fun.into(), ..call.clone() };
    other.params.args = args;
    other.params.null_treatment = None;
    other
}

fn as_integer(expr: Expr) -> Expr {
    cast(expr, DataType::Int64)
}

fn as_float(expr: Expr) -> Expr {
    cast(expr, DataType::Float64)
}

/// Into how many buckets rows go, if that is a number.
fn buckets(call: &WindowFunction) -> Option<i64> {
    let [Expr::Literal(value, _)] = call.params.args.as_slice() else { return None };
    match value.cast_to(&DataType::Int64) {
        Ok(ScalarValue::Int64(Some(buckets))) if buckets > 0 => Some(buckets),
        _ => None,
    }
}

fn ends_with_partition(frame: &WindowFrame) -> bool {
    frame.end_bound.is_unbounded()
}

/// Whether a function that is no aggregate gives a value of the frame.
fn is_of_frame(call: &WindowFunction) -> bool {
    matches!(call.fun.name(), "first_value" | "last_value" | "nth_value")
}

/// Whether all rows of a partition have all of them in their frame.
fn is_over_partition(call: &WindowFunction) -> bool {
    let frame = &call.params.window_frame;
    let is_end = |bound: &WindowFrameBound| {
        let are_equal = frame.units == WindowFrameUnits::Range && call.params.order_by.is_empty();
        bound.is_unbounded() || are_equal && *bound == WindowFrameBound::CurrentRow
    };
    is_end(&frame.start_bound) && is_end(&frame.end_bound)
}

/// The aggregate over a partition that a window is, in other words.
fn over_partition(call: &WindowFunction) -> Result<Option<WindowFunction>> {
    if !is_over_partition(call) {
        return Ok(None);
    }
    let args = &call.params.args;
    let mut other = call.clone();
    match &call.fun {
        WindowFunctionDefinition::WindowUDF(function) => {
            let respects_nulls = call.params.null_treatment != Some(NullTreatment::IgnoreNulls);
            other.fun = match function.name() {
                "first_value" => first_value_udaf().into(),
                "last_value" => last_value_udaf().into(),
                "nth_value" if respects_nulls && is_positive(args.get(1)) => nth_value_udaf().into(),
                _ => return Ok(None),
            };
        }
        WindowFunctionDefinition::AggregateUDF(function) => {
            let ([arg], Some(filter)) = (args.as_slice(), &call.params.filter) else { return Ok(None) };
            if !ignores_order(function) {
                return Ok(None);
            }
            let value = when(filter.as_ref().clone(), arg.clone()).end()?;
            other.params.args = vec![value];
            other.params.filter = None;
        }
    }
    Ok(Some(other))
}

/// Whether an aggregate is the same whatever order its values have, and passes over nulls. The relational core tells it of some.
fn ignores_order(function: &AggregateUDF) -> bool {
    const OTHERS: [&str; 12] = [
        "avg",
        "mean",
        "count",
        "median",
        "stddev",
        "stddev_samp",
        "stddev_pop",
        "var",
        "var_samp",
        "var_pop",
        "bit_and",
        "bit_or",
    ];
    function.order_sensitivity().is_insensitive() || OTHERS.contains(&function.name())
}

fn is_positive(arg: Option<&Expr>) -> bool {
    let Some(Expr::Literal(value, _)) = arg else { return false };
    matches!(value.cast_to(&DataType::Int64), Ok(ScalarValue::Int64(Some(1..))))
}

/// A window from a row to the end of its partition, from the start to the row.
fn reversed(call: &WindowFunction) -> Option<WindowFunction> {
    let frame = &call.params.window_frame;
    if !ends_with_partition(frame) || frame.start_bound.is_unbounded() || call.params.order_by.is_empty() {
        return None;
    }
    let mut other = call.clone();
    match &call.fun {
        WindowFunctionDefinition::AggregateUDF(function) => {
            if !ignores_order(function) {
                return None;
            }
        }
        WindowFunctionDefinition::WindowUDF(function) => {
            other.fun = match function.name() {
                "first_value" => last_value_udwf().into(),
                "last_value" => first_value_udwf().into(),
                _ => return None,
            }
        }
    }
    other.params.window_frame = frame.reverse();
    for key in &mut other.params.order_by {
        key.asc = !key.asc;
        key.nulls_first = !key.nulls_first;
    }
    Some(other)
}
