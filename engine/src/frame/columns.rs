//! What may stand where columns are asked for.

use datafusion::logical_expr::SortExpr;

use crate::expr::{Expr, col};

/// A column name or an expression.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "a,b\n1,2\n").unwrap();
/// use swath::prelude::*;
///
/// let frame = swath::read_csv(&path).scan()?;
/// assert_eq!(frame.select(["b"]).columns()?, ["b"]);
/// assert_eq!(frame.select([(col("a") + col("b")).alias("c")]).columns()?, ["c"]);
/// # Ok::<(), swath::Error>(())
/// ```
pub trait IntoExpr {
    /// The expression.
    fn into_expr(self) -> Expr;
}

impl IntoExpr for Expr {
    fn into_expr(self) -> Expr {
        self
    }
}

impl IntoExpr for &Expr {
    fn into_expr(self) -> Expr {
        self.clone()
    }
}

impl IntoExpr for &str {
    fn into_expr(self) -> Expr {
        col(self)
    }
}

impl IntoExpr for String {
    fn into_expr(self) -> Expr {
        col(self)
    }
}

impl IntoExpr for &String {
    fn into_expr(self) -> Expr {
        col(self)
    }
}

/// A key to sort by: a column name or an expression (ascending), or a key made with
/// [`asc`](crate::asc), [`desc`](crate::desc) or `Expr::sort`.
pub trait IntoSort {
    /// The key.
    fn into_sort(self) -> SortExpr;
}

impl IntoSort for SortExpr {
    fn into_sort(self) -> SortExpr {
        self
    }
}

impl<E: IntoExpr> IntoSort for E {
    fn into_sort(self) -> SortExpr {
        self.into_expr().asc()
    }
}

/// One column name, or several; `()` for none.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "a,b,c\n1,2,3\n").unwrap();
/// let frame = swath::read_csv(&path).scan()?;
/// assert_eq!(frame.drop("a").columns()?, ["b", "c"]);
/// assert_eq!(frame.drop(["a", "c"]).columns()?, ["b"]);
/// # Ok::<(), swath::Error>(())
/// ```
pub trait Columns {
    /// The names.
    fn into_names(self) -> Vec<String>;
}

impl Columns for () {
    fn into_names(self) -> Vec<String> {
        Vec::new()
    }
}

impl Columns for &str {
    fn into_names(self) -> Vec<String> {
        vec![self.to_owned()]
    }
}

impl Columns for String {
    fn into_names(self) -> Vec<String> {
        vec![self]
    }
}

impl Columns for &String {
    fn into_names(self) -> Vec<String> {
        vec![self.clone()]
    }
}

impl<S: Into<String>> Columns for Vec<S> {
    fn into_names(self) -> Vec<String> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<S: Into<String>, const N: usize> Columns for [S; N] {
    fn into_names(self) -> Vec<String> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<S: AsRef<str>> Columns for &[S] {
    fn into_names(self) -> Vec<String> {
        self.iter().map(|name| name.as_ref().to_owned()).collect()
    }
}

impl<S: AsRef<str>> Columns for &Vec<S> {
    fn into_names(self) -> Vec<String> {
        self.as_slice().into_names()
    }
}
