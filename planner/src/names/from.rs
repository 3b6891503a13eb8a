//! What `FROM` names: tables, files, queries, and their joins.

use std::collections::HashSet;

use sqlparser::ast::{
    Expr, Ident, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, SetExpr, TableAlias,
    TableAliasColumnDef, TableFactor, TableWithJoins,
};

use super::Resolver;
use super::beside::looks_beside;
use crate::dialect::asof::{expand_asof, is_between};
use crate::dialect::pivot::pivoted;
use crate::dialect::positional::{PLACE, expand_positional};
use crate::dialect::templates::fill;
use crate::dialect::values::{name_columns_of_values, value_column};
use crate::error::{Error, Result};
use crate::glob::{GLOB_COLUMNS, globs_of};
use crate::inspect::is_mark;
use crate::joins::{alias_of, constraint_of, is_series, join_by};
use crate::parse::parse_piece;
use crate::rejects::{REJECTS_COLUMNS, is_rejects};
use crate::scope::{
    Env, Relation, Scope, aliased, all_columns, must_be_in_both, no_table, respell, same_name,
};
use crate::sniff_csv::{SNIFF_COLUMNS, sniffed_call_of};
use crate::source_call::source_call_of;

impl Resolver<'_> {
    /// Resolves FROM, from left to right: the tables it names, in order.
    pub(super) fn from(&self, from: &mut [TableWithJoins], env: &Env) -> Result<Vec<Relation>> {
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
        expand_positional(table)?;
        let shared = expand_asof(table)?;
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
                    if names.is_empty() && all_columns(joined).is_some() && all_columns(before).is_some() {
                        return Err(Error::new("NATURAL JOIN: the tables have no column in common")
                            .with_hint("CROSS JOIN puts each row beside each of the other table"));
                    }
                    join_by(constraint, &names, before, joined, keeps_rows);
                }
                _ => {}
            }
            for joined in &mut relations[left..] {
                if let Some(shared) = shared.iter().find(|shared| same_name(&shared.table, &joined.name)) {
                    joined.shared.extend_from_slice(&shared.columns);
                    joined.is_by_condition = true;
                }
            }
            if let Some(between) = relations[left..].iter_mut().find(|relation| is_between(&relation.name)) {
                between.shared = between.columns.clone().unwrap_or_default();
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
        self.relations_of(factor, relations, env)?;
        if let Some(Relation { columns: Some(columns), is_numbered, .. }) = relations.last_mut() {
            *is_numbered = columns.iter().any(|column| column == PLACE);
            columns.retain(|column| column != PLACE);
            name_others(factor, columns);
        }
        Ok(())
    }

    fn relations_of(&self, factor: &mut TableFactor, relations: &mut Vec<Relation>, env: &Env) -> Result<()> {
        if let Some(call) = source_call_of(factor)? {
            let columns = self.catalog.source_columns(&call);
            self.name_file(factor, &call, columns.as_deref(), relations);
            let alias = alias_of(factor);
            let relation =
                Relation { source: Some(call.clone()), ..Relation::new(call.to_string(), columns) };
            relations.push(aliased(relation, alias));
            return Ok(());
        }
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let relation = self.table_name(name, env)?;
                if relation.core_name.is_some() && alias.is_none() {
                    let name = Ident::with_quote('"', &relation.name);
                    *alias = Some(TableAlias { explicit: true, name, columns: Vec::new(), at: None });
                }
                relations.push(aliased(relation, alias.as_ref()));
            }
            TableFactor::Derived { lateral, subquery, alias, .. } => {
                *lateral |= looks_beside(subquery, relations);
                let is_inspected = alias.as_ref().is_some_and(|alias| is_mark(&alias.name));
                if is_inspected {
                    name_columns_of_values(&mut subquery.body)?;
                }
                let mut inner = env.clone();
                if *lateral {
                    inner.outer.push(relations.clone());
                }
                let mut columns = self.query(subquery, &inner)?;
                if is_inspected {
                    columns = None;
                }
                if let (SetExpr::Values(_), Some(columns)) = (subquery.body.as_ref(), &mut columns) {
                    name_values(alias, columns);
                }
                relations.push(aliased(Relation::new("", columns), alias.as_ref()));
            }
            TableFactor::UNNEST { array_exprs, alias, with_ordinality: true, .. } => {
                *factor = with_places(array_exprs, alias.take())?;
                return self.factor(factor, relations, env);
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
                if let Some(query) = pivoted(factor, &columns, &|name| self.catalog.is_scalar(name))? {
                    *factor = query;
                    return self.factor(factor, relations, env);
                }
            }
            other => {
                if let TableFactor::UNNEST { array_exprs, .. } = other {
                    for list in array_exprs {
                        self.expr(list, &Scope::of(relations), env)?;
                    }
                }
                let series = name_series(other, relations);
                let alias = alias_of(other).cloned();
                let owned = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
                let (name, columns) = match other {
                    other if is_rejects(other) => ("rejects", owned(&REJECTS_COLUMNS)),
                    other if sniffed_call_of(other)?.is_some() => ("sniff_csv", owned(&SNIFF_COLUMNS)),
                    other if globs_of(other)?.is_some() => ("glob", owned(&GLOB_COLUMNS)),
                    _ => ("", series.as_deref().and_then(|series| owned(&[series]))),
                };
                let relation = Relation { is_series: series.is_some(), ..Relation::new(name, columns) };
                relations.push(aliased(relation, alias.as_ref()));
            }
        }
        Ok(())
    }

    /// Respells the name of a table, view or common table expression.
    pub(super) fn table_name(&self, name: &mut ObjectName, env: &Env) -> Result<Relation> {
        let [ObjectNamePart::Identifier(ident)] = name.0.as_mut_slice() else {
            // Catalog and schema before the name: taken as they are.
            let last = name.0.last().map(ToString::to_string).unwrap_or_default();
            return Ok(Relation::new(last, None));
        };
        // The innermost definition comes last.
        let ctes: Vec<&str> = env.ctes.iter().rev().map(|cte| cte.name.as_str()).collect();
        respell(ident, ctes.iter().copied());
        if let Some(cte) = env.ctes.iter().rev().find(|cte| cte.name == ident.value) {
            if let Some(name) = &cte.core_name {
                *ident = Ident::with_quote('"', name);
            }
            return Ok(cte.clone());
        }
        let tables = self.catalog.tables();
        respell(ident, tables.iter().map(String::as_str));
        if !tables.contains(&ident.value) {
            return Err(no_table(&ident.value, ctes.into_iter().chain(tables.iter().map(String::as_str))));
        }
        Ok(Relation::new(ident.value.clone(), self.catalog.table_columns(&ident.value)))
    }
}

/// `FROM t AS s(a)` gives the first column another name, and the others keep theirs; the relational core wants one for each.
fn name_others(factor: &mut TableFactor, columns: &[String]) {
    let alias = match factor {
        TableFactor::Table { alias, .. } | TableFactor::Derived { alias, .. } => alias.as_mut(),
        _ => None,
    };
    let Some(alias) = alias.filter(|alias| (1..columns.len()).contains(&alias.columns.len())) else { return };
    let different: HashSet<&String> = columns.iter().collect();
    if different.len() == columns.len() {
        let others = &columns[alias.columns.len()..];
        let column =
            |name: &String| TableAliasColumnDef { name: Ident::with_quote('"', name), data_type: None };
        alias.columns.extend(others.iter().map(column));
    }
}

/// Calls the columns of rows of values as other engines do, those that are not given other names.
fn name_values(alias: &mut Option<TableAlias>, columns: &mut [String]) {
    let name = Ident::with_quote('"', "values");
    let alias = alias.get_or_insert(TableAlias { explicit: true, name, columns: Vec::new(), at: None });
    for (place, column) in columns.iter_mut().enumerate().skip(alias.columns.len()) {
        *column = value_column(place);
        let name = Ident::with_quote('"', column.as_str());
        alias.columns.push(TableAliasColumnDef { name, data_type: None });
    }
}

/// `UNNEST(a) WITH ORDINALITY`: lists as columns, and the places of their values behind them.
fn with_places(lists: &[Expr], alias: Option<TableAlias>) -> Result<TableFactor> {
    let list = |at: usize| {
        format!("unnest(${}) AS \"unnest{}\"", at + 1, if at == 0 { String::new() } else { at.to_string() })
    };
    let columns: Vec<String> = (0..lists.len()).map(list).collect();
    let longest: Vec<String> = (0..lists.len()).map(|at| format!("length(${})", at + 1)).collect();
    let sql = format!(
        "SELECT {}, unnest(range(1, greatest({}) + 1)) AS ordinality",
        columns.join(", "),
        longest.join(", ")
    );
    let mut subquery = parse_piece(&sql, |parser| parser.parse_query())?;
    fill(&mut subquery, lists);
    let name = || Ident::new("unnest");
    let alias =
        alias.or_else(|| Some(TableAlias { explicit: true, name: name(), columns: Vec::new(), at: None }));
    Ok(TableFactor::Derived { lateral: true, subquery, alias, sample: None })
}

/// Calls a list of values and its column after the function that makes it, as other engines do, if they have no other names. The name of the
/// column; `None`: it is no list of values.
fn name_series(series: &mut TableFactor, relations: &[Relation]) -> Option<String> {
    let is_series = is_series(series);
    let (name, alias) = match series {
        TableFactor::Table { name, alias, .. } | TableFactor::Function { name, alias, .. } if is_series => {
            (name.to_string().to_lowercase(), alias)
        }
        TableFactor::UNNEST { alias, array_exprs, with_offset: false, .. } if array_exprs.len() == 1 => {
            ("unnest".to_owned(), alias)
        }
        _ => return None,
    };
    let column = |name: &str| TableAliasColumnDef { name: Ident::with_quote('"', name), data_type: None };
    match alias {
        Some(alias) => {
            if alias.columns.is_empty() {
                let name = alias.name.value.clone();
                alias.columns.push(column(&name));
                return Some(name);
            }
        }
        None if relations.iter().any(|relation| same_name(&relation.name, &name)) => {
            return is_series.then(|| "value".to_owned());
        }
        None => {
            *alias = Some(TableAlias {
                explicit: true,
                name: Ident::with_quote('"', name.clone()),
                columns: vec![column(&name)],
                at: None,
            });
        }
    }
    Some(name)
}
