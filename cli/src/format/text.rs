//! The text of a cell, the same in every format.

use swath::arrow::datatypes::DataType;
pub use swath::formats::{Cells, is_text};

/// Whether values of the type are numbers, which line up on the right.
pub fn is_number(ty: &DataType) -> bool {
    ty.is_numeric()
}
