//! The functions that look into JSON.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Int64Builder, ListBuilder, StringArray, StringBuilder,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{ScalarValue, exec_err, plan_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature,
    Volatility,
};
use swath_io::scanner::json::cursor::{Cursor, Value};

use super::find::{find, parts, plain, whole};
use super::path::{Step, is_of_many, steps};

pub(super) fn all() -> Vec<ScalarUDF> {
    use Question::*;
    [
        (Extract, "json_extract", "json_extract_path"),
        (ExtractString, "json_extract_string", "json_extract_path_text"),
        (Exists, "json_exists", "json_has"),
        (Kind, "json_type", "json_typeof"),
        (Length, "json_array_length", "json_length"),
        (Keys, "json_keys", "json_object_keys"),
        (Valid, "json_valid", "is_json"),
    ]
    .into_iter()
    .map(|(question, name, other_name)| ScalarUDF::from(JsonFunction::new(question, name, other_name)))
    .collect()
}

/// What is asked of the value that a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Question {
    Extract,
    ExtractString,
    Exists,
    Kind,
    Length,
    Keys,
    Valid,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct JsonFunction {
    question: Question,
    name: &'static str,
    aliases: [String; 1],
    signature: Signature,
}

impl JsonFunction {
    fn new(question: Question, name: &'static str, other_name: &str) -> Self {
        let signature = match question {
            Question::Valid => Signature::any(1, Volatility::Immutable),
            Question::Extract | Question::ExtractString | Question::Exists => {
                Signature::any(2, Volatility::Immutable)
            }
            _ => Signature::one_of([1, 2].map(TypeSignature::Any).to_vec(), Volatility::Immutable),
        };
        Self { question, name, aliases: [other_name.to_owned()], signature }
    }

    /// The type of one answer.
    fn answer(&self) -> DataType {
        match self.question {
            Question::Extract | Question::ExtractString | Question::Kind => DataType::Utf8,
            Question::Exists | Question::Valid => DataType::Boolean,
            Question::Length => DataType::Int64,
            Question::Keys => list_of(DataType::Utf8),
        }
    }
}

fn list_of(ty: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(ty, true)))
}

impl ScalarUDFImpl for JsonFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.answer())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let given = args.arg_fields[0].data_type();
        if !is_text(given) && self.question != Question::Valid {
            let name = self.name;
            return plan_err!("{name}: expected a text of JSON, found {}", crate::inspect::type_name(given));
        }
        let is_of_many = match (args.arg_fields.get(1), args.scalar_arguments.get(1)) {
            (Some(field), _) if matches!(field.data_type(), DataType::List(_)) => true,
            (_, Some(Some(path))) => path_of(path)?.is_some_and(|steps| is_of_many(&steps)),
            _ => false,
        };
        let ty = match self.question {
            Question::Extract | Question::ExtractString if is_of_many => list_of(DataType::Utf8),
            _ => self.answer(),
        };
        Ok(Arc::new(Field::new(self.name, ty, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_of_many =
            matches!(args.return_field.data_type(), DataType::List(_)) && self.question != Question::Keys;
        // One path for all rows is the rule.
        let all_rows = match args.args.get(1) {
            None => Some(Some(Vec::new())),
            Some(ColumnarValue::Scalar(path)) if !matches!(path, ScalarValue::List(_)) => {
                Some(path_of(path)?)
            }
            Some(_) => None,
        };
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        if self.question == Question::Valid && !is_text(arrays[0].data_type()) {
            return exec_err!("json_valid: expected a text");
        }
        let texts = cast(&arrays[0], &DataType::Utf8)?;
        let texts = texts.as_string::<i32>();
        let mut answers = Answers::new(self.question, is_of_many);
        for row in 0..texts.len() {
            let paths = match (&all_rows, arrays.get(1)) {
                (Some(path), _) => path.clone().map(|steps| vec![steps]),
                (None, Some(paths)) => paths_of(&ScalarValue::try_from_array(paths, row)?)?,
                (None, None) => None,
            };
            match paths.filter(|_| texts.is_valid(row)) {
                Some(paths) => answers.push(texts.value(row), &paths)?,
                None => answers.push_null(),
            }
        }
        Ok(ColumnarValue::Array(answers.finish()))
    }
}

pub(super) fn is_text(ty: &DataType) -> bool {
    matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null)
}

/// A path by its text, or an item by its place; `None`: it is null.
fn path_of(path: &ScalarValue) -> Result<Option<Vec<Step>>> {
    if path.is_null() {
        return Ok(None);
    }
    if let Some(text) = path.try_as_str() {
        return text.map(steps).transpose().map_err(external);
    }
    match path.cast_to(&DataType::Int64) {
        Ok(ScalarValue::Int64(Some(place))) => Ok(Some(vec![Step::Item(place)])),
        _ => exec_err!("expected a path, as in '$.key', or the place of an item, found {path}"),
    }
}

fn paths_of(path: &ScalarValue) -> Result<Option<Vec<Vec<Step>>>> {
    let ScalarValue::List(list) = path else { return Ok(path_of(path)?.map(|steps| vec![steps])) };
    if list.is_null(0) {
        return Ok(None);
    }
    let paths = list.value(0);
    let paths = (0..paths.len()).map(|at| path_of(&ScalarValue::try_from_array(&paths, at)?));
    Ok(Some(paths.map(|path| Ok(path?.unwrap_or_default())).collect::<Result<_>>()?))
}

/// Answers as a column that grows.
enum Answers {
    Texts { texts: StringBuilder, are_plain: bool },
    Lists { lists: ListBuilder<StringBuilder>, are_plain: bool },
    Kinds(StringBuilder),
    Exist(BooleanBuilder),
    Valid(BooleanBuilder),
    Lengths(Int64Builder),
    Keys(ListBuilder<StringBuilder>),
}

impl Answers {
    fn new(question: Question, is_of_many: bool) -> Self {
        let are_plain = question == Question::ExtractString;
        match question {
            Question::Extract | Question::ExtractString if is_of_many => {
                Self::Lists { lists: ListBuilder::new(StringBuilder::new()), are_plain }
            }
            Question::Extract | Question::ExtractString => {
                Self::Texts { texts: StringBuilder::new(), are_plain }
            }
            Question::Kind => Self::Kinds(StringBuilder::new()),
            Question::Exists => Self::Exist(BooleanBuilder::new()),
            Question::Valid => Self::Valid(BooleanBuilder::new()),
            Question::Length => Self::Lengths(Int64Builder::new()),
            Question::Keys => Self::Keys(ListBuilder::new(StringBuilder::new())),
        }
    }

    fn push(&mut self, json: &str, paths: &[Vec<Step>]) -> Result<()> {
        if let Self::Valid(valid) = self {
            valid.append_value(whole(json).is_ok());
            return Ok(());
        }
        let found = |path: &[Step]| find(json, path).map_err(external);
        let first = || -> Result<Option<_>> {
            let found = paths.first().map(|path| found(path)).transpose()?;
            Ok(found.and_then(|values| values.first().copied()))
        };
        let text =
            |value: &str, are_plain: bool| if are_plain { plain(value) } else { Some(value.to_owned()) };
        match self {
            Self::Texts { texts, are_plain } => {
                texts.append_option(first()?.and_then(|value| text(value, *are_plain)));
            }
            Self::Lists { lists, are_plain } => {
                for path in paths {
                    let values = found(path)?;
                    if values.is_empty() && !is_of_many(path) {
                        lists.values().append_null();
                    }
                    for value in values {
                        lists.values().append_option(text(value, *are_plain));
                    }
                }
                lists.append(true);
            }
            Self::Kinds(kinds) => kinds.append_option(first()?.map(kind)),
            Self::Exist(exist) => exist.append_value(first()?.is_some()),
            Self::Lengths(lengths) => lengths.append_option(first()?.map(|value| items(value).len() as i64)),
            Self::Keys(keys) => match first()? {
                Some(value) => {
                    for key in parts(value).unwrap_or_default().into_iter().filter_map(|(key, _)| key) {
                        keys.values().append_value(key);
                    }
                    keys.append(true);
                }
                None => keys.append_null(),
            },
            Self::Valid(_) => {}
        }
        Ok(())
    }

    fn push_null(&mut self) {
        match self {
            Self::Texts { texts, .. } | Self::Kinds(texts) => texts.append_null(),
            Self::Lists { lists, .. } | Self::Keys(lists) => lists.append_null(),
            Self::Exist(answers) | Self::Valid(answers) => answers.append_null(),
            Self::Lengths(lengths) => lengths.append_null(),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Self::Texts { mut texts, .. } | Self::Kinds(mut texts) => Arc::new(texts.finish()),
            Self::Lists { mut lists, .. } | Self::Keys(mut lists) => Arc::new(lists.finish()),
            Self::Exist(mut answers) | Self::Valid(mut answers) => Arc::new(answers.finish()),
            Self::Lengths(mut lengths) => Arc::new(lengths.finish()),
        }
    }
}

/// The items of a list; of anything else there are none.
fn items(value: &str) -> Vec<&str> {
    let parts = parts(value).unwrap_or_default();
    parts.into_iter().filter(|(key, _)| key.is_none()).map(|(_, item)| item).collect()
}

/// What DuckDB calls the kind of a value.
pub(in crate::dialect) fn kind(value: &str) -> &'static str {
    match Cursor::new(value, 0).value() {
        Ok(Value::Object) => "OBJECT",
        Ok(Value::List) => "ARRAY",
        Ok(Value::Text(..)) => "VARCHAR",
        Ok(Value::Boolean(_)) => "BOOLEAN",
        Ok(Value::Number(number)) if number.parse::<u64>().is_ok() => "UBIGINT",
        Ok(Value::Number(number)) if number.parse::<i64>().is_ok() => "BIGINT",
        Ok(Value::Number(_)) => "DOUBLE",
        _ => "NULL",
    }
}

fn external(error: crate::error::Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// A column of one text in each row.
pub(super) fn texts(texts: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(texts.collect::<StringArray>())
}
