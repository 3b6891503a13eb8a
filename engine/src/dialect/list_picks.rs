//! Items of lists by lists beside them: `list_select(l, [3, 1])`, `list_where(l, [true, false])`, and the order of items, `list_grade_up(l)`.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, UInt32Array};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{SortOptions, cast, sort_to_indices, take};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type};
use datafusion::common::plan_err;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// All of them.
pub(super) fn list_picks() -> impl Iterator<Item = ScalarUDF> {
    [Kind::Select, Kind::Where, Kind::GradeUp].into_iter().map(|kind| {
        let (name, other) = kind.names();
        let signature = Signature::user_defined(Volatility::Immutable);
        ScalarUDF::from(ListPicks { kind, name, aliases: vec![other.to_owned()], signature })
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Select,
    Where,
    GradeUp,
}

impl Kind {
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Select => ("list_select", "array_select"),
            Self::Where => ("list_where", "array_where"),
            Self::GradeUp => ("list_grade_up", "array_grade_up"),
        }
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ListPicks {
    kind: Kind,
    name: &'static str,
    aliases: Vec<String>,
    signature: Signature,
}

impl ScalarUDFImpl for ListPicks {
    fn name(&self) -> &str {
        self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let list = |item: &DataType| DataType::new_list(item.clone(), true);
        let first = match types.first() {
            Some(DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _)) => {
                list(item.data_type())
            }
            Some(DataType::Null) => list(&DataType::Null),
            _ => return plan_err!("{}: expected a list", self.name),
        };
        match (self.kind, types.len()) {
            (Kind::Select, 2) => Ok(vec![first, list(&DataType::Int64)]),
            (Kind::Where, 2) => Ok(vec![first, list(&DataType::Boolean)]),
            (Kind::GradeUp, 1..=3) => {
                Ok(std::iter::once(first).chain(vec![DataType::Utf8; types.len() - 1]).collect())
            }
            (Kind::Select, _) => plan_err!("list_select: expected a list and a list of places"),
            (Kind::Where, _) => plan_err!("list_where: expected a list and a list of booleans"),
            (Kind::GradeUp, _) => {
                plan_err!("list_grade_up: expected a list, and if wanted 'DESC' and 'NULLS LAST'")
            }
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(match self.kind {
            Kind::GradeUp => DataType::new_list(DataType::Int64, true),
            _ => types[0].clone(),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays =
            args.args.iter().map(|value| value.to_array(args.number_rows)).collect::<Result<Vec<_>>>()?;
        let lists = arrays[0].as_list::<i32>();
        let picked = match self.kind {
            Kind::Select => picked(lists, arrays[1].as_list(), |picks, len| {
                let places = picks.as_primitive::<Int64Type>().iter();
                let place = |place: Option<i64>| {
                    usize::try_from(place?.checked_sub(1)?).ok().filter(|place| *place < len)
                };
                places.map(place).collect()
            })?,
            Kind::Where => picked(lists, arrays[1].as_list(), |picks, len| {
                let wanted = picks.as_boolean().iter().take(len).enumerate();
                wanted
                    .filter(|(_, is_wanted)| *is_wanted == Some(true))
                    .map(|(place, _)| Some(place))
                    .collect()
            })?,
            Kind::GradeUp => grades(lists, &arrays[1..])?,
        };
        Ok(ColumnarValue::Array(picked))
    }
}

/// Of each list the items at the places that the list beside it tells; `None` is none, and becomes null.
fn picked(
    lists: &ListArray,
    picks: &ListArray,
    places: impl Fn(&ArrayRef, usize) -> Vec<Option<usize>>,
) -> Result<ArrayRef> {
    let mut indices = Vec::new();
    let mut lengths = Vec::with_capacity(lists.len());
    for row in 0..lists.len() {
        let start = lists.value_offsets()[row] as usize;
        let places = match lists.is_valid(row) && picks.is_valid(row) {
            true => places(&picks.value(row), lists.value_length(row) as usize),
            false => Vec::new(),
        };
        lengths.push(places.len());
        indices.extend(places.into_iter().map(|place| place.map(|place| (start + place) as u32)));
    }
    let items = take(lists.values(), &UInt32Array::from(indices), None)?;
    let DataType::List(field) = lists.data_type() else { return plan_err!("expected a list") };
    let field = Arc::new(field.as_ref().clone().with_nullable(true));
    let nulls = NullBuffer::union(lists.nulls(), picks.nulls());
    Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(lengths), items, nulls)?))
}

/// The places of the items of each list in their order.
fn grades(lists: &ListArray, options: &[ArrayRef]) -> Result<ArrayRef> {
    let mut places = Vec::new();
    let mut lengths = Vec::with_capacity(lists.len());
    for row in 0..lists.len() {
        let has = |word: &str| {
            let mut texts = options.iter().map(|texts| texts.as_string::<i32>());
            texts.any(|texts| texts.is_valid(row) && texts.value(row).to_uppercase().contains(word))
        };
        let options = SortOptions { descending: has("DESC"), nulls_first: has("NULLS FIRST") };
        let graded = match lists.is_valid(row) {
            true => sort_to_indices(&lists.value(row), Some(options), None)?,
            false => UInt32Array::from(Vec::<u32>::new()),
        };
        lengths.push(graded.len());
        places.extend(graded.values().iter().map(|place| place + 1));
    }
    let places = cast(&UInt32Array::from(places), &DataType::Int64)?;
    let field = Arc::new(Field::new_list_field(DataType::Int64, true));
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(field, offsets, places, lists.nulls().cloned())?))
}
