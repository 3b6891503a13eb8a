//! `FROM table TABLESAMPLE (10 PERCENT) REPEATABLE (42)`: some rows of a table by chance.

use std::hash::{BuildHasher, Hasher, RandomState};

use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::sql::sqlparser::ast::{
    Expr, TableFactor, TableSample, TableSampleKind, TableSampleMethod, TableSampleQuantity, TableSampleUnit,
    Value,
};

use crate::error::Error;
use crate::operators::Operator;
use crate::operators::sample::{Sample, SampleSize};

/// Plans samples of tables.
#[derive(Debug)]
pub(crate) struct TableSamples;

impl RelationPlanner for TableSamples {
    fn plan_relation(
        &self,
        mut relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> DataFusionResult<RelationPlanning> {
        let sample = match &mut relation {
            TableFactor::Table { sample, .. } | TableFactor::Derived { sample, .. } => sample.take(),
            _ => None,
        };
        let Some(TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample)) =
            sample
        else {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        };
        let sample = sample_of(&sample).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let plan = sample.over(context.plan(relation)?);
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, None))))
    }
}

/// What a clause asks for.
fn sample_of(clause: &TableSample) -> Result<Sample, Error> {
    let wrong = |message: String| {
        let hint = "as in TABLESAMPLE (10 PERCENT) or TABLESAMPLE (100 ROWS), and REPEATABLE (42) for the same rows \
                    each time";
        Error::query(message, hint.to_owned())
    };
    let Some(quantity) = clause.quantity.as_ref().filter(|_| clause.offset.is_none()) else {
        return Err(wrong(format!("{clause}: expected a share or a number of rows")));
    };
    let size = size_of(quantity, clause.name)
        .ok_or_else(|| wrong(format!("{clause}: expected PERCENT from 0 to 100, or a number of ROWS")))?;
    let seed = match &clause.seed {
        Some(seed) => number_of(&seed.value.value)
            .and_then(|seed| seed.parse().ok())
            .ok_or_else(|| wrong(format!("{clause}: the seed is a whole number, not {}", seed.value)))?,
        None => any_seed(),
    };
    Ok(Sample { size, seed })
}

/// How many rows; `None` if it cannot be known. Without a unit, the methods of the standard take percents.
fn size_of(quantity: &TableSampleQuantity, method: Option<TableSampleMethod>) -> Option<SampleSize> {
    let Expr::Value(value) = &quantity.value else { return None };
    let number = number_of(&value.value)?;
    match (&quantity.unit, method) {
        (Some(TableSampleUnit::Rows), _) => number.parse().ok().map(SampleSize::Rows),
        (Some(TableSampleUnit::Percent), _) | (None, Some(_)) => {
            let percent: f64 = number.parse().ok()?;
            (0.0..=100.0).contains(&percent).then(|| SampleSize::share(percent / 100.0))
        }
        (None, None) => None,
    }
}

/// Another one each time.
pub(crate) fn any_seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn number_of(value: &Value) -> Option<&str> {
    match value {
        Value::Number(number, _) => Some(number),
        _ => None,
    }
}
