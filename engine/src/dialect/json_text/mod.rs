//! JSON in texts: what a path leads to, as it is written there, and what kind of value it is.
//!
//! `json_extract(j, '$.a[0]')` gives JSON, `json_extract_string` the text of a text; both are given by `->` and `->>`, too. A text
//! that is no JSON is an error that says where it ends to be JSON; `json_valid` tells such texts.
//!
//! * [`path`] is how a path is written,
//! * [`find`] walks along it over the text, without building anything,
//! * [`functions`] are the functions of SQL, and [`written`] those that make JSON of other values.

mod find;
mod functions;
mod path;
mod written;

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

pub(in crate::dialect) use self::find::{malformed, parts, plain, whole};
pub(in crate::dialect) use self::functions::kind;

/// All functions.
pub(crate) fn json_functions() -> impl Iterator<Item = ScalarUDF> {
    functions::all().into_iter().chain(written::all())
}

/// The function that makes JSON of a value.
pub(crate) fn to_json() -> Arc<ScalarUDF> {
    Arc::new(written::to_json())
}
