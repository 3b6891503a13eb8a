//! Objects whose keys are values, as in `{"visits": {"2001-02-03": 5, …}}`: they are many, and each is in few of the objects.

use std::collections::HashMap;

use super::JsonType;
use super::cursor::{Cursor, Problem, Value};
use super::shape::key_of;

/// Objects with more keys, in all records together, may be such.
const MANY_KEYS: usize = 200;
/// They are if a key is in less than one of so many objects, on average.
const RARE: usize = 10;

/// The objects inside of records that have many keys.
#[derive(Debug, Default)]
pub(super) struct ManyKeys {
    /// By their place, `.member.member`; and nothing for the places of what they stand in.
    places: HashMap<String, Option<Count>>,
}

/// How many objects there are at a place, and keys in them.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    objects: usize,
    keys: usize,
}

impl ManyKeys {
    /// Those of records of a type.
    pub(super) fn of(record: &JsonType) -> Self {
        let mut many = Self::default();
        if let JsonType::Struct(members) = record {
            for (key, ty) in members {
                many.find(ty, format!(".{key}"));
            }
        }
        many
    }

    /// Finds them in values at a place; whether there are any.
    fn find(&mut self, ty: &JsonType, place: String) -> bool {
        let count = match ty {
            JsonType::List(item) => return self.find(item, place),
            JsonType::Struct(members) if members.len() > MANY_KEYS => Some(Count::default()),
            JsonType::Struct(members) => {
                let mut found = false;
                for (key, ty) in members {
                    found |= self.find(ty, format!("{place}.{key}"));
                }
                if !found {
                    return false;
                }
                None
            }
            JsonType::Map(_) | JsonType::Scalar(_) | JsonType::Nothing => return false,
        };
        self.places.insert(place, count);
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Counts the keys of the record that begins here.
    ///
    /// # Errors
    /// It is no JSON.
    pub(super) fn count(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Problem> {
        self.count_value(cursor, &mut String::new())
    }

    fn count_value(&mut self, cursor: &mut Cursor<'_>, place: &mut String) -> Result<(), Problem> {
        let mut first = true;
        match cursor.value()? {
            Value::List => {
                while cursor.next_item(first)? {
                    self.count_value(cursor, place)?;
                    first = false;
                }
            }
            Value::Object => {
                let (mut keys, len) = (0, place.len());
                while let Some((key, escaped)) = cursor.next_key(first)? {
                    place.push('.');
                    place.push_str(&key_of(key, escaped));
                    if self.places.contains_key(place.as_str()) {
                        self.count_value(cursor, place)?;
                    } else {
                        cursor.skip()?;
                    }
                    place.truncate(len);
                    keys += 1;
                    first = false;
                }
                if let Some(Some(count)) = self.places.get_mut(place.as_str()) {
                    count.objects += 1;
                    count.keys += keys;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The type of the records with maps in place of those whose keys are values.
    pub(super) fn as_maps(&self, record: JsonType) -> JsonType {
        self.inside(record, "")
    }

    fn inside(&self, ty: JsonType, place: &str) -> JsonType {
        match ty {
            JsonType::List(item) => JsonType::List(Box::new(self.inside(*item, place))),
            JsonType::Struct(members) if self.is_map(place, members.len()) => {
                let values = members.into_iter().map(|(_, ty)| ty);
                JsonType::Map(Box::new(values.fold(JsonType::Nothing, JsonType::merge)))
            }
            JsonType::Struct(members) if place.is_empty() || self.places.contains_key(place) => {
                let member = |(key, ty): (String, JsonType)| {
                    let ty = self.inside(ty, &format!("{place}.{key}"));
                    (key, ty)
                };
                JsonType::Struct(members.into_iter().map(member).collect())
            }
            other => other,
        }
    }

    fn is_map(&self, place: &str, different_keys: usize) -> bool {
        let count = self.places.get(place).copied().flatten();
        count.is_some_and(|count| count.keys * RARE < count.objects * different_keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::TimeFormats;

    fn types_of(records: &[String]) -> String {
        let ty = |text: &String| {
            JsonType::of_next(&mut Cursor::of_file(text, 0), 0, &TimeFormats::default()).unwrap()
        };
        let record = records.iter().map(ty).fold(JsonType::Nothing, JsonType::merge);
        let mut many = ManyKeys::of(&record);
        records.iter().for_each(|text| many.count(&mut Cursor::of_file(text, 0)).unwrap());
        many.as_maps(record).to_string()
    }

    #[test]
    fn objects_of_many_rare_keys_are_maps() {
        let records = |of: fn(usize) -> String| (0..300).map(of).collect::<Vec<_>>();
        let found = types_of(&records(|at| format!(r#"{{"id": {at}, "m": {{"k{at}": {at}, "a.b": 1.5}}}}"#)));
        assert_eq!(found, "struct(id bigint, m map(text, double))");
        let found =
            types_of(&records(|at| format!(r#"{{"s": {{"l": [{{"k{at}": "x"}}, {{}}], "n": null}}}}"#)));
        assert_eq!(found, "struct(s struct(l map(text, text)[], n text))");
        // Objects that are all alike, and few.
        let wide = |_| {
            format!(
                "{{\"m\": {{{}}}}}",
                (0..300).map(|at| format!("\"k{at}\": 1")).collect::<Vec<_>>().join(",")
            )
        };
        assert!(types_of(&records(wide)).starts_with("struct(m struct(k0 bigint"));
        let few = (0..150).map(|at| format!(r#"{{"m": {{"k{at}": 1}}}}"#)).collect::<Vec<_>>();
        assert!(types_of(&few).starts_with("struct(m struct(k0 bigint"));
        // Records are rows.
        assert!(types_of(&records(|at| format!(r#"{{"k{at}": 1}}"#))).starts_with("struct(k0 bigint"));
    }
}
