//! Lists into rows, and wide frames into long ones.

use arrow::datatypes::DataType;
use datafusion::common::{Column, NullHandling, UnnestOptions};
use datafusion::functions_nested::expr_fn::make_array;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, cast, lit};

use super::select::check_names;
use super::{Columns, Frame, column, column_type, without_tables};
use crate::error::Error;
use crate::inspect::type_name;

impl Frame {
    /// A row for each item of the lists in a column, the other columns repeated. A null or an empty list
    /// gives one row, with null. Several columns are gone through side by side.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "k,tags\n1,red;blue\n2,green\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let frame = swath::read_csv(&path).scan()?;
    /// let tags = swath::functions::string_to_array(col("tags"), ";", "");
    /// let exploded = frame.with_column(tags.alias("tags")).explode("tags");
    /// assert_eq!(exploded.count().get()?, 3);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn explode(&self, columns: impl Columns) -> Self {
        let names = columns.into_names();
        self.step(|plan| {
            if names.is_empty() {
                return Err(Error::query("there is no column to explode", "explode(\"tags\")".to_owned()));
            }
            for name in &names {
                let ty = column_type(plan, name)?;
                if !ty.is_list() {
                    return Err(Error::query(
                        format!("the column \"{name}\" is {}, not a list", type_name(&ty).to_lowercase()),
                        "make lists before, as with functions::string_to_array".to_owned(),
                    ));
                }
            }
            let options = UnnestOptions::new().with_null_handling(NullHandling::PreserveAndExpandEmpty);
            let columns = names.iter().map(Column::new_unqualified).collect();
            let plan = LogicalPlanBuilder::from(without_tables(plan)?);
            Ok(plan.unnest_columns_with_options(columns, options)?.build()?)
        })
    }

    /// From wide to long: for each row and each of `values`, a row with the columns `ids`, the name of
    /// the value's column as `variable`, and its `value`. Of no `values`, `()`, all columns but `ids`. Values of columns
    /// of several types are texts, unless all are numbers.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "k,jan,feb\na,1,2\nb,3,4\n").unwrap();
    /// let long = swath::read_csv(&path).scan()?.melt(["k"], ["jan", "feb"]);
    /// assert_eq!(long.columns()?, ["k", "variable", "value"]);
    /// assert_eq!(long.count().get()?, 4);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "unpivot")]
    pub fn melt(&self, ids: impl Columns, values: impl Columns) -> Self {
        let (ids, values) = (ids.into_names(), values.into_names());
        self.step(|plan| {
            let values = match values.is_empty() {
                true => super::names(plan).into_iter().filter(|name| !ids.contains(name)).collect(),
                false => values,
            };
            if values.is_empty() {
                let hint = "leave a column out of the ids".to_owned();
                return Err(Error::query("there is no column to melt", hint));
            }
            let columns = |names: &[String]| {
                names.iter().map(|name| column(plan, name)).collect::<crate::Result<Vec<Expr>>>()
            };
            let mut wide = columns(&ids)?;
            for (column, name) in wide.iter_mut().zip(&ids) {
                *column = column.clone().alias(name);
            }
            let variables = values.iter().map(lit).collect();
            wide.push(make_array(variables).alias("variable"));
            let types =
                values.iter().map(|name| column_type(plan, name)).collect::<crate::Result<Vec<_>>>()?;
            let mut cells = columns(&values)?;
            let alike = types.iter().all(|ty| *ty == types[0]) || types.iter().all(DataType::is_numeric);
            if !alike {
                cells = cells.into_iter().map(|cell| cast(cell, DataType::Utf8View)).collect();
            }
            wide.push(make_array(cells).alias("value"));
            check_names(ids.iter().cloned().chain(["variable".to_owned(), "value".to_owned()]))?;
            let lists = vec![Column::new_unqualified("variable"), Column::new_unqualified("value")];
            let rows = LogicalPlanBuilder::from(plan.clone()).project(wide)?;
            Ok(rows.unnest_columns_with_options(lists, UnnestOptions::new())?.build()?)
        })
    }
}
