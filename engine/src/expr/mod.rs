//! Expressions over columns: values of rows, of groups and of windows.

mod aggregates;
mod conditions;
mod in_order;
mod list;
mod operators;
mod text;
mod time;
mod value;
mod when;
mod window;

use std::fmt;

use datafusion::functions_aggregate::expr_fn as aggregate;
use datafusion::logical_expr::{self as core, Literal, ident};
use datafusion::scalar::ScalarValue;

pub use datafusion::logical_expr::SortExpr;
pub use in_order::Rolling;
pub use list::ListExpr;
pub use text::TextExpr;
pub use time::{TimeExpr, interval};
pub use value::IntoType;
pub use when::{When, when};
pub(crate) use window::{lacks_order, wants_order};

use crate::frame::IntoExpr;

/// What is computed of columns: one value for each row, or, with an aggregate in it, for each group.
///
/// It begins with [`col`], [`lit`], [`when`], [`len`] or one of the [functions](crate::functions), and goes on by methods and
/// by `+`, `-`, `*`, `/`, `%`, `!`, `&` and `|`. What stands behind them may be another expression or a value, as in
/// `col("Origin").eq("SFO") & (col("DepDelay") / 60).gt(1.5)`; a quotient of integers is a double with its fraction.
/// Names are exact. Null in makes null out unless said otherwise; a row counts for a filter where its condition is true, not null.
///
/// It is an expression of the relational core, and made of one and into one by [`From`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use = "an expression is computed by a frame: select, filter, with_columns, agg"]
pub struct Expr(core::Expr);

impl Expr {
    /// Under another name.
    pub fn alias(self, name: impl Into<String>) -> Expr {
        Self(self.0.alias(name))
    }

    /// Sorts by this, the smallest value first if `ascending`, and nulls first or last.
    pub fn sort(self, ascending: bool, nulls_first: bool) -> SortExpr {
        self.0.sort(ascending, nulls_first)
    }

    /// Sorts by this, smallest first, nulls last.
    pub fn asc(self) -> SortExpr {
        self.sort(true, false)
    }

    /// Sorts by this, largest first, nulls last.
    pub fn desc(self) -> SortExpr {
        self.sort(false, false)
    }

    /// As the relational core has it.
    pub(crate) fn core(&self) -> &core::Expr {
        &self.0
    }

    /// As the relational core has it.
    pub(crate) fn into_core(self) -> core::Expr {
        self.0
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<core::Expr> for Expr {
    fn from(expr: core::Expr) -> Self {
        Self(expr)
    }
}

impl From<Expr> for core::Expr {
    fn from(expr: Expr) -> Self {
        expr.0
    }
}

/// What an expression is compared and computed with: another expression, or a value (a number, a text, a truth value, bytes), which
/// is the same for all rows.
pub trait IntoValue {
    /// The value as an expression.
    fn into_value(self) -> Expr;
}

impl IntoValue for Expr {
    fn into_value(self) -> Expr {
        self
    }
}

impl IntoValue for &Expr {
    fn into_value(self) -> Expr {
        self.clone()
    }
}

impl<T: Literal> IntoValue for T {
    fn into_value(self) -> Expr {
        Expr(core::lit(self))
    }
}

/// A value that is the same for all rows: a number, a text, a truth value, bytes.
pub fn lit(value: impl IntoValue) -> Expr {
    value.into_value()
}

/// The column of exactly this name.
///
/// ```
/// use swath::prelude::*;
///
/// let late = col("DepDelay").gt(15).and(col("Origin").eq("SFO"));
/// assert_eq!(late.to_string(), r#"DepDelay > Int32(15) AND Origin = Utf8("SFO")"#);
/// ```
pub fn col(name: impl Into<String>) -> Expr {
    Expr(ident(name))
}

/// Null, of whatever type is needed.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "a\n1\n-99\n").unwrap();
/// use swath::prelude::*;
///
/// let known = when(col("a").eq(-99), null()).otherwise(col("a"));
/// assert_eq!(swath::read_csv(&path).scan()?.min(known).get()?, Some(1.0));
/// # Ok::<(), swath::Error>(())
/// ```
pub fn null() -> Expr {
    Expr(core::lit(ScalarValue::Null))
}

/// Sorts by a column or an expression, smallest first, nulls last.
pub fn asc(key: impl IntoExpr) -> SortExpr {
    key.into_expr().asc()
}

/// Sorts by a column or an expression, largest first, nulls last.
pub fn desc(key: impl IntoExpr) -> SortExpr {
    key.into_expr().desc()
}

/// How many rows there are, for groups and windows; named `len` unless it gets another name.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "k,x\na,1\na,NA\nb,5\n").unwrap();
/// use swath::prelude::*;
///
/// let groups = swath::read_csv(&path).scan()?.group_by(["k"]).agg([len(), col("x").count().alias("values")]);
/// assert_eq!(groups.columns()?, ["k", "len", "values"]);
/// assert_eq!(groups.max("len").get()?, Some(2.0));
/// # Ok::<(), swath::Error>(())
/// ```
pub fn len() -> Expr {
    len_of_rows().alias("len")
}

/// How many rows there are, without a name of its own.
pub(crate) fn len_of_rows() -> Expr {
    Expr(aggregate::count(core::lit(1i64)))
}
