//! Whole records become Arrow columns: only the columns asked for.

pub mod column;
pub mod csv;
pub mod infer;
pub mod record;
pub mod text;
pub mod values;

/// What a scan is to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanRequest {
    /// Columns of the table, by index, in the order wanted. May be empty: then only rows are counted.
    pub columns: Vec<usize>,
    /// Rows in a batch, at most.
    pub batch_rows: usize,
}

/// Bytes of text in a batch after which it is handed on although it has fewer rows than asked for:
/// fields may be of any length.
pub(crate) const BATCH_TEXT_BYTES: usize = 8 << 20;
