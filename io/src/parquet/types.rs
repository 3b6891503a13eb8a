//! Types of columns: those of files, and those of a table.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, TimeUnit};

/// The type that a column of this type of a file has in a table: texts are views into what was read, categories are what
/// they stand for, and parts of structs and lists may be null and have no notes.
pub(super) fn type_in_table(ty: &DataType) -> DataType {
    convert(ty, &|field, ty| Field::new(field.name(), ty, true))
}

/// The type as which a column is read: as far as that costs nothing, the one that it has in a table.
pub(super) fn as_read(ty: &DataType) -> DataType {
    convert(ty, &|field, ty| field.clone().with_data_type(ty))
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
        other => other.clone(),
    }
}

/// The type that takes all values of two, if there is one.
pub(super) fn common(one: &DataType, other: &DataType) -> Option<DataType> {
    use DataType::{Date32, Date64, Float32, Float64, Int64, Null, Timestamp};
    match (one, other) {
        (one, other) if one == other => Some(one.clone()),
        (Null, some) | (some, Null) => Some(some.clone()),
        (one, other) if one.is_integer() && other.is_integer() => Some(Int64),
        (Float32, Float64) | (Float64, Float32) => Some(Float64),
        (one, other) if is_number(one) && is_number(other) => Some(Float64),
        (Date32 | Date64, Date32 | Date64) => Some(Date64),
        (Date32 | Date64, Timestamp(unit, zone)) | (Timestamp(unit, zone), Date32 | Date64) => {
            Some(Timestamp(*unit, zone.clone()))
        }
        (Timestamp(one, zone), Timestamp(other, same)) if zone == same => {
            Some(Timestamp(finer(*one, *other), zone.clone()))
        }
        _ => None,
    }
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
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Timestamp(_, None) => "timestamp",
        DataType::Timestamp(_, Some(_)) => "timestamp with time zone",
        DataType::List(_) | DataType::LargeList(_) => "list",
        DataType::Struct(_) => "struct",
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
        use DataType::{Boolean, Date32, Float32, Float64, Int8, Int64, Null, Timestamp, UInt32, Utf8View};
        let time = |unit| Timestamp(unit, None);
        for (one, other, expected) in [
            (Int8, UInt32, Some(Int64)),
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
    }
}
