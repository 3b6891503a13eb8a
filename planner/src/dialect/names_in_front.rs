//! `SELECT n: a + 1 FROM t: 'x.csv'`: names in front of what they name, as behind `AS`.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::tokens::{closing, is_solid, is_word};

/// Puts such names behind.
pub(crate) fn with_names_behind(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    if !tokens.iter().any(|token| token.token == Token::Colon) {
        return tokens;
    }
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    let at = |place: usize| solid.get(place).map(|at| &tokens[*at]);
    // In which list each bracket around a place is, and where names wait to be written.
    let mut lists = vec![List::None];
    let mut names: Vec<(usize, TokenWithSpan)> = Vec::new();
    let mut written = Vec::with_capacity(tokens.len());
    let mut next = 0;
    for place in 0..solid.len() {
        let index = solid[place];
        while let Some((_, name)) = names.pop_if(|(end, _)| *end == place) {
            push_name(&mut written, name);
        }
        if index < next {
            continue;
        }
        let token = &tokens[index];
        let list = lists.last().copied().unwrap_or(List::None);
        let may_begin = list != List::None && place > 0 && begins_item(&tokens[solid[place - 1]]);
        let is_name = matches!(token.token, Token::Word(_))
            && at(place + 1).is_some_and(|colon| colon.token == Token::Colon);
        if may_begin && is_name && at(place + 2).is_some() {
            let end = match list {
                List::Values => end_of_value(&tokens, &solid, place + 2),
                _ => end_of_table(&tokens, &solid, place + 2),
            };
            names.push((end, token.clone()));
            names.sort_by_key(|(end, _)| std::cmp::Reverse(*end));
            next = solid[place + 1] + 1;
            continue;
        }
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => lists.push(List::None),
            Token::RParen | Token::RBracket | Token::RBrace if lists.len() > 1 => drop(lists.pop()),
            Token::Word(word) => {
                let is_first = begins_query(place, &tokens, &solid);
                if let Some(last) = lists.last_mut() {
                    *last = list_behind(word.keyword, list, is_first);
                }
            }
            Token::SemiColon => lists = vec![List::None],
            _ => {}
        }
        written.extend_from_slice(&tokens[next..=index]);
        next = index + 1;
    }
    for (_, name) in names.into_iter().rev() {
        push_name(&mut written, name);
    }
    written.extend_from_slice(&tokens[next..]);
    written
}

/// In which list of a query a place is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Values,
    Tables,
    None,
}

/// The list behind a word, which may be the first of a query.
fn list_behind(word: Keyword, list: List, is_first: bool) -> List {
    match word {
        Keyword::SELECT => List::Values,
        Keyword::FROM | Keyword::JOIN if list != List::None || is_first => List::Tables,
        Keyword::WHERE | Keyword::GROUP | Keyword::ORDER | Keyword::HAVING | Keyword::LIMIT => List::None,
        _ => list,
    }
}

fn push_name(written: &mut Vec<TokenWithSpan>, name: TokenWithSpan) {
    let span = name.span;
    let blank = || TokenWithSpan { token: Token::Whitespace(sqlparser::tokenizer::Whitespace::Space), span };
    written.extend([
        blank(),
        TokenWithSpan { token: Token::make_keyword("AS"), span },
        blank(),
        name,
        blank(),
    ]);
}

fn begins_item(before: &TokenWithSpan) -> bool {
    before.token == Token::Comma
        || ["SELECT", "DISTINCT", "ALL", "FROM", "JOIN"].iter().any(|word| is_word(before, word))
}

/// Whether a query may begin at a place, as with `FROM`.
fn begins_query(place: usize, tokens: &[TokenWithSpan], solid: &[usize]) -> bool {
    place.checked_sub(1).is_none_or(|before| {
        let before = &tokens[solid[before]];
        matches!(before.token, Token::LParen | Token::SemiColon)
    })
}

/// Words that end a list of values.
const ENDS: [&str; 13] = [
    "FROM",
    "INTO",
    "WHERE",
    "GROUP",
    "HAVING",
    "QUALIFY",
    "WINDOW",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "UNION",
    "INTERSECT",
    "EXCEPT",
];

/// The place behind a value: of a comma, of a word that ends the list, of what closes the brackets around it.
fn end_of_value(tokens: &[TokenWithSpan], solid: &[usize], from: usize) -> usize {
    let mut place = from;
    while let Some(token) = solid.get(place).map(|at| &tokens[*at]) {
        let is_distinct = place > from && is_word(&tokens[solid[place - 1]], "DISTINCT");
        match token.token {
            Token::Comma | Token::SemiColon | Token::RParen | Token::RBracket | Token::RBrace => {
                return place;
            }
            Token::LParen | Token::LBracket => place = behind_brackets(tokens, solid, place),
            _ if ENDS.iter().any(|word| is_word(token, word)) && !is_distinct => return place,
            _ => place += 1,
        }
    }
    place
}

/// The place behind a table: its name or path, and what it is called with, or a query in parentheses.
fn end_of_table(tokens: &[TokenWithSpan], solid: &[usize], from: usize) -> usize {
    let is = |place: usize, token: &Token| solid.get(place).is_some_and(|at| tokens[*at].token == *token);
    if is(from, &Token::LParen) {
        return behind_brackets(tokens, solid, from);
    }
    let mut place = from + 1;
    while is(place, &Token::Period) {
        place += 2;
    }
    if is(place, &Token::LParen) { behind_brackets(tokens, solid, place) } else { place }
}

fn behind_brackets(tokens: &[TokenWithSpan], solid: &[usize], open: usize) -> usize {
    let Some(close) = closing(tokens, solid[open]) else { return solid.len() };
    solid.partition_point(|at| *at <= close)
}

#[cfg(test)]
mod tests {
    use crate::parse::check;

    #[test]
    fn names_stand_in_front() {
        check(
            "SELECT n: a + 1, b, \"x y\": f(c, d) FROM t",
            "SELECT a + 1 AS n, b, f(c, d) AS \"x y\" FROM t",
        );
        check("SELECT n: 1", "SELECT 1 AS n");
        check("SELECT s: (SELECT m: max(a) FROM t) FROM u", "SELECT (SELECT max(a) AS m FROM t) AS s FROM u");
        check(
            "SELECT * FROM a: t, b: f(1) JOIN c: (SELECT 1) ON true",
            "SELECT * FROM t AS a, f(1) AS b JOIN (SELECT 1) AS c ON true",
        );
        check("FROM r: range(3) WHERE r > 1", "SELECT * FROM range(3) AS r WHERE r > 1");
    }

    #[test]
    fn other_colons_stay() {
        check("SELECT l[1:2], {'a': b}, x::int FROM t", "SELECT l[1:2], {'a': b}, x::INT FROM t");
    }
}
