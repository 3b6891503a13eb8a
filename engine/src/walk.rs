//! Walks of plans and expressions that are compiled once.
//!
//! The relational core's are generic over the function that is called at each node, so that every call of one compiles it
//! anew: 40 KB of code for the walk of an expression, 100 KB for that of a plan, and there are a hundred here. These do the
//! same, and call the function through a pointer. Each has the name of the core's, with `_dyn`.

use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, LogicalPlan};

/// What becomes of a node.
type Change<'a, T> = &'a mut dyn FnMut(T) -> Result<Transformed<T>>;

/// Looks at a node, and says where to go on.
type Look<'a, 'n, T> = &'a mut dyn FnMut(&'n T) -> Result<TreeNodeRecursion>;

/// Walks of any tree.
pub(crate) trait Walk: TreeNode {
    /// See [`TreeNode::transform_up`].
    fn transform_up_dyn(
        self,
        mut change: impl FnMut(Self) -> Result<Transformed<Self>>,
    ) -> Result<Transformed<Self>> {
        self.transform_up(&mut change as Change<'_, Self>)
    }

    /// See [`TreeNode::transform_down`].
    fn transform_down_dyn(
        self,
        mut change: impl FnMut(Self) -> Result<Transformed<Self>>,
    ) -> Result<Transformed<Self>> {
        self.transform_down(&mut change as Change<'_, Self>)
    }

    /// See [`TreeNode::apply`].
    fn apply_dyn<'n>(
        &'n self,
        mut look: impl FnMut(&'n Self) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.apply(&mut look as Look<'_, 'n, Self>)
    }

    /// See [`TreeNode::exists`].
    fn exists_dyn(&self, mut is_wanted: impl FnMut(&Self) -> Result<bool>) -> Result<bool> {
        self.exists(&mut is_wanted as &mut dyn FnMut(&Self) -> Result<bool>)
    }
}

impl<T: TreeNode> Walk for T {}

/// Walks of plans and what is in them.
pub(crate) trait WalkPlan: Sized {
    /// See [`LogicalPlan::transform_up_with_subqueries`].
    fn transform_up_with_subqueries_dyn(
        self,
        change: impl FnMut(Self) -> Result<Transformed<Self>>,
    ) -> Result<Transformed<Self>>;

    /// See [`LogicalPlan::transform_down_with_subqueries`].
    fn transform_down_with_subqueries_dyn(
        self,
        change: impl FnMut(Self) -> Result<Transformed<Self>>,
    ) -> Result<Transformed<Self>>;

    /// See [`LogicalPlan::apply_with_subqueries`].
    fn apply_with_subqueries_dyn(
        &self,
        look: impl FnMut(&Self) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion>;

    /// See [`LogicalPlan::map_expressions`].
    fn map_expressions_dyn(
        self,
        change: impl FnMut(Expr) -> Result<Transformed<Expr>>,
    ) -> Result<Transformed<Self>>;

    /// See [`LogicalPlan::apply_expressions`].
    fn apply_expressions_dyn(
        &self,
        look: impl FnMut(&Expr) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion>;
}

impl WalkPlan for LogicalPlan {
    fn transform_up_with_subqueries_dyn(
        self,
        mut change: impl FnMut(Self) -> Result<Transformed<Self>>,
    ) -> Result<Transformed<Self>> {
        self.transform_up_with_subqueries(&mut change as Change<'_, Self>)
    }

    fn transform_down_with_subqueries_dyn(
        self,
        mut change: impl FnMut(Self) -> Result<Transformed<Self>>,
    ) -> Result<Transformed<Self>> {
        self.transform_down_with_subqueries(&mut change as Change<'_, Self>)
    }

    fn apply_with_subqueries_dyn(
        &self,
        mut look: impl FnMut(&Self) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.apply_with_subqueries(&mut look as &mut dyn FnMut(&Self) -> Result<TreeNodeRecursion>)
    }

    fn map_expressions_dyn(
        self,
        mut change: impl FnMut(Expr) -> Result<Transformed<Expr>>,
    ) -> Result<Transformed<Self>> {
        self.map_expressions(&mut change as Change<'_, Expr>)
    }

    fn apply_expressions_dyn(
        &self,
        mut look: impl FnMut(&Expr) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.apply_expressions(&mut look as &mut dyn FnMut(&Expr) -> Result<TreeNodeRecursion>)
    }
}

/// Rewrites the expressions of a plan and its subqueries, from the inside; its columns keep their names. The function gets an
/// expression and the columns that it may name.
pub(crate) fn rewrite_expressions(
    plan: LogicalPlan,
    rewrite: impl Fn(Expr, &DFSchema) -> Result<Transformed<Expr>>,
) -> Result<LogicalPlan> {
    plan.transform_up_with_subqueries_dyn(|node| rewrite_expressions_of(node, &rewrite)).data()
}

/// Like [`rewrite_expressions`], of one node.
pub(crate) fn rewrite_expressions_of(
    node: LogicalPlan,
    rewrite: &dyn Fn(Expr, &DFSchema) -> Result<Transformed<Expr>>,
) -> Result<Transformed<LogicalPlan>> {
    let names = NamePreserver::new(&node);
    let schema = match node.inputs().as_slice() {
        [] => DFSchema::clone(node.schema()),
        inputs => merge_schema(inputs),
    };
    let rewritten = node.map_expressions_dyn(|expr| {
        let name = names.save(&expr);
        let rewritten = expr.transform_up_dyn(|expr| rewrite(expr, &schema))?;
        Ok(if rewritten.transformed { rewritten.update_data(|expr| name.restore(expr)) } else { rewritten })
    })?;
    if rewritten.transformed { rewritten.map_data(|node| node.recompute_schema()) } else { Ok(rewritten) }
}
