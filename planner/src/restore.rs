//! What the parser was given in another form than it was written, as it was meant: operators it does not know, functions behind dots,
//! sets of keys inside of others, series that are computed.

use std::ops::ControlFlow;

use datafusion_sql::parser::{CopyToSource, Statement};
use sqlparser::ast::VisitMut;

use crate::depth::flatten;
use crate::dialect::chains::Chains;
use crate::dialect::concatenations::Concatenations;
use crate::dialect::distinctions::Distinctions;
use crate::dialect::grouping_sets::InnerSets;
use crate::dialect::json_rows::JsonRows;
use crate::dialect::powers::Powers;
use crate::dialect::series::SeriesAsLists;
use crate::error::Result;
use crate::walk::walk_mut;

/// Makes of a statement what was written.
///
/// # Errors
/// It is nested too deep.
pub(crate) fn restore(statement: &mut Statement) -> Result<()> {
    match statement {
        Statement::Statement(statement) => restore_node(statement),
        Statement::Explain(explain) => restore(&mut explain.statement),
        Statement::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => restore_node(query),
            CopyToSource::Relation(_) => Ok(()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => Ok(()),
    }
}

fn restore_node<T: VisitMut>(node: &mut T) -> Result<()> {
    flatten(node)?;
    let ControlFlow::Continue(()) = walk_mut(node, &mut Concatenations);
    let ControlFlow::Continue(()) = walk_mut(node, &mut Distinctions);
    let ControlFlow::Continue(()) = walk_mut(node, &mut Powers);
    let ControlFlow::Continue(()) = walk_mut(node, &mut Chains);
    let ControlFlow::Continue(()) = walk_mut(node, &mut InnerSets);
    let ControlFlow::Continue(()) = walk_mut(node, &mut SeriesAsLists);
    let ControlFlow::Continue(()) = walk_mut(node, &mut JsonRows);
    Ok(())
}
