//! Columns of CSV whose fields hold lists or objects.

use std::ops::ControlFlow;

use arrow_array::ArrayRef;

use super::column::{FirstRejected, OnBad, Rejected};
use super::fields::{FieldRules, Fields, Missing, Span};
use super::json::cursor::Cursor;
use super::json::{JsonBuilder, JsonType, as_json};
use super::time_format::TimeFormats;
use super::values::is_null_word;

/// Lists or objects in the making, written as JSON, or as DuckDB and Python write them.
#[derive(Debug)]
pub(super) struct NestedValues {
    ty: JsonType,
    /// Made when it is known how dates are written.
    builders: Option<Builders>,
}

#[derive(Debug)]
struct Builders {
    values: JsonBuilder,
    /// Takes each value first: one that does not fit leaves parts of it behind.
    trial: JsonBuilder,
}

impl NestedValues {
    pub(super) fn new(ty: JsonType) -> Self {
        Self { ty, builders: None }
    }

    fn builders(&mut self, times: &TimeFormats) -> &mut Builders {
        let builder = || JsonBuilder::new(&self.ty, false, times);
        self.builders.get_or_insert_with(|| Builders { values: builder(), trial: builder() })
    }

    /// Appends fields.
    pub(super) fn append(
        &mut self,
        fields: &Fields<'_>,
        spans: &[Span],
        rules: &FieldRules,
        on_bad: OnBad<'_>,
    ) -> Result<(), FirstRejected> {
        let builders = self.builders(&rules.times);
        for (row, span) in spans.iter().enumerate() {
            let (value, is_quoted) = fields.value(*span);
            let is_word = rules.missing != Missing::Nothing && is_null_word(&value);
            if span.start == span.end || is_word || rules.nulls.has(&value, is_quoted) {
                builders.values.push_null();
                continue;
            }
            let rejected = match rules.encoding.decode(&value) {
                Some(text) if builders.push(&text) => continue,
                Some(_) => Rejected::Value,
                None => Rejected::Encoding,
            };
            match on_bad(row, rejected) {
                ControlFlow::Continue(()) => builders.values.push_null(),
                ControlFlow::Break(first_rejected) => return Err(first_rejected),
            }
        }
        Ok(())
    }

    pub(super) fn append_nulls(&mut self, rows: usize) {
        let builders = self.builders(&TimeFormats::default());
        (0..rows).for_each(|_| builders.values.push_null());
    }

    pub(super) fn finish(&mut self) -> ArrayRef {
        let builders = self.builders(&TimeFormats::default());
        let values = builders.values.finish();
        self.builders = None;
        values
    }
}

impl Builders {
    /// Appends a value, if it is one of the type.
    fn push(&mut self, text: &str) -> bool {
        self.push_json(text) || as_json(text).is_some_and(|json| self.push_json(&json))
    }

    fn push_json(&mut self, text: &str) -> bool {
        let mut cursor = Cursor::of_file(text, 0);
        let fits = self.trial.push(&mut cursor).is_ok() && cursor.peek().is_none();
        fits && self.values.push(&mut Cursor::of_file(text, 0)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use crate::options::{CsvOptions, OnError};
    use crate::scan::tests::Files;

    #[test]
    fn lists_and_objects_in_fields() {
        let ty = |name: &str, ty: &str| (name.to_owned(), ty.parse().unwrap());
        let types = vec![ty("l", "bigint[]"), ty("s", "struct(x double, y text)")];
        let options = CsvOptions { types, nullstr: vec!["none".into()], ..CsvOptions::default() };
        let rows = |text: &str, options: &CsvOptions| Files::new(&[text.as_bytes()]).rows(options);
        let text = "id,l,s\n1,\"[1, 2]\",\"{\"\"x\"\": 1, \"\"y\"\": \"\"a\"\"}\"\n2,[],\"{'x': 2.5, y: b c}\"\n3,NA,\n4,none,\"{z: 1}\"\n";
        let expected = ["1|[1, 2]|{x: 1.0, y: a}", "2|[]|{x: 2.5, y: b c}", "3|∅|∅", "4|∅|{x: , y: }"];
        assert_eq!(rows(text, &options).unwrap(), expected);
        // What does not fit leaves nothing behind in the values beside it.
        let text = "id,l,s\n1,\"[1, 2, x]\",\"{x: 1}\"\n2,\"[3]\",\"{y: u, x: v}\"\n3,[4],{y: w}\n";
        let error = rows(text, &options).unwrap_err().to_string();
        assert!(
            error.ends_with("line 2, column \"l\": expected bigint[] as JSON, found \"[1, 2, x]\""),
            "{error}"
        );
        let null = CsvOptions { on_error: OnError::Null, ..options.clone() };
        assert_eq!(rows(text, &null).unwrap(), ["1|∅|{x: 1.0, y: }", "2|[3]|∅", "3|[4]|{x: , y: w}"]);
        let skip = CsvOptions { on_error: OnError::Skip, ..options };
        assert_eq!(rows(text, &skip).unwrap(), ["3|[4]|{x: , y: w}"]);
    }
}
