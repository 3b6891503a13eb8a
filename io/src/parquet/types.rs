//! Types of columns: those of files, and those of a table.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, GenericListArray, OffsetSizeTrait, StringViewArray, StructArray, new_null_array,
};
use arrow_cast::{CastOptions, cast, cast_with_options};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, TimeUnit};

use crate::scanner::decimal::MAX_PRECISION;

/// The length of a UUID: such a column is text in a table.
pub(super) const UUID_LEN_BYTES: i32 = 16;

/// The type that a column of this type of a file has in a table: texts are views into what was read, categories are what
/// they stand for, and parts of structs and lists may be null and have no notes.
pub(super) fn type_in_table(ty: &DataType) -> DataType {
    convert(ty, &|field, ty| Field::new(field.name(), ty, true))
}

/// The type as which a column is read: as far as that costs nothing, the one that it has in a table.
pub(super) fn as_read(ty: &DataType) -> DataType {
    match ty {
        // The reader cannot take them for others.
        DataType::FixedSizeList(..) | DataType::Date64 | DataType::Time32(_) | DataType::Time64(_) => {
            ty.clone()
        }
        ty => convert(ty, &|field, _| field.clone().with_data_type(as_read(field.data_type()))),
    }
}

fn convert(ty: &DataType, part: &dyn Fn(&Field, DataType) -> Field) -> DataType {
    let inner = |field: &FieldRef| Arc::new(part(field, convert(field.data_type(), part)));
    match ty {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::Dictionary(_, values) => convert(values, part),
        DataType::RunEndEncoded(_, values) => convert(values.data_type(), part),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(inner).collect()),
        DataType::List(item) => DataType::List(inner(item)),
        DataType::LargeList(item) => DataType::LargeList(inner(item)),
        // Of other lengths than others have, they are lists all the same; and days have no time.
        DataType::FixedSizeList(item, _) => DataType::List(inner(item)),
        DataType::Date64 => DataType::Date32,
        // In the unit that times of SQL have.
        DataType::Time32(_) | DataType::Time64(_) => DataType::Time64(TimeUnit::Nanosecond),
        other => other.clone(),
    }
}

/// The type that takes all values of two, if there is one.
pub(super) fn common(one: &DataType, other: &DataType) -> Option<DataType> {
    use DataType::{
        BinaryView, Date32, Float32, Float64, LargeList, List, Null, Struct, Timestamp, Utf8View,
    };
    match (one, other) {
        (one, other) if one == other => Some(one.clone()),
        (Null, some) | (some, Null) => Some(some.clone()),
        (one, other) if one.is_integer() && other.is_integer() => Some(common_integer(one, other)),
        (one, other) if one.is_decimal() && other.is_floating() => Some(Float64),
        (one, other) if one.is_floating() && other.is_decimal() => Some(Float64),
        (one, other) if one.is_decimal() || other.is_decimal() => {
            common_decimal(digits_of(one)?, digits_of(other)?)
        }
        (Utf8View, BinaryView) | (BinaryView, Utf8View) => Some(BinaryView),
        (List(one), List(other)) => Some(List(common_field(one, other)?)),
        (LargeList(one), LargeList(other) | List(other)) | (List(one), LargeList(other)) => {
            Some(LargeList(common_field(one, other)?))
        }
        (Struct(members), Struct(others)) => {
            let mut all: Vec<FieldRef> = members.iter().cloned().collect();
            for other in others {
                match all.iter_mut().find(|member| member.name() == other.name()) {
                    Some(member) => *member = common_field(member, other)?,
                    None => all.push(Arc::clone(other)),
                }
            }
            Some(Struct(all.into()))
        }
        (Float32, Float64) | (Float64, Float32) => Some(Float64),
        (one, other) if is_number(one) && is_number(other) => Some(Float64),
        (Date32, Timestamp(unit, zone)) | (Timestamp(unit, zone), Date32) => {
            Some(Timestamp(*unit, zone.clone()))
        }
        (Timestamp(one, zone), Timestamp(other, same)) if zone == same => {
            Some(Timestamp(finer(*one, *other), zone.clone()))
        }
        _ => None,
    }
}

fn common_field(one: &FieldRef, other: &FieldRef) -> Option<FieldRef> {
    Some(Arc::new(one.as_ref().clone().with_data_type(common(one.data_type(), other.data_type())?)))
}

/// The largest numbers of 64 bits without a sign, beside some with one, are decimals.
fn common_integer(one: &DataType, other: &DataType) -> DataType {
    let are_unsigned = one.is_unsigned_integer() && other.is_unsigned_integer();
    match (one, other) {
        (DataType::UInt64, _) | (_, DataType::UInt64) if are_unsigned => DataType::UInt64,
        (DataType::UInt64, _) | (_, DataType::UInt64) => DataType::Decimal128(UINT64_DIGITS, 0),
        _ => DataType::Int64,
    }
}

const UINT64_DIGITS: u8 = 20;

/// Digits of a decimal before the point and behind it, or of an integer.
fn digits_of(ty: &DataType) -> Option<(u8, i8)> {
    match ty {
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
            if *scale >= 0 =>
        {
            Some((precision.checked_sub(scale.cast_unsigned())?, *scale))
        }
        ty if ty.is_integer() => Some((UINT64_DIGITS, 0)),
        _ => None,
    }
}

fn common_decimal(one: (u8, i8), other: (u8, i8)) -> Option<DataType> {
    let (before, scale) = (one.0.max(other.0), one.1.max(other.1));
    let precision = before + scale.cast_unsigned();
    (precision <= MAX_PRECISION).then_some(DataType::Decimal128(precision, scale))
}

/// Values of a file as those of a type that takes them: members that structs do not have are null.
///
/// # Errors
/// A value does not fit.
pub(super) fn converted(values: &ArrayRef, ty: &DataType) -> Result<ArrayRef, ArrowError> {
    if values.data_type() == ty {
        return Ok(Arc::clone(values));
    }
    match (values.data_type(), ty) {
        (DataType::FixedSizeBinary(UUID_LEN_BYTES), DataType::Utf8View) => {
            let values = values.as_fixed_size_binary();
            Ok(Arc::new(values.iter().map(|value| value.map(uuid_text)).collect::<StringViewArray>()))
        }
        (DataType::Struct(_), DataType::Struct(members)) => {
            let own = values.as_struct();
            let member = |member: &FieldRef| match own.column_by_name(member.name()) {
                Some(column) => converted(column, member.data_type()),
                None => Ok(new_null_array(member.data_type(), own.len())),
            };
            let columns = members.iter().map(member).collect::<Result<_, _>>()?;
            Ok(Arc::new(StructArray::try_new(members.clone(), columns, own.nulls().cloned())?))
        }
        (DataType::List(own) | DataType::FixedSizeList(own, _), DataType::List(item)) => {
            let list = cast(values, &DataType::List(Arc::clone(own)))?;
            items_converted(list.as_list::<i32>(), item)
        }
        (
            DataType::List(own) | DataType::LargeList(own) | DataType::FixedSizeList(own, _),
            DataType::LargeList(item),
        ) => {
            let list = cast(values, &DataType::LargeList(Arc::clone(own)))?;
            items_converted(list.as_list::<i64>(), item)
        }
        // What does not fit a number of another file's type is an error, not null.
        _ => cast_with_options(values, ty, &CastOptions { safe: false, ..CastOptions::default() }),
    }
}

/// A UUID as it is written: `8f2f6ce8-1111-2222-3333-444455556666`.
fn uuid_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])));
    }
    text
}

fn items_converted<O: OffsetSizeTrait>(
    list: &GenericListArray<O>,
    item: &FieldRef,
) -> Result<ArrayRef, ArrowError> {
    let items = converted(list.values(), item.data_type())?;
    let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
    Ok(Arc::new(GenericListArray::<O>::try_new(Arc::clone(item), offsets, items, nulls)?))
}

fn is_number(ty: &DataType) -> bool {
    ty.is_integer() || matches!(ty, DataType::Float32 | DataType::Float64)
}

/// What people call a type.
pub(super) fn name(ty: &DataType) -> String {
    let name = match ty {
        DataType::Utf8View => "text",
        DataType::BinaryView => "blob",
        ty if ty.is_integer() => "integer",
        ty if is_number(ty) => "double",
        DataType::Date32 => "date",
        DataType::Timestamp(_, None) => "timestamp",
        DataType::Timestamp(_, Some(_)) => "timestamp with time zone",
        DataType::List(_) | DataType::LargeList(_) => "list",
        DataType::Struct(_) => "struct",
        DataType::Decimal128(precision, scale) => return format!("decimal({precision}, {scale})"),
        other => return other.to_string().to_lowercase(),
    };
    name.to_owned()
}

fn finer(one: TimeUnit, other: TimeUnit) -> TimeUnit {
    one.max(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_take_both() {
        use DataType::{
            BinaryView, Boolean, Date32, Decimal128, Float32, Float64, Int8, Int64, Null, Timestamp, UInt32,
            UInt64, Utf8View,
        };
        let list = |ty| DataType::List(Arc::new(Field::new_list_field(ty, true)));
        let large = |ty| DataType::LargeList(Arc::new(Field::new_list_field(ty, true)));
        let time = |unit| Timestamp(unit, None);
        for (one, other, expected) in [
            (Int8, UInt32, Some(Int64)),
            (UInt64, UInt32, Some(UInt64)),
            (UInt64, Int8, Some(Decimal128(20, 0))),
            (Decimal128(5, 1), Decimal128(9, 2), Some(Decimal128(9, 2))),
            (Decimal128(5, 1), Decimal128(4, 3), Some(Decimal128(7, 3))),
            (Decimal128(5, 1), Int8, Some(Decimal128(21, 1))),
            (Decimal128(5, 1), Float32, Some(Float64)),
            (Decimal128(38, 1), Decimal128(38, 2), None),
            (Utf8View, BinaryView, Some(BinaryView)),
            (list(Int8), list(Int64), Some(list(Int64))),
            (list(Int8), list(Utf8View), None),
            (list(Int8), large(Int64), Some(large(Int64))),
            (Int64, Float32, Some(Float64)),
            (Float32, Float32, Some(Float32)),
            (Null, Utf8View, Some(Utf8View)),
            (Date32, time(TimeUnit::Millisecond), Some(time(TimeUnit::Millisecond))),
            (time(TimeUnit::Second), time(TimeUnit::Nanosecond), Some(time(TimeUnit::Nanosecond))),
            (Timestamp(TimeUnit::Second, Some("UTC".into())), time(TimeUnit::Second), None),
            (Utf8View, Int64, None),
            (Boolean, Int64, None),
        ] {
            assert_eq!(common(&one, &other), expected, "{one} {other}");
            assert_eq!(common(&other, &one), expected, "{other} {one}");
        }
    }

    #[test]
    fn texts_are_views_and_parts_may_be_null() {
        let item = |ty, null| Arc::new(Field::new("item", ty, null));
        let category = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        assert_eq!(type_in_table(&category), DataType::Utf8View);
        let list = DataType::List(item(DataType::LargeUtf8, false));
        assert_eq!(type_in_table(&list), DataType::List(item(DataType::Utf8View, true)));
        assert_eq!(as_read(&list), DataType::List(item(DataType::Utf8View, false)));
        let pair = DataType::FixedSizeList(item(DataType::Utf8, true), 2);
        assert_eq!(type_in_table(&pair), DataType::List(item(DataType::Utf8View, true)));
        assert_eq!(as_read(&DataType::List(item(pair.clone(), true))), DataType::List(item(pair, true)));
        assert_eq!(type_in_table(&DataType::Date64), DataType::Date32);
    }
}
