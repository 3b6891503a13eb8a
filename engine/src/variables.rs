//! Values of the variables of a session: `SET VARIABLE day = DATE '2024-01-31'`.

use std::sync::{Arc, PoisonError, RwLock};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use datafusion::sql::sqlparser::ast::{self, Expr, Value};
use swath_planner::{Statement, bind_variables, value_of_type};

use crate::dialect::as_texts;
use crate::error::{Error, Result};
use crate::inspect::type_name;

/// Values by name. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables(Arc<RwLock<swath_planner::Variables>>);

impl Variables {
    /// Gives a variable the value that a query has found, or none any more.
    pub(crate) fn set(&self, name: String, found: Option<&[RecordBatch]>) -> Result<()> {
        let value = found.map(only_value).transpose()?.flatten();
        let mut variables = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match value {
            Some(value) => variables.insert(name, value),
            None => variables.remove(&name),
        };
        Ok(())
    }

    /// Puts the values into a statement.
    pub(crate) fn bind(&self, statement: &mut Statement) {
        bind_variables(statement, &self.0.read().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The value of a query of one row and one column, as it is written; `None` of null.
fn only_value(batches: &[RecordBatch]) -> Result<Option<Expr>> {
    let mut rows = batches.iter().filter(|batch| batch.num_rows() > 0);
    match (rows.next(), rows.next()) {
        (Some(row), None) if row.num_rows() == 1 && row.num_columns() == 1 => written(row.column(0), 0),
        _ => Err(Error::query(
            "SET VARIABLE: expected one value",
            "SET VARIABLE x = (SELECT max(y) FROM t)".to_owned(),
        )),
    }
}

fn written(values: &ArrayRef, row: usize) -> Result<Option<Expr>> {
    let ty = values.data_type();
    if ty.is_null() || values.is_null(row) {
        return Ok(None);
    }
    if let DataType::List(_) = ty {
        let items = values.as_list::<i32>().value(row);
        let null = Expr::Value(Value::Null.into());
        let item = |row| Ok(written(&items, row)?.unwrap_or_else(|| null.clone()));
        let elem = (0..items.len()).map(item).collect::<Result<_>>()?;
        return Ok(Some(Expr::Array(ast::Array { elem, named: false })));
    }
    let texts = as_texts(&values.slice(row, 1))?;
    let text = texts.as_string::<i32>().value(0);
    Ok(Some(match ty {
        // Paths are texts without a type beside them.
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            Expr::Value(Value::SingleQuotedString(text.to_owned()).into())
        }
        _ => value_of_type(text, &type_name(ty))?,
    }))
}
