//! What the parser meets in another form than it was meant: `a IS DISTINCT FROM b` as an operator of ours, as it knows no end of `b`;
//! functions behind dots, sets of keys inside of others, and series that are computed.

use std::ops::ControlFlow;

use datafusion_sql::parser::{CopyToSource, Statement};
use sqlparser::ast::{BinaryOperator, Expr, VisitMut, VisitorMut};

use crate::depth::flatten;
use crate::dialect::chains::Chains;
use crate::dialect::grouping_sets::InnerSets;
use crate::dialect::json_rows::JsonRows;
use crate::dialect::powers::Powers;
use crate::dialect::series::SeriesAsLists;
use crate::error::Result;
use crate::walk::walk_mut;

/// How it is written, and the operators that stand in its place.
pub(crate) const DISTINCTIONS: [(&[&str], &str); 2] = [
    (&["IS", "DISTINCT", "FROM"], "is_distinct_from"),
    (&["IS", "NOT", "DISTINCT", "FROM"], "is_not_distinct_from"),
];

/// Makes what was written of the operators in a statement.
///
/// # Errors
/// It is nested too deep.
pub(crate) fn restore_distinctions(statement: &mut Statement) -> Result<()> {
    match statement {
        Statement::Statement(statement) => restore(statement),
        Statement::Explain(explain) => restore_distinctions(&mut explain.statement),
        Statement::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => restore(query),
            CopyToSource::Relation(_) => Ok(()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => Ok(()),
    }
}

fn restore<T: VisitMut>(node: &mut T) -> Result<()> {
    flatten(node)?;
    let ControlFlow::Continue(()) = walk_mut(node, &mut Restoring);
    let ControlFlow::Continue(()) = walk_mut(node, &mut Powers);
    let ControlFlow::Continue(()) = walk_mut(node, &mut Chains);
    let ControlFlow::Continue(()) = walk_mut(node, &mut InnerSets);
    let ControlFlow::Continue(()) = walk_mut(node, &mut SeriesAsLists);
    let ControlFlow::Continue(()) = walk_mut(node, &mut JsonRows);
    Ok(())
}

struct Restoring;

impl VisitorMut for Restoring {
    type Break = std::convert::Infallible;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        let Expr::BinaryOp { left, op: BinaryOperator::PGCustomBinaryOperator(name), right } = expr else {
            return ControlFlow::Continue(());
        };
        let place = DISTINCTIONS.iter().position(|(_, operator)| *name == [*operator]);
        let (left, right) = (left.clone(), right.clone());
        match place {
            Some(0) => *expr = Expr::IsDistinctFrom(left, right),
            Some(_) => *expr = Expr::IsNotDistinctFrom(left, right),
            None => {}
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::parse;

    #[test]
    fn what_comes_behind_is_no_part_of_it() {
        for (sql, expected) in [
            ("SELECT a IS DISTINCT FROM b AND c", "SELECT a IS DISTINCT FROM b AND c"),
            ("SELECT a is not distinct from b + 1 OR c", "SELECT a IS NOT DISTINCT FROM b + 1 OR c"),
        ] {
            let statement = parse(sql).unwrap().remove(0);
            assert_eq!(statement.to_string(), expected);
            let datafusion_sql::parser::Statement::Statement(statement) = statement else { panic!("{sql}") };
            let sqlparser::ast::Statement::Query(query) = *statement else { panic!("{sql}") };
            let sqlparser::ast::SetExpr::Select(select) = *query.body else { panic!("{sql}") };
            let sqlparser::ast::SelectItem::UnnamedExpr(expr) = &select.projection[0] else {
                panic!("{sql}")
            };
            assert!(matches!(expr, sqlparser::ast::Expr::BinaryOp { .. }), "{expr:?}");
        }
    }
}
