//! From a text of JSON to what a path leads to in it: pieces of the text, as they are written.

use swath_io::scanner::json::cursor::{Cursor, Problem, Value, unescaped};

use super::path::Step;
use crate::error::{Error, Result};

/// What is found of one value, by the steps of a path.
///
/// # Errors
/// The text is no JSON, also behind what is found.
pub(super) fn find<'a>(json: &'a str, steps: &[Step]) -> Result<Vec<&'a str>> {
    let whole = whole(json).map_err(|problem| malformed(json, problem))?;
    let mut found = Vec::new();
    walk(whole, steps, &mut found).map_err(|problem| malformed(json, problem))?;
    Ok(found)
}

/// The value that a text is, without blanks around it.
pub(in crate::dialect) fn whole(json: &str) -> std::result::Result<&str, Problem> {
    let mut cursor = Cursor::new(json, 0);
    let value = cursor.skip()?;
    match cursor.peek() {
        None => Ok(value),
        Some(_) => Err(Problem { at: cursor.at, expected: "the end of the text" }),
    }
}

/// The values of an object's keys, or a list's items without keys, as they are written.
pub(in crate::dialect) fn parts(json: &str) -> std::result::Result<Vec<(Option<String>, &str)>, Problem> {
    let mut parts = Vec::new();
    let mut cursor = Cursor::new(json, 0);
    let mut first = true;
    match cursor.value()? {
        Value::Object => {
            while let Some((key, escaped)) = cursor.next_key(first)? {
                let key = if escaped { unescaped(key) } else { Some(key.to_owned()) };
                parts.push((Some(key.unwrap_or_default()), cursor.skip()?));
                first = false;
            }
        }
        Value::List => {
            while cursor.next_item(first)? {
                parts.push((None, cursor.skip()?));
                first = false;
            }
        }
        _ => {}
    }
    Ok(parts)
}

/// The text of a text without quotes and escapes, anything else as it is written; `None`: it is null.
pub(in crate::dialect) fn plain(json: &str) -> Option<String> {
    match Cursor::new(json, 0).value() {
        Ok(Value::Null) => None,
        Ok(Value::Text(text, true)) => unescaped(text),
        Ok(Value::Text(text, false)) => Some(text.to_owned()),
        _ => Some(json.to_owned()),
    }
}

fn walk<'a>(json: &'a str, steps: &[Step], found: &mut Vec<&'a str>) -> std::result::Result<(), Problem> {
    let Some((step, rest)) = steps.split_first() else {
        found.push(json);
        return Ok(());
    };
    let is_list = json.starts_with('[');
    let parts = parts(json)?;
    let at = |place: i64| {
        let place = if place < 0 { place + parts.len() as i64 } else { place };
        usize::try_from(place).ok().and_then(|place| parts.get(place))
    };
    let by_key = |key: &str| parts.iter().find(|(own, _)| own.as_deref() == Some(key));
    let one = match step {
        Step::Items | Step::Values => {
            let is_wanted = is_list == (*step == Step::Items);
            for (_, value) in parts.iter().filter(|_| is_wanted) {
                walk(value, rest, found)?;
            }
            return Ok(());
        }
        Step::Key(key) | Step::Either(key, _) if !is_list => by_key(key),
        Step::Item(place) | Step::Either(_, place) if is_list => at(*place),
        _ => None,
    };
    one.map_or(Ok(()), |(_, value)| walk(value, rest, found))
}

/// How much of a text is shown in an error.
const SHOWN_CHARS: usize = 60;

pub(in crate::dialect) fn malformed(json: &str, problem: Problem) -> Error {
    let mut shown: String = json.chars().take(SHOWN_CHARS).collect();
    if shown.len() < json.len() {
        shown.push('…');
    }
    let hint =
        "json_valid(x) tells which texts are JSON: CASE WHEN json_valid(x) THEN json_extract(x, …) END";
    Error::query(
        format!("a text is no JSON: expected {} at byte {} of \"{shown}\"", problem.expected, problem.at + 1),
        hint.to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::path::steps;
    use super::*;

    #[test]
    fn what_paths_lead_to() {
        let json = r#" {"a": [1, {"b": "x\ny"}, null], "a.b": 2, "é": {"0": true}} "#;
        for (path, expected) in [
            ("$.a[0]", vec!["1"]),
            ("$.a[1].b", vec![r#""x\ny""#]),
            ("$.a[#-1]", vec!["null"]),
            ("$.a[-2]", vec![r#"{"b": "x\ny"}"#]),
            ("$.\"a.b\"", vec!["2"]),
            ("a.b", vec!["2"]),
            ("/a/1/b", vec![r#""x\ny""#]),
            ("/é/0", vec!["true"]),
            ("$.a[*]", vec!["1", r#"{"b": "x\ny"}"#, "null"]),
            ("$.a[*].b", vec![r#""x\ny""#]),
            ("$.nothing", vec![]),
            ("$.a[3]", vec![]),
            ("$[0]", vec![]),
            ("$.a.b", vec![]),
        ] {
            assert_eq!(find(json, &steps(path).unwrap()).unwrap(), expected, "{path}");
        }
        assert_eq!(plain(r#""x\ny""#).as_deref(), Some("x\ny"));
        assert_eq!((plain("null"), plain("1.50").as_deref()), (None, Some("1.50")));
    }

    #[test]
    fn what_is_no_json_is_told() {
        let error = find("{\"a\": 1", &[]).unwrap_err();
        assert!(error.to_string().contains("at byte 8"), "{error}");
        assert!(find("{\"a\": 1} x", &steps("$.a").unwrap()).is_err());
    }
}
