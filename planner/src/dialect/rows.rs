//! Rows that are compared: `(a, b) = (1, 2)`, `(a, b) IN (SELECT x, y …)`.
//!
//! The relational core would make structs of them, which are equal where both have nulls. Here they become comparisons of their
//! values, with the values of SQL: a comparison is null where it depends on a null.

use std::ops::{ControlFlow, RangeInclusive};

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{BinaryOperator, CaseWhen, Expr, Query, TableFactor, UnaryOperator, Value, VisitorMut};

use crate::dialect::functions::positional;
use crate::error::{Error, Result};
use crate::parse::parse_piece;
use crate::walk::walk_mut;

/// Null values of a row can be told apart, one kind of row after the other, for so many columns.
const MAX_TOLD_APART: usize = 3;

/// What to put in place of a comparison of rows; `None`: it is none.
///
/// # Errors
/// The rows have different numbers of values.
pub(crate) fn compared_rows(expr: &Expr) -> Result<Option<Expr>> {
    match expr {
        Expr::BinaryOp { left, op, right } => match (row_of(left), row_of(right)) {
            (Some(left), Some(right)) => comparison(&left, op, &right),
            _ => Ok(None),
        },
        Expr::IsDistinctFrom(left, right) => match (row_of(left), row_of(right)) {
            (Some(left), Some(right)) => {
                let distinct = |left, right| Expr::IsDistinctFrom(left, right);
                pairs(&left, &right, distinct).map(|pairs| put_together(pairs, &BinaryOperator::Or))
            }
            _ => Ok(None),
        },
        Expr::IsNotDistinctFrom(left, right) => match (row_of(left), row_of(right)) {
            (Some(left), Some(right)) => {
                let alike = |left, right| Expr::IsNotDistinctFrom(left, right);
                pairs(&left, &right, alike).map(|pairs| put_together(pairs, &BinaryOperator::And))
            }
            _ => Ok(None),
        },
        Expr::InList { expr, list, negated } => {
            let Some(row) = row_of(expr) else { return Ok(None) };
            let Some(rows) = list.iter().map(row_of).collect::<Option<Vec<_>>>() else { return Ok(None) };
            let equal = |other: &Vec<Expr>| {
                let equal = comparison(&row, &BinaryOperator::Eq, other)?;
                equal.ok_or_else(|| Error::new("a row needs values"))
            };
            let any = put_together(rows.iter().map(equal).collect::<Result<Vec<_>>>()?, &BinaryOperator::Or);
            Ok(any.map(|any| if *negated { not(any) } else { any }))
        }
        other => Membership::of(other).map(|membership| membership.value()).transpose(),
    }
}

/// A condition of rows, for which null is as good as false, with simpler forms of what it has of memberships of rows.
///
/// # Errors
/// The rows have different numbers of values.
pub(crate) fn row_conditions(condition: &mut Expr) -> Result<()> {
    match condition {
        Expr::Nested(inner) => row_conditions(inner),
        Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or, right } => {
            row_conditions(left)?;
            row_conditions(right)
        }
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
            if let Some(membership) = Membership::of(expr) {
                *condition = Membership { negated: !membership.negated, ..membership }.condition()?;
            }
            Ok(())
        }
        other => {
            if let Some(membership) = Membership::of(other) {
                *other = membership.condition()?;
            }
            Ok(())
        }
    }
}

/// The values of `(a, b)` or `ROW(a, b)`.
fn row_of(expr: &Expr) -> Option<Vec<Expr>> {
    match expr {
        Expr::Tuple(values) => Some(values.clone()),
        Expr::Nested(inner) => row_of(inner),
        Expr::Function(function) if function.name.to_string().eq_ignore_ascii_case("row") => {
            positional(function)
        }
        _ => None,
    }
}

/// `left op right`, by their values; `None`: rows are not compared so.
fn comparison(left: &[Expr], op: &BinaryOperator, right: &[Expr]) -> Result<Option<Expr>> {
    let by = |op: BinaryOperator| move |left, right| Expr::BinaryOp { left, op: op.clone(), right };
    match op {
        BinaryOperator::Eq => {
            pairs(left, right, by(op.clone())).map(|pairs| put_together(pairs, &BinaryOperator::And))
        }
        BinaryOperator::NotEq => {
            pairs(left, right, by(op.clone())).map(|pairs| put_together(pairs, &BinaryOperator::Or))
        }
        BinaryOperator::Lt | BinaryOperator::LtEq => ordered(left, right, op, BinaryOperator::Lt),
        BinaryOperator::Gt | BinaryOperator::GtEq => ordered(left, right, op, BinaryOperator::Gt),
        _ => Ok(None),
    }
}

/// The first values that differ decide: `a < c OR a = c AND b < d`.
fn ordered(
    left: &[Expr],
    right: &[Expr],
    last: &BinaryOperator,
    other: BinaryOperator,
) -> Result<Option<Expr>> {
    let equal = pairs(left, right, |left, right| Expr::BinaryOp { left, op: BinaryOperator::Eq, right })?;
    let decided = pairs(left, right, |left, right| Expr::BinaryOp { left, op: other.clone(), right })?;
    let mut last = pairs(left, right, |left, right| Expr::BinaryOp { left, op: last.clone(), right })?.pop();
    for (equal, decided) in equal.into_iter().zip(decided).rev().skip(1) {
        last = last.map(|rest| {
            let rest = both(equal, rest, BinaryOperator::And);
            both(decided, rest, BinaryOperator::Or)
        });
    }
    Ok(last)
}

/// One comparison for each pair of values.
fn pairs(left: &[Expr], right: &[Expr], compare: impl Fn(Box<Expr>, Box<Expr>) -> Expr) -> Result<Vec<Expr>> {
    if left.len() != right.len() {
        let hint = "each value is compared with the one at its place: (a, b) = (1, 2)";
        return Err(Error::new(format!(
            "a row of {} values is compared with one of {}",
            left.len(),
            right.len()
        ))
        .with_hint(hint));
    }
    let value = |value: &Expr| {
        Box::new(match value {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_) | Expr::Nested(_) => {
                value.clone()
            }
            other => Expr::Nested(Box::new(other.clone())),
        })
    };
    Ok(left.iter().zip(right).map(|(left, right)| compare(value(left), value(right))).collect())
}

/// Conditions with `AND` or `OR` between them, as flat as can be.
fn put_together(mut conditions: Vec<Expr>, op: &BinaryOperator) -> Option<Expr> {
    if conditions.len() < 2 {
        return conditions.pop();
    }
    let right = conditions.split_off(conditions.len() / 2);
    let (left, right) = (put_together(conditions, op)?, put_together(right, op)?);
    Some(Expr::Nested(Box::new(both(left, right, op.clone()))))
}

fn both(left: Expr, right: Expr, op: BinaryOperator) -> Expr {
    let both = Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) };
    Expr::Nested(Box::new(both))
}

fn not(condition: Expr) -> Expr {
    Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(Expr::Nested(Box::new(condition))) }
}

/// `(a, b) IN (SELECT x, y …)`.
///
/// It is true where a row of the query is equal. Otherwise it is null where a row may be equal, as there are nulls: in the row of the query,
/// or in the one that is looked for, of which then the other values have to be equal.
struct Membership {
    row: Vec<Expr>,
    query: Query,
    negated: bool,
}

impl Membership {
    fn of(expr: &Expr) -> Option<Self> {
        let (row, query, negated) = match expr {
            Expr::InSubquery { expr, subquery, negated } => (expr, subquery, *negated),
            Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => match &**right {
                Expr::Subquery(query) => (left, query, false),
                _ => return None,
            },
            Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => match &**right {
                Expr::Subquery(query) => (left, query, true),
                _ => return None,
            },
            Expr::Nested(inner) => return Self::of(inner),
            _ => return None,
        };
        Some(Self { row: row_of(row)?, query: (**query).clone(), negated })
    }

    /// As a condition, for which null is as good as false.
    fn condition(&self) -> Result<Expr> {
        let equal = self.is_equal()?;
        if !self.negated {
            return Ok(equal);
        }
        let mut conditions = vec![not(equal)];
        conditions.extend(self.may_be_equal()?.into_iter().map(not));
        put_together(conditions, &BinaryOperator::And).ok_or_else(|| Error::new("a row needs values"))
    }

    /// As a value.
    fn value(&self) -> Result<Expr> {
        let value = |value: Value| Expr::Value(value.into());
        let unknown = put_together(self.may_be_equal()?, &BinaryOperator::Or);
        let mut conditions =
            vec![CaseWhen { condition: self.is_equal()?, result: value(Value::Boolean(!self.negated)) }];
        conditions.extend(unknown.map(|condition| CaseWhen { condition, result: value(Value::Null) }));
        Ok(Expr::Case {
            case_token: AttachedToken::empty(),
            end_token: AttachedToken::empty(),
            operand: None,
            conditions,
            else_result: Some(Box::new(value(Value::Boolean(self.negated)))),
        })
    }

    fn is_equal(&self) -> Result<Expr> {
        let equal: Vec<String> = self.places().map(|place| format!("${place} = __c{place}")).collect();
        self.exists(&equal.join(" AND "))
    }

    /// Where rows may be equal, of which one has nulls.
    fn may_be_equal(&self) -> Result<Vec<Expr>> {
        let alike =
            |place: usize| format!("(${place} = __c{place} OR ${place} IS NULL OR __c{place} IS NULL)");
        let alike = self.places().map(alike).collect::<Vec<_>>().join(" AND ");
        let nulls: Vec<String> = self.places().map(|place| format!("__c{place} IS NULL")).collect();
        let mut found = vec![self.exists(&format!("({}) AND {alike}", nulls.join(" OR ")))?];
        if self.row.len() > MAX_TOLD_APART {
            let nulls: Vec<String> = self.places().map(|place| format!("${place} IS NULL")).collect();
            found.push(self.exists(&format!("({}) AND {alike}", nulls.join(" OR ")))?);
            return Ok(found);
        }
        // Each of these is a join by what is equal, which one over all kinds of rows would not be.
        for kind in 1..1_usize << self.row.len() {
            let (null, known): (Vec<usize>, Vec<usize>) =
                self.places().partition(|place| kind & (1 << (place - 1)) != 0);
            let null: Vec<String> = null.iter().map(|place| format!("${place} IS NULL")).collect();
            let known: Vec<String> = known.iter().map(|place| format!("${place} = __c{place}")).collect();
            let known = if known.is_empty() { "true".to_owned() } else { known.join(" AND ") };
            let rows = self.exists(&known)?;
            found.push(both(self.filled(&null.join(" AND "))?, rows, BinaryOperator::And));
        }
        Ok(found)
    }

    fn places(&self) -> RangeInclusive<usize> {
        1..=self.row.len()
    }

    /// Whether the query has rows for which a condition is true, in which `$1`, `$2` … are the values of the row and `__c1`, `__c2` …
    /// those of the query.
    fn exists(&self, condition: &str) -> Result<Expr> {
        let columns: Vec<String> = self.places().map(|place| format!("__c{place}")).collect();
        let columns = columns.join(", ");
        self.filled(&format!("EXISTS (SELECT 1 FROM (SELECT 1) AS __rows ({columns}) WHERE {condition})"))
    }

    fn filled(&self, sql: &str) -> Result<Expr> {
        let mut expr = parse_piece(sql, |parser| parser.parse_expr())?;
        let ControlFlow::Continue(()) = walk_mut(&mut expr, &mut Filling(self));
        Ok(expr)
    }
}

/// Puts the values and the query of a membership in their places.
struct Filling<'a>(&'a Membership);

impl VisitorMut for Filling<'_> {
    type Break = std::convert::Infallible;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if let Expr::Value(value) = expr
            && let Value::Placeholder(place) = &value.value
            && let Some(value) = place[1..].parse().ok().and_then(|place: usize| self.0.row.get(place - 1))
        {
            *expr = Expr::Nested(Box::new(value.clone()));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        if let TableFactor::Derived { subquery, .. } = factor {
            **subquery = self.0.query.clone();
        }
        ControlFlow::Continue(())
    }
}
