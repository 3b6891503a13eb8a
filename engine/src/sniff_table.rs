//! `sniff_csv('glob')`: how files are written, as a table.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, ListArray, RecordBatch, StringArray, StructArray, UInt64Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::sql::sqlparser::ast::TableFactor;
use swath_planner::{OptionValue, SNIFF_COLUMNS, SourceCall, sniffed_call_of};

use crate::sources::Sources;
use crate::table::SourceTable;

/// Plans a call of it as its row. The files have been opened.
#[derive(Debug)]
pub(crate) struct SniffTables {
    sources: Sources,
}

impl SniffTables {
    pub(crate) fn new(sources: Sources) -> Self {
        Self { sources }
    }
}

impl RelationPlanner for SniffTables {
    fn plan_relation(
        &self,
        relation: TableFactor,
        _context: &mut dyn RelationPlannerContext,
    ) -> DataFusionResult<RelationPlanning> {
        let call = sniffed_call_of(&relation).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let Some(call) = call else { return Ok(RelationPlanning::Original(Box::new(relation))) };
        let alias = match relation {
            TableFactor::Table { alias, .. } => alias,
            _ => None,
        };
        let row = row(&call, &*self.sources.table(&call)?)?;
        let table = MemTable::try_new(row.schema(), vec![vec![row]])?;
        let plan =
            LogicalPlanBuilder::scan("sniff_csv", provider_as_source(Arc::new(table)), None)?.build()?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
    }
}

/// What was found. What differs from file to file is null.
fn row(call: &SourceCall, table: &SourceTable) -> DataFusionResult<RecordBatch> {
    let stated = table.stated_call();
    let option = |name: &str| stated.options.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    let text = |name: &str| match option(name) {
        Some(OptionValue::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let texts = |text: Option<String>| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
    let skip = match option("skip") {
        Some(OptionValue::Number(lines)) => lines.parse().ok(),
        _ => None,
    };
    let header = match option("header") {
        Some(OptionValue::Boolean(header)) => Some(*header),
        _ => None,
    };
    let said: Vec<String> = call.options.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let values: Vec<ArrayRef> = vec![
        texts(text("delim")),
        texts(text("quote")),
        texts(text("escape")),
        texts(table.line_end().map(str::to_owned)),
        texts(text("comment")),
        Arc::new(UInt64Array::from(vec![skip])),
        Arc::new(BooleanArray::from(vec![header])),
        columns(option("types"))?,
        texts(text("dateformat")),
        texts(text("timestampformat")),
        texts(Some(said.join(", "))),
        texts(Some(format!("FROM {stated}"))),
    ];
    let field = |(name, values): (&&str, &ArrayRef)| Field::new(*name, values.data_type().clone(), true);
    let fields: Vec<Field> = SNIFF_COLUMNS.iter().zip(&values).map(field).collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), values)?)
}

/// A list of names and types.
fn columns(types: Option<&OptionValue>) -> DataFusionResult<ArrayRef> {
    let entries = match types {
        Some(OptionValue::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    let ty = |value: &OptionValue| match value {
        OptionValue::Text(ty) => ty.clone(),
        other => other.to_string(),
    };
    let names: StringArray = entries.iter().map(|(name, _)| Some(name.as_str())).collect();
    let types: StringArray = entries.iter().map(|(_, value)| Some(ty(value))).collect();
    let field = |name: &str| Arc::new(Field::new(name, DataType::Utf8, true));
    let pairs = StructArray::from(vec![
        (field("name"), Arc::new(names) as ArrayRef),
        (field("type"), Arc::new(types)),
    ]);
    let item = Arc::new(Field::new("item", pairs.data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths([entries.len()]);
    Ok(Arc::new(ListArray::try_new(item, offsets, Arc::new(pairs), None)?))
}
