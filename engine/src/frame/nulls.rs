//! Values that are missing.

use arrow::datatypes::DataType;
use datafusion::functions::expr_fn::coalesce;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlanBuilder, cast, lit};

use super::select::{project, refuse_aggregates};
use super::{Columns, Frame, bare, column};
use crate::error::Error;
use crate::expr::IntoValue;
use crate::inspect::type_name;

impl Frame {
    /// Puts a value where there is none, in all columns that can hold it: a number in columns of
    /// numbers, a text in columns of text, and so on. A column of whole numbers that is filled with a
    /// fraction becomes one of fractions.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,x\nNA,y\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let frame = swath::read_csv(&path).scan()?;
    /// assert_eq!(frame.fill_null(5).max("a").get()?, Some(5.0));
    /// assert_eq!(frame.fill_null_in("a", col("b")).schema().is_err(), true);
    /// assert_eq!(frame.drop_nulls().count().get()?, 1);
    /// assert_eq!(frame.drop_nulls_in("b").count().get()?, 2);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "fillna")]
    pub fn fill_null(&self, value: impl IntoValue) -> Self {
        self.fill(value.into_value().into_core(), None)
    }

    /// Like [`Frame::fill_null`], in some columns only, which must be able to hold the value.
    pub fn fill_null_in(&self, columns: impl Columns, value: impl IntoValue) -> Self {
        self.fill(value.into_value().into_core(), Some(columns.into_names()))
    }

    fn fill(&self, value: Expr, names: Option<Vec<String>>) -> Self {
        self.step(|plan| {
            refuse_aggregates(&value, "fill_null")?;
            for name in names.iter().flatten() {
                column(plan, name)?;
            }
            let value = datafusion::logical_expr::expr_rewriter::normalize_col(value, plan)?;
            let found = value.get_type(plan.schema())?;
            let mut columns = Vec::new();
            for (table, field) in plan.schema().iter() {
                let name = field.name();
                let own = bare(table.cloned(), name);
                let wanted = names.as_ref().is_none_or(|names| names.contains(name));
                let fits = Kind::of(field.data_type()) == Kind::of(&found);
                if wanted && !fits && names.is_some() {
                    return Err(Error::query(
                        format!(
                            "the column \"{name}\" is {}, and cannot be filled with {}",
                            type_name(field.data_type()).to_lowercase(),
                            type_name(&found).to_lowercase()
                        ),
                        "fill it with a value of its own type, or cast it before".to_owned(),
                    ));
                }
                let fill = wanted && fits;
                columns.push(if fill { coalesce(vec![own, value.clone()]).alias(name) } else { own });
            }
            project(plan, columns)
        })
    }

    /// The rows in which no column is null.
    #[doc(alias = "dropna")]
    pub fn drop_nulls(&self) -> Self {
        self.drop_nulls_in(Vec::<String>::new())
    }

    /// The rows in which none of these columns is null; of no columns, none of all.
    pub fn drop_nulls_in(&self, columns: impl Columns) -> Self {
        let names = columns.into_names();
        self.step(|plan| {
            let names = if names.is_empty() { super::names(plan) } else { names };
            let conditions = names.iter().map(|name| Ok(column(plan, name)?.is_not_null()));
            let conditions = conditions.collect::<crate::Result<Vec<Expr>>>()?;
            let plan = LogicalPlanBuilder::from(plan.clone());
            Ok(match conditions.into_iter().reduce(Expr::and) {
                Some(condition) => plan.filter(condition)?.build()?,
                None => plan.build()?,
            })
        })
    }

    /// The rows in which at least so many of these columns are not null; of no columns, so many of all. `1` leaves out the
    /// rows in which all are null.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "k,a,b\nx,1,2\ny,,2\nz,,\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// assert_eq!(frame.drop_nulls_below(1, ["a", "b"]).count().get()?, 2);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "dropna")]
    pub fn drop_nulls_below(&self, least: usize, columns: impl Columns) -> Self {
        let names = columns.into_names();
        self.step(|plan| {
            let names = if names.is_empty() { super::names(plan) } else { names };
            let there = names.iter().map(|name| Ok(cast(column(plan, name)?.is_not_null(), DataType::Int64)));
            let there = there.collect::<crate::Result<Vec<Expr>>>()?;
            let count = there.into_iter().reduce(|sum, one| sum + one).unwrap_or_else(|| lit(0i64));
            let least = i64::try_from(least).unwrap_or(i64::MAX);
            Ok(LogicalPlanBuilder::from(plan.clone()).filter(count.gt_eq(lit(least)))?.build()?)
        })
    }
}

/// Types that one value can be of.
#[derive(PartialEq)]
enum Kind {
    Number,
    Text,
    Other(DataType),
}

impl Kind {
    fn of(ty: &DataType) -> Self {
        match ty {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            ty if ty.is_numeric() => Self::Number,
            ty => Self::Other(ty.clone()),
        }
    }
}
