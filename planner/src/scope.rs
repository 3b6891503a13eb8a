//! What a name may mean at one place of a statement, and which of it a spelling means.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectNamePart,
    TableAlias, Value,
};

use crate::dialect::functions::{and, call};
use crate::error::{Error, Result};
use crate::source_call::SourceCall;
use crate::suggest::nearest;
use crate::walk::walk_expressions;

/// What surrounds a query: common table expressions, and the tables of queries around it.
#[derive(Clone, Default)]
pub(crate) struct Env {
    pub(crate) ctes: Vec<Relation>,
    /// Outermost first.
    pub(crate) outer: Vec<Vec<Relation>>,
}

/// A table as a query sees it.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    /// The name before the dot.
    pub(crate) name: String,
    /// `None`: not known.
    pub(crate) columns: Option<Vec<String>>,
    /// The files whose columns these are, by their own names.
    pub(crate) source: Option<SourceCall>,
    /// Columns that `USING` and `NATURAL` make one with those of the same name in front of it.
    pub(crate) shared: Vec<String>,
    /// Whether the value of the shared columns is not simply that in front of it, as rows of it may have none there.
    pub(crate) merges: bool,
    /// Whether it is joined by a condition, so that the relational core does not know that the columns are one.
    pub(crate) is_by_condition: bool,
    /// Whether it is a list of values, whose column is also called as the table.
    pub(crate) is_series: bool,
    /// Whether an outer join has rows without one of it.
    pub(crate) is_optional: bool,
    /// Whether it has a column more, with the numbers of its rows, which nobody sees.
    pub(crate) is_numbered: bool,
    /// What the relational core calls it, where a query inside has a table of the same name as one around.
    pub(crate) core_name: Option<String>,
}

impl Relation {
    /// Its own name of a column.
    pub(crate) fn column(&self, name: &str) -> Option<&String> {
        self.columns.as_ref()?.iter().find(|column| same_name(column, name))
    }

    /// Whether a column of it is one with that in front of it.
    pub(crate) fn shares(&self, name: &str) -> bool {
        self.shared.iter().any(|shared| same_name(shared, name))
    }

    /// A relation that is none of files.
    pub(crate) fn new(name: impl Into<String>, columns: Option<Vec<String>>) -> Self {
        Self {
            name: name.into(),
            columns,
            source: None,
            shared: Vec::new(),
            merges: false,
            is_by_condition: false,
            is_series: false,
            is_optional: false,
            is_numbered: false,
            core_name: None,
        }
    }
}

/// The names that an expression may use.
pub(crate) struct Scope<'a> {
    pub(crate) relations: &'a [Relation],
    /// Names given in the select list, for ORDER BY and GROUP BY.
    pub(crate) aliases: &'a [String],
    /// Names given in the select list in front of the expression, and what they stand for, where the relational core does not know them.
    pub(crate) named: &'a [(String, Expr)],
}

impl<'a> Scope<'a> {
    /// The columns of tables, and nothing else.
    pub(crate) fn of(relations: &'a [Relation]) -> Self {
        Self { relations, aliases: &[], named: &[] }
    }

    /// The tables of the query, and those of the queries around it, from the inside.
    pub(crate) fn levels<'b>(&'b self, env: &'b Env) -> impl Iterator<Item = &'b [Relation]> + Clone {
        std::iter::once(self.relations).chain(env.outer.iter().rev().map(Vec::as_slice))
    }
}

/// What a name stands for that is given in the select list, as in `SELECT a + 1 AS b, b * 2`; columns go first.
///
/// # Errors
/// What it stands for is another value each time.
pub(crate) fn named_value(ident: &Ident, scope: &Scope<'_>, env: &Env) -> Result<Option<Expr>> {
    let Some((_, value)) = scope.named.iter().rev().find(|(name, _)| same_name(name, &ident.value)) else {
        return Ok(None);
    };
    let is_column = |relations: &[Relation]| {
        let is_known = relations.iter().all(|relation| relation.columns.is_some());
        !is_known || !matches!(find_column(&ident.value, relations), Ok(Match::None))
    };
    if is_column(scope.relations) || env.outer.iter().any(|relations| is_column(relations)) {
        return Ok(None);
    }
    if is_volatile(value) {
        let hint = "compute it in a query in FROM: SELECT … FROM (SELECT *, random() AS r FROM …)";
        return Err(Error::new(format!("\"{}\" would be computed anew, with another value", ident.value))
            .with_hint(hint));
    }
    Ok(Some(value.clone()))
}

/// Whether an expression has another value each time.
fn is_volatile(expr: &Expr) -> bool {
    let found = walk_expressions(expr, |expr| match expr {
        Expr::Function(function) => {
            let name = function.name.to_string().to_lowercase();
            match matches!(name.as_str(), "random" | "uuid" | "gen_random_uuid") {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        }
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// Where a name was found.
pub(crate) enum Match {
    /// It is written as it should be.
    Exact,
    /// It should be written so.
    Spelling(String),
    /// It is not there.
    None,
}

/// Gives an unqualified name the spelling of what it means: a column of the query's own tables, a name of
/// its select list, a column of the queries around it, in this order.
pub(crate) fn resolve_ident(ident: &mut Ident, scope: &Scope<'_>, env: &Env) -> Result<()> {
    let own = match find_column(&ident.value, scope.relations)? {
        Match::None => find_alias(&ident.value, scope.aliases),
        // `ORDER BY name` may mean a name of the select list that is written exactly so.
        Match::Spelling(_) if scope.aliases.contains(&ident.value) => Match::Exact,
        found => found,
    };
    if apply(ident, own) {
        return Ok(());
    }
    for relations in env.outer.iter().rev() {
        let outer = find_column(&ident.value, relations)?;
        if apply(ident, outer) {
            break;
        }
    }
    Ok(())
}

/// Respells a name as it was found; false if it was not.
fn apply(ident: &mut Ident, found: Match) -> bool {
    match found {
        Match::Exact => true,
        Match::Spelling(name) => {
            ident.value = name;
            true
        }
        Match::None => false,
    }
}

/// `table.column` or `column.field`.
pub(crate) fn resolve_compound(parts: &mut [Ident], scope: &Scope<'_>, env: &Env) -> Result<()> {
    let [first, second, ..] = parts else { return Ok(()) };
    for relations in scope.levels(env) {
        let exact = relations.iter().find(|relation| relation.name == first.value);
        let relation =
            exact.or_else(|| relations.iter().find(|relation| same_name(&relation.name, &first.value)));
        if let Some(relation) = relation {
            if relation.name != first.value {
                first.value = relation.name.clone();
            }
            match find_column(&second.value, std::slice::from_ref(relation))? {
                Match::Spelling(name) => second.value = name,
                Match::None if relation.is_series && is_series_column(&second.value) => {
                    second.value = relation.columns.iter().flatten().next().cloned().unwrap_or_default();
                }
                _ => {}
            }
            return Ok(());
        }
    }
    resolve_ident(first, scope, env)
}

pub(crate) fn no_table<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let hint = match nearest(name, known) {
        _ if ["reject_errors", "reject_scans"].iter().any(|table| name.eq_ignore_ascii_case(table)) => {
            "what was left out is in a table of a function: SELECT * FROM rejects()".to_owned()
        }
        Some(table) => format!("did you mean {table}?"),
        None => format!("a file's path goes in quotes: FROM '{name}'; CREATE VIEW gives it a name"),
    };
    Error::new(format!("there is no table \"{name}\"")).with_hint(hint)
}

/// A column of USING must be on both sides of the join, as far as their columns are known.
pub(crate) fn must_be_in_both(name: &str, left: &[Relation], right: &[Relation]) -> Result<()> {
    let (Some(left), Some(right)) = (all_columns(left), all_columns(right)) else { return Ok(()) };
    let has = |columns: &[String]| columns.iter().any(|column| same_name(column, name));
    if has(&left) && has(&right) {
        return Ok(());
    }
    let is_right = |name: &String| right.iter().any(|column| same_name(column, name));
    let both: Vec<&str> = left.iter().filter(|name| is_right(name)).map(String::as_str).collect();
    let hint = match nearest(name, both.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if both.is_empty() => "they have no name in common: join them with ON a.x = b.y".to_owned(),
        None => format!("both tables have: {}", both.join(", ")),
    };
    Err(Error::new(format!("the column \"{name}\" is not in both tables")).with_hint(hint))
}

/// There is nothing of this name to drop.
pub(crate) fn nothing_to_drop<'a>(name: &Ident, known: impl Iterator<Item = &'a str>) -> Error {
    let known: Vec<&str> = known.collect();
    let hint = if let Some(table) = nearest(&name.value, known.iter().copied()) {
        format!("did you mean {table}?")
    } else if name.quote_style == Some('\'') {
        "a file is a table wherever its path is named: there is nothing to drop, and the file stays"
            .to_owned()
    } else if known.is_empty() {
        "there are no tables and views yet".to_owned()
    } else {
        format!("there are {}", known.join(", "))
    };
    Error::new(format!("there is no table or view \"{}\"", name.value)).with_hint(hint)
}

/// Looks for a column in tables: an exact match in any of them goes first.
pub(crate) fn find_column(name: &str, relations: &[Relation]) -> Result<Match> {
    let columns = || relations.iter().filter_map(|relation| relation.columns.as_ref()).flatten();
    if columns().any(|column| column == name) {
        return Ok(Match::Exact);
    }
    let mut similar: Vec<&String> = columns().filter(|column| same_name(column, name)).collect();
    similar.sort_unstable();
    similar.dedup();
    match similar.as_slice() {
        [] => Ok(Match::None),
        [column] => Ok(Match::Spelling((*column).clone())),
        [first, second, ..] => {
            Err(Error::new(format!("the name {name} may mean \"{first}\" or \"{second}\""))
                .with_hint(format!("write it exactly, as in \"{first}\"")))
        }
    }
}

pub(crate) fn find_alias(name: &str, aliases: &[String]) -> Match {
    if aliases.iter().any(|alias| alias == name) {
        return Match::Exact;
    }
    match aliases.iter().find(|alias| same_name(alias, name)) {
        Some(alias) => Match::Spelling(alias.clone()),
        None => Match::None,
    }
}

/// Gives a name the spelling of the candidate that it means, if there is one.
pub(crate) fn respell<'a>(ident: &mut Ident, candidates: impl Iterator<Item = &'a str> + Clone) {
    if candidates.clone().any(|candidate| candidate == ident.value) {
        return;
    }
    let mut candidates = candidates;
    if let Some(name) = candidates.find(|candidate| same_name(candidate, &ident.value)) {
        ident.value = name.to_owned();
    }
}

pub(crate) fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || a.to_lowercase() == b.to_lowercase()
}

/// The relation as its alias makes it.
pub(crate) fn aliased(mut relation: Relation, alias: Option<&TableAlias>) -> Relation {
    let Some(alias) = alias else { return relation };
    relation.name = alias.name.value.clone();
    if !alias.columns.is_empty() {
        relation.source = None;
        let given = alias.columns.iter().map(|column| column.name.value.clone());
        relation.columns = match relation.columns {
            Some(columns) => Some(given.clone().chain(columns.into_iter().skip(given.len())).collect()),
            None => Some(given.collect()),
        };
    }
    relation
}

/// A column without a table in front that a join by `USING` makes of several: its name, and its value. The relational core takes that
/// of any of the tables, which is null where an outer join finds no row.
pub(crate) fn merged_column(name: &str, relations: &[Relation]) -> Option<(String, Expr)> {
    let is_own = |relation: &Relation| relation.column(name).is_some() && !relation.shares(name);
    let mut own = (0..relations.len()).filter(|place| is_own(&relations[*place]));
    match (own.next(), own.next()) {
        (Some(first), None) => merged_from(first, name, relations),
        (Some(_), Some(_)) => None,
        (None, _) => {
            let is_so = |relation: &&Relation| {
                relation.is_series && (same_name(&relation.name, name) || is_series_column(name))
            };
            let series = relations.iter().find(is_so)?;
            let shown = if same_name(&series.name, name) { series.name.as_str() } else { name };
            Some((shown.to_owned(), qualified(series, series.columns.as_ref()?.first()?)?))
        }
    }
}

/// `#2`: the second of all columns in FROM.
pub(crate) fn column_at(ident: &Ident, relations: &[Relation]) -> Option<Expr> {
    let place: usize = ident.value.strip_prefix('#').filter(|_| ident.quote_style.is_none())?.parse().ok()?;
    if relations.iter().any(|relation| relation.column(&ident.value).is_some()) {
        return None;
    }
    let known: Option<Vec<_>> = relations
        .iter()
        .map(|relation| {
            let columns = relation.columns.as_ref()?.iter();
            let own = columns.filter(|column| !relation.shares(column)).map(move |column| (relation, column));
            Some(own.collect::<Vec<_>>())
        })
        .collect();
    let (relation, column) = *known?.iter().flatten().nth(place.checked_sub(1)?)?;
    let name = Ident::with_quote('"', column);
    match relation.name.is_empty() || relations.len() == 1 {
        true => Some(Expr::Identifier(name)),
        false => Some(Expr::CompoundIdentifier(vec![Ident::with_quote('"', &relation.name), name])),
    }
}

/// What the column of a list of values is also called: as the function that makes it, or as the relational core has it.
fn is_series_column(name: &str) -> bool {
    ["value", "range", "generate_series", "unnest"].iter().any(|known| same_name(known, name))
}

/// Like [`merged_column`], for a column of queries around, which no table of the query itself hides.
pub(crate) fn merged_outside(name: &str, scope: &Scope<'_>, env: &Env) -> Option<Expr> {
    let hides = |relations: &[Relation]| {
        relations.iter().any(|relation| relation.columns.is_none() || relation.column(name).is_some())
    };
    if hides(scope.relations) {
        return None;
    }
    // The column of a list of values is also called as the table.
    let is_table = |relation: &Relation| same_name(&relation.name, name);
    let is_hidden = scope.relations.iter().any(is_table);
    let is_series = |relation: &Relation| relation.is_series && !is_hidden && is_table(relation);
    let means = |relations: &&Vec<Relation>| hides(relations) || relations.iter().any(is_series);
    let around = env.outer.iter().rev().find(means)?;
    merged_column(name, around).map(|(_, value)| value)
}

/// A row of a table as one value, by the name of the table, if no column is called so.
pub(crate) fn whole_row(name: &str, scope: &Scope<'_>, env: &Env) -> Option<Expr> {
    let is_alias = !matches!(find_alias(name, scope.aliases), Match::None);
    let around = scope.levels(env);
    let is_other = |relations: &[Relation]| {
        relations.iter().any(|relation| relation.columns.is_none() || relation.column(name).is_some())
    };
    if is_alias || around.clone().any(is_other) {
        return None;
    }
    let relation = around.flatten().find(|relation| same_name(&relation.name, name))?;
    let fields = relation.columns.iter().flatten().map(|column| {
        let name = Expr::Value(Value::SingleQuotedString(column.clone()).into());
        Some([name, qualified(relation, column)?])
    });
    let fields = fields.collect::<Option<Vec<_>>>()?.concat();
    (!fields.is_empty()).then(|| Expr::Function(call("named_struct", fields)))
}

/// The value of a column of the table at a place and of those joined with it by `USING`; `None`: there are none.
pub(crate) fn merged_from(first: usize, name: &str, relations: &[Relation]) -> Option<(String, Expr)> {
    let relation = relations.get(first)?;
    let column = relation.column(name)?;
    let having = relations[first + 1..].iter().filter_map(|other| Some((other, other.column(name)?)));
    let others: Vec<_> = having.take_while(|(other, _)| other.shares(name)).collect();
    if !others.iter().any(|(other, _)| other.merges || other.is_by_condition) {
        return None;
    }
    let others = others.into_iter().filter(|(other, _)| other.merges);
    let all = std::iter::once((relation, column)).chain(others);
    let values = all.map(|(relation, column)| qualified(relation, column)).collect::<Option<Vec<_>>>()?;
    let value = match <[Expr; 1]>::try_from(values) {
        Ok([value]) => value,
        Err(values) => Expr::Function(call("coalesce", values)),
    };
    Some((column.clone(), value))
}

/// The condition of a join by columns, by their names in front of it; `None`: a table has no name.
pub(crate) fn condition_of(names: &[String], before: &[Relation], joined: &Relation) -> Option<Expr> {
    let mut condition = None;
    for name in names {
        let column = joined.column(name)?;
        let first = || {
            let own = |relation| Some((relation, Relation::column(relation, name)?));
            let (relation, column) = before.iter().find_map(own)?;
            Some((column.clone(), qualified(relation, column)?))
        };
        let (_, left) = merged_column(name, before).or_else(first)?;
        let equal = Expr::BinaryOp {
            left: Box::new(left),
            op: BinaryOperator::Eq,
            right: Box::new(qualified(joined, column)?),
        };
        condition = Some(match condition {
            None => equal,
            Some(before) => {
                Expr::BinaryOp { left: Box::new(before), op: BinaryOperator::And, right: Box::new(equal) }
            }
        });
    }
    condition
}

/// Writes `count(t.*)` of a table that an outer join may have no row of as the count of the rows that there are; the relational core
/// counts those of the join. Returns whether it is written anew.
pub(crate) fn count_rows_of(function: &mut Function, relations: &[Relation]) -> Result<bool> {
    if !function.name.to_string().eq_ignore_ascii_case("count") {
        return Ok(false);
    }
    let FunctionArguments::List(list) = &mut function.args else { return Ok(false) };
    let [FunctionArg::Unnamed(argument @ FunctionArgExpr::QualifiedWildcard(_))] = list.args.as_mut_slice()
    else {
        return Ok(false);
    };
    let FunctionArgExpr::QualifiedWildcard(name) = &*argument else { return Ok(false) };
    let [ObjectNamePart::Identifier(table)] = name.0.as_slice() else { return Ok(false) };
    let named = |relation: &&Relation| same_name(&relation.name, &table.value);
    let Some(relation) = relations.iter().find(named).filter(|relation| relation.is_optional) else {
        return Ok(false);
    };
    let known = relation.columns.iter().flatten().filter_map(|column| qualified(relation, column));
    let is_there = known.map(|column| Expr::IsNotNull(Box::new(column))).reduce(|before, column| {
        Expr::BinaryOp { left: Box::new(before), op: BinaryOperator::Or, right: Box::new(column) }
    });
    let Some(is_there) = is_there else {
        let hint = format!("name one that is never null: count({table}.id)");
        return Err(Error::new(format!("count({table}.*): the columns are not known")).with_hint(hint));
    };
    *argument = FunctionArgExpr::Wildcard;
    function.filter = Some(Box::new(and(is_there, function.filter.take())));
    Ok(true)
}

/// A column with its table in front, if that has a name.
pub(crate) fn qualified(relation: &Relation, column: &str) -> Option<Expr> {
    let parts = [relation.name.as_str(), column].map(|part| Ident::with_quote('"', part));
    (!relation.name.is_empty()).then(|| Expr::CompoundIdentifier(parts.to_vec()))
}

pub(crate) fn all_columns(relations: &[Relation]) -> Option<Vec<String>> {
    let columns: Option<Vec<_>> = relations.iter().map(|relation| relation.columns.clone()).collect();
    columns.map(|columns| columns.concat())
}
