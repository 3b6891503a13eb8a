//! `list_reduce(l, (x, y) -> x + y)`: a list as one value, item by item.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray, UInt32Array};
use datafusion::arrow::compute::{cast, concat, take, take_arrays};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature, HigherOrderUDF,
    HigherOrderUDFImpl, LambdaArgument, LambdaParametersProgress, ValueOrLambda, Volatility,
};

use super::refused;

/// The function, which takes a list, a lambda and, if wanted, the value to begin with.
pub(super) fn list_reduce() -> HigherOrderUDF {
    HigherOrderUDF::new_from_impl(ListReduce {
        signature: HigherOrderSignature::user_defined(Volatility::Immutable),
        aliases: ["array_reduce", "reduce"].map(str::to_owned).into(),
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ListReduce {
    signature: HigherOrderSignature,
    aliases: Vec<String>,
}

const HINT: &str = "as in list_reduce(l, (x, y) -> x + y), or list_reduce(l, (x, y) -> x + y, 0)";

/// The items of a list, the lambda, and what to begin with.
fn parts<V, L>(fields: &[ValueOrLambda<V, L>]) -> Result<(&V, &L, Option<&V>)> {
    match fields {
        [ValueOrLambda::Value(list), ValueOrLambda::Lambda(lambda)] => Ok((list, lambda, None)),
        [ValueOrLambda::Value(list), ValueOrLambda::Lambda(lambda), ValueOrLambda::Value(first)] => {
            Ok((list, lambda, Some(first)))
        }
        _ => Err(refused(
            "list_reduce: expected a list, a lambda and, if wanted, the value to begin with",
            HINT,
        )),
    }
}

fn item_of(list: &FieldRef) -> Result<&FieldRef> {
    match list.data_type() {
        DataType::List(item) => Ok(item),
        _ => Err(refused("list_reduce: expected a list", HINT)),
    }
}

/// The type of the value that is carried on: it takes what there is at first, and what the lambda gives.
fn carried(first: &DataType, given: &DataType) -> Result<DataType> {
    match comparison_coercion(first, given) {
        Some(ty) => Ok(ty),
        None => plan_err!("list_reduce: the lambda makes {given} of {first}, and must take what it gives"),
    }
}

impl HigherOrderUDFImpl for ListReduce {
    fn name(&self) -> &str {
        "list_reduce"
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    fn coerce_value_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let mut types = types.to_vec();
        if let Some(list) = types.first_mut() {
            match list {
                DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                    *list = DataType::List(Arc::clone(item));
                }
                DataType::Null => *list = DataType::new_list(DataType::Null, true),
                _ => {}
            }
        }
        Ok(types)
    }

    fn lambda_parameters(
        &self,
        _step: usize,
        fields: &[ValueOrLambda<FieldRef, Option<FieldRef>>],
    ) -> Result<LambdaParametersProgress> {
        let (list, lambda, first) = parts(fields)?;
        let item = item_of(list)?;
        let first = first.unwrap_or(item).data_type();
        let parameters = |carried: DataType| {
            let place = Field::new("place", DataType::Int64, false);
            vec![Arc::new(Field::new("carried", carried, true)), Arc::clone(item), Arc::new(place)]
        };
        Ok(match lambda {
            None => LambdaParametersProgress::Partial(vec![Some(parameters(first.clone()))]),
            Some(given) => {
                LambdaParametersProgress::Complete(vec![parameters(carried(first, given.data_type())?)])
            }
        })
    }

    fn return_field_from_args(&self, args: HigherOrderReturnFieldArgs) -> Result<FieldRef> {
        let (list, lambda, first) = parts(args.arg_fields)?;
        let first = first.unwrap_or(item_of(list)?).data_type();
        Ok(Arc::new(Field::new("", carried(first, lambda.data_type())?, true)))
    }

    fn invoke_with_args(&self, args: HigherOrderFunctionArgs) -> Result<ColumnarValue> {
        let (list, lambda, first) = parts(&args.args)?;
        let lists = list.to_array(args.number_rows)?;
        let lists = lists.as_list::<i32>();
        let ty = args.return_field.data_type();
        let first = match first {
            Some(first) => Some(cast(&first.to_array(args.number_rows)?, ty)?),
            None => None,
        };
        let is_empty = |row| lists.is_valid(row) && lists.value_length(row) == 0;
        if first.is_none() && (0..lists.len()).any(is_empty) {
            return Err(refused("list_reduce: an empty list has no value to begin with", HINT));
        }
        reduced(lists, lambda, first, ty).map(ColumnarValue::Array)
    }
}

/// Each list as one value. All lists are gone through together, one item of each at a time.
fn reduced(
    lists: &ListArray,
    lambda: &LambdaArgument,
    first: Option<ArrayRef>,
    ty: &DataType,
) -> Result<ArrayRef> {
    let offsets = lists.value_offsets();
    let items_at = |rows: &[u32], place: usize| -> Result<ArrayRef> {
        let at = rows.iter().map(|row| offsets[*row as usize] as u32 + place as u32);
        Ok(take(lists.values(), &UInt32Array::from_iter_values(at), None)?)
    };
    let len_of = |row: u32| lists.value_length(row as usize) as usize;
    let mut rows: Vec<u32> = (0..lists.len() as u32).filter(|row| lists.is_valid(*row as usize)).collect();
    // What is done: values, and whose they are. The first is the null of lists that are null.
    let mut done = vec![ScalarValue::try_from(ty)?.to_array_of_size(1)?];
    let mut place_of = vec![0_u32; lists.len()];
    let mut count = 1;
    let mut next = usize::from(first.is_none());
    let mut values = match first {
        Some(first) => take(&first, &UInt32Array::from(rows.clone()), None)?,
        None => cast(&items_at(&rows, 0)?, ty)?,
    };
    while !rows.is_empty() {
        let (left, ended): (Vec<u32>, Vec<u32>) =
            (0..rows.len() as u32).partition(|at| len_of(rows[*at as usize]) > next);
        if !ended.is_empty() {
            for at in &ended {
                place_of[rows[*at as usize] as usize] = count;
                count += 1;
            }
            done.push(take(&values, &UInt32Array::from(ended), None)?);
            rows = left.iter().map(|at| rows[*at as usize]).collect();
            values = take(&values, &UInt32Array::from(left), None)?;
        }
        if rows.is_empty() {
            break;
        }
        let items = items_at(&rows, next)?;
        let places: ArrayRef = Arc::new(Int64Array::from(vec![next as i64 + 1; rows.len()]));
        let carried = || Ok(Arc::clone(&values));
        let item = || Ok(Arc::clone(&items));
        let place = || Ok(Arc::clone(&places));
        let captured = UInt32Array::from(rows.clone());
        let given = lambda
            .evaluate(&[&carried, &item, &place], |columns| Ok(take_arrays(columns, &captured, None)?))?;
        values = cast(&given.into_array(rows.len())?, ty)?;
        next += 1;
    }
    let done: Vec<&dyn Array> = done.iter().map(AsRef::as_ref).collect();
    Ok(take(&concat(&done)?, &UInt32Array::from(place_of), None)?)
}
