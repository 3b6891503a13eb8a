//! Functions of columns: those of the relational core, and where SQL has another one of the same name, that. What they take may be
//! expressions or values.
//!
//! Here are the scalar ones, [`aggregate`] has those over groups, [`window`] those over windows. More of what is done every day are
//! methods of [`Expr`], and everything that SQL has is there by [`Frame::sql`](crate::Frame::sql).
//!
//! ```
//! # let dir = tempfile::tempdir().unwrap();
//! # let path = dir.path().join("t.csv");
//! # std::fs::write(&path, "a,b\n1,x\n3,y\n").unwrap();
//! use swath::functions::{aggregate, concat, upper, window};
//! use swath::prelude::*;
//!
//! let frame = swath::read_csv(&path).scan()?.with_columns([
//!     concat([upper(col("b")), lit("!")]).alias("B"),
//!     window::row_number().over_sorted([] as [&str; 0], [desc("a")]).alias("place"),
//! ]);
//! let corr = frame.select([aggregate::corr(col("a"), col("place")).alias("corr")]);
//! assert_eq!(corr.max("corr").get()?, Some(-1.0));
//! # Ok::<(), swath::Error>(())
//! ```

use datafusion::functions::expr_fn as scalar;
use datafusion::functions_nested::expr_fn as nested;
use datafusion::logical_expr as core;

use crate::expr::{Expr, IntoValue};

pub use crate::expr::when;

/// Functions of the same name in a module of the core: of some values, or, with `..` in front, of as many as are given.
macro_rules! functions {
    ($module:ident: $($(#[$doc:meta])* $name:ident($($args:tt)*);)*) => {
        $(functions! { @one $module $(#[$doc])* $name($($args)*) })*
    };
    (@one $module:ident $(#[$doc:meta])* $name:ident(.. $values:ident)) => {
        $(#[$doc])*
        pub fn $name<V: $crate::expr::IntoValue>(
            $values: impl IntoIterator<Item = V>,
        ) -> $crate::expr::Expr {
            $module::$name($values.into_iter().map(|value| value.into_value().into_core()).collect()).into()
        }
    };
    (@one $module:ident $(#[$doc:meta])* $name:ident($($value:ident),*)) => {
        $(#[$doc])*
        pub fn $name($($value: impl $crate::expr::IntoValue),*) -> $crate::expr::Expr {
            $module::$name($($value.into_value().into_core()),*).into()
        }
    };
}

functions! { scalar:
    /// Its amount without a sign.
    abs(number);
    /// The inverse cosine.
    acos(number);
    /// The inverse hyperbolic cosine.
    acosh(number);
    /// The number of its first character in Unicode.
    ascii(text);
    /// The inverse sine.
    asin(number);
    /// The inverse hyperbolic sine.
    asinh(number);
    /// The inverse tangent.
    atan(number);
    /// The angle of the point (`x`, `y`).
    atan2(y, x);
    /// The inverse hyperbolic tangent.
    atanh(number);
    /// How many bits the text has.
    bit_length(text);
    /// A text without the characters of a second one, or blanks, at both ends.
    btrim(.. texts);
    /// The cube root.
    cbrt(number);
    /// The next whole number at or above.
    ceil(number);
    /// How many characters the text has.
    char_length(text);
    /// How many characters the text has.
    character_length(text);
    /// The character of a number in Unicode.
    chr(number);
    /// The first value that is not null.
    coalesce(.. values);
    /// All texts, one behind the other; nulls are left out.
    concat(.. texts);
    /// Whether the text holds another one.
    contains(text, part);
    /// The cosine.
    cos(number);
    /// The hyperbolic cosine.
    cosh(number);
    /// The cotangent.
    cot(number);
    /// Today.
    current_date();
    /// The beginning of the stride of time, counted from `origin`, in which a time is.
    date_bin(stride, time, origin);
    /// A part of a date or time, such as `year` or `hour`.
    date_part(part, time);
    /// The beginning of the `year`, `month`, `day`, `hour` … in which a time is.
    date_trunc(unit, time);
    /// Bytes of text in `base64` or `hex`.
    decode(text, encoding);
    /// An angle in degrees.
    degrees(radians);
    /// Bytes as text in `base64` or `hex`.
    encode(bytes, encoding);
    /// Whether the text ends with another one.
    ends_with(text, end);
    /// e to a power.
    exp(number);
    /// The product of the whole numbers up to this one.
    factorial(number);
    /// The place of a text in a list with commas, from 1 on.
    find_in_set(text, list);
    /// The next whole number at or below.
    floor(number);
    /// The time of seconds since 1970.
    from_unixtime(seconds);
    /// The greatest common divisor.
    gcd(a, b);
    /// The greatest value that is not null.
    #[doc(alias = "max_horizontal")]
    greatest(.. values);
    /// Each word with a capital letter in front.
    initcap(text);
    /// Where a part is in a text, in characters from 1 on; 0 where it is not.
    instr(text, part);
    /// Whether it is not a number (NaN).
    isnan(number);
    /// Whether it is zero.
    iszero(number);
    /// The least common multiple.
    lcm(a, b);
    /// The least value that is not null.
    #[doc(alias = "min_horizontal")]
    least(.. values);
    /// The first characters of a text.
    left(text, characters);
    /// How many characters the text has.
    length(text);
    /// How many characters have to be changed to make one text of the other.
    levenshtein(a, b);
    /// The natural logarithm.
    #[doc(alias = "log")]
    ln(number);
    /// The logarithm to a base.
    log(base, number);
    /// The logarithm to base 10.
    log10(number);
    /// The logarithm to base 2.
    log2(number);
    /// In small letters.
    lower(text);
    /// A text filled up in front to so many characters, and cut if it has more: text, length, and what it is filled with.
    lpad(.. values);
    /// A text without the characters of a second one, or blanks, in front.
    ltrim(.. texts);
    /// A date of a year, a month and a day.
    make_date(year, month, day);
    /// A time of day.
    make_time(hour, minute, second);
    /// A struct of names and values, by turns.
    named_struct(.. names_and_values);
    /// The first number, or the second one where the first is not a number (NaN).
    nanvl(a, b);
    /// The time now.
    now();
    /// Null where both are equal, else the first one.
    nullif(a, b);
    /// The first value, or the second one where it is null.
    nvl(a, b);
    /// The second value where the first is not null, else the third.
    nvl2(condition, value, otherwise);
    /// How many bytes the text has.
    octet_length(text);
    /// A text with another one written over it: text, other text, place, and length.
    overlay(.. values);
    /// The number π.
    pi();
    /// Where a part is in a text, in characters from 1 on; 0 where it is not.
    position(text, part);
    /// A number to a power.
    power(base, exponent);
    /// An angle in radians.
    radians(degrees);
    /// A number from 0 up to 1, another one for each row.
    random();
    /// A text so many times.
    repeat(text, times);
    /// A text with each occurrence of a part replaced.
    replace(text, from, to);
    /// The characters from the last to the first.
    reverse(text);
    /// The last characters of a text.
    right(text, characters);
    /// A number rounded to an integer, or to so many digits.
    round(.. number_and_digits);
    /// A text filled up behind to so many characters, and cut if it has more: text, length, and what it is filled with.
    rpad(.. values);
    /// A text without the characters of a second one, or blanks, behind.
    rtrim(.. texts);
    /// The sign: -1, 0 or 1.
    signum(number);
    /// The sine.
    sin(number);
    /// The hyperbolic sine.
    sinh(number);
    /// A part of a text between separators, from 1 on.
    split_part(text, separator, number);
    /// The square root.
    sqrt(number);
    /// Whether the text begins with another one.
    starts_with(text, start);
    /// Where a part is in a text, in characters from 1 on; 0 where it is not.
    strpos(text, part);
    /// A struct of values.
    r#struct(.. values);
    /// The characters of a text from a place on, counted from 1.
    substr(text, place);
    /// A text up to so many separators, or from so many on, counted from the end, with a negative number.
    substr_index(text, separator, count);
    /// So many characters of a text from a place on, counted from 1.
    substring(text, place, length);
    /// The tangent.
    tan(number);
    /// The hyperbolic tangent.
    tanh(number);
    /// A time as text, in a format such as `%Y-%m-%d`.
    to_char(time, format);
    /// A text as a date, in one of some formats.
    to_date(.. text_and_formats);
    /// In hexadecimal digits.
    to_hex(number);
    /// A text as a time of day, in one of some formats.
    to_time(.. text_and_formats);
    /// A text as a timestamp, in one of some formats.
    to_timestamp(.. text_and_formats);
    /// As a timestamp in microseconds.
    to_timestamp_micros(.. values);
    /// As a timestamp in milliseconds.
    to_timestamp_millis(.. values);
    /// As a timestamp in nanoseconds.
    to_timestamp_nanos(.. values);
    /// As a timestamp in seconds.
    to_timestamp_seconds(.. values);
    /// Seconds since 1970.
    to_unixtime(.. values);
    /// A text with each character of `from` replaced by that at the same place of `to`.
    translate(text, from, to);
    /// A text without blanks at both ends.
    trim(.. texts);
    /// A number without its fraction, or without the digits behind so many.
    trunc(.. number_and_digits);
    /// In capital letters.
    upper(text);
    /// A random UUID, another one for each row.
    uuid();
}

/// All texts with a separator between them; nulls are left out.
#[doc(alias = "concat_str")]
pub fn concat_ws<V: IntoValue>(separator: impl IntoValue, texts: impl IntoIterator<Item = V>) -> Expr {
    scalar::concat_ws(separator.into_value().into_core(), core_of(texts)).into()
}

/// A field of a struct.
pub fn get_field(value: Expr, name: &str) -> Expr {
    scalar::get_field(value.into_core(), name).into()
}

/// How often the pattern matches.
pub fn regexp_count(text: impl IntoValue, pattern: impl IntoValue) -> Expr {
    scalar::regexp_count(text.into_value().into_core(), pattern.into_value().into_core(), None, None).into()
}

/// Where the pattern matches for the first time, in characters from 1 on; 0 where it does not.
pub fn regexp_instr(text: impl IntoValue, pattern: impl IntoValue) -> Expr {
    let (text, pattern) = (text.into_value().into_core(), pattern.into_value().into_core());
    scalar::regexp_instr(text, pattern, None, None, None, None, None).into()
}

/// Whether the pattern matches.
pub fn regexp_like(text: impl IntoValue, pattern: impl IntoValue) -> Expr {
    scalar::regexp_like(text.into_value().into_core(), pattern.into_value().into_core(), None).into()
}

/// The groups of the first match, or all of it where the pattern has no group, as a list.
pub fn regexp_match(text: impl IntoValue, pattern: impl IntoValue) -> Expr {
    scalar::regexp_match(text.into_value().into_core(), pattern.into_value().into_core(), None).into()
}

/// The text with the first match replaced, or, with the flag `g`, all of them; `i` is for any case.
pub fn regexp_replace(
    text: impl IntoValue,
    pattern: impl IntoValue,
    to: impl IntoValue,
    flags: &str,
) -> Expr {
    let flags = (!flags.is_empty()).then(|| core::lit(flags));
    let [text, pattern, to] = [text.into_value(), pattern.into_value(), to.into_value()].map(Expr::into_core);
    scalar::regexp_replace(text, pattern, to, flags).into()
}

/// The elements of a list from one place to another, with it, counted from 1.
pub fn array_slice(list: Expr, first: impl IntoValue, last: impl IntoValue) -> Expr {
    nested::array_slice(list.into_core(), first.into_value().into_core(), last.into_value().into_core(), None)
        .into()
}

fn core_of<V: IntoValue>(values: impl IntoIterator<Item = V>) -> Vec<core::Expr> {
    values.into_iter().map(|value| value.into_value().into_core()).collect()
}

functions! { nested:
    /// The sums of two lists, element by element.
    array_add(a, b);
    /// The first element that is not null.
    array_any_value(list);
    /// A list and an element behind it.
    array_append(list, element);
    /// The mean of the elements.
    array_avg(list);
    /// The elements that are not null.
    array_compact(list);
    /// All lists, one behind the other.
    array_concat(.. lists);
    /// How many elements there are in each dimension.
    array_dims(list);
    /// Each element once.
    array_distinct(list);
    /// An element by its place, from 1 on, or from the end with a negative number.
    array_element(list, place);
    /// Whether it has no element.
    array_empty(list);
    /// The elements that another list does not have.
    array_except(list, other);
    /// Whether it has the element.
    array_has(list, element);
    /// Whether it has all elements of another list.
    array_has_all(list, other);
    /// Whether it has an element of another list.
    array_has_any(list, other);
    /// The elements that both lists have.
    array_intersect(a, b);
    /// How many elements there are.
    array_length(list);
    /// The greatest element.
    array_max(list);
    /// The least element.
    array_min(list);
    /// How many dimensions it has.
    array_ndims(list);
    /// The list as a vector of length 1.
    array_normalize(list);
    /// All but the last element.
    array_pop_back(list);
    /// All but the first element.
    array_pop_front(list);
    /// Where the element is, from the place `start` on, counted from 1; null where it is not.
    array_position(list, element, start);
    /// All places of the element, from 1 on.
    array_positions(list, element);
    /// An element and the list behind it.
    array_prepend(element, list);
    /// All elements multiplied.
    array_product(list);
    /// Without the first of these elements.
    array_remove(list, element);
    /// Without these elements.
    array_remove_all(list, element);
    /// Without the first `count` of these elements.
    array_remove_n(list, element, count);
    /// An element so many times.
    array_repeat(element, times);
    /// With the first of these elements replaced.
    array_replace(list, from, to);
    /// With all of these elements replaced.
    array_replace_all(list, from, to);
    /// With the first `count` of these elements replaced.
    array_replace_n(list, from, to, count);
    /// With so many elements: cut, or filled up.
    array_resize(list, length, fill);
    /// From the last element to the first.
    array_reverse(list);
    /// Each element multiplied with a number.
    array_scale(list, factor);
    /// The elements in order: `ASC` or `DESC`, and `NULLS FIRST` or `NULLS LAST`.
    array_sort(list, direction, nulls);
    /// The differences of two lists, element by element.
    array_subtract(a, b);
    /// The sum of the elements.
    array_sum(list);
    /// The elements as a text, with a separator between them.
    array_to_string(list, separator);
    /// The elements of both lists, each once.
    array_union(a, b);
    /// A list of structs, of the elements of lists at the same places.
    arrays_zip(.. lists);
    /// How many elements a list or map has.
    cardinality(list);
    /// The cosine distance of two lists as vectors.
    cosine_distance(a, b);
    /// The elements of the lists in a list.
    flatten(lists);
    /// Numbers or times from `start` up to `stop`, with it, in steps.
    gen_series(start, stop, step);
    /// The inner product of two lists as vectors.
    inner_product(a, b);
    /// A list of values.
    make_array(.. values);
    /// The keys and values of a map, as a list of structs.
    map_entries(map);
    /// The value of a key, as a list of one or none.
    map_extract(map, key);
    /// The keys of a map.
    map_keys(map);
    /// The values of a map.
    map_values(map);
    /// Numbers or times from `start` up to `stop`, without it, in steps.
    range(start, stop, step);
    /// A text as a list of its parts between separators; parts that are `null_text` are null.
    string_to_array(text, separator, null_text);
}

/// Functions over groups of rows.
pub mod aggregate {
    use datafusion::functions_aggregate::expr_fn as core;
    use datafusion::functions_aggregate::string_agg::string_agg as core_string_agg;
    use datafusion::logical_expr::SortExpr;

    use crate::expr::{Expr, IntoValue, lit};
    use crate::frame::IntoSort;

    functions! { core:
        /// Any value that is not null.
        any_value(value);
        /// About how many different values there are (HyperLogLog).
        approx_distinct(value);
        /// About the median (t-digest).
        approx_median(number);
        /// All values as a list.
        array_agg(value);
        /// The mean.
        avg(number);
        /// The mean of the different values.
        avg_distinct(number);
        /// The bits that all values have.
        bit_and(number);
        /// The bits that a value has.
        bit_or(number);
        /// The bits that an odd number of values have.
        bit_xor(number);
        /// Whether all are true.
        bool_and(condition);
        /// Whether one is true.
        bool_or(condition);
        /// The correlation of two numbers.
        corr(y, x);
        /// How many values are not null.
        count(value);
        /// How many different values there are.
        count_distinct(value);
        /// The covariance, divided by n.
        covar_pop(y, x);
        /// The covariance, divided by n - 1.
        covar_samp(y, x);
        /// The largest value.
        max(value);
        /// The median.
        median(number);
        /// The smallest value.
        min(value);
        /// The mean of `x` where both are there.
        regr_avgx(y, x);
        /// The mean of `y` where both are there.
        regr_avgy(y, x);
        /// How many rows have both.
        regr_count(y, x);
        /// Where the line of the least squares crosses zero.
        regr_intercept(y, x);
        /// How well the line of the least squares fits, from 0 to 1.
        regr_r2(y, x);
        /// The slope of the line of the least squares.
        regr_slope(y, x);
        /// The sum of the squares of `x` around its mean.
        regr_sxx(y, x);
        /// The sum of the products of both around their means.
        regr_sxy(y, x);
        /// The sum of the squares of `y` around its mean.
        regr_syy(y, x);
        /// The standard deviation, divided by n - 1.
        stddev(number);
        /// The standard deviation, divided by n.
        stddev_pop(number);
        /// The sum.
        sum(number);
        /// The sum of the different values.
        sum_distinct(number);
        /// The variance, divided by n.
        var_pop(number);
        /// The variance, divided by n - 1.
        var_sample(number);
    }

    /// About the value below which the share `q` of all values lies (t-digest).
    pub fn approx_percentile_cont(value: impl IntoSort, q: f64) -> Expr {
        core::approx_percentile_cont(value.into_sort(), lit(q).into_core(), None).into()
    }

    /// About the value below which the share `q` of the weights of all values lies (t-digest).
    pub fn approx_percentile_cont_with_weight(value: impl IntoSort, weight: Expr, q: f64) -> Expr {
        let weight = weight.into_core();
        core::approx_percentile_cont_with_weight(value.into_sort(), weight, lit(q).into_core(), None).into()
    }

    /// The first value in an order, null or not.
    pub fn first_value<K: IntoSort>(value: Expr, order: impl IntoIterator<Item = K>) -> Expr {
        core::first_value(value.into_core(), sorted(order)).into()
    }

    /// The last value in an order, null or not.
    pub fn last_value<K: IntoSort>(value: Expr, order: impl IntoIterator<Item = K>) -> Expr {
        core::last_value(value.into_core(), sorted(order)).into()
    }

    /// The `n`th value in an order, from 1 on.
    pub fn nth_value<K: IntoSort>(value: Expr, n: i64, order: impl IntoIterator<Item = K>) -> Expr {
        core::nth_value(value.into_core(), n, sorted(order)).into()
    }

    /// The value below which the share `q` of all values lies.
    pub fn percentile_cont(value: impl IntoSort, q: f64) -> Expr {
        core::percentile_cont(value.into_sort(), lit(q).into_core()).into()
    }

    /// All texts with a separator between them.
    pub fn string_agg(text: Expr, separator: impl IntoValue) -> Expr {
        core_string_agg(text.into_core(), separator.into_value().into_core()).into()
    }

    fn sorted<K: IntoSort>(order: impl IntoIterator<Item = K>) -> Vec<SortExpr> {
        order.into_iter().map(IntoSort::into_sort).collect()
    }
}

/// Functions over windows of rows; say which with [`Expr::over`](crate::Expr::over).
pub mod window {
    use datafusion::functions_window::expr_fn as core;

    use crate::dialect;
    use crate::expr::Expr;

    functions! { core:
        /// The share of rows of the window up to each row and its equals.
        cume_dist();
        /// The first value of the frame.
        first_value(value);
        /// The last value of the frame.
        last_value(value);
        /// The place of each row as a share of the window, from 0 to 1.
        percent_rank();
    }

    functions! { dialect:
        /// The place of each row in the order of its window; rows that are equal have one, and the next rows the next one.
        dense_rank();
        /// In which of so many parts of its window each row is, from 1 on.
        ntile(parts);
        /// The place of each row in the order of its window; rows that are equal have one, and leave out the next ones.
        rank();
        /// The number of each row in its window, from 1 on.
        row_number();
    }

    /// The value so many rows before; null where there is no such row.
    pub fn lag(value: Expr, rows: i64) -> Expr {
        core::lag(value.into_core(), Some(rows), None).into()
    }

    /// The value so many rows after; null where there is no such row.
    pub fn lead(value: Expr, rows: i64) -> Expr {
        core::lead(value.into_core(), Some(rows), None).into()
    }

    /// The `n`th value of the frame, from 1 on.
    pub fn nth_value(value: Expr, n: i64) -> Expr {
        core::nth_value(value.into_core(), n).into()
    }
}
