//! `CAST('[1, 2]' AS int[])`: lists, structs and maps that are written in texts, as JSON has them or as results show them.
//!
//! The relational core makes a list of one item of any text.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray, new_null_array};
use datafusion::arrow::compute::{cast as cast_array, concat};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::arrow::json::ReaderBuilder;
use datafusion::common::DFSchema;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::{
    Cast, ColumnarValue, Expr, ExprSchemable, LogicalPlan, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, TryCast, Volatility,
};
use datafusion::optimizer::AnalyzerRule;

use super::nested_as_text::is_text;
use super::refused;
use crate::walk::rewrite_expressions;

/// Reads nested values where a text is cast to such a type. It has to come before the core looks at types, which casts texts itself.
#[derive(Debug)]
pub(crate) struct TextAsNested;

impl AnalyzerRule for TextAsNested {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        rewrite_expressions(plan, read)
    }

    fn name(&self) -> &str {
        "text_as_nested"
    }
}

fn read(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let (text, ty, is_try) = match &expr {
        Expr::Cast(Cast { expr, field }) => (expr, field.data_type(), false),
        Expr::TryCast(TryCast { expr, field }) => (expr, field.data_type(), true),
        _ => return Ok(Transformed::no(expr)),
    };
    if !ty.is_nested() || !text.get_type(schema).is_ok_and(|ty| is_text(&ty)) {
        return Ok(Transformed::no(expr));
    }
    let function = ScalarUDF::from(NestedText {
        field: Arc::new(Field::new("v", ty.clone(), true)),
        is_try,
        signature: Signature::any(1, Volatility::Immutable),
    });
    Ok(Transformed::yes(function.call(vec![text.as_ref().clone()])))
}

/// The value that a text has in it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct NestedText {
    field: FieldRef,
    /// Whether a text that has none is null.
    is_try: bool,
    signature: Signature,
}

impl ScalarUDFImpl for NestedText {
    fn name(&self) -> &str {
        "nested_text"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.field.data_type().clone())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::clone(&self.field))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_constant = matches!(args.args[0], ColumnarValue::Scalar(_));
        let rows = if is_constant { 1 } else { args.number_rows };
        let texts = cast_array(&args.args[0].to_array(rows)?, &DataType::Utf8)?;
        let values = self.values(texts.as_string())?;
        match is_constant {
            true => {
                let value = datafusion::common::ScalarValue::try_from_array(&values, 0)?;
                Ok(ColumnarValue::Scalar(value))
            }
            false => Ok(ColumnarValue::Array(values)),
        }
    }
}

impl NestedText {
    fn values(&self, texts: &StringArray) -> Result<ArrayRef> {
        let ty = self.field.data_type();
        let mut json = String::new();
        for text in texts {
            let start = json.len();
            json.push_str("{\"v\":");
            let is_read = match text {
                None => {
                    json.push_str("null");
                    true
                }
                Some(text) => Reader { text, at: 0 }.whole(ty, &mut json).is_some(),
            };
            match is_read {
                true => json.push_str("}\n"),
                false if self.is_try => {
                    json.truncate(start);
                    json.push_str("{\"v\":null}\n");
                }
                false => return Err(self.unreadable(text.unwrap_or_default())),
            }
        }
        if let Some(values) = self.decoded(&json, texts.len()) {
            return Ok(values);
        }
        // One of them has another type; which, must be found out one by one.
        let mut values = Vec::with_capacity(texts.len());
        for (line, text) in json.lines().zip(texts) {
            values.push(match self.decoded(line, 1) {
                Some(value) => value,
                None if self.is_try => new_null_array(ty, 1),
                None => return Err(self.unreadable(text.unwrap_or_default())),
            });
        }
        let values: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
        Ok(concat(&values)?)
    }

    fn decoded(&self, json: &str, rows: usize) -> Option<ArrayRef> {
        if rows == 0 {
            return Some(new_null_array(self.field.data_type(), 0));
        }
        let schema = Arc::new(Schema::new(vec![Arc::clone(&self.field)]));
        let builder = ReaderBuilder::new(schema).with_batch_size(rows).with_coerce_primitive(true);
        let mut decoder = builder.build_decoder().ok()?;
        decoder.decode(json.as_bytes()).ok()?;
        let batch = decoder.flush().ok()??;
        Some(Arc::clone(batch.column(0)))
    }

    fn unreadable(&self, text: &str) -> datafusion::error::DataFusionError {
        let ty = crate::inspect::type_name(self.field.data_type());
        let hint = format!(
            "a list is as [1, 2], a struct as {{\"a\": 1}}; TRY_CAST(… AS {ty}) gives null where a text is no such value"
        );
        refused(format!("cannot read \"{text}\" as {ty}"), &hint)
    }
}

/// What is read of a text, and written as JSON of a type.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn whole(mut self, ty: &DataType, json: &mut String) -> Option<()> {
        self.value(ty, json)?;
        self.next().is_none().then_some(())
    }

    /// The next character that is no blank.
    fn next(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, char: char) -> bool {
        let is_next = self.next() == Some(char);
        self.at += if is_next { char.len_utf8() } else { 0 };
        is_next
    }

    fn value(&mut self, ty: &DataType, json: &mut String) -> Option<()> {
        match (ty, self.next()?) {
            (DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _), '[') => {
                json.push('[');
                self.items('[', ']', json, |reader, json| reader.value(item.data_type(), json))?;
                json.push(']');
            }
            (DataType::Struct(fields), '{') => {
                json.push('{');
                self.items('{', '}', json, |reader, json| {
                    let name = reader.key(json)?;
                    let ty = fields.find(&name).map(|(_, field)| field.data_type());
                    // What the type does not name is passed over.
                    reader.value(ty.unwrap_or(&DataType::Utf8), json)
                })?;
                json.push('}');
            }
            (DataType::Map(entries, _), '{') => {
                let DataType::Struct(fields) = entries.data_type() else { return None };
                json.push('{');
                self.items('{', '}', json, |reader, json| {
                    reader.key(json)?;
                    reader.value(fields.get(1)?.data_type(), json)
                })?;
                json.push('}');
            }
            (ty, '[' | '{') if is_text(ty) => {
                let raw = self.nested()?;
                push_text(raw, json);
            }
            (ty, first) => {
                let (scalar, is_quoted) = self.scalar(&[',', ']', '}'])?;
                match scalar.as_ref() {
                    word if !is_quoted && word.eq_ignore_ascii_case("null") => json.push_str("null"),
                    _ if ty.is_nested() || first == ']' || first == '}' => return None,
                    word @ ("true" | "false") if !is_quoted => json.push_str(word),
                    scalar => push_text(scalar, json),
                }
            }
        }
        Some(())
    }

    /// What stands between brackets, divided by commas.
    fn items(
        &mut self,
        open: char,
        close: char,
        json: &mut String,
        item: impl Fn(&mut Self, &mut String) -> Option<()>,
    ) -> Option<()> {
        self.take(open).then_some(())?;
        if self.take(close) {
            return Some(());
        }
        loop {
            item(self, json)?;
            if self.take(close) {
                return Some(());
            }
            self.take(',').then_some(())?;
            json.push(',');
        }
    }

    /// The name of a field or the key of a map, and what stands between it and its value.
    fn key(&mut self, json: &mut String) -> Option<String> {
        self.next()?;
        let (key, _) = self.scalar(&[':', '=', ',', '}'])?;
        (self.take(':') || self.take('=')).then_some(())?;
        push_text(&key, json);
        json.push(':');
        Some(key)
    }

    /// A text in quotes, or what stands there up to one of the ends; and whether it has quotes.
    fn scalar(&mut self, ends: &[char]) -> Option<(String, bool)> {
        let rest = &self.text[self.at..];
        let quote = rest.chars().next().filter(|char| matches!(char, '"' | '\''));
        let Some(quote) = quote else {
            let len = rest.find(ends).unwrap_or(rest.len());
            self.at += len;
            return Some((rest[..len].trim_end().to_owned(), false));
        };
        let len = quoted_len(rest, quote)?;
        self.at += len;
        let inner = &rest[1..len - 1];
        // JSON tells of all its escapes; a text in single quotes has others.
        let text = match quote {
            '"' => serde_json::from_str(&rest[..len]).ok()?,
            _ => inner.replace("\\'", "'").replace("''", "'"),
        };
        Some((text, true))
    }

    /// A list or an object as it stands there.
    fn nested(&mut self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let mut depth = 0_usize;
        let mut at = 0;
        while let Some(char) = rest[at..].chars().next() {
            match char {
                '"' => {
                    at += quoted_len(&rest[at..], '"')?;
                    continue;
                }
                '[' | '{' => depth += 1,
                ']' | '}' => depth -= 1,
                _ => {}
            }
            at += char.len_utf8();
            if depth == 0 {
                self.at += at;
                return Some(&rest[..at]);
            }
        }
        None
    }
}

/// How long the text is that is in quotes at the front.
fn quoted_len(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => {
                chars.next()?;
            }
            char if char == quote => match chars.peek() {
                Some((_, next)) if quote == '\'' && *next == quote => {
                    chars.next();
                }
                _ => return Some(at + 1),
            },
            _ => {}
        }
    }
    None
}

fn push_text(text: &str, json: &mut String) {
    json.push_str(&serde_json::Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, ty: &DataType, expected: Option<&str>) {
        let mut json = String::new();
        let read = Reader { text, at: 0 }.whole(ty, &mut json).map(|()| json);
        assert_eq!(read.as_deref(), expected, "{text}");
    }

    #[test]
    fn lists() {
        let ints = DataType::new_list(DataType::Int64, true);
        check("[1, NULL,3 ]", &ints, Some("[\"1\",null,\"3\"]"));
        check(" [] ", &ints, Some("[]"));
        check("null", &ints, Some("null"));
        for wrong in ["5", "[1", "[1,]", "[1] x", "", "{1}"] {
            check(wrong, &ints, None);
        }
        let texts = DataType::new_list(DataType::Utf8, true);
        check(
            "[a b, 'c, d', \"e\\n\", {\"x\": [1]}, true]",
            &texts,
            Some(r#"["a b","c, d","e\n","{\"x\": [1]}",true]"#),
        );
        check("['it''s']", &texts, Some("[\"it's\"]"));
    }

    #[test]
    fn structs_and_maps() {
        let item = |name, ty| Field::new(name, ty, true);
        let fields = vec![item("a", DataType::Int64), item("b", DataType::new_list(DataType::Utf8, true))];
        let ty = DataType::Struct(fields.into());
        check(r#"{"a": 1, "c": {"d": 2}, "b": ["x"]}"#, &ty, Some(r#"{"a":"1","c":"{\"d\": 2}","b":["x"]}"#));
        check("{'a': 1, b: [x]}", &ty, Some(r#"{"a":"1","b":["x"]}"#));
        check("{a}", &ty, None);
    }
}
