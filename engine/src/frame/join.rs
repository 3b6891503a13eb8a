//! Two frames side by side.

use datafusion::common::JoinType;
use datafusion::functions::expr_fn::coalesce;
use datafusion::logical_expr::{self as core, LogicalPlan, LogicalPlanBuilder, Operator, binary_expr, ident};

use super::select::check_names;
use super::types::settled;
use super::{Columns, Frame, column, names, own_columns, without_tables};
use crate::error::{Error, Result};
use crate::expr::Expr;

/// How [`Frame::join`] joins: the kind, what must be equal or true, and the suffix of names that both
/// sides have.
///
/// Keys by [`Join::on`] stand once in the result. Keys by [`Join::left_on`] and [`Join::right_on`], and
/// all other columns, stay; a column of the right side whose name the left side has, too, gets the
/// suffix `_right`. Null is equal to nothing, unless [`Join::nulls_equal`] says so.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "k,x\na,1\nb,2\n").unwrap();
/// # let other = dir.path().join("o.csv");
/// # std::fs::write(&other, "k,x\na,3\nc,4\n").unwrap();
/// use swath::Join;
/// use swath::prelude::*;
///
/// let left = swath::read_csv(&path).scan()?;
/// let right = swath::read_csv(&other).scan()?;
/// let rows = |join| left.join(&right, join).count().get();
/// assert_eq!(rows(Join::inner().on("k"))?, 1);
/// assert_eq!(rows(Join::left().on("k"))?, 2);
/// assert_eq!(rows(Join::right().on("k"))?, 2);
/// assert_eq!(rows(Join::full().on("k"))?, 3);
/// assert_eq!(rows(Join::semi().on("k"))?, 1);
/// assert_eq!(rows(Join::anti().on("k"))?, 1);
/// assert_eq!(rows(Join::cross())?, 4);
/// // In conditions, names of the right side are those that they have in the result.
/// assert_eq!(rows(Join::inner().on_expr(col("x").lt(col("x_right"))))?, 4);
/// assert_eq!(rows(Join::inner().left_on("k").right_on("k"))?, 1);
/// // Rows without a key find each other as in pandas and Dask.
/// let without = left.select([null().cast(Text).alias("k")]);
/// assert_eq!(without.join(&without, Join::inner().on("k")).count().get()?, 0);
/// assert_eq!(without.join(&without, Join::inner().on("k").nulls_equal()).count().get()?, 4);
/// assert_eq!(left.join(&right, Join::full().on("k")).columns()?, ["k", "x", "x_right"]);
/// assert_eq!(left.join(&right, Join::inner().on("k").suffix("_2")).columns()?, ["k", "x", "x_2"]);
/// # Ok::<(), swath::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Join {
    kind: Kind,
    on: Vec<String>,
    left_on: Vec<String>,
    right_on: Vec<String>,
    conditions: Vec<core::Expr>,
    nulls_equal: bool,
    suffix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Join(JoinType),
    Cross,
}

impl Join {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            on: Vec::new(),
            left_on: Vec::new(),
            right_on: Vec::new(),
            conditions: Vec::new(),
            nulls_equal: false,
            suffix: "_right".to_owned(),
        }
    }

    /// Pairs of rows that match.
    pub fn inner() -> Self {
        Self::new(Kind::Join(JoinType::Inner))
    }

    /// Pairs that match, and the rows of the left side that match nothing.
    pub fn left() -> Self {
        Self::new(Kind::Join(JoinType::Left))
    }

    /// Pairs that match, and the rows of the right side that match nothing.
    pub fn right() -> Self {
        Self::new(Kind::Join(JoinType::Right))
    }

    /// Pairs that match, and the rows of both sides that match nothing.
    pub fn full() -> Self {
        Self::new(Kind::Join(JoinType::Full))
    }

    /// The rows of the left side that match something, each once, without the right side's columns.
    pub fn semi() -> Self {
        Self::new(Kind::Join(JoinType::LeftSemi))
    }

    /// The rows of the left side that match nothing.
    pub fn anti() -> Self {
        Self::new(Kind::Join(JoinType::LeftAnti))
    }

    /// All pairs.
    pub fn cross() -> Self {
        Self::new(Kind::Cross)
    }

    /// Columns of both sides that must be equal.
    pub fn on(mut self, columns: impl Columns) -> Self {
        self.on = columns.into_names();
        self
    }

    /// Columns of the left side that must be equal to those of [`Join::right_on`], in their order.
    pub fn left_on(mut self, columns: impl Columns) -> Self {
        self.left_on = columns.into_names();
        self
    }

    /// Columns of the right side.
    pub fn right_on(mut self, columns: impl Columns) -> Self {
        self.right_on = columns.into_names();
        self
    }

    /// What must be true of a pair. Columns of the right side have the names that they have in the
    /// result of an inner join without [`Join::on`]: with the suffix where the left side has the name.
    pub fn on_expr(mut self, condition: Expr) -> Self {
        self.conditions.push(condition.into_core());
        self
    }

    /// Null is equal to null in the columns by [`Join::on`], [`Join::left_on`] and [`Join::right_on`], as in pandas.
    pub fn nulls_equal(mut self) -> Self {
        self.nulls_equal = true;
        self
    }

    /// What is put behind names that both sides have; `_right` unless set.
    pub fn suffix(mut self, suffix: impl Into<String>) -> Self {
        self.suffix = suffix.into();
        self
    }

    fn check(&self) -> Result<()> {
        let conditions = self.on.len() + self.left_on.len() + self.right_on.len() + self.conditions.len();
        let problem = if self.left_on.len() != self.right_on.len() {
            format!(
                "a join on {} columns of the left side and {} of the right one",
                self.left_on.len(),
                self.right_on.len()
            )
        } else if self.kind == Kind::Cross && conditions > 0 {
            "a cross join has no conditions".to_owned()
        } else if self.kind != Kind::Cross && conditions == 0 {
            "a join needs columns to join on".to_owned()
        } else {
            return Ok(());
        };
        let hint =
            "Join::inner().on(\"key\"), or .left_on(\"a\").right_on(\"b\"); Join::cross() for all pairs";
        Err(Error::query(problem, hint.to_owned()))
    }

    fn plan(&self, left: &LogicalPlan, right: &LogicalPlan) -> Result<LogicalPlan> {
        self.check()?;
        let left = without_tables(left)?;
        let left_names = names(&left);
        // Every column of the right side has a name that the left side does not have.
        let renamed: Vec<(String, String)> = names(right)
            .into_iter()
            .map(|name| match left_names.contains(&name) {
                true => (name.clone(), format!("{name}{}", self.suffix)),
                false => (name.clone(), name),
            })
            .collect();
        if let Some((old, new)) = renamed.iter().find(|(_, new)| left_names.contains(new)) {
            return Err(Error::query(
                format!(
                    "the column \"{old}\" of the right side would be \"{new}\", which the left side has, too"
                ),
                "give it another suffix: .suffix(\"_2\")".to_owned(),
            ));
        }
        check_names(renamed.iter().map(|(_, new)| new.clone()))?;
        let mut conditions = self.conditions.clone();
        let pairs = self.on.iter().zip(&self.on).chain(self.left_on.iter().zip(&self.right_on));
        for (left_key, right_key) in pairs {
            let left_column = column(&left, left_key)?;
            column(right, right_key)?;
            let new = renamed.iter().find(|(old, _)| old == right_key).map_or(right_key, |(_, new)| new);
            let operator = if self.nulls_equal { Operator::IsNotDistinctFrom } else { Operator::Eq };
            conditions.push(binary_expr(left_column, operator, ident(new)));
        }
        let right_columns = own_columns(right).into_iter().zip(&renamed);
        let right_columns = right_columns.map(|(column, (_, new))| column.unalias().alias(new));
        let right = LogicalPlanBuilder::from(right.clone()).project(right_columns)?.build()?;
        let both = left.schema().join(right.schema())?;
        let conditions: Vec<core::Expr> =
            conditions.into_iter().map(|condition| settled(&both, condition)).collect();
        let builder = LogicalPlanBuilder::from(left);
        let joined = match self.kind {
            Kind::Cross => builder.cross_join(right)?,
            Kind::Join(kind) => builder.join_on(right, kind, conditions)?,
        };
        if matches!(self.kind, Kind::Join(JoinType::LeftSemi | JoinType::LeftAnti)) {
            return Ok(joined.build()?);
        }
        let kept = left_names.iter().map(|name| match (self.on.contains(name), self.kind) {
            (true, Kind::Join(JoinType::Full)) => self.either(name),
            (true, Kind::Join(JoinType::Right)) => ident(format!("{name}{}", self.suffix)).alias(name),
            _ => ident(name),
        });
        let added = renamed.iter().filter(|(old, _)| !self.on.contains(old)).map(|(_, new)| ident(new));
        let columns: Vec<core::Expr> = kept.chain(added).collect();
        Ok(joined.project(columns)?.build()?)
    }

    /// The key of whichever side has a row.
    fn either(&self, name: &str) -> core::Expr {
        coalesce(vec![ident(name), ident(format!("{name}{}", self.suffix))]).alias(name)
    }
}

impl Frame {
    /// Joins with another frame of the same session, as the [`Join`] says.
    #[doc(alias = "merge")]
    pub fn join(&self, right: &Self, join: Join) -> Self {
        self.step(|plan| {
            self.check_same_session(right, "joined")?;
            join.plan(plan, right.plan()?)
        })
    }
}
