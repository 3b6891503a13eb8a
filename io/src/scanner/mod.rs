//! Whole records become Arrow columns: only the columns asked for.

mod column;
pub(crate) mod csv;
mod fields;
pub mod infer;
mod numbers;
pub mod record;
mod structure;
pub mod text;
mod text_values;
pub mod values;

/// What a scan is to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanRequest {
    /// Columns of the table, by index, in the order wanted. May be empty: then only rows are counted.
    pub columns: Vec<usize>,
    /// Rows in a batch, at most.
    pub batch_rows: usize,
}
