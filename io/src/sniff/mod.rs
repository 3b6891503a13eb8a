//! Finds out how a file is written by looking at its head.
//!
//! What is not known is tried: each delimiter, quote and escape that the head has. A dialect is judged by the
//! table it makes (after G. van den Burg, A. Nazábal and C. Sutton, "Wrangling messy CSV files by detecting row
//! and type patterns", 2019): records should be of few widths, and fields should look like values. Where that
//! differs from the paper: comments are a part of the dialect, title lines above the table are looked for in it
//! afterwards, and delimiters that are common within text and times are tried only where the usual ones find
//! nothing.
//!
//! * `encoding`: UTF-8, UTF-16 without a byte order mark, or neither;
//! * `known`: what the options say;
//! * `dialect`: which dialects are tried, and which is taken;
//! * `comments`: lines that begin with `#`, and names of columns in them;
//! * `pattern`: the score of the table that a dialect makes;
//! * `signs_within`: delimiters that stand within values;
//! * `preamble`: lines above the table;
//! * `kind`: whether there is a table at all, or JSON, or lines;
//! * `other`: what is no text.

mod comments;
mod dialect;
mod encoding;
mod kind;
mod known;
mod other;
mod pattern;
mod preamble;
mod signs_within;

pub(crate) use comments::names_in_comment;
pub(crate) use dialect::{dialect_beside, dialect_of};
pub(crate) use encoding::{Looks, encoding_of};
pub use kind::{FileKind, FileLook, look_at};
pub(crate) use known::Known;
pub(crate) use other::{Other, ZIP_HEAD_LEN_BYTES, compressed_otherwise, refuse_other_kind, workbook};
pub use other::{refuse_no_text, refuse_packed};
pub(crate) use preamble::preamble_lines;
