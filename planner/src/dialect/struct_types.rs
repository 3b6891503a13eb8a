//! `STRUCT(a INT, b VARCHAR)`: the type, with the brackets that the parser knows for it.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::tokens::{closing, is_solid, is_word};

/// Types of structs with `<` and `>`.
pub(crate) fn with_angles(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    for at in 0..tokens.len() {
        if let Some((open, close)) = fields_of(&tokens, at) {
            tokens[open].token = Token::Lt;
            tokens[close].token = Token::Gt;
        }
    }
    tokens
}

/// The parentheses around the fields of a type that begins at a place. What stands in front of it, and two words one behind the other in
/// it, a name and its type, tell it from the function that makes structs.
fn fields_of(tokens: &[TokenWithSpan], at: usize) -> Option<(usize, usize)> {
    if !is_word(tokens.get(at)?, "STRUCT") {
        return None;
    }
    let before = tokens[..at].iter().rfind(|token| is_solid(token))?;
    let is_behind = match &before.token {
        Token::DoubleColon => true,
        Token::Word(word) => word.quote_style.is_some() || !BEFORE_VALUES.contains(&word.keyword),
        _ => false,
    };
    if !is_behind {
        return None;
    }
    let mut solid = (at + 1..tokens.len()).filter(|at| is_solid(&tokens[*at]));
    let open = solid.next().filter(|at| tokens[*at].token == Token::LParen)?;
    let mut is_name = || solid.next().is_some_and(|at| matches!(tokens[at].token, Token::Word(_)));
    if !is_name() || !is_name() {
        return None;
    }
    Some((open, closing(tokens, open)?))
}

/// Words in front of values. All others may be the name of what is of the type.
const BEFORE_VALUES: [Keyword; 20] = [
    Keyword::ALL,
    Keyword::AND,
    Keyword::BETWEEN,
    Keyword::BY,
    Keyword::CASE,
    Keyword::DISTINCT,
    Keyword::ELSE,
    Keyword::FROM,
    Keyword::HAVING,
    Keyword::IN,
    Keyword::IS,
    Keyword::LIKE,
    Keyword::NOT,
    Keyword::ON,
    Keyword::OR,
    Keyword::QUALIFY,
    Keyword::SELECT,
    Keyword::THEN,
    Keyword::WHEN,
    Keyword::WHERE,
];

#[cfg(test)]
mod tests {
    use crate::parse::check;

    #[test]
    fn structs_have_fields() {
        check("SELECT x::struct(a int, b varchar[])", "SELECT x::STRUCT<a INT, b VARCHAR[]>");
        check("SELECT CAST(x AS STRUCT (a STRUCT(b INT))[])", "SELECT CAST(x AS STRUCT<a STRUCT<b INT>>[])");
        check(
            "CREATE TABLE t (s STRUCT(\"a b\" DECIMAL(10, 2)))",
            "CREATE TABLE t (s STRUCT<\"a b\" DECIMAL(10,2)>)",
        );
        check(
            "CREATE TABLE t (data STRUCT(data STRUCT(a INT)))",
            "CREATE TABLE t (data STRUCT<data STRUCT<a INT>>)",
        );
        check("SELECT struct(NOT a, b), struct(a AS b)", "SELECT STRUCT(NOT a, b), STRUCT(a AS b)");
    }
}
