//! `COLUMNS('a.*')`, `COLUMNS(*)`, `COLUMNS([a, b])`, `COLUMNS(c -> …)` and `* LIKE 'a%'`: one expression for each of some columns.
//!
//! The patterns are brought to the first form before the parser is asked; then each item of a select list that has such a call becomes as many
//! items as there are columns, and a condition all of them, one and the other.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgOperator, FunctionArguments, Ident,
    ObjectNamePart, Select, SelectItem, Value, Visitor, VisitorMut, WildcardAdditionalOptions,
};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::dialect::functions::{and, positional};
use crate::dialect::name_conditions::{NameCondition, compiled};
use crate::dialect::templates::as_operand;
use crate::error::{Error, Result};
use crate::scope::{Relation, Scope, same_name};
use crate::suggest::nearest;
use crate::tokens::{is_solid, is_word};
use crate::walk::{walk, walk_mut};
use crate::wildcard::{left_out_names, wildcard_options};

/// `* LIKE 'a%'` and the like as `COLUMNS('(?s)^a.*$')`.
pub(crate) fn of_patterns(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    let mut written = Vec::with_capacity(tokens.len());
    let mut next = 0;
    for (place, at) in solid.iter().enumerate() {
        if *at < next || tokens[*at].token != Token::Mul {
            continue;
        }
        let begins_item = place == 0
            || ["SELECT", "DISTINCT", "ALL"].iter().any(|word| is_word(&tokens[solid[place - 1]], word))
            || matches!(tokens[solid[place - 1]].token, Token::Comma | Token::LParen);
        let behind: Vec<&TokenWithSpan> = solid[place + 1..].iter().take(4).map(|at| &tokens[*at]).collect();
        let Some((pattern, len)) = pattern_of(&behind).filter(|_| begins_item) else { continue };
        let span = tokens[*at].span;
        let token = |token| TokenWithSpan { token, span };
        written.extend_from_slice(&tokens[next..*at]);
        written.extend([
            token(Token::make_word("COLUMNS", None)),
            token(Token::LParen),
            token(Token::SingleQuotedString(pattern)),
            token(Token::RParen),
        ]);
        next = solid[place + len] + 1;
    }
    written.extend_from_slice(&tokens[next..]);
    written
}

/// What `COLUMNS` is called where a `*` in front of it makes of it as many arguments as there are columns.
const UNPACKED: &str = "$columns";

/// `coalesce(*COLUMNS(*))` as a call of that name.
pub(crate) fn with_unpacked(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    for words in solid.windows(4).rev() {
        let [before, star, columns, bracket] = *words else { continue };
        let begins = matches!(tokens[before].token, Token::LParen | Token::LBracket | Token::Comma);
        if begins
            && tokens[star].token == Token::Mul
            && is_word(&tokens[columns], "COLUMNS")
            && tokens[bracket].token == Token::LParen
        {
            let span = tokens[star].span;
            let call = TokenWithSpan { token: Token::make_word(UNPACKED, Some('"')), span };
            tokens.splice(star..=columns, [call]);
        }
    }
    tokens
}

/// Puts columns into the places of such calls, and of `UNPACK(…)` of expressions with `COLUMNS`, among arguments and items of lists.
fn unpack(expr: &mut Expr, relations: &[Relation]) -> Result<()> {
    struct Unpack<'a>(&'a [Relation]);
    impl Unpack<'_> {
        /// The expressions in the place of one, each with the name of its column; `None`: it stays.
        fn columns(&self, expr: &Expr) -> Result<Option<Vec<(String, Expr)>>> {
            let Expr::Function(call) = expr else { return Ok(None) };
            let Some(name) = call.name.0.last().and_then(ObjectNamePart::as_ident) else { return Ok(None) };
            if name.value == UNPACKED {
                let columns = chosen(call, all_of(self.0)?, self.0)?;
                return Ok(Some(columns.into_iter().map(|column| (column.name, column.value)).collect()));
            }
            if !name.value.eq_ignore_ascii_case("unpack") {
                return Ok(None);
            }
            let given = positional(call).unwrap_or_default();
            let [of_columns] = given.as_slice() else { return Ok(None) };
            let each = columns_of(of_columns, self.0)?.map(|columns| {
                columns.into_iter().map(|column| {
                    let of_column = replaced(of_columns, &column.value);
                    (column.name, of_column)
                })
            });
            Ok(each.map(Iterator::collect))
        }

        fn unpack(&self, expr: &mut Expr) -> Result<()> {
            match expr {
                Expr::Function(Function { args: FunctionArguments::List(list), name, .. }) => {
                    let are_named = name.to_string().eq_ignore_ascii_case("struct_pack");
                    let mut unpacked = Vec::with_capacity(list.args.len());
                    for arg in list.args.drain(..) {
                        let columns = match &arg {
                            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.columns(expr)?,
                            _ => None,
                        };
                        let Some(columns) = columns else {
                            unpacked.push(arg);
                            continue;
                        };
                        unpacked.extend(columns.into_iter().map(|(name, column)| {
                            let arg = FunctionArgExpr::Expr(column);
                            match are_named {
                                true => FunctionArg::Named {
                                    name: Ident::with_quote('"', name),
                                    arg,
                                    operator: FunctionArgOperator::Assignment,
                                },
                                false => FunctionArg::Unnamed(arg),
                            }
                        }));
                    }
                    list.args = unpacked;
                }
                Expr::Array(list) => {
                    let mut unpacked = Vec::with_capacity(list.elem.len());
                    for item in list.elem.drain(..) {
                        match self.columns(&item)? {
                            Some(columns) => unpacked.extend(columns.into_iter().map(|(_, column)| column)),
                            None => unpacked.push(item),
                        }
                    }
                    list.elem = unpacked;
                }
                _ => {}
            }
            Ok(())
        }
    }
    impl VisitorMut for Unpack<'_> {
        type Break = Error;

        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
            match self.unpack(expr) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => ControlFlow::Break(error),
            }
        }
    }
    match walk_mut(expr, &mut Unpack(relations)) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// The regular expression of what stands behind a `*`, and how many tokens that is.
fn pattern_of(behind: &[&TokenWithSpan]) -> Option<(String, usize)> {
    let is_not = behind.first().is_some_and(|token| is_word(token, "NOT"));
    let rest = &behind[usize::from(is_not)..];
    let (word, rest) = rest.split_first()?;
    let (flags, is_like, rest) = if is_word(word, "LIKE") {
        ("(?s)", true, rest)
    } else if is_word(word, "ILIKE") {
        ("(?si)", true, rest)
    } else if is_word(word, "GLOB") {
        ("(?s)", false, rest)
    } else if is_word(word, "SIMILAR") {
        ("", false, rest.get(1..)?)
    } else {
        return None;
    };
    let Token::SingleQuotedString(pattern) = &rest.first()?.token else { return None };
    let mut regex = String::new();
    for char in pattern.chars() {
        match char {
            '%' if is_like => regex.push_str(".*"),
            '_' if is_like => regex.push('.'),
            '*' if is_word(word, "GLOB") => regex.push_str(".*"),
            '?' if is_word(word, "GLOB") => regex.push('.'),
            other if is_word(word, "SIMILAR") => regex.push(other),
            other => regex.push_str(&regex_syntax::escape(&other.to_string())),
        }
    }
    let not = if is_not { NOT } else { "" };
    let len = behind.len() - rest.len() + 1;
    Some((format!("{not}{flags}^(?:{regex})$"), len))
}

/// In front of a pattern whose columns are left out. No regular expression begins so.
const NOT: &str = "?!";

/// Writes out the items and conditions of a query that are of several columns.
///
/// # Errors
/// There are no such columns, or they are not known.
pub(crate) fn expand_columns(select: &mut Select, relations: &[Relation]) -> Result<()> {
    let mut expanded = Vec::with_capacity(select.projection.len());
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
            unpack(expr, relations)?;
        }
    }
    for condition in [&mut select.selection, &mut select.having, &mut select.qualify].into_iter().flatten() {
        unpack(condition, relations)?;
    }
    for item in select.projection.drain(..) {
        let expr = match &item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => expr,
            _ => {
                expanded.push(item);
                continue;
            }
        };
        let Some(columns) = columns_of(expr, relations)? else {
            expanded.push(item);
            continue;
        };
        for column in columns {
            let of_column = replaced(expr, &column.value);
            expanded.push(match &item {
                SelectItem::ExprWithAlias { alias, .. } => {
                    let alias = Ident::with_quote('"', column.named(&alias.value));
                    SelectItem::ExprWithAlias { expr: of_column, alias }
                }
                _ => match is_alone(expr) {
                    true => SelectItem::ExprWithAlias {
                        expr: of_column,
                        alias: Ident::with_quote('"', column.name),
                    },
                    false => {
                        // It is called after what would be written for the column.
                        let shown = replaced(expr, &Expr::Identifier(Ident::new(&column.name)));
                        let alias = Ident::with_quote('"', shown.to_string());
                        SelectItem::ExprWithAlias { expr: of_column, alias }
                    }
                },
            });
        }
    }
    select.projection = expanded;
    for condition in [&mut select.selection, &mut select.having, &mut select.qualify].into_iter().flatten() {
        if let Some(columns) = columns_of(condition, relations)? {
            let conditions = columns.into_iter().map(|column| replaced(condition, &column.value));
            let all = conditions.reduce(|before, one| and(before, Some(Box::new(one))));
            *condition = all.unwrap_or_else(|| Expr::Value(Value::Boolean(true).into()));
        }
    }
    Ok(())
}

fn is_alone(expr: &Expr) -> bool {
    match expr {
        Expr::Function(function) => is_call(function),
        Expr::Nested(inner) => is_alone(inner),
        _ => false,
    }
}

fn is_call(function: &Function) -> bool {
    matches!(function.name.0.as_slice(), [ObjectNamePart::Identifier(name)]
        if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("columns"))
}

/// A column for which an expression stands.
struct Chosen {
    name: String,
    value: Expr,
    /// What the groups of a pattern matched; the first is the whole name.
    groups: Vec<String>,
}

impl Chosen {
    /// A name in which `\1` stands for what the first group matched.
    fn named(&self, alias: &str) -> String {
        let groups = self.groups.iter().enumerate();
        groups.fold(alias.to_owned(), |name, (number, group)| name.replace(&format!("\\{number}"), group))
    }
}

/// The expressions for which one with `COLUMNS(…)` stands, of a table with these columns, each with the name of its column; `None`: it has
/// none.
///
/// # Errors
/// There are no such columns.
pub(crate) fn for_each_column(expr: &Expr, columns: &[String]) -> Result<Option<Vec<(String, Expr)>>> {
    let table = Relation::new("", Some(columns.to_vec()));
    let chosen = columns_of(expr, std::slice::from_ref(&table))?;
    Ok(chosen.map(|chosen| {
        chosen.into_iter().map(|column| (column.name, replaced(expr, &column.value))).collect()
    }))
}

/// The columns of the calls in an expression; `None`: there are no calls.
fn columns_of(expr: &Expr, relations: &[Relation]) -> Result<Option<Vec<Chosen>>> {
    let mut calls = Calls { found: Vec::new() };
    let _: ControlFlow<()> = walk(expr, &mut calls);
    let Some((first, others)) = calls.found.split_first() else { return Ok(None) };
    if others.iter().any(|other| other.args != first.args) {
        return Err(Error::new("an expression has COLUMNS of different columns")
            .with_hint("write one expression for each of them"));
    }
    chosen(first, all_of(relations)?, relations).map(Some)
}

/// All columns of tables, those that are one with others once.
fn all_of(relations: &[Relation]) -> Result<Vec<Chosen>> {
    let mut all = Vec::new();
    for relation in relations {
        let Some(columns) = &relation.columns else {
            return Err(
                Error::new("COLUMNS: the columns are not known").with_hint("name the columns, one by one")
            );
        };
        for name in columns.iter().filter(|name| !relation.shares(name)) {
            let ident = Ident::with_quote('"', name);
            let value = match relations.len() > 1 && !relation.name.is_empty() {
                true => Expr::CompoundIdentifier(vec![Ident::with_quote('"', &relation.name), ident]),
                false => Expr::Identifier(ident),
            };
            all.push(Chosen { name: name.clone(), value, groups: vec![name.clone()] });
        }
    }
    Ok(all)
}

/// Those of all columns that a call is about.
fn chosen(call: &Function, all: Vec<Chosen>, relations: &[Relation]) -> Result<Vec<Chosen>> {
    let FunctionArguments::List(list) = &call.args else { return Err(expected()) };
    let [FunctionArg::Unnamed(argument)] = list.args.as_slice() else { return Err(expected()) };
    let names: Vec<String> = all.iter().map(|column| column.name.clone()).collect();
    let kept: Vec<Chosen> = match argument {
        FunctionArgExpr::Wildcard => all,
        FunctionArgExpr::WildcardWithOptions(options) => with_options(all, options, relations)?,
        FunctionArgExpr::QualifiedWildcard(name) => {
            let table = name.to_string();
            let is_of_table = |column: &Chosen| match &column.value {
                Expr::CompoundIdentifier(parts) => same_name(&parts[0].value, &table),
                _ => relations.iter().any(|relation| same_name(&relation.name, &table)),
            };
            all.into_iter().filter(is_of_table).collect()
        }
        FunctionArgExpr::Expr(Expr::Value(value)) => match &value.value {
            Value::SingleQuotedString(pattern) => matching(all, pattern)?,
            _ => return Err(expected()),
        },
        FunctionArgExpr::Expr(Expr::Array(array)) => {
            let mut kept = Vec::new();
            for wanted in &array.elem {
                let name = match wanted {
                    Expr::Identifier(name) => name.value.clone(),
                    Expr::Value(value) => value.value.clone().into_string().unwrap_or_default(),
                    _ => return Err(expected()),
                };
                let found = all.iter().position(|column| same_name(&column.name, &name));
                let Some(found) = found else { return Err(none(&name, &names)) };
                kept.push(Chosen {
                    name: all[found].name.clone(),
                    value: all[found].value.clone(),
                    groups: all[found].groups.clone(),
                });
            }
            kept
        }
        FunctionArgExpr::Expr(lambda) => {
            let condition = NameCondition::of(lambda).ok_or_else(expected)?;
            let mut kept = Vec::new();
            for column in all {
                if condition.holds(&column.name)? {
                    kept.push(column);
                }
            }
            kept
        }
    };
    match kept.is_empty() {
        false => Ok(kept),
        true => Err(none(&call.to_string(), &names)),
    }
}

/// Columns without those that EXCLUDE names, and with what stands for them in REPLACE.
fn with_options(
    all: Vec<Chosen>,
    options: &WildcardAdditionalOptions,
    relations: &[Relation],
) -> Result<Vec<Chosen>> {
    let mut options = options.clone();
    wildcard_options(&mut options, &Scope::of(relations))?;
    let left_out = left_out_names(&options);
    let mut kept = all;
    kept.retain(|column| !left_out.contains(&column.name));
    for item in options.opt_replace.iter().flat_map(|replace| &replace.items) {
        for column in kept.iter_mut().filter(|column| column.name == item.column_name.value) {
            column.value = as_operand(&item.expr);
        }
    }
    Ok(kept)
}

/// The columns in whose names a pattern is found.
fn matching(all: Vec<Chosen>, pattern: &str) -> Result<Vec<Chosen>> {
    let (is_not, regex) = match pattern.strip_prefix(NOT) {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let regex = compiled(regex)?;
    let kept = all.into_iter().filter_map(|mut column| {
        let found = regex.captures(&column.name);
        if let Some(found) = &found {
            let group = |at: usize| found.get(at).map_or("", |part| part.as_str()).to_owned();
            column.groups = (0..found.len()).map(group).collect();
        }
        (found.is_some() != is_not).then_some(column)
    });
    Ok(kept.collect())
}

fn expected() -> Error {
    Error::new("COLUMNS: expected *, a pattern, a list of columns or a lambda").with_hint(
        "as in COLUMNS(*), COLUMNS(* EXCLUDE (a)), COLUMNS('^a'), COLUMNS([a, b]), COLUMNS(c -> c LIKE 'a%'), * LIKE 'a%'",
    )
}

fn none(wanted: &str, names: &[String]) -> Error {
    let hint = match nearest(wanted, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if names.is_empty() => "it stands for columns of what is in FROM".to_owned(),
        None => format!("the columns are: {}", names.join(", ")),
    };
    // Nobody has written the pattern that stands for one of LIKE.
    match wanted.contains("('(?s") || wanted.contains(&format!("('{NOT}")) {
        true => Error::new("there are no columns whose names are like that").with_hint(hint),
        false => Error::new(format!("there are no columns {wanted}")).with_hint(hint),
    }
}

/// Collects the calls of an expression.
struct Calls {
    found: Vec<Function>,
}

impl Visitor for Calls {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr
            && is_call(function)
        {
            self.found.push(function.clone());
        }
        ControlFlow::Continue(())
    }
}

/// The expression with a column in the place of each call.
fn replaced(expr: &Expr, column: &Expr) -> Expr {
    struct Replace<'a>(&'a Expr);
    impl VisitorMut for Replace<'_> {
        type Break = std::convert::Infallible;

        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
            if matches!(expr, Expr::Function(function) if is_call(function)) {
                *expr = self.0.clone();
            }
            ControlFlow::Continue(())
        }
    }
    let mut of_column = expr.clone();
    let ControlFlow::Continue(()) = walk_mut(&mut of_column, &mut Replace(column));
    of_column
}
