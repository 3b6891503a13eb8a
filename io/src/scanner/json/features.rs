//! GeoJSON: each feature is a record, and its properties are columns beside its geometry.

use std::collections::HashSet;
use std::path::Path;

use super::cursor::{Cursor, Value};
use super::{JsonColumn, JsonType};
use crate::codec::Codec;
use crate::options::ColumnType;
use crate::rewrite::Features;

/// The member of a feature that holds its properties.
pub(super) const PROPERTIES: &str = "properties";
/// The member that says that it is one.
pub(super) const TYPE: &str = "type";
const GEOMETRY: &str = "geometry";
/// Members that stand in front of all others, in this order.
const FIRST: [&str; 3] = [GEOMETRY, "id", "bbox"];

/// Whether the name of a file says that it holds GeoJSON, a codec's ending aside.
pub(super) fn is_named_so(path: &Path) -> bool {
    let ending =
        Codec::name_inside(path).extension().and_then(|ending| ending.to_str().map(str::to_lowercase));
    matches!(ending.as_deref(), Some("geojson" | "geojsonl"))
}

/// Whether a text begins as a collection of features does, as far as it is there.
pub(super) fn begins_collection(text: &str) -> bool {
    let mut array = Vec::with_capacity(text.len());
    Features::default().write(text.as_bytes(), &mut array);
    let array = String::from_utf8_lossy(&array);
    let mut cursor = Cursor::of_file(&array, 0);
    let is_array = text.trim_start().starts_with('{') && cursor.value() == Ok(Value::List);
    let is_cut = || text.contains("\"FeatureCollection\"");
    is_array
        && match cursor.next_item(true) {
            Ok(false) => true,
            Ok(true) => is_feature(cursor).unwrap_or_else(is_cut),
            Err(_) => is_cut(),
        }
}

/// Whether an object says that it is a feature; `None` if the text does not go so far.
fn is_feature(mut cursor: Cursor<'_>) -> Option<bool> {
    let mut first = true;
    if cursor.value().ok()? != Value::Object {
        return Some(false);
    }
    while let Some((key, _)) = cursor.next_key(first).ok()? {
        if key == TYPE {
            return Some(matches!(cursor.value().ok()?, Value::Text("Feature", _)));
        }
        cursor.skip().ok()?;
        first = false;
    }
    Some(false)
}

/// The columns of records that are features; `None` if these are none. A name that several have gets a number.
pub(super) fn columns_of(record: &JsonType) -> Option<Vec<JsonColumn>> {
    let JsonType::Struct(members) = record else { return None };
    let of_key = |key: &str| members.iter().find(|(name, _)| name == key);
    let (_, (_, properties), _) = (of_key(TYPE)?, of_key(PROPERTIES)?, of_key(GEOMETRY)?);
    let is_other = |(key, _): &&(String, JsonType)| {
        ![TYPE, PROPERTIES].contains(&key.as_str()) && !FIRST.contains(&key.as_str())
    };
    let own = FIRST.into_iter().filter_map(of_key).chain(members.iter().filter(is_other));
    let properties = match properties {
        JsonType::Struct(properties) => &properties[..],
        JsonType::Nothing => &[],
        _ => return None,
    };
    let all = own.map(|member| (member, false)).chain(properties.iter().map(|member| (member, true)));
    let mut names = HashSet::new();
    let mut column = |((key, ty), is_property): (&(String, JsonType), bool)| {
        // What the parts of a geometry are differs from one to the other.
        let is_geometry = key == GEOMETRY && !is_property;
        let ty = if is_geometry { JsonType::Scalar(ColumnType::Text) } else { ty.clone() };
        let numbered = (1..).map(|number| format!("{key}_{number}"));
        let mut free = std::iter::once(key.clone()).chain(numbered);
        let name = free.find(|name| names.insert(name.to_lowercase())).unwrap_or_default();
        JsonColumn { name, key: key.clone(), ty, inferred: true, is_property }
    };
    Some(all.map(&mut column).collect())
}
