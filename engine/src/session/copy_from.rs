//! `COPY table FROM 'file'`: the table says of what types the columns of the file are.

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::catalog::TableProvider;
use swath_planner::{Statement, copied_into, copied_texts, fit_copy};

use super::Session;
use crate::error::Result;
use crate::types::column_type_of;

impl Session {
    /// Lets the files of a `COPY … FROM` be read as the columns of its table; other statements stay as they are.
    pub(super) async fn fit_copy_from(&self, statement: &mut Statement) -> Result<()> {
        let Some((table, named)) = copied_into(statement) else { return Ok(()) };
        let table = table.to_string().replace('"', "");
        let tables = self.registered().await;
        // A table that is not there is told where all names are.
        let columns = match tables.iter().find(|(name, _)| name.eq_ignore_ascii_case(&table)) {
            Some((_, table)) => columns_of(table, &named),
            None => Vec::new(),
        };
        let ends_open = self.ends_open(statement, columns.len()).await?;
        Ok(fit_copy(statement, &columns, ends_open)?)
    }

    /// Whether the files of a `COPY … FROM` have one column more than so many, which has no name: as where records end with a delimiter.
    async fn ends_open(&self, statement: &mut Statement, count: usize) -> Result<bool> {
        let Some(call) = copied_texts(statement)? else { return Ok(false) };
        let names = self.columns_of(&call, None).await;
        Ok(names.len() == count + 1 && names.last() == Some(&format!("column{count}")))
    }
}

/// Names and types of columns of a table: of those that are named, in their order, or of all.
fn columns_of(table: &Arc<dyn TableProvider>, named: &[String]) -> Vec<(String, String)> {
    let schema = table.schema();
    let of_name = |name: &String| {
        let mut fields = schema.fields().iter();
        fields.find(|field| field.name().eq_ignore_ascii_case(name))
    };
    let fields: Vec<_> = match named {
        [] => schema.fields().iter().collect(),
        named => named.iter().filter_map(of_name).collect(),
    };
    fields.into_iter().map(|field| (field.name().clone(), type_text(field.data_type()))).collect()
}

/// The type of a column of a file as the option of files calls it.
fn type_text(ty: &DataType) -> String {
    match ty {
        DataType::List(item) => format!("{}[]", type_text(item.data_type())),
        DataType::Struct(fields) => {
            let field = |field: &FieldRef| {
                format!("\"{}\" {}", field.name().replace('"', "\"\""), type_text(field.data_type()))
            };
            format!("struct({})", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        other => column_type_of(other).to_string(),
    }
}
