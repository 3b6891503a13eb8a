//! `string_split_regex(text, pattern)` and `regexp_extract_all(text, pattern, group)`: lists by regular expressions.

use std::hash::Hash;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListBuilder, StringBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Int64Type};
use datafusion::common::exec_datafusion_err;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use regex::Regex;

/// The functions.
pub(super) fn regexp_lists() -> [ScalarUDF; 2] {
    [ScalarUDF::from(RegexpList::new(Kind::Split)), ScalarUDF::from(RegexpList::new(Kind::ExtractAll))]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Split,
    ExtractAll,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct RegexpList {
    kind: Kind,
    signature: Signature,
}

impl RegexpList {
    fn new(kind: Kind) -> Self {
        let text = DataType::Utf8;
        let two = TypeSignature::Exact(vec![text.clone(), text.clone()]);
        let types = match kind {
            Kind::Split => vec![two],
            Kind::ExtractAll => vec![two, TypeSignature::Exact(vec![text.clone(), text, DataType::Int64])],
        };
        Self { kind, signature: Signature::one_of(types, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for RegexpList {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Split => "string_split_regex",
            Kind::ExtractAll => "regexp_extract_all",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let texts = cast(&arrays[0], &DataType::Utf8)?;
        let patterns = cast(&arrays[1], &DataType::Utf8)?;
        let (texts, patterns) = (texts.as_string::<i32>(), patterns.as_string::<i32>());
        let groups = arrays.get(2).map(|groups| groups.as_primitive::<Int64Type>());
        let mut lists = ListBuilder::new(StringBuilder::new());
        let mut last: Option<(String, Regex)> = None;
        for row in 0..texts.len() {
            let group = match groups {
                Some(groups) => groups.is_valid(row).then(|| groups.value(row)),
                None => Some(0),
            };
            let (true, true, Some(group)) = (texts.is_valid(row), patterns.is_valid(row), group) else {
                lists.append_null();
                continue;
            };
            let (text, pattern) = (texts.value(row), patterns.value(row));
            // One pattern for all rows is the rule.
            let regex = match last.take() {
                Some((known, regex)) if known == pattern => regex,
                _ => Regex::new(pattern).map_err(|error| exec_datafusion_err!("{error}"))?,
            };
            match self.kind {
                Kind::Split => split(&regex, text, lists.values()),
                Kind::ExtractAll => {
                    let group = usize::try_from(group).unwrap_or(usize::MAX);
                    for found in regex.captures_iter(text) {
                        lists.values().append_option(found.get(group).map(|part| part.as_str()));
                    }
                }
            }
            lists.append(true);
            last = Some((pattern.to_owned(), regex));
        }
        Ok(ColumnarValue::Array(Arc::new(lists.finish()) as ArrayRef))
    }
}

/// What stands between matches. Matches of nothing separate characters, and nothing else.
fn split(regex: &Regex, text: &str, parts: &mut StringBuilder) {
    let mut from = 0;
    for found in regex.find_iter(text) {
        if found.is_empty() && (found.start() == 0 || found.start() == text.len()) {
            continue;
        }
        parts.append_value(&text[from..found.start()]);
        from = found.end();
    }
    parts.append_value(&text[from..]);
}
