//! From bytes to batches: the data's path from files on disk to Arrow record batches.
//!
//! The modules follow the path of the data:
//!
//! * [`source`]: a path, a list of paths or a glob becomes a sorted list of [`SourceFile`]s;
//! * [`hive`]: what the names of folders say of the files in them;
//! * [`codec`]: a [`Codec`] is found by magic bytes, then by name, and a [`Decompressor`] turns the
//!   file into one stream of decoded bytes, all concatenated members of it;
//! * [`encoding`]: what is not UTF-8 is transcoded, the whole stream or only the fields used;
//! * `feed`: chunks of one file, decoded by whoever has time and put in order;
//! * `sniff`: how files are written, going by their heads;
//! * [`splitter`]: chunks become whole records, however they were cut;
//! * [`scanner`]: whole records become Arrow columns, only those that are needed, with errors that know
//!   file, line and column;
//! * [`losses`]: what could not be decoded of a file that is damaged, where it is read past its damage;
//! * [`rejects`]: what does not fit is left out where that was asked for, counted, and kept to be looked at;
//! * [`scan`]: a [`Scan`] reads many files with many [`Worker`]s;
//! * [`search`]: the lines of many files as they stand there, for whoever looks for some of them.
//!
//! The crate knows nothing of SQL, expressions or runtimes: a worker is asked for its next batch, and either
//! gives it or leaves a waker.
//!
//! ```
//! # use std::task::{Context, Poll, Waker};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("flights.csv");
//! std::fs::write(&path, "Dest,DepDelay\nBOS,12\nACV,NA\n")?;
//!
//! let files = swath_io::expand(&[path.to_str().unwrap()])?;
//! let options = swath_io::CsvOptions::default();
//! let table = swath_io::infer_csv(&files, &options)?;
//! assert_eq!(table.columns()[1].ty, swath_io::ColumnType::Int64);
//!
//! let request = swath_io::ScanRequest { columns: vec![1], batch_rows: 8192, ..Default::default() };
//! let format = swath_io::ScanFormat::Csv(table);
//! let scan = swath_io::Scan::new(files, &format, request, 1, &swath_io::Notes::default());
//! let mut worker = std::sync::Arc::new(scan).worker();
//! // A worker that is alone never waits.
//! let context = Context::from_waker(Waker::noop());
//! let Poll::Ready(Some(item)) = worker.poll_next(&context) else { panic!("there are rows") };
//! let swath_io::ScanItem::Batch { batch, .. } = item? else { panic!("no column is bad") };
//! assert_eq!(batch.num_rows(), 2);
//! # Ok(())
//! # }
//! ```
// What needs unsafe code says so, in small modules of its own.
#![deny(unsafe_code)]

mod archive;
mod chunk;
pub mod codec;
pub mod encoding;
pub mod error;
mod feed;
mod file_range;
mod folder;
pub mod hive;
pub mod losses;
pub mod memory;
pub mod notes;
pub mod options;
mod parquet;
mod pipe;
pub mod rejects;
pub mod rewrite;
mod scan;
pub mod scanner;
pub mod search;
pub mod simd;
mod sniff;
pub mod source;
pub mod splitter;

pub use codec::{Codec, CompressionLimits, Compressor, Decompressor};
pub use encoding::Encoding;
pub use error::{Error, ErrorKind, Location, Result, WiderValue};
pub use feed::decode_in_order;
pub use folder::{NameGlobs, files_below};
pub use hive::{HiveColumn, hive_columns};
pub use losses::{Loss, Losses};
pub use notes::Notes;
pub use options::{
    ColumnType, CsvOptions, DecodeOptions, FindTimes, HeaderMode, OnError, Setting, TextOptions,
};
pub use parquet::{ParquetTable, infer_parquet, is_parquet};
pub use pipe::{STANDARD_INPUT, bound_kept_pipes, is_open_file, keep_pipes_in, kept_pipe_bytes};
pub use rejects::{Reject, RejectPlace, Rejects};
pub use scan::{ForgoRule, Place, Scan, ScanFormat, ScanItem, Worker};
pub use scanner::filter::{
    ColumnBounds, GroupBounds, GroupFilter, RawFilter, RowFilter, ScanFilter, Usefulness,
};
pub use scanner::infer::{Column, CsvTable, infer_csv, looks_like_value};
pub use scanner::json::{JsonColumn, JsonOptions, JsonTable, JsonType, begins_as_json, infer_json};
pub use scanner::{Delim, ScanRequest, TimeFormat, TimeFormats, TimeLetters, written_letters};
pub use search::{Further, LineSearch, Lines, SearchItem, search};
pub use sniff::{FileKind, FileLook, look_at, refuse_no_text, refuse_packed};
pub use source::{SourceFile, expand, from_home, standard_input};
