//! What `FROM json_each(j)` and `FROM json_tree(j)` are made of: a column of their rows as a list, `json_rows(j, 'tree', '$', 'fullkey')`.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ScalarUDF;
use swath_io::scanner::json::cursor::Problem;

use super::{RowFunction, text};
use crate::dialect::json_text::{kind, malformed, parts, whole};

pub(super) fn all() -> Vec<ScalarUDF> {
    let of = |name, item: DataType, compute| {
        RowFunction::of(name, vec![DataType::Utf8; 4], DataType::new_list(item, true), compute)
    };
    vec![
        of("json_rows", DataType::Utf8, |values| {
            let column = text(&values[3]);
            let cells = rows(values)?.into_iter().map(|row| ScalarValue::Utf8(row.text(&column)));
            Ok(ScalarValue::List(ScalarValue::new_list_nullable(&cells.collect::<Vec<_>>(), &DataType::Utf8)))
        }),
        of("json_row_numbers", DataType::Int64, |values| {
            let column = text(&values[3]);
            let cells = rows(values)?.into_iter().map(|row| ScalarValue::Int64(row.number(&column)));
            Ok(ScalarValue::List(ScalarValue::new_list_nullable(
                &cells.collect::<Vec<_>>(),
                &DataType::Int64,
            )))
        }),
    ]
}

/// A value inside of JSON.
struct Row {
    /// Its key in an object, or its place in a list.
    key: Option<String>,
    value: String,
    /// Its place among all keys and values.
    id: i64,
    parent: Option<i64>,
    fullkey: String,
    /// The key of what it is in.
    path: String,
}

impl Row {
    fn text(&self, column: &str) -> Option<String> {
        let kind = kind(&self.value);
        match column {
            "key" => self.key.clone(),
            "value" => Some(self.value.clone()),
            "type" => Some(kind.to_owned()),
            "atom" => (!matches!(kind, "ARRAY" | "OBJECT" | "NULL")).then(|| self.value.clone()),
            "fullkey" => Some(self.fullkey.clone()),
            _ => Some(self.path.clone()),
        }
    }

    fn number(&self, column: &str) -> Option<i64> {
        if column == "id" { Some(self.id) } else { self.parent }
    }
}

/// The rows of JSON, of the values in it alone or of all inside of these, too, by a path that leads to it.
fn rows(values: &[ScalarValue]) -> Result<Vec<Row>> {
    let (json, is_tree, path) = (text(&values[0]), text(&values[1]) == "tree", text(&values[2]));
    let path = if path.starts_with('$') { path } else { format!("${}", step(&path)) };
    made(&json, is_tree, &path)
        .map_err(|problem| DataFusionError::External(Box::new(malformed(&json, problem))))
}

fn made(json: &str, is_tree: bool, path: &str) -> std::result::Result<Vec<Row>, Problem> {
    let json = whole(json)?;
    let mut rows = Vec::new();
    let root = Row {
        key: None,
        value: json.to_owned(),
        id: 0,
        parent: None,
        fullkey: path.to_owned(),
        path: path.to_owned(),
    };
    let is_single = !matches!(kind(json), "ARRAY" | "OBJECT");
    if is_tree || is_single {
        rows.push(root);
    }
    let mut next = 1;
    add_inside(json, (0, path), is_tree, &mut next, &mut rows)?;
    Ok(rows)
}

/// Adds the values inside of one, which is told by its number and its path.
fn add_inside(
    json: &str,
    (parent, path): (i64, &str),
    is_tree: bool,
    next: &mut i64,
    rows: &mut Vec<Row>,
) -> std::result::Result<(), Problem> {
    for (place, (key, value)) in parts(json)?.into_iter().enumerate() {
        let (key, fullkey) = match key {
            Some(key) => {
                *next += 1;
                let fullkey = format!("{path}{}", step(&key));
                (key, fullkey)
            }
            None => (place.to_string(), format!("{path}[{place}]")),
        };
        let id = *next;
        *next += 1;
        rows.push(Row {
            key: Some(key),
            value: value.to_owned(),
            id,
            parent: is_tree.then_some(parent),
            fullkey: fullkey.clone(),
            path: path.to_owned(),
        });
        let rows_of_all = rows.len();
        add_inside(value, (id, &fullkey), is_tree, next, rows)?;
        if !is_tree {
            rows.truncate(rows_of_all);
        }
    }
    Ok(())
}

/// `.a`, or `."a b"` where there are other signs than letters, digits and underscores.
fn step(key: &str) -> String {
    let is_plain = !key.is_empty() && key.chars().all(|char| char.is_alphanumeric() || char == '_');
    if is_plain { format!(".{key}") } else { format!(".\"{key}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str, is_tree: bool) -> Vec<String> {
        let rows = made(json, is_tree, "$").unwrap();
        let show = |row: Row| {
            let key = row.key.clone().unwrap_or_default();
            format!("{key} {} {:?} {} {}", row.id, row.parent.unwrap_or(-1), row.fullkey, row.path)
        };
        rows.into_iter().map(show).collect()
    }

    #[test]
    fn values_have_places() {
        assert_eq!(
            shown(r#"{"a":[1,{"b c":2}]}"#, true),
            [
                " 0 -1 $ $",
                "a 2 0 $.a $",
                "0 3 2 $.a[0] $.a",
                "1 4 2 $.a[1] $.a",
                "b c 6 4 $.a[1].\"b c\" $.a[1]"
            ]
        );
        assert_eq!(shown(r#"[[1],"x"]"#, false), ["0 1 -1 $[0] $", "1 3 -1 $[1] $"]);
        assert_eq!(shown("5", false), [" 0 -1 $ $"]);
    }
}
