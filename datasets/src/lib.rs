//! Seeded generators of airline CSV, page-count logs, tables to be grouped and the tables of TPC-H, of
//! any size, for tests, benchmarks and trying things out.
//!
//! A [`Dataset`] is made from options, and [`write`](output::write) puts it into files
//! through a [`Codec`]. The text follows from the options alone: neither the number of
//! threads nor the codec changes it. On another processor or system, a floating-point
//! function may round otherwise and change a number here and there.
//!
//! ```
//! use swath_datasets::wiki::{Options, Wiki};
//! use swath_datasets::Dataset;
//!
//! let wiki = Wiki::new(Options { rows: 1000, files: 1, seed: 1 })?;
//! let mut text = Vec::new();
//! wiki.generate(0, &mut |lines, _| Ok(text.extend_from_slice(lines)))
//!     .expect("memory takes what it is given");
//! assert!(text.starts_with(b"20081113 100000 "));
//! # Ok::<(), swath_datasets::Error>(())
//! ```
//!
//! | data | lines | files | use it for |
//! | --- | --- | --- | --- |
//! | [`airline`] | 29 fields, some 95 bytes | one a year | CSV: types, nulls, projection, grouping |
//! | [`wiki`] | 6 fields, some 55 bytes | some hours each | text: splitting, filters, malformed lines |
//! | [`groups`] | 9 fields, some 50 bytes | as told | CSV: groups, few and many, joins, distinct values |
//! | [`tpch`] | 3 to 16 fields | eight tables | CSV: joins, subqueries, dates |

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod airline;
pub mod codec;
pub mod dataset;
pub mod error;
pub mod groups;
pub mod output;
pub mod tpch;
pub mod wiki;

mod calendar;
mod random;
mod text;

pub use codec::Codec;
pub use dataset::Dataset;
pub use error::{Error, Result};
pub use output::Output;
