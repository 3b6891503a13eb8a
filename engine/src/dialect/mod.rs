//! What the SQL of other engines has and the relational core lacks: functions, and operators on more types.
//!
//! What can be said with the core's own functions is written anew before it is planned, in
//! `swath_planner::functions`; here is what rows have to be computed for.

mod booleans_beside_others;
mod calendar;
mod date_arithmetic;
mod dates_beside_times;
mod decimals_beside_floats;
mod digests;
mod division;
mod doubles;
mod epoch_ms;
mod field_names;
mod grouping_keys;
mod hash;
mod in_place_of;
mod interval_multiples;
mod interval_order;
mod interval_parts;
mod json_text;
mod kind_of;
mod length;
mod letter_case;
mod like_pattern;
mod list_operators;
mod list_picks;
mod list_reduce;
mod list_sum;
mod list_text;
mod map_types;
mod may_be_null;
mod nested_as_text;
mod nested_order;
mod numbers_in_quotes;
mod octet_length;
mod of_lists;
mod point_in_time;
mod range_frames;
mod regexp_lists;
mod rounded_casts;
mod row_functions;
mod sealed_lambdas;
mod strptime;
mod struct_functions;
mod text_as_nested;
mod text_distance;
mod text_parts;
mod text_split;
mod texts_as_values;
mod time_of;
mod times_as_text;
mod to_char;
mod type_of;
mod union_types;
mod window_numbers;
mod window_places;
mod zeros_of_either_sign;
mod zones;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion::logical_expr::ScalarUDF;
use datafusion::logical_expr::planner::ExprPlanner;

pub(crate) use booleans_beside_others::BooleansBesideOthers;
pub(crate) use date_arithmetic::DatesWithHours;
pub(crate) use dates_beside_times::DatesBesideTimes;
pub(crate) use decimals_beside_floats::DecimalsBesideFloats;
pub(crate) use division::{divide, with_fractions};
pub(crate) use grouping_keys::GroupingKeys;
pub(crate) use interval_order::IntervalsByLength;
pub(crate) use json_text::to_json;
pub(crate) use map_types::MapTypes;
pub(crate) use may_be_null::taking_nulls;
pub(crate) use nested_as_text::NestedAsText;
pub(crate) use nested_order::NestedByOrder;
pub(crate) use range_frames::RangesOfNumbers;
pub(crate) use rounded_casts::RoundedCasts;
pub(crate) use sealed_lambdas::SealLambdas;
pub(crate) use strptime::strptime;
pub(crate) use text_as_nested::TextAsNested;
pub(crate) use texts_as_values::{TextKind, TextsAsValues};
pub(crate) use times_as_text::{TimesAsText, as_texts};
pub(crate) use union_types::UnionTypes;
pub(crate) use window_numbers::{WindowNumber, window_number, window_numbers};
pub use window_numbers::{dense_rank, ntile, rank, row_number};
pub(crate) use zeros_of_either_sign::ZerosOfEitherSign;

use crate::error::Error;

/// Plans operators. To stand in front of the core's planners, which take all subscripts for those of lists.
pub(crate) fn expr_planners(divide_integers: &Arc<AtomicBool>) -> Vec<Arc<dyn ExprPlanner>> {
    vec![
        Arc::new(field_names::FieldNames),
        Arc::new(interval_multiples::IntervalMultiples),
        Arc::new(text_parts::TextPlaces),
        Arc::new(BooleansBesideOthers),
        Arc::new(numbers_in_quotes::NumbersInQuotes),
        Arc::new(division::Division { of_integers: Arc::clone(divide_integers) }),
        Arc::new(list_operators::ListOperators),
    ]
}

/// Functions of the core in place of which SQL has others of the same names.
static IN_PLACE_OF_CORE: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(|| {
    let of_times = [interval_parts::parts(), to_char::to_char()].map(Arc::new);
    let of_numbers_and_texts = doubles::functions_of_doubles().into_iter().chain(letter_case::letter_cases());
    of_numbers_and_texts.chain(of_times).collect()
});

/// The function that SQL has by the name of one of the core, if it has another.
pub(crate) fn function_in_place_of(core: &ScalarUDF) -> Option<Arc<ScalarUDF>> {
    IN_PLACE_OF_CORE.iter().find(|other| other.name() == core.name()).map(Arc::clone)
}

/// `timezone(zone, time)`.
pub(crate) fn at_zone() -> ScalarUDF {
    zones::AtZone::default().into()
}

/// `string_split(text, separator)`.
pub(crate) fn string_split() -> ScalarUDF {
    text_split::StringSplit::default().into()
}

/// `regexp_extract_all(text, pattern)`.
pub(crate) fn regexp_extract_all() -> ScalarUDF {
    let [_, extract_all] = regexp_lists::regexp_lists();
    extract_all
}

/// `kind_of(x, like)`: a time as a date, if it is made of one.
pub(crate) fn kind_of() -> ScalarUDF {
    kind_of::KindOf::default().into()
}

/// `list_sum(list)`.
pub(crate) fn list_sum() -> ScalarUDF {
    list_sum::ListSum::default().into()
}

/// Makes the functions known, some of them in place of the core's.
pub(crate) fn register_functions(state: &mut SessionState) -> Result<()> {
    let single = [
        ScalarUDF::from(type_of::TypeOf::default()),
        ScalarUDF::from(length::Length::default()),
        kind_of(),
        ScalarUDF::from(like_pattern::LikePattern::default()),
        ScalarUDF::from(hash::HashOf::default()),
        list_sum(),
        ScalarUDF::from(octet_length::OctetLength::default()),
        ScalarUDF::from(point_in_time::PointInTime::default()),
        string_split(),
        ScalarUDF::from(time_of::TimeOf::default()),
        at_zone(),
    ];
    let families = digests::digests().into_iter().chain(regexp_lists::regexp_lists());
    let families = families.chain(text_distance::text_distances()).chain(of_lists::functions_of_lists());
    let families = families.chain(json_text::json_functions()).chain(row_functions::row_functions());
    let families = families.chain(calendar::calendar_functions()).chain(epoch_ms::epochs());
    let families = families.chain(strptime()).chain(list_picks::list_picks());
    let families = families.chain(struct_functions::functions_of_structs());
    for function in single.into_iter().chain(families) {
        state.register_udf(Arc::new(function))?;
    }
    for function in IN_PLACE_OF_CORE.iter().cloned().chain([divide()]) {
        state.register_udf(function)?;
    }
    state.register_higher_order_function(Arc::new(list_reduce::list_reduce()))?;
    let places = window_places::window_places();
    for function in window_numbers().into_iter().chain(places) {
        state.register_udwf(function)?;
    }
    Ok(())
}

/// An error of a function, with what to write instead.
fn refused(message: impl Into<String>, hint: &str) -> DataFusionError {
    DataFusionError::External(Box::new(Error::query(message, hint.to_owned())))
}
