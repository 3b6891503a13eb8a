//! Columns that say something of the file each row comes from: the keys of its folders, and its name.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::catalog::Session;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::error::Result as DataFusionResult;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use swath_io::SourceFile;

use crate::error::Result;
use crate::options::ReadOptions;
use crate::walk::Walk;

/// For each file of a table, the values of some columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileColumns {
    pub(crate) fields: Vec<FieldRef>,
    /// A column for each field, a value for each file.
    values: Vec<ArrayRef>,
}

impl FileColumns {
    /// The columns that the options ask for. What the folders say is left out, unless it is asked for, where the
    /// files have a column of that name of their own.
    pub(crate) fn new(files: &[SourceFile], options: &ReadOptions, own: &Schema) -> Result<Self> {
        let mut columns = Self::default();
        let asked = options.hive_partitioning();
        let hive = match asked {
            Some(false) => Vec::new(),
            asked => swath_io::hive_columns(files, asked == Some(true))?,
        };
        if let Some((name, _)) = options
            .hive_types()
            .given
            .iter()
            .find(|(name, _)| hive.iter().all(|column| !column.name.eq_ignore_ascii_case(name)))
        {
            let problem = format!("no folder of the files is named {name}=VALUE");
            return Err(swath_io::Error::bad_option_hint("hive_types", problem, known_keys(&hive)).into());
        }
        for column in hive {
            if own.field_with_name(&column.name).is_ok() {
                if asked == Some(true) {
                    return Err(clash("hive_partitioning", &column.name, "hive_partitioning = false"));
                }
                continue;
            }
            let texts: ArrayRef =
                Arc::new(column.values.iter().map(Option::as_deref).collect::<StringArray>());
            let types = options.hive_types();
            let given = types.given.iter().find(|(name, _)| name.eq_ignore_ascii_case(&column.name));
            let ty = match given {
                Some((_, ty)) => ty.data_type(),
                None if types.others_are_text => DataType::Utf8View,
                None => column.ty.data_type(),
            };
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            let values = cast_with_options(&texts, &ty, &strict).map_err(|error| {
                swath_io::Error::bad_option_hint(
                    "hive_types",
                    format!("column \"{}\": {error}", column.name),
                    "name a type that all values in the names of the folders have",
                )
            })?;
            columns.values.push(values);
            columns.fields.push(Arc::new(Field::new(column.name, ty, true)));
        }
        if let Some(name) = options.filename() {
            let known = columns.fields.iter().any(|field| field.name() == name);
            if known || own.field_with_name(name).is_ok() {
                return Err(clash("filename", name, "give it another name: filename = 'path'"));
            }
            let names = files.iter().map(|file| Some(file.path.to_string_lossy()));
            let names: ArrayRef = Arc::new(names.collect::<StringArray>());
            columns
                .values
                .push(cast(&names, &DataType::Utf8View).map_err(datafusion::error::DataFusionError::from)?);
            columns.fields.push(Arc::new(Field::new(name, DataType::Utf8View, false)));
        }
        Ok(columns)
    }

    /// The values for one file.
    pub(crate) fn of_file(&self, file: usize) -> DataFusionResult<Vec<ScalarValue>> {
        self.values.iter().map(|values| ScalarValue::try_from_array(values, file)).collect()
    }

    /// Whether a condition is one on these columns alone, so that it can be judged once for each file.
    pub(crate) fn can_judge(&self, condition: &Expr) -> bool {
        let columns = condition.column_refs();
        let is_own = |column: &&Column| self.fields.iter().any(|field| *field.name() == column.name);
        let is_plain = |expr: &Expr| {
            !matches!(
                expr,
                Expr::ScalarSubquery(_)
                    | Expr::InSubquery(_)
                    | Expr::Exists(_)
                    | Expr::OuterReferenceColumn(..)
            )
        };
        let plain = !condition.exists_dyn(|expr| Ok(!is_plain(expr))).unwrap_or(true);
        !columns.is_empty() && columns.iter().all(is_own) && plain && !condition.is_volatile()
    }

    /// The files for which all conditions hold: by their numbers, of so many.
    pub(crate) fn matching(
        &self,
        files: usize,
        conditions: &[Expr],
        session: &dyn Session,
    ) -> DataFusionResult<Vec<usize>> {
        let Some(condition) = conjunction(conditions.iter().cloned()) else {
            return Ok((0..files).collect());
        };
        let schema = Arc::new(Schema::new(self.fields.clone()));
        let condition = condition.transform_up_dyn(|expr| match expr {
            Expr::Column(column) => Ok(Transformed::yes(Expr::Column(Column::from_name(column.name)))),
            other => Ok(Transformed::no(other)),
        });
        let names = DFSchema::try_from(schema.as_ref().clone())?;
        let condition = session.create_physical_expr(condition.data()?, &names)?;
        let batch = RecordBatch::try_new(schema, self.values.clone())?;
        let holds = condition.evaluate(&batch)?.into_array(files)?;
        let holds = holds.as_boolean();
        Ok(holds.iter().enumerate().filter(|(_, holds)| *holds == Some(true)).map(|(file, _)| file).collect())
    }
}

/// What the folders do name.
fn known_keys(columns: &[swath_io::HiveColumn]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    match names.is_empty() {
        true => "all files are in folders with the same keys, as in 'air/year=*/*.csv'".to_owned(),
        false => format!("the folders name {}", names.join(", ")),
    }
}

fn clash(option: &str, name: &str, hint: &str) -> crate::Error {
    let problem = format!("the files have a column \"{name}\" of their own");
    swath_io::Error::bad_option_hint(option, problem, hint).into()
}
