//! What can be made of lists.

use arrow::datatypes::DataType;
use datafusion::functions_nested::expr_fn as function;
use datafusion::logical_expr::{self as core, lit};

use super::{Expr, IntoValue};
use crate::dialect::list_sum;

/// A column of lists, by [`Expr::list`]: the methods that make something of each. Null stays null. A row for each element gives
/// [`Frame::explode`](crate::Frame::explode), and more is in [`functions`](crate::functions).
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.jsonl");
/// # std::fs::write(&path, r#"{"tags":["new","paid"],"prices":[3,1,null],"user":{"name":"ann"}}
/// # {"tags":[],"prices":[],"user":{"name":"bob"}}
/// # "#).unwrap();
/// use swath::prelude::*;
///
/// let events = swath::scan_json(&path)?.select([
///     col("user").field("name").alias("user"),
///     col("tags").list().len().alias("tags"),
///     col("tags").list().contains("paid").alias("paid"),
///     col("tags").list().last().alias("last"),
///     col("tags").list().join("+").alias("text"),
///     col("prices").list().sum().alias("sum"),
/// ]);
/// let rows = events.to_bag::<(String, i64, bool, Option<String>, String, Option<i64>)>().collect()?;
/// assert_eq!(rows[0], ("ann".to_owned(), 2, true, Some("paid".to_owned()), "new+paid".to_owned(), Some(4)));
/// assert_eq!(rows[1], ("bob".to_owned(), 0, false, None, String::new(), None));
/// # Ok::<(), swath::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ListExpr(core::Expr);

impl ListExpr {
    pub(super) fn new(list: core::Expr) -> Self {
        Self(list)
    }

    /// How many elements it has.
    #[doc(alias = "array_length")]
    #[allow(clippy::len_without_is_empty, reason = "it is of each row")]
    pub fn len(self) -> Expr {
        Expr(function::cardinality(self.0)).cast(DataType::Int64)
    }

    /// The element at a place, counted from 0, or with a negative number from the end; null where there is none.
    #[doc(alias = "array_element")]
    pub fn get(self, place: i64) -> Expr {
        let place = if place < 0 { place } else { place.saturating_add(1) };
        Expr(function::array_element(self.0, lit(place)))
    }

    /// The first element; null where there is none.
    pub fn first(self) -> Expr {
        self.get(0)
    }

    /// The last element; null where there is none.
    pub fn last(self) -> Expr {
        self.get(-1)
    }

    /// At most `len` elements from the place `start` on, counted from 0.
    pub fn slice(self, start: u32, len: u32) -> Expr {
        let (first, last) = (i64::from(start) + 1, i64::from(start) + i64::from(len));
        Expr(function::array_slice(self.0, lit(first), lit(last), None))
    }

    /// Whether it has the element.
    #[doc(alias = "array_has")]
    pub fn contains(self, element: impl IntoValue) -> Expr {
        Expr(function::array_has(self.0, element.into_value().0))
    }

    /// Its elements as a text, with the separator between them; nulls are left out.
    #[doc(alias = "array_to_string")]
    pub fn join(self, separator: &str) -> Expr {
        Expr(function::array_to_string(self.0, lit(separator)))
    }

    /// The sum of its elements that are not null; of none, null.
    pub fn sum(self) -> Expr {
        Expr(list_sum().call(vec![self.0]))
    }

    /// The mean of its elements that are not null; of none, null.
    pub fn mean(self) -> Expr {
        Expr(function::array_avg(self.0))
    }

    /// The least element.
    pub fn min(self) -> Expr {
        Expr(function::array_min(self.0))
    }

    /// The greatest element.
    pub fn max(self) -> Expr {
        Expr(function::array_max(self.0))
    }

    /// With its elements in order, smallest first, nulls last.
    pub fn sort(self) -> Expr {
        Expr(function::array_sort(self.0, lit("ASC"), lit("NULLS LAST")))
    }

    /// With each element once, in the order of the first ones.
    #[doc(alias = "unique")]
    pub fn distinct(self) -> Expr {
        Expr(function::array_distinct(self.0))
    }

    /// From its last element to its first.
    pub fn reverse(self) -> Expr {
        Expr(function::array_reverse(self.0))
    }
}
