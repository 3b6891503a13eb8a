//! Structs and maps made of others: `struct_insert(s, b := 2)`, `struct_concat(s, t)`, `struct_keys(s)`, `map_from_entries(l)`,
//! `map_concat(a, b)`.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, MapArray, StringArray, StructArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{cast, interleave};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::refused;

/// All of them.
pub(super) fn functions_of_structs() -> impl Iterator<Item = ScalarUDF> {
    let kinds = [Kind::Insert, Kind::Update, Kind::Concat, Kind::Keys, Kind::FromEntries, Kind::ConcatMaps];
    kinds.into_iter().map(|kind| {
        ScalarUDF::from(OfStructs { kind, signature: Signature::user_defined(Volatility::Immutable) })
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Insert,
    Update,
    Concat,
    Keys,
    FromEntries,
    ConcatMaps,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct OfStructs {
    kind: Kind,
    signature: Signature,
}

fn fields_of(ty: &DataType) -> Result<&Fields> {
    match ty {
        DataType::Struct(fields) => Ok(fields),
        _ => plan_err!("expected a struct"),
    }
}

impl OfStructs {
    /// The fields of all structs, each with the struct and the place that it is from.
    fn sources<'a>(
        &self,
        structs: impl Iterator<Item = &'a DataType>,
    ) -> Result<Vec<(FieldRef, usize, usize)>> {
        let mut sources: Vec<(FieldRef, usize, usize)> = Vec::new();
        for (number, ty) in structs.enumerate() {
            for (place, field) in fields_of(ty)?.iter().enumerate() {
                let field = Arc::new(field.as_ref().clone().with_nullable(true));
                let known =
                    sources.iter().position(|(known, ..)| known.name().eq_ignore_ascii_case(field.name()));
                match known {
                    Some(known) if self.kind == Kind::Update => {
                        let name = sources[known].0.name().clone();
                        sources[known] = (Arc::new(field.as_ref().clone().with_name(name)), number, place);
                    }
                    Some(_) => {
                        return plan_err!("{}: there is a field \"{}\" already", self.name(), field.name());
                    }
                    None => sources.push((field, number, place)),
                }
            }
        }
        Ok(sources)
    }
}

/// The type of a map by those of its keys and values.
fn map_of(key: &DataType, value: &DataType) -> DataType {
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entry(key, value)), false)), false)
}

fn entry(key: &DataType, value: &DataType) -> Fields {
    vec![Field::new("key", key.clone(), false), Field::new("value", value.clone(), true)].into()
}

impl ScalarUDFImpl for OfStructs {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Insert => "struct_insert",
            Kind::Update => "struct_update",
            Kind::Concat => "struct_concat",
            Kind::Keys => "struct_keys",
            Kind::FromEntries => "map_from_entries",
            Kind::ConcatMaps => "map_concat",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let is_right = match (self.kind, types) {
            (Kind::Insert | Kind::Update | Kind::Concat, [_, _, ..]) | (Kind::Keys, [_]) => {
                types.iter().all(|ty| matches!(ty, DataType::Struct(_)))
            }
            (Kind::FromEntries, [DataType::List(item)]) => fields_of(item.data_type())?.len() == 2,
            (Kind::ConcatMaps, [first @ DataType::Map(..), ..]) => {
                return Ok(vec![first.clone(); types.len()]);
            }
            _ => false,
        };
        match (is_right, self.kind) {
            (true, _) => Ok(types.to_vec()),
            (_, Kind::FromEntries) => {
                plan_err!("map_from_entries: expected a list of keys with their values, as in [('a', 1)]")
            }
            (_, Kind::ConcatMaps) => plan_err!("map_concat: expected maps"),
            (_, Kind::Keys) => plan_err!("struct_keys: expected a struct"),
            _ => plan_err!("{}: expected structs", self.name()),
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(match self.kind {
            Kind::Insert | Kind::Update | Kind::Concat => {
                DataType::Struct(self.sources(types.iter())?.into_iter().map(|(field, ..)| field).collect())
            }
            Kind::Keys => DataType::new_list(DataType::Utf8, true),
            Kind::FromEntries => {
                let DataType::List(item) = &types[0] else { return plan_err!("expected a list") };
                let fields = fields_of(item.data_type())?;
                map_of(fields[0].data_type(), fields[1].data_type())
            }
            Kind::ConcatMaps => types[0].clone(),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays =
            args.args.iter().map(|value| value.to_array(args.number_rows)).collect::<Result<Vec<_>>>()?;
        let values = match self.kind {
            Kind::Insert | Kind::Update | Kind::Concat => {
                let structs: Vec<&StructArray> = arrays.iter().map(|array| array.as_struct()).collect();
                let sources = self.sources(structs.iter().map(|array| array.data_type()))?;
                let columns =
                    sources.iter().map(|(_, number, place)| Arc::clone(structs[*number].column(*place)));
                let columns = columns.collect();
                let fields = sources.iter().map(|(field, ..)| Arc::clone(field)).collect();
                Arc::new(StructArray::try_new(fields, columns, structs[0].nulls().cloned())?)
            }
            Kind::Keys => {
                let names = fields_of(arrays[0].data_type())?.iter().map(|field| Some(field.name().as_str()));
                let names: ArrayRef = Arc::new(names.collect::<StringArray>());
                return keys(&names, arrays[0].as_ref());
            }
            Kind::FromEntries => from_entries(&arrays[0])?,
            Kind::ConcatMaps => concat_maps(&arrays)?,
        };
        Ok(ColumnarValue::Array(values))
    }
}

fn keys(names: &ArrayRef, structs: &dyn Array) -> Result<ColumnarValue> {
    let list = ScalarValue::List(Arc::new(
        datafusion::common::utils::SingleRowListArrayBuilder::new(Arc::clone(names)).build_list_array(),
    ));
    let null = ScalarValue::try_from(&list.data_type())?;
    let lists = (0..structs.len()).map(|row| if structs.is_null(row) { null.clone() } else { list.clone() });
    match structs.is_empty() {
        true => Ok(ColumnarValue::Array(null.to_array_of_size(0)?)),
        false => ScalarValue::iter_to_array(lists).map(ColumnarValue::Array),
    }
}

/// Maps of lists of entries.
fn from_entries(lists: &ArrayRef) -> Result<ArrayRef> {
    let lists = lists.as_list::<i32>();
    let entries = lists.values().as_struct();
    let (keys, values) = (Arc::clone(entries.column(0)), Arc::clone(entries.column(1)));
    let rows = comparable(&[Arc::clone(&keys)])?;
    for row in (0..lists.len()).filter(|row| lists.is_valid(*row)) {
        let range = lists.value_offsets()[row] as usize..lists.value_offsets()[row + 1] as usize;
        let mut known = HashSet::new();
        for at in range {
            if entries.is_null(at) || keys.is_null(at) {
                return Err(refused(
                    "map_from_entries: a key is null",
                    "leave such entries out: list_filter(l, e -> e[1] IS NOT NULL)",
                ));
            }
            if !known.insert(rows[0].row(at)) {
                let key = ScalarValue::try_from_array(&keys, at)?;
                return Err(refused(
                    format!("map_from_entries: the key {key} is there twice"),
                    "keys of a map differ: list_distinct(l), or GROUP BY the key before",
                ));
            }
        }
    }
    let fields = entry(keys.data_type(), values.data_type());
    let field = Arc::new(Field::new("entries", DataType::Struct(fields.clone()), false));
    // Keys behind lists that are null may be null themselves; they are looked at by nobody.
    let kept: Vec<usize> = (0..lists.len())
        .filter(|row| lists.is_valid(*row))
        .flat_map(|row| lists.value_offsets()[row] as usize..lists.value_offsets()[row + 1] as usize)
        .collect();
    let places: Vec<(usize, usize)> = kept.into_iter().map(|at| (0, at)).collect();
    let entries = StructArray::try_new(
        fields,
        vec![interleave(&[keys.as_ref()], &places)?, interleave(&[values.as_ref()], &places)?],
        None,
    )?;
    let lengths =
        (0..lists.len()).map(|row| if lists.is_valid(row) { lists.value_length(row) as usize } else { 0 });
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(MapArray::try_new(field, offsets, entries, lists.nulls().cloned(), false)?))
}

/// Values that can be compared with each other, wherever they are from.
fn comparable(arrays: &[ArrayRef]) -> Result<Vec<Rows>> {
    let converter = RowConverter::new(vec![SortField::new(arrays[0].data_type().clone())])?;
    arrays.iter().map(|array| Ok(converter.convert_columns(&[Arc::clone(array)])?)).collect()
}

/// Maps with the entries of several; of one key, the last counts, in the place of the first.
fn concat_maps(arrays: &[ArrayRef]) -> Result<ArrayRef> {
    let ty = arrays[0].data_type();
    let arrays = arrays.iter().map(|array| Ok(cast(array, ty)?)).collect::<Result<Vec<_>>>()?;
    let maps: Vec<&MapArray> = arrays.iter().map(|array| array.as_map()).collect();
    let keys: Vec<ArrayRef> = maps.iter().map(|map| Arc::clone(map.keys())).collect();
    let rows = comparable(&keys)?;
    let mut kept: Vec<(usize, usize)> = Vec::new();
    let mut lengths = Vec::with_capacity(maps[0].len());
    let mut is_known = Vec::with_capacity(maps[0].len());
    for row in 0..maps[0].len() {
        let mut places = HashMap::new();
        let start = kept.len();
        for (number, map) in maps.iter().enumerate().filter(|(_, map)| map.is_valid(row)) {
            for at in map.value_offsets()[row] as usize..map.value_offsets()[row + 1] as usize {
                match places.entry(rows[number].row(at)) {
                    Entry::Occupied(place) => kept[*place.get()] = (number, at),
                    Entry::Vacant(place) => {
                        place.insert(kept.len());
                        kept.push((number, at));
                    }
                }
            }
        }
        lengths.push(kept.len() - start);
        is_known.push(maps.iter().any(|map| map.is_valid(row)));
    }
    let of = |columns: Vec<&ArrayRef>| {
        let columns: Vec<&dyn Array> = columns.into_iter().map(AsRef::as_ref).collect();
        interleave(&columns, &kept)
    };
    let DataType::Map(field, is_sorted) = ty else { return plan_err!("expected maps") };
    let columns = vec![of(keys.iter().collect())?, of(maps.iter().map(|map| map.values()).collect())?];
    let entries = StructArray::try_new(fields_of(field.data_type())?.clone(), columns, None)?;
    let nulls = NullBuffer::from(is_known);
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(MapArray::try_new(Arc::clone(field), offsets, entries, Some(nulls), *is_sorted)?))
}
