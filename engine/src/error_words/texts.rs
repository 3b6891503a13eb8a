//! Pieces of the core's messages, and the same with the words of SQL.

/// What stands between two texts.
pub(super) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let start = text.find(before)? + before.len();
    let len = text[start..].find(after)?;
    Some(&text[start..start + len])
}

/// A column's name without its table, whose name is a path in quotes or a word.
pub(super) fn without_table(name: &str) -> &str {
    let column = match name.strip_prefix('\'').or(name.strip_prefix('"')) {
        Some(quoted) => quoted.find(['\'', '"']).and_then(|end| quoted[end + 1..].strip_prefix('.')),
        None => name.split_once('.').map(|(_, column)| column),
    };
    column.unwrap_or(name).trim_matches('"')
}

/// A text without the core's own forms of expressions at its end, which say nothing to users of SQL.
pub(super) fn without_forms(text: &str) -> &str {
    const FORMS: [&str; 4] = [" { ", "Span(", "Literal(", "Column("];
    let Some(form) = FORMS.iter().filter_map(|form| text.find(form)).min() else { return text };
    let before = match text[..form].rfind([':', '\n']) {
        Some(end) => &text[..end],
        None => text[..form].rsplit_once(' ').map_or("", |(before, _)| before),
    };
    let before = before.trim_end().trim_end_matches(", got").trim_end_matches(['.', ',', ' ']);
    if before.is_empty() { text } else { before }
}

/// A text with the names of SQL's types instead of Arrow's.
pub(super) fn in_sql_types(text: &str) -> String {
    const NAMES: [(&str, &str); 31] = [
        ("LargeUtf8", "text"),
        ("Utf8View", "text"),
        ("Utf8", "text"),
        ("Boolean", "boolean"),
        ("UInt64", "ubigint"),
        ("UInt32", "uinteger"),
        ("UInt16", "usmallint"),
        ("UInt8", "utinyint"),
        ("Int64", "bigint"),
        ("Int32", "integer"),
        ("Int16", "smallint"),
        ("Int8", "tinyint"),
        ("Float64", "double"),
        ("Float32", "real"),
        ("Date32", "date"),
        ("Date64", "date"),
        ("Decimal128", "decimal"),
        ("Decimal", "decimal"),
        ("Timestamp(µs, \"+00:00\")", "timestamptz"),
        ("Timestamp(ns)", "timestamp"),
        ("Timestamp(µs)", "timestamp"),
        ("Time64(ns)", "time"),
        ("Time64(µs)", "time"),
        ("Time32(ms)", "time"),
        ("Time32(s)", "time"),
        ("Duration", "duration"),
        ("Interval(MonthDayNano)", "interval"),
        ("Interval(DayTime)", "interval"),
        ("Interval(YearMonth)", "interval"),
        ("Interval", "interval"),
        ("Null)", "null)"),
    ];
    plain_lists(NAMES.iter().fold(plain_values(text), |text, (arrow, sql)| text.replace(arrow, sql)))
}

/// A text with `bigint[]` for `List(bigint)`.
fn plain_lists(mut text: String) -> String {
    while let Some(at) = text.rfind("List(") {
        let inner = at + "List(".len();
        let Some(len) = text[inner..].find(')') else { break };
        let item = text[inner..inner + len].to_owned();
        let begin = text[..at].strip_suffix("Large").map_or(at, str::len);
        text.replace_range(begin..=inner + len, &format!("{item}[]"));
    }
    text
}

/// A text with `1` and `'a'` for the core's `Int64(1)` and `Utf8("a")`.
pub(super) fn plain_values(text: &str) -> String {
    const TYPES: [&str; 8] =
        ["Int64(", "Int32(", "UInt64(", "Float64(", "Boolean(", "Utf8View(", "LargeUtf8(", "Utf8("];
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, ty)) = TYPES
        .iter()
        .filter_map(|ty| Some((rest.find(ty)?, *ty)))
        .min_by_key(|(at, ty)| (*at, std::cmp::Reverse(ty.len())))
    {
        let value = &rest[at + ty.len()..];
        let (end, quote) = match value.strip_prefix('"') {
            Some(_) => (value.find("\")"), "'"),
            None => (value.find(')'), ""),
        };
        let Some(end) = end else { break };
        plain.push_str(&rest[..at]);
        plain.extend([quote, value[..end].trim_start_matches('"'), quote]);
        rest = &value[end + 1 + usize::from(!quote.is_empty())..];
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tables_and_types() {
        for (name, column) in
            [("'a.csv'.price", "price"), ("t.price", "price"), ("price", "price"), ("\"t\".\"a b\"", "a b")]
        {
            assert_eq!(without_table(name), column);
        }
        assert_eq!(in_sql_types("Utf8View + UInt64"), "text + ubigint");
        assert_eq!(in_sql_types("List(List(Int64)) to LargeList(Utf8)"), "bigint[][] to text[]");
        assert_eq!(in_sql_types("f(a, UInt64(1), Utf8(\"x)\")) > Int64(-2)"), "f(a, 1, 'x)') > -2");
    }
}
