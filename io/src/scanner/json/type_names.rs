//! Names of types with lists and objects, as SQL has them: `bigint[]`, `struct(x double, name text)`.

use std::fmt;
use std::str::FromStr;

use super::JsonType;
use crate::error::{Error, Result};
use crate::options::ColumnType;

const HINT: &str =
    "as in 'bigint[]', 'struct(x double, name text)', 'struct(id bigint)[]', 'map(text, bigint)'";

impl From<ColumnType> for JsonType {
    fn from(ty: ColumnType) -> Self {
        Self::Scalar(ty)
    }
}

impl FromStr for JsonType {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let text = name.trim();
        if let Some(item) = text.strip_suffix(']').and_then(|rest| rest.strip_suffix('[')) {
            return Ok(Self::List(Box::new(item.parse()?)));
        }
        if let Some((item, len)) = text.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
            // As pandas and Arrow tell how exact times are: `datetime64[ns]`, `timestamp[ms]`.
            if matches!(len, "s" | "ms" | "us" | "ns")
                && let Ok(ty @ ColumnType::Timestamp) = item.parse()
            {
                return Ok(Self::Scalar(ty));
            }
            let hint = format!("'{}[]' is a list of any length", item.trim());
            return Err(Error::bad_option_hint("types", format!("lists have no length: \"{name}\""), hint));
        }
        if let Some(item) = arguments(text, &["list"]) {
            return Ok(Self::List(Box::new(item.parse()?)));
        }
        if let Some(entry) = arguments(text, &["map"]) {
            return map_type(name, &split_members(entry));
        }
        let Some(members) = arguments(text, &["struct", "row"]) else {
            return text.parse().map(Self::Scalar);
        };
        let wrong = || Error::bad_option_hint("types", format!("no type of objects: \"{name}\""), HINT);
        let members = split_members(members).into_iter().map(|member| {
            let (key, ty) = key_and_type(member).ok_or_else(wrong)?;
            Ok((key, ty.parse()?))
        });
        let members: Vec<(String, Self)> = members.collect::<Result<_>>()?;
        let is_twice = |at: usize| members[..at].iter().any(|(key, _)| *key == members[at].0);
        if (0..members.len()).any(is_twice) {
            return Err(wrong());
        }
        Ok(Self::Struct(members))
    }
}

/// The type of a map, of the types of its keys and values.
fn map_type(name: &str, entry: &[&str]) -> Result<JsonType> {
    let [key, value] = entry else {
        return Err(Error::bad_option_hint("types", format!("no type of maps: \"{name}\""), HINT));
    };
    match key.parse()? {
        JsonType::Scalar(ColumnType::Text) => Ok(JsonType::Map(Box::new(value.parse()?))),
        _ => {
            let hint = format!("keys of objects are texts: 'map(text, {})'", value.trim());
            Err(Error::bad_option_hint("types", format!("no type of objects: \"{name}\""), hint))
        }
    }
}

/// What stands in the parentheses behind one of some words.
fn arguments<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let (word, rest) = text.split_once('(')?;
    let is_one = words.iter().any(|known| word.trim().eq_ignore_ascii_case(known));
    if is_one { rest.strip_suffix(')') } else { None }
}

/// The members of an object: parts between commas outside of parentheses and quotes.
fn split_members(text: &str) -> Vec<&str> {
    let (mut members, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_i32, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'(' => depth += 1,
            b')' => depth -= 1,
            b',' if depth == 0 => {
                members.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    members.push(&text[start..]);
    members
}

/// The name of a member, which may stand in quotes, and its type.
fn key_and_type(member: &str) -> Option<(String, &str)> {
    let member = member.trim();
    let Some(quoted) = member.strip_prefix('"') else {
        let (key, ty) = member.split_once(char::is_whitespace)?;
        return Some((key.to_owned(), ty));
    };
    let mut at = 0;
    loop {
        at += quoted[at..].find('"')?;
        match quoted[at + 1..].starts_with('"') {
            true => at += 2,
            false => return Some((quoted[..at].replace("\"\"", "\""), &quoted[at + 1..])),
        }
    }
}

impl fmt::Display for JsonType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => ColumnType::Text.fmt(f),
            Self::Scalar(ty) => ty.fmt(f),
            Self::List(item) => write!(f, "{item}[]"),
            Self::Map(value) => write!(f, "map(text, {value})"),
            Self::Struct(members) if members.is_empty() => ColumnType::Text.fmt(f),
            Self::Struct(members) => {
                f.write_str("struct(")?;
                for (at, (key, ty)) in members.iter().enumerate() {
                    let comma = if at > 0 { ", " } else { "" };
                    let is_word = key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                    match is_word {
                        true => write!(f, "{comma}{key} {ty}")?,
                        false => write!(f, "{comma}\"{}\" {ty}", key.replace('"', "\"\""))?,
                    }
                }
                f.write_str(")")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_nested_types() {
        for (name, shown) in [
            ("INT[]", "integer[]"),
            ("bigint [][]", "bigint[][]"),
            ("MAP(VARCHAR, INT[])", "map(text, integer[])"),
            ("List(Int64)", "bigint[]"),
            ("STRUCT(x INT, y VARCHAR)", "struct(x integer, y text)"),
            (
                "struct(\"a \"\"b\" decimal(5, 2), c struct(d date)[])",
                "struct(\"a \"\"b\" decimal(5, 2), c struct(d date)[])",
            ),
            ("ROW(a timestamp with time zone)[]", "struct(a timestamptz)[]"),
            ("numeric(9)", "decimal(9, 0)"),
            ("datetime64[ns]", "timestamp"),
            ("timestamp[ms][]", "timestamp[]"),
        ] {
            let ty: JsonType = name.parse().unwrap();
            assert_eq!(ty.to_string(), shown);
            assert_eq!(shown.parse::<JsonType>().unwrap(), ty);
        }
        for name in [
            "int[3]",
            "struct()",
            "struct(a)",
            "struct(a int, a int)",
            "struct(a int",
            "[]",
            "map(text)",
            "map(int, int)",
            "enum('a')[]",
        ] {
            assert!(name.parse::<JsonType>().is_err(), "{name}");
        }
    }
}
