//! Walks over syntax trees, which are compiled once for all who look at them.
//!
//! The parser's own `visit` is generic: each visitor gets a walk of its own over all types of the tree. Those of the thirty visitors of
//! this crate were a tenth of the program.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, ObjectName, Query, Select, Statement, TableFactor, ValueWithSpan, Visit, VisitMut, Visitor,
    VisitorMut,
};

/// Shows a tree to a visitor.
pub(crate) fn walk<N: Visit, V: Visitor>(tree: &N, visitor: &mut V) -> ControlFlow<V::Break> {
    let mut keeping = Keeping { visitor, broken: None };
    let _: ControlFlow<()> = tree.visit(&mut Any(&mut keeping));
    end(keeping.broken)
}

/// Lets a visitor change a tree.
pub(crate) fn walk_mut<N: VisitMut, V: VisitorMut>(tree: &mut N, visitor: &mut V) -> ControlFlow<V::Break> {
    let mut keeping = KeepingMut { visitor, broken: None };
    let _: ControlFlow<()> = tree.visit(&mut AnyMut(&mut keeping));
    end(keeping.broken)
}

/// Shows the expressions of a tree, the outer ones first.
pub(crate) fn walk_expressions<N: Visit, B>(
    tree: &N,
    look: impl FnMut(&Expr) -> ControlFlow<B>,
) -> ControlFlow<B> {
    struct Expressions<F>(F);

    impl<B, F: FnMut(&Expr) -> ControlFlow<B>> Visitor for Expressions<F> {
        type Break = B;

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<B> {
            (self.0)(expr)
        }
    }

    walk(tree, &mut Expressions(look))
}

fn end<B>(broken: Option<B>) -> ControlFlow<B> {
    broken.map_or(ControlFlow::Continue(()), ControlFlow::Break)
}

/// A visitor of some type, of which a walk knows nothing. What it breaks off with is kept beside it.
struct Any<'a>(&'a mut dyn Visitor<Break = ()>);

struct Keeping<'a, V: Visitor> {
    visitor: &'a mut V,
    broken: Option<V::Break>,
}

struct AnyMut<'a>(&'a mut dyn VisitorMut<Break = ()>);

struct KeepingMut<'a, V: VisitorMut> {
    visitor: &'a mut V,
    broken: Option<V::Break>,
}

/// Hands on all that a visitor is shown, to a visitor of any type and to one whose break is kept.
macro_rules! hand_on {
    ($visitor:ident, $any:ident, $keeping:ident, $(($name:ident, $node:ty)),* $(,)?) => {
        impl $visitor for $any<'_> {
            type Break = ();

            $(fn $name(&mut self, node: $node) -> ControlFlow<()> {
                self.0.$name(node)
            })*
        }

        impl<V: $visitor> $visitor for $keeping<'_, V> {
            type Break = ();

            $(fn $name(&mut self, node: $node) -> ControlFlow<()> {
                self.visitor.$name(node).map_break(|broken| self.broken = Some(broken))
            })*
        }
    };
}

hand_on!(
    Visitor,
    Any,
    Keeping,
    (pre_visit_query, &Query),
    (post_visit_query, &Query),
    (pre_visit_select, &Select),
    (post_visit_select, &Select),
    (pre_visit_relation, &ObjectName),
    (post_visit_relation, &ObjectName),
    (pre_visit_table_factor, &TableFactor),
    (post_visit_table_factor, &TableFactor),
    (pre_visit_expr, &Expr),
    (post_visit_expr, &Expr),
    (pre_visit_statement, &Statement),
    (post_visit_statement, &Statement),
    (pre_visit_value, &ValueWithSpan),
    (post_visit_value, &ValueWithSpan),
);

hand_on!(
    VisitorMut,
    AnyMut,
    KeepingMut,
    (pre_visit_query, &mut Query),
    (post_visit_query, &mut Query),
    (pre_visit_select, &mut Select),
    (post_visit_select, &mut Select),
    (pre_visit_relation, &mut ObjectName),
    (post_visit_relation, &mut ObjectName),
    (pre_visit_table_factor, &mut TableFactor),
    (post_visit_table_factor, &mut TableFactor),
    (pre_visit_expr, &mut Expr),
    (post_visit_expr, &mut Expr),
    (pre_visit_statement, &mut Statement),
    (post_visit_statement, &mut Statement),
    (pre_visit_value, &mut ValueWithSpan),
    (post_visit_value, &mut ValueWithSpan),
);
