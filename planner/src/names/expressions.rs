//! The names in expressions.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, VisitMut, VisitorMut};

use super::Resolver;
use crate::error::{Error, Result};
use crate::fields::{resolve_fields, take_user_for_a_column};
use crate::scope::{
    Env, Scope, count_rows_of, merged_column, merged_outside, named_value, resolve_compound, resolve_ident,
};

impl Resolver<'_> {
    pub(super) fn expr(&self, expr: &mut Expr, scope: &Scope<'_>, env: &Env) -> Result<()> {
        self.visit(expr, scope, env).map(|_| ())
    }

    /// Resolves the names in a part of a query; returns whether some of them are names of the select list, which have become what
    /// they stand for.
    pub(super) fn visit<T: VisitMut>(&self, node: &mut T, scope: &Scope<'_>, env: &Env) -> Result<bool> {
        let mut visitor = ExprVisitor { resolver: self, scope, env, query_depth: 0, uses_names: false };
        match node.visit(&mut visitor) {
            ControlFlow::Continue(()) => Ok(visitor.uses_names),
            ControlFlow::Break(error) => Err(error),
        }
    }
}

/// Resolves the names in one expression; queries inside it are resolved as queries of their own.
struct ExprVisitor<'a, 'b> {
    resolver: &'a Resolver<'b>,
    scope: &'a Scope<'a>,
    env: &'a Env,
    /// Inside how many queries we are: their names are none of ours.
    query_depth: usize,
    /// Whether what stands there is no longer what was written, as a name of the select list was used.
    uses_names: bool,
}

impl VisitorMut for ExprVisitor<'_, '_> {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        self.query_depth += 1;
        if self.query_depth == 1 {
            let mut inner = self.env.clone();
            inner.outer.push(self.scope.relations.to_vec());
            if let Err(error) = self.resolver.query(query, &inner) {
                return ControlFlow::Break(error);
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Error> {
        self.query_depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        if self.query_depth > 0 {
            return ControlFlow::Continue(());
        }
        take_user_for_a_column(expr, self.scope, self.env);
        let resolved = match expr {
            Expr::Identifier(ident) => match merged_column(&ident.value, self.scope.relations) {
                Some((_, value)) => {
                    *expr = value;
                    self.uses_names = true;
                    Ok(())
                }
                None => match named_value(ident, self.scope, self.env) {
                    Ok(Some(value)) => {
                        *expr = Expr::Nested(Box::new(value));
                        self.uses_names = true;
                        Ok(())
                    }
                    Ok(None) => match merged_outside(&ident.value, self.scope, self.env) {
                        Some(value) => {
                            *expr = value;
                            Ok(())
                        }
                        None => resolve_ident(ident, self.scope, self.env),
                    },
                    Err(error) => Err(error),
                },
            },
            Expr::Function(function) => {
                count_rows_of(function, self.scope.relations).map(|is_anew| self.uses_names |= is_anew)
            }
            Expr::CompoundIdentifier(parts) => resolve_compound(parts, self.scope, self.env)
                .and_then(|()| resolve_fields(parts, self.resolver.catalog, self.scope, self.env)),
            _ => Ok(()),
        };
        match resolved {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}
