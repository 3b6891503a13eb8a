//! The order of inner joins, by about how many rows each makes.
//!
//! The relational core joins tables in the order in which a query names them. What is read is the same in any
//! order; what is kept in memory and looked up is not: `supplier, lineitem, nation` joined as written makes a
//! table of the lines of all suppliers, of which the one nation then wanted keeps a twenty-fifth.
//!
//! All orders without cross products, bushy ones included, are weighed by dynamic programming over sets of
//! relations (Moerkotte and Neumann, "Analysis of two existing and one new dynamic programming algorithm for the
//! generation of optimal bushy join trees without cross products", VLDB 2006). Where there are too many relations for
//! that, the two that make the fewest rows are joined, again and again (Fegaras, "A new heuristic for optimizing large
//! queries", DEXA 1998). Rows are estimated as in System R
//! (Selinger and others, "Access path selection in a relational database management system", SIGMOD 1979): the
//! product of those of all relations, divided, for each column by which they are joined, by how many values it has;
//! taken to be as many as the smallest of its tables has rows. Such estimates are wrong by a factor now and then, so
//! the order as written stays unless another one seems far cheaper.

use std::sync::Arc;

use datafusion_common::tree_node::Transformed;
use datafusion_common::{NullEquality, Result};
use datafusion_expr::logical_plan::{Join, JoinConstraint, LogicalPlan, Projection, TableScan};
use datafusion_expr::utils::{conjunction, split_conjunction};
use datafusion_expr::{BinaryExpr, Expr, ExprSchemable, JoinType, Operator};

use super::estimate::{Estimate, selectivity};

/// Joins of more relations stay as written.
pub const MOST_RELATIONS: usize = Set::BITS as usize;

/// Of joins of more relations not all orders are weighed: they grow as 3 to the power of the number of relations.
const MOST_WEIGHED: usize = 10;

/// Another order is taken if it seems to cost less than this part of the order as written.
const WORTH: f64 = 0.5;

/// Inner joins of several relations, in the order that seems to be the cheapest. `rows` tells about how many rows a
/// table has. Rows and columns stay the same. Any other plan comes back as it is, and so do joins of which a table's
/// rows are not known, or of more than [`MOST_RELATIONS`].
///
/// # Errors
///
/// When the plan cannot be put together again, which its own schema should rule out.
pub fn order_joins(
    plan: LogicalPlan,
    rows: &dyn Fn(&TableScan) -> Option<f64>,
) -> Result<Transformed<LogicalPlan>> {
    if inner_join(&plan).is_none() {
        return Ok(Transformed::no(plan));
    }
    let Some(region) = Region::of(&plan) else { return Ok(Transformed::no(plan)) };
    let Some(weights) = Weights::of(&region, rows) else { return Ok(Transformed::no(plan)) };
    let (_, written) = weights.cost_as_written(&plan, &mut (0..));
    match weights.cheapest() {
        Some(order) if order.cost < written * WORTH => match region.joined(&order)? {
            Some(joined) => Ok(Transformed::yes(with_columns_of(joined, &plan)?)),
            None => Ok(Transformed::no(plan)),
        },
        _ => Ok(Transformed::no(plan)),
    }
}

/// A join that may change places with others.
fn inner_join(plan: &LogicalPlan) -> Option<&Join> {
    match plan {
        LogicalPlan::Join(join)
            if join.join_type == JoinType::Inner
                && join.null_equality == NullEquality::NullEqualsNothing
                && !join.filter.as_ref().is_some_and(Expr::is_volatile) =>
        {
            Some(join)
        }
        _ => None,
    }
}

/// What stands below a filter between joins, and the filter.
fn filtered_join(plan: &LogicalPlan) -> Option<(&LogicalPlan, &Expr)> {
    match plan {
        LogicalPlan::Filter(filter)
            if inner_join(&filter.input).is_some() && !filter.predicate.is_volatile() =>
        {
            Some((&filter.input, &filter.predicate))
        }
        _ => None,
    }
}

/// The same rows with the columns of `plan` in their order.
fn with_columns_of(joined: LogicalPlan, plan: &LogicalPlan) -> Result<LogicalPlan> {
    let columns = plan.schema().columns().into_iter().map(Expr::Column).collect();
    Ok(LogicalPlan::Projection(Projection::try_new(columns, Arc::new(joined))?))
}

/// A set of relations, a bit for each.
type Set = u64;

/// Relations that inner joins put together, and by what.
#[derive(Default)]
struct Region {
    relations: Vec<LogicalPlan>,
    equalities: Vec<Equality>,
    /// Conditions that are no equality of one relation with another, and the relations that they are about.
    filters: Vec<(Set, Expr)>,
    /// How many classes the equalities fall into.
    classes: usize,
}

/// An expression of one relation that equals one of another.
struct Equality {
    sides: [Side; 2],
    /// Sides of equalities of the same class are all equal.
    class: usize,
}

struct Side {
    relation: usize,
    expr: Expr,
}

impl Region {
    /// `None` where there is nothing to put in order, or too much.
    fn of(plan: &LogicalPlan) -> Option<Self> {
        let (mut region, mut conditions) = (Self::default(), Vec::new());
        region.collect(plan, &mut conditions);
        if !(3..=MOST_RELATIONS).contains(&region.relations.len()) {
            return None;
        }
        for condition in conditions {
            match region.equality(&condition) {
                Some(equality) => region.equalities.push(equality),
                None => region.filters.push((region.relations_of(&condition), condition)),
            }
        }
        region.classify();
        Some(region)
    }

    fn collect(&mut self, plan: &LogicalPlan, conditions: &mut Vec<Expr>) {
        let mut add = |predicate: &Expr| conditions.extend(split_conjunction(predicate).into_iter().cloned());
        if let Some(join) = inner_join(plan) {
            join.on.iter().for_each(|(left, right)| add(&left.clone().eq(right.clone())));
            join.filter.iter().for_each(add);
            self.collect(&join.left, conditions);
            self.collect(&join.right, conditions);
        } else if let Some((input, predicate)) = filtered_join(plan) {
            add(predicate);
            self.collect(input, conditions);
        } else {
            self.relations.push(plan.clone());
        }
    }

    /// The equality that a condition is; `None` if it is none of two relations. The core moves conditions into
    /// joins as filters, and takes equalities out of these only later.
    fn equality(&self, condition: &Expr) -> Option<Equality> {
        let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = condition else { return None };
        let (one, other) = (self.relation_of(left)?, self.relation_of(right)?);
        let ty = |expr: &Expr, relation: usize| expr.get_type(self.relations[relation].schema()).ok();
        let side = |expr: &Expr, relation: usize| Side { relation, expr: expr.clone() };
        let can_be_joined = one != other && ty(left, one)? == ty(right, other)?;
        can_be_joined.then(|| Equality { sides: [side(left, one), side(right, other)], class: 0 })
    }

    /// The relations that an expression is about.
    fn relations_of(&self, expr: &Expr) -> Set {
        let has = |relation: &LogicalPlan| {
            expr.column_refs().into_iter().any(|column| relation.schema().has_column(column))
        };
        let relations = self.relations.iter().enumerate();
        relations.filter(|(_, relation)| has(relation)).fold(0, |set, (at, _)| set | 1 << at)
    }

    /// The only relation that an expression is about.
    fn relation_of(&self, expr: &Expr) -> Option<usize> {
        let set = self.relations_of(expr);
        set.is_power_of_two().then(|| set.trailing_zeros() as usize)
    }

    /// Gives equalities that have a side in common the same class.
    fn classify(&mut self) {
        for at in 0..self.equalities.len() {
            let (before, rest) = self.equalities.split_at_mut(at);
            let equality = &mut rest[0];
            let same = |other: &&mut Equality| {
                let sides = other.sides.iter();
                sides.into_iter().any(|side| equality.sides.iter().any(|own| own.is_same(side)))
            };
            let classes: Vec<usize> = before.iter_mut().filter(same).map(|other| other.class).collect();
            equality.class = *classes.first().unwrap_or(&self.classes);
            self.classes += usize::from(classes.is_empty());
            let class = equality.class;
            for other in before.iter_mut().filter(|other| classes.contains(&other.class)) {
                other.class = class;
            }
        }
    }

    /// The relations of a class's equalities.
    fn members(&self, class: usize) -> Set {
        let of_class = self.equalities.iter().filter(|equality| equality.class == class);
        of_class.flat_map(|equality| &equality.sides).fold(0, |set, side| set | 1 << side.relation)
    }

    /// All relations in an order; `None` if two of its parts have nothing in common.
    fn joined(&self, order: &Order) -> Result<Option<LogicalPlan>> {
        let Some((left, right)) = &order.parts else {
            return Ok(Some(self.relations[order.set.trailing_zeros() as usize].clone()));
        };
        let (Some(left_plan), Some(right_plan)) = (self.joined(left)?, self.joined(right)?) else {
            return Ok(None);
        };
        let on = self.compared(left.set, right.set);
        if on.is_empty() {
            return Ok(None);
        }
        let is_whole = order.set.count_ones() as usize == self.relations.len();
        let applies = |(about, _): &&(Set, Expr)| {
            let known_before = is_within(*about, left.set) || is_within(*about, right.set);
            is_within(*about, order.set) && !known_before || is_whole && *about == 0
        };
        let filter = conjunction(self.filters.iter().filter(applies).map(|(_, filter)| filter.clone()));
        let join = Join::try_new(
            Arc::new(left_plan),
            Arc::new(right_plan),
            on,
            filter,
            JoinType::Inner,
            JoinConstraint::On,
            NullEquality::NullEqualsNothing,
            false,
        )?;
        Ok(Some(LogicalPlan::Join(join)))
    }

    /// What is compared when two sets are joined: all equalities between them, and for a class that has none what
    /// follows from the others.
    fn compared(&self, left: Set, right: Set) -> Vec<(Expr, Expr)> {
        let mut on = Vec::new();
        for class in 0..self.classes {
            let equalities = || self.equalities.iter().filter(move |equality| equality.class == class);
            let before = on.len();
            for Equality { sides: [one, other], .. } in equalities() {
                if one.is_of(left) && other.is_of(right) {
                    on.push((one.expr.clone(), other.expr.clone()));
                } else if other.is_of(left) && one.is_of(right) {
                    on.push((other.expr.clone(), one.expr.clone()));
                }
            }
            let side_of =
                |set: Set| equalities().flat_map(|equality| &equality.sides).find(|side| side.is_of(set));
            if on.len() == before
                && let (Some(one), Some(other)) = (side_of(left), side_of(right))
            {
                on.push((one.expr.clone(), other.expr.clone()));
            }
        }
        on
    }
}

impl Side {
    fn is_same(&self, other: &Self) -> bool {
        self.relation == other.relation && self.expr == other.expr
    }

    fn is_of(&self, set: Set) -> bool {
        set & 1 << self.relation != 0
    }
}

fn is_within(part: Set, set: Set) -> bool {
    part & !set == 0 && part != 0
}

/// What a join costs: what its sides cost, the rows that it keeps in memory, and those that it makes.
fn join_cost(sides: [f64; 2], kept_rows: f64, made_rows: f64) -> f64 {
    sides[0] + sides[1] + kept_rows + made_rows
}

/// How to join a set of relations.
#[derive(Debug, Clone)]
struct Order {
    set: Set,
    cost: f64,
    /// The side that is kept in memory, and the other one; `None` for a single relation.
    parts: Option<(Box<Order>, Box<Order>)>,
}

/// What tells how many rows sets of relations have when they are joined.
struct Weights {
    /// The rows of each relation.
    rows: Vec<f64>,
    /// Relations that are joined by columns that are all equal, and how many values these have.
    classes: Vec<(Set, f64)>,
    /// The relations that each filter is about, and the part of the rows that it keeps.
    filters: Vec<(Set, f64)>,
    /// For each relation those that can be joined with it.
    neighbours: Vec<Set>,
}

impl Weights {
    /// `None` if the rows of a table are not known.
    fn of(region: &Region, rows: &dyn Fn(&TableScan) -> Option<f64>) -> Option<Self> {
        let estimates: Vec<Estimate> =
            region.relations.iter().map(|relation| Estimate::of(relation, rows)).collect::<Option<_>>()?;
        let values = |members: Set| {
            let domains = estimates.iter().enumerate().filter(|(at, _)| members & 1 << at != 0);
            domains.map(|(_, estimate)| estimate.unfiltered_rows).fold(f64::INFINITY, f64::min)
        };
        let members = (0..region.classes).map(|class| region.members(class));
        let classes: Vec<(Set, f64)> = members.map(|members| (members, values(members))).collect();
        let neighbours = (0..estimates.len()).map(|relation| {
            let shared = classes.iter().filter(|(members, _)| members & 1 << relation != 0);
            shared.fold(0, |set, (members, _)| set | members) & !(1 << relation)
        });
        Some(Self {
            rows: estimates.iter().map(|estimate| estimate.rows).collect(),
            neighbours: neighbours.collect(),
            filters: region.filters.iter().map(|(about, filter)| (*about, selectivity(filter))).collect(),
            classes,
        })
    }

    /// About how many rows relations have when they are joined.
    fn rows(&self, set: Set) -> f64 {
        let relations = self.rows.iter().enumerate().filter(|(at, _)| set & 1 << at != 0);
        let product: f64 = relations.map(|(_, rows)| rows).product();
        let compared = self.classes.iter().map(|(members, values)| {
            let comparisons = (members & set).count_ones().saturating_sub(1);
            values.powi(comparisons.try_into().unwrap_or(i32::MAX))
        });
        let kept = self.filters.iter().filter(|(about, _)| is_within(*about, set)).map(|(_, part)| part);
        (product / compared.product::<f64>() * kept.product::<f64>()).max(1.0)
    }

    /// The relations of a plan, which are numbered as they are met, and what joining them as written costs.
    fn cost_as_written(&self, plan: &LogicalPlan, numbers: &mut impl Iterator<Item = usize>) -> (Set, f64) {
        if let Some((input, _)) = filtered_join(plan) {
            return self.cost_as_written(input, numbers);
        }
        let Some(join) = inner_join(plan) else {
            return (numbers.next().map_or(0, |number| 1 << number), 0.0);
        };
        let (left, left_cost) = self.cost_as_written(&join.left, numbers);
        let (right, right_cost) = self.cost_as_written(&join.right, numbers);
        // The core keeps the smaller side in memory if it knows both; it knows tables, but not what is joined.
        let are_known = left.is_power_of_two() && right.is_power_of_two();
        let kept = if are_known { self.rows(left).min(self.rows(right)) } else { self.rows(left) };
        (left | right, join_cost([left_cost, right_cost], kept, self.rows(left | right)))
    }

    /// An order in which few rows are made and kept, the fewest where all are weighed; `None` if there is none without
    /// a cross product.
    fn cheapest(&self) -> Option<Order> {
        if self.rows.len() <= MOST_WEIGHED { self.cheapest_of_all() } else { self.greedy() }
    }

    fn cheapest_of_all(&self) -> Option<Order> {
        let sets = 1usize << self.rows.len();
        let rows: Vec<f64> = (0..sets).map(|set| self.rows(set as Set)).collect();
        let mut best: Vec<Option<Order>> = vec![None; sets];
        for set in 1..sets {
            if set.is_power_of_two() {
                best[set] = Some(Order { set: set as Set, cost: 0.0, parts: None });
                continue;
            }
            let mut cheapest: Option<(f64, usize)> = None;
            let mut part = (set - 1) & set;
            while part > 0 {
                let rest = set ^ part;
                // Of the two ways round, the one that keeps fewer rows in memory.
                if (rows[part], part) < (rows[rest], rest)
                    && let (Some(left), Some(right)) = (&best[part], &best[rest])
                    && self.can_be_joined(left.set, right.set)
                {
                    let cost = join_cost([left.cost, right.cost], rows[part], rows[set]);
                    if cheapest.is_none_or(|(least, _)| cost < least) {
                        cheapest = Some((cost, part));
                    }
                }
                part = (part - 1) & set;
            }
            best[set] = cheapest.and_then(|(cost, part)| {
                let parts = (Box::new(best[part].clone()?), Box::new(best[set ^ part].clone()?));
                Some(Order { set: set as Set, cost, parts: Some(parts) })
            });
        }
        best.pop().flatten()
    }

    /// Joins those two that make the fewest rows, until all are joined.
    fn greedy(&self) -> Option<Order> {
        let mut orders: Vec<Order> =
            (0..self.rows.len()).map(|at| Order { set: 1 << at, cost: 0.0, parts: None }).collect();
        while orders.len() > 1 {
            let pairs = (0..orders.len()).flat_map(|right| (0..right).map(move |left| (left, right)));
            let joined =
                pairs.filter(|&(left, right)| self.can_be_joined(orders[left].set, orders[right].set));
            let weighed = joined.map(|pair| (self.rows(orders[pair.0].set | orders[pair.1].set), pair));
            let (_, (left, right)) = weighed.min_by(|(one, _), (other, _)| one.total_cmp(other))?;
            // The left one stands before the right one, and is not moved when that is taken out.
            let (right, left) = (orders.swap_remove(right), orders.swap_remove(left));
            orders.push(self.join(left, right));
        }
        orders.pop()
    }

    /// Two sets joined, with the side in memory that has fewer rows.
    fn join(&self, one: Order, other: Order) -> Order {
        let (kept, streamed) =
            if self.rows(one.set) <= self.rows(other.set) { (one, other) } else { (other, one) };
        let set = kept.set | streamed.set;
        let cost = join_cost([kept.cost, streamed.cost], self.rows(kept.set), self.rows(set));
        Order { set, cost, parts: Some((Box::new(kept), Box::new(streamed))) }
    }

    fn can_be_joined(&self, one: Set, other: Set) -> bool {
        let reaches = |relation: usize| one & 1 << relation != 0 && self.neighbours[relation] & other != 0;
        (0..self.neighbours.len()).any(reaches)
    }
}

#[cfg(test)]
mod tests {
    use datafusion_common::Column;
    use datafusion_common::arrow::datatypes::{DataType, Field, Schema};
    use datafusion_expr::logical_plan::builder::LogicalTableSource;
    use datafusion_expr::{LogicalPlanBuilder, col, lit};
    use proptest::prelude::*;

    use super::*;

    /// A table with the columns x, y and z. Its name ends with the number of zeros that its count of rows has.
    fn table(name: &str) -> LogicalPlanBuilder {
        let fields = ["x", "y", "z"].map(|name| Field::new(name, DataType::Int64, true));
        let source = Arc::new(LogicalTableSource::new(Arc::new(Schema::new(fields.to_vec()))));
        LogicalPlanBuilder::scan(name, source, None).unwrap()
    }

    fn rows(scan: &TableScan) -> Option<f64> {
        let zeros = scan.table_name.table().get(1..)?.parse().ok()?;
        Some(10f64.powi(zeros))
    }

    fn join(left: LogicalPlanBuilder, right: LogicalPlanBuilder, on: &[[&str; 2]]) -> LogicalPlanBuilder {
        let names =
            |side: usize| on.iter().map(|on| Column::from_qualified_name(on[side])).collect::<Vec<_>>();
        left.join(right.build().unwrap(), JoinType::Inner, (names(0), names(1)), None).unwrap()
    }

    fn ordered(plan: LogicalPlanBuilder) -> Option<String> {
        let plan = plan.build().unwrap();
        let schema = Arc::clone(plan.schema());
        let ordered = order_joins(plan, &rows).unwrap();
        assert_eq!(ordered.data.schema().columns(), schema.columns());
        ordered.transformed.then(|| ordered.data.display_indent().to_string())
    }

    /// As in TPC-H 21: all lines of all suppliers, where those of one nation are wanted.
    #[test]
    fn what_keeps_few_rows_is_joined_first() {
        let nation = table("n1").filter(col("n1.y").eq(lit(7))).unwrap();
        let plan = join(table("s4"), table("l6"), &[["s4.x", "l6.x"]]);
        let plan = join(plan, table("o5"), &[["l6.y", "o5.x"]]);
        let plan = join(plan, nation, &[["s4.y", "n1.x"]]);
        let expected = "\
Projection: s4.x, s4.y, s4.z, l6.x, l6.y, l6.z, o5.x, o5.y, o5.z, n1.x, n1.y, n1.z
  Inner Join: o5.x = l6.y
    TableScan: o5
    Inner Join: s4.x = l6.x
      Inner Join: n1.x = s4.y
        Filter: n1.y = Int32(7)
          TableScan: n1
        TableScan: s4
      TableScan: l6";
        assert_eq!(ordered(plan).unwrap(), expected);
    }

    /// As the core has it before it takes equalities out of filters.
    #[test]
    fn equalities_in_filters_count() {
        let on = |left: &str, right: &str| Some(col(left).eq(col(right)));
        let cross = |left: LogicalPlanBuilder, right: LogicalPlanBuilder, filter: Option<Expr>| {
            let none: (Vec<Column>, Vec<Column>) = (Vec::new(), Vec::new());
            left.join(right.build().unwrap(), JoinType::Inner, none, filter).unwrap()
        };
        let plan = cross(table("s4"), table("l6"), on("s4.x", "l6.x"));
        let nation = table("n1").filter(col("n1.y").eq(lit(7))).unwrap();
        let text = ordered(cross(plan, nation, on("s4.y", "n1.x"))).unwrap();
        assert!(text.contains("Inner Join: n1.x = s4.y"), "{text}");
    }

    #[test]
    fn conditions_on_several_tables_are_judged_as_soon_as_they_can_be() {
        let plan = join(table("a6"), table("b6"), &[["a6.x", "b6.x"]]);
        let plan = join(plan, table("c1"), &[["a6.y", "c1.x"]]);
        let few = table("d0").filter(col("d0.y").gt(lit(7))).unwrap();
        let plan = join(plan, few, &[["c1.y", "d0.x"]]);
        let plan = plan.filter(col("a6.z").lt(col("c1.z"))).unwrap();
        let plan = join(plan, table("e0"), &[["d0.z", "e0.x"]]);
        let text = ordered(plan).unwrap();
        let line = text.lines().find(|line| line.contains("Filter: a6.z < c1.z")).unwrap();
        assert!(line.contains("c1.x = a6.y"), "{text}");
    }

    #[test]
    fn what_follows_from_equalities_joins_tables_that_are_not_compared() {
        // a = b and b = c: c, which is small, is joined with a first.
        let plan = join(table("a5"), table("b7"), &[["a5.x", "b7.x"]]);
        let small = table("c5").filter(col("c5.y").eq(lit(1)).and(col("c5.z").eq(lit(1)))).unwrap();
        let plan = join(plan, small, &[["b7.x", "c5.x"]]);
        let text = ordered(plan).unwrap();
        assert!(
            text.contains("Inner Join: c5.x = a5.x") || text.contains("Inner Join: c5.x = b7.x"),
            "{text}"
        );
    }

    /// A chain of large tables of which few rows of the last are wanted.
    #[test]
    fn many_relations_are_ordered_too() {
        let name = |at: usize| format!("{}6", (b'a' + at as u8) as char);
        let on = |at: usize| [format!("{}.x", name(at - 1)), format!("{}.y", name(at))];
        let chain = (1..14).fold(table("a6"), |plan, at| {
            let [left, right] = on(at);
            join(plan, table(&name(at)), &[[&left, &right]])
        });
        let few = table("o6").filter(col("o6.z").eq(lit(7))).unwrap();
        let text = ordered(join(chain, few, &[["n6.x", "o6.y"]])).unwrap();
        let depth = |name: &str| {
            let scan = format!("TableScan: {name}");
            text.lines().find_map(|line| line.find(&scan)).unwrap()
        };
        assert!(depth("o6") > depth("n6") && depth("n6") > depth("a6"), "{text}");
        // More than there are bits for.
        let chain = (0..70).fold(table("a0_0"), |plan, at| {
            join(
                plan,
                table(&format!("a{}_0", at + 1)),
                &[[&format!("a{at}_0.x"), &format!("a{}_0.x", at + 1)]],
            )
        });
        assert_eq!(ordered(chain), None);
    }

    #[test]
    fn others_stay_as_written() {
        // Well ordered; of unknown size; without anything in common; two relations.
        let good = || join(table("n1"), table("s4"), &[["n1.x", "s4.y"]]);
        assert_eq!(ordered(join(good(), table("l6"), &[["s4.x", "l6.x"]])), None);
        let bad = || join(table("s4"), table("l6"), &[["s4.x", "l6.x"]]);
        assert_eq!(ordered(join(bad(), table("unknown"), &[["s4.y", "unknown.x"]])), None);
        assert_eq!(ordered(bad().cross_join(table("n1").build().unwrap()).unwrap()), None);
        assert_eq!(ordered(bad()), None);
        let outer = bad().join(
            table("n1").build().unwrap(),
            JoinType::Left,
            (vec![Column::from_qualified_name("s4.y")], vec![Column::from_qualified_name("n1.x")]),
            None,
        );
        assert_eq!(ordered(outer.unwrap()), None);
    }

    proptest! {
        /// Each relation stands in the new order once, and each equality is compared at least once.
        #[test]
        fn nothing_is_lost(
            sizes in proptest::collection::vec(0usize..8, 3..14),
            links in proptest::collection::vec((0usize..14, 0usize..3, 0usize..3), 13),
        ) {
            let name = |at: usize| format!("{}{}", (b'a' + at as u8) as char, sizes[at]);
            let mut plan = table(&name(0));
            let mut equalities = Vec::new();
            for at in 1..sizes.len() {
                let (other, left, right) = links[at - 1];
                let on = [
                    format!("{}.{}", name(other % at), ["x", "y", "z"][left]),
                    format!("{}.{}", name(at), ["x", "y", "z"][right]),
                ];
                plan = join(plan, table(&name(at)), &[[on[0].as_str(), on[1].as_str()]]);
                equalities.push(on);
            }
            if let Some(text) = ordered(plan) {
                for at in 0..sizes.len() {
                    let scan = format!("TableScan: {}", name(at));
                    prop_assert_eq!(text.lines().filter(|line| line.trim() == scan).count(), 1);
                }
                for [left, right] in equalities {
                    let compared = [format!("{left} = {right}"), format!("{right} = {left}")];
                    prop_assert!(compared.iter().any(|compared| text.contains(compared)), "{text}");
                }
            }
        }
    }
}
