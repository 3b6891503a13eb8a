//! Values by conditions.

use datafusion::logical_expr as core;
use datafusion::logical_expr::expr::Case;

use super::{Expr, IntoValue};

/// A value where a condition is true; then other cases, and [`When::otherwise`] the value of all other rows.
/// The first condition that is true counts; one that is null is not true. The values may be of different
/// types where there is one that holds them all, as `f64` does integers.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "delay\n-3\n20\n200\nNA\n").unwrap();
/// use swath::prelude::*;
///
/// let delay = || col("delay");
/// let class = when(delay().gt(60), "very late")
///     .when(delay().gt(15), "late")
///     .otherwise("in time");
/// let classes = swath::read_csv(&path).scan()?.select([class.alias("class")]);
/// assert_eq!(classes.to_bag::<String>().take(4).get()?, ["in time", "late", "very late", "in time"]);
/// # Ok::<(), swath::Error>(())
/// ```
#[doc(alias = "then")]
#[doc(alias = "where")]
#[doc(alias = "mask")]
pub fn when(condition: Expr, value: impl IntoValue) -> When {
    When { cases: vec![(condition, value.into_value())] }
}

/// Cases of an expression, by [`when`].
#[derive(Debug, Clone)]
#[must_use = "cases become an expression by .otherwise(value) or .end()"]
pub struct When {
    cases: Vec<(Expr, Expr)>,
}

impl When {
    /// One more case.
    pub fn when(mut self, condition: Expr, value: impl IntoValue) -> Self {
        self.cases.push((condition, value.into_value()));
        self
    }

    /// The value where no condition is true.
    pub fn otherwise(self, value: impl IntoValue) -> Expr {
        case(None, self.cases, Some(value.into_value()))
    }

    /// Null where no condition is true.
    pub fn end(self) -> Expr {
        case(None, self.cases, None)
    }
}

/// The value of the first case whose condition is true, or which is equal to the key.
pub(super) fn case(
    key: Option<Expr>,
    cases: impl IntoIterator<Item = (Expr, Expr)>,
    otherwise: Option<Expr>,
) -> Expr {
    let cases = cases.into_iter().map(|(when, then)| (Box::new(when.0), Box::new(then.0))).collect();
    let in_box = |expr: Expr| Box::new(expr.0);
    Expr(core::Expr::Case(Case::new(key.map(in_box), cases, otherwise.map(in_box))))
}
