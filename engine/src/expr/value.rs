//! Values computed of the values of one row.

use arrow::datatypes::DataType;
use datafusion::functions::expr_fn as function;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Expr, Literal, cast, lit, try_cast};
use swath_io::ColumnType;

use super::when::case;
use super::{ExprExt, TextExpr, TimeExpr};
use crate::dialect::round;

/// Values of each row on its own: other types, other numbers, conditions. What is null stays null unless
/// said otherwise.
///
/// Comparisons, `and`, `or`, `like`, `between`, `is_null` and the operators of arithmetic are methods of
/// [`Expr`] itself, [`when`](crate::when) gives values by conditions, and more functions are in
/// [`functions`](crate::functions).
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "k,x,n\na,-3,12\nb,1.25,x\nc,NA,7\n").unwrap();
/// use swath::prelude::*;
///
/// let frame = swath::read_csv(&path).scan()?.select([
///     col("k").is_in(["a", "c"]).alias("known"),
///     col("k").replace([("a", "A")]).alias("k"),
///     col("x").clip(lit(-1), lit(1)).fill_null(lit(0)).alias("x"),
///     col("n").try_cast(Int64).alias("n"),
///     when(col("x").gt(lit(0)), lit("up")).otherwise(lit("down")).alias("way"),
/// ]);
/// let rows = frame.to_bag::<(bool, String, f64, Option<i64>, String)>().take(3).get()?;
/// let row = |known, k: &str, x, n, way: &str| (known, k.to_owned(), x, n, way.to_owned());
/// let expected = [
///     row(true, "A", -1.0, Some(12), "down"),
///     row(false, "b", 1.0, None, "up"),
///     row(true, "c", 0.0, Some(7), "down"),
/// ];
/// assert_eq!(rows, expected);
/// # Ok::<(), swath::Error>(())
/// ```
#[allow(clippy::wrong_self_convention, reason = "expressions are moved into larger ones")]
pub trait ValueExt: ExprExt {
    /// The value in another type: one of [`types`](crate::types), or a type of Arrow. A value that the type
    /// cannot hold is an error.
    #[doc(alias = "astype")]
    fn cast(self, ty: impl IntoType) -> Expr {
        cast(self.expr(), ty.into_type())
    }

    /// Like [`ValueExt::cast`], with null for values that the type cannot hold.
    #[doc(alias = "to_numeric")]
    fn try_cast(self, ty: impl IntoType) -> Expr {
        try_cast(self.expr(), ty.into_type())
    }

    /// Whether the value is one of these; of none, false.
    #[doc(alias = "isin")]
    fn is_in<V: Literal>(self, values: impl IntoIterator<Item = V>) -> Expr {
        let list: Vec<Expr> = values.into_iter().map(lit).collect();
        if list.is_empty() {
            return lit(false);
        }
        Expr::InList(InList { expr: Box::new(self.expr()), list, negated: false })
    }

    /// The value, but no less than `least` and no more than `most`.
    fn clip(self, least: Expr, most: Expr) -> Expr {
        let value = self.expr();
        let cases = [(value.clone().lt(least.clone()), least), (value.clone().gt(most.clone()), most)];
        case(None, cases, Some(value))
    }

    /// Other values in the place of some, from the old one to the new one; all else stays. For null, see
    /// [`ValueExt::fill_null`]; for parts of texts, [`TextExpr::replace`].
    fn replace<O: Literal, N: Literal>(self, pairs: impl IntoIterator<Item = (O, N)>) -> Expr {
        let value = self.expr();
        let mut cases = pairs.into_iter().map(|(old, new)| (lit(old), lit(new))).peekable();
        match cases.peek() {
            Some(_) => case(Some(value.clone()), cases, Some(value)),
            None => value,
        }
    }

    /// The value, or the other one where it is null.
    #[doc(alias = "fillna")]
    #[doc(alias = "coalesce")]
    fn fill_null(self, other: Expr) -> Expr {
        function::coalesce(vec![self.expr(), other])
    }

    /// The value, or the other one where it is not a number (NaN). Null stays null.
    fn fill_nan(self, other: Expr) -> Expr {
        let value = self.expr();
        case(None, [(value.clone().is_nan(), other)], Some(value))
    }

    /// Whether it is not a number (NaN), as 0.0 / 0.0 is. Null is null.
    fn is_nan(self) -> Expr {
        function::isnan(self.expr())
    }

    /// Without its sign. The smallest integer of a type, which has no counterpart, is an error.
    fn abs(self) -> Expr {
        function::abs(self.expr())
    }

    /// Rounded to so many digits behind the point, before it with a negative number; halves away from zero.
    fn round(self, digits: i32) -> Expr {
        round().call(vec![self.expr(), lit(digits)])
    }

    /// The next whole number at or below.
    fn floor(self) -> Expr {
        function::floor(self.expr())
    }

    /// The next whole number at or above.
    fn ceil(self) -> Expr {
        function::ceil(self.expr())
    }

    /// The square root; of a negative number, an error.
    fn sqrt(self) -> Expr {
        function::sqrt(self.expr())
    }

    /// To a power.
    fn pow(self, exponent: Expr) -> Expr {
        function::power(self.expr(), exponent)
    }

    /// What can be made of texts.
    fn str(self) -> TextExpr {
        TextExpr::new(self.expr())
    }

    /// What can be made of dates and times.
    fn dt(self) -> TimeExpr {
        TimeExpr::new(self.expr())
    }
}

impl ValueExt for Expr {}

/// A type to cast to: one of [`types`](crate::types), or a type of Arrow.
pub trait IntoType {
    /// The type of Arrow.
    fn into_type(self) -> DataType;
}

impl IntoType for ColumnType {
    fn into_type(self) -> DataType {
        self.data_type()
    }
}

impl IntoType for DataType {
    fn into_type(self) -> DataType {
        self
    }
}
