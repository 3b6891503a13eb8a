//! About how many rows a plan gives.

use datafusion_expr::logical_plan::{FetchType, LogicalPlan, TableScan};
use datafusion_expr::utils::split_conjunction;
use datafusion_expr::{Expr, JoinType, Operator};

/// The part of its input's rows that a group-by or a distinct gives.
const GROUPS: f64 = 0.1;

/// The part of the rows that a semi or anti join keeps.
const FOUND: f64 = 0.5;

/// About how many rows a plan gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    /// Never less than one.
    pub(super) rows: f64,
    /// How many it would be without filters.
    pub(super) unfiltered_rows: f64,
}

impl Estimate {
    /// `None` if the rows of a table are not known, or if the plan is of another kind than queries are mostly made of.
    pub(super) fn of(plan: &LogicalPlan, rows: &dyn Fn(&TableScan) -> Option<f64>) -> Option<Self> {
        let estimate = match plan {
            LogicalPlan::TableScan(scan) => Self::of_all(rows(scan)?).filtered(&scan.filters),
            LogicalPlan::Filter(filter) => {
                let predicates = split_conjunction(&filter.predicate);
                match filter.input.as_ref() {
                    // What the scan may make use of is judged once more by the filter.
                    LogicalPlan::TableScan(scan) => {
                        let exact = scan.filters.iter().filter(|known| !predicates.contains(known));
                        Self::of_all(rows(scan)?).filtered(exact).filtered(predicates.iter().copied())
                    }
                    input => Self::of(input, rows)?.filtered(predicates),
                }
            }
            LogicalPlan::Projection(projection) => Self::of(&projection.input, rows)?,
            LogicalPlan::SubqueryAlias(alias) => Self::of(&alias.input, rows)?,
            LogicalPlan::Sort(sort) => Self::of(&sort.input, rows)?.limited(sort.fetch),
            LogicalPlan::Limit(limit) => match limit.get_fetch_type() {
                Ok(FetchType::Literal(fetch)) => Self::of(&limit.input, rows)?.limited(fetch),
                _ => return None,
            },
            LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => Self::of_all(1.0),
            LogicalPlan::Aggregate(aggregate) => {
                Self::of_all(Self::of(&aggregate.input, rows)?.rows * GROUPS)
            }
            LogicalPlan::Distinct(distinct) => Self::of_all(Self::of(distinct.input(), rows)?.rows * GROUPS),
            LogicalPlan::Join(join) => {
                let (left, right) = (Self::of(&join.left, rows)?, Self::of(&join.right, rows)?);
                let found = |side: Self| Self { rows: side.rows * FOUND, ..side };
                match join.join_type {
                    JoinType::LeftSemi | JoinType::LeftAnti => found(left),
                    JoinType::RightSemi | JoinType::RightAnti => found(right),
                    _ if join.on.is_empty() => Self::of_all(left.rows * right.rows),
                    // A key of one side in the other one.
                    _ => Self::of_all(left.rows.max(right.rows)),
                }
            }
            LogicalPlan::Values(values) => Self::of_all(values.values.len() as f64),
            LogicalPlan::EmptyRelation(_) => Self::of_all(1.0),
            _ => return None,
        };
        let (rows, unfiltered_rows) = (estimate.rows.max(1.0), estimate.unfiltered_rows.max(1.0));
        Some(Self { rows, unfiltered_rows })
    }

    fn of_all(rows: f64) -> Self {
        Self { rows, unfiltered_rows: rows }
    }

    fn filtered<'a>(self, predicates: impl IntoIterator<Item = &'a Expr>) -> Self {
        let kept: f64 = predicates.into_iter().map(selectivity).product();
        Self { rows: self.rows * kept, ..self }
    }

    fn limited(self, fetch: Option<usize>) -> Self {
        let most = fetch.map_or(f64::INFINITY, |fetch| fetch as f64);
        Self::of_all(self.rows.min(most))
    }
}

/// The part of the rows for which a predicate is likely to hold. Nothing is known of the values, so all depends on
/// the operator alone; the parts are those that System R took, or near them.
pub(super) fn selectivity(predicate: &Expr) -> f64 {
    match predicate {
        Expr::BinaryExpr(binary) => match binary.op {
            Operator::And => selectivity(&binary.left) * selectivity(&binary.right),
            Operator::Or => (selectivity(&binary.left) + selectivity(&binary.right)).min(1.0),
            Operator::Eq | Operator::IsNotDistinctFrom => 0.1,
            Operator::NotEq | Operator::IsDistinctFrom => 0.9,
            Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq => 0.3,
            _ => 0.25,
        },
        Expr::Between(between) => negated(between.negated, 0.1),
        Expr::Like(like) => negated(like.negated, 0.1),
        Expr::InList(list) => negated(list.negated, (0.1 * list.list.len() as f64).min(0.5)),
        Expr::Not(expr) => 1.0 - selectivity(expr),
        Expr::IsNull(_) => 0.1,
        Expr::IsNotNull(_) => 0.9,
        Expr::Column(_) => 0.5,
        _ => 0.25,
    }
}

fn negated(negated: bool, part: f64) -> f64 {
    if negated { 1.0 - part } else { part }
}
