//! `a IS DISTINCT FROM b`, as an operator of ours: the parser knows no end of `b`.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, VisitorMut};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::tokens::{is_solid, is_word};

/// How it is written, and the operators that stand in its place.
const DISTINCTIONS: [(&[&str], &str); 2] = [
    (&["IS", "DISTINCT", "FROM"], "is_distinct_from"),
    (&["IS", "NOT", "DISTINCT", "FROM"], "is_not_distinct_from"),
];

/// `a IS DISTINCT FROM b` and `a IS NOT DISTINCT FROM b` with an operator of ours, of which [`Distinctions`] makes them again:
/// the parser takes all that comes behind them, as `AND c`, for a part of `b`.
pub(crate) fn distinctions(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut rewritten = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let found = DISTINCTIONS.iter().find_map(|(words, operator)| {
            let mut end = at;
            for word in *words {
                while tokens.get(end).is_some_and(|token| !is_solid(token) && token.token != Token::EOF) {
                    end += 1;
                }
                if !tokens.get(end).is_some_and(|token| is_word(token, word)) {
                    return None;
                }
                end += 1;
            }
            Some((end, operator))
        });
        match found.filter(|_| is_solid(token)) {
            Some((end, operator)) => {
                let name = [Token::make_keyword("OPERATOR"), Token::LParen, Token::make_word(operator, None)];
                let operator = name.into_iter().chain([Token::RParen]);
                rewritten.extend(operator.map(|token| TokenWithSpan { token, span: tokens[at].span }));
                at = end;
            }
            None => {
                rewritten.push(token.clone());
                at += 1;
            }
        }
    }
    rewritten
}

/// Makes them again.
pub(crate) struct Distinctions;

impl VisitorMut for Distinctions {
    type Break = std::convert::Infallible;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        let Expr::BinaryOp { left, op: BinaryOperator::PGCustomBinaryOperator(name), right } = expr else {
            return ControlFlow::Continue(());
        };
        let place = DISTINCTIONS.iter().position(|(_, operator)| *name == [*operator]);
        let (left, right) = (left.clone(), right.clone());
        match place {
            Some(0) => *expr = Expr::IsDistinctFrom(left, right),
            Some(_) => *expr = Expr::IsNotDistinctFrom(left, right),
            None => {}
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::parse;

    #[test]
    fn what_comes_behind_is_no_part_of_it() {
        for (sql, expected) in [
            ("SELECT a IS DISTINCT FROM b AND c", "SELECT a IS DISTINCT FROM b AND c"),
            ("SELECT a is not distinct from b + 1 OR c", "SELECT a IS NOT DISTINCT FROM b + 1 OR c"),
        ] {
            let statement = parse(sql).unwrap().remove(0);
            assert_eq!(statement.to_string(), expected);
            let datafusion_sql::parser::Statement::Statement(statement) = statement else { panic!("{sql}") };
            let sqlparser::ast::Statement::Query(query) = *statement else { panic!("{sql}") };
            let sqlparser::ast::SetExpr::Select(select) = *query.body else { panic!("{sql}") };
            let sqlparser::ast::SelectItem::UnnamedExpr(expr) = &select.projection[0] else {
                panic!("{sql}")
            };
            assert!(matches!(expr, sqlparser::ast::Expr::BinaryOp { .. }), "{expr:?}");
        }
    }
}
