//! Whole records become Arrow columns: only the columns asked for.

mod bad;
mod bool_words;
mod column;
pub(crate) mod csv;
pub mod decimal;
pub(crate) mod delim;
mod fields;
mod file_forms;
pub(crate) mod filter;
pub mod infer;
pub mod json;
pub(crate) mod layout;
pub(crate) mod lenient;
mod nested;
mod null_texts;
mod numbers;
pub mod record;
mod structure;
pub mod text;
mod text_values;
pub(crate) mod time_format;
pub(crate) mod time_forms;
pub(crate) mod time_letters;
pub mod values;
mod wider;

pub use delim::{Delim, MAX_DELIM_LEN_BYTES};
use filter::ScanFilter;
pub use time_format::{TimeFormat, TimeFormats};
pub use time_letters::{TimeLetters, written_letters};

/// What a scan is to give.
#[derive(Debug, Clone, Default)]
pub struct ScanRequest {
    /// Columns of the table, by index, in the order wanted. May be empty: then only rows are counted.
    pub columns: Vec<usize>,
    /// Rows in a batch, at most.
    pub batch_rows: usize,
    /// Rows that are not wanted, which may be left out.
    pub filter: ScanFilter,
}
