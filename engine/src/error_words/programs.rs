//! What hints say to those who write programs, where they speak of SQL and of flags.

use std::borrow::Cow;

/// What is said in SQL, and of methods.
const IN_METHODS: &[(&str, &str)] = &[
    ("types = {'column': 'double'}", ".with_type(\"column\", Float64)"),
    ("as in name = '3'", "as in col(\"name\").eq(\"3\")"),
    ("as in t AT TIME ZONE 'Europe/Berlin'", "as in .dt().at_zone(\"Europe/Berlin\")"),
    (
        "as in INTERVAL '3 days', INTERVAL '1 month 2 hours', INTERVAL '01:30:00'",
        "as in 3 days, 1 month 2 hours, 01:30:00",
    ),
    (
        "try_strptime(…) gives null where that is so; a list has several forms: ['%Y-%m-%d', '%d.%m.%Y']",
        ".try_to_timestamp(…) gives null where that is so",
    ),
    (
        "a // nullif(b, 0) and a % nullif(b, 0) are null where b is zero",
        "functions::nullif(b, 0) makes null of zero, and then of what is divided by it",
    ),
    ("CAST(x AS double), or exactly, CAST(x AS decimal(38, 0))", ".cast(Float64)"),
    (
        "CAST(… AS type) makes a value of one type of the other",
        ".cast(…) makes a value of one type of the other",
    ),
    ("CAST(… AS integer) makes 1 and 0 of them", ".cast(Int64) makes 1 and 0 of them"),
    ("compare it with something: x > 0", "compare it with something: .gt(0)"),
    ("texts are put together with ||", "functions::concat puts texts together"),
    ("give one of them another name with AS", "give one of them another name with .alias(\"…\")"),
    (
        "aggregate twice: SELECT max(n) FROM (SELECT count(*) AS n FROM … GROUP BY …)",
        "aggregate twice: group_by(…).agg(…), and the groups once more",
    ),
    (
        "give it more (--memory-limit), or use fewer threads (--threads)",
        "give the session more (SessionBuilder::memory_limit), or fewer threads (SessionBuilder::threads)",
    ),
];

const CAST: &str = "TRY_CAST(… AS ";

/// Types of SQL, and those of the library.
const TYPES: [(&str, &str); 7] = [
    ("bigint", "Int64"),
    ("boolean", "Boolean"),
    ("date", "Date"),
    ("double", "Float64"),
    ("integer", "Int64"),
    ("timestamp", "Timestamp"),
    ("varchar", "Text"),
];

/// A hint in words of the library.
pub(crate) fn in_methods(hint: &str) -> String {
    let mut told = Cow::Borrowed(hint);
    for (sql, method) in IN_METHODS {
        if told.contains(sql) {
            told = Cow::Owned(told.replace(sql, method));
        }
    }
    let cast = told.split_once(CAST).and_then(|(before, rest)| Some((before, rest.split_once(')')?)));
    match cast {
        Some((before, (ty, after))) => {
            let ty = TYPES.iter().find(|(sql, _)| *sql == ty).map_or("…", |(_, own)| own);
            format!("{before}.try_cast({ty}){after}")
        }
        None => told.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_of_methods() {
        for (hint, expected) in [
            (
                "TRY_CAST(… AS bigint) gives null where that is so; a text is compared with a text, as in name = '3'",
                ".try_cast(Int64) gives null where that is so; a text is compared with a text, as in col(\"name\").eq(\"3\")",
            ),
            ("TRY_CAST(… AS real) gives null", ".try_cast(…) gives null"),
            ("did you mean \"a\"?", "did you mean \"a\"?"),
        ] {
            assert_eq!(in_methods(hint), expected);
        }
    }
}
