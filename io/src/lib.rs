//! From bytes to batches: the data's path from files on disk to Arrow record batches.
//!
//! The modules follow the path of the data:
//!
//! * [`source`]: a path, a list of paths or a glob becomes a sorted list of [`SourceFile`]s;
//! * [`codec`]: a [`Codec`] is found by magic bytes, then by name, and a [`Decompressor`] turns the
//!   file into one stream of decoded bytes, all concatenated members of it;
//! * [`encoding`]: what is not UTF-8 is transcoded, the whole stream or only the fields used;
//! * [`splitter`]: a [`RecordBuffer`](splitter::RecordBuffer) holds decoded bytes and hands out whole
//!   records, however the reads were cut;
//! * [`scanner`]: a [`CsvScanner`] or [`TextScanner`] turns whole records into Arrow columns, only
//!   those that are needed, with errors that know file, line and column.
//!
//! The crate knows nothing of SQL, expressions or async: a scanner is a blocking iterator of
//! [`RecordBatch`](arrow_array::RecordBatch)es.
//!
//! ```
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
//! let request = swath_io::ScanRequest { columns: vec![1], batch_rows: 8192 };
//! let scanner = swath_io::CsvScanner::open(&files[0], &table, &request, &swath_io::Notes::default())?;
//! let rows: usize = scanner.map(|batch| batch.map(|b| b.num_rows())).sum::<Result<_, _>>()?;
//! assert_eq!(rows, 2);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod codec;
pub mod encoding;
pub mod error;
pub mod notes;
pub mod options;
pub mod scanner;
pub mod source;
pub mod splitter;

pub use codec::{Codec, Compressor, Decompressor};
pub use encoding::Encoding;
pub use error::{Error, ErrorKind, Location, Result};
pub use notes::Notes;
pub use options::{ColumnType, CsvOptions, HeaderMode, TextOptions};
pub use scanner::ScanRequest;
pub use scanner::csv::CsvScanner;
pub use scanner::infer::{Column, CsvTable, infer_csv};
pub use scanner::text::TextScanner;
pub use source::{SourceFile, expand};
