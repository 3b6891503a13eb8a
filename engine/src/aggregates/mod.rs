//! Aggregates in place of the relational core's own: those that would hold memory that is not counted, or panic; and those that it
//! lacks.

mod approx_quantile;
mod array_agg;
mod converted;
mod distinct_count;
mod extremes;
mod first_rows;
mod first_value;
mod mode;
mod mode_of_groups;
mod more_types;
mod narrow_rows;
mod nested_extreme;
mod product;
mod sliding;
mod string_agg;
mod values_of_groups;
mod wide_groups;

use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::common::{Result, plan_err};
use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion::functions_aggregate::approx_distinct::approx_distinct_udaf;
use datafusion::functions_aggregate::average::avg_udaf;
use datafusion::functions_aggregate::correlation::corr_udaf;
use datafusion::functions_aggregate::covariance::{covar_pop_udaf, covar_samp_udaf};
use datafusion::functions_aggregate::median::median_udaf;
use datafusion::functions_aggregate::percentile_cont::percentile_cont_udaf;
use datafusion::functions_aggregate::regr::{regr_intercept_udaf, regr_slope_udaf};
use datafusion::functions_aggregate::stddev::{stddev_pop_udaf, stddev_udaf};
use datafusion::functions_aggregate::variance::{var_pop_udaf, var_samp_udaf};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::{AggregateUDF, Expr, LogicalPlan, WindowFunctionDefinition};
use datafusion::optimizer::AnalyzerRule;

use self::more_types::{of_times, over_frames};
use self::string_agg::string_agg;
use crate::budget::Budget;
use crate::overflow::checked_sum;
use crate::walk::{Walk, WalkPlan};

pub(crate) use self::converted::{Conversion, Converted};
pub(crate) use self::more_types::of_booleans;

/// `mode(x)`.
pub(crate) fn mode() -> AggregateUDF {
    mode::MostFrequent::default().into()
}

/// `product(x)`.
pub(crate) fn product() -> AggregateUDF {
    product::Product::default().into()
}

/// Aggregates of the core in place of which SQL has others of the same names: of more types, over frames that slide, with errors
/// where a sum is too large.
static IN_PLACE_OF_CORE: LazyLock<[Arc<AggregateUDF>; 22]> = LazyLock::new(|| {
    let [first_value, last_value, any_value] = first_value::of_one_row();
    let [approx_percentile_cont, approx_median] = approx_quantile::approx_quantiles();
    [
        first_value,
        last_value,
        any_value,
        approx_percentile_cont,
        approx_median,
        checked_sum(),
        of_times(of_booleans(avg_udaf()), 0),
        of_times(median_udaf(), 0),
        of_times(percentile_cont_udaf(), 1),
        over_frames(stddev_udaf()),
        over_frames(stddev_pop_udaf()),
        over_frames(var_samp_udaf()),
        over_frames(var_pop_udaf()),
        over_frames(covar_pop_udaf()),
        over_frames(covar_samp_udaf()),
        over_frames(corr_udaf()),
        over_frames(regr_slope_udaf()),
        over_frames(regr_intercept_udaf()),
        string_agg(),
        extremes::max(),
        extremes::min(),
        over_frames(approx_distinct_udaf()),
    ]
});

/// The aggregate that SQL has by the name of one of the core, if it has another.
pub(crate) fn in_place_of(core: &AggregateUDF) -> Option<Arc<AggregateUDF>> {
    IN_PLACE_OF_CORE.iter().find(|other| other.name() == core.name()).map(Arc::clone)
}

/// Makes the aggregates known that the relational core lacks, and those in place of the core's.
pub(crate) fn register_aggregates(state: &mut SessionState) -> Result<()> {
    let lacking = [mode(), product()].map(Arc::new);
    for aggregate in lacking.into_iter().chain(IN_PLACE_OF_CORE.iter().cloned()) {
        state.register_udaf(aggregate)?;
    }
    Ok(())
}

/// Aggregates that keep all values of a group.
const VALUE_KEEPERS: [&str; 5] = ["array_agg", "median", "nth_value", "percentile_cont", "string_agg"];

/// Whether an aggregate keeps all values of a group: a row of it may be long.
pub(crate) fn keeps_values(name: &str) -> bool {
    VALUE_KEEPERS.contains(&name)
}

/// Refuses `DISTINCT`, of which an aggregate knows nothing.
fn of_all_values(name: &str, args: &AccumulatorArgs<'_>) -> Result<()> {
    match args.is_distinct {
        true => plan_err!("{name} is of all values, and takes no DISTINCT"),
        false => Ok(()),
    }
}

/// What an aggregate in place of one of the core, its field `core`, has from that.
macro_rules! like_the_core {
    () => {
        fn name(&self) -> &str {
            self.core.name()
        }

        fn signature(&self) -> &Signature {
            self.core.signature()
        }

        fn return_type(&self, types: &[DataType]) -> Result<DataType> {
            self.core.return_type(types)
        }

        fn reverse_expr(&self) -> ReversedUDAF {
            self.core.reverse_expr()
        }

        fn order_sensitivity(&self) -> AggregateOrderSensitivity {
            self.core.order_sensitivity()
        }

        fn documentation(&self) -> Option<&Documentation> {
            self.core.documentation()
        }

        fn set_monotonicity(&self, ty: &DataType) -> SetMonotonicity {
            self.core.set_monotonicity(ty)
        }
    };
}
pub(crate) use like_the_core;

/// The memory of a session. Aggregates that know it are equal in the same session.
#[derive(Debug, Clone)]
struct SessionMemory(Arc<Budget>);

impl PartialEq for SessionMemory {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SessionMemory {}

impl Hash for SessionMemory {
    fn hash<H: Hasher>(&self, _state: &mut H) {}
}

impl SessionMemory {
    /// Whether one in so many parts of the limit is less than what some rows take.
    fn is_less_than(&self, len_bytes: usize, parts: usize) -> bool {
        self.0.limit_bytes() / parts < len_bytes
    }
}

/// Puts our aggregates in place of those of the relational core that have the same names, wherever a plan has them
/// from: statements find ours by name, but frames, functions of columns and rules of the core name the core's.
#[derive(Debug)]
pub(crate) struct UseOwnAggregates {
    array_agg: Arc<AggregateUDF>,
    count: Arc<AggregateUDF>,
    median: Arc<AggregateUDF>,
    percentile_cont: Arc<AggregateUDF>,
}

impl UseOwnAggregates {
    /// Those of a session with this memory.
    pub(crate) fn new(budget: &Arc<Budget>) -> Self {
        let memory = SessionMemory(Arc::clone(budget));
        Self {
            array_agg: array_agg::array_agg(&memory),
            count: distinct_count::count(&memory),
            median: of_times(wide_groups::median(&memory), 0),
            percentile_cont: of_times(wide_groups::percentile_cont(&memory), 1),
        }
    }

    fn use_own(&self, mut expr: Expr) -> Transformed<Expr> {
        let function = match &mut expr {
            Expr::AggregateFunction(call) => Some(&mut call.func),
            Expr::WindowFunction(call) => match &mut call.fun {
                WindowFunctionDefinition::AggregateUDF(function) => Some(function),
                WindowFunctionDefinition::WindowUDF(_) => None,
            },
            _ => None,
        };
        let own = function.and_then(|function| self.own_of(function).map(|own| *function = own));
        Transformed::new_transformed(expr, own.is_some())
    }

    /// Ours in place of another with the same name.
    fn own_of(&self, function: &Arc<AggregateUDF>) -> Option<Arc<AggregateUDF>> {
        let own = match function.name() {
            "array_agg" => Arc::clone(&self.array_agg),
            "count" => Arc::clone(&self.count),
            "max" => extremes::max(),
            "median" => Arc::clone(&self.median),
            "min" => extremes::min(),
            "percentile_cont" => Arc::clone(&self.percentile_cont),
            "string_agg" => string_agg(),
            "sum" => checked_sum(),
            "any_value" | "approx_median" | "approx_percentile_cont" | "first_value" | "last_value" => {
                in_place_of(function)?
            }
            _ => return None,
        };
        (own != *function).then_some(own)
    }
}

impl AnalyzerRule for UseOwnAggregates {
    fn name(&self) -> &str {
        "use_own_aggregates"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let replaced = plan.transform_up_with_subqueries_dyn(|plan| {
            let names = NamePreserver::new(&plan);
            plan.map_expressions_dyn(|expr| {
                let name = names.save(&expr);
                let replaced = expr.transform_up_dyn(|expr| Ok(self.use_own(expr)))?;
                Ok(if replaced.transformed {
                    replaced.update_data(|expr| name.restore(expr))
                } else {
                    replaced
                })
            })
        });
        replaced.data()
    }
}
