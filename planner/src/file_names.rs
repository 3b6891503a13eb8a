//! `SELECT filename FROM 'air/*.csv'`: the file of each row, where it is asked for by name and nothing else is called so.

use std::convert::Infallible;
use std::ops::ControlFlow;

use datafusion_sql::parser::{CopyToSource, Statement};
use sqlparser::ast::{
    BinaryOperator, ExcludeSelectItem, Expr, FunctionArg, FunctionArgExpr, Ident, Join, JoinConstraint,
    ObjectName, OrderByKind, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr,
    TableFactor, TableFunctionArgs, Value, VisitMut, VisitorMut, WildcardAdditionalOptions,
};

use crate::joins::{alias_of, constraint_of};
use crate::names::Catalog;
use crate::scope::same_name;
use crate::source_call::source_call_of;
use crate::walk::{walk_expressions, walk_mut};

/// The column of the file of each row, and the option that adds it.
const FILE_NAME: &str = "filename";

/// Adds the option `filename` to the calls whose files have no column of that name, where a query over them asks for one. `*` does not
/// stand for it. Whether there was such a query; the files are open, and those of the new calls are not.
pub fn ask_for_file_names(statement: &mut Statement, catalog: &dyn Catalog) -> bool {
    match statement {
        Statement::Statement(statement) => ask(statement, catalog),
        Statement::Explain(explain) => ask_for_file_names(&mut explain.statement, catalog),
        Statement::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => ask(query, catalog),
            CopyToSource::Relation(_) => false,
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => false,
    }
}

fn ask<T: VisitMut>(tree: &mut T, catalog: &dyn Catalog) -> bool {
    let mut asker = Asker { catalog, has_asked: false };
    let ControlFlow::Continue(()) = walk_mut(tree, &mut asker);
    asker.has_asked
}

struct Asker<'a> {
    catalog: &'a dyn Catalog,
    has_asked: bool,
}

impl VisitorMut for Asker<'_> {
    type Break = Infallible;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Infallible> {
        let mut mentions = Mentions::default();
        if let Some(OrderByKind::Expressions(exprs)) = query.order_by.as_ref().map(|order| &order.kind) {
            exprs.iter().for_each(|order| mentions.look(&order.expr));
        }
        if let SetExpr::Select(select) = query.body.as_mut()
            && mentions.is_any()
        {
            self.select(select, mentions);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Infallible> {
        self.select(select, Mentions::default());
        ControlFlow::Continue(())
    }
}

impl Asker<'_> {
    /// Asks for the files of the rows of a `SELECT` which mentions them, or behind which they are mentioned.
    fn select(&mut self, select: &mut Select, mut mentions: Mentions) {
        mentions.look_into(select);
        if !mentions.is_any() || names_another(select) {
            return;
        }
        let mut factors: Vec<&mut TableFactor> = Vec::new();
        for table in &mut select.from {
            factors.push(&mut table.relation);
            factors.extend(table.joins.iter_mut().map(|join| &mut join.relation));
        }
        // What other tables have is not known here.
        let are_all_files = factors.iter().all(|factor| self.can_name_files(factor));
        let mut hidden = Vec::new();
        for factor in factors {
            let name = alias_of(factor).map(|alias| alias.name.value.clone());
            let is_mentioned =
                name.as_ref().is_some_and(|name| mentions.of.iter().any(|of| same_name(of, name)));
            if self.can_name_files(factor) && (is_mentioned || mentions.bare && are_all_files) {
                add_option(factor);
                hidden.push(name);
            }
        }
        if !hidden.is_empty() {
            self.has_asked = true;
            select.projection.iter_mut().for_each(|item| hide(item, &hidden));
        }
    }

    /// Whether a factor is files of which none has a column for its name.
    fn can_name_files(&self, factor: &TableFactor) -> bool {
        let Ok(Some(call)) = source_call_of(factor) else { return false };
        let is_own = |columns: Vec<String>| columns.iter().any(|column| same_name(column, FILE_NAME));
        let says_so = call.options.iter().any(|(name, value)| name == FILE_NAME && *value != false.into());
        !says_so && self.catalog.source_columns(&call).is_some_and(|columns| !is_own(columns))
    }
}

/// Where `filename` stands: alone, and behind the names of which tables.
#[derive(Default)]
struct Mentions {
    bare: bool,
    of: Vec<String>,
}

impl Mentions {
    fn is_any(&self) -> bool {
        self.bare || !self.of.is_empty()
    }

    fn look<T: sqlparser::ast::Visit>(&mut self, tree: &T) {
        let ControlFlow::Continue(()) = walk_expressions(tree, |expr| {
            match expr {
                Expr::Identifier(name) => self.bare |= same_name(&name.value, FILE_NAME),
                Expr::CompoundIdentifier(names) => {
                    if let [table, name] = names.as_slice()
                        && same_name(&name.value, FILE_NAME)
                    {
                        self.of.push(table.value.clone());
                    }
                }
                _ => {}
            }
            ControlFlow::<Infallible>::Continue(())
        });
    }

    /// Looks into everything but the queries in `FROM`.
    fn look_into(&mut self, select: &Select) {
        self.look(&select.projection);
        self.look(&select.group_by);
        for condition in [&select.selection, &select.having, &select.qualify].into_iter().flatten() {
            self.look(condition);
        }
        for join in select.from.iter().flat_map(|table| &table.joins) {
            if let Some(JoinConstraint::On(condition)) = constraint_of(&mut join.join_operator.clone()) {
                self.look(condition);
            }
        }
    }
}

/// Whether something else in a `SELECT` may be called so: an expression, or what columns of the same name are joined by.
fn names_another(select: &Select) -> bool {
    let is_alias = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { alias, expr } => {
            same_name(&alias.value, FILE_NAME)
                && !matches!(expr, Expr::Identifier(name) if same_name(&name.value, FILE_NAME))
        }
        _ => false,
    };
    let is_natural =
        |join: &Join| matches!(constraint_of(&mut join.join_operator.clone()), Some(JoinConstraint::Natural));
    select.projection.iter().any(is_alias)
        || select.from.iter().flat_map(|table| &table.joins).any(is_natural)
}

/// Adds `filename = true` to a call; a path becomes one.
fn add_option(factor: &mut TableFactor) {
    let value = Expr::Value(Value::Boolean(true).into());
    let option = Expr::BinaryOp {
        left: Box::new(Expr::Identifier(Ident::new(FILE_NAME))),
        op: BinaryOperator::Eq,
        right: Box::new(value),
    };
    let option = FunctionArg::Unnamed(FunctionArgExpr::Expr(option));
    match factor {
        TableFactor::Table { args: Some(args), .. } => add_argument(&mut args.args, option),
        TableFactor::Table { args: args @ None, .. } => {
            *args = Some(TableFunctionArgs { args: vec![option], settings: None });
        }
        TableFactor::Function { args, .. } => add_argument(args, option),
        _ => {}
    }
}

/// Adds an option, in place of one that says that it is not wanted.
fn add_argument(args: &mut Vec<FunctionArg>, option: FunctionArg) {
    let is_same = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::BinaryOp { left, .. })) => {
            matches!(&**left, Expr::Identifier(name) if same_name(&name.value, FILE_NAME))
        }
        FunctionArg::Named { name, .. } => same_name(&name.value, FILE_NAME),
        _ => false,
    };
    args.retain(|arg| !is_same(arg));
    args.push(option);
}

/// Leaves the column out of `*`, and of `t.*` of one of these tables.
fn hide(item: &mut SelectItem, tables: &[Option<String>]) {
    let is_of = |name: &ObjectName| {
        let name = name.to_string();
        tables.iter().flatten().any(|table| same_name(table, name.trim_matches('"')))
    };
    match item {
        SelectItem::Wildcard(options) => exclude(options),
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options)
            if is_of(name) =>
        {
            exclude(options);
        }
        _ => {}
    }
}

fn exclude(options: &mut WildcardAdditionalOptions) {
    let name = || ObjectName::from(vec![Ident::new(FILE_NAME)]);
    let names = match options.opt_exclude.take() {
        None => vec![name()],
        Some(ExcludeSelectItem::Single(other)) => vec![other, name()],
        Some(ExcludeSelectItem::Multiple(others)) => others.into_iter().chain([name()]).collect(),
    };
    options.opt_exclude = Some(ExcludeSelectItem::Multiple(names));
}
