//! `FROM 'x' WHERE …` as `SELECT * FROM 'x' WHERE …`, wherever a query may stand.
//!
//! The parser takes a `FROM` without a `SELECT` for a query of no columns, and without its other clauses. So the words are put
//! in before it is asked. `FROM 'x' SELECT a` it knows.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::tokens::{closing, is_solid, is_word, outside_brackets, select_star};

/// Puts `SELECT *` in front of each `FROM` with which a query begins, and which has no `SELECT` behind it.
pub(crate) fn with_select(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut rewritten = Vec::with_capacity(tokens.len());
    // The queries, or parts of one, around a place: one for each parenthesis that is open.
    let mut parts = vec![Part::default()];
    for (at, token) in tokens.iter().enumerate() {
        let is_nested = parts.len() > 1;
        let part = parts.last_mut().expect("the outermost part is never taken out");
        match &token.token {
            _ if !is_solid(token) => {}
            Token::LParen => {
                let is_of_trim = part.last == Some(Before::Word(Keyword::TRIM));
                part.pass(Before::Paren);
                parts.push(Part { is_of_trim, ..Part::default() });
            }
            Token::RParen if is_nested => drop(parts.pop()),
            Token::SemiColon => parts = vec![Part::default()],
            Token::Word(word) => match word.keyword {
                Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT => {
                    *part = Part { is_of_set: true, ..Part::default() };
                }
                Keyword::FROM => {
                    if part.may_begin_with_from() && lacks_select(&tokens[at + 1..]) {
                        rewritten.extend(select_star(token).into_iter().take(2));
                    }
                    part.has_select = true;
                }
                // To the parser it is no keyword.
                _ if is_word(token, "SUMMARIZE") => part.pass(Before::Word(Keyword::DESCRIBE)),
                keyword => part.pass(Before::Word(keyword)),
            },
            _ => part.pass(Before::Other),
        }
        rewritten.push(token.clone());
    }
    rewritten
}

/// Clauses behind a select list.
const BEHIND_LIST: [&str; 10] =
    ["WHERE", "GROUP", "HAVING", "WINDOW", "QUALIFY", "ORDER", "LIMIT", "OFFSET", "UNION", "INTERSECT"];

/// Puts the select list to the front of a query in parentheses, as in `(FROM 'x' SELECT max(a))`: in the place of a value the parser wants it
/// there.
pub(crate) fn with_list_first(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let opens: Vec<usize> = (0..tokens.len()).filter(|at| tokens[*at].token == Token::LParen).collect();
    for open in opens.into_iter().rev() {
        let Some(from) = (open + 1..tokens.len()).find(|at| is_solid(&tokens[*at])) else { continue };
        if !is_word(&tokens[from], "FROM") {
            continue;
        }
        let Some(close) = closing(&tokens, open) else { continue };
        let Some(list) = outside_brackets(&tokens[from..close], &["SELECT"]) else { continue };
        let list = from + list;
        let is_behind_from = outside_brackets(&tokens[from..list], &BEHIND_LIST).is_none();
        let is_of_set = outside_brackets(&tokens[from..close], &["UNION", "INTERSECT", "EXCEPT"]).is_some();
        if is_behind_from && !is_of_set {
            let end = outside_brackets(&tokens[list..close], &BEHIND_LIST).map_or(close, |end| list + end);
            tokens[from..end].rotate_left(list - from);
        }
    }
    tokens
}

/// What stands in front of a place, in a query or in parentheses that may hold one.
#[derive(Default)]
struct Part {
    first: Option<Before>,
    last: Option<Before>,
    has_select: bool,
    /// Behind `UNION` and its like.
    is_of_set: bool,
    /// In `trim(…)`, where `FROM` may come first, too.
    is_of_trim: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Word(Keyword),
    /// Something in parentheses.
    Paren,
    Other,
}

impl Part {
    fn pass(&mut self, token: Before) {
        let is_of_union = [Keyword::ALL, Keyword::DISTINCT, Keyword::BY, Keyword::NAME].map(Before::Word);
        if self.is_of_set && self.first.is_none() && is_of_union.contains(&token) {
            return;
        }
        self.has_select |= token == Before::Word(Keyword::SELECT);
        self.first.get_or_insert(token);
        self.last = Some(token);
    }

    /// Whether a query may begin here, with `FROM`.
    fn may_begin_with_from(&self) -> bool {
        let (Some(Before::Word(first)), Some(last)) = (self.first, self.last) else {
            return self.first.is_none() && !self.is_of_trim;
        };
        let is_begun = match first {
            Keyword::WITH => last == Before::Paren,
            Keyword::EXPLAIN => true,
            Keyword::DESCRIBE | Keyword::DESC => last == Before::Word(first),
            _ => false,
        };
        !self.has_select && (is_begun || last == Before::Word(Keyword::AS))
    }
}

/// Whether a query has no `SELECT` in what is left of it, which may be more than the query.
fn lacks_select(tokens: &[TokenWithSpan]) -> bool {
    let mut depth = 0_usize;
    for token in tokens {
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => break,
            Token::RParen => depth -= 1,
            Token::SemiColon => break,
            Token::Word(word) if depth == 0 => match word.keyword {
                Keyword::SELECT => return false,
                Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT => break,
                _ => {}
            },
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::parse::parse;

    #[test]
    fn lists_of_values_stand_in_front() {
        let sql =
            "SELECT (FROM t SELECT max(a) WHERE b), 1 IN (FROM (FROM u SELECT c) SELECT c LIMIT 1) FROM v";
        let expected =
            "SELECT (SELECT max(a) FROM t WHERE b), 1 IN (SELECT c FROM (SELECT c FROM u) LIMIT 1) FROM v";
        assert_eq!(parse(sql).unwrap()[0].to_string(), expected);
    }

    #[track_caller]
    fn check(sql: &str, expected: &str) {
        let statements: Vec<String> = parse(sql).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(statements.join("; "), expected);
    }

    #[test]
    fn queries_begin_with_from_wherever_they_stand() {
        for (sql, expected) in [
            ("FROM 'x' WHERE a > (SELECT 1)", "SELECT * FROM 'x' WHERE a > (SELECT 1)"),
            ("-- all\nfrom t; FROM u LIMIT 1", "SELECT * FROM t; SELECT * FROM u LIMIT 1"),
            ("SELECT a FROM (FROM 'x' WHERE b)", "SELECT a FROM (SELECT * FROM 'x' WHERE b)"),
            (
                "FROM a UNION ALL FROM b EXCEPT (FROM c)",
                "SELECT * FROM a UNION ALL SELECT * FROM b EXCEPT (SELECT * FROM c)",
            ),
            (
                "WITH t AS (FROM 'x'), u AS (FROM t) FROM u",
                "WITH t AS (SELECT * FROM 'x'), u AS (SELECT * FROM t) SELECT * FROM u",
            ),
            ("CREATE VIEW v AS FROM 'x'", "CREATE VIEW v AS SELECT * FROM 'x'"),
            ("EXPLAIN ANALYZE FROM 'x'", "EXPLAIN ANALYZE SELECT * FROM 'x'"),
            ("SELECT a IN (FROM t) FROM u", "SELECT a IN (SELECT * FROM t) FROM u"),
            ("DESCRIBE FROM 'x' WHERE a", "SELECT * FROM (SELECT * FROM 'x' WHERE a) AS \"$describe\""),
        ] {
            check(sql, expected);
        }
    }

    #[test]
    fn other_words_stay() {
        for sql in [
            "FROM t SELECT a",
            "SELECT EXTRACT(YEAR FROM d) FROM t",
            "SELECT SUBSTRING(a FROM 2 FOR 3), TRIM(BOTH 'x' FROM a) FROM t",
            "SELECT * EXCEPT (a) FROM t",
            "SELECT (a IS DISTINCT FROM b) FROM t",
            "SELECT 'FROM', \"from\" FROM t",
            "DELETE FROM t",
        ] {
            check(sql, sql);
        }
    }
}
