//! `to_char(t, form)` and `strftime(t, form)` with a form of each row.
//!
//! The relational core gives one answer for all rows where the time is the same in all.

use datafusion::functions::datetime::to_char as core_to_char;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF};

use super::in_place_of::called_in_place_of;

/// The function of the core, with times of all rows where there are forms of all rows.
pub(super) fn to_char() -> ScalarUDF {
    called_in_place_of(core_to_char(), |core, mut args| {
        if let [time @ ColumnarValue::Scalar(_), ColumnarValue::Array(_)] = args.args.as_mut_slice() {
            *time = ColumnarValue::Array(time.to_array(args.number_rows)?);
        }
        core.invoke_with_args(args)
    })
}
