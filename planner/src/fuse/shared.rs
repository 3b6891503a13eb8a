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
