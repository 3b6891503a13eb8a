//! `CAST(x AS VARCHAR)` of structs and maps, and of lists of them: they are written as JSON, as they are in results. Other lists are written
//! by [`ListText`].
//!
//! The relational core has no text of them, and of lists one in which a null is nothing.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::{Cast, Expr, ExprSchemable, LogicalPlan, ScalarUDF, cast};
use datafusion::optimizer::AnalyzerRule;

use super::list_text::ListText;
use crate::walk::rewrite_expressions;

/// Writes nested values as JSON where a text is asked for.
#[derive(Debug)]
pub(crate) struct NestedAsText {
    pub(crate) to_json: Arc<ScalarUDF>,
}

impl AnalyzerRule for NestedAsText {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let list_text = ScalarUDF::from(ListText::default());
        let written = |expr: Expr, schema: &DFSchema| match expr {
            Expr::Cast(Cast { expr, field }) if is_text(field.data_type()) => {
                let text = match expr.get_type(schema)? {
                    ty if is_nested(&ty) => self.to_json.call(vec![*expr]),
                    ty if is_list(&ty) => list_text.call(vec![*expr]),
                    _ => return Ok(Transformed::no(Expr::Cast(Cast { expr, field }))),
                };
                Ok(Transformed::yes(cast(text, field.data_type().clone())))
            }
            other => Ok(Transformed::no(other)),
        };
        rewrite_expressions(plan, written)
    }

    fn name(&self) -> &str {
        "nested_as_text"
    }
}

pub(super) fn is_text(ty: &DataType) -> bool {
    matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

pub(super) fn is_list(ty: &DataType) -> bool {
    matches!(ty, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..))
}

/// Whether there are structs or maps in a type.
fn is_nested(ty: &DataType) -> bool {
    match ty {
        DataType::Struct(_) | DataType::Map(..) => true,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            is_nested(item.data_type())
        }
        _ => false,
    }
}
