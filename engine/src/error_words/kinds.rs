//! What is said of values of the wrong kind, and of functions that stand where they cannot.

use super::texts::{between, in_sql_types};
use super::{NUMBERS_IN_TEXT, Words};

/// All kinds of such messages.
pub(super) const KINDS: &[fn(&str) -> Option<Words>] = &[
    unnest_elsewhere,
    unnest_of_no_list,
    unnest_inside,
    part_that_is_computed,
    no_part,
    no_cast,
    number_that_is_computed,
    no_table_of_star,
    union_of_kinds,
    like_of_no_text,
    no_interval,
    no_comparison,
    no_condition,
    no_negative,
    less_than_no_items,
];

fn words(message: impl Into<String>, hint: &str) -> Option<Words> {
    Some((message.into(), Some(hint.to_owned())))
}

fn unnest_elsewhere(text: &str) -> Option<Words> {
    if !text.contains("Unnest should be rewritten to LogicalPlan::Unnest") {
        return None;
    }
    words(
        "lists cannot become rows here: \"unnest\"",
        "write it in FROM: … FROM t, unnest(list) AS u(x) WHERE x > 1",
    )
}

fn unnest_of_no_list(text: &str) -> Option<Words> {
    let found = text.starts_with("unnest() can only be applied to");
    let message = "\"unnest\" takes a list or a struct";
    found.then(|| words(message, "of a text, string_split(text, ',') makes a list")).flatten()
}

fn unnest_inside(text: &str) -> Option<Words> {
    let found = text.contains("unnest on struct can only be applied at the root level");
    let message = "the fields of a struct become columns only at the root of a select list: \"unnest\"";
    let hint =
        "make rows of the list in a query in FROM: SELECT unnest(s) FROM (SELECT unnest(list) AS s FROM t)";
    found.then(|| words(message, hint)).flatten()
}

fn part_that_is_computed(text: &str) -> Option<Words> {
    let found = text.starts_with("Granularity of `date_trunc`");
    found.then(|| words("\"date_trunc\" takes a part in quotes", "as in date_trunc('month', d)")).flatten()
}

/// Parts of times that `extract` and `date_part` know.
const PARTS: [&str; 15] = [
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "dow",
    "isodow",
    "doy",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "epoch",
    "isoyear",
];

fn no_part(text: &str) -> Option<Words> {
    let part = between(text, "Date part '", "' not supported")?;
    let hint = match swath_planner::nearest(part, PARTS) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("the parts are {}", PARTS.join(", ")),
    };
    words(format!("there is no part of a time that is called \"{part}\""), &hint)
}

fn no_cast(text: &str) -> Option<Words> {
    let (from, to) = between(text, "Unsupported CAST from ", "\n")
        .or_else(|| text.split_once("Unsupported CAST from ").map(|(_, types)| types))?
        .split_once(" to ")?;
    let (from, to) = (in_sql_types(from), in_sql_types(to));
    words(
        format!("a value of the type {from} cannot be cast to {to}"),
        "typeof(x) tells the type of a value; a list has its values at list[1], a struct at struct.field",
    )
}

fn number_that_is_computed(text: &str) -> Option<Words> {
    if !text.contains("There is only support Literal types for field at idx") {
        return None;
    }
    words(
        "the function of a window takes a number or value that is written down, and none of columns",
        "as in lag(x, 2, 0) OVER (ORDER BY t); a default of a column: coalesce(lag(x) OVER (…), y)",
    )
}

fn no_table_of_star(text: &str) -> Option<Words> {
    let table = text.strip_prefix("Invalid qualifier ")?.trim_end_matches('.').trim_matches('"');
    words(
        format!("there is no table \"{table}\" in FROM"),
        "a table that has another name there, as in FROM t AS x, is called by that: x.*",
    )
}

fn union_of_kinds(text: &str) -> Option<Words> {
    let first = between(text, "Previous inputs were of type ", ", but got")?;
    let (_, rest) = text.split_once("incompatible type ")?;
    let (other, column) = rest.split_once(" on column '")?;
    let column = column.split('\'').next()?;
    let (first, other) = (in_sql_types(first), in_sql_types(other));
    words(
        format!("UNION: the column \"{column}\" is {first} in one query and {other} in another"),
        "CAST(… AS text) makes texts of both",
    )
}

fn like_of_no_text(text: &str) -> Option<Words> {
    let types = between(text, "There isn't a common type to coerce ", " in LIKE expression")?;
    let (left, right) = types.split_once(" and ")?;
    let (left, right) = (in_sql_types(left), in_sql_types(right));
    words(format!("LIKE compares texts: cannot compare {left} with {right}"), "CAST(x AS text) LIKE '1%'")
}

fn no_interval(text: &str) -> Option<Words> {
    let written = between(text, "Invalid input syntax for type interval: \"", "\"")?;
    words(
        format!("cannot read \"{written}\" as interval"),
        "as in INTERVAL '3 days', INTERVAL '1 month 2 hours', INTERVAL '01:30:00'",
    )
}

fn no_comparison(text: &str) -> Option<Words> {
    let (_, types) = text.split_once("Cannot infer common argument type for comparison operation ")?;
    let mut types = types.split_whitespace();
    let (left, operator, right) = (types.next()?, types.next()?, types.next_back()?);
    // The core asks of what stands behind NOT whether it is the same as a truth.
    if operator == "IS" && right == "Boolean" {
        return no_truth(left);
    }
    words(
        format!("cannot compare {} with {}", in_sql_types(left), in_sql_types(right)),
        "CAST(… AS type) makes a value of one type of the other",
    )
}

fn no_condition(text: &str) -> Option<Words> {
    let (_, types) = text.split_once("Cannot infer common argument type for logical boolean operation ")?;
    let mut types = types.split_whitespace();
    let sides = [types.next()?, types.next_back()?];
    no_truth(sides.into_iter().find(|side| *side != "Boolean")?)
}

fn no_truth(found: &str) -> Option<Words> {
    words(format!("expected a condition, found {}", in_sql_types(found)), "compare it with something: x > 0")
}

fn no_negative(text: &str) -> Option<Words> {
    let found = text.contains("Negation only supports numeric, interval and timestamp types");
    found.then(|| words("only numbers and intervals have a negative", NUMBERS_IN_TEXT)).flatten()
}

fn less_than_no_items(text: &str) -> Option<Words> {
    let found = text.contains("array_resize: failed to convert size to usize");
    found
        .then(|| words("list_resize: a list has no less than no items", "greatest(n, 0) is no less"))
        .flatten()
}
