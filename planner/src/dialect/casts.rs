//! `sum(x), sum(x::double)`: functions that differ in nothing but a cast.
//!
//! The relational core calls both columns the same, and refuses them. So the first argument of the second one goes through a
//! function that gives what it is given.

use std::collections::HashMap;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Select, SelectItem, VisitMut, VisitorMut,
};

use crate::dialect::functions::call;
use crate::walk::walk_mut;

/// Tells the functions of a select list and its conditions apart.
pub(crate) fn tell_casts_apart(select: &mut Select) {
    let mut seen = Seen::default();
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
            let ControlFlow::Continue(()) = walk_mut(expr, &mut seen);
        }
    }
    for expr in [&mut select.having, &mut select.qualify].into_iter().flatten() {
        let ControlFlow::Continue(()) = walk_mut(expr, &mut seen);
    }
}

/// The functions that have been seen, by what they are called.
#[derive(Default)]
struct Seen {
    of_name: HashMap<String, Vec<String>>,
}

impl VisitorMut for Seen {
    type Break = std::convert::Infallible;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        // What is written here is not met again.
        if function.name.to_string() == SAME {
            return ControlFlow::Continue(());
        }
        let written = function.to_string();
        let seen = self.of_name.entry(without_casts(function)).or_default();
        let place = seen.iter().position(|known| *known == written).unwrap_or_else(|| {
            seen.push(written);
            seen.len() - 1
        });
        if let FunctionArguments::List(list) = &mut function.args
            && let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) = list.args.first_mut()
        {
            for _ in 0..place {
                *first = same(first.clone());
            }
        }
        ControlFlow::Continue(())
    }
}

/// A function that gives what it is given.
const SAME: &str = "coalesce";

/// An expression that gives the same.
pub(crate) fn same(expr: Expr) -> Expr {
    Expr::Function(call(SAME, vec![expr]))
}

/// What an expression is called by the relational core, about.
pub(super) fn without_casts<N: VisitMut + Clone + ToString>(node: &N) -> String {
    let mut plain = node.clone();
    let ControlFlow::Continue(()) = walk_mut(&mut plain, &mut WithoutCasts);
    plain.to_string()
}

struct WithoutCasts;

impl VisitorMut for WithoutCasts {
    type Break = std::convert::Infallible;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if let Expr::Cast { expr: inner, .. } | Expr::Nested(inner) = &*expr {
            *expr = (**inner).clone();
        }
        ControlFlow::Continue(())
    }
}
