//! Queries over folders of compressed CSV and text.
//!
//! A [`Session`] takes SQL in which a quoted path or glob is a table, and gives results as streams of
//! Arrow record batches:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("flights.csv");
//! std::fs::write(&path, "Dest,DepDelay\nBOS,12\nACV,NA\nBOS,20\n")?;
//!
//! let session = swath::Session::new()?;
//! let sql = format!("SELECT Dest, avg(depdelay) FROM '{}' GROUP BY Dest ORDER BY Dest", path.display());
//! let batches = session.collect_blocking(&sql)?;
//! assert_eq!(batches[0].num_rows(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! Which to use:
//!
//! | you have | use |
//! | --- | --- |
//! | a query and want its rows | [`Session::collect_blocking`], [`Session::collect`] |
//! | a result that may be larger than memory | [`Session::run`] and the stream of its [`Output`] |
//! | paths whose files need options everywhere | [`SessionBuilder::option`] |
//!
//! Formats: CSV and lines of text, plain or compressed with gzip, bzip2, Zstandard, xz or LZ4. How
//! types, nulls and headers are found is told in [`swath_io`].
#![forbid(unsafe_code)]

pub mod bag;
mod compute;
mod error;
mod frame;
mod operators;
mod options;
mod output;
mod paths;
mod scan;
mod session;
mod sources;
mod table;
mod threads;

pub use bag::{Bag, read_json, read_text};
pub use compute::{Answers, Computable, Pending, RequestId, Requests, compute, compute_async};
pub use datafusion::arrow;
pub use error::{Error, Result};
pub use frame::Frame;
pub use options::{OptionValue, ReadOptions};
pub use output::Output;
pub use paths::Paths;
pub use session::{Session, SessionBuilder};
pub use swath_planner::Statement;
