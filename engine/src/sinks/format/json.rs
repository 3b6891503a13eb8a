//! JSON: one array of objects, or one object a line.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef, Schema};
use arrow::json::writer::{LineDelimited, WriterBuilder};

use super::RowWriter;
use super::times::{interval_texts, is_interval};

/// Writes JSON. Nulls are written as `null`, so that every object has every key; so are numbers that
/// JSON does not have, NaN and the infinities.
pub struct JsonWriter {
    lines: bool,
    empty: bool,
    /// How dates and points in time are written, in the letters of `strftime`.
    date_format: Option<String>,
    timestamp_format: Option<String>,
}

impl JsonWriter {
    /// A writer of objects, one a line or in an array.
    pub fn new(lines: bool) -> Self {
        Self { lines, empty: true, date_format: None, timestamp_format: None }
    }

    /// Sets how dates and points in time are written, where that is said.
    pub(crate) fn with_formats(self, date: Option<String>, timestamp: Option<String>) -> Self {
        Self { date_format: date, timestamp_format: timestamp, ..self }
    }
}

impl RowWriter for JsonWriter {
    fn start(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.lines { Ok(()) } else { out.write_all(b"[") }
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        let batch = with_different_keys(batch)?;
        let batch = with_text_keys(&batch)?;
        let batch = with_interval_texts(&batch)?;
        let mut objects = Vec::new();
        let mut builder = WriterBuilder::new().with_explicit_nulls(true);
        if let Some(format) = &self.date_format {
            builder = builder.with_date_format(format.clone()).with_datetime_format(format.clone());
        }
        if let Some(format) = &self.timestamp_format {
            builder = builder.with_timestamp_format(format.clone()).with_timestamp_tz_format(format.clone());
        }
        let mut writer = builder.build::<_, LineDelimited>(&mut objects);
        writer.write(&batch).and_then(|()| writer.finish()).map_err(io::Error::other)?;
        drop(writer);
        if self.lines {
            return out.write_all(&objects);
        }
        for object in objects.split(|byte| *byte == b'\n').filter(|object| !object.is_empty()) {
            out.write_all(if self.empty { b"\n  " } else { b",\n  " })?;
            out.write_all(object)?;
            self.empty = false;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match (self.lines, self.empty) {
            (true, _) => Ok(()),
            (false, true) => out.write_all(b"]\n"),
            (false, false) => out.write_all(b"\n]\n"),
        }
    }
}

/// The rows with a number behind the names of columns that others in front of them have, as a join may have them: of two values
/// with one key, readers of JSON take one.
fn with_different_keys(batch: &RecordBatch) -> io::Result<Cow<'_, RecordBatch>> {
    let schema = batch.schema_ref();
    let names: HashSet<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    if names.len() == schema.fields().len() {
        return Ok(Cow::Borrowed(batch));
    }
    let mut keys: HashSet<String> = HashSet::new();
    let fields = schema.fields().iter().map(|field| {
        let name = field.name();
        let mut key = name.clone();
        let mut number = 0;
        while keys.contains(&key) || number > 0 && names.contains(key.as_str()) {
            number += 1;
            key = format!("{name}_{number}");
        }
        keys.insert(key.clone());
        Arc::new(field.as_ref().clone().with_name(key))
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), batch.columns().to_vec()).map(Cow::Owned).map_err(io::Error::other)
}

/// The rows with intervals as texts, as they are in other formats.
fn with_interval_texts(batch: &RecordBatch) -> io::Result<Cow<'_, RecordBatch>> {
    let fields = batch.schema_ref().fields();
    if !fields.iter().any(|field| is_interval(field.data_type())) {
        return Ok(Cow::Borrowed(batch));
    }
    let mut written = Vec::with_capacity(fields.len());
    for (field, column) in fields.iter().zip(batch.columns()) {
        let is_interval = is_interval(field.data_type());
        let texts = is_interval.then(|| interval_texts(column)).transpose().map_err(io::Error::other)?;
        written.push(match texts {
            Some(texts) => {
                let field = field.as_ref().clone().with_data_type(DataType::Utf8);
                (Arc::new(field), Arc::new(texts) as ArrayRef)
            }
            None => (Arc::clone(field), Arc::clone(column)),
        });
    }
    let (fields, columns): (Vec<FieldRef>, Vec<ArrayRef>) = written.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map(Cow::Owned).map_err(io::Error::other)
}

/// The rows with the keys of maps as texts: JSON has no others.
pub(crate) fn with_text_keys(batch: &RecordBatch) -> io::Result<Cow<'_, RecordBatch>> {
    if !batch.schema_ref().fields().iter().any(|field| text_keys(field.data_type()).is_some()) {
        return Ok(Cow::Borrowed(batch));
    }
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let ty = text_keys(field.data_type()).unwrap_or_else(|| field.data_type().clone());
        columns.push(cast(column, &ty).map_err(io::Error::other)?);
        fields.push(field.as_ref().clone().with_data_type(ty));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map(Cow::Owned).map_err(io::Error::other)
}

/// A type with texts for keys of maps; `None`: it has none already, or no others.
pub(super) fn text_keys(ty: &DataType) -> Option<DataType> {
    let of_field = |field: &FieldRef| {
        text_keys(field.data_type()).map(|ty| Arc::new(field.as_ref().clone().with_data_type(ty)))
    };
    match ty {
        DataType::Map(entries, is_sorted) => {
            let DataType::Struct(fields) = entries.data_type() else { return None };
            let (key, value) = (fields.first()?, fields.get(1)?);
            if key.data_type() == &DataType::Utf8 && text_keys(value.data_type()).is_none() {
                return None;
            }
            let key = Arc::new(key.as_ref().clone().with_data_type(DataType::Utf8));
            let value = of_field(value).unwrap_or_else(|| Arc::clone(value));
            let entries = entries.as_ref().clone().with_data_type(DataType::Struct(vec![key, value].into()));
            Some(DataType::Map(Arc::new(entries), *is_sorted))
        }
        DataType::List(item) => of_field(item).map(DataType::List),
        DataType::LargeList(item) => of_field(item).map(DataType::LargeList),
        DataType::Struct(fields) if fields.iter().any(|field| text_keys(field.data_type()).is_some()) => {
            let fields = fields.iter().map(|field| of_field(field).unwrap_or_else(|| Arc::clone(field)));
            Some(DataType::Struct(fields.collect()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::format::tests::{sample, written};

    #[test]
    fn objects_have_every_key() {
        let first = r#"{"te|xt":"a,\"b\"\nc|","n":1.5}"#;
        let rest = r#"{"te|xt":null,"n":-20.0}"#;
        let last = r#"{"te|xt":"","n":null}"#;
        assert_eq!(written(JsonWriter::new(true), &[sample()]), format!("{first}\n{rest}\n{last}\n"));
        assert_eq!(
            written(JsonWriter::new(false), &[sample(), sample().slice(0, 1)]),
            format!("[\n  {first},\n  {rest},\n  {last},\n  {first}\n]\n")
        );
        assert_eq!(written(JsonWriter::new(false), &[]), "[]\n");
    }

    #[test]
    fn dates_and_times_have_formats() {
        let days: ArrayRef = Arc::new(arrow::array::Date32Array::from(vec![1]));
        let times: ArrayRef = Arc::new(arrow::array::TimestampMicrosecondArray::from(vec![1_500_000]));
        let batch = RecordBatch::try_from_iter([("d", days), ("t", times)]).unwrap();
        let writer =
            JsonWriter::new(true).with_formats(Some("%d.%m.%Y".to_owned()), Some("%H:%M".to_owned()));
        assert_eq!(written(writer, &[batch]), "{\"d\":\"02.01.1970\",\"t\":\"00:00\"}\n");
    }

    #[test]
    fn no_key_comes_twice() {
        let batch = sample();
        let field = |name: &str| batch.schema().field(1).clone().with_name(name);
        let schema = Schema::new(["n", "n", "n_1", "n"].map(field).to_vec());
        let columns = vec![batch.column(1).slice(0, 1); 4];
        let batch = RecordBatch::try_new(Arc::new(schema), columns).unwrap();
        let object = "{\"n\":1.5,\"n_2\":1.5,\"n_1\":1.5,\"n_3\":1.5}\n";
        assert_eq!(written(JsonWriter::new(true), &[batch]), object);
    }
}
