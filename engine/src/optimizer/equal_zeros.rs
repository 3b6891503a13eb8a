//! Zeros of either sign, which are equal, as keys of windows.
//!
//! The relational core sorts rows for a window, and to a sort `-0.0`, which rounding makes of `-0.3`, comes before `0.0`: rows that are one
//! group of `GROUP BY x` would be two of `PARTITION BY x`. A sum with zero has no sign.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, Projection, Window, lit,
};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// Takes the sign from zeros that windows partition or sort by.
#[derive(Debug)]
pub(crate) struct EqualZeros;

impl OptimizerRule for EqualZeros {
    fn name(&self) -> &str {
        "equal_zeros"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let Some((windows, input)) = stack_of(&plan) else { return Ok(Transformed::no(plan)) };
        let mut sums = Sums { input: input.schema(), sums: Vec::new() };
        let calls = windows.iter().map(|window| sums.calls_of(window)).collect::<Result<Vec<_>>>()?;
        if sums.sums.is_empty() {
            return Ok(Transformed::no(plan));
        }
        let columns = |schema: &DFSchema| schema.columns().into_iter().map(Expr::Column);
        let computed = columns(sums.input).chain(sums.sums).collect();
        let mut over_sums = LogicalPlan::Projection(Projection::try_new(computed, Arc::clone(input))?);
        for calls in calls.into_iter().rev() {
            over_sums = LogicalPlan::Window(Window::try_new(calls, Arc::new(over_sums))?);
        }
        let wanted = columns(plan.schema()).collect();
        Ok(Transformed::yes(LogicalPlan::Projection(Projection::try_new(wanted, Arc::new(over_sums))?)))
    }
}

/// Windows on top of each other, the topmost first, and what is below them: what is computed there serves all, and so may one sort.
fn stack_of(plan: &LogicalPlan) -> Option<(Vec<&Window>, &Arc<LogicalPlan>)> {
    let LogicalPlan::Window(window) = plan else { return None };
    let mut windows = vec![window];
    let mut input = &window.input;
    while let LogicalPlan::Window(window) = input.as_ref() {
        windows.push(window);
        input = &window.input;
    }
    Some((windows, input))
}

/// What is computed below windows: keys are columns, of which the core knows more than of what is computed.
struct Sums<'a> {
    input: &'a DFSchema,
    /// Each with its name.
    sums: Vec<Expr>,
}

impl Sums<'_> {
    /// The calls of a window with sums in the place of keys that may have signed zeros.
    fn calls_of(&mut self, window: &Window) -> Result<Vec<Expr>> {
        let names = NamePreserver::new_for_projection();
        let calls = window.window_expr.iter().map(|call| Ok(names.save(call).restore(self.over_sums(call)?)));
        calls.collect()
    }

    fn over_sums(&mut self, call: &Expr) -> Result<Expr> {
        let mut call = call.clone();
        let function = match &mut call {
            Expr::Alias(alias) => alias.expr.as_mut(),
            call => call,
        };
        let Expr::WindowFunction(function) = function else { return Ok(call) };
        let WindowFunction { params, .. } = function.as_mut();
        let order = params.order_by.iter_mut().map(|order| &mut order.expr);
        for key in params.partition_by.iter_mut().chain(order) {
            self.put_sum(key)?;
        }
        Ok(call)
    }

    fn put_sum(&mut self, key: &mut Expr) -> Result<()> {
        // What another window computes is not there yet.
        if !key.column_refs().into_iter().all(|column| self.input.has_column(column)) {
            return Ok(());
        }
        let zero = match key.get_type(self.input)? {
            DataType::Float64 => lit(0.0_f64),
            DataType::Float32 => lit(0.0_f32),
            _ => return Ok(()),
        };
        let name = match &*key {
            Expr::Literal(..) => return Ok(()),
            Expr::Column(column) if column.name.ends_with(SUM) => return Ok(()),
            Expr::Column(column) => format!("{}{SUM}", column.name),
            key => format!("{}{SUM}", key.schema_name()),
        };
        let sum = BinaryExpr::new(Box::new(key.clone()), Operator::Plus, Box::new(zero));
        let sum = Expr::BinaryExpr(sum).alias(&name);
        let is_another = |other: &Expr| other.schema_name().to_string() == name && *other != sum;
        if self.sums.iter().any(is_another) || self.input.has_column_with_unqualified_name(&name) {
            return Ok(());
        }
        if !self.sums.contains(&sum) {
            self.sums.push(sum);
        }
        *key = Expr::Column(Column::from_name(name));
        Ok(())
    }
}

/// What the names of such columns end with.
const SUM: &str = " + 0";
