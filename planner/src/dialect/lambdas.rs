//! Lambdas: `list_transform(l, x -> x + 1)`, also written `lambda x: x + 1` and `[x + 1 for x in l if x > 0]`.
//!
//! The parser takes `->` for the operator of JSON; which of them it is depends on where it stands. So the other forms are brought to
//! this one before the parser is asked, token by token, and functions of lists take what they are given for lambdas.

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, LambdaFunction,
    LambdaFunctionParameter, LambdaSyntax, ObjectNamePart, OneOrManyWithParens,
};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use crate::error::{Error, Result};
use crate::inspect::{is_solid, is_word, outside_brackets};

/// Functions that take a lambda.
const TAKERS: &[&str] = &[
    "any_match",
    "apply",
    "array_any_match",
    "array_apply",
    "array_filter",
    "array_transform",
    "filter",
    "list_any_match",
    "list_apply",
    "list_filter",
    "list_transform",
];

/// Functions that take a lambda elsewhere.
const REFUSED: &[&str] = &["array_reduce", "list_reduce", "reduce"];

/// Lambdas of Python's form and lists made of lists, as calls with `->`.
pub(crate) fn with_arrows(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let has_any = tokens.iter().any(|token| is_word(token, "lambda") || is_word(token, "for"));
    if has_any { comprehensions(of_keyword(tokens)) } else { tokens }
}

/// `lambda x, y: x + y` as `(x, y) -> x + y`.
fn of_keyword(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut written = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let colon = (is_word(&tokens[at], "lambda"))
            .then(|| tokens[at..].iter().position(|token| token.token == Token::Colon))
            .flatten()
            .map(|len| at + len);
        let names = colon.map(|colon| &tokens[at + 1..colon]);
        match (names, colon) {
            (Some(names), Some(colon)) if are_names(names) => {
                push_names(names, &mut written);
                written.push(TokenWithSpan { token: Token::Arrow, span: tokens[colon].span });
                at = colon + 1;
            }
            _ => {
                written.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    written
}

fn are_names(tokens: &[TokenWithSpan]) -> bool {
    let solid: Vec<&Token> =
        tokens.iter().filter(|token| is_solid(token)).map(|token| &token.token).collect();
    solid.len() % 2 == 1
        && solid.iter().enumerate().all(|(at, token)| match at % 2 {
            0 => matches!(token, Token::Word(_)),
            _ => **token == Token::Comma,
        })
}

/// Several names go into parentheses.
fn push_names(names: &[TokenWithSpan], written: &mut Vec<TokenWithSpan>) {
    let is_one = names.iter().filter(|token| is_solid(token)).count() == 1;
    let at = |token| TokenWithSpan { token, span: names.first().map_or(Span::empty(), |name| name.span) };
    if !is_one {
        written.push(at(Token::LParen));
    }
    written.extend_from_slice(names);
    if !is_one {
        written.push(at(Token::RParen));
    }
}

/// `[a for x in l if b]` as `list_transform(list_filter(l, x -> (b)), x -> (a))`.
fn comprehensions(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut written: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    // Where brackets are open in what is written.
    let mut open = Vec::new();
    for token in tokens {
        let is_end = token.token == Token::RBracket;
        if token.token == Token::LBracket {
            open.push(written.len());
        }
        written.push(token);
        if is_end && let Some(start) = open.pop() {
            let call = comprehension(&written[start + 1..written.len() - 1]);
            if let Some(call) = call {
                written.truncate(start);
                written.extend(call);
            }
        }
    }
    written
}

/// What stands between the brackets, as a call; `None`: it is another list.
fn comprehension(tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let of = outside_brackets(tokens, &["for"])?;
    let within = of + outside_brackets(&tokens[of..], &["in"])?;
    let condition = outside_brackets(&tokens[within..], &["if"]).map(|len| within + len);
    let names = &tokens[of + 1..within];
    if !are_names(names) {
        return None;
    }
    let span = tokens[of].span;
    let at = |token| TokenWithSpan { token, span };
    let call = |name: &str| [at(Token::make_word(name, None)), at(Token::LParen)];
    let lambda = |body: &[TokenWithSpan]| {
        let mut lambda = vec![at(Token::Comma)];
        push_names(names, &mut lambda);
        lambda.extend([at(Token::Arrow), at(Token::LParen)]);
        lambda.extend_from_slice(body);
        lambda.extend([at(Token::RParen), at(Token::RParen)]);
        lambda
    };
    let mut written = call("list_transform").to_vec();
    match condition {
        Some(condition) => {
            written.extend(call("list_filter"));
            written.extend_from_slice(&tokens[within + 1..condition]);
            written.extend(lambda(&tokens[condition + 1..]));
        }
        None => written.extend_from_slice(&tokens[within + 1..]),
    }
    written.extend(lambda(&tokens[..of]));
    Some(written)
}

/// Makes lambdas of what looks like JSON to the parser, in a call of a function that takes them.
///
/// # Errors
/// The function is one that there is not, or the lambda has several names.
pub(crate) fn take_lambdas(function: &mut Function) -> Result<()> {
    let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return Ok(()) };
    let name = name.value.to_lowercase();
    if REFUSED.contains(&name.as_str()) {
        return Err(Error::new(format!("{name} is not supported")).with_hint(
            "sums, products and extremes of lists are functions: list_sum(l), list_product(l), list_max(l)",
        ));
    }
    let FunctionArguments::List(list) = &mut function.args else { return Ok(()) };
    if !TAKERS.contains(&name.as_str()) {
        return Ok(());
    }
    for arg in list.args.iter_mut().skip(1) {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg else { continue };
        lower_arrow(expr, &|op| matches!(op, BinaryOperator::And | BinaryOperator::Or | BinaryOperator::Xor));
        let Expr::BinaryOp { left, op: BinaryOperator::Arrow, right } = &*expr else { continue };
        let names = match left.as_ref() {
            Expr::Identifier(name) => vec![name.clone()],
            Expr::Tuple(names) => names
                .iter()
                .filter_map(|name| match name {
                    Expr::Identifier(name) => Some(name.clone()),
                    _ => None,
                })
                .collect(),
            Expr::Nested(name) => match name.as_ref() {
                Expr::Identifier(name) => vec![name.clone()],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        *expr = Expr::Lambda(lambda(&name, names, right)?);
    }
    Ok(())
}

fn lambda(function: &str, names: Vec<Ident>, body: &Expr) -> Result<LambdaFunction> {
    let [name] = <[Ident; 1]>::try_from(names).map_err(|_| {
        Error::new(format!("{function}: a lambda has one name, as in x -> x + 1")).with_hint(
            "places of items come from list_zip(l, range(1, len(l) + 1)), whose items have two fields",
        )
    })?;
    // The relational core knows it by its name in lower case.
    let name = Ident::new(name.value.to_lowercase());
    let parameter = LambdaFunctionParameter { name, data_type: None };
    Ok(LambdaFunction {
        params: OneOrManyWithParens::One(parameter),
        body: Box::new(body.clone()),
        syntax: LambdaSyntax::Arrow,
    })
}

/// Puts the arrow that stands leftmost in an expression around all of it, as far as operators go that bind less.
pub(crate) fn lower_arrow(expr: &mut Expr, binds_less: &dyn Fn(&BinaryOperator) -> bool) {
    let Expr::BinaryOp { left, op, right } = expr else { return };
    if !binds_less(op) {
        return;
    }
    lower_arrow(left, binds_less);
    if let Expr::BinaryOp { left: name, op: BinaryOperator::Arrow, right: body } = left.as_mut() {
        let body = Expr::BinaryOp { left: body.clone(), op: op.clone(), right: right.clone() };
        *expr = Expr::BinaryOp { left: name.clone(), op: BinaryOperator::Arrow, right: Box::new(body) };
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::parse;

    #[track_caller]
    fn check(sql: &str, expected: &str) {
        assert_eq!(parse(sql).unwrap()[0].to_string(), expected);
    }

    #[test]
    fn other_forms_are_arrows() {
        check("SELECT f(l, lambda x: x + 1)", "SELECT f(l, x -> x + 1)");
        check("SELECT f(l, LAMBDA x, y : x)", "SELECT f(l, (x, y) -> x)");
        check("SELECT [x + 1 for x in l]", "SELECT list_transform(l, x -> (x + 1))");
        check(
            "SELECT [[y for y in x] for x in f(l) if x[1] > 2]",
            "SELECT list_transform(list_filter(f(l), x -> (x[1] > 2)), x -> (list_transform(x, y -> (y))))",
        );
        check("SELECT [1, 2], l[1:2], lambda FROM t", "SELECT [1, 2], l[1:2], lambda FROM t");
    }
}
