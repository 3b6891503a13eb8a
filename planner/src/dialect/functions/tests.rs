//! Functions as they are rewritten.

use super::*;
use crate::parse::parse;

fn rewrite(sql: &str) -> Result<String> {
    let mut statement = parse(sql)?.remove(0);
    rewrite_statement(&mut statement)?;
    Ok(statement.to_string())
}

#[track_caller]
fn check(sql: &str, expected: &str) {
    assert_eq!(rewrite(sql).unwrap(), expected);
}

#[test]
fn other_names() {
    check("SELECT List(x), quantile_cont(x, 0.5)", "SELECT array_agg(x), percentile_cont(x, 0.5)");
    check("SELECT year(d) + 1", "SELECT date_part('year', d) + 1");
    check(
        "SELECT arg_max(a, b)",
        "SELECT first_value(a ORDER BY b DESC) FILTER (WHERE (a IS NOT NULL) AND (b IS NOT NULL))",
    );
    check("SELECT count_if(x > 1)", "SELECT count(1) FILTER (WHERE x > 1)");
    check("SELECT if(a, 1, 2)", "SELECT CASE WHEN a THEN 1 ELSE 2 END");
    check(
        "SELECT regexp_extract(s, 'a(b)', 1)",
        "SELECT coalesce(array_element(regexp_match(s, '(a(b))'), (1 + 1)), \
         CASE WHEN s IS NOT NULL AND '(a(b))' IS NOT NULL THEN '' END)",
    );
}

#[test]
fn functions_that_are_expressions() {
    check(
        "SELECT last_day(d)",
        "SELECT CAST(date_trunc('month', d) + INTERVAL '1 month' - INTERVAL '1 day' AS DATE)",
    );
    check("SELECT monthname(d), Prefix(s, 'a')", "SELECT to_char(d, '%B'), starts_with(s, 'a')");
    check("SELECT s[:2], s[2:]", "SELECT s[1:2], s[2:-1]");
    check("SELECT a LIKE 'x!%' ESCAPE '!'", "SELECT a LIKE 'x\\%' ESCAPE '\\'");
    check("SELECT a LIKE 'x\\%', a LIKE 'x%'", "SELECT a LIKE 'x\\\\%' ESCAPE '\\', a LIKE 'x%'");
    check("SELECT a NOT LIKE 'x\\%' ESCAPE '\\'", "SELECT a NOT LIKE 'x\\%' ESCAPE '\\'");
    check("SELECT a ILIKE b", "SELECT a ILIKE like_pattern(b, '') ESCAPE '\\'");
    check(
        "SELECT a SIMILAR TO 'b|c', a SIMILAR TO b",
        "SELECT a SIMILAR TO '^(?:b|c)$', a SIMILAR TO '^(?:' || b || ')$'",
    );
    check("SELECT d + INTERVAL 3 DAYS", "SELECT d + INTERVAL '3 DAYS'");
    check("SELECT d + INTERVAL (a - 1) DAY", "SELECT d + (INTERVAL '1 DAY' * (a - 1))");
    check(
        "SELECT bool_and(a) OVER (ROWS 2 PRECEDING), bool_and(a) OVER ()",
        "SELECT (min(CAST(a AS INT)) OVER (ROWS 2 PRECEDING) = 1), bool_and(a) OVER ()",
    );
    check(
        "SELECT string_agg(s, '-') OVER (ROWS 2 PRECEDING)",
        "SELECT (array_to_string(array_agg(s) FILTER (WHERE s IS NOT NULL) OVER (ROWS 2 PRECEDING), '-'))",
    );
    check("SELECT (a + 1) // b", "SELECT divide((a + 1), b)");
    check(
        "SELECT date_diff('DAYS', a, b)",
        "SELECT CAST((date_part('epoch', date_trunc('day', b)) - date_part('epoch', date_trunc('day', a))) / 86400 AS BIGINT)",
    );
    check(
        "SELECT datediff('quarter', a, year(b))",
        "SELECT CAST((date_part('year', date_part('year', b)) - date_part('year', a)) * 4 \
         + date_part('quarter', date_part('year', b)) - date_part('quarter', a) AS BIGINT)",
    );
    check(
        "SELECT time_bucket(INTERVAL '1 week', t)",
        "SELECT kind_of(date_bin((INTERVAL '1 week'), t, '2000-01-03'), t)",
    );
    check(
        "SELECT time_bucket(INTERVAL 3 MONTH, t)",
        "SELECT kind_of(date_bin((INTERVAL '3 MONTH'), t, '2000-01-01'), t)",
    );
}

#[test]
fn other_names_of_types() {
    check(
        "SELECT 1::HUGEINT, TRY_CAST(x AS uinteger)",
        "SELECT 1::DECIMAL(38,0), TRY_CAST(x AS INT UNSIGNED)",
    );
    check("SELECT d::datetime, n::long, s::text", "SELECT time_of(d)::TIMESTAMP(6), n::BIGINT, s::TEXT");
}

#[test]
fn wrong_arguments_are_told() {
    let error = |sql: &str| rewrite(sql).unwrap_err().to_string();
    assert_eq!(error("SELECT last_day(a, b)"), "last_day: expected one date or timestamp");
    assert_eq!(
        error("SELECT date_diff('eon', a, b)"),
        "date_diff: expected year, quarter, month, week, day, hour, minute, second, millisecond or microsecond"
    );
    assert_eq!(rewrite("SELECT year()").unwrap_err().to_string(), "year: expected one date or timestamp");
    assert_eq!(
        rewrite("SELECT arg_max(x)").unwrap_err().to_string(),
        "arg_max: expected a value and what to compare"
    );
}

#[test]
fn options_of_regular_expressions() {
    check("SELECT regexp_matches(s, 'a', ' i c')", "SELECT regexp_like(s, 'a')");
    check("SELECT regexp_replace(s, 'a.', 'b', 'lg')", "SELECT regexp_replace(s, 'a\\.', 'b', 'g')");
    check("SELECT regexp_full_match(s, 'a', 's')", "SELECT regexp_like(s, '^(?:' || '(?s)a' || ')$')");
    assert!(rewrite("SELECT regexp_like(s, 'a', 'q')").is_err());
}

#[test]
fn functions_that_differ_in_casts_are_told_apart() {
    check("SELECT sum(x), sum(x::INT), sum(x)", "SELECT sum(x), sum(coalesce(x::INT)), sum(x)");
    check("SELECT sum(x::INT), avg(x)", "SELECT sum(x::INT), avg(x)");
}
