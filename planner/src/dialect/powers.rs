//! `a ^ b` and `a ** b` as `power(a, b)`.
//!
//! To the parser the first is the XOR of bits, as in MySQL, and the second nothing. In their place it is given an operator that binds as tightly, with a sign that marks its right side, `a ^@ +b`,
//! of which powers are made again: what is tested of texts, `^@`, has no sign.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, VisitorMut};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::dialect::functions::call;
use crate::tokens::is_solid;

/// Puts the operator that the parser knows in the place of `^` and of two stars.
pub(crate) fn with_powers(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut written: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut may_begin = false;
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let is_power = match token.token {
            Token::Caret => true,
            Token::Mul => may_begin && rest.next_if(|next| next.token == Token::Mul).is_some(),
            _ => false,
        };
        if is_solid(&token) {
            may_begin = match &token.token {
                Token::Word(word) => word.keyword != Keyword::SELECT,
                Token::RParen | Token::RBracket | Token::Number(..) | Token::SingleQuotedString(_) => true,
                _ => false,
            };
        }
        match is_power {
            true => written.extend(
                [Token::CaretAt, Token::Plus]
                    .map(|operator| TokenWithSpan { token: operator, span: token.span }),
            ),
            false => written.push(token),
        }
    }
    written
}

/// Makes calls of the operators.
pub(crate) struct Powers;

impl VisitorMut for Powers {
    type Break = std::convert::Infallible;

    // Before its parts: what stands in parentheses is another power.
    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if let Some((base, exponents)) = operands(expr) {
            *expr = exponents
                .into_iter()
                .fold(base, |base, exponent| Expr::Function(call("power", vec![base, exponent])));
        }
        ControlFlow::Continue(())
    }
}

/// What is raised, and to which powers, one after the other; `None`: it is no power.
fn operands(expr: &Expr) -> Option<(Expr, Vec<Expr>)> {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::PGStartsWith, right } => match right.as_ref() {
            Expr::UnaryOp { op: UnaryOperator::Plus, expr: exponent } => {
                let (first, mut others) =
                    operands(exponent).unwrap_or_else(|| ((**exponent).clone(), Vec::new()));
                others.insert(0, first);
                Some(((**left).clone(), others))
            }
            _ => None,
        },
        // The sign binds tighter: -2 ** 2 is 4.
        Expr::UnaryOp { op: op @ (UnaryOperator::Minus | UnaryOperator::Plus), expr } => {
            let (base, exponents) = operands(expr)?;
            Some((Expr::UnaryOp { op: *op, expr: Box::new(base) }, exponents))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::check;

    #[test]
    fn powers_are_calls() {
        check("SELECT 2 ** 3, 2 ^ 3", "SELECT power(2, 3), power(2, 3)");
        check("SELECT a ** b * c + d", "SELECT power(a, b) * c + d");
        check("SELECT c * a ** b", "SELECT c * power(a, b)");
        check("SELECT 2 ** 3 ^ 2", "SELECT power(power(2, 3), 2)");
        check("SELECT 2 ** (3 ** 2)", "SELECT power(2, (power(3, 2)))");
        check("SELECT -a ** -b ** 2", "SELECT power(power(-a, -b), 2)");
        check("SELECT a::int ** 2", "SELECT power(a::INT, 2)");
        check("SELECT (a + 1) ** f(x)", "SELECT power((a + 1), f(x))");
    }

    #[test]
    fn others_stay() {
        check("SELECT a ^@ 'b', a * b, count(*)", "SELECT a ^@ 'b', a * b, count(*)");
    }
}
