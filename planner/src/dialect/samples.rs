//! `FROM t USING SAMPLE 10%`, `TABLESAMPLE reservoir(5)` and their like, as `TABLESAMPLE (10 PERCENT)` behind the table.

use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use crate::tokens::{is_solid, is_word};

/// Words with which what stands behind FROM ends.
const CLAUSES: [&str; 11] = [
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "QUALIFY",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "UNION",
    "EXCEPT",
    "INTERSECT",
];

/// Writes samples in the form that the parser knows; one of several tables that are joined stays, and is an error of the parser.
pub(crate) fn as_table_samples(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    if !tokens.iter().any(|token| is_word(token, "SAMPLE") || is_word(token, "TABLESAMPLE")) {
        return tokens;
    }
    let mut written: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let behind_using = is_word(token, "USING").then(|| next_solid(&tokens, at + 1)).flatten();
        let begin = match behind_using {
            Some(next) if is_word(&tokens[next], "SAMPLE") => Some((next + 1, end_of_table(&written))),
            _ if is_word(token, "TABLESAMPLE") => Some((at + 1, Some(written.len()))),
            _ => None,
        };
        let sample = begin.and_then(|(begin, place)| Some((begin, place?, Sample::at(&tokens[begin..])?)));
        match sample {
            Some((begin, place, (sample, len))) => {
                written.splice(place..place, sample.written(token.span));
                at = begin + len;
            }
            None => {
                written.push(token.clone());
                at += 1;
            }
        }
    }
    written
}

fn next_solid(tokens: &[TokenWithSpan], from: usize) -> Option<usize> {
    (from..tokens.len()).find(|at| is_solid(&tokens[*at]))
}

/// Where the only table of the query ends that is written so far.
fn end_of_table(written: &[TokenWithSpan]) -> Option<usize> {
    let mut depth = 0_i32;
    let from = written.iter().rposition(|token| {
        match token.token {
            Token::RParen => depth += 1,
            Token::LParen => depth -= 1,
            _ => {}
        }
        depth < 0 || depth == 0 && is_word(token, "FROM")
    });
    let from = from.filter(|from| is_word(&written[*from], "FROM"))?;
    let mut depth = 0_i32;
    let mut end = written.len();
    for (at, token) in written.iter().enumerate().skip(from + 1) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            Token::Comma if depth == 0 => return None,
            _ if depth == 0 && is_word(token, "JOIN") => return None,
            _ if depth == 0 && CLAUSES.iter().any(|clause| is_word(token, clause)) => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    written[..end].iter().rposition(is_solid).map(|last| last + 1)
}

/// What is said of a sample.
struct Sample {
    number: Token,
    is_percent: bool,
    seed: Option<Token>,
}

impl Sample {
    /// What stands at the beginning of tokens, and how many of them it is.
    fn at(tokens: &[TokenWithSpan]) -> Option<(Self, usize)> {
        let mut rest = Rest { tokens, at: 0 };
        let is_of_rows = rest.take_word("RESERVOIR");
        if !is_of_rows {
            rest.take_method();
        }
        let is_nested = rest.take(&Token::LParen);
        let number = rest.take_number()?;
        let is_percent = rest.take(&Token::Mod) || rest.take_word("PERCENT");
        let has_unit = is_percent || rest.take_word("ROWS");
        // A number alone may be rows or percent, as in PostgreSQL.
        if !has_unit && is_nested && !is_of_rows {
            return None;
        }
        let mut seed = None;
        if is_nested {
            seed = rest.take(&Token::Comma).then(|| rest.take_number()).flatten();
            if !rest.take(&Token::RParen) {
                return None;
            }
        } else if rest.take(&Token::LParen) {
            if !rest.take_method() {
                return None;
            }
            seed = rest.take(&Token::Comma).then(|| rest.take_number()).flatten();
            if !rest.take(&Token::RParen) {
                return None;
            }
        }
        if rest.take_word("REPEATABLE") || rest.take_word("SEED") {
            rest.take(&Token::LParen);
            seed = rest.take_number();
            rest.take(&Token::RParen);
        }
        Some((Self { number, is_percent, seed }, rest.at))
    }

    fn written(self, span: Span) -> Vec<TokenWithSpan> {
        let blank = || Token::Whitespace(sqlparser::tokenizer::Whitespace::Space);
        let unit = if self.is_percent { "PERCENT" } else { "ROWS" };
        let mut tokens =
            vec![blank(), Token::make_keyword("TABLESAMPLE"), Token::LParen, self.number, blank()];
        tokens.extend([Token::make_keyword(unit), Token::RParen]);
        if let Some(seed) = self.seed {
            tokens.extend([Token::make_keyword("REPEATABLE"), Token::LParen, seed, Token::RParen]);
        }
        tokens.into_iter().map(|token| TokenWithSpan { token, span }).collect()
    }
}

/// Tokens that are taken one after the other.
struct Rest<'a> {
    tokens: &'a [TokenWithSpan],
    at: usize,
}

impl Rest<'_> {
    fn take_if(&mut self, wanted: impl FnOnce(&TokenWithSpan) -> bool) -> Option<Token> {
        let next = next_solid(self.tokens, self.at)?;
        let token = &self.tokens[next];
        wanted(token).then(|| {
            self.at = next + 1;
            token.token.clone()
        })
    }

    fn take(&mut self, wanted: &Token) -> bool {
        self.take_if(|token| token.token == *wanted).is_some()
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.take_if(|token| is_word(token, word)).is_some()
    }

    fn take_method(&mut self) -> bool {
        ["BERNOULLI", "RESERVOIR", "SYSTEM"].iter().any(|method| self.take_word(method))
    }

    fn take_number(&mut self) -> Option<Token> {
        self.take_if(|token| matches!(token.token, Token::Number(..)))
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::{check, parse};

    #[test]
    fn samples_stand_behind_their_table() {
        check(
            "SELECT a FROM t AS u WHERE a > 1 USING SAMPLE 10%",
            "SELECT a FROM t AS u TABLESAMPLE (10 PERCENT) WHERE a > 1",
        );
        check("FROM 'x' USING SAMPLE 5", "SELECT * FROM 'x' TABLESAMPLE (5 ROWS)");
        check(
            "SELECT (SELECT count(*) FROM t USING SAMPLE reservoir(20 PERCENT) REPEATABLE (7)) FROM u",
            "SELECT (SELECT count(*) FROM t TABLESAMPLE (20 PERCENT) REPEATABLE (7)) FROM u",
        );
        check(
            "SELECT a FROM t USING SAMPLE 1 PERCENT (bernoulli, 42)",
            "SELECT a FROM t TABLESAMPLE (1 PERCENT) REPEATABLE (42)",
        );
        check("SELECT a FROM t TABLESAMPLE reservoir(20)", "SELECT a FROM t TABLESAMPLE (20 ROWS)");
        check("SELECT a FROM t TABLESAMPLE 5% LIMIT 1", "SELECT a FROM t TABLESAMPLE (5 PERCENT) LIMIT 1");
        check("SELECT a FROM t TABLESAMPLE (5 ROWS)", "SELECT a FROM t TABLESAMPLE (5 ROWS)");
        assert!(parse("SELECT a FROM t JOIN u USING (a) USING SAMPLE 5").is_err());
    }
}
