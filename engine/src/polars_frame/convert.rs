//! Columns of Arrow as columns of Polars and back, without copying, over the Arrow C data interface.
//!
//! The interface is two structs of C that both libraries declare for themselves. That one library's
//! struct may be taken for the other's is the only thing here that the compiler cannot check.
#![allow(unsafe_code)]

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, make_array};
use arrow::datatypes::{Field, Schema};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use polars::prelude::{Column, CompatLevel, DataFrame, Series};
use polars_arrow::ffi::{ArrowArray, ArrowSchema};

/// What may go wrong on either side.
pub(crate) type ConvertError = Box<dyn std::error::Error + Send + Sync>;

/// The rows of batches as one data frame; each batch is a chunk of it.
pub(crate) fn to_polars(schema: &Schema, batches: &[RecordBatch]) -> Result<DataFrame, ConvertError> {
    let height = batches.iter().map(RecordBatch::num_rows).sum();
    let mut columns = Vec::with_capacity(schema.fields().len());
    for (at, field) in schema.fields().iter().enumerate() {
        let field = import_field(field)?;
        let mut chunks = Vec::with_capacity(batches.len().max(1));
        for batch in batches.iter().filter(|batch| batch.num_rows() > 0) {
            chunks.push(import_array(batch.column(at), &field)?);
        }
        if chunks.is_empty() {
            chunks.push(polars_arrow::array::new_empty_array(field.dtype().clone()));
        }
        columns.push(Column::from(Series::try_from((&field, chunks))?));
    }
    Ok(DataFrame::new(height, columns)?)
}

/// The rows of a data frame as one batch. Chunks of a column are put together, which copies unless
/// there is only one.
pub(crate) fn to_arrow(frame: &DataFrame) -> Result<RecordBatch, ConvertError> {
    let mut fields = Vec::with_capacity(frame.width());
    let mut arrays = Vec::with_capacity(frame.width());
    for column in frame.columns() {
        let field = column.field().to_arrow(CompatLevel::newest());
        let (field, array) = export(column.clone().rechunk_to_arrow(CompatLevel::newest()), &field)?;
        fields.push(field);
        arrays.push(array);
    }
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(frame.height()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?)
}

fn import_field(field: &Field) -> Result<polars_arrow::datatypes::Field, ConvertError> {
    let schema = FFI_ArrowSchema::try_from(field)?;
    // SAFETY: both structs are `repr(C)` declarations of the C data interface's `struct ArrowSchema`.
    let schema = unsafe { std::mem::transmute::<FFI_ArrowSchema, ArrowSchema>(schema) };
    // SAFETY: arrow-rs has just exported it, and it is released only when `schema` is dropped.
    Ok(unsafe { polars_arrow::ffi::import_field_from_c(&schema) }?)
}

fn import_array(
    array: &ArrayRef,
    field: &polars_arrow::datatypes::Field,
) -> Result<Box<dyn polars_arrow::array::Array>, ConvertError> {
    let exported = FFI_ArrowArray::new(&array.to_data());
    // SAFETY: both structs are `repr(C)` declarations of the C data interface's `struct ArrowArray`; the
    // value is moved, so that it is released once, by Polars.
    let exported = unsafe { std::mem::transmute::<FFI_ArrowArray, ArrowArray>(exported) };
    // SAFETY: arrow-rs has just exported a valid array; its type is that of the field, as a batch has
    // the types of its schema.
    Ok(unsafe { polars_arrow::ffi::import_array_from_c(exported, field.dtype().clone()) }?)
}

fn export(
    array: Box<dyn polars_arrow::array::Array>,
    field: &polars_arrow::datatypes::Field,
) -> Result<(Field, ArrayRef), ConvertError> {
    let schema = polars_arrow::ffi::export_field_to_c(field);
    let array = polars_arrow::ffi::export_array_to_c(array);
    // SAFETY: both structs are `repr(C)` declarations of the C data interface's `struct ArrowSchema`,
    // moved, so that it is released once, by arrow-rs.
    let schema = unsafe { std::mem::transmute::<ArrowSchema, FFI_ArrowSchema>(schema) };
    // SAFETY: as above, of `struct ArrowArray`.
    let array = unsafe { std::mem::transmute::<ArrowArray, FFI_ArrowArray>(array) };
    // SAFETY: Polars has just exported a valid array, and a field of its type.
    let data = unsafe { arrow::ffi::from_ffi(array, &schema) }?;
    let field = Field::try_from(&schema)?;
    Ok((field, make_array(data)))
}

#[cfg(test)]
mod tests {
    use arrow::array::{
        Array, AsArray, BooleanArray, Date32Array, Float64Array, Int64Array, StringViewArray,
        TimestampMicrosecondArray,
    };
    use arrow::datatypes::{DataType, Int64Type};

    use super::*;

    fn batch() -> RecordBatch {
        let long = "longer than what a view holds itself";
        let columns: [(&str, ArrayRef); 6] = [
            ("i", Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]))),
            ("f", Arc::new(Float64Array::from(vec![Some(0.5), None, None]))),
            ("s", Arc::new(StringViewArray::from(vec![Some("short"), Some(long), None]))),
            ("b", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
            ("d", Arc::new(Date32Array::from(vec![Some(14_196), None, Some(0)]))),
            ("t", Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None, Some(-1)]))),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
    }

    #[test]
    fn there_and_back_is_the_same() {
        let batch = batch();
        // Also of a part that begins inside the buffers.
        for batch in [batch.clone(), batch.slice(1, 2), batch.slice(0, 0)] {
            let frame = to_polars(&batch.schema(), std::slice::from_ref(&batch)).unwrap();
            assert_eq!(frame.shape(), (batch.num_rows(), 6));
            assert_eq!(to_arrow(&frame).unwrap(), batch);
        }
        let two = to_polars(&batch.schema(), &[batch.clone(), batch.clone()]).unwrap();
        assert_eq!(to_arrow(&two).unwrap().slice(3, 3), batch);
    }

    #[test]
    fn nothing_is_copied() {
        let batch = batch();
        let frame = to_polars(&batch.schema(), std::slice::from_ref(&batch)).unwrap();
        let back = to_arrow(&frame).unwrap();
        let start = |batch: &RecordBatch| batch.column(0).as_primitive::<Int64Type>().values().as_ptr();
        assert_eq!(start(&back), start(&batch));
        // Who keeps the columns is of no matter.
        drop(batch);
        drop(frame);
        assert_eq!(back.column(0).as_primitive::<Int64Type>().value(2), 3);
        assert_eq!(back.schema().field(2).data_type(), &DataType::Utf8View);
        assert_eq!(back.column(2).null_count(), 1);
    }
}
