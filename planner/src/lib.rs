//! From words to plans: what a user writes becomes statements that the relational core can plan.
//!
//! * [`parse`] splits text into [`Statement`]s, in the dialect of the relational core;
//! * [`source_calls`] lists the files a statement reads, as plain data ([`SourceCall`]): quoted
//!   paths, `read_csv(…)`, `read_text(…)`;
//! * [`split_copy`] takes a `COPY … TO` apart into its query and its target ([`CopyTarget`]);
//! * [`resolve`] finds out which column or table each name means, without regard to case, once the
//!   caller has said what columns the sources have, gives every result column its name, and writes
//!   functions of other engines as the relational core knows them;
//! * [`bind`] puts values in place of `$name` and `$1`;
//! * [`fuse`] finds what plans have in common, and [`required_literals`] what the bytes of rows must hold.
//!
//! For editors and messages there are [`pieces`] of a text, also of one that is being typed, and [`pitfalls`] of a
//! statement.
//!
//! The crate touches no file, no thread and no clock: words in, plain data out.
//!
//! ```
//! # fn main() -> Result<(), swath_planner::Error> {
//! let statements = swath_planner::parse("SELECT max(DepDelay) FROM 'air/*.csv.bz2'")?;
//! let calls = swath_planner::source_calls(&statements[0])?;
//! assert_eq!(calls[0].to_string(), "'air/*.csv.bz2'");
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod ahead;
mod clauses;
mod completion;
mod copy;
mod copy_from;
mod depth;
mod dialect;
mod error;
mod fields;
mod file_names;
mod from_first;
pub mod fuse;
mod glob;
mod inspect;
mod joins;
mod keywords;
mod labels;
mod macros;
mod names;
mod once;
pub mod optimize;
mod params;
mod parse;
mod pieces;
mod pitfalls;
mod quoted_tables;
mod raw_filter;
mod rejects;
mod repetition;
mod restore;
mod scope;
mod set_operations;
mod setting;
mod sniff_csv;
mod source_call;
mod split_distinct;
mod suggest;
mod tokens;
mod variables;
mod walk;
mod whole_tables;
mod wildcard;

pub use ahead::{Question, answer_ahead, asked_ahead};
pub use completion::{NamedRelation, NamedSource, TypingPlace, Wanted, typing_place};
pub use copy::{CopyTarget, split_copy};
pub use copy_from::{copied_into, copied_texts, fit_copy};
pub use depth::{STACK_LEN_BYTES, joined_flat, with_stack};
pub use dialect::functions::known_form;
pub use dialect::neighbours::{VALUE_AT, VALUE_BEFORE};
pub use dialect::patterns::{LIKE_PATTERN, escaped_pattern};
pub use dialect::type_names::TIME_OF;
pub use error::{Error, Place, Result};
pub use file_names::ask_for_file_names;
pub use glob::{GLOB_COLUMNS, globs_of};
pub use inspect::{Inspection, inspection_of};
pub use keywords::{KEYWORDS, is_keyword};
pub use macros::{Macro, MacroCall, Macros, expand_macros, macro_of};
pub use names::{Catalog, is_internal, resolve};
pub use once::computed_once;
pub use params::{Params, bind, params_of};
pub use parse::{Statement, parse};
pub use pieces::{Piece, PieceKind, is_whole, pieces, statement_ranges};
pub use pitfalls::{changed_file, pitfalls, quoted_names};
pub use quoted_tables::{keep_table_names, may_name_tables_like_paths};
pub use raw_filter::required_literals;
pub use rejects::{REJECTS_COLUMNS, is_rejects};
pub use setting::{SettingCall, setting_of};
pub use sniff_csv::{SNIFF_COLUMNS, sniffed_call_of};
pub use source_call::{OptionValue, SourceCall, SourceFunction, source_call_of, source_calls};
pub use split_distinct::{Split, split_distinct};
pub use suggest::{distance, nearest};
pub use variables::{VariableCall, Variables, bind_variables, value_of_type, variable_of};
pub use whole_tables::{WholeRows, whole_table};
