//! What is true or false of a row.

use datafusion::logical_expr::{self as core, Operator, binary_expr};

use super::{Expr, IntoValue, lit};

/// Conditions. A comparison with null is null; [`Expr::is_null`] and its like are true or false.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "k,x\na,1\nab,30\nb,NA\n").unwrap();
/// use swath::prelude::*;
///
/// let frame = swath::read_csv(&path).scan()?;
/// let count = |condition: Expr| frame.filter(condition).count().get();
/// assert_eq!(count(col("k").like("a%") & col("x").gt(5))?, 1);
/// assert_eq!(count(col("k").eq("b") | col("x").between(0, 1))?, 2);
/// assert_eq!(count(col("x").is_null())?, 1);
/// assert_eq!(count(!col("x").gt(5))?, 1);
/// # Ok::<(), swath::Error>(())
/// ```
#[allow(clippy::wrong_self_convention, reason = "expressions are moved into larger ones")]
impl Expr {
    /// Whether it is equal.
    pub fn eq(self, other: impl IntoValue) -> Expr {
        Self(self.0.eq(other.into_value().0))
    }

    /// Whether it is another value.
    #[doc(alias = "neq")]
    #[doc(alias = "ne")]
    pub fn not_eq(self, other: impl IntoValue) -> Expr {
        Self(self.0.not_eq(other.into_value().0))
    }

    /// Whether it is greater.
    pub fn gt(self, other: impl IntoValue) -> Expr {
        Self(self.0.gt(other.into_value().0))
    }

    /// Whether it is greater or equal.
    #[doc(alias = "ge")]
    pub fn gt_eq(self, other: impl IntoValue) -> Expr {
        Self(self.0.gt_eq(other.into_value().0))
    }

    /// Whether it is less.
    pub fn lt(self, other: impl IntoValue) -> Expr {
        Self(self.0.lt(other.into_value().0))
    }

    /// Whether it is less or equal.
    #[doc(alias = "le")]
    pub fn lt_eq(self, other: impl IntoValue) -> Expr {
        Self(self.0.lt_eq(other.into_value().0))
    }

    /// Whether it is equal, where null is equal to null.
    #[doc(alias = "eq_missing")]
    #[doc(alias = "is_not_distinct_from")]
    pub fn eq_null_safe(self, other: impl IntoValue) -> Expr {
        Self(binary_expr(self.0, Operator::IsNotDistinctFrom, other.into_value().0))
    }

    /// Whether it is between two values, or one of them.
    pub fn between(self, least: impl IntoValue, most: impl IntoValue) -> Expr {
        Self(self.0.between(least.into_value().0, most.into_value().0))
    }

    /// Whether it is not between two values, and none of them.
    pub fn not_between(self, least: impl IntoValue, most: impl IntoValue) -> Expr {
        Self(self.0.not_between(least.into_value().0, most.into_value().0))
    }

    /// Whether it is one of these; of none, false.
    #[doc(alias = "isin")]
    pub fn is_in<V: IntoValue>(self, values: impl IntoIterator<Item = V>) -> Expr {
        let list: Vec<core::Expr> = values.into_iter().map(|value| value.into_value().0).collect();
        if list.is_empty() {
            return lit(false);
        }
        Self(self.0.in_list(list, false))
    }

    /// Whether both are true. False and null are false.
    pub fn and(self, other: Expr) -> Expr {
        Self(self.0.and(other.0))
    }

    /// Whether one of them is true. True and null are true.
    pub fn or(self, other: Expr) -> Expr {
        Self(self.0.or(other.0))
    }

    /// Whether the text is like a pattern in which `%` stands for any characters, and `_` for one.
    pub fn like(self, other: impl IntoValue) -> Expr {
        Self(self.0.like(other.into_value().0))
    }

    /// Whether the text is not like the pattern.
    pub fn not_like(self, other: impl IntoValue) -> Expr {
        Self(self.0.not_like(other.into_value().0))
    }

    /// As [`Expr::like`], without regard to case.
    pub fn ilike(self, other: impl IntoValue) -> Expr {
        Self(self.0.ilike(other.into_value().0))
    }

    /// As [`Expr::not_like`], without regard to case.
    pub fn not_ilike(self, other: impl IntoValue) -> Expr {
        Self(self.0.not_ilike(other.into_value().0))
    }

    /// Whether it is null.
    #[doc(alias = "isna")]
    pub fn is_null(self) -> Expr {
        Self(self.0.is_null())
    }

    /// Whether it is not null.
    #[doc(alias = "notna")]
    pub fn is_not_null(self) -> Expr {
        Self(self.0.is_not_null())
    }

    /// Whether it is true, and not false or null.
    pub fn is_true(self) -> Expr {
        Self(self.0.is_true())
    }

    /// Whether it is false or null.
    pub fn is_not_true(self) -> Expr {
        Self(self.0.is_not_true())
    }

    /// Whether it is false, and not true or null.
    pub fn is_false(self) -> Expr {
        Self(self.0.is_false())
    }

    /// Whether it is true or null.
    pub fn is_not_false(self) -> Expr {
        Self(self.0.is_not_false())
    }
}
