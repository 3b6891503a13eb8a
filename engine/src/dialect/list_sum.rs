//! `list_sum(l)`: exact for integers and decimals.
//!
//! The relational core's makes floating point numbers of all.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Float64Array, Int64Array, ListArray,
};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use datafusion::common::plan_err;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::refused;

/// The most digits of a decimal.
const MAX_DIGITS: u8 = 38;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ListSum {
    signature: Signature,
    aliases: [String; 1],
}

impl Default for ListSum {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), aliases: ["array_sum".to_owned()] }
    }
}

fn item_of(ty: &DataType) -> Option<&DataType> {
    match ty {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            Some(item.data_type())
        }
        DataType::Null => Some(ty),
        _ => None,
    }
}

impl ScalarUDFImpl for ListSum {
    fn name(&self) -> &str {
        "list_sum"
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [ty] = types else { return plan_err!("list_sum: expected one list") };
        let item = match item_of(ty) {
            Some(DataType::UInt64) => DataType::Decimal128(20, 0),
            Some(ty @ DataType::Decimal128(..)) => ty.clone(),
            Some(DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale)) => {
                DataType::Decimal128(*precision, *scale)
            }
            Some(ty) if ty.is_integer() || matches!(ty, DataType::Boolean | DataType::Null) => {
                DataType::Int64
            }
            Some(ty) if ty.is_numeric() => DataType::Float64,
            _ => return plan_err!("list_sum: expected a list of numbers"),
        };
        Ok(vec![DataType::new_list(item, true)])
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(match item_of(&types[0]) {
            Some(DataType::Decimal128(_, scale)) => DataType::Decimal128(MAX_DIGITS, *scale),
            Some(ty) => ty.clone(),
            None => return plan_err!("list_sum: expected a list"),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let lists = args.args[0].to_array(args.number_rows)?;
        let lists = lists.as_list::<i32>();
        let sums: ArrayRef = match lists.value_type() {
            DataType::Int64 => {
                let sums = exact(lists, |items| {
                    items.as_primitive::<Int64Type>().iter().flatten().map(i128::from).reduce(|a, b| a + b)
                });
                let narrow = |sum: i128| i64::try_from(sum).map_err(|_| overflow(&sum.to_string()));
                let sums = sums.map(|sum| sum.map(narrow).transpose());
                Arc::new(sums.collect::<Result<Int64Array>>()?)
            }
            DataType::Decimal128(_, scale) => {
                let mut sums = Vec::with_capacity(lists.len());
                for row in 0..lists.len() {
                    let mut sum = None;
                    if lists.is_valid(row) {
                        for units in lists.value(row).as_primitive::<Decimal128Type>().iter().flatten() {
                            sum = Some(
                                units.checked_add(sum.unwrap_or(0)).ok_or_else(|| overflow("of decimals"))?,
                            );
                        }
                    }
                    sums.push(sum);
                }
                let sums = Decimal128Array::from(sums).with_precision_and_scale(MAX_DIGITS, scale)?;
                sums.validate_decimal_precision(MAX_DIGITS).map_err(|_| overflow("of decimals"))?;
                Arc::new(sums)
            }
            _ => {
                let sum = |items: &ArrayRef| {
                    items.as_primitive::<Float64Type>().iter().flatten().reduce(|a, b| a + b)
                };
                Arc::new(exact(lists, sum).collect::<Float64Array>())
            }
        };
        Ok(ColumnarValue::Array(sums))
    }
}

/// Of each list that is not null what is computed of its items.
fn exact<T>(lists: &ListArray, of: impl Fn(&ArrayRef) -> Option<T>) -> impl Iterator<Item = Option<T>> {
    (0..lists.len()).map(move |row| lists.is_valid(row).then(|| of(&lists.value(row))).flatten())
}

fn overflow(sum: &str) -> datafusion::error::DataFusionError {
    refused(
        format!("list_sum: the sum {sum} is too large"),
        "compute with other numbers: list_sum(l::double[])",
    )
}
