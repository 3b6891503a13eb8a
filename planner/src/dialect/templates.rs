//! Functions of other engines that are expressions of what the relational core has.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Function, Value, VisitMut, VisitorMut};

use crate::dialect::functions::and;
use crate::error::Result;
use crate::parse::parse_piece;
use crate::walk::walk_mut;

/// An expression in SQL in which `$1`, `$2` … stand for what is put into it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Template {
    sql: &'static str,
    /// How many arguments it takes.
    pub(crate) takes: usize,
    /// What they are, for errors.
    pub(crate) expected: &'static str,
}

const ONE_NUMBER: &str = "one number";
const ONE_TIME: &str = "one date or timestamp";

impl Template {
    /// `a // b`: the quotient, of integers without its fraction.
    pub(crate) const INTEGER_QUOTIENT: Self =
        Self { sql: "divide($1, $2)", takes: 2, expected: "two numbers" };

    /// `quantile_disc(x, part)`: the value of the list of all that is at this part of it.
    pub(crate) const QUANTILE_DISC: Self = Self {
        sql: "array_element(array_agg($1 ORDER BY $1) FILTER (WHERE $1 IS NOT NULL), \
              greatest(1, CAST(ceil($2 * count($1)) AS BIGINT)))",
        takes: 2,
        expected: "a value and a number from 0 to 1",
    };

    /// The same over a window, where the relational core knows no order of an aggregate.
    pub(crate) const QUANTILE_DISC_OF_WINDOW: Self = Self {
        sql: "array_element(array_sort(array_agg($1) FILTER (WHERE $1 IS NOT NULL)), \
              greatest(1, CAST(ceil($2 * count($1)) AS BIGINT)))",
        ..Self::QUANTILE_DISC
    };

    /// The same of values of which the greatest comes first.
    pub(crate) const QUANTILE_DISC_DESCENDING: Self = Self {
        sql: "array_element(array_agg($1 ORDER BY $1 DESC) FILTER (WHERE $1 IS NOT NULL), \
              greatest(1, CAST(ceil($2 * count($1)) AS BIGINT)))",
        ..Self::QUANTILE_DISC
    };

    /// The same over a window.
    pub(crate) const QUANTILE_DISC_OF_WINDOW_DESCENDING: Self = Self {
        sql: "array_element(array_sort(array_agg($1) FILTER (WHERE $1 IS NOT NULL), 'DESC'), \
              greatest(1, CAST(ceil($2 * count($1)) AS BIGINT)))",
        ..Self::QUANTILE_DISC
    };

    /// `max(x, n)`: the greatest values, the greatest first.
    pub(crate) const GREATEST: Self = Self {
        sql: "array_slice(array_agg($1 ORDER BY $1 DESC) FILTER (WHERE $1 IS NOT NULL), 1, $2)",
        takes: 2,
        expected: "a value and how many",
    };

    /// `min(x, n)`: the least values, the least first.
    pub(crate) const LEAST: Self = Self {
        sql: "array_slice(array_agg($1 ORDER BY $1) FILTER (WHERE $1 IS NOT NULL), 1, $2)",
        takes: 2,
        expected: "a value and how many",
    };

    /// `max(x, n)` over a window, where the relational core knows no order of an aggregate.
    pub(crate) const GREATEST_OF_WINDOW: Self = Self {
        sql: "array_slice(array_sort(array_agg($1) FILTER (WHERE $1 IS NOT NULL), 'DESC'), 1, $2)",
        ..Self::GREATEST
    };

    /// `min(x, n)` over a window.
    pub(crate) const LEAST_OF_WINDOW: Self = Self {
        sql: "array_slice(array_sort(array_agg($1) FILTER (WHERE $1 IS NOT NULL)), 1, $2)",
        ..Self::LEAST
    };

    /// `arg_max(x, key, n)`: the values of the greatest keys.
    pub(crate) const OF_GREATEST: Self = Self {
        sql: "array_slice(array_agg($1 ORDER BY $2 DESC) FILTER (WHERE $1 IS NOT NULL AND $2 IS NOT NULL), 1, $3)",
        takes: 3,
        expected: "a value, what to compare and how many",
    };

    /// `arg_min(x, key, n)`: the values of the least keys.
    pub(crate) const OF_LEAST: Self = Self {
        sql: "array_slice(array_agg($1 ORDER BY $2) FILTER (WHERE $1 IS NOT NULL AND $2 IS NOT NULL), 1, $3)",
        takes: 3,
        expected: "a value, what to compare and how many",
    };

    /// An expression with places for so many arguments.
    pub(crate) fn new(sql: &'static str, takes: usize) -> Self {
        Self { sql, takes, expected: "" }
    }

    /// For an aggregate by its name in lower case, made of others.
    pub(crate) fn of_aggregate(name: &str) -> Option<Self> {
        let sql = match name {
            "count_star" => return Some(Self { sql: "count(*)", takes: 0, expected: "nothing" }),
            "geomean" | "geometric_mean" => "exp(avg(ln($1)))",
            "wavg" | "weighted_avg" => {
                let sql = "sum(CAST($1 AS DOUBLE) * $2) / sum(CASE WHEN $1 IS NOT NULL THEN CAST($2 AS DOUBLE) END)";
                return Some(Self { sql, takes: 2, expected: "a value and its weight" });
            }
            "kurtosis_pop" => {
                "CASE WHEN count($1) > 1 AND var_pop($1) > 0 THEN (avg(power(CAST($1 AS DOUBLE), 4)) \
                 - 4 * avg($1) * avg(power(CAST($1 AS DOUBLE), 3)) \
                 + 6 * power(avg($1), 2) * avg(power(CAST($1 AS DOUBLE), 2)) - 3 * power(avg($1), 4)) \
                 / power(var_pop($1), 2) - 3 END"
            }
            "sem" => "stddev_pop($1) / sqrt(nullif(count($1), 0))",
            // The central moments from the sums of powers, with the corrections for samples.
            "skewness" => {
                "CASE WHEN count($1) > 2 AND var_pop($1) > 0 THEN \
                 sqrt(CAST(count($1) AS DOUBLE) * (count($1) - 1)) / (count($1) - 2) \
                 * (avg(power(CAST($1 AS DOUBLE), 3)) - 3 * avg($1) * avg(power(CAST($1 AS DOUBLE), 2)) \
                 + 2 * power(avg($1), 3)) / power(var_pop($1), 1.5) END"
            }
            "kurtosis" => {
                "CASE WHEN count($1) > 3 AND var_pop($1) > 0 THEN \
                 (CAST(count($1) AS DOUBLE) - 1) / ((count($1) - 2.0) * (count($1) - 3.0)) \
                 * ((count($1) + 1) * ((avg(power(CAST($1 AS DOUBLE), 4)) \
                 - 4 * avg($1) * avg(power(CAST($1 AS DOUBLE), 3)) \
                 + 6 * power(avg($1), 2) * avg(power(CAST($1 AS DOUBLE), 2)) - 3 * power(avg($1), 4)) \
                 / power(var_pop($1), 2)) - 3 * (count($1) - 1)) END"
            }
            _ => return None,
        };
        Some(Self { sql, takes: 1, expected: ONE_NUMBER })
    }

    /// For a function that has another meaning where it has one argument alone.
    pub(crate) fn of_one(name: &str) -> Option<Self> {
        Some(Self::new(
            match name {
                "date" => "CAST(time_of($1) AS DATE)",
                "encode" => "CAST($1 AS BYTEA)",
                "decode" => "CAST($1 AS VARCHAR)",
                "make_date" => "arrow_cast(CAST($1 AS INT), 'Date32')",
                "to_timestamp" => "point_in_time($1)",
                "make_timestamp" => "arrow_cast(CAST($1 AS BIGINT), 'Timestamp(Microsecond, None)')",
                _ => return None,
            },
            1,
        ))
    }

    /// For a function by its name in lower case.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let (sql, takes, expected) = match name {
            "date_add" => ("$1 + $2", 2, "a date or timestamp and an interval"),
            "yearweek" => ("CAST(to_char($1, '%G%V') AS BIGINT)", 1, ONE_TIME),
            "even" => (
                "CASE WHEN $1 >= 0 THEN ceil(CAST($1 AS DOUBLE) / 2) * 2 ELSE floor(CAST($1 AS DOUBLE) / 2) * 2 END",
                1,
                ONE_NUMBER,
            ),
            "fmod" => ("CAST($1 AS DOUBLE) - floor(CAST($1 AS DOUBLE) / $2) * $2", 2, "two numbers"),
            "fdiv" => ("floor(CAST($1 AS DOUBLE) / $2)", 2, "two numbers"),
            "isinf" => ("(abs(CAST($1 AS DOUBLE)) = CAST('inf' AS DOUBLE))", 1, ONE_NUMBER),
            "isfinite" => ("(abs(CAST($1 AS DOUBLE)) < CAST('inf' AS DOUBLE))", 1, ONE_NUMBER),
            "xor" => ("($1 ^ $2)", 2, "two integers"),
            "list_count" => ("length(array_compact($1))", 1, "one list"),
            // Of a list, nulls are no values.
            "list_distinct" | "array_distinct" => ("array_distinct(array_compact($1))", 1, "one list"),
            "list_intersect" | "array_intersect" => {
                ("array_intersect(array_compact($1), $2)", 2, "two lists")
            }
            "list_has_any" | "array_has_any" => (
                "CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN array_has_any($1, array_compact($2)) END",
                2,
                "two lists",
            ),
            "list_has_all" | "array_has_all" => (
                "CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN array_has_all($1, array_compact($2)) END",
                2,
                "two lists",
            ),
            "list_element" | "list_extract" => ("($1)[$2]", 2, "a list or text and a place"),
            "list_any_value" => ("array_element(array_compact($1), 1)", 1, "one list"),
            "array_push_front" => ("array_prepend($2, $1)", 2, "a list and a value"),
            "list_cosine_similarity" | "array_cosine_similarity" => {
                ("1 - cosine_distance($1, $2)", 2, "two lists of numbers")
            }
            "list_negative_inner_product"
            | "array_negative_inner_product"
            | "list_negative_dot_product"
            | "array_negative_dot_product" => ("-inner_product($1, $2)", 2, "two lists of numbers"),
            "map_contains" => ("array_has(map_keys($1), $2)", 2, "a map and a key"),
            "map_contains_value" => ("array_has(map_values($1), $2)", 2, "a map and a value"),
            "map_contains_entry" => ("coalesce(($1)[$2] = $3, false)", 3, "a map, a key and a value"),
            "map_extract_value" => ("($1)[$2]", 2, "a map and a key"),
            "map_extract" | "element_at" => (
                "CASE WHEN $1 IS NOT NULL THEN array_resize(map_extract($1, $2), \
                 CAST(array_has(map_keys($1), $2) AS BIGINT)) END",
                2,
                "a map and a key",
            ),
            "unicode" | "ord" => ("CASE WHEN $1 = '' THEN -1 ELSE ascii($1) END", 1, "one text"),
            "list_unique" | "array_unique" | "list_approx_count_distinct" => {
                ("length(array_distinct(array_compact($1)))", 1, "one list")
            }
            "list_bool_and" => (
                "CASE WHEN array_has($1, false) THEN false WHEN array_has($1, true) THEN true END",
                1,
                "one list",
            ),
            "list_bool_or" => (
                "CASE WHEN array_has($1, true) THEN true WHEN array_has($1, false) THEN false END",
                1,
                "one list",
            ),
            "generate_subscripts" => ("unnest(range(1, length($1) + 1))", 2, "a list and the number 1"),
            "regexp_split_to_table" => ("unnest(string_split_regex($1, $2))", 2, "a text and a pattern"),
            "list_first" => ("array_element($1, 1)", 1, "one list"),
            "list_last" => ("array_element($1, -1)", 1, "one list"),
            "list_string_agg" => ("array_to_string($1, ',')", 1, "one list"),
            "struct_extract" | "struct_extract_at" => {
                ("($1)[$2]", 2, "a struct and the name of a field, or its place")
            }
            "array_extract" => ("($1)[$2]", 2, "a list or text and a place"),
            "regexp_full_match" => ("regexp_like($1, '^(?:' || $2 || ')$')", 2, "a text and a pattern"),
            "signbit" => (
                "CASE WHEN $1 = 0 THEN CAST(CAST($1 AS DOUBLE) AS VARCHAR) LIKE '-%' ELSE $1 < 0 END",
                1,
                ONE_NUMBER,
            ),
            "round_even" | "roundbankers" => (
                "CASE WHEN abs($1 * power(10.0, $2) - trunc($1 * power(10.0, $2))) = 0.5 \
                 THEN 2 * round($1 * power(10.0, $2) / 2) / power(10.0, $2) ELSE round(CAST($1 AS DOUBLE), $2) END",
                2,
                "a number and how many digits behind the point are kept",
            ),
            "bit_count" => ("length(replace(bin($1), '0', ''))", 1, "one integer"),
            "from_base64" => ("decode($1, 'base64')", 1, "one text"),
            "base64" | "to_base64" => ("encode($1, 'base64pad')", 1, "one value of bytes or text"),
            "parse_path" => (
                "CASE WHEN $1 LIKE '/%' THEN array_prepend('/', array_remove_all(string_split_regex($1, '[/\\\\]'), '')) \
                 ELSE array_remove_all(string_split_regex($1, '[/\\\\]'), '') END",
                1,
                "one path",
            ),
            "parse_dirname" => (
                "CASE WHEN $1 LIKE '/%' THEN '/' WHEN regexp_like($1, '[/\\\\]') THEN regexp_replace($1, '[/\\\\].*$', '') \
                 WHEN $1 IS NOT NULL THEN '' END",
                1,
                "one path",
            ),
            "parse_dirpath" => ("regexp_replace($1, '(^|[/\\\\])[^/\\\\]*$', '')", 1, "one path"),
            "list_reverse_sort" | "array_reverse_sort" => {
                ("array_sort($1, 'DESC', 'NULLS LAST')", 1, "one list")
            }
            "to_years" => ("INTERVAL '1 year' * $1", 1, ONE_NUMBER),
            "to_quarters" => ("INTERVAL '3 months' * $1", 1, ONE_NUMBER),
            "to_months" => ("INTERVAL '1 month' * $1", 1, ONE_NUMBER),
            "to_weeks" => ("INTERVAL '7 days' * $1", 1, ONE_NUMBER),
            "to_decades" => ("INTERVAL '10 years' * $1", 1, ONE_NUMBER),
            "to_centuries" => ("INTERVAL '100 years' * $1", 1, ONE_NUMBER),
            "to_millennia" => ("INTERVAL '1000 years' * $1", 1, ONE_NUMBER),
            "to_days" => ("INTERVAL '1 day' * $1", 1, ONE_NUMBER),
            "to_hours" => ("INTERVAL '1 hour' * $1", 1, ONE_NUMBER),
            "to_minutes" => ("INTERVAL '1 minute' * $1", 1, ONE_NUMBER),
            "to_seconds" => ("INTERVAL '1 second' * $1", 1, ONE_NUMBER),
            "to_milliseconds" => ("INTERVAL '1 millisecond' * $1", 1, ONE_NUMBER),
            "to_microseconds" => ("INTERVAL '1 microsecond' * $1", 1, ONE_NUMBER),
            "dayname" => ("to_char($1, '%A')", 1, ONE_TIME),
            "epoch" => ("date_part('epoch', $1)", 1, ONE_TIME),
            "julian" => ("date_part('epoch', $1) / 86400.0 + 2440588", 1, ONE_TIME),
            "add" => ("$1 + $2", 2, "two numbers"),
            "subtract" => ("$1 - $2", 2, "two numbers"),
            "multiply" => ("$1 * $2", 2, "two numbers"),
            "era" => {
                ("CASE WHEN date_part('year', $1) > 0 THEN 1 WHEN $1 IS NOT NULL THEN 0 END", 1, ONE_TIME)
            }
            "decade" => ("CAST(floor(date_part('year', $1) / 10.0) AS BIGINT)", 1, ONE_TIME),
            "century" => ("CAST(ceil(date_part('year', $1) / 100.0) AS BIGINT)", 1, ONE_TIME),
            "millennium" => ("CAST(ceil(date_part('year', $1) / 1000.0) AS BIGINT)", 1, ONE_TIME),
            "from_hex" | "unhex" => {
                ("decode(CASE WHEN length($1) % 2 = 1 THEN '0' || $1 ELSE $1 END, 'hex')", 1, "one text")
            }
            "make_timestamp_ms" => ("epoch_ms($1)", 1, "milliseconds since 1970"),
            "make_timestamp_ns" => {
                ("arrow_cast($1, 'Timestamp(Nanosecond, None)')", 1, "nanoseconds since 1970")
            }
            "ago" => ("CAST(now() AS TIMESTAMP(6) WITH TIME ZONE) - $1", 1, "one interval"),
            "days_in_month" => (
                "date_part('day', CAST(date_trunc('month', $1) + INTERVAL '1 month' - INTERVAL '1 day' AS DATE))",
                1,
                ONE_TIME,
            ),
            "make_timestamp" => (
                "CAST(make_date($1, $2, $3) AS TIMESTAMP(6)) + INTERVAL '1 hour' * $4 \
                 + INTERVAL '1 minute' * $5 + INTERVAL '1 second' * $6",
                6,
                "a year, a month, a day, an hour, a minute and seconds",
            ),
            "make_time" => (
                "CAST(make_time($1, $2, CAST(floor($3) AS INT)) AS TIME) + INTERVAL '1 second' * ($3 - floor($3))",
                3,
                "an hour, a minute and seconds",
            ),
            "make_timestamptz" => (
                "CAST(CAST(make_date($1, $2, $3) AS TIMESTAMP(6)) + INTERVAL '1 hour' * $4 + INTERVAL '1 minute' * $5 \
                 + INTERVAL '1 second' * $6 AS TIMESTAMP(6) WITH TIME ZONE)",
                6,
                "a year, a month, a day, an hour, a minute and seconds",
            ),
            "json_group_object" => (
                "'{' || coalesce(string_agg(to_json(CAST($1 AS VARCHAR)) || ':' || coalesce(to_json($2), 'null'), ','), '') || '}'",
                2,
                "a key and a value",
            ),
            "regexp_escape" => {
                ("regexp_replace($1, '([^A-Za-z0-9_\\x{80}-\\x{10FFFF}])', '\\\\\\1', 'g')", 1, "one text")
            }
            "json_merge_patch" => ("json_merge_patch(coalesce($1, 'null'), $2)", 2, "two texts of JSON"),
            "json_group_array" => ("to_json(array_agg($1))", 1, "one value"),
            "json_value" => (
                "CASE WHEN json_type($1, $2) NOT IN ('OBJECT', 'ARRAY') THEN json_extract($1, $2) END",
                2,
                "a text of JSON and a path",
            ),
            "json_quote" => ("to_json($1)", 1, "one value"),
            "row_to_json" => ("to_json($1)", 1, "one struct"),
            "pg_typeof" => ("lower(typeof($1))", 1, "one value"),
            "last_day" => {
                ("CAST(date_trunc('month', $1) + INTERVAL '1 month' - INTERVAL '1 day' AS DATE)", 1, ONE_TIME)
            }
            "mod" => ("$1 % $2", 2, "two numbers"),
            "monthname" => ("to_char($1, '%B')", 1, ONE_TIME),
            _ => return None,
        };
        Some(Self { sql, takes, expected })
    }

    /// For a part of a time that the relational core does not have.
    pub(crate) fn of_part(part: &str) -> Option<Self> {
        let is_known = ["century", "decade", "era", "julian", "millennium", "yearweek"].contains(&part);
        is_known.then(|| Self::of(part)).flatten()
    }

    /// For the beginning of a part of many years.
    pub(crate) fn of_start(part: &str) -> Option<Self> {
        macro_rules! of_years {
            ($years:literal) => {
                concat!(
                    "arrow_cast(make_date(CAST(floor(date_part('year', $1) / ",
                    $years,
                    ".0) * ",
                    $years,
                    " AS INT), 1, 1), 'Timestamp(Microsecond, None)')"
                )
            };
        }
        let sql = match part {
            "decade" => of_years!("10"),
            "century" => of_years!("100"),
            "millennium" => of_years!("1000"),
            _ => return None,
        };
        Some(Self { sql, takes: 1, expected: ONE_TIME })
    }

    /// For how many starts of a part of a date lie between two: of days, midnights.
    pub(crate) fn of_difference(part: &str) -> Option<Self> {
        macro_rules! of_seconds {
            ($part:literal, $seconds:literal) => {
                concat!(
                    "CAST((date_part('epoch', date_trunc('",
                    $part,
                    "', $2)) - date_part('epoch', date_trunc('",
                    $part,
                    "', $1))) / ",
                    $seconds,
                    " AS BIGINT)"
                )
            };
        }
        macro_rules! of_years {
            ($part:literal, $count:literal) => {
                concat!(
                    "CAST((date_part('year', $2) - date_part('year', $1)) * ",
                    $count,
                    " + date_part('",
                    $part,
                    "', $2) - date_part('",
                    $part,
                    "', $1) AS BIGINT)"
                )
            };
        }
        let sql = match part {
            "year" => "CAST(date_part('year', $2) - date_part('year', $1) AS BIGINT)",
            "quarter" => of_years!("quarter", "4"),
            "month" => of_years!("month", "12"),
            // Of seven days each, wherever they begin.
            "week" => {
                "CAST(trunc((date_part('epoch', date_trunc('day', $2)) - date_part('epoch', date_trunc('day', $1))) \
                 / 604800) AS BIGINT)"
            }
            "isoyear" => "CAST(date_part('isoyear', $2) - date_part('isoyear', $1) AS BIGINT)",
            "day" => of_seconds!("day", "86400"),
            "hour" => of_seconds!("hour", "3600"),
            "minute" => of_seconds!("minute", "60"),
            "second" => of_seconds!("second", "1"),
            "millisecond" => {
                "CAST(arrow_cast($2, 'Timestamp(Millisecond, None)') AS BIGINT) \
                 - CAST(arrow_cast($1, 'Timestamp(Millisecond, None)') AS BIGINT)"
            }
            "microsecond" => {
                "CAST(arrow_cast($2, 'Timestamp(Microsecond, None)') AS BIGINT) \
                 - CAST(arrow_cast($1, 'Timestamp(Microsecond, None)') AS BIGINT)"
            }
            "decade" => {
                "CAST(divide(date_part('year', $2), 10) - divide(date_part('year', $1), 10) AS BIGINT)"
            }
            "century" => {
                "CAST(divide(date_part('year', $2), 100) - divide(date_part('year', $1), 100) AS BIGINT)"
            }
            "millennium" => {
                "CAST(divide(date_part('year', $2), 1000) - divide(date_part('year', $1), 1000) AS BIGINT)"
            }
            _ => return None,
        };
        Some(Self { sql, takes: 2, expected: "two dates or timestamps" })
    }

    /// The expression with arguments in their places, as many as it takes, and with what a call says of rows in its aggregates.
    pub(crate) fn filled_over(self, arguments: &[Expr], call: &Function) -> Result<Expr> {
        let mut expr = parse_piece(self.sql, |parser| parser.parse_expr())?;
        let ControlFlow::Continue(()) = walk_mut(&mut expr, &mut SayingOfRows { call });
        fill(&mut expr, arguments);
        Ok(Expr::Nested(Box::new(expr)))
    }

    /// The expression with arguments in their places, as many as it takes.
    pub(crate) fn filled(self, arguments: &[Expr]) -> Result<Expr> {
        let mut expr = parse_piece(self.sql, |parser| parser.parse_expr())?;
        fill(&mut expr, arguments);
        Ok(expr)
    }
}

/// Aggregates of which templates are made.
const AGGREGATES: [&str; 6] = ["array_agg", "avg", "count", "stddev_pop", "sum", "var_pop"];

struct SayingOfRows<'a> {
    call: &'a Function,
}

impl VisitorMut for SayingOfRows<'_> {
    type Break = std::convert::Infallible;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if let Expr::Function(function) = expr
            && AGGREGATES.contains(&function.name.to_string().as_str())
        {
            function.filter = match (function.filter.take(), &self.call.filter) {
                (Some(own), Some(said)) => Some(Box::new(and(*own, Some(said.clone())))),
                (own, said) => own.or_else(|| said.clone()),
            };
            function.over.clone_from(&self.call.over);
        }
        ControlFlow::Continue(())
    }
}

/// Puts arguments into the places `$1`, `$2` … of a piece of a statement.
pub(crate) fn fill<T: VisitMut>(piece: &mut T, arguments: &[Expr]) {
    let ControlFlow::Continue(()) = walk_mut(piece, &mut Filling { arguments });
}

/// An expression as it can stand in the place of a name: in brackets, unless it is one piece.
pub(crate) fn as_operand(expr: &Expr) -> Expr {
    let is_simple = matches!(
        expr,
        Expr::Value(_)
            | Expr::Identifier(_)
            | Expr::CompoundIdentifier(_)
            | Expr::Array(_)
            | Expr::Function(_)
            | Expr::Nested(_)
    );
    if is_simple { expr.clone() } else { Expr::Nested(Box::new(expr.clone())) }
}

struct Filling<'a> {
    arguments: &'a [Expr],
}

impl VisitorMut for Filling<'_> {
    type Break = std::convert::Infallible;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if let Expr::Value(value) = expr
            && let Value::Placeholder(place) = &value.value
            && let Some(argument) = place.strip_prefix('$').and_then(|place| place.parse::<usize>().ok())
            && let Some(argument) = self.arguments.get(argument - 1)
        {
            *expr = as_operand(argument);
        }
        ControlFlow::Continue(())
    }
}
