//! The types of columns, to be given to [`ReadCsv::with_type`](crate::ReadCsv::with_type).

use arrow::datatypes::{DataType, TimeUnit};
pub use swath_io::ColumnType;
pub use swath_io::ColumnType::{
    Boolean, Date, Decimal, Float32, Float64, Int8, Int16, Int32, Int64, Text, Time, Timestamp, TimestampTz,
    UInt8, UInt16, UInt32, UInt64,
};

/// The type of a column of a file whose values go into a column of some type: text for those that files do not have.
pub(crate) fn column_type_of(ty: &DataType) -> ColumnType {
    match ty {
        DataType::Boolean => Boolean,
        DataType::Int8 => Int8,
        DataType::Int16 => Int16,
        DataType::Int32 => Int32,
        DataType::Int64 => Int64,
        DataType::UInt8 => UInt8,
        DataType::UInt16 => UInt16,
        DataType::UInt32 => UInt32,
        DataType::UInt64 => UInt64,
        DataType::Float16 | DataType::Float32 => Float32,
        DataType::Float64 => Float64,
        DataType::Decimal128(precision, scale) if *scale >= 0 => {
            Decimal { precision: *precision, scale: scale.unsigned_abs() }
        }
        DataType::Date32 | DataType::Date64 => Date,
        DataType::Time32(_) | DataType::Time64(TimeUnit::Microsecond | TimeUnit::Nanosecond) => Time,
        DataType::Timestamp(_, None) => Timestamp,
        DataType::Timestamp(_, Some(_)) => TimestampTz,
        _ => Text,
    }
}
