//! Aggregates over the same input and keys become one, which all who need it read.

use std::sync::Arc;

use datafusion_common::arrow::datatypes::{Schema, SchemaRef};
use datafusion_common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion_common::{Column, DFSchemaRef, Result, TableReference};
use datafusion_expr::logical_plan::{LogicalPlan, Projection, TableScanBuilder};
use datafusion_expr::{Expr, TableSource};

use super::widen::{SameTable, widen};

/// Outputs, and what they have in common.
#[derive(Debug, Clone)]
pub struct Fused {
    /// The outputs, in their order. Where they had something in common there is a scan of a
    /// [`SharedSource`] now.
    pub outputs: Vec<LogicalPlan>,
    /// What is computed once for several readers.
    pub shared: Vec<SharedPlan>,
}

/// A plan that is computed once.
#[derive(Debug, Clone)]
pub struct SharedPlan {
    /// The plan.
    pub plan: LogicalPlan,
    /// How many scans of it there are in the outputs.
    pub readers: usize,
}

/// Stands in an output for the result of a [`SharedPlan`]. Its columns are `c0`, `c1` … in the order of
/// those of the plan.
#[derive(Debug)]
pub struct SharedSource {
    /// Which of [`Fused::shared`].
    pub index: usize,
    schema: SchemaRef,
}

impl TableSource for SharedSource {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// Finds the aggregates that outputs have in common, in one output or in several, and makes one of them:
/// with the same keys over the same rows, whatever they compute.
///
/// The outputs must be optimised: filters beside their scans, aliases gone. No result changes, and no
/// output fails because of what another one asks for.
///
/// # Errors
/// A plan that does not fit together, which would be a defect of the one who made it.
pub fn share_aggregates(outputs: Vec<LogicalPlan>, same_table: SameTable<'_>) -> Result<Fused> {
    let groups = groups(&candidates(&outputs)?, same_table);
    let shared: Vec<SharedPlan> = groups
        .iter()
        .map(|group| SharedPlan { plan: group.plan.clone(), readers: group.members.len() })
        .collect();
    let mut number = 0;
    let replace = |plan: LogicalPlan| {
        plan.transform_down_with_subqueries(|node| {
            if !is_candidate(&node) {
                return Ok(Transformed::no(node));
            }
            let this = number;
            number += 1;
            match groups.iter().position(|group| group.members.contains(&this)) {
                None => Ok(Transformed::no(node)),
                Some(index) => {
                    number += inner_candidates(&node)?;
                    let read = read_shared(index, groups[index].plan.schema(), node.schema())?;
                    Ok(Transformed::new(read, true, TreeNodeRecursion::Jump))
                }
            }
        })
        .data()
    };
    let outputs = outputs.into_iter().map(replace).collect::<Result<_>>()?;
    Ok(Fused { outputs, shared })
}

/// An aggregate, with its number in the order in which the outputs are walked.
struct Candidate {
    number: usize,
    /// The number of the first aggregate behind this one and those within it.
    end: usize,
    plan: LogicalPlan,
}

/// Aggregates that one plan can compute.
struct Group {
    plan: LogicalPlan,
    members: Vec<usize>,
}

fn is_candidate(plan: &LogicalPlan) -> bool {
    matches!(plan, LogicalPlan::Aggregate(_))
}

fn candidates(outputs: &[LogicalPlan]) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    for output in outputs {
        output.apply_with_subqueries(|node| {
            if is_candidate(node) {
                let number = candidates.len();
                let end = number + 1 + inner_candidates(node)?;
                candidates.push(Candidate { number, end, plan: node.clone() });
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    Ok(candidates)
}

/// How many candidates there are below a node.
fn inner_candidates(plan: &LogicalPlan) -> Result<usize> {
    let mut count = 0;
    plan.apply_with_subqueries(|node| {
        count += usize::from(is_candidate(node));
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(count - 1)
}

/// Groups of at least two. Outer aggregates come before those within them, which they then compute.
fn groups(candidates: &[Candidate], same_table: SameTable<'_>) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut taken = vec![false; candidates.len()];
    for candidate in candidates {
        if taken[candidate.number] {
            continue;
        }
        let mut group = Group { plan: candidate.plan.clone(), members: vec![candidate.number] };
        for other in &candidates[candidate.end..] {
            if taken[other.number] {
                continue;
            }
            if let Some(plan) = widen(&group.plan, &other.plan, same_table) {
                group = Group { plan, members: [group.members, vec![other.number]].concat() };
            }
        }
        if group.members.len() > 1 {
            for member in &group.members {
                taken[*member..candidates[*member].end].fill(true);
            }
            groups.push(group);
        }
    }
    groups
}

/// The columns of a plan, read from a shared one that has them all.
fn read_shared(index: usize, shared: &DFSchemaRef, wanted: &DFSchemaRef) -> Result<LogicalPlan> {
    let name = TableReference::bare(format!("shared {index}"));
    let fields = shared.fields().iter().enumerate();
    let fields: Vec<_> =
        fields.map(|(at, field)| field.as_ref().clone().with_name(format!("c{at}"))).collect();
    let source = Arc::new(SharedSource { index, schema: Arc::new(Schema::new(fields)) });
    let places = wanted.iter().map(|(qualifier, field)| {
        let column = Column::new(qualifier.cloned(), field.name());
        Ok((shared.index_of_column(&column)?, column))
    });
    let places = places.collect::<Result<Vec<_>>>()?;
    let mut columns: Vec<usize> = places.iter().map(|(place, _)| *place).collect();
    columns.sort_unstable();
    columns.dedup();
    let scan = TableScanBuilder::new(name.clone(), source).with_projection(Some(columns)).build()?;
    let exprs = places.into_iter().map(|(place, column)| {
        let read = Expr::Column(Column::new(Some(name.clone()), format!("c{place}")));
        read.alias_qualified(column.relation, column.name)
    });
    let projection = Projection::try_new(exprs.collect(), Arc::new(LogicalPlan::TableScan(scan)))?;
    Ok(LogicalPlan::Projection(projection))
}

#[cfg(test)]
mod tests {
    use datafusion_common::arrow::datatypes::{DataType, Field};
    use datafusion_expr::logical_plan::builder::LogicalTableSource;
    use datafusion_expr::{JoinType, LogicalPlanBuilder, col, lit};
    use datafusion_functions_aggregate::expr_fn::{array_agg, avg, count, count_distinct, max, min};

    use super::*;

    /// A scan of some columns of a table with the columns a, b, c, d.
    fn scan(table: &str, columns: &[usize]) -> LogicalPlanBuilder {
        let field = |name| Field::new(name, DataType::Int64, true);
        let schema = Schema::new(["a", "b", "c", "d"].map(field).to_vec());
        let source = Arc::new(LogicalTableSource::new(Arc::new(schema)));
        LogicalPlanBuilder::scan(table, source, Some(columns.to_vec())).unwrap()
    }

    fn aggregate(input: LogicalPlanBuilder, keys: &[&str], aggregates: Vec<Expr>) -> LogicalPlan {
        let keys: Vec<Expr> = keys.iter().map(|key| col(*key)).collect();
        input.aggregate(keys, aggregates).unwrap().build().unwrap()
    }

    /// The outputs and, under a line, what they share with the number of readers.
    fn shared_form(outputs: Vec<LogicalPlan>) -> String {
        let fused = share_aggregates(outputs, &|_, _| true).unwrap();
        let outputs = fused.outputs.iter().map(|plan| plan.display_indent().to_string());
        let shared = fused
            .shared
            .iter()
            .map(|shared| format!("{} readers of\n{}", shared.readers, shared.plan.display_indent()));
        outputs.chain(["--".to_owned()]).chain(shared).collect::<Vec<_>>().join("\n")
    }

    fn shares_nothing(outputs: Vec<LogicalPlan>) -> bool {
        share_aggregates(outputs, &|_, _| true).unwrap().shared.is_empty()
    }

    #[test]
    fn aggregates_without_keys_become_one() {
        let outputs = vec![
            aggregate(scan("t", &[0]), &[], vec![max(col("a"))]),
            aggregate(scan("t", &[1]), &[], vec![min(col("b")), max(col("b"))]),
            aggregate(scan("t", &[]), &[], vec![count(lit(1))]),
        ];
        let expected = "\
Projection: shared 0.c0 AS max(t.a)
  TableScan: shared 0 projection=[c0]
Projection: shared 0.c1 AS min(t.b), shared 0.c2 AS max(t.b)
  TableScan: shared 0 projection=[c1, c2]
Projection: shared 0.c3 AS count(Int32(1))
  TableScan: shared 0 projection=[c3]
--
3 readers of
Aggregate: groupBy=[[]], aggr=[[max(t.a), min(t.b), max(t.b), count(Int32(1))]]
  TableScan: t projection=[a, b]";
        assert_eq!(shared_form(outputs), expected);
    }

    #[test]
    fn keys_and_filters_must_be_the_same() {
        let filtered =
            |columns: &[usize], value: i64| scan("t", columns).filter(col("b").gt(lit(value))).unwrap();
        let outputs = vec![
            aggregate(filtered(&[0, 1], 5), &["a"], vec![max(col("b"))]),
            aggregate(filtered(&[0, 1, 2], 5), &["a"], vec![avg(col("c"))]),
            aggregate(filtered(&[0, 1], 6), &["a"], vec![max(col("b"))]),
            aggregate(filtered(&[1, 2], 5), &["c"], vec![max(col("b"))]),
        ];
        let expected = "\
Projection: shared 0.c0 AS a, shared 0.c1 AS max(t.b)
  TableScan: shared 0 projection=[c0, c1]
Projection: shared 0.c0 AS a, shared 0.c2 AS avg(t.c)
  TableScan: shared 0 projection=[c0, c2]
Aggregate: groupBy=[[t.a]], aggr=[[max(t.b)]]
  Filter: t.b > Int64(6)
    TableScan: t projection=[a, b]
Aggregate: groupBy=[[t.c]], aggr=[[max(t.b)]]
  Filter: t.b > Int64(5)
    TableScan: t projection=[b, c]
--
2 readers of
Aggregate: groupBy=[[t.a]], aggr=[[max(t.b), avg(t.c)]]
  Filter: t.b > Int64(5)
    TableScan: t projection=[a, b, c]";
        assert_eq!(shared_form(outputs), expected);
    }

    #[test]
    fn joins_are_looked_through() {
        let joined = |left: &[usize], right: &[usize]| {
            let right = scan("u", right).build().unwrap();
            scan("t", left).join(right, JoinType::Inner, (vec!["t.a"], vec!["u.a"]), None).unwrap()
        };
        let outputs = vec![
            aggregate(joined(&[0, 1], &[0]), &["t.b"], vec![count(lit(1))]),
            aggregate(joined(&[0, 1], &[0, 2]), &["t.b"], vec![max(col("u.c"))]),
        ];
        let expected = "\
Projection: shared 0.c0 AS b, shared 0.c1 AS count(Int32(1))
  TableScan: shared 0 projection=[c0, c1]
Projection: shared 0.c0 AS b, shared 0.c2 AS max(u.c)
  TableScan: shared 0 projection=[c0, c2]
--
2 readers of
Aggregate: groupBy=[[t.b]], aggr=[[count(Int32(1)), max(u.c)]]
  Inner Join: t.a = u.a
    TableScan: t projection=[a, b]
    TableScan: u projection=[a, c]";
        assert_eq!(shared_form(outputs), expected);
    }

    #[test]
    fn what_keeps_all_values_or_may_fail_stays_apart() {
        let large = |aggregate_of: Expr| aggregate(scan("t", &[0]), &[], vec![aggregate_of]);
        assert!(shares_nothing(vec![large(count_distinct(col("a"))), large(max(col("a")))]));
        assert!(shares_nothing(vec![large(array_agg(col("a"))), large(max(col("a")))]));
        assert!(shares_nothing(vec![large(max(lit(1) / col("a"))), large(max(col("a")))]));
        // The same one is computed once, whatever it is.
        assert!(!shares_nothing(vec![large(count_distinct(col("a"))), large(count_distinct(col("a")))]));
        assert!(!shares_nothing(vec![large(max(lit(1) / col("a"))), large(max(lit(1) / col("a")))]));
    }

    #[test]
    fn other_tables_and_limits_stay_apart() {
        let of = |scan: LogicalPlanBuilder| aggregate(scan, &[], vec![max(col("a"))]);
        assert!(shares_nothing(vec![of(scan("t", &[0])), of(scan("u", &[0]))]));
        let limited = || scan("t", &[0]).limit(0, Some(5)).unwrap();
        assert!(shares_nothing(vec![of(limited()), of(scan("t", &[0]))]));
        let outputs = vec![of(scan("t", &[0])), of(scan("t", &[0]))];
        assert!(share_aggregates(outputs, &|_, _| false).unwrap().shared.is_empty());
    }

    #[test]
    fn an_aggregate_within_a_shared_one_is_computed_there() {
        let twice = || {
            let inner = scan("t", &[0, 1]).aggregate(vec![col("a")], vec![max(col("b")).alias("m")]).unwrap();
            aggregate(inner, &["m"], vec![count(lit(1))])
        };
        let fused = share_aggregates(vec![twice(), twice()], &|_, _| true).unwrap();
        assert_eq!(fused.shared.len(), 1);
        assert_eq!(fused.shared[0].readers, 2);
    }
}
