//! Frames one after the other.

use std::collections::HashMap;

use arrow::datatypes::DataType;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast, ident};
use datafusion::logical_expr_common::type_coercion::binary::type_union_coercion;

use super::{Frame, without_tables};
use crate::error::{Error, Result};
use crate::inspect::type_name;

/// The rows of all frames, in no certain order. Columns are matched by name; where a frame lacks one, its rows are null
/// there. The columns stand in the order in which they are met first. Integers and fractions become
/// fractions, texts and anything else texts; types that have nothing in common are an error.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
/// let frame = swath::read_csv(&path).scan()?;
/// let both = swath::concat([frame.select(["b", "a"]), frame.select(["a"])])?;
/// assert_eq!(both.columns()?, ["b", "a"]);
/// assert_eq!(both.count().get()?, 4);
/// # Ok::<(), swath::Error>(())
/// ```
///
/// # Errors
/// There is no frame at all. What else is wrong is told by the frame.
pub fn concat(frames: impl IntoIterator<Item = Frame>) -> Result<Frame> {
    let mut frames = frames.into_iter();
    let Some(first) = frames.next() else {
        return Err(Error::query("there is no frame to concatenate", "give at least one".to_owned()));
    };
    Ok(frames.fold(first, |all, frame| {
        all.step(|plan| {
            all.check_same_session(&frame, "concatenated")?;
            let (plan, other) = (without_tables(plan)?, without_tables(frame.plan()?)?);
            let types = common_types(&plan, &other)?;
            let plan = LogicalPlanBuilder::from(cast_to(&plan, &types)?);
            Ok(plan.union_by_name(cast_to(&other, &types)?)?.build()?)
        })
    }))
}

/// The types of columns that both have, but not of the same one.
fn common_types(first: &LogicalPlan, second: &LogicalPlan) -> Result<HashMap<String, DataType>> {
    let mut types = HashMap::new();
    for field in first.schema().fields() {
        let Ok(other) = second.schema().field_with_unqualified_name(field.name()) else { continue };
        if field.data_type() == other.data_type() {
            continue;
        }
        let common = match field.data_type().is_string() || other.data_type().is_string() {
            true => Some(DataType::Utf8View),
            // The core takes numbers for days since 1970.
            false if is_number_beside_time(field.data_type(), other.data_type()) => None,
            false => type_union_coercion(field.data_type(), other.data_type()),
        };
        let Some(common) = common else {
            return Err(Error::query(
                format!(
                    "the column \"{}\" is {} in one frame and {} in another",
                    field.name(),
                    type_name(field.data_type()).to_lowercase(),
                    type_name(other.data_type()).to_lowercase()
                ),
                format!("cast it before: frame.cast(\"{}\", Text)", field.name()),
            ));
        };
        types.insert(field.name().clone(), common);
    }
    Ok(types)
}

fn is_number_beside_time(a: &DataType, b: &DataType) -> bool {
    (a.is_numeric() && b.is_temporal()) || (a.is_temporal() && b.is_numeric())
}

/// The plan with columns of these types, so that the schema of the whole tells them.
fn cast_to(plan: &LogicalPlan, types: &HashMap<String, DataType>) -> Result<LogicalPlan> {
    let columns = plan.schema().fields().iter().map(|field| match types.get(field.name()) {
        Some(ty) => cast(ident(field.name()), ty.clone()).alias(field.name()),
        None => ident(field.name()),
    });
    let columns: Vec<Expr> = columns.collect();
    Ok(LogicalPlanBuilder::from(plan.clone()).project(columns)?.build()?)
}
