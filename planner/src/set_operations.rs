//! `INTERSECT ALL` and `EXCEPT ALL`, which the relational core takes for a join that knows nothing of how often a row is there.
//!
//! Equal rows are numbered on either side; numbered rows are all different, so that the operation on sets is that on multisets.

use std::ops::ControlFlow;

use sqlparser::ast::{Query, SetExpr, SetOperator, SetQuantifier, TableFactor, VisitorMut};

use crate::error::{Error, Result};
use crate::parse::parse_piece;
use crate::walk::walk_mut;

/// What to put in place of a set operation, of which the columns of the first query are known by name; `None` if it can stay.
///
/// # Errors
/// The columns would have to be known, and are not.
pub(crate) fn numbered(body: &SetExpr, columns: Option<&[String]>) -> Result<Option<SetExpr>> {
    let SetExpr::SetOperation { op, set_quantifier: SetQuantifier::All, left, right } = body else {
        return Ok(None);
    };
    let name = match op {
        SetOperator::Intersect => "INTERSECT",
        SetOperator::Except | SetOperator::Minus => "EXCEPT",
        SetOperator::Union => return Ok(None),
    };
    let Some(columns) = columns.filter(|columns| !columns.is_empty()) else {
        let hint = format!("name the columns of the first query; {name} without ALL leaves out duplicates");
        return Err(
            Error::new(format!("{name} ALL: it is not known which columns there are")).with_hint(hint)
        );
    };
    let places: Vec<String> = (0..columns.len()).map(|place| format!("c{place}")).collect();
    let all = places.join(", ");
    let named: Vec<String> = places
        .iter()
        .zip(columns)
        .map(|(place, name)| format!("{place} AS \"{}\"", name.replace('"', "\"\"")))
        .collect();
    let side = |table: &str| {
        format!(
            "SELECT {all}, row_number() OVER (PARTITION BY {all}) AS number FROM {table} AS {table}({all})"
        )
    };
    let sql = format!("SELECT {} FROM ({} {name} {}) AS numbered", named.join(", "), side("l"), side("r"));
    let mut query = parse_piece(&sql, |parser| parser.parse_query())?;
    let ControlFlow::Continue(()) = walk_mut(&mut query, &mut Sides { left, right });
    Ok(Some(*query.body))
}

/// Puts the queries in the places of their tables.
struct Sides<'a> {
    left: &'a SetExpr,
    right: &'a SetExpr,
}

impl VisitorMut for Sides<'_> {
    type Break = std::convert::Infallible;

    // After its parts, so that what is put in is not met again.
    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        let TableFactor::Table { name, alias, .. } = factor else { return ControlFlow::Continue(()) };
        let side = if name.to_string() == "l" { self.left } else { self.right };
        let alias = alias.take();
        *factor = TableFactor::Derived {
            lateral: false,
            subquery: Box::new(Query {
                with: None,
                body: Box::new(side.clone()),
                order_by: None,
                limit_clause: None,
                fetch: None,
                locks: Vec::new(),
                for_clause: None,
                settings: None,
                format_clause: None,
                pipe_operators: Vec::new(),
            }),
            alias,
            sample: None,
        };
        ControlFlow::Continue(())
    }
}
