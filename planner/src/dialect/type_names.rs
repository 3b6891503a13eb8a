//! Names of types that users of other engines type, as the relational core knows them.

use sqlparser::ast::{DataType, ExactNumberInfo, TimezoneInfo};

/// The function that gives what it is given, and refuses numbers, which are no times.
pub const TIME_OF: &str = "time_of";

/// Digits of the widest decimal: that many are more than any integer of 64 bits has.
const MAX_DIGITS: u64 = 38;

/// Digits of a second of timestamps.
const MICROSECONDS: u64 = 6;

/// The type that is meant by one that the relational core does not know by this name; `None`: it does, or nobody does.
pub(crate) fn known_type(ty: &DataType) -> Option<DataType> {
    Some(match ty {
        DataType::HugeInt | DataType::Int128 => {
            DataType::Decimal(ExactNumberInfo::PrecisionAndScale(MAX_DIGITS, 0))
        }
        DataType::UTinyInt | DataType::UInt8 => DataType::TinyIntUnsigned(None),
        DataType::USmallInt | DataType::UInt16 => DataType::SmallIntUnsigned(None),
        DataType::UInt32 => DataType::IntUnsigned(None),
        DataType::UBigInt | DataType::UInt64 => DataType::BigIntUnsigned(None),
        DataType::Int16 => DataType::SmallInt(None),
        DataType::Int32 => DataType::Int(None),
        DataType::Int64 | DataType::Signed | DataType::SignedInteger => DataType::BigInt(None),
        DataType::Float32 => DataType::Real,
        DataType::Float64 => DataType::Double(ExactNumberInfo::None),
        DataType::Dec(digits) | DataType::BigDecimal(digits) => DataType::Decimal(*digits),
        DataType::Datetime(_) => timestamp(),
        // As files have them: nanoseconds, which the relational core would take, are of the years 1677 to 2262 alone.
        DataType::Timestamp(None, zone) => DataType::Timestamp(Some(MICROSECONDS), *zone),
        DataType::Character(_) | DataType::CharacterVarying(_) | DataType::CharVarying(_) => {
            DataType::Varchar(None)
        }
        DataType::Blob(_) => DataType::Bytea,
        // Of texts; what is cast to one is looked at, too.
        DataType::Uuid | DataType::JSON | DataType::JSONB => DataType::Varchar(None),
        DataType::Custom(name, arguments) if arguments.is_empty() => {
            match &*name.to_string().to_lowercase() {
                "int1" => DataType::TinyInt(None),
                "short" => DataType::SmallInt(None),
                "long" => DataType::BigInt(None),
                "integral" => DataType::Int(None),
                "bpchar" => DataType::Varchar(None),
                "uinteger" => DataType::IntUnsigned(None),
                "logical" => DataType::Boolean,
                "timestamp_s" | "timestamp_ms" | "timestamp_us" => timestamp(),
                "timestamp_ns" => DataType::Timestamp(Some(9), TimezoneInfo::None),
                _ => return None,
            }
        }
        _ => return None,
    })
}

fn timestamp() -> DataType {
    DataType::Timestamp(Some(MICROSECONDS), TimezoneInfo::None)
}
