//! Lambdas: `list_transform(l, x -> x + 1)`, also written `lambda x: x + 1` and `[x + 1 for x in l if x > 0]`.
//!
//! The parser takes `->` for the operator of JSON; which of them it is depends on where it stands. So the other forms are brought to
//! this one before the parser is asked, token by token, and functions of lists take what they are given for lambdas.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    LambdaFunction, LambdaFunctionParameter, LambdaSyntax, ObjectNamePart, OneOrManyWithParens, Subscript,
    Value, VisitorMut,
};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use crate::dialect::functions::{call, positional};
use crate::dialect::templates::Template;
use crate::error::{Error, Result};
use crate::scope::same_name;
use crate::tokens::{is_solid, is_word, outside_brackets};
use crate::walk::walk_mut;

/// Functions that take a lambda.
const TAKERS: &[&str] = &[
    "any_match",
    "apply",
    "array_any_match",
    "array_apply",
    "array_filter",
    "array_first",
    "array_transform",
    "filter",
    "list_any_match",
    "list_apply",
    "list_filter",
    "list_transform",
];

/// Functions whose lambda goes from one item to the next, and so has a name for what is carried on, too.
const REDUCERS: &[&str] = &["array_reduce", "list_reduce", "reduce"];

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
/// Whether the call is no longer what was written.
///
/// # Errors
/// The function is one that there is not, or the lambda has more names than there are values for.
pub(crate) fn take_lambdas(function: &mut Function) -> Result<bool> {
    let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return Ok(false) };
    let name = name.value.to_lowercase();
    let FunctionArguments::List(list) = &mut function.args else { return Ok(false) };
    let is_reducer = REDUCERS.contains(&name.as_str());
    if !is_reducer && !TAKERS.contains(&name.as_str()) {
        return Ok(false);
    }
    for arg in list.args.iter_mut().skip(1) {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg else { continue };
        lower_arrow(expr, &|op| matches!(op, BinaryOperator::And | BinaryOperator::Or | BinaryOperator::Xor));
        let Expr::BinaryOp { left, op: BinaryOperator::Arrow, right } = &*expr else { continue };
        let names = names_of(left);
        match names.as_slice() {
            _ if is_reducer => *expr = reducing(&name, names, right)?,
            [value, place] => {
                return with_places(function, [value.clone(), place.clone()]).map(|()| true);
            }
            _ => *expr = lambda(&name, names, right)?,
        }
    }
    Ok(false)
}

/// The names in front of an arrow.
fn names_of(expr: &Expr) -> Vec<Ident> {
    match expr {
        Expr::Identifier(name) => vec![name.clone()],
        Expr::Tuple(names) => names.iter().flat_map(names_of).collect(),
        Expr::Nested(name) => names_of(name),
        _ => Vec::new(),
    }
}

/// `list_transform(l, (x, i) -> …)`: the list becomes one of items that have the value and its place.
///
/// # Errors
/// The function is none that knows of places.
fn with_places(function: &mut Function, names: [Ident; 2]) -> Result<()> {
    let name = function.name.to_string();
    let given = positional(function).unwrap_or_default();
    let [list, Expr::BinaryOp { right: body, .. }] = given.as_slice() else {
        return Err(Error::new(format!("{name}: expected a list and a lambda")));
    };
    let mut body = (**body).clone();
    let item = Item::of(names);
    let ControlFlow::Continue(()) = walk_mut(&mut body, &mut Places(&item));
    let items =
        Template::new("list_zip($1, range(1, length($1) + 1))", 1).filled(std::slice::from_ref(list))?;
    let of_items = lambda(&name, vec![item.name.clone()], &body)?;
    let is_filter = matches!(name.to_lowercase().as_str(), "array_filter" | "filter" | "list_filter");
    *function = match is_filter {
        true => {
            let kept = Expr::Function(call("array_filter", vec![items, of_items]));
            call("array_transform", vec![kept, lambda(&name, vec![item.name.clone()], &item.field(0))?])
        }
        false => call(&name, vec![items, of_items]),
    };
    Ok(())
}

/// An item that has a value and its place.
struct Item {
    /// Another one for each lambda, as there may be others inside.
    name: Ident,
    names: [Ident; 2],
}

impl Item {
    fn of(names: [Ident; 2]) -> Self {
        Self { name: Ident::new(format!("__{}_{}", names[0].value, names[1].value)), names }
    }

    /// Its value, or its place.
    fn field(&self, at: usize) -> Expr {
        let index = Expr::Value(Value::SingleQuotedString((at + 1).to_string()).into());
        Expr::CompoundFieldAccess {
            root: Box::new(Expr::Identifier(self.name.clone())),
            access_chain: vec![AccessExpr::Subscript(Subscript::Index { index })],
        }
    }

    fn named(&self, name: &Ident) -> Option<Expr> {
        let at = self.names.iter().position(|known| same_name(&known.value, &name.value))?;
        Some(self.field(at))
    }
}

/// Puts the fields of an item into the places of their names.
struct Places<'a>(&'a Item);

impl VisitorMut for Places<'_> {
    type Break = std::convert::Infallible;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        let better = match expr {
            Expr::Identifier(name) => self.0.named(name),
            Expr::CompoundIdentifier(parts) => {
                self.0.named(&parts[0]).map(|root| Expr::CompoundFieldAccess {
                    root: Box::new(Expr::Nested(Box::new(root))),
                    access_chain: parts[1..]
                        .iter()
                        .map(|part| AccessExpr::Dot(Expr::Identifier(part.clone())))
                        .collect(),
                })
            }
            _ => None,
        };
        if let Some(better) = better {
            *expr = better;
        }
        ControlFlow::Continue(())
    }
}

fn lambda(function: &str, names: Vec<Ident>, body: &Expr) -> Result<Expr> {
    let name = <[Ident; 1]>::try_from(names).map_err(|_| {
        Error::new(format!(
            "{function}: a lambda has one name, or two, of which the second is the place of the item"
        ))
        .with_hint("as in x -> x + 1, or (x, i) -> x * i")
    })?;
    Ok(with_names(name.into(), body))
}

/// The lambda of a function that goes from one item to the next.
fn reducing(function: &str, names: Vec<Ident>, body: &Expr) -> Result<Expr> {
    if !(2..=3).contains(&names.len()) {
        let message = format!("{function}: a lambda has names for what is carried on and for the item");
        return Err(
            Error::new(message).with_hint("as in (x, y) -> x + y, or with its place, (x, y, i) -> x + y * i")
        );
    }
    Ok(with_names(names, body))
}

/// A lambda of these names.
pub(crate) fn with_names(names: Vec<Ident>, body: &Expr) -> Expr {
    // The relational core knows them by their names in lower case.
    let name = |name: Ident| LambdaFunctionParameter {
        name: Ident::new(name.value.to_lowercase()),
        data_type: None,
    };
    let mut parameters: Vec<_> = names.into_iter().map(name).collect();
    let params = match parameters.len() {
        1 => OneOrManyWithParens::One(parameters.remove(0)),
        _ => OneOrManyWithParens::Many(parameters),
    };
    Expr::Lambda(LambdaFunction { params, body: Box::new(body.clone()), syntax: LambdaSyntax::Arrow })
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
    use crate::parse::check;

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
