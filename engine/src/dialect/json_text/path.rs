//! How a path into JSON is written: `$.a[0]."b c"`, `/a/0/b c`, or a key alone.

use std::iter::Peekable;
use std::str::Chars;

use crate::error::{Error, Result};

/// One step from a value to values in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// To the value of a key, if it is an object.
    Key(String),
    /// To an item, if it is a list; below zero from its end.
    Item(i64),
    /// To an item or to the value of a key, as it is the one or the other.
    Either(String, i64),
    /// To all items.
    Items,
    /// To the values of all keys.
    Values,
}

/// The steps of a path; empty: the value itself.
///
/// # Errors
/// It begins as a path and goes on as none.
pub(super) fn steps(path: &str) -> Result<Vec<Step>> {
    if let Some(rest) = path.strip_prefix('$') {
        return of_dollar(rest).ok_or_else(|| {
            let hint = "as in '$.key', '$.list[0]', '$.list[#-1]', '$.\"a key\"', '$.list[*]'";
            Error::query(format!("there is no such path in JSON: \"{path}\""), hint.to_owned())
        });
    }
    let Some(rest) = path.strip_prefix('/') else { return Ok(vec![Step::Key(path.to_owned())]) };
    Ok(rest.split('/').map(|part| of_pointer(&part.replace("~1", "/").replace("~0", "~"))).collect())
}

/// Whether a path may lead to several values.
pub(super) fn is_of_many(steps: &[Step]) -> bool {
    steps.iter().any(|step| matches!(step, Step::Items | Step::Values))
}

fn of_pointer(part: &str) -> Step {
    match part.parse() {
        Ok(place) if part.bytes().all(|byte| byte.is_ascii_digit()) => Step::Either(part.to_owned(), place),
        _ => Step::Key(part.to_owned()),
    }
}

fn of_dollar(rest: &str) -> Option<Vec<Step>> {
    let mut chars = rest.chars().peekable();
    let mut steps = Vec::new();
    while let Some(char) = chars.next() {
        steps.push(match char {
            '.' if chars.next_if_eq(&'"').is_some() => Step::Key(until(&mut chars, '"')?),
            '.' if chars.next_if_eq(&'*').is_some() => Step::Values,
            '.' => {
                let mut key = String::new();
                while let Some(char) = chars.next_if(|char| !matches!(char, '.' | '[')) {
                    key.push(char);
                }
                (!key.is_empty()).then_some(Step::Key(key))?
            }
            '[' => item(&until(&mut chars, ']')?)?,
            _ => return None,
        });
    }
    Some(steps)
}

fn until(chars: &mut Peekable<Chars<'_>>, end: char) -> Option<String> {
    let mut text = String::new();
    loop {
        match chars.next()? {
            char if char == end => return Some(text),
            char => text.push(char),
        }
    }
}

/// What stands in brackets: `0`, `-1`, `#-1`, `*`.
fn item(text: &str) -> Option<Step> {
    if text == "*" {
        return Some(Step::Items);
    }
    let place = text.strip_prefix('#').unwrap_or(text);
    let place: i64 = place.parse().ok()?;
    (place < 0 || !text.starts_with('#')).then_some(Step::Item(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let key = |key: &str| Step::Key(key.to_owned());
        for (path, expected) in [
            ("$", vec![]),
            ("$.a.b", vec![key("a"), key("b")]),
            ("$.\"a.b\"[0][#-1][-2]", vec![key("a.b"), Step::Item(0), Step::Item(-1), Step::Item(-2)]),
            ("$[*].*", vec![Step::Items, Step::Values]),
            ("/a/0/b~1c", vec![key("a"), Step::Either("0".to_owned(), 0), key("b/c")]),
            ("a.b", vec![key("a.b")]),
            ("", vec![key("")]),
        ] {
            assert_eq!(steps(path).unwrap(), expected, "{path}");
        }
        for path in ["$a", "$.", "$[", "$[x]", "$.a[#1]", "$.\"a"] {
            assert!(steps(path).is_err(), "{path}");
        }
    }
}
