//! `GROUPING SETS (ROLLUP (a, b), c)`: sets of keys inside of others, as one list of sets, in none of which a key is twice.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, GroupByExpr, Select, VisitorMut};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::functions::positional;
use crate::repetition::without_repetition;
use crate::tokens::{is_solid, is_word};

/// What stands for inner `GROUPING SETS`, of which the parser makes a call then.
const INNER: &str = "grouping_sets";
/// More keys than this in a cube are left to the relational core to refuse.
const MAX_CUBE_KEYS: usize = 12;

/// Marks `GROUPING SETS` inside of others, which the parser does not know.
pub(crate) fn mark_inner_sets(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    // How deep the brackets of sets of keys are.
    let mut open: Vec<usize> = Vec::new();
    let mut depth = 0;
    let (mut inner, mut empty) = (Vec::new(), Vec::new());
    for (place, at) in solid.iter().enumerate() {
        match tokens[*at].token {
            Token::LParen => {
                depth += 1;
                let is_empty = solid.get(place + 1).is_some_and(|next| tokens[*next].token == Token::RParen);
                let is_entry =
                    place > 0 && matches!(tokens[solid[place - 1]].token, Token::LParen | Token::Comma);
                if open.len() > 1 && is_empty && is_entry {
                    empty.push(*at);
                }
            }
            Token::RParen => {
                depth -= 1.min(depth);
                open.retain(|sets| *sets <= depth);
            }
            _ => {}
        }
        let Some([next, bracket]) = solid.get(place + 1..place + 3) else { continue };
        if is_word(&tokens[*at], "GROUPING")
            && is_word(&tokens[*next], "SETS")
            && tokens[*bracket].token == Token::LParen
        {
            if !open.is_empty() {
                inner.push((*at, *next));
            }
            open.push(depth + 1);
        }
    }
    for (at, next) in inner {
        tokens[at].token = Token::make_word(INNER, None);
        tokens[next].token = Token::Whitespace(sqlparser::tokenizer::Whitespace::Space);
    }
    // The empty set is a rollup of nothing.
    for at in empty.into_iter().rev() {
        let span = tokens[at].span;
        tokens.insert(at, TokenWithSpan { token: Token::make_word("rollup", None), span });
    }
    tokens
}

/// Writes such sets out.
pub(crate) struct InnerSets;

impl VisitorMut for InnerSets {
    type Break = std::convert::Infallible;

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        if let GroupByExpr::Expressions(keys, _) = &mut select.group_by {
            for key in keys {
                let sets = match key {
                    Expr::GroupingSets(sets) => sets.iter().cloned().flat_map(written_out).collect(),
                    // The relational core takes no key twice.
                    Expr::Rollup(parts) | Expr::Cube(parts) if has_key_twice(parts) => match sets_of(key) {
                        Some(sets) => sets,
                        None => continue,
                    },
                    _ => continue,
                };
                *key = Expr::GroupingSets(sets.into_iter().map(without_repetition).collect());
            }
        }
        ControlFlow::Continue(())
    }
}

fn has_key_twice(parts: &[Vec<Expr>]) -> bool {
    let keys = parts.concat();
    without_repetition(keys.clone()).len() < keys.len()
}

/// The sets that one entry of a list stands for.
fn written_out(entry: Vec<Expr>) -> Vec<Vec<Expr>> {
    let [only] = entry.as_slice() else { return vec![entry] };
    sets_of(only).unwrap_or(vec![entry])
}

fn sets_of(expr: &Expr) -> Option<Vec<Vec<Expr>>> {
    let (kind, parts) = match expr {
        Expr::Rollup(parts) => ("rollup".to_owned(), parts.clone()),
        Expr::Cube(parts) => ("cube".to_owned(), parts.clone()),
        Expr::GroupingSets(parts) => (INNER.to_owned(), parts.clone()),
        Expr::Function(function) => {
            (function.name.to_string().to_lowercase(), positional(function)?.into_iter().map(keys).collect())
        }
        _ => return None,
    };
    match kind.as_str() {
        "rollup" => Some((0..=parts.len()).rev().map(|count| parts[..count].concat()).collect()),
        "cube" if parts.len() <= MAX_CUBE_KEYS => {
            let count = parts.len();
            let chosen = |set: usize| {
                let is_in = move |place: &usize| set & (1 << (count - 1 - place)) != 0;
                (0..count).filter(is_in).flat_map(|place| parts[place].clone()).collect()
            };
            Some((0..1_usize << count).rev().map(chosen).collect())
        }
        INNER => Some(parts.into_iter().flat_map(written_out).collect()),
        _ => None,
    }
}

fn keys(expr: Expr) -> Vec<Expr> {
    match expr {
        Expr::Tuple(keys) => keys,
        Expr::Nested(key) => vec![*key],
        key => vec![key],
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::parse;

    #[test]
    fn keys_that_are_there_twice() {
        for (keys, expected) in [
            ("ROLLUP (a, a)", "GROUPING SETS ((a), (a), ())"),
            ("CUBE (a, (b, a))", "GROUPING SETS ((a, b), (a), (b, a), ())"),
            ("GROUPING SETS ((a, a), b)", "GROUPING SETS ((a), (b))"),
            ("ROLLUP (a, b)", "ROLLUP (a, b)"),
        ] {
            let sql = format!("SELECT count(*) FROM t GROUP BY {keys}");
            let expected = format!("SELECT count(*) FROM t GROUP BY {expected}");
            assert_eq!(parse(&sql).unwrap()[0].to_string(), expected);
        }
    }

    #[test]
    fn sets_inside_of_sets() {
        for (sets, expected) in [
            ("ROLLUP (a, b), c", "(a, b), (a), (), (c)"),
            ("CUBE (a, (b, c))", "(a, b, c), (a), (b, c), ()"),
            ("GROUPING SETS ((a, b), GROUPING SETS (c, ())), ()", "(a, b), (c), (), ()"),
            ("a, (b, c)", "(a), (b, c)"),
        ] {
            let sql = format!("SELECT count(*) FROM t GROUP BY GROUPING SETS ({sets})");
            let expected = format!("SELECT count(*) FROM t GROUP BY GROUPING SETS ({expected})");
            assert_eq!(parse(&sql).unwrap()[0].to_string(), expected);
        }
    }
}
