//! JSON made of JSON: `json_merge_patch(a, b)`, `json_structure(j)`, `json_pretty(j)`; and `json_contains(j, x)`.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ScalarUDF;
use swath_io::scanner::json::cursor::{Cursor, Problem, Value};

use super::{RowFunction, text};
use crate::dialect::json_text::{kind, malformed, parts, plain, whole};

pub(super) fn all() -> Vec<ScalarUDF> {
    let of =
        |name, count, answer, compute| RowFunction::of(name, vec![DataType::Utf8; count], answer, compute);
    vec![
        of("json_merge_patch", 2, DataType::Utf8, |values| {
            let (target, patch) = (json(&values[0])?, json(&values[1])?);
            match is_object(&target) {
                true => made(&target, merged(&target, &patch)),
                false => Ok(ScalarValue::Utf8(Some(patch))),
            }
        }),
        of("json_structure", 1, DataType::Utf8, |values| {
            let json = json(&values[0])?;
            made(&json, Shape::of(&json).map(|shape| shape.to_json()))
        }),
        of("json_pretty", 1, DataType::Utf8, |values| {
            let json = json(&values[0])?;
            let mut pretty = String::new();
            made(&json, write_pretty(&json, 0, &mut pretty).map(|()| pretty))
        }),
        of("json_contains", 2, DataType::Boolean, |values| {
            let (json, wanted) = (json(&values[0])?, json(&values[1])?);
            let found = contains(&json, &wanted).map_err(|problem| external(&json, problem))?;
            Ok(ScalarValue::Boolean(Some(found)))
        }),
    ]
}

/// The text of a value without blanks around it, which is JSON.
fn json(value: &ScalarValue) -> Result<String> {
    let text = text(value);
    whole(&text).map(str::to_owned).map_err(|problem| external(&text, problem))
}

fn made(json: &str, made: std::result::Result<String, Problem>) -> Result<ScalarValue> {
    made.map(|made| ScalarValue::Utf8(Some(made))).map_err(|problem| external(json, problem))
}

fn external(json: &str, problem: Problem) -> DataFusionError {
    DataFusionError::External(Box::new(malformed(json, problem)))
}

fn is_object(json: &str) -> bool {
    json.starts_with('{')
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The members of an object; of anything else there are none.
fn members(json: &str) -> std::result::Result<Vec<(String, &str)>, Problem> {
    Ok(parts(json)?.into_iter().filter_map(|(key, value)| Some((key?, value))).collect())
}

/// RFC 7396: members of the patch take the place of those of the target; where they are null, there is none any more.
fn merged(target: &str, patch: &str) -> std::result::Result<String, Problem> {
    if !is_object(patch) {
        return Ok(patch.to_owned());
    }
    let patches = members(patch)?;
    let own = members(target)?;
    let is_null = |json: &str| json == "null";
    let mut written = Vec::new();
    for (key, value) in &own {
        match patches.iter().find(|(patched, _)| patched == key) {
            Some((_, patch)) if is_null(patch) => {}
            Some((_, patch)) => written.push(format!("{}:{}", quoted(key), merged(value, patch)?)),
            None => written.push(format!("{}:{value}", quoted(key))),
        }
    }
    for (key, patch) in &patches {
        if !is_null(patch) && !own.iter().any(|(known, _)| known == key) {
            written.push(format!("{}:{}", quoted(key), merged("null", patch)?));
        }
    }
    Ok(format!("{{{}}}", written.join(",")))
}

/// What JSON is made of.
#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Null,
    Of(&'static str),
    Object(Vec<(String, Shape)>),
    List(Box<Shape>),
}

/// What values of different kinds have in common.
const ANY: Shape = Shape::Of("JSON");
/// Kinds of numbers, of which each takes those in front of it.
const NUMBERS: [&str; 3] = ["UBIGINT", "BIGINT", "DOUBLE"];

impl Shape {
    fn of(json: &str) -> std::result::Result<Self, Problem> {
        Ok(match Cursor::new(json, 0).value()? {
            Value::Null => Self::Null,
            Value::Object => {
                let members = members(json)?;
                let shapes = members.into_iter().map(|(key, value)| Ok((key, Self::of(value)?)));
                Self::Object(shapes.collect::<std::result::Result<_, Problem>>()?)
            }
            Value::List => {
                let items = parts(json)?;
                let mut all = Self::Null;
                for (_, item) in items {
                    all = all.with(Self::of(item)?);
                }
                Self::List(Box::new(all))
            }
            _ => Self::Of(kind(json)),
        })
    }

    fn with(self, other: Self) -> Self {
        let number = |name: &str| NUMBERS.iter().position(|number| *number == name);
        match (self, other) {
            (Self::Null, shape) | (shape, Self::Null) => shape,
            (Self::Of(a), Self::Of(b)) if a == b => Self::Of(a),
            (Self::Of(a), Self::Of(b)) => match (number(a), number(b)) {
                (Some(a), Some(b)) => Self::Of(NUMBERS[a.max(b)]),
                _ => ANY,
            },
            (Self::List(a), Self::List(b)) => Self::List(Box::new(a.with(*b))),
            (Self::Object(mut members), Self::Object(others)) => {
                for (key, shape) in others {
                    match members.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, known)) => *known = std::mem::replace(known, Self::Null).with(shape),
                        None => members.push((key, shape)),
                    }
                }
                Self::Object(members)
            }
            _ => ANY,
        }
    }

    fn to_json(&self) -> String {
        match self {
            Self::Null => "\"NULL\"".to_owned(),
            Self::Of(kind) => format!("\"{kind}\""),
            Self::List(item) => format!("[{}]", item.to_json()),
            // Of an object without members nothing is known, either.
            Self::Object(members) if members.is_empty() => ANY.to_json(),
            Self::Object(members) => {
                let member = |(key, shape): &(String, Self)| format!("{}:{}", quoted(key), shape.to_json());
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }
        }
    }
}

const INDENT: usize = 4;

fn write_pretty(json: &str, depth: usize, out: &mut String) -> std::result::Result<(), Problem> {
    let (open, close) = match json.as_bytes().first() {
        Some(b'{') => ('{', '}'),
        Some(b'[') => ('[', ']'),
        _ => {
            out.push_str(json);
            return Ok(());
        }
    };
    let parts = parts(json)?;
    out.push(open);
    for (at, (key, value)) in parts.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        out.extend(std::iter::repeat_n(' ', (depth + 1) * INDENT));
        if let Some(key) = key {
            out.push_str(&quoted(key));
            out.push_str(": ");
        }
        write_pretty(value, depth + 1, out)?;
    }
    if !parts.is_empty() {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', depth * INDENT));
    }
    out.push(close);
    Ok(())
}

/// Whether a value, or one inside of it, has all that another one has.
fn contains(json: &str, wanted: &str) -> std::result::Result<bool, Problem> {
    if has(json, wanted)? {
        return Ok(true);
    }
    for (_, value) in parts(json)? {
        if contains(value, wanted)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether it has all members and items of the other one.
fn has(json: &str, wanted: &str) -> std::result::Result<bool, Problem> {
    let kinds = (json.as_bytes().first(), wanted.as_bytes().first());
    match kinds {
        (Some(b'{'), Some(b'{')) => {
            let own = members(json)?;
            for (key, wanted) in members(wanted)? {
                match own.iter().find(|(known, _)| *known == key) {
                    Some((_, value)) if has(value, wanted)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }
        (Some(b'['), Some(b'[')) => {
            let own = parts(json)?;
            'wanted: for (_, wanted) in parts(wanted)? {
                for (_, item) in &own {
                    if has(item, wanted)? {
                        continue 'wanted;
                    }
                }
                return Ok(false);
            }
            Ok(true)
        }
        (Some(b'{' | b'['), _) | (_, Some(b'{' | b'[')) => Ok(false),
        _ if kind(json) != kind(wanted) => Ok(false),
        _ if NUMBERS.contains(&kind(json)) => Ok(json.parse::<f64>().ok() == wanted.parse::<f64>().ok()),
        _ => Ok(plain(json) == plain(wanted)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches() {
        for (target, patch, expected) in [
            (r#"{"a":1,"b":{"c":2}}"#, r#"{"b":{"d":3},"a":null}"#, r#"{"b":{"c":2,"d":3}}"#),
            (r#"{"x":1}"#, r#"{"a":{"b":null}}"#, r#"{"x":1,"a":{}}"#),
            (r#"{"a":1}"#, "2", "2"),
        ] {
            assert_eq!(merged(target, patch).unwrap(), expected);
        }
    }

    #[test]
    fn shapes() {
        let shape = |json| Shape::of(json).unwrap().to_json();
        assert_eq!(
            shape(r#"{"a":1,"b":[1,-2,null],"c":[{"x":1},{"y":"t"}],"d":[1,"x"]}"#),
            r#"{"a":"UBIGINT","b":["BIGINT"],"c":[{"x":"UBIGINT","y":"VARCHAR"}],"d":["JSON"]}"#
        );
        assert_eq!((shape("[]"), shape("null")), (r#"["NULL"]"#.into(), r#""NULL""#.into()));
    }

    #[test]
    fn what_is_inside() {
        let is_in = |json, wanted| contains(json, wanted).unwrap();
        assert!(is_in(r#"{"a":1,"b":{"c":2}}"#, r#"{"c":2}"#));
        assert!(is_in("[1,2,3]", "[3,1]") && is_in("[1,[2]]", "2") && is_in(r#"{"k":"v"}"#, r#""v""#));
        assert!(!is_in("[1,2]", "[4]") && !is_in(r#"{"a":1}"#, r#"{"a":"1"}"#));
    }
}
