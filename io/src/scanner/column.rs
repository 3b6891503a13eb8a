//! One column of a batch in the making.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{BooleanBuilder, PrimitiveBuilder, StringViewBuilder};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};

use super::values::{
    is_null_word, parse_date, parse_declared_bool, parse_f32, parse_f64, parse_i64, parse_timestamp,
    parse_u64, trim,
};
use crate::encoding::Encoding;
use crate::options::ColumnType;

/// Appends the values of one column, field by field.
#[derive(Debug)]
pub enum ColumnBuilder {
    /// Booleans.
    Boolean(BooleanBuilder),
    /// 8-bit signed integers.
    Int8(PrimitiveBuilder<Int8Type>),
    /// 16-bit signed integers.
    Int16(PrimitiveBuilder<Int16Type>),
    /// 32-bit signed integers.
    Int32(PrimitiveBuilder<Int32Type>),
    /// 64-bit signed integers.
    Int64(PrimitiveBuilder<Int64Type>),
    /// 8-bit unsigned integers.
    UInt8(PrimitiveBuilder<UInt8Type>),
    /// 16-bit unsigned integers.
    UInt16(PrimitiveBuilder<UInt16Type>),
    /// 32-bit unsigned integers.
    UInt32(PrimitiveBuilder<UInt32Type>),
    /// 64-bit unsigned integers.
    UInt64(PrimitiveBuilder<UInt64Type>),
    /// Single precision numbers.
    Float32(PrimitiveBuilder<Float32Type>),
    /// Double precision numbers.
    Float64(PrimitiveBuilder<Float64Type>),
    /// Days.
    Date(PrimitiveBuilder<Date32Type>),
    /// Microseconds without a zone.
    Timestamp(PrimitiveBuilder<TimestampMicrosecondType>),
    /// Microseconds in UTC.
    TimestampTz(PrimitiveBuilder<TimestampMicrosecondType>),
    /// Text.
    Text(StringViewBuilder),
}

/// A field that cannot be a value of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// It is not written as a value of the type is.
    Value,
    /// Its bytes are not text in the encoding.
    Encoding,
}

/// How fields become values, beside their column's type.
#[derive(Debug, Clone)]
pub struct FieldRules {
    /// Texts that are null in every column.
    pub nullstr: Vec<String>,
    /// The encoding of text.
    pub encoding: Encoding,
}

impl ColumnBuilder {
    /// An empty column with room for `rows` values.
    pub fn new(ty: ColumnType, rows: usize) -> Self {
        match ty {
            ColumnType::Boolean => Self::Boolean(BooleanBuilder::with_capacity(rows)),
            ColumnType::Int8 => Self::Int8(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::Int16 => Self::Int16(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::Int32 => Self::Int32(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::Int64 => Self::Int64(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::UInt8 => Self::UInt8(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::UInt16 => Self::UInt16(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::UInt32 => Self::UInt32(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::UInt64 => Self::UInt64(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::Float32 => Self::Float32(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::Float64 => Self::Float64(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::Date => Self::Date(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::Timestamp => Self::Timestamp(PrimitiveBuilder::with_capacity(rows)),
            ColumnType::TimestampTz => {
                Self::TimestampTz(PrimitiveBuilder::with_capacity(rows).with_data_type(ty.data_type()))
            }
            ColumnType::Text => Self::Text(StringViewBuilder::with_capacity(rows)),
        }
    }

    /// Appends one field. `quoted` tells `""` from nothing in a column of text.
    ///
    /// # Errors
    /// The field is no value of the type; then nothing is appended.
    pub fn push(&mut self, field: &[u8], quoted: bool, rules: &FieldRules) -> Result<(), Rejected> {
        if let Self::Text(builder) = self {
            let listed = || rules.nullstr.iter().any(|null| null.as_bytes() == field);
            if !quoted && (field.is_empty() || listed()) {
                builder.append_null();
                return Ok(());
            }
            builder.append_value(rules.encoding.decode(field).ok_or(Rejected::Encoding)?);
            return Ok(());
        }
        if self.push_value(trim(field)) {
            return Ok(());
        }
        // Looked at last: most fields are values.
        if is_null_word(field) || rules.nullstr.iter().any(|null| null.as_bytes() == field) {
            self.push_null();
            return Ok(());
        }
        Err(Rejected::Value)
    }

    /// Appends a missing value.
    pub fn push_null(&mut self) {
        match self {
            Self::Boolean(builder) => builder.append_null(),
            Self::Int8(builder) => builder.append_null(),
            Self::Int16(builder) => builder.append_null(),
            Self::Int32(builder) => builder.append_null(),
            Self::Int64(builder) => builder.append_null(),
            Self::UInt8(builder) => builder.append_null(),
            Self::UInt16(builder) => builder.append_null(),
            Self::UInt32(builder) => builder.append_null(),
            Self::UInt64(builder) => builder.append_null(),
            Self::Float32(builder) => builder.append_null(),
            Self::Float64(builder) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Timestamp(builder) | Self::TimestampTz(builder) => builder.append_null(),
            Self::Text(builder) => builder.append_null(),
        }
    }

    /// Takes the values out as an array and begins anew.
    pub fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Int8(builder) => Arc::new(builder.finish()),
            Self::Int16(builder) => Arc::new(builder.finish()),
            Self::Int32(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) => Arc::new(builder.finish()),
            Self::UInt8(builder) => Arc::new(builder.finish()),
            Self::UInt16(builder) => Arc::new(builder.finish()),
            Self::UInt32(builder) => Arc::new(builder.finish()),
            Self::UInt64(builder) => Arc::new(builder.finish()),
            Self::Float32(builder) => Arc::new(builder.finish()),
            Self::Float64(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) | Self::TimestampTz(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
        }
    }

    /// Appends the value if the field is one; false if it is not.
    fn push_value(&mut self, field: &[u8]) -> bool {
        match self {
            Self::Int64(builder) => append(builder, parse_i64(field)),
            // NaN means that there is no value (see NULL_WORDS).
            Self::Float64(builder) => append(builder, parse_f64(field).filter(|value| !value.is_nan())),
            Self::Float32(builder) => append(builder, parse_f32(field).filter(|value| !value.is_nan())),
            Self::Int8(builder) => append(builder, narrow(parse_i64(field))),
            Self::Int16(builder) => append(builder, narrow(parse_i64(field))),
            Self::Int32(builder) => append(builder, narrow(parse_i64(field))),
            Self::UInt8(builder) => append(builder, narrow(parse_u64(field))),
            Self::UInt16(builder) => append(builder, narrow(parse_u64(field))),
            Self::UInt32(builder) => append(builder, narrow(parse_u64(field))),
            Self::UInt64(builder) => append(builder, parse_u64(field)),
            Self::Date(builder) => append(builder, parse_date(field)),
            Self::Timestamp(builder) => {
                let local = parse_timestamp(field).filter(|(_, zoned)| !zoned);
                append(builder, local.map(|(micros, _)| micros))
            }
            Self::TimestampTz(builder) => append(builder, parse_timestamp(field).map(|(micros, _)| micros)),
            Self::Boolean(builder) => {
                let value = parse_declared_bool(field);
                value.inspect(|value| builder.append_value(*value)).is_some()
            }
            Self::Text(_) => false,
        }
    }
}

fn append<T: ArrowPrimitiveType>(builder: &mut PrimitiveBuilder<T>, value: Option<T::Native>) -> bool {
    value.inspect(|value| builder.append_value(*value)).is_some()
}

fn narrow<Wide, Narrow: TryFrom<Wide>>(value: Option<Wide>) -> Option<Narrow> {
    value.and_then(|value| Narrow::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_cast::display::array_value_to_string;

    use super::*;

    fn one(ty: ColumnType, field: &str, quoted: bool, nullstr: &[&str]) -> Result<Option<String>, Rejected> {
        let nullstr = nullstr.iter().map(|s| (*s).to_owned()).collect();
        let rules = FieldRules { nullstr, encoding: Encoding::Utf8 };
        let mut builder = ColumnBuilder::new(ty, 1);
        builder.push(field.as_bytes(), quoted, &rules)?;
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
            (ColumnType::Date, "2008-11-13", "2008-11-13"),
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
        for word in ["", "NA", "N/A", "NaN", "null", "NULL", "-"] {
            for ty in [ColumnType::Int64, ColumnType::Float64, ColumnType::Date, ColumnType::Boolean] {
                assert_eq!(one(ty, word, false, &[]), Ok(None), "{ty} {word:?}");
                assert_eq!(one(ty, word, true, &[]), Ok(None), "{ty} {word:?}");
            }
            let text = one(ColumnType::Text, word, false, &[]).unwrap();
            assert_eq!(text.is_none(), word.is_empty(), "{word:?}");
        }
        assert_eq!(one(ColumnType::Text, "", true, &[]), Ok(Some(String::new())));
        assert_eq!(one(ColumnType::Text, "NA", false, &["NA"]), Ok(None));
        assert_eq!(one(ColumnType::Text, "NA", true, &["NA"]), Ok(Some("NA".into())));
        assert_eq!(one(ColumnType::Int64, "missing", false, &["missing"]), Ok(None));
    }

    #[test]
    fn what_is_no_value_is_rejected() {
        for (ty, field) in [
            (ColumnType::Int64, "1.5"),
            (ColumnType::Int8, "128"),
            (ColumnType::UInt8, "-1"),
            (ColumnType::Float64, "12,50"),
            (ColumnType::Date, "2008-13-01"),
            (ColumnType::Timestamp, "2008-11-13 10:00:00Z"),
            (ColumnType::Boolean, "maybe"),
        ] {
            assert_eq!(one(ty, field, false, &[]), Err(Rejected::Value), "{ty} {field:?}");
        }
    }
}
