//! Joins by names, and what is joined.

use sqlparser::ast::{JoinConstraint, JoinOperator, TableAlias, TableFactor};

use crate::scope::{Relation, condition_of, same_name};

/// Joins by columns: those of the joined tables are one with those in front of them.
pub(crate) fn join_by(
    constraint: &mut JoinConstraint,
    names: &[String],
    before: &[Relation],
    joined: &mut [Relation],
    keeps_rows: bool,
) {
    let mut is_by_condition = false;
    if let [relation] = joined
        && let Some(condition) = condition_of(names, before, relation)
    {
        *constraint = JoinConstraint::On(condition);
        is_by_condition = true;
    }
    for name in names {
        let has_it = |relation: &&mut Relation| {
            relation.columns.iter().flatten().any(|column| same_name(column, name))
        };
        if let Some(relation) = joined.iter_mut().find(has_it) {
            relation.shared.push(name.to_owned());
            relation.merges = keeps_rows;
            relation.is_by_condition = is_by_condition;
        }
    }
}

/// `generate_series(1, 3)` and `range(3)`, tables of one column.
pub(crate) fn is_series(factor: &TableFactor) -> bool {
    let (TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. }) = factor else {
        return false;
    };
    let name = name.to_string().to_lowercase();
    matches!(name.as_str(), "generate_series" | "range")
}

/// The other name that something in FROM is given.
pub(crate) fn alias_of(factor: &TableFactor) -> Option<&TableAlias> {
    match factor {
        TableFactor::Table { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::TableFunction { alias, .. }
        | TableFactor::UNNEST { alias, .. } => alias.as_ref(),
        _ => None,
    }
}

/// What a join says of the rows that belong together.
pub(crate) fn constraint_of(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint)
        | JoinOperator::Semi(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::RightSemi(constraint)
        | JoinOperator::Anti(constraint)
        | JoinOperator::LeftAnti(constraint)
        | JoinOperator::RightAnti(constraint) => Some(constraint),
        _ => None,
    }
}
