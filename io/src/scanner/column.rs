//! One column of a batch in the making.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time64NanosecondType, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray};
use arrow_buffer::{BooleanBufferBuilder, NullBufferBuilder};

use super::decimal::parse_decimal;
use super::fields::{FieldRules, Fields, Missing, Span};
use super::infer::Column;
use super::nested::NestedValues;
use super::numbers;
use super::text_values::TextValues;
use super::values::{
    NumberSigns, is_null_word, parse_declared_bool, parse_f32, parse_f64, parse_i64, parse_time_nanos,
    parse_u64, trim,
};
use crate::options::ColumnType;
use crate::simd::InstructionSet;

/// Converts the fields of one column, many at a time.
#[derive(Debug)]
pub(crate) struct ColumnBuilder {
    ty: ColumnType,
    missing: Missing,
    /// Texts that are null in this column.
    null_texts: Vec<String>,
    values: Values,
    nulls: NullBufferBuilder,
    zeros: Zeros,
    /// Whether the type was guessed: points in time without a zone have none then. Of a given type, those with one are in UTC.
    inferred: bool,
}

/// Whether integers with zeros in front, which numbers do not keep, are something to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zeros {
    /// The type was given, or it has been told.
    Fine,
    /// The type was guessed, and none was met.
    Watched,
    Met,
}

#[derive(Debug)]
enum Values {
    Boolean(BooleanBufferBuilder),
    Int8(Vec<i8>),
    Int16(Vec<i16>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    UInt8(Vec<u8>),
    UInt16(Vec<u16>),
    UInt32(Vec<u32>),
    UInt64(Vec<u64>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    /// Units of the last digit.
    Decimal(Vec<i128>),
    /// Days.
    Date(Vec<i32>),
    /// Nanoseconds since midnight.
    Time(Vec<i64>),
    /// Microseconds without a zone.
    Timestamp(Vec<i64>),
    /// Microseconds in UTC.
    TimestampTz(Vec<i64>),
    Text(TextValues),
    /// Lists and objects.
    Nested(Box<NestedValues>),
}

/// Whether one of the fields is an integer with zeros in front, also in quotes.
fn has_codes(data: &[u8], spans: &[Span]) -> bool {
    spans.iter().any(|span| {
        let (start, end) = (span.start as usize, span.end as usize);
        let quote = usize::from(data[start] == b'"');
        let first = start + quote;
        data[first] == b'0' && first + 1 + quote < end && data[first + 1].is_ascii_digit()
    })
}

/// A field that cannot be a value of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// It is not written as a value of the type is.
    Value,
    /// Its bytes are not text in the encoding.
    Encoding,
}

/// The first field that cannot be a value: its place among those that were to be appended.
pub(crate) type FirstRejected = (usize, Rejected);

/// Told of each field that cannot be a value, with its place: to stop there, or to go on with a null.
pub(super) type OnBad<'a> = &'a mut dyn FnMut(usize, Rejected) -> ControlFlow<FirstRejected>;

impl ColumnBuilder {
    /// An empty column with room for `rows` values.
    pub(crate) fn new(ty: ColumnType, rows: usize) -> Self {
        let values = match ty {
            ColumnType::Boolean => Values::Boolean(BooleanBufferBuilder::new(rows)),
            ColumnType::Int8 => Values::Int8(Vec::with_capacity(rows)),
            ColumnType::Int16 => Values::Int16(Vec::with_capacity(rows)),
            ColumnType::Int32 => Values::Int32(Vec::with_capacity(rows)),
            ColumnType::Int64 => Values::Int64(Vec::with_capacity(rows)),
            ColumnType::UInt8 => Values::UInt8(Vec::with_capacity(rows)),
            ColumnType::UInt16 => Values::UInt16(Vec::with_capacity(rows)),
            ColumnType::UInt32 => Values::UInt32(Vec::with_capacity(rows)),
            ColumnType::UInt64 => Values::UInt64(Vec::with_capacity(rows)),
            ColumnType::Float32 => Values::Float32(Vec::with_capacity(rows)),
            ColumnType::Float64 => Values::Float64(Vec::with_capacity(rows)),
            ColumnType::Decimal { .. } => Values::Decimal(Vec::with_capacity(rows)),
            ColumnType::Date => Values::Date(Vec::with_capacity(rows)),
            ColumnType::Time => Values::Time(Vec::with_capacity(rows)),
            ColumnType::Timestamp => Values::Timestamp(Vec::with_capacity(rows)),
            ColumnType::TimestampTz => Values::TimestampTz(Vec::with_capacity(rows)),
            ColumnType::Text => Values::Text(TextValues::with_capacity(rows)),
        };
        Self {
            ty,
            missing: Missing::Usual,
            null_texts: Vec::new(),
            values,
            nulls: NullBufferBuilder::new(rows),
            zeros: Zeros::Fine,
            inferred: false,
        }
    }

    /// An empty column for the values of a column of a table.
    pub(crate) fn of(column: &Column) -> Self {
        let (missing, null_texts) = (column.missing, column.null_texts.clone());
        match &column.nested {
            Some(nested) => {
                let values = Values::Nested(Box::new(NestedValues::new(nested.clone())));
                Self { missing, null_texts, values, ..Self::new(column.ty, 0) }
            }
            None => {
                let zeros = if column.inferred { Zeros::Watched } else { Zeros::Fine };
                Self { missing, null_texts, zeros, inferred: column.inferred, ..Self::new(column.ty, 0) }
            }
        }
    }

    /// Whether integers with zeros in front were met since this was asked first, in a column whose type was guessed. True once.
    pub(crate) fn take_leading_zeros(&mut self) -> bool {
        let were_met = self.zeros == Zeros::Met;
        if were_met {
            self.zeros = Zeros::Fine;
        }
        were_met
    }

    /// Appends fields.
    ///
    /// # Errors
    /// A field is no value of the type; those before it are appended.
    pub(crate) fn append(
        &mut self,
        fields: &Fields<'_>,
        spans: &[Span],
        rules: &FieldRules,
    ) -> Result<(), FirstRejected> {
        self.append_until(fields, spans, rules, &mut |row, rejected| ControlFlow::Break((row, rejected)))
    }

    /// Appends fields, and nulls for those that are no value of the type, which are added to `bad`.
    pub(crate) fn append_all(
        &mut self,
        fields: &Fields<'_>,
        spans: &[Span],
        rules: &FieldRules,
        bad: &mut Vec<(usize, Rejected)>,
    ) {
        let appended = self.append_until(fields, spans, rules, &mut |row, rejected| {
            bad.push((row, rejected));
            ControlFlow::Continue(())
        });
        debug_assert!(appended.is_ok());
    }

    fn append_until(
        &mut self,
        fields: &Fields<'_>,
        spans: &[Span],
        rules: &FieldRules,
        on_bad: OnBad<'_>,
    ) -> Result<(), FirstRejected> {
        let own;
        let rules = match self.missing {
            Missing::Usual if self.null_texts.is_empty() => rules,
            missing => {
                own = rules.of_column(missing, &self.null_texts, fields.dialect);
                &own
            }
        };
        if rules.signs != NumberSigns::USUAL
            && let Some(appended) = self.append_with_signs(fields, spans, rules, &mut *on_bad)
        {
            return appended;
        }
        let (signs, nulls) = (rules.signs, &mut self.nulls);
        // How many values are read at once where they are plain, and how one is read.
        macro_rules! append_by {
            ($values:ident, $many:expr, $one:expr) => {
                append($values, nulls, fields, spans, rules, on_bad, $many, $one)
            };
        }
        match &mut self.values {
            Values::Int64(values) => {
                if self.zeros == Zeros::Watched && has_codes(fields.padded, spans) {
                    self.zeros = Zeros::Met;
                }
                append_by!(values, numbers::integers, parse_i64)
            }
            Values::Float64(values) => {
                append_by!(values, numbers::decimals, present_f64)
            }
            Values::Int32(values) => {
                append_by!(values, narrow_integers, |value| { narrow(parse_i64(value)) })
            }
            Values::Int16(values) => {
                append_by!(values, narrow_integers, |value| { narrow(parse_i64(value)) })
            }
            Values::Int8(values) => {
                append_by!(values, narrow_integers, |value| { narrow(parse_i64(value)) })
            }
            Values::UInt64(values) => {
                append_by!(values, narrow_integers, parse_u64)
            }
            Values::UInt32(values) => {
                append_by!(values, narrow_integers, |value| { narrow(parse_u64(value)) })
            }
            Values::UInt16(values) => {
                append_by!(values, narrow_integers, |value| { narrow(parse_u64(value)) })
            }
            Values::UInt8(values) => {
                append_by!(values, narrow_integers, |value| { narrow(parse_u64(value)) })
            }
            Values::Float32(values) => append_by!(values, never, present_f32),
            Values::Decimal(values) => {
                let ColumnType::Decimal { precision, scale } = self.ty else {
                    unreachable!("it is its type")
                };
                append_by!(values, never, |value| { parse_decimal(&signs.plain(value)?, precision, scale) })
            }
            Values::Time(values) => append_by!(values, never, parse_time_nanos),
            Values::Date(values) => {
                append_by!(values, never, |value| rules.times.date_of_column(value))
            }
            Values::Timestamp(values) => {
                let inferred = self.inferred;
                append_by!(values, never, |value| {
                    let time = rules.times.timestamp_of_column(value);
                    time.filter(|(_, zoned)| !zoned || !inferred).map(|(micros, _)| micros)
                })
            }
            Values::TimestampTz(values) => {
                append_by!(values, never, |value| {
                    rules.times.timestamp_of_column(value).map(|(micros, _)| micros)
                })
            }
            Values::Boolean(values) => append_booleans(values, nulls, fields, spans, rules, on_bad),
            Values::Text(values) => append_text(values, nulls, fields, spans, rules, on_bad),
            // They have nulls of their own.
            Values::Nested(values) => values.append(fields, spans, rules, on_bad),
        }
    }

    /// Appends numbers that are written with other signs than usual; `None`: the column has none.
    fn append_with_signs(
        &mut self,
        fields: &Fields<'_>,
        spans: &[Span],
        rules: &FieldRules,
        on_bad: OnBad<'_>,
    ) -> Option<Result<(), FirstRejected>> {
        let (signs, nulls) = (rules.signs, &mut self.nulls);
        // Only where digits stand in groups, integers have signs within them, too.
        let is_grouped = signs.thousands.is_some();
        let integer = |value: &[u8]| parse_i64(&signs.plain(value)?);
        let unsigned = |value: &[u8]| parse_u64(&signs.plain(value)?);
        macro_rules! append_by {
            ($values:ident, $one:expr) => {
                append($values, nulls, fields, spans, rules, on_bad, never, $one)
            };
        }
        Some(match &mut self.values {
            Values::Float64(values) => append_by!(values, |value| present_f64(&signs.plain(value)?)),
            Values::Float32(values) => append_by!(values, |value| present_f32(&signs.plain(value)?)),
            Values::Int64(values) if is_grouped => append_by!(values, integer),
            Values::Int32(values) if is_grouped => append_by!(values, |value| narrow(integer(value))),
            Values::Int16(values) if is_grouped => append_by!(values, |value| narrow(integer(value))),
            Values::UInt64(values) if is_grouped => append_by!(values, unsigned),
            Values::UInt32(values) if is_grouped => append_by!(values, |value| narrow(unsigned(value))),
            Values::UInt16(values) if is_grouped => append_by!(values, |value| narrow(unsigned(value))),
            _ => return None,
        })
    }

    /// Appends missing values.
    pub(crate) fn append_nulls(&mut self, rows: usize) {
        self.nulls.append_n_nulls(rows);
        match &mut self.values {
            Values::Boolean(values) => values.append_n(rows, false),
            Values::Int8(values) => values.resize(values.len() + rows, 0),
            Values::Int16(values) => values.resize(values.len() + rows, 0),
            Values::Int32(values) => values.resize(values.len() + rows, 0),
            Values::UInt8(values) => values.resize(values.len() + rows, 0),
            Values::UInt16(values) => values.resize(values.len() + rows, 0),
            Values::UInt32(values) => values.resize(values.len() + rows, 0),
            Values::UInt64(values) => values.resize(values.len() + rows, 0),
            Values::Float32(values) => values.resize(values.len() + rows, 0.0),
            Values::Float64(values) => values.resize(values.len() + rows, 0.0),
            Values::Decimal(values) => values.resize(values.len() + rows, 0),
            Values::Date(values) => values.resize(values.len() + rows, 0),
            Values::Int64(values)
            | Values::Time(values)
            | Values::Timestamp(values)
            | Values::TimestampTz(values) => values.resize(values.len() + rows, 0),
            Values::Text(values) => (0..rows).for_each(|_| values.push_null()),
            Values::Nested(values) => values.append_nulls(rows),
        }
    }

    /// Takes the values out as an array and begins anew.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        let nulls = self.nulls.finish();
        match &mut self.values {
            Values::Boolean(values) => Arc::new(BooleanArray::new(values.finish(), nulls)),
            Values::Int8(values) => primitive::<Int8Type>(values, nulls),
            Values::Int16(values) => primitive::<Int16Type>(values, nulls),
            Values::Int32(values) => primitive::<Int32Type>(values, nulls),
            Values::Int64(values) => primitive::<Int64Type>(values, nulls),
            Values::UInt8(values) => primitive::<UInt8Type>(values, nulls),
            Values::UInt16(values) => primitive::<UInt16Type>(values, nulls),
            Values::UInt32(values) => primitive::<UInt32Type>(values, nulls),
            Values::UInt64(values) => primitive::<UInt64Type>(values, nulls),
            Values::Float32(values) => primitive::<Float32Type>(values, nulls),
            Values::Float64(values) => primitive::<Float64Type>(values, nulls),
            Values::Decimal(values) => {
                let array = PrimitiveArray::<Decimal128Type>::new(taken(values).into(), nulls);
                Arc::new(array.with_data_type(self.ty.data_type()))
            }
            Values::Date(values) => primitive::<Date32Type>(values, nulls),
            Values::Time(values) => primitive::<Time64NanosecondType>(values, nulls),
            Values::Timestamp(values) => primitive::<TimestampMicrosecondType>(values, nulls),
            Values::TimestampTz(values) => {
                let array = PrimitiveArray::<TimestampMicrosecondType>::new(taken(values).into(), nulls);
                Arc::new(array.with_data_type(self.ty.data_type()))
            }
            Values::Text(values) => Arc::new(values.finish(nulls)),
            Values::Nested(values) => values.finish(),
        }
    }
}

/// Takes the values of a batch out and leaves room for those of the next one: a little more, as no two have the same
/// number of rows, and a vector that grows is copied.
pub(super) fn taken<V>(values: &mut Vec<V>) -> Vec<V> {
    let next = Vec::with_capacity(values.len() + values.len() / 8);
    std::mem::replace(values, next)
}

fn primitive<T: ArrowPrimitiveType>(
    values: &mut Vec<T::Native>,
    nulls: Option<arrow_buffer::NullBuffer>,
) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::new(taken(values).into(), nulls))
}

#[allow(clippy::too_many_arguments)] // one loop for all types; the two last ones are what differs between them
/// Appends fields: first `quick` looks at them, as they stand in the data but for quotes around them, then `full` at the values of those
/// that it could make nothing of, whose places it gives.
#[inline(always)]
fn append<V: Copy + Default>(
    values: &mut Vec<V>,
    nulls: &mut NullBufferBuilder,
    fields: &Fields<'_>,
    spans: &[Span],
    rules: &FieldRules,
    on_bad: OnBad<'_>,
    quick: impl FnOnce(InstructionSet, &[u8], &[Span], &mut Vec<V>, &mut Vec<usize>),
    full: impl Fn(&[u8]) -> Option<V>,
) -> Result<(), FirstRejected> {
    let first = values.len();
    let mut left = Vec::new();
    let unquoted = fields.unquoted(spans).spans;
    quick(fields.set, fields.padded, &unquoted, values, &mut left);
    // What stands for null may look like a value.
    if rules.nulls.all().any(|null| full(trim(null.as_bytes())).is_some()) {
        let is_listed =
            |row: &usize| rules.nulls.has(fields.raw(unquoted[*row]), unquoted[*row] != spans[*row]);
        left.extend((0..spans.len()).filter(is_listed));
        left.sort_unstable();
        left.dedup();
    }
    let mut runs = Runs { nulls, end: 0 };
    for row in left {
        match slow(fields, spans[row], rules, &full) {
            Some(Some(value)) => values[first + row] = value,
            Some(None) => runs.null(row),
            None => match on_bad(row, Rejected::Value) {
                ControlFlow::Continue(()) => runs.null(row),
                ControlFlow::Break(first_rejected) => {
                    values.truncate(first + row);
                    runs.end(row);
                    return Err(first_rejected);
                }
            },
        }
    }
    runs.end(spans.len());
    Ok(())
}

/// Nulls among values, by their places.
struct Runs<'a> {
    nulls: &'a mut NullBufferBuilder,
    /// Behind the last null.
    end: usize,
}

impl Runs<'_> {
    fn null(&mut self, row: usize) {
        self.end(row);
        self.nulls.append_null();
        self.end = row + 1;
    }

    /// All up to a place are values.
    fn end(&mut self, row: usize) {
        self.nulls.append_n_non_nulls(row - self.end);
        self.end = row;
    }
}

/// The value of a field, or that it is missing; nothing if it is no value.
fn slow<V>(
    fields: &Fields<'_>,
    span: Span,
    rules: &FieldRules,
    full: impl Fn(&[u8]) -> Option<V>,
) -> Option<Option<V>> {
    let raw = fields.raw(span);
    // The commonest words of all that are no values.
    if raw.is_empty() || raw == b"NA" {
        return Some(None);
    }
    let (value, is_quoted) = fields.value(span);
    if rules.nulls.has(&value, is_quoted) {
        return Some(None);
    }
    match full(trim(&value)) {
        Some(found) => Some(Some(found)),
        None if rules.missing != Missing::Nothing && is_null_word(&value) => Some(None),
        None => None,
    }
}

fn append_booleans(
    values: &mut BooleanBufferBuilder,
    nulls: &mut NullBufferBuilder,
    fields: &Fields<'_>,
    spans: &[Span],
    rules: &FieldRules,
    on_bad: OnBad<'_>,
) -> Result<(), FirstRejected> {
    let boolean = |value: &[u8]| rules.booleans.meaning(value).or_else(|| parse_declared_bool(value));
    for (row, span) in spans.iter().enumerate() {
        match slow(fields, *span, rules, boolean) {
            Some(Some(value)) => {
                values.append(value);
                nulls.append_non_null();
            }
            found => {
                if found.is_none()
                    && let ControlFlow::Break(first_rejected) = on_bad(row, Rejected::Value)
                {
                    return Err(first_rejected);
                }
                values.append(false);
                nulls.append_null();
            }
        }
    }
    Ok(())
}

/// Appends text: an empty field without quotes is null, `""` is not unless that is asked for.
fn append_text(
    values: &mut TextValues,
    nulls: &mut NullBufferBuilder,
    fields: &Fields<'_>,
    spans: &[Span],
    rules: &FieldRules,
    on_bad: OnBad<'_>,
) -> Result<(), FirstRejected> {
    let mut runs = Runs { nulls, end: 0 };
    let is_empty = |span: &Span| span.start == span.end && rules.missing == Missing::Usual;
    if let Some(text) = fields.text {
        let unquoted = fields.unquoted(spans);
        if unquoted.are_all {
            let empty = values.push_parts(&text, &unquoted.spans);
            let is_listed = |row: usize| {
                let span = unquoted.spans[row];
                rules.nulls.has(fields.raw(span), span != spans[row])
            };
            if empty > 0 && rules.missing == Missing::Usual || !rules.nulls.is_empty() {
                let is_null = |row: &usize| is_empty(&spans[*row]) || is_listed(*row);
                (0..spans.len()).filter(is_null).for_each(|row| runs.null(row));
            }
            runs.end(spans.len());
            return Ok(());
        }
    }
    for (row, span) in spans.iter().enumerate() {
        let (value, is_quoted) = fields.value(*span);
        if is_empty(span) || rules.nulls.has(&value, is_quoted) {
            values.push_null();
            runs.null(row);
            continue;
        }
        match rules.encoding.decode(&value) {
            Some(text) => values.push(&text),
            None => {
                if let ControlFlow::Break(first_rejected) = on_bad(row, Rejected::Encoding) {
                    runs.end(row);
                    return Err(first_rejected);
                }
                values.push_null();
                runs.null(row);
            }
        }
    }
    runs.end(spans.len());
    Ok(())
}

/// No field is so plain that it is worth a way of its own.
fn never<V: Copy + Default>(
    _set: InstructionSet,
    _data: &[u8],
    spans: &[Span],
    values: &mut Vec<V>,
    left: &mut Vec<usize>,
) {
    values.resize(values.len() + spans.len(), V::default());
    left.extend(0..spans.len());
}

/// A number; NaN means that there is no value (see NULL_WORDS).
fn present_f64(value: &[u8]) -> Option<f64> {
    parse_f64(value).filter(|value| !value.is_nan())
}

/// The same in single precision.
fn present_f32(value: &[u8]) -> Option<f32> {
    parse_f32(value).filter(|value| !value.is_nan())
}

/// Integers of less than 64 bits.
fn narrow_integers<Narrow: TryFrom<i64> + Default>(
    _set: InstructionSet,
    data: &[u8],
    spans: &[Span],
    values: &mut Vec<Narrow>,
    left: &mut Vec<usize>,
) {
    let of = |data: &[u8], start, len| narrow(numbers::integer(data, start, len));
    numbers::one_by_one(data, spans, 0, values, left, of);
}

#[inline(always)]
fn narrow<Wide, Narrow: TryFrom<Wide>>(value: Option<Wide>) -> Option<Narrow> {
    value.and_then(|value| Narrow::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_cast::display::array_value_to_string;

    use super::super::bool_words::BoolWords;
    use super::super::null_texts::NullTexts;
    use super::super::record::Dialect;
    use super::super::text_values::CheckedText;
    use super::super::time_format::TimeFormats;
    use super::super::values::NULL_WORDS;
    use super::*;
    use crate::chunk::PADDING_LEN_BYTES;
    use crate::encoding::Encoding;

    fn one(ty: ColumnType, field: &str, quoted: bool, nullstr: &[&str]) -> Result<Option<String>, Rejected> {
        let nullstr = nullstr.iter().map(|s| (*s).to_owned()).collect();
        let times = TimeFormats::default();
        let rules = FieldRules {
            nulls: NullTexts::alike(nullstr),
            missing: Missing::Usual,
            booleans: BoolWords::default(),
            signs: NumberSigns::USUAL,
            times,
            encoding: Encoding::Utf8,
        };
        let field = if quoted { format!("\"{field}\"") } else { field.to_owned() };
        let padded = [field.as_bytes(), &[b'7'; PADDING_LEN_BYTES]].concat();
        let span = Span { start: 0, end: u32::try_from(field.len()).unwrap() };
        let text = CheckedText::of(&padded, Encoding::Utf8);
        let (dialect, set) = (&Dialect::RFC4180, InstructionSet::best());
        let fields = Fields { padded: &padded, dialect, has_quotes: quoted, text, set };
        let mut builder = ColumnBuilder { inferred: true, ..ColumnBuilder::new(ty, 1) };
        builder.append(&fields, &[span], &rules).map_err(|(row, rejected)| {
            assert_eq!(row, 0);
            rejected
        })?;
        let array = builder.finish();
        assert_eq!(array.data_type(), &ty.data_type());
        Ok((!array.is_null(0)).then(|| array_value_to_string(&array, 0).unwrap()))
    }

    #[test]
    fn values_by_type() {
        let cases = [
            (ColumnType::Int64, " 12 ", "12"),
            (ColumnType::Int8, "-128", "-128"),
            (ColumnType::UInt64, "18446744073709551615", "18446744073709551615"),
            (ColumnType::Float64, "1e3", "1000.0"),
            (ColumnType::Float32, "0.1", "0.1"),
            (ColumnType::Boolean, "TRUE", "true"),
            (ColumnType::Boolean, "0", "false"),
            (ColumnType::Decimal { precision: 5, scale: 2 }, " -12.345", "-12.35"),
            (ColumnType::Date, "2008-11-13", "2008-11-13"),
            (ColumnType::Time, "7:05", "07:05:00"),
            (ColumnType::Time, "23:59:59.25", "23:59:59.250"),
            (ColumnType::Timestamp, "2008-11-13 10:00:00", "2008-11-13T10:00:00"),
            (ColumnType::TimestampTz, "2008-11-13 10:00:00+01:00", "2008-11-13T09:00:00Z"),
            (ColumnType::Text, " NA ", " NA "),
        ];
        for (ty, field, expected) in cases {
            assert_eq!(one(ty, field, false, &[]), Ok(Some(expected.into())), "{ty} {field:?}");
        }
    }

    #[test]
    fn nulls_follow_the_type() {
        for word in NULL_WORDS {
            for ty in [ColumnType::Int64, ColumnType::Float64, ColumnType::Date, ColumnType::Boolean] {
                assert_eq!(one(ty, word, false, &[]), Ok(None), "{ty} {word:?}");
                assert_eq!(one(ty, word, true, &[]), Ok(None), "{ty} {word:?}");
            }
            let text = one(ColumnType::Text, word, false, &[]).unwrap();
            assert_eq!(text.is_none(), word.is_empty(), "{word:?}");
        }
        assert_eq!(one(ColumnType::Text, "", true, &[]), Ok(Some(String::new())));
        assert_eq!(one(ColumnType::Text, "NA", false, &["NA"]), Ok(None));
        assert_eq!(one(ColumnType::Text, "NA", true, &["NA"]), Ok(None));
        assert_eq!(one(ColumnType::Text, "NA", true, &[]), Ok(Some("NA".into())));
        assert_eq!(one(ColumnType::Text, "", true, &[""]), Ok(None));
        assert_eq!(one(ColumnType::Int64, "missing", false, &["missing"]), Ok(None));
        // Also what looks like a value.
        for (ty, word) in [
            (ColumnType::Int64, "-999"),
            (ColumnType::Float64, "99.9"),
            (ColumnType::Boolean, "false"),
            (ColumnType::Date, "1900-01-01"),
            (ColumnType::Decimal { precision: 5, scale: 2 }, "0"),
        ] {
            for quoted in [false, true] {
                assert_eq!(one(ty, word, quoted, &["x", word]), Ok(None), "{ty}");
                assert!(one(ty, word, quoted, &["x"]).unwrap().is_some(), "{ty}");
            }
        }
    }

    #[test]
    fn quotes_come_off_whatever_is_beside_them() {
        let texts = [
            "plain",
            "",
            "\"\"",
            "\"a\"",
            "\"sixteen letters.\"",
            "\"seventeen letters\"",
            "\"two \"\"words\"\"\"",
            "-9",
            "\"-9\"",
        ];
        let expected = [
            Some("plain"),
            None,
            Some(""),
            Some("a"),
            Some("sixteen letters."),
            Some("seventeen letters"),
            Some("two \"words\""),
            None,
            None,
        ];
        for count in 1..=texts.len() {
            let line = texts[..count].join(",");
            let padded = [line.as_bytes(), &[b'"'; PADDING_LEN_BYTES]].concat();
            let mut start = 0;
            let spans = texts[..count].iter().map(|text| {
                let span = Span { start, end: start + text.len() as u32 };
                start = span.end + 1;
                span
            });
            let spans: Vec<_> = spans.collect();
            let text = CheckedText::of(&padded, Encoding::Utf8);
            let (dialect, set) = (&Dialect::RFC4180, InstructionSet::best());
            let fields = Fields { padded: &padded, dialect, has_quotes: true, text, set };
            let times = TimeFormats::default();
            let nullstr = vec!["-9".to_owned()];
            let rules = FieldRules {
                nulls: NullTexts::alike(nullstr),
                missing: Missing::Usual,
                booleans: BoolWords::default(),
                signs: NumberSigns::USUAL,
                times,
                encoding: Encoding::Utf8,
            };
            let mut builder = ColumnBuilder::new(ColumnType::Text, count);
            builder.append(&fields, &spans, &rules).unwrap();
            let array = builder.finish();
            let values: Vec<_> = array.as_string_view().iter().collect();
            assert_eq!(values, expected[..count]);
        }
    }

    #[test]
    fn what_is_no_value_is_rejected() {
        for (ty, field) in [
            (ColumnType::Int64, "1.5"),
            (ColumnType::Int8, "128"),
            (ColumnType::UInt8, "-1"),
            (ColumnType::Float64, "12,50"),
            (ColumnType::Decimal { precision: 5, scale: 2 }, "1234.5"),
            (ColumnType::Date, "2008-13-01"),
            (ColumnType::Time, "24:00:00"),
            (ColumnType::Time, "10:00:00+01:00"),
            (ColumnType::Timestamp, "2008-11-13 10:00:00Z"),
            (ColumnType::Boolean, "maybe"),
        ] {
            assert_eq!(one(ty, field, false, &[]), Err(Rejected::Value), "{ty} {field:?}");
        }
    }
}
