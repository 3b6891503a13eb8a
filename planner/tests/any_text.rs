//! Text that nobody would write: it is taken apart, or refused with a message, and nothing panics or hangs.

use proptest::prelude::*;
use swath_planner::{
    is_whole, params_of, parse, pieces, setting_of, source_calls, split_copy, statement_ranges, typing_place,
};

/// Words of statements and of options, and some that break them.
const WORDS: [&str; 48] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "LIMIT 3",
    "JOIN",
    "ON",
    "USING (a)",
    "AS",
    "COPY",
    "TO",
    "SET",
    "SHOW",
    "WITH",
    "UNION ALL",
    "(",
    ")",
    ",",
    ";",
    "*",
    "=",
    "=>",
    ":=",
    "$1",
    "$name",
    "?",
    "'a/*.csv'",
    "'it''s'",
    "'open",
    "\"A b\"",
    "\"open",
    "read_csv(",
    "read_text('x')",
    "delim = '||'",
    "types = MAP {'a': 'int'}",
    "{",
    "}",
    "[1, 2",
    "--note\n",
    "/* note",
    "*/",
    "-1e999",
    "0x",
    "é\u{301}",
    "\u{0}",
    "TABLESAMPLE 10%",
    "a.b.c",
];

/// Looks at a text in every way that the planner does before it knows of files.
fn look_at(text: &str) {
    let found = pieces(text);
    let mut end = 0;
    for piece in &found {
        assert_eq!(piece.range.start, end, "{text:?}: {found:?}");
        let _ = (piece.of(text), piece.content(text));
        end = piece.range.end;
    }
    assert_eq!(end, text.len(), "{text:?}: {found:?}");
    for range in statement_ranges(text) {
        assert!(text.get(range.clone()).is_some(), "{text:?}: {range:?}");
    }
    let _ = is_whole(text);
    for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
        let _ = typing_place(text, at);
    }
    let statements = match parse(text) {
        Ok(statements) => statements,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for mut statement in statements {
        let _ = (source_calls(&statement), setting_of(&statement), params_of(&statement));
        let _ = split_copy(&mut statement);
        let _ = source_calls(&statement);
    }
}

proptest! {
    #[test]
    fn words_in_any_order(words in prop::collection::vec(prop::sample::select(&WORDS), 0..14)) {
        look_at(&words.join(" "));
    }

    #[test]
    fn any_characters(text in "\\PC{0,60}") {
        look_at(&text);
    }

    /// A statement of which a part is missing, or stands twice.
    #[test]
    fn statements_that_are_cut(from in 0_usize..120, until in 0_usize..120) {
        let sql = "COPY (WITH t AS (SELECT a, count(*) AS n FROM read_csv(['x y.csv', 'é.gz'], delim = ';', nullstr = ['-', '']) \
                   WHERE b LIKE '%it''s%' GROUP BY a) SELECT * FROM t, 'u-*.bz2' u WHERE t.a = u.a AND u.c > $1) TO 'out.csv'";
        let [from, until] = [from, until].map(|at| (0..=at).rev().find(|at| sql.is_char_boundary(*at)).unwrap_or(0));
        look_at(&format!("{}{}", &sql[..from], &sql[until..]));
    }
}
