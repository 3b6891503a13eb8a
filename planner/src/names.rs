//! Which column or table each name means.
//!
//! Names match without regard to case; a name that matches exactly goes first. The statement is
//! rewritten to the spelling of the file or table, so that the relational core, which compares names
//! byte by byte, finds them, and results keep that spelling. Scopes are those of SQL: the tables of
//! `FROM`, common table expressions, and, inside a subquery, everything around it.
//!
//! A name that is not found stays as it is: the relational core reports it, with its place.

use std::cell::Cell;
use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion_sql::parser::{CopyToSource, Statement};
use sqlparser::ast::{
    Cte, Expr, GroupByExpr, Ident, JoinConstraint, JoinOperator, LimitClause, ObjectName, ObjectNamePart,
    ObjectType, OrderByExpr, OrderByKind, Query, Select, SelectItem, SelectItemQualifiedWildcardKind,
    SetExpr, Statement as SqlStatement, TableAlias, TableFactor, TableObject, TableWithJoins, Value,
    VisitMut, VisitorMut, WildcardAdditionalOptions,
};

use crate::clauses::check_clauses;
use crate::error::{Error, Result};
use crate::fields::{resolve_fields, take_user_for_a_column};
use crate::functions::rewrite_statement;
use crate::inspect::is_mark;
use crate::joins::{is_series, join_by, must_have_conditions};
use crate::labels::label;
use crate::parse::parse_piece;
use crate::pivot::pivoted;
use crate::rejects::{REJECTS_COLUMNS, is_rejects};
use crate::scope::{
    Env, Relation, Scope, aliased, all_columns, count_rows_of, merged_column, merged_outside,
    must_be_in_both, named_value, no_table, nothing_to_drop, resolve_compound, resolve_ident, respell,
    same_name,
};
use crate::set_operations::numbered;
use crate::source_call::{SourceCall, source_call_of};
use crate::wildcard::{expand_renamed, expand_repeated, star_columns, wildcard_options};

/// What the caller knows of tables.
pub trait Catalog {
    /// The columns of files.
    fn source_columns(&self, call: &SourceCall) -> Option<Vec<String>>;
    /// The names of the fields of a struct of files: of a column, or of a field of one, by the names on the way to
    /// it; none where it is no struct.
    fn source_fields(&self, _call: &SourceCall, _path: &[String]) -> Vec<String> {
        Vec::new()
    }
    /// Names of all tables and views.
    fn tables(&self) -> Vec<String>;
    /// The columns of a table or view, by its exact name.
    fn table_columns(&self, table: &str) -> Option<Vec<String>>;
    /// Whether a function of this name, as it is written, makes one value of the rows of a group.
    fn is_aggregate(&self, _function: &str) -> bool {
        false
    }
    /// Whether a function of this name makes one value of each row, and nothing else.
    fn is_scalar(&self, _function: &str) -> bool {
        false
    }
}

/// Whether the relational core describes itself by a table of this name.
pub fn is_internal(table: &str) -> bool {
    matches!(table, "tables" | "views" | "columns" | "df_settings" | "schemata" | "routines" | "parameters")
}

/// Rewrites all names in a statement to the spelling of what they mean, and gives each result column
/// its name.
///
/// # Errors
/// A name that matches several columns, none exactly; a function that cannot stand where it does.
pub fn resolve(statement: &mut Statement, catalog: &dyn Catalog) -> Result<()> {
    resolve_names(statement, catalog)?;
    // Last, as result columns are called after what was written.
    rewrite_statement(statement)?;
    check_statement(statement, catalog)
}

fn check_statement(statement: &Statement, catalog: &dyn Catalog) -> Result<()> {
    match statement {
        Statement::Statement(statement) => check_clauses(statement, catalog),
        Statement::Explain(explain) => check_statement(&explain.statement, catalog),
        Statement::CopyTo(copy) => match &copy.source {
            CopyToSource::Query(query) => check_clauses(query, catalog),
            CopyToSource::Relation(_) => Ok(()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => Ok(()),
    }
}

fn resolve_names(statement: &mut Statement, catalog: &dyn Catalog) -> Result<()> {
    let resolver = Resolver { catalog, named_queries: Cell::new(0) };
    let env = Env::default();
    match statement {
        Statement::Statement(statement) => resolver.statement(statement, &env),
        Statement::Explain(explain) => resolve_names(&mut explain.statement, catalog),
        Statement::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => resolver.query(query, &env).map(|_| ()),
            CopyToSource::Relation(name) => resolver.table_name(name, &env).map(|_| ()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => Ok(()),
    }
}

struct Resolver<'a> {
    catalog: &'a dyn Catalog,
    /// How many queries in FROM have been given names.
    named_queries: Cell<usize>,
}

impl Resolver<'_> {
    fn statement(&self, statement: &mut SqlStatement, env: &Env) -> Result<()> {
        match statement {
            SqlStatement::Query(query) => self.query(query, env).map(|_| ()),
            SqlStatement::Explain { statement, .. } => self.statement(statement, env),
            SqlStatement::CreateView(view) => {
                self.known_table(&mut view.name);
                self.query(&mut view.query, env).map(|_| ())
            }
            SqlStatement::CreateTable(table) => {
                self.known_table(&mut table.name);
                match &mut table.query {
                    Some(query) => self.query(query, env).map(|_| ()),
                    None => Ok(()),
                }
            }
            SqlStatement::Insert(insert) => {
                if let TableObject::TableName(name) = &mut insert.table {
                    self.table_name(name, env)?;
                }
                match &mut insert.source {
                    Some(query) => self.query(query, env).map(|_| ()),
                    None => Ok(()),
                }
            }
            SqlStatement::Drop {
                object_type: ObjectType::Table | ObjectType::View,
                if_exists,
                names,
                ..
            } => {
                for name in names {
                    self.known_table(name);
                    if !*if_exists {
                        self.must_be_known(name)?;
                    }
                }
                Ok(())
            }
            SqlStatement::Prepare { statement, .. } => self.statement(statement, env),
            _ => Ok(()),
        }
    }

    /// Gives a name the spelling of the table that has it, if there is one.
    fn known_table(&self, name: &mut ObjectName) {
        if let [ObjectNamePart::Identifier(ident)] = name.0.as_mut_slice() {
            let tables = self.catalog.tables();
            respell(ident, tables.iter().map(String::as_str));
        }
    }

    /// A table that is dropped must be there.
    fn must_be_known(&self, name: &ObjectName) -> Result<()> {
        let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() else { return Ok(()) };
        let tables = self.catalog.tables();
        if tables.contains(&ident.value) {
            return Ok(());
        }
        let shown = tables.iter().map(String::as_str).filter(|table| !is_internal(table));
        Err(nothing_to_drop(ident, shown))
    }

    /// Resolves a query and returns the names of its columns, if they are known.
    fn query(&self, query: &mut Query, env: &Env) -> Result<Option<Vec<String>>> {
        let mut env = env.clone();
        if let Some(with) = &mut query.with {
            for cte in &mut with.cte_tables {
                let relation = self.cte(cte, with.recursive, &env)?;
                env.ctes.push(relation);
            }
        }
        take_fetch_for_limit(query)?;
        let (columns, relations) = self.set_expr(&mut query.body, &env)?;
        order_by_all(query, columns.as_deref());
        let aliases = columns.clone().unwrap_or_default();
        let scope = Scope { aliases: &aliases, ..Scope::of(&relations) };
        if let Some(order_by) = &mut query.order_by
            && let OrderByKind::Expressions(exprs) = &mut order_by.kind
        {
            for order in exprs {
                // A name of the select list goes first here, as the core has it, too.
                match &mut order.expr {
                    Expr::Identifier(ident) if aliases.contains(&ident.value) => {}
                    other => self.expr(other, &scope, &env)?,
                }
            }
        }
        Ok(columns)
    }

    fn cte(&self, cte: &mut Cte, recursive: bool, env: &Env) -> Result<Relation> {
        let name = cte.alias.name.value.clone();
        let declared: Vec<String> =
            cte.alias.columns.iter().map(|column| column.name.value.clone()).collect();
        let declared = (!declared.is_empty()).then_some(declared);
        let mut inner = env.clone();
        if recursive {
            inner.ctes.push(Relation::new(name.clone(), declared.clone()));
        }
        let columns = self.query(&mut cte.query, &inner)?;
        Ok(Relation::new(name, declared.or(columns)))
    }

    /// Resolves the body of a query: the names of its columns, and what ORDER BY may refer to.
    fn set_expr(&self, body: &mut SetExpr, env: &Env) -> Result<(Option<Vec<String>>, Vec<Relation>)> {
        match body {
            SetExpr::Select(select) => self.select(select, env),
            SetExpr::Table(table) => {
                let name = table.table_name.clone().map(|name| Ident::with_quote('"', name).to_string());
                let sql = format!("SELECT * FROM {}", name.unwrap_or_default());
                *body = *parse_piece(&sql, |parser| parser.parse_query())?.body;
                self.set_expr(body, env)
            }
            SetExpr::Query(query) => Ok((self.query(query, env)?, Vec::new())),
            SetExpr::SetOperation { left, right, .. } => {
                let (columns, _) = self.set_expr(left, env)?;
                self.set_expr(right, env)?;
                if let Some(numbered) = numbered(body, columns.as_deref())? {
                    *body = numbered;
                }
                Ok((columns, Vec::new()))
            }
            SetExpr::Values(values) => {
                let width = values.rows.first().map_or(0, |row| row.len());
                Ok((Some((1..=width).map(|index| format!("column{index}")).collect()), Vec::new()))
            }
            _ => Ok((None, Vec::new())),
        }
    }

    fn select(&self, select: &mut Select, env: &Env) -> Result<(Option<Vec<String>>, Vec<Relation>)> {
        let relations = self.from(&mut select.from, env)?;
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
        if let GroupByExpr::Expressions(exprs, _) = &mut select.group_by {
            for expr in exprs {
                take_numbers_for_columns(expr, &select.projection);
                self.expr(expr, &with_aliases, env)?;
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

    /// Resolves FROM, from left to right: the tables it names, in order.
    fn from(&self, from: &mut [TableWithJoins], env: &Env) -> Result<Vec<Relation>> {
        let mut relations = Vec::new();
        if from.len() > 1 || from.iter().any(|table| !table.joins.is_empty()) {
            self.name_queries(from);
        }
        for table in from {
            self.table_with_joins(table, &mut relations, env)?;
        }
        Ok(relations)
    }

    /// Names queries that have none and are joined with others, so that their columns can be told from those of others.
    fn name_queries(&self, from: &mut [TableWithJoins]) {
        let factors = from.iter_mut().flat_map(|TableWithJoins { relation, joins }| {
            std::iter::once(relation).chain(joins.iter_mut().map(|join| &mut join.relation))
        });
        for factor in factors {
            if let TableFactor::Derived { alias: alias @ None, .. } = factor {
                self.named_queries.set(self.named_queries.get() + 1);
                *alias = Some(TableAlias {
                    explicit: true,
                    name: Ident::with_quote('"', format!("query {}", self.named_queries.get())),
                    columns: Vec::new(),
                    at: None,
                });
            }
        }
    }

    fn table_with_joins(
        &self,
        table: &mut TableWithJoins,
        relations: &mut Vec<Relation>,
        env: &Env,
    ) -> Result<()> {
        let start = relations.len();
        must_have_conditions(table)?;
        self.factor(&mut table.relation, relations, env)?;
        for join in &mut table.joins {
            let left = relations.len();
            self.factor(&mut join.relation, relations, env)?;
            if let JoinOperator::Semi(constraint) | JoinOperator::Anti(constraint) = &join.join_operator {
                let constraint = constraint.clone();
                join.join_operator = match join.join_operator {
                    JoinOperator::Semi(_) => JoinOperator::LeftSemi(constraint),
                    _ => JoinOperator::LeftAnti(constraint),
                };
            }
            let keeps_rows = matches!(
                join.join_operator,
                JoinOperator::Right(_) | JoinOperator::RightOuter(_) | JoinOperator::FullOuter(_)
            );
            match constraint_of(&mut join.join_operator) {
                Some(JoinConstraint::On(expr)) => {
                    self.expr(expr, &Scope::of(relations), env)?;
                }
                Some(constraint @ JoinConstraint::Using(_)) => {
                    let JoinConstraint::Using(columns) = &mut *constraint else { continue };
                    let (before, joined) = relations[start..].split_at_mut(left - start);
                    let mut names = Vec::new();
                    for column in columns {
                        if let [ObjectNamePart::Identifier(ident)] = column.0.as_mut_slice() {
                            let known = before
                                .iter()
                                .chain(&*joined)
                                .filter_map(|relation| relation.columns.as_ref());
                            respell(ident, known.flatten().map(String::as_str));
                            must_be_in_both(&ident.value, before, joined)?;
                            names.push(ident.value.clone());
                        }
                    }
                    join_by(constraint, &names, before, joined, keeps_rows);
                }
                Some(constraint @ JoinConstraint::Natural) => {
                    let (before, joined) = relations[start..].split_at_mut(left - start);
                    let mut names = all_columns(before).unwrap_or_default();
                    let mut seen = HashSet::new();
                    names.retain(|name| {
                        let mut columns = joined.iter().flat_map(|relation| &relation.columns).flatten();
                        columns.any(|own| same_name(own, name)) && seen.insert(name.to_lowercase())
                    });
                    join_by(constraint, &names, before, joined, keeps_rows);
                }
                _ => {}
            }
            let optional = match join.join_operator {
                JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => left..relations.len(),
                JoinOperator::Right(_) | JoinOperator::RightOuter(_) => start..left,
                JoinOperator::FullOuter(_) => start..relations.len(),
                _ => 0..0,
            };
            relations[optional].iter_mut().for_each(|relation| relation.is_optional = true);
            match join.join_operator {
                JoinOperator::LeftSemi(_) | JoinOperator::LeftAnti(_) => relations.truncate(left),
                JoinOperator::RightSemi(_) | JoinOperator::RightAnti(_) => {
                    relations.drain(start..left);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn factor(&self, factor: &mut TableFactor, relations: &mut Vec<Relation>, env: &Env) -> Result<()> {
        if let Some(call) = source_call_of(factor)? {
            let columns = self.catalog.source_columns(&call);
            let alias = alias_of(factor);
            let relation =
                Relation { source: Some(call.clone()), ..Relation::new(call.to_string(), columns) };
            relations.push(aliased(relation, alias));
            return Ok(());
        }
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let relation = self.table_name(name, env)?;
                relations.push(aliased(relation, alias.as_ref()));
            }
            TableFactor::Derived { lateral, subquery, alias, .. } => {
                let mut inner = env.clone();
                if *lateral {
                    inner.outer.push(relations.clone());
                }
                let mut columns = self.query(subquery, &inner)?;
                if alias.as_ref().is_some_and(|alias| is_mark(&alias.name)) {
                    columns = None;
                }
                relations.push(aliased(Relation::new("", columns), alias.as_ref()));
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let mut inner = Vec::new();
                self.table_with_joins(table_with_joins, &mut inner, env)?;
                match alias {
                    Some(alias) => {
                        let columns = all_columns(&inner);
                        relations.push(aliased(Relation::new("", columns), Some(alias)));
                    }
                    None => relations.extend(inner),
                }
            }
            TableFactor::Pivot { table, .. } | TableFactor::Unpivot { table, .. } => {
                let mut inner = Vec::new();
                self.factor(table, &mut inner, env)?;
                let Some(columns) = all_columns(&inner) else {
                    return Err(Error::new("PIVOT: it is not known which columns there are")
                        .with_hint("name them in a query: (SELECT a, b FROM …) PIVOT (…)"));
                };
                if let Some(query) = pivoted(factor, &columns)? {
                    *factor = query;
                    return self.factor(factor, relations, env);
                }
            }
            other => {
                let alias = alias_of(other).cloned();
                let is_series = is_series(other);
                let (name, columns) = match is_rejects(other) {
                    true => ("rejects", Some(REJECTS_COLUMNS.map(str::to_owned).to_vec())),
                    false if is_series => ("", Some(vec!["value".to_owned()])),
                    false => ("", None),
                };
                let relation = Relation { is_series, ..Relation::new(name, columns) };
                relations.push(aliased(relation, alias.as_ref()));
            }
        }
        Ok(())
    }

    /// Respells the name of a table, view or common table expression.
    fn table_name(&self, name: &mut ObjectName, env: &Env) -> Result<Relation> {
        let [ObjectNamePart::Identifier(ident)] = name.0.as_mut_slice() else {
            // Catalog and schema before the name: taken as they are.
            let last = name.0.last().map(ToString::to_string).unwrap_or_default();
            return Ok(Relation::new(last, None));
        };
        // The innermost definition comes last.
        let ctes: Vec<&str> = env.ctes.iter().rev().map(|cte| cte.name.as_str()).collect();
        respell(ident, ctes.iter().copied());
        if let Some(cte) = env.ctes.iter().rev().find(|cte| cte.name == ident.value) {
            return Ok(cte.clone());
        }
        let tables = self.catalog.tables();
        respell(ident, tables.iter().map(String::as_str));
        if !tables.contains(&ident.value) {
            return Err(no_table(&ident.value, ctes.into_iter().chain(tables.iter().map(String::as_str))));
        }
        Ok(Relation::new(ident.value.clone(), self.catalog.table_columns(&ident.value)))
    }

    fn expr(&self, expr: &mut Expr, scope: &Scope<'_>, env: &Env) -> Result<()> {
        self.visit(expr, scope, env).map(|_| ())
    }

    /// Resolves the names in a part of a query; returns whether some of them are names of the select list, which have become what
    /// they stand for.
    fn visit<T: VisitMut>(&self, node: &mut T, scope: &Scope<'_>, env: &Env) -> Result<bool> {
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

/// Writes `FETCH FIRST 3 ROWS ONLY`, which the relational core does not know, as `LIMIT 3`.
fn take_fetch_for_limit(query: &mut Query) -> Result<()> {
    let Some(fetch) = query.fetch.take() else { return Ok(()) };
    if fetch.with_ties || fetch.percent {
        let kind = if fetch.percent { "PERCENT" } else { "WITH TIES" };
        return Err(Error::new(format!("FETCH … {kind} is not supported")).with_hint(
            "number the rows: … QUALIFY rank() OVER (ORDER BY x) <= 3 takes those that are as good as the third, too",
        ));
    }
    let rows = fetch.quantity.unwrap_or_else(|| Expr::Value(Value::Number("1".to_owned(), false).into()));
    match &mut query.limit_clause {
        None => {
            query.limit_clause =
                Some(LimitClause::LimitOffset { limit: Some(rows), offset: None, limit_by: Vec::new() });
        }
        Some(LimitClause::LimitOffset { limit: limit @ None, .. }) => *limit = Some(rows),
        Some(_) => {
            return Err(Error::new("a query has either LIMIT or FETCH").with_hint("leave one of them out"));
        }
    }
    Ok(())
}

/// Writes `ORDER BY ALL`, which the parser takes for a column of that name, as the columns by number. The
/// relational core's own form orders by plain columns only.
fn order_by_all(query: &mut Query, columns: Option<&[String]>) {
    let Some(order_by) = &mut query.order_by else { return };
    let OrderByKind::Expressions(exprs) = &order_by.kind else { return };
    let [only] = exprs.as_slice() else { return };
    if let Expr::Identifier(ident) = &only.expr
        && ident.quote_style.is_none()
        && ident.value.eq_ignore_ascii_case("all")
    {
        let options = only.options;
        let by_number = |number: usize| OrderByExpr {
            expr: Expr::Value(Value::Number(number.to_string(), false).into()),
            options,
            with_fill: None,
        };
        order_by.kind = match columns {
            Some(columns) => OrderByKind::Expressions((1..=columns.len()).map(by_number).collect()),
            None => OrderByKind::All(options),
        };
    }
}

pub(crate) fn alias_of(factor: &TableFactor) -> Option<&TableAlias> {
    match factor {
        TableFactor::Table { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::TableFunction { alias, .. }
        | TableFactor::UNNEST { alias, .. } => alias.as_ref(),
        _ => None,
    }
}

pub(crate) fn constraint_of(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint)
        | JoinOperator::Semi(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::RightSemi(constraint)
        | JoinOperator::Anti(constraint)
        | JoinOperator::LeftAnti(constraint)
        | JoinOperator::RightAnti(constraint) => Some(constraint),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    struct Tables;

    impl Catalog for Tables {
        fn source_columns(&self, call: &SourceCall) -> Option<Vec<String>> {
            let columns: &[&str] = match call.paths[0].as_str() {
                "air" => &["Dest", "DepDelay", "Year"],
                "two" => &["Ab", "aB", "Dest"],
                _ => return None,
            };
            Some(columns.iter().map(|name| (*name).to_owned()).collect())
        }

        fn source_fields(&self, call: &SourceCall, path: &[String]) -> Vec<String> {
            let fields: &[&str] = match (call.paths[0].as_str(), path) {
                ("air", [column]) if column == "Dest" => &["City", "place"],
                ("air", [column, field]) if column == "Dest" && field == "place" => &["X"],
                _ => &[],
            };
            fields.iter().map(|name| (*name).to_owned()).collect()
        }

        fn tables(&self) -> Vec<String> {
            vec!["Planes".into()]
        }

        fn table_columns(&self, table: &str) -> Option<Vec<String>> {
            (table == "Planes").then(|| vec!["TailNum".into(), "dest".into()])
        }
    }

    fn resolved(sql: &str) -> Result<String> {
        let mut statement = parse(sql)?.remove(0);
        resolve(&mut statement, &Tables)?;
        Ok(statement.to_string())
    }

    #[track_caller]
    fn check(sql: &str, expected: &str) {
        assert_eq!(resolved(sql).unwrap(), expected);
    }

    #[test]
    fn columns_take_the_spelling_of_the_file() {
        check(
            "SELECT depdelay, \"DEPDELAY\" AS d FROM 'air' WHERE YEAR > 1",
            "SELECT DepDelay, \"DepDelay\" AS d FROM 'air' WHERE Year > 1",
        );
        check(
            "SELECT a.depdelay FROM 'air' AS A GROUP BY a.DEST ORDER BY dest",
            "SELECT A.DepDelay FROM 'air' AS A GROUP BY A.Dest ORDER BY Dest",
        );
        check("SELECT unknown FROM 'air'", "SELECT unknown FROM 'air'");
        check("SELECT dest FROM 'elsewhere'", "SELECT dest FROM 'elsewhere'");
    }

    #[test]
    fn results_are_called_as_they_were_asked() {
        check("SELECT max(depdelay) FROM 'air'", "SELECT max(DepDelay) AS \"max(DepDelay)\" FROM 'air'");
        check("SELECT (dest), dest FROM 'air'", "SELECT (Dest) AS \"Dest\", Dest AS \"Dest_1\" FROM 'air'");
        check("SELECT *, dest FROM 'air'", "SELECT *, Dest AS \"Dest_1\" FROM 'air'");
        check("SELECT * EXCLUDE (DEST), dest FROM 'air'", "SELECT * EXCLUDE (Dest), Dest FROM 'air'");
        // Fields of structs are called by their own names.
        check("SELECT DEST.Place FROM 'air'", "SELECT Dest.place AS \"place\" FROM 'air'");
        check(
            "SELECT A.DEST.place.x, dest['place'] FROM 'air' AS a",
            "SELECT a.Dest.place.X AS \"X\", Dest['place'] AS \"Dest['place']\" FROM 'air' AS a",
        );
        check("SELECT dest.place AS p, a.dest FROM 'air' a", "SELECT Dest.place AS p, a.Dest FROM 'air' a");
    }

    #[test]
    fn a_field_that_is_not_there() {
        for (sql, message, hint) in [
            ("SELECT dest.citi FROM 'air'", "there is no field \"citi\" in Dest", "did you mean City?"),
            (
                "SELECT a.dest.place.qq FROM 'air' a",
                "there is no field \"qq\" in Dest.place",
                "the fields are: X",
            ),
        ] {
            let error = resolved(sql).unwrap_err();
            assert_eq!((error.to_string().as_str(), error.hint()), (message, Some(hint)));
        }
        // What is no struct is left to others.
        check("SELECT year.x FROM 'air'", "SELECT Year.x AS \"x\" FROM 'air'");
    }

    #[test]
    fn exact_goes_before_similar_and_doubt_is_an_error() {
        check("SELECT aB, Ab FROM 'two'", "SELECT aB, Ab FROM 'two'");
        let error = resolved("SELECT ab FROM 'two'").unwrap_err();
        assert_eq!(error.to_string(), "the name ab may mean \"Ab\" or \"aB\"");
        // Planes.dest is an exact match.
        check("SELECT dest FROM 'air' AS a, planes", "SELECT dest FROM 'air' AS a, Planes");
        check("SELECT A.DEST FROM 'air' AS a, planes", "SELECT a.Dest FROM 'air' AS a, Planes");
    }

    #[test]
    fn aliases_are_names_too() {
        check(
            "SELECT dest AS Place, count(*) AS N FROM 'air' GROUP BY place ORDER BY n DESC",
            "SELECT Dest AS Place, count(*) AS N FROM 'air' GROUP BY Place ORDER BY N DESC",
        );
    }

    #[test]
    fn queries_inside_queries() {
        check(
            "WITH Late AS (SELECT dest AS Place FROM 'air') SELECT PLACE FROM late",
            "WITH Late AS (SELECT Dest AS Place FROM 'air') SELECT Place FROM Late",
        );
        check(
            "SELECT D.delay FROM (SELECT depdelay AS Delay FROM 'air') d",
            "SELECT d.Delay FROM (SELECT DepDelay AS Delay FROM 'air') d",
        );
        check(
            "SELECT dest FROM 'air' AS a WHERE EXISTS (SELECT 1 FROM planes p WHERE P.TAILNUM = a.YEAR AND year = 1)",
            "SELECT Dest FROM 'air' AS a WHERE EXISTS (SELECT 1 AS \"1\" FROM Planes p WHERE p.TailNum = a.Year AND Year = 1)",
        );
        check(
            "SELECT year FROM 'air' UNION ALL SELECT tailnum FROM planes",
            "SELECT Year FROM 'air' UNION ALL SELECT TailNum FROM Planes",
        );
        check("CREATE VIEW v AS SELECT dest FROM 'air'", "CREATE VIEW v AS SELECT Dest FROM 'air'");
        check("EXPLAIN SELECT dest FROM 'air'", "EXPLAIN SELECT Dest FROM 'air'");
    }

    #[test]
    fn a_table_that_is_not_there() {
        let error = resolved("SELECT * FROM plane").unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.hint()),
            ("there is no table \"plane\"", Some("did you mean Planes?"))
        );
        let error = resolved("SELECT * FROM flights").unwrap_err();
        assert!(error.hint().unwrap().contains("FROM 'flights'"));
    }

    #[test]
    fn using_takes_what_both_tables_have() {
        for (sql, hint) in [
            ("SELECT 1 FROM 'air' JOIN (SELECT 1 AS a) b USING (year)", "they have no name in common"),
            ("SELECT 1 FROM 'air' JOIN planes USING (tailnum)", "both tables have: Dest"),
            ("SELECT 1 FROM 'air' a JOIN 'air' b USING (yaer)", "did you mean \"Year\"?"),
            ("SELECT 1 FROM 'air' a JOIN 'two' b USING (ab)", "both tables have: Dest"),
        ] {
            let error = resolved(sql).unwrap_err();
            assert!(error.hint().unwrap().starts_with(hint), "{sql}: {error} {:?}", error.hint());
        }
        check(
            "SELECT a.year FROM 'air' a JOIN planes p USING (DEST)",
            "SELECT a.Year FROM 'air' a JOIN Planes p ON \"a\".\"Dest\" = \"p\".\"dest\"",
        );
        check(
            "SELECT 1 FROM 'air' JOIN 'elsewhere' USING (any)",
            "SELECT 1 AS \"1\" FROM 'air' JOIN 'elsewhere' USING(any)",
        );
    }

    #[test]
    fn joins() {
        check(
            "SELECT 1 FROM 'air' a JOIN planes p ON A.dest = P.DEST JOIN 'air' b USING (YEAR)",
            "SELECT 1 AS \"1\" FROM 'air' a JOIN Planes p ON a.Dest = p.dest JOIN 'air' b ON \"a\".\"Year\" = \"b\".\"Year\"",
        );
    }
}
