//! `x IN [1, 2]` and `x IN l`: lists where the parser wants values in parentheses.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use crate::tokens::{closing, ends_operand, is_solid, is_word, select_star};

/// `x IN [1, 2]` as `x IN (1, 2)`.
pub(crate) fn lists_of_in(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut last_is_in = false;
    // Whether each bracket that is open is to become a parenthesis.
    let mut open = Vec::new();
    for token in &mut tokens {
        match token.token {
            Token::LBracket => {
                open.push(last_is_in);
                if last_is_in {
                    token.token = Token::LParen;
                }
            }
            Token::RBracket if open.pop() == Some(true) => token.token = Token::RParen,
            _ => {}
        }
        if is_solid(token) {
            last_is_in = is_word(token, "IN");
        }
    }
    tokens
}

/// `x IN (VALUES (1), (2))` as a query, which the parser takes for a call.
pub(crate) fn rows_of_in(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    for words in solid.windows(4).rev() {
        let [word, open, values, row] = *words else { continue };
        let are_rows = is_word(&tokens[word], "IN")
            && tokens[open].token == Token::LParen
            && is_word(&tokens[values], "VALUES")
            && tokens[row].token == Token::LParen;
        if are_rows && let Some(close) = closing(&tokens, open) {
            let span = tokens[values].span;
            let at = |token| TokenWithSpan { token, span };
            tokens.insert(close, at(Token::RParen));
            let mut start = Vec::new();
            for token in select_star(&tokens[values]) {
                start.extend([token, at(Token::Whitespace(Whitespace::Space))]);
            }
            start.push(at(Token::LParen));
            tokens.splice(values..values, start);
        }
    }
    tokens
}

/// `x IN l` of a list that has a name or is computed as `x IN UNNEST(l)`, which the parser takes.
pub(crate) fn lists_by_name(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    if !tokens.iter().any(|token| is_word(token, "IN")) {
        return tokens;
    }
    let mut written: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    // Whether each parenthesis that is open is of `position('a' IN b)`.
    let mut open = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token.token {
            Token::LParen => {
                let before = written.iter().rfind(|token| is_solid(token));
                open.push(before.is_some_and(|before| is_word(before, "POSITION")));
            }
            Token::RParen => {
                open.pop();
            }
            _ => {}
        }
        let is_in = is_word(token, "IN") && open.last() != Some(&true) && is_behind_value(&written);
        written.push(token.clone());
        at += 1;
        let start = at + tokens[at..].iter().take_while(|token| !is_solid(token)).count();
        let Some(end) = name_end(&tokens, start).filter(|_| is_in) else { continue };
        let span = tokens[start].span;
        let around = |token| TokenWithSpan { token, span };
        written.extend(
            [Token::Whitespace(Whitespace::Space), Token::make_keyword("UNNEST"), Token::LParen].map(around),
        );
        written.extend_from_slice(&tokens[start..end]);
        written.push(around(Token::RParen));
        at = end;
    }
    written
}

/// Whether what is written ends with a value, and perhaps `NOT`; the name behind `FOR` is none.
fn is_behind_value(written: &[TokenWithSpan]) -> bool {
    let mut solid = written.iter().rev().filter(|token| is_solid(token)).peekable();
    solid.next_if(|token| is_word(token, "NOT"));
    let Some(value) = solid.next() else { return false };
    ends_operand(&value.token) && !solid.next().is_some_and(|before| is_word(before, "FOR"))
}

/// Where a name that begins at a place ends, with its fields, what it is called with, and places in it; `None`: there is none.
fn name_end(tokens: &[TokenWithSpan], start: usize) -> Option<usize> {
    let Token::Word(word) = &tokens.get(start)?.token else { return None };
    if !matches!(word.keyword, Keyword::NoKeyword) && !is_called(tokens, start)
        || word.keyword == Keyword::UNNEST
    {
        return None;
    }
    let mut end = start + 1;
    loop {
        match tokens.get(end).map(|token| &token.token) {
            Some(Token::Period) if matches!(tokens.get(end + 1)?.token, Token::Word(_)) => end += 2,
            Some(Token::LParen | Token::LBracket) => end = closing(tokens, end)? + 1,
            _ => return Some(end),
        }
    }
}

fn is_called(tokens: &[TokenWithSpan], name: usize) -> bool {
    tokens.get(name + 1).is_some_and(|token| token.token == Token::LParen)
}

#[cfg(test)]
mod tests {
    use crate::parse::check;

    #[test]
    fn rows_are_queries() {
        check("SELECT x IN (VALUES (1), (2)), 1", "SELECT x IN (SELECT * FROM (VALUES (1), (2))), 1");
        check("SELECT x IN (values(1))", "SELECT x IN (SELECT * FROM (VALUES (1)))");
    }

    #[test]
    fn lists_have_names() {
        check("SELECT 1 IN [1, 2], x IN l", "SELECT 1 IN (1, 2), x IN UNNEST(l)");
        check("SELECT x NOT IN t.l AND a", "SELECT x NOT IN UNNEST(t.l) AND a");
        check("SELECT 'a' IN split(s, ',')[1:2]", "SELECT 'a' IN UNNEST(split(s, ',')[1:2])");
        check(
            "SELECT position('a' IN s), x IN (1), x IN (l)",
            "SELECT POSITION('a' IN s), x IN (1), x IN (l)",
        );
        check("SELECT x IN (SELECT y FROM t)", "SELECT x IN (SELECT y FROM t)");
        check("SELECT [x FOR x IN l]", "SELECT list_transform(l, x -> (x))");
    }
}
