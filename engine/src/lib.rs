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

mod compute;
mod error;
mod expr;
mod frame;
pub mod functions;
mod operators;
mod options;
mod output;
mod paths;
pub mod prelude;
mod read_csv;
mod scalar;
mod scan;
mod session;
mod sources;
mod table;
mod threads;
pub mod types;

pub use compute::{Answers, Computable, Pending, RequestId, Requests, compute, compute_async};
pub use datafusion::arrow;
pub use error::{Error, Result};
pub use expr::{Expr, ExprExt, SortExpr, asc, col, desc, lit, when};
pub use frame::{Columns, Frame, GroupBy, IntoExpr, IntoSort, Join, Pivot, concat, from_batches};
pub use options::{OptionValue, ReadOptions};
pub use output::Output;
pub use paths::Paths;
pub use read_csv::{ReadCsv, read_csv};
pub use scalar::{Count, Scalar, ScalarType};
pub use session::{Session, SessionBuilder};
pub use swath_planner::Statement;
pub use types::{ColumnType, Text};
