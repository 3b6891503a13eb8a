//! Values computed of the values of one row.

use arrow::datatypes::DataType;
use datafusion::functions::expr_fn as function;
use datafusion::logical_expr::{cast, lit, try_cast};
use swath_io::ColumnType;

use super::when::case;
use super::{Expr, IntoValue, ListExpr, TextExpr, TimeExpr};

/// Values of each row on its own: other types, other numbers. What is null stays null unless said otherwise.
///
/// [`when`](crate::when) gives values by conditions, and more functions are in [`functions`](crate::functions).
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
///     col("x").clip(-1, 1).fill_null(0).alias("x"),
///     col("n").try_cast(Int64).alias("n"),
///     when(col("x").gt(0), "up").otherwise("down").alias("way"),
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
impl Expr {
    /// The value in another type: one of [`types`](crate::types), or a type of Arrow. A value that the type
    /// cannot hold is an error.
    #[doc(alias = "astype")]
    pub fn cast(self, ty: impl IntoType) -> Expr {
        Self(cast(self.0, ty.into_type()))
    }

    /// Like [`Expr::cast`], with null for values that the type cannot hold.
    #[doc(alias = "to_numeric")]
    pub fn try_cast(self, ty: impl IntoType) -> Expr {
        Self(try_cast(self.0, ty.into_type()))
    }

    /// The value, but no less than `least` and no more than `most`.
    pub fn clip(self, least: impl IntoValue, most: impl IntoValue) -> Expr {
        let (least, most) = (least.into_value(), most.into_value());
        let cases = [(self.clone().lt(least.clone()), least), (self.clone().gt(most.clone()), most)];
        case(None, cases, Some(self))
    }

    /// Other values in the place of some, from the old one to the new one; all else stays. For null, see
    /// [`Expr::fill_null`]; for parts of texts, [`TextExpr::replace`].
    pub fn replace<O: IntoValue, N: IntoValue>(self, pairs: impl IntoIterator<Item = (O, N)>) -> Expr {
        let mut cases = pairs.into_iter().map(|(old, new)| (old.into_value(), new.into_value())).peekable();
        match cases.peek() {
            Some(_) => case(Some(self.clone()), cases, Some(self)),
            None => self,
        }
    }

    /// The value, or the other one where it is null.
    #[doc(alias = "fillna")]
    #[doc(alias = "coalesce")]
    pub fn fill_null(self, other: impl IntoValue) -> Expr {
        Self(function::coalesce(vec![self.0, other.into_value().0]))
    }

    /// The value, or the other one where it is not a number (NaN). Null stays null.
    pub fn fill_nan(self, other: impl IntoValue) -> Expr {
        case(None, [(self.clone().is_nan(), other.into_value())], Some(self))
    }

    /// Whether it is not a number (NaN), as 0.0 / 0.0 is. Null is null.
    pub fn is_nan(self) -> Expr {
        Self(function::isnan(self.0))
    }

    /// Without its sign. The smallest integer of a type, which has no counterpart, is an error.
    pub fn abs(self) -> Expr {
        Self(function::abs(self.0))
    }

    /// Rounded to so many digits behind the point, before it with a negative number; halves away from zero.
    pub fn round(self, digits: i32) -> Expr {
        Self(function::round(vec![self.0, lit(digits)]))
    }

    /// The next whole number at or below.
    pub fn floor(self) -> Expr {
        Self(function::floor(self.0))
    }

    /// The next whole number at or above.
    pub fn ceil(self) -> Expr {
        Self(function::ceil(self.0))
    }

    /// The square root; of a negative number, NaN.
    pub fn sqrt(self) -> Expr {
        Self(function::sqrt(self.0))
    }

    /// To a power.
    pub fn pow(self, exponent: impl IntoValue) -> Expr {
        Self(function::power(self.0, exponent.into_value().0))
    }

    /// What can be made of texts.
    pub fn str(self) -> TextExpr {
        TextExpr::new(self.0)
    }

    /// What can be made of lists.
    #[doc(alias = "arr")]
    pub fn list(self) -> ListExpr {
        ListExpr::new(self.0)
    }

    /// A field of a struct, as of an object of JSON; null where the struct is.
    #[doc(alias = "get_field")]
    pub fn field(self, name: &str) -> Expr {
        Self(function::get_field(self.0, name))
    }

    /// What can be made of dates and times.
    pub fn dt(self) -> TimeExpr {
        TimeExpr::new(self.0)
    }
}

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
