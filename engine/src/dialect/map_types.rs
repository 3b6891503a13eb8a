//! `MAP(VARCHAR, INT)` as a type, of which the relational core knows no words.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};
use datafusion::error::Result;
use datafusion::logical_expr::planner::TypePlanner;
use datafusion::sql::sqlparser::ast::{ArrayElemTypeDef, DataType as SqlType, ExactNumberInfo, TimezoneInfo};

/// Digits of decimals of which it is not said how many they have.
const DIGITS: (u8, i8) = (18, 3);

#[derive(Debug)]
pub(crate) struct MapTypes;

impl TypePlanner for MapTypes {
    fn plan_type_field(&self, sql_type: &SqlType) -> Result<Option<FieldRef>> {
        let map = match sql_type {
            SqlType::Map(..) => arrow_type(sql_type),
            // Of maps the core knows no lists, either.
            SqlType::Array(ArrayElemTypeDef::SquareBracket(item, None))
                if matches!(**item, SqlType::Map(..)) =>
            {
                arrow_type(sql_type)
            }
            _ => None,
        };
        Ok(map.map(|ty| Arc::new(Field::new("", ty, true))))
    }
}

/// The type of values, as files and the relational core have them; `None`: it is none of those that maps may have.
fn arrow_type(ty: &SqlType) -> Option<DataType> {
    Some(match ty {
        SqlType::Varchar(_) | SqlType::Text | SqlType::String(_) | SqlType::Char(_) | SqlType::JSON => {
            DataType::Utf8
        }
        SqlType::Boolean | SqlType::Bool => DataType::Boolean,
        SqlType::TinyInt(_) => DataType::Int8,
        SqlType::SmallInt(_) | SqlType::Int2(_) => DataType::Int16,
        SqlType::Int(_) | SqlType::Integer(_) | SqlType::Int4(_) | SqlType::Int32 => DataType::Int32,
        SqlType::BigInt(_) | SqlType::Int8(_) | SqlType::Int64 => DataType::Int64,
        SqlType::UBigInt | SqlType::BigIntUnsigned(_) => DataType::UInt64,
        SqlType::Real | SqlType::Float4 => DataType::Float32,
        SqlType::Float(_) => DataType::Float32,
        SqlType::Double(_) | SqlType::DoublePrecision | SqlType::Float8 | SqlType::Float64 => {
            DataType::Float64
        }
        SqlType::Decimal(digits) | SqlType::Numeric(digits) => {
            let (precision, scale) = match digits {
                ExactNumberInfo::None => DIGITS,
                ExactNumberInfo::Precision(precision) => (u8::try_from(*precision).ok()?, 0),
                ExactNumberInfo::PrecisionAndScale(precision, scale) => {
                    (u8::try_from(*precision).ok()?, i8::try_from(*scale).ok()?)
                }
            };
            DataType::Decimal128(precision, scale)
        }
        SqlType::Date => DataType::Date32,
        SqlType::Timestamp(_, TimezoneInfo::None) | SqlType::Datetime(_) => {
            DataType::Timestamp(TimeUnit::Microsecond, None)
        }
        SqlType::Array(ArrayElemTypeDef::SquareBracket(item, None)) => {
            DataType::new_list(arrow_type(item)?, true)
        }
        SqlType::Map(key, value) => {
            // Whole numbers that are written, which keys are looked up by, are of 64 bits.
            let key = match arrow_type(key)? {
                ty if ty.is_integer() => DataType::Int64,
                other => other,
            };
            let entry = Fields::from(vec![
                Field::new("key", key, false),
                Field::new("value", arrow_type(value)?, true),
            ]);
            DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entry), false)), false)
        }
        SqlType::Struct(fields, _) => {
            let field = |field: &datafusion::sql::sqlparser::ast::StructField| {
                Some(Field::new(&field.field_name.as_ref()?.value, arrow_type(&field.field_type)?, true))
            };
            DataType::Struct(fields.iter().map(field).collect::<Option<Fields>>()?)
        }
        _ => return None,
    })
}
