//! Semi joins that keep little, done before the joins above the rows they choose.
//!
//! `… FROM customer, orders, lineitem WHERE o_orderkey IN (SELECT l_orderkey … HAVING sum(…) > 300)`
//! is planned as a semi join over the join of all three tables, which then is built in full. Only
//! `orders` is concerned: its few rows that stay make everything above small.

use std::sync::Arc;

use datafusion_common::tree_node::Transformed;
use datafusion_common::{Column, NullEquality, Result};
use datafusion_expr::logical_plan::{FetchType, Join, LogicalPlan};
use datafusion_expr::{Expr, JoinType};

/// A semi join over joins, moved below as many of them as it can be, if what it looks rows up in is
/// likely to hold few keys. Any other plan comes back as it is. The schema stays the same.
///
/// # Errors
///
/// When the plan cannot be put together again, which its own schema should rule out.
pub fn push_semi_join_down(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let moved = match &plan {
        LogicalPlan::Join(join) => SemiJoin::of(join).map(|(semi, keys)| semi.below(&join.left, &keys)),
        _ => None,
    };
    match moved.transpose()?.flatten() {
        Some(moved) => Ok(Transformed::yes(moved)),
        None => Ok(Transformed::no(plan)),
    }
}

/// What a semi join looks rows up in, apart from the rows.
struct SemiJoin<'a> {
    join: &'a Join,
    lookup: Vec<Expr>,
}

impl<'a> SemiJoin<'a> {
    /// A join that may be moved, and the columns of its left side that it compares.
    fn of(join: &'a Join) -> Option<(Self, Vec<Column>)> {
        let movable = join.join_type == JoinType::LeftSemi
            && join.filter.is_none()
            && !join.on.is_empty()
            && keeps_few(&join.right);
        if !movable {
            return None;
        }
        let keys = join.on.iter().map(|(key, _)| key.try_as_col().cloned()).collect::<Option<Vec<_>>>()?;
        let lookup = join.on.iter().map(|(_, lookup)| lookup.clone()).collect();
        Some((SemiJoin { join, lookup }, keys))
    }

    /// The rows of `plan` that stay, chosen below at least one of its joins; `None` if there is none
    /// with all the keys on one side.
    fn below(&self, plan: &LogicalPlan, keys: &[Column]) -> Result<Option<LogicalPlan>> {
        let (child, keys) = match plan {
            LogicalPlan::Join(join) => match side_with(join, keys) {
                Some((side, keys)) => {
                    let input = if side == 0 { &join.left } else { &join.right };
                    let chosen = match self.below(input, &keys)? {
                        Some(chosen) => chosen,
                        None => self.over(Arc::clone(input), &keys)?,
                    };
                    return replace_input(plan, side, chosen).map(Some);
                }
                None => return Ok(None),
            },
            LogicalPlan::Filter(filter) => (&filter.input, keys.to_vec()),
            LogicalPlan::Projection(projection) => {
                let inner = |key: &Column| match projection.expr.get(position(plan, key)?)? {
                    Expr::Column(column) => Some(column.clone()),
                    Expr::Alias(alias) => alias.expr.try_as_col().cloned(),
                    _ => None,
                };
                match keys.iter().map(inner).collect() {
                    Some(keys) => (&projection.input, keys),
                    None => return Ok(None),
                }
            }
            LogicalPlan::SubqueryAlias(alias) => {
                let inner = |key: &Column| {
                    Some(Column::from(alias.input.schema().qualified_field(position(plan, key)?)))
                };
                match keys.iter().map(inner).collect() {
                    Some(keys) => (&alias.input, keys),
                    None => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        let below = self.below(child, &keys)?;
        below.map(|chosen| replace_input(plan, 0, chosen)).transpose()
    }

    /// The same lookup over other rows.
    fn over(&self, input: Arc<LogicalPlan>, keys: &[Column]) -> Result<LogicalPlan> {
        let on = keys.iter().cloned().map(Expr::Column).zip(self.lookup.iter().cloned()).collect();
        let join = Join::try_new(
            input,
            Arc::clone(&self.join.right),
            on,
            None,
            JoinType::LeftSemi,
            self.join.join_constraint,
            self.join.null_equality,
            self.join.null_aware,
        )?;
        Ok(LogicalPlan::Join(join))
    }
}

/// Whether a lookup side is likely to hold few keys: groups chosen by their aggregates, or a limit.
fn keeps_few(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => keeps_few(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => keeps_few(&alias.input),
        LogicalPlan::Filter(filter) => is_grouped(&filter.input),
        LogicalPlan::Limit(limit) => matches!(limit.get_fetch_type(), Ok(FetchType::Literal(Some(_)))),
        LogicalPlan::Sort(sort) => sort.fetch.is_some(),
        LogicalPlan::Values(_) | LogicalPlan::EmptyRelation(_) => true,
        _ => false,
    }
}

fn is_grouped(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => is_grouped(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => is_grouped(&alias.input),
        LogicalPlan::Aggregate(aggregate) => !aggregate.group_expr.is_empty(),
        _ => false,
    }
}

/// The input of a join, 0 or 1, that has all the keys and whose rows may be chosen before it, with
/// the names that the keys have there: an inner join makes the two columns of an equality one.
fn side_with(join: &Join, keys: &[Column]) -> Option<(usize, Vec<Column>)> {
    let sides: &[usize] = match join.join_type {
        JoinType::Inner => &[0, 1],
        JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti => &[0],
        JoinType::Right | JoinType::RightSemi | JoinType::RightAnti => &[1],
        _ => &[],
    };
    let input = |side: usize| if side == 0 { &join.left } else { &join.right };
    let direct = |side: usize| {
        let keys = keys.iter().filter(|key| input(side).schema().has_column(key));
        keys.cloned().collect::<Vec<_>>()
    };
    let complete = |named: &Vec<Column>| named.len() == keys.len();
    if let Some(side) = sides.iter().copied().find(|side| complete(&direct(*side))) {
        return Some((side, keys.to_vec()));
    }
    if join.join_type != JoinType::Inner || join.null_equality != NullEquality::NullEqualsNothing {
        return None;
    }
    let equal = |side: usize, key: &Column| {
        if input(side).schema().has_column(key) {
            return Some(key.clone());
        }
        join.on.iter().find_map(|(left, right)| {
            let (here, there) = if side == 0 { (left, right) } else { (right, left) };
            (there.try_as_col() == Some(key)).then(|| here.try_as_col().cloned()).flatten()
        })
    };
    sides.iter().find_map(|side| {
        let keys = keys.iter().map(|key| equal(*side, key)).collect::<Option<Vec<_>>>()?;
        Some((*side, keys))
    })
}

fn position(plan: &LogicalPlan, column: &Column) -> Option<usize> {
    plan.schema().maybe_index_of_column(column)
}

/// `plan` with one of its inputs replaced by another of the same schema.
fn replace_input(plan: &LogicalPlan, input: usize, with: LogicalPlan) -> Result<LogicalPlan> {
    let mut inputs: Vec<LogicalPlan> = plan.inputs().into_iter().cloned().collect();
    inputs[input] = with;
    plan.with_new_exprs(plan.expressions(), inputs)
}

#[cfg(test)]
mod tests {
    use datafusion_common::arrow::datatypes::{DataType, Field, Schema};
    use datafusion_expr::logical_plan::builder::LogicalTableSource;
    use datafusion_expr::{LogicalPlanBuilder, col, lit};
    use datafusion_functions_aggregate::expr_fn::sum;

    use super::*;

    /// A table with the columns k and v.
    fn table(name: &str) -> LogicalPlanBuilder {
        let fields = ["k", "v"].map(|name| Field::new(name, DataType::Int64, true));
        let source = Arc::new(LogicalTableSource::new(Arc::new(Schema::new(fields.to_vec()))));
        LogicalPlanBuilder::scan(name, source, None).unwrap()
    }

    fn join(
        left: LogicalPlanBuilder,
        right: LogicalPlanBuilder,
        kind: JoinType,
        on: [&str; 2],
    ) -> LogicalPlanBuilder {
        let [left_on, right_on] = on.map(|name| vec![Column::from_qualified_name(name)]);
        left.join(right.build().unwrap(), kind, (left_on, right_on), None).unwrap()
    }

    /// The keys of the groups whose sum is large.
    fn few() -> LogicalPlanBuilder {
        let groups = table("f").aggregate([col("f.k")], [sum(col("f.v"))]).unwrap();
        groups.filter(col("sum(f.v)").gt(lit(300))).unwrap().project([col("f.k")]).unwrap()
    }

    fn pushed(plan: LogicalPlanBuilder) -> Option<String> {
        let plan = plan.build().unwrap();
        let schema = Arc::clone(plan.schema());
        let pushed = push_semi_join_down(plan).unwrap();
        assert_eq!(pushed.data.schema(), &schema);
        pushed.transformed.then(|| pushed.data.display_indent().to_string())
    }

    #[test]
    fn a_semi_join_goes_below_joins_to_the_table_that_has_its_keys() {
        let three = join(
            join(table("a"), table("b"), JoinType::Inner, ["a.k", "b.k"]),
            table("c"),
            JoinType::Left,
            ["b.v", "c.v"],
        );
        let plan = join(three, few(), JoinType::LeftSemi, ["b.v", "f.k"]);
        let expected = "\
Left Join: b.v = c.v
  Inner Join: a.k = b.k
    TableScan: a
    LeftSemi Join: b.v = f.k
      TableScan: b
      Projection: f.k
        Filter: sum(f.v) > Int32(300)
          Aggregate: groupBy=[[f.k]], aggr=[[sum(f.v)]]
            TableScan: f
  TableScan: c";
        assert_eq!(pushed(plan).unwrap(), expected);
    }

    #[test]
    fn names_are_followed_through_projections_aliases_and_equalities() {
        let inner = join(table("a"), table("b"), JoinType::Inner, ["a.k", "b.k"]);
        let named = inner.project([col("a.k").alias("key"), col("b.v")]).unwrap().alias("t").unwrap();
        let plan = join(named, few(), JoinType::LeftSemi, ["t.key", "f.k"]);
        let text = pushed(plan).unwrap();
        assert!(text.contains("LeftSemi Join: a.k = f.k\n        TableScan: a"), "{text}");

        // Both keys are columns of b: one by name, one because it equals a's.
        let two_keys = table("f").aggregate([col("f.k"), col("f.v")], [sum(col("f.v"))]).unwrap();
        let two_keys = two_keys.filter(col("sum(f.v)").gt(lit(300))).unwrap();
        let inner = join(table("a"), table("b"), JoinType::Inner, ["a.k", "b.k"]);
        let on = ["a.k", "b.v"].map(Column::from_qualified_name).to_vec();
        let lookup = ["f.k", "f.v"].map(Column::from_qualified_name).to_vec();
        let plan = inner.join(two_keys.build().unwrap(), JoinType::LeftSemi, (on, lookup), None).unwrap();
        let text = pushed(plan).unwrap();
        assert!(text.contains("LeftSemi Join: b.k = f.k, b.v = f.v\n    TableScan: b"), "{text}");
    }

    #[test]
    fn other_joins_stay() {
        let inner = || join(table("a"), table("b"), JoinType::Inner, ["a.k", "b.k"]);
        // Many keys, no join below, rows that an outer join makes, and rows that are kept because a key
        // is absent.
        assert_eq!(pushed(join(inner(), table("f"), JoinType::LeftSemi, ["a.k", "f.k"])), None);
        assert_eq!(pushed(join(table("a"), few(), JoinType::LeftSemi, ["a.k", "f.k"])), None);
        let left = join(table("a"), table("b"), JoinType::Left, ["a.k", "b.k"]);
        assert_eq!(pushed(join(left, few(), JoinType::LeftSemi, ["b.v", "f.k"])), None);
        assert_eq!(pushed(join(inner(), few(), JoinType::LeftAnti, ["a.k", "f.k"])), None);
    }
}
