//! The names in one `SELECT`, and the names of its columns.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, Ident, ObjectName, ObjectNamePart, Select, SelectItem,
    SelectItemQualifiedWildcardKind, Value, WildcardAdditionalOptions,
};

use super::{Catalog, Resolver};
use crate::dialect::columns::expand_columns;
use crate::dialect::functions::{and, call};
use crate::error::Result;
use crate::fields::expand_structs;
use crate::labels::label;
use crate::scope::{Env, Relation, Scope, merged_column, qualified, respell, same_name};
use crate::walk::walk_expressions;
use crate::wildcard::{expand_renamed, expand_repeated, star_columns, wildcard_options};

impl Resolver<'_> {
    pub(super) fn select(
        &self,
        select: &mut Select,
        env: &Env,
    ) -> Result<(Option<Vec<String>>, Vec<Relation>)> {
        let relations = self.from(&mut select.from, env)?;
        expand_structs(&mut select.projection, &relations, self.catalog);
        expand_columns(select, &relations)?;
        expand_renamed(&mut select.projection, &relations)?;
        let mut named = Vec::new();
        for item in &mut select.projection {
            let scope = Scope { named: &named, ..Scope::of(&relations) };
            self.select_item(item, &scope, env)?;
            if let SelectItem::ExprWithAlias { expr, alias } = item {
                named.push((alias.value.clone(), expr.clone()));
            }
        }
        expand_repeated(&mut select.projection, &relations)?;
        let scope = Scope { named: &named, ..Scope::of(&relations) };
        let columns = label(&mut select.projection, &relations, &|item| star_columns(item, &relations));
        let aliases = columns.clone().unwrap_or_default();
        let with_aliases = Scope { aliases: &aliases, ..Scope::of(&relations) };
        if let Some(selection) = &mut select.selection {
            self.expr(selection, &scope, env)?;
        }
        write_out_keys(select);
        leave_out_all(select, self.catalog);
        if let GroupByExpr::Expressions(exprs, _) = &mut select.group_by {
            for expr in exprs {
                take_numbers_for_columns(expr, &select.projection);
                self.expr(expr, &with_aliases, env)?;
                take_column_before_alias(expr, &named, &relations);
            }
        }
        for condition in [&mut select.having, &mut select.qualify].into_iter().flatten() {
            self.expr(condition, &with_aliases, env)?;
        }
        for window in &mut select.named_window {
            self.visit(window, &scope, env)?;
        }
        if let Some(sqlparser::ast::Distinct::On(exprs)) = &mut select.distinct {
            for expr in exprs {
                self.expr(expr, &scope, env)?;
            }
        }
        Ok((columns, relations))
    }

    fn select_item(&self, item: &mut SelectItem, scope: &Scope<'_>, env: &Env) -> Result<()> {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                let merged = match expr {
                    Expr::Identifier(ident) => merged_column(&ident.value, scope.relations),
                    _ => None,
                };
                match merged {
                    Some((name, expr)) => {
                        *item = SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', name) };
                        Ok(())
                    }
                    None => {
                        let written = expr.to_string();
                        let uses_names = self.visit(expr, scope, env)?;
                        if uses_names {
                            // It is called after what was written.
                            let (expr, alias) = (expr.clone(), Ident::with_quote('"', written));
                            *item = SelectItem::ExprWithAlias { expr, alias };
                        }
                        Ok(())
                    }
                }
            }
            SelectItem::ExprWithAlias { expr, .. } => self.expr(expr, scope, env),
            SelectItem::QualifiedWildcard(kind, options) => {
                if let SelectItemQualifiedWildcardKind::ObjectName(name) = kind
                    && let [ObjectNamePart::Identifier(ident)] = name.0.as_mut_slice()
                {
                    respell(ident, scope.relations.iter().map(|relation| relation.name.as_str()));
                    let named = |relation: &&Relation| relation.name == ident.value;
                    if let Some(relation) = scope.relations.iter().find(named) {
                        return self.star_options(options, scope, std::slice::from_ref(relation), env);
                    }
                }
                self.star_options(options, scope, scope.relations, env)
            }
            SelectItem::Wildcard(options) => self.star_options(options, scope, scope.relations, env),
            _ => Ok(()),
        }
    }

    /// Resolves what is said of the columns of a wildcard, which are those of some relations.
    fn star_options(
        &self,
        options: &mut WildcardAdditionalOptions,
        scope: &Scope<'_>,
        starred: &[Relation],
        env: &Env,
    ) -> Result<()> {
        for item in options.opt_replace.iter_mut().flat_map(|replace| &mut replace.items) {
            self.expr(&mut item.expr, scope, env)?;
        }
        wildcard_options(options, &Scope::of(starred))
    }
}

/// Writes `GROUP BY (a, b), ()` as `GROUP BY a, b`. Where nothing is left all rows are one group, also if no function is of it.
fn write_out_keys(select: &mut Select) {
    let GroupByExpr::Expressions(keys, _) = &mut select.group_by else { return };
    if !keys.iter().any(|key| matches!(key, Expr::Tuple(_))) {
        return;
    }
    *keys = std::mem::take(keys)
        .into_iter()
        .flat_map(|key| match key {
            Expr::Tuple(keys) => keys,
            key => vec![key],
        })
        .collect();
    if keys.is_empty() {
        let any = Expr::BinaryOp {
            left: Box::new(Expr::Function(call("count", vec![number(1)]))),
            op: BinaryOperator::GtEq,
            right: Box::new(number(0)),
        };
        select.having = Some(and(any, select.having.take().map(Box::new)));
    }
}

/// Leaves `GROUP BY ALL` out where nothing but constants and aggregates is selected: constants are no keys, so all rows are one group, also
/// if there are none.
fn leave_out_all(select: &mut Select, catalog: &dyn Catalog) {
    if !matches!(select.group_by, GroupByExpr::All(_)) {
        return;
    }
    let mut has_aggregates = false;
    for item in &select.projection {
        let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { return };
        match kind_of_item(expr, catalog) {
            ItemKind::Aggregate => has_aggregates = true,
            ItemKind::Constant => {}
            ItemKind::Key => return,
        }
    }
    if has_aggregates {
        select.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
    }
}

/// What an item is to `GROUP BY ALL`.
enum ItemKind {
    Aggregate,
    Constant,
    Key,
}

fn kind_of_item(expr: &Expr, catalog: &dyn Catalog) -> ItemKind {
    let mut kind = ItemKind::Constant;
    let _: ControlFlow<()> = walk_expressions(expr, |expr| match expr {
        Expr::Function(function) if function.over.is_none() && is_aggregate(&function.name, catalog) => {
            kind = ItemKind::Aggregate;
            ControlFlow::Break(())
        }
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Function(_) => {
            kind = ItemKind::Key;
            ControlFlow::Continue(())
        }
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
            kind = ItemKind::Key;
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    kind
}

/// Whether an item of a select list is made of values of several rows.
pub(super) fn has_aggregates(item: &SelectItem, catalog: &dyn Catalog) -> bool {
    let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { return false };
    matches!(kind_of_item(expr, catalog), ItemKind::Aggregate)
}

fn is_aggregate(name: &ObjectName, catalog: &dyn Catalog) -> bool {
    matches!(name.0.as_slice(), [ObjectNamePart::Identifier(name)] if catalog.is_aggregate(&name.value))
}

/// Says of which table a key is, where something else is called so in the select list: `SELECT avg(x) AS k FROM t GROUP BY k`.
fn take_column_before_alias(key: &mut Expr, named: &[(String, Expr)], relations: &[Relation]) {
    let Expr::Identifier(name) = &*key else { return };
    if !named.iter().any(|(alias, expr)| same_name(alias, &name.value) && expr != key) {
        return;
    }
    let mut owners = relations
        .iter()
        .filter(|relation| relation.columns.as_ref().is_some_and(|columns| columns.contains(&name.value)));
    if let (Some(owner), None) = (owners.next(), owners.next())
        && let Some(column) = qualified(owner, &name.value)
    {
        *key = column;
    }
}

fn number(number: u32) -> Expr {
    Expr::Value(Value::Number(number.to_string(), false).into())
}

/// `ROLLUP (1, 2)` and the like name result columns by number, which the relational core takes for constants there.
fn take_numbers_for_columns(key: &mut Expr, items: &[SelectItem]) {
    let (Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets)) = key else { return };
    for expr in sets.iter_mut().flatten() {
        if let Expr::Value(value) = &*expr
            && let Value::Number(number, _) = &value.value
            && let Some(place) = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1))
            && let Some(SelectItem::UnnamedExpr(item) | SelectItem::ExprWithAlias { expr: item, .. }) =
                items.get(place)
        {
            *expr = item.clone();
        }
    }
}
