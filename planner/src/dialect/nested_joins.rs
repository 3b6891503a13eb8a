//! `a JOIN b JOIN c ON b.x = c.x ON a.y = b.y`: the second join is a part of the first, as in `a JOIN (b JOIN c ON …) ON …`, which the
//! parser takes.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::tokens::{is_solid, is_word};

/// A join whose condition has not come yet.
struct Open {
    /// Where the word stands.
    at: usize,
    /// Whether one behind it has its condition already.
    has_inner: bool,
}

/// Puts joins that have another one in front of their condition into parentheses.
pub(crate) fn nested_joins(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut brackets: Vec<(usize, Token)> = Vec::new();
    // The joins of each query around.
    let mut open: Vec<Vec<Open>> = vec![Vec::new()];
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    for (place, at) in solid.iter().enumerate() {
        let token = &tokens[*at];
        match token.token {
            Token::LParen => open.push(Vec::new()),
            Token::RParen if open.len() > 1 => {
                open.pop();
            }
            _ => {}
        }
        let Some(joins) = open.last_mut() else { break };
        if is_word(token, "JOIN") && has_condition(&tokens, &solid[..place]) {
            joins.push(Open { at: *at, has_inner: false });
        } else if is_word(token, "ON") || is_word(token, "USING") {
            let Some(join) = joins.pop() else { continue };
            if join.has_inner {
                brackets.extend([(join.at + 1, Token::LParen), (*at, Token::RParen)]);
            }
            joins.iter_mut().for_each(|around| around.has_inner = true);
        } else if matches!(token.token, Token::SemiColon | Token::Comma)
            || CLAUSES.iter().any(|word| is_word(token, word))
        {
            joins.clear();
        }
    }
    // Those further behind first, so that the places of others stay.
    brackets.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    for (at, bracket) in brackets {
        let span = tokens[at].span;
        tokens.insert(at, TokenWithSpan { token: bracket, span });
    }
    tokens
}

/// Words behind the last join of a query.
const CLAUSES: [&str; 9] =
    ["FROM", "GROUP", "HAVING", "LIMIT", "ORDER", "QUALIFY", "SELECT", "WHERE", "WINDOW"];

/// Whether a join in front of which these words stand is one with a condition.
fn has_condition(tokens: &[TokenWithSpan], before: &[usize]) -> bool {
    let kind = before.iter().rev().take(3).map(|at| &tokens[*at]);
    let mut kind = kind.take_while(|token| {
        ["INNER", "LEFT", "RIGHT", "FULL", "OUTER", "CROSS", "NATURAL", "POSITIONAL"]
            .iter()
            .any(|word| is_word(token, word))
    });
    !kind.any(|token| ["CROSS", "NATURAL", "POSITIONAL"].iter().any(|word| is_word(token, word)))
}

#[cfg(test)]
mod tests {
    use crate::parse::check;

    #[test]
    fn joins_are_parts_of_others() {
        check(
            "SELECT * FROM a JOIN b LEFT JOIN c ON b.x = c.x ON a.y = b.y WHERE a.z",
            "SELECT * FROM a JOIN (b LEFT JOIN c ON b.x = c.x) ON a.y = b.y WHERE a.z",
        );
        check(
            "SELECT * FROM a JOIN b JOIN c JOIN d USING (k) USING (k) ON a.k = b.k JOIN e ON e.k = a.k",
            "SELECT * FROM a JOIN (b JOIN (c JOIN d USING(k)) USING(k)) ON a.k = b.k JOIN e ON e.k = a.k",
        );
    }

    #[test]
    fn others_stay() {
        for sql in [
            "SELECT * FROM a JOIN b ON a.x = b.x JOIN c ON b.y = c.y",
            "SELECT * FROM a CROSS JOIN b JOIN c ON b.y = c.y JOIN d USING(k)",
            "SELECT DISTINCT ON (x) x FROM a JOIN (b JOIN c ON b.y = c.y) ON a.x = b.x",
        ] {
            check(sql, sql);
        }
    }
}
