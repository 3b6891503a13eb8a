//! Queries over folders of compressed CSV and text, in one pass.
//!
//! A [`Frame`] is a lazy table, a [`Scalar`] a lazy value. [`compute()`] computes any number of them
//! together, so that each file is read once for all:
//!
//! ```
//! # let dir = tempfile::tempdir().unwrap();
//! # std::fs::write(
//! #     dir.path().join("air.csv"),
//! #     "UniqueCarrier,Origin,Dest,TailNum,DepDelay\nUA,SFO,BOS,N1,9\nUA,SFO,ACV,N2,26\nAA,JFK,BOS,N3,NA\n",
//! # ).unwrap();
//! # std::env::set_current_dir(dir.path()).unwrap();
//! use swath::prelude::*;
//!
//! let air = swath::read_csv("*.csv")
//!     .encoding("latin1")
//!     .with_type("TailNum", Text)
//!     .null_values(["NA"])
//!     .scan()?;
//! let by_dest = air
//!     .filter(col("UniqueCarrier").eq("UA").and(col("Origin").eq("SFO")))
//!     .group_by(["Dest"])
//!     .mean("DepDelay");
//! let (longest, shortest, rows, by_dest) =
//!     swath::compute((air.max("DepDelay"), air.min("DepDelay"), air.count(), by_dest))?; // one read
//! assert_eq!((longest, shortest, rows), (Some(26.0), Some(9.0), 3));
//! assert_eq!(by_dest.iter().map(|batch| batch.num_rows()).sum::<usize>(), 2);
//! # Ok::<(), swath::Error>(())
//! ```
//!
//! A [`Session`] takes SQL in which a quoted path or glob is a table, and gives results as streams of
//! Arrow record batches, or as frames:
//!
//! ```
//! # let dir = tempfile::tempdir().unwrap();
//! # let path = dir.path().join("flights.csv");
//! # std::fs::write(&path, "Dest,DepDelay\nBOS,12\nACV,NA\nBOS,20\n").unwrap();
//! let session = swath::Session::new()?;
//! let sql = format!("SELECT Dest, avg(depdelay) FROM '{}' GROUP BY Dest ORDER BY Dest", path.display());
//! let batches = session.collect_blocking(&sql)?;
//! assert_eq!(batches[0].num_rows(), 2);
//! # Ok::<(), swath::Error>(())
//! ```
//!
//! Which to use:
//!
//! | you have | use |
//! | --- | --- |
//! | files and questions about columns | [`read_csv`], [`scan_json`], [`scan_parquet()`] and the methods of [`Frame`] |
//! | values computed of columns | [`col`], [`lit`], [`when`] the methods of [`Expr`], and [`functions`] |
//! | lines, or objects of any shape, and closures | [`read_text`], [`read_json`], [`bag`](mod@bag) and the methods of [`Bag`] |
//! | several questions about the same files | [`compute()`] of all of them |
//! | rows to be written to files | [`Frame::to_csv`], [`Frame::to_parquet`] and their like, which give a [`Sink`] |
//! | a result that may be larger than memory | [`Frame::stream`], or [`Session::run`] and its [`Output`] |
//! | a query in SQL | [`Session::sql`] for a frame, [`Session::collect_blocking`] for its rows |
//! | paths whose files need options everywhere | [`SessionBuilder::option`] |
//!
//! Formats: CSV, JSON and lines of text, plain or compressed with gzip, bzip2, Zstandard, xz or LZ4,
//! or, where they are only read, with LZMA, lzip, `compress`, zlib or as the one file of a ZIP archive. How
//! types, nulls and headers are found is told in [`swath_io`].
//!
//! Cargo features: `polars` for results as `polars::DataFrame`.
// Only the exchange with Polars, which is of C, needs unsafe code: in one small file, behind its feature.
#![cfg_attr(not(feature = "polars"), forbid(unsafe_code))]
#![deny(unsafe_code)]

mod again;
mod aggregates;
pub mod bag;
mod blocking;
mod budget;
mod completion;
mod compute;
mod deadline;
mod decompress;
mod dialect;
mod error;
mod error_place;
mod error_words;
mod explain;
mod expr;
mod file_columns;
mod files;
mod frame;
mod frugal;
pub mod functions;
mod glob_table;
pub mod grep;
mod inspect;
mod macros;
mod operators;
mod optimizer;
mod options;
mod output;
mod overflow;
mod params;
mod pass;
mod paths;
#[cfg(feature = "polars")]
mod polars_frame;
pub mod prelude;
mod profile;
mod progress;
mod read_csv;
mod rejects;
mod resources;
mod result_queue;
mod scalar;
mod scan;
mod scan_condition;
mod scan_json;
mod scan_parquet;
mod session;
mod settings;
mod sinks;
mod sniff;
mod sniff_table;
mod sources;
mod spill_store;
mod statement_files;
mod subqueries;
mod table;
mod table_sample;
mod threads;
pub mod types;
pub mod units;
mod variables;
mod walk;
mod whole_tables;
mod widen;

pub use bag::{Bag, read_json, read_text};
pub use completion::{Candidate, CandidateKind, Completions};
pub use compute::{Answers, Computable, Pending, RequestId, Requests, compute, compute_async};
pub use datafusion::arrow;
pub use decompress::{DecompressError, decompress, decompress_to_folder, verify};
pub use error::{Error, Result};
pub use explain::{
    ExplainedOutput, ExplainedPass, ExplainedRun, ExplainedShared, Explanation, PassRun, ReadFrom, Reader,
    Span, Step, StepRun, Summary, Work, explain, explain_analyze, explain_analyze_async, explain_async,
};
pub use expr::{
    Expr, IntoType, IntoValue, ListExpr, Rolling, SortExpr, TextExpr, TimeExpr, When, asc, col, desc,
    interval, len, lit, null, when,
};
pub use files::{FileContent, list_files, list_folder, table_sql};
pub use frame::{Columns, Frame, GroupBy, IntoExpr, IntoSort, Join, JoinAsof, Pivot, concat, from_batches};
pub use options::{OptionValue, ReadOptions};
pub use output::Output;
pub use paths::Paths;
#[cfg(feature = "polars")]
pub use polars_frame::PolarsFrame;
pub use profile::{ColumnProfile, Profile, TopValue};
pub use progress::{Progress, ProgressWatch};
pub use read_csv::{ReadCsv, read_csv};
pub use resources::ResourceUsage;
pub use scalar::{Count, Scalar, ScalarType};
pub use scan_json::scan_json;
pub use scan_parquet::scan_parquet;
pub use session::{Session, SessionBuilder};
pub use settings::{parse_bytes, parse_duration};
pub use sinks::atomic_file::AtomicFile;
pub use sinks::format as formats;
pub use sinks::temporary::remove_unfinished_files;
pub use sinks::{FileFormat, Sink, WriteOptions};
pub use swath_io::{
    Codec, CompressionLimits, Compressor, DecodeOptions, NameGlobs, OnError, STANDARD_INPUT, SourceFile,
    from_home,
};
pub use swath_planner::{
    KEYWORDS, Piece, PieceKind, Statement, is_keyword, is_whole, nearest, pieces, statement_ranges,
};
pub use types::{ColumnType, Text};

/// The examples in Rust of the guide are run as doctests.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../docs/src/library.md")]
    mod library {}
    #[doc = include_str!("../../docs/src/from-dask.md")]
    mod from_dask {}
}
