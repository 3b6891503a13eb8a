//! Lists and objects as DuckDB and Python write them as texts: `[a, b]`, `{'x': 1, y: None}`.

/// Such a text as JSON; `None` if its brackets and quotes are not in order. Words without quotes are texts, but for those that
/// JSON has, and `NULL` and `None`.
pub(crate) fn as_json(text: &str) -> Option<String> {
    let mut json = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '[' | ']' | '{' | '}' | ',' | ':' => {
                json.push(first);
                &rest[1..]
            }
            '\'' | '"' => push_quoted(&rest[1..], first, &mut json)?,
            blank if blank.is_whitespace() => &rest[blank.len_utf8()..],
            _ => {
                let end = rest.find(['[', ']', '{', '}', ',', ':']).unwrap_or(rest.len());
                // In the place of a value colons are parts of it, as in times.
                let is_value = !json.ends_with(['{', ',']) || json.ends_with(',') && !is_key(&rest[end..]);
                let end = if is_value { rest.find([']', '}', ',']).unwrap_or(rest.len()) } else { end };
                push_word(rest[..end].trim_end(), is_value, &mut json);
                &rest[end..]
            }
        };
    }
    Some(json)
}

fn is_key(behind: &str) -> bool {
    behind.starts_with(": ")
}

/// Adds what stands in quotes that have been opened; gives what is behind them. A quote in it is doubled or has a `\` in front.
fn push_quoted<'a>(text: &'a str, quote: char, json: &mut String) -> Option<&'a str> {
    json.push('"');
    let mut chars = text.char_indices();
    while let Some((at, found)) = chars.next() {
        match found {
            '\\' => push_char(chars.next()?.1, json),
            found if found == quote && text[at + 1..].starts_with(quote) => {
                push_char(quote, json);
                chars.next();
            }
            found if found == quote => {
                json.push('"');
                return Some(&text[at + 1..]);
            }
            other => push_char(other, json),
        }
    }
    None
}

/// Adds a word without quotes.
fn push_word(word: &str, is_value: bool, json: &mut String) {
    match word {
        "NULL" | "None" | "null" if is_value => json.push_str("null"),
        "True" | "true" if is_value => json.push_str("true"),
        "False" | "false" if is_value => json.push_str("false"),
        _ => {
            // Numbers, dates and times are read from texts, too.
            json.push('"');
            word.chars().for_each(|found| push_char(found, json));
            json.push('"');
        }
    }
}

fn push_char(found: char, json: &mut String) {
    match found {
        '"' | '\\' => json.extend(['\\', found]),
        '\n' => json.push_str("\\n"),
        other => json.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations_become_json() {
        for (text, expected) in [
            ("[a, b c, NULL]", Some(r#"["a","b c",null]"#)),
            ("['it''s', 'x, y', \"z\"]", Some(r#"["it's","x, y","z"]"#)),
            (r"['a\'b', None, True]", Some(r#"["a'b",null,true]"#)),
            ("{'x': 1, y: zz}", Some(r#"{"x":"1","y":"zz"}"#)),
            ("[{x: 10:30:00, y: [1, 2]}]", Some(r#"[{"x":"10:30:00","y":["1","2"]}]"#)),
            ("[10:30, 11:45]", Some(r#"["10:30","11:45"]"#)),
            ("[2001-02-03 10:00:00, é]", Some(r#"["2001-02-03 10:00:00","é"]"#)),
            ("[]", Some("[]")),
            ("['open]", None),
        ] {
            assert_eq!(as_json(text).as_deref(), expected, "{text}");
        }
    }
}
