//! The names in expressions.

use std::ops::ControlFlow;

use sqlparser::ast::{AccessExpr, Expr, Ident, Query, Subscript, Value, VisitMut, VisitorMut};

use super::Resolver;
use super::order::rename_hidden;
use crate::clauses::must_be_of_own_rows;
use crate::dialect::array_query::as_list;
use crate::dialect::lambdas::take_lambdas;
use crate::error::{Error, Result};
use crate::fields::{is_behind_a_column, resolve_fields, take_user_for_a_column};
use crate::scope::{
    Env, Scope, column_at, count_rows_of, merged_column, merged_outside, named_value, resolve_compound,
    resolve_ident, same_name, whole_row,
};
use crate::walk::walk_mut;

/// The schema that a table of a query around is said to be of, where a column nearer by has the table's name. The core would
/// look for a field of that column; of three names the first cannot be one, and no table has a schema that differs.
const AROUND: &str = "query around";

impl Resolver<'_> {
    /// Resolves a query in the place of a value.
    fn value_query(&self, query: &mut Query, env: &Env) -> Result<()> {
        rename_hidden(query);
        self.query(query, env).map(|_| ())
    }

    pub(super) fn expr(&self, expr: &mut Expr, scope: &Scope<'_>, env: &Env) -> Result<()> {
        self.visit(expr, scope, env).map(|_| ())
    }

    /// Resolves the names in a part of a query; returns whether some of them are names of the select list, which have become what
    /// they stand for.
    pub(super) fn visit<T: VisitMut>(&self, node: &mut T, scope: &Scope<'_>, env: &Env) -> Result<bool> {
        let mut visitor = ExprVisitor {
            resolver: self,
            scope,
            env,
            query_depth: 0,
            lambdas: Vec::new(),
            uses_names: false,
        };
        match walk_mut(node, &mut visitor) {
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
    /// The names of each lambda around.
    lambdas: Vec<Vec<Ident>>,
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
            // Its columns are given names, which nobody has written.
            self.uses_names = true;
            if let Err(error) = self.resolver.value_query(query, &inner) {
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
        if let Err(error) = self.take_lambdas(expr) {
            return ControlFlow::Break(error);
        }
        if self.is_of_lambda(expr) {
            return ControlFlow::Continue(());
        }
        take_user_for_a_column(expr, self.scope, self.env);
        if let Expr::Identifier(ident) = expr
            && let Some(column) = column_at(ident, self.scope.relations)
        {
            *expr = column;
        }
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
                        None => match whole_row(&ident.value, self.scope, self.env) {
                            Some(row) => {
                                *expr = row;
                                self.uses_names = true;
                                Ok(())
                            }
                            None => resolve_ident(ident, self.scope, self.env),
                        },
                    },
                    Err(error) => Err(error),
                },
            },
            Expr::Function(function) => {
                must_be_of_own_rows(function, self.resolver.catalog, self.scope, self.env)
                    .and_then(|()| count_rows_of(function, self.scope.relations))
                    .map(|is_anew| self.uses_names |= is_anew)
            }
            Expr::CompoundIdentifier(parts) => self.compound(parts),
            _ => Ok(()),
        };
        match resolved {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        if self.query_depth == 0 && matches!(expr, Expr::Lambda(_)) {
            self.lambdas.pop();
        }
        ControlFlow::Continue(())
    }
}

impl ExprVisitor<'_, '_> {
    fn compound(&self, parts: &mut Vec<Ident>) -> Result<()> {
        let catalog = self.resolver.catalog;
        resolve_compound(parts, self.scope, self.env)?;
        if is_behind_a_column(parts, catalog, self.scope, self.env) {
            parts.insert(0, Ident::with_quote('"', AROUND));
            return Ok(());
        }
        resolve_fields(parts, catalog, self.scope, self.env)
    }

    /// Brings lambdas and lists of queries to the forms that the relational core has.
    fn take_lambdas(&mut self, expr: &mut Expr) -> Result<()> {
        if let Expr::Function(function) = expr {
            self.uses_names |= take_lambdas(function)?;
            if let Some(list) = as_list(function)? {
                *expr = list;
                self.uses_names = true;
            }
        }
        if let Expr::Lambda(lambda) = expr {
            self.lambdas.push(lambda.params.iter().map(|param| param.name.clone()).collect());
        }
        Ok(())
    }

    /// Whether a name is that of a lambda around, which it is then spelt as.
    fn is_of_lambda(&self, expr: &mut Expr) -> bool {
        let ident = match expr {
            Expr::Identifier(ident) => ident,
            Expr::CompoundIdentifier(parts) => &mut parts[0],
            _ => return false,
        };
        let mut names = self.lambdas.iter().rev().flatten();
        let Some(name) = names.find(|name| same_name(&name.value, &ident.value)) else { return false };
        ident.value.clone_from(&name.value);
        if let Expr::CompoundIdentifier(parts) = expr {
            *expr = fields_in_brackets(parts);
        }
        true
    }
}

/// `x.a.b` as `x['a']['b']`, as the relational core takes the former for a column of a table.
fn fields_in_brackets(parts: &[Ident]) -> Expr {
    let field = |name: &Ident| {
        let index = Expr::Value(Value::SingleQuotedString(name.value.clone()).into());
        AccessExpr::Subscript(Subscript::Index { index })
    };
    Expr::CompoundFieldAccess {
        root: Box::new(Expr::Identifier(parts[0].clone())),
        access_chain: parts[1..].iter().map(field).collect(),
    }
}
