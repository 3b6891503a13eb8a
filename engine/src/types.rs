//! The types of columns, to be given to [`ReadCsv::with_type`](crate::ReadCsv::with_type).

pub use swath_io::ColumnType;
pub use swath_io::ColumnType::{
    Boolean, Date, Decimal, Float32, Float64, Int8, Int16, Int32, Int64, Text, Time, Timestamp, TimestampTz,
    UInt8, UInt16, UInt32, UInt64,
};
