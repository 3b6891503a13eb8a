//! Words of SQL that the parser does not take where they stand: `(TABLE t)`, `EXCLUDE NO OTHERS`, `ORDER BY a USING <`,
//! `'1 day'::interval` in frames of windows, texts that go on in the next line, and columns of new tables that are called `key`.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use crate::tokens::{is_solid, is_word, select_star};

/// Writes them as the parser takes them.
pub(crate) fn plain_words(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    quote_new_columns(&mut tokens);
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    let mut plain = Vec::with_capacity(tokens.len());
    let mut next = 0;
    for (place, at) in solid.iter().enumerate() {
        if *at < next {
            continue;
        }
        if let Some((text, end)) = text_of_lines(&tokens, &solid, place) {
            plain.extend_from_slice(&tokens[next..*at]);
            plain.push(TokenWithSpan { token: Token::SingleQuotedString(text), span: tokens[*at].span });
            next = solid[end] + 1;
            continue;
        }
        let here: Vec<&TokenWithSpan> = solid[place..].iter().take(4).map(|at| &tokens[*at]).collect();
        let before = place.checked_sub(1).map(|before| &tokens[solid[before]]);
        let (words, instead) = if begins_table(&here, before) {
            (1, select_star(here[0]).to_vec())
        } else if are_words(&here, ["EXCLUDE", "NO", "OTHERS"]) {
            (3, Vec::new())
        } else if let Some(text) = interval_of(&here) {
            let interval = TokenWithSpan { token: Token::make_keyword("INTERVAL"), span: text.span };
            (3, vec![interval, text.clone()])
        } else if is_lateral_list(&here) {
            (1, Vec::new())
        } else if let Some(word) = order_of(&here) {
            (2, vec![TokenWithSpan { token: Token::make_keyword(word), span: here[0].span }])
        } else {
            continue;
        };
        plain.extend_from_slice(&tokens[next..*at]);
        plain.extend(instead);
        next = solid[place + words - 1] + 1;
    }
    plain.extend_from_slice(&tokens[next..]);
    plain
}

fn are_words(tokens: &[&TokenWithSpan], words: [&str; 3]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| is_word(token, word))
}

/// Whether a query begins here that is a table, inside of parentheses or behind another one.
fn begins_table(here: &[&TokenWithSpan], before: Option<&TokenWithSpan>) -> bool {
    let [table, name, ..] = here else { return false };
    is_word(table, "TABLE")
        && matches!(&name.token, Token::Word(_) | Token::SingleQuotedString(_))
        && before.is_some_and(|before| {
            let words = ["UNION", "EXCEPT", "INTERSECT", "ALL"];
            before.token == Token::LParen || words.iter().any(|word| is_word(before, word))
        })
}

/// Whether here stands `LATERAL unnest(…)`, and the like, which look beside them without the word.
fn is_lateral_list(here: &[&TokenWithSpan]) -> bool {
    let [lateral, name, open, ..] = here else { return false };
    is_word(lateral, "LATERAL")
        && ["UNNEST", "JSON_EACH", "JSON_TREE"].iter().any(|known| is_word(name, known))
        && open.token == Token::LParen
}

/// The text of `'1 day'::interval`; behind which no unit may stand, that it would be given.
fn interval_of<'a>(here: &[&'a TokenWithSpan]) -> Option<&'a TokenWithSpan> {
    let [text, colons, interval, rest @ ..] = here else { return None };
    let is_interval = matches!(text.token, Token::SingleQuotedString(_))
        && colons.token == Token::DoubleColon
        && is_word(interval, "INTERVAL");
    let may_be_unit = |token: &&TokenWithSpan| {
        matches!(&token.token, Token::Word(_)) && !is_word(token, "PRECEDING") && !is_word(token, "FOLLOWING")
    };
    (is_interval && !rest.first().is_some_and(may_be_unit)).then_some(*text)
}

/// A text that begins at a place and goes on in other lines, as SQL has it, and the place of its last part.
fn text_of_lines(tokens: &[TokenWithSpan], solid: &[usize], place: usize) -> Option<(String, usize)> {
    let text_at = |place: usize| match &tokens[*solid.get(place)?].token {
        Token::SingleQuotedString(text) => Some(text),
        _ => None,
    };
    let mut text = text_at(place)?.clone();
    let mut end = place;
    while let Some(more) = text_at(end + 1) {
        let mut between = tokens[solid[end] + 1..solid[end + 1]].iter();
        let is_end = |token: &TokenWithSpan| {
            use Whitespace::{Newline, SingleLineComment};
            matches!(token.token, Token::Whitespace(Newline | SingleLineComment { .. }))
        };
        if !between.any(is_end) {
            break;
        }
        text.push_str(more);
        end += 1;
    }
    (end > place).then_some((text, end))
}

/// `USING <` and `USING >` of an order as the words for these.
fn order_of(here: &[&TokenWithSpan]) -> Option<&'static str> {
    match here {
        [using, operator, ..] if is_word(using, "USING") => match operator.token {
            Token::Lt => Some("ASC"),
            Token::Gt => Some("DESC"),
            _ => None,
        },
        _ => None,
    }
}

/// Words that begin a condition of a table in MySQL: in front of a type, they are names of columns.
const NAMES: [&str; 2] = ["KEY", "INDEX"];

/// Puts names of columns of `CREATE TABLE t (key text)` in quotes.
fn quote_new_columns(tokens: &mut [TokenWithSpan]) {
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    let mut is_new_table = false;
    for (place, at) in solid.iter().enumerate() {
        let token = &tokens[*at];
        if token.token == Token::SemiColon || is_word(token, "AS") {
            is_new_table = false;
        } else if is_word(token, "CREATE") {
            is_new_table = solid[place..].iter().take(5).any(|at| is_word(&tokens[*at], "TABLE"));
        }
        let is_behind_comma =
            place > 0 && matches!(tokens[solid[place - 1]].token, Token::LParen | Token::Comma);
        let has_type = solid.get(place + 1).is_some_and(|next| matches!(tokens[*next].token, Token::Word(_)));
        if is_new_table
            && is_behind_comma
            && has_type
            && NAMES.iter().any(|name| is_word(&tokens[*at], name))
            && let Token::Word(word) = &mut tokens[*at].token
        {
            word.quote_style = Some('"');
            word.keyword = Keyword::NoKeyword;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::check;

    #[test]
    fn words_where_they_stand() {
        check("SELECT * FROM (TABLE t) s", "SELECT * FROM (SELECT * FROM t) s");
        check("SELECT 1 UNION ALL TABLE t", "SELECT 1 UNION ALL SELECT * FROM t");
        check("SELECT a FROM t ORDER BY a USING >, b using <", "SELECT a FROM t ORDER BY a DESC, b ASC");
        check(
            "SELECT sum(a) OVER (ROWS 1 PRECEDING EXCLUDE NO OTHERS) FROM t",
            "SELECT sum(a) OVER (ROWS 1 PRECEDING) FROM t",
        );
        check("CREATE TABLE t (key TEXT, index INT)", "CREATE TABLE t (\"key\" TEXT, \"index\" INT)");
        check("SELECT '1 day'::interval, x::interval", "SELECT INTERVAL '1 day', x::INTERVAL");
        check("SELECT 'a'\n 'b' -- c\n 'd', 'e' 'f'", "SELECT 'abd', 'e' AS 'f'");
        check("SELECT key FROM a JOIN b USING (key)", "SELECT key FROM a JOIN b USING(key)");
    }
}
