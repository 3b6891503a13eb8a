//! `'a'.upper()`: a function behind a dot, whose first argument stands in front of it.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName,
    ObjectNamePart, VisitorMut,
};

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::functions::argument_list;

/// Schemas that stand in front of names of functions.
const SCHEMAS: [&str; 4] = ["pg_catalog", "information_schema", "main", "system"];

fn is_schema(name: &str) -> bool {
    SCHEMAS.iter().any(|schema| schema.eq_ignore_ascii_case(name))
}

/// Puts names of functions behind dots, that are words of SQL, too, in quotes: the parser has other forms of `trim(…)` and its like.
pub(crate) fn quote_words(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    for at in 1..tokens.len().saturating_sub(1) {
        let is_of_schema =
            at > 1 && matches!(&tokens[at - 2].token, Token::Word(word) if is_schema(&word.value));
        if tokens[at - 1].token == Token::Period
            && !is_of_schema
            && tokens[at + 1].token == Token::LParen
            && let Token::Word(word) = &mut tokens[at].token
            && word.keyword != Keyword::NoKeyword
        {
            *word = Word {
                value: word.value.to_lowercase(),
                quote_style: Some('"'),
                keyword: Keyword::NoKeyword,
            };
        }
    }
    tokens
}

/// Writes functions behind dots as calls.
pub(crate) struct Chains;

impl VisitorMut for Chains {
    type Break = std::convert::Infallible;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::CompoundFieldAccess { root, access_chain } if access_chain.iter().any(is_call) => {
                *expr = chained((**root).clone(), std::mem::take(access_chain));
            }
            Expr::Function(function) => {
                if let Some(column) = word_of_table(function) {
                    *expr = column;
                } else if let Some((first, name)) = of_column(&function.name) {
                    function.name = name;
                    put_first(function, first);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn is_call(access: &AccessExpr) -> bool {
    matches!(access, AccessExpr::Dot(Expr::Function(function)) if has_arguments(function))
}

/// Whether it has parentheses: without them it is a word like `user`, which may be the name of a field.
fn has_arguments(function: &Function) -> bool {
    !matches!(function.args, FunctionArguments::None)
}

fn chained(root: Expr, chain: Vec<AccessExpr>) -> Expr {
    let mut expr = root;
    let mut fields = Vec::new();
    for access in chain {
        match access {
            AccessExpr::Dot(Expr::Function(mut function)) if has_arguments(&function) => {
                put_first(&mut function, accessed(expr, std::mem::take(&mut fields)));
                expr = Expr::Function(function);
            }
            access => fields.push(access),
        }
    }
    accessed(expr, fields)
}

fn accessed(root: Expr, access_chain: Vec<AccessExpr>) -> Expr {
    match access_chain.is_empty() {
        true => root,
        false => Expr::CompoundFieldAccess { root: Box::new(root), access_chain },
    }
}

/// `t.user`, where the word alone would be a function without parentheses: a column.
fn word_of_table(function: &Function) -> Option<Expr> {
    let part = |part: &ObjectNamePart| part.as_ident().cloned();
    let parts: Vec<Ident> = function.name.0.iter().map(part).collect::<Option<_>>()?;
    (!has_arguments(function) && parts.len() > 1 && !is_schema(&parts[0].value))
        .then_some(Expr::CompoundIdentifier(parts))
}

/// `column.upper` as the column and the function's own name.
fn of_column(name: &ObjectName) -> Option<(Expr, ObjectName)> {
    let (last, before) = name.0.split_last()?;
    let mut parts: Vec<Ident> = Vec::with_capacity(before.len());
    for part in before {
        let ObjectNamePart::Identifier(ident) = part else { return None };
        parts.push(ident.clone());
    }
    let first = parts.first()?;
    if is_schema(&first.value) {
        return None;
    }
    let column = match parts.len() {
        1 => Expr::Identifier(parts.remove(0)),
        _ => Expr::CompoundIdentifier(parts),
    };
    Some((column, ObjectName(vec![last.clone()])))
}

fn put_first(function: &mut Function, first: Expr) {
    for part in &mut function.name.0 {
        if let ObjectNamePart::Identifier(name) = part {
            name.quote_style = None;
        }
    }
    let first = FunctionArg::Unnamed(FunctionArgExpr::Expr(first));
    match &mut function.args {
        FunctionArguments::List(list) => list.args.insert(0, first),
        args => {
            *args = argument_list(Vec::new(), Vec::new());
            if let FunctionArguments::List(list) = args {
                list.args.push(first);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::parse;

    #[test]
    fn functions_behind_dots() {
        for (sql, expected) in [
            ("SELECT 'a'.upper()", "SELECT upper('a')"),
            ("SELECT t.s.TRIM().substr(2) FROM t", "SELECT substr(trim(t.s), 2) FROM t"),
            ("SELECT [1].list_sum(), (a + 1).abs() FROM t", "SELECT list_sum([1]), abs((a + 1)) FROM t"),
            ("SELECT pg_catalog.version()", "SELECT pg_catalog.version()"),
            ("SELECT t.user, t.current_time, user FROM t", "SELECT t.user, t.current_time, user FROM t"),
        ] {
            assert_eq!(parse(sql).unwrap()[0].to_string(), expected);
        }
    }
}
