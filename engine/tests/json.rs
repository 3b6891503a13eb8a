//! Files of JSON as tables.
#![allow(clippy::unwrap_used)]

mod scratch;

use scratch::Scratch;

const FLIGHTS: &str = r#"{"dest": "SFO", "delay": 12, "day": "2008-11-13", "crew": {"pilots": ["Ann", "Bob"]}}
{"dest": "OAK", "delay": null, "day": "2008-11-14", "crew": {"pilots": []}, "note": "caf\u00e9"}
{"dest": "SFO", "delay": 7}
"#;

/// A folder with `a.jsonl` and `b.json`: the same objects on lines and in an array.
fn flights() -> Scratch {
    let scratch = Scratch::with_threads(3);
    scratch.file("a.jsonl", FLIGHTS);
    let objects: Vec<&str> = FLIGHTS.lines().collect();
    scratch.file("b.json", &format!("[\n{}\n]\n", objects.join(",\n")));
    scratch
}

#[test]
fn lines_and_arrays_are_tables_by_name_and_by_function() {
    let scratch = flights();
    for table in ["'$/a.jsonl'", "'$/b.json'", "read_json('$/a.jsonl')", "read_ndjson('$/b.json')"] {
        scratch.check(&format!("SELECT count(*), sum(DELAY), max(day) FROM {table}"), &["3|19|2008-11-14"]);
        scratch.check(&format!("SELECT dest, note FROM {table} WHERE note LIKE 'caf%'"), &["OAK|café"]);
        scratch.check(&format!("SELECT count(*) FROM {table} WHERE dest = 'SFO'"), &["2"]);
        scratch.check(&format!("SELECT crew['pilots'][1] FROM {table} LIMIT 1"), &["Ann"]);
    }
    scratch.check(
        "SELECT count(*), count(DISTINCT filename) FROM read_json('$/*.json*', filename = true)",
        &["6|2"],
    );
    scratch.check("SELECT day FROM read_json('$/a.jsonl', types = {'day': 'text', 'x': 'bigint'}) WHERE x IS NULL LIMIT 1", &[
        "2008-11-13",
    ]);
    let error = scratch.rows("SELECT 1 FROM read_json('$/a.jsonl', delim = ';')").unwrap_err();
    assert_eq!(error.to_string(), "option delim: read_json has no such option");
    assert_eq!(scratch.session.take_notes(), [""; 0]);
}

#[test]
fn json_is_known_by_how_it_begins_where_the_name_does_not_tell() {
    let scratch = flights();
    for name in ["events", "events.log", "events.txt"] {
        scratch.file(name, FLIGHTS);
        scratch.check(&format!("SELECT count(*), sum(delay) FROM '$/{name}'"), &["3|19"]);
        let notes = scratch.session.take_notes();
        assert!(
            notes.len() == 1 && notes[0].contains("read as JSON, as it begins with an object"),
            "{notes:?}"
        );
    }
    scratch.rows("COPY (SELECT * FROM '$/b.json') TO '$/c.json.gz'").unwrap();
    std::fs::rename(scratch.dir.path().join("c.json.gz"), scratch.dir.path().join("c.gz")).unwrap();
    scratch.check("SELECT count(*), sum(delay) FROM '$/c.gz'", &["3|19"]);
    scratch.session.take_notes();
    assert_eq!(
        scratch.session.sniff(scratch.dir.path().join("c.gz")).unwrap(),
        format!("read_json('{}/c.gz')", scratch.folder())
    );
    // What only looks like it: a name in braces, an object among fields, and what is called CSV.
    scratch.file("braces", "{a},b\n1,2\n");
    scratch.check("SELECT \"{a}\", b FROM '$/braces'", &["1|2"]);
    scratch.file("field", "{\"a\":1},x\n{\"a\":2},y\n");
    scratch.file("c.csv", "{\"a\":1}\n{\"a\":2}\n");
    for name in ["field", "c.csv"] {
        scratch.rows(&format!("SELECT * FROM '$/{name}'")).unwrap();
    }
    assert_eq!(scratch.session.take_notes(), [""; 0]);
}

#[test]
fn fields_of_structs_are_columns_by_their_own_names() {
    let scratch = Scratch::with_threads(2);
    scratch.file(
        "s.jsonl",
        "{\"a\": {\"place\": \"x\", \"in\": {\"n\": 2}}}\n{\"a\": {\"place\": \"w\", \"in\": {\"n\": 1}}}\n",
    );
    let check = |sql: &str, columns: &[&str], rows: &[&str]| {
        let batches = scratch.session.collect_blocking(&sql.replace('$', &scratch.folder())).unwrap();
        let schema = batches[0].schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, columns, "{sql}");
        assert_eq!(scratch::rows(&batches), rows, "{sql}");
    };
    check("SELECT a.place FROM '$/s.jsonl'", &["place"], &["x", "w"]);
    check("SELECT t.a.place, A.\"in\".n FROM '$/s.jsonl' t ORDER BY place", &["place", "n"], &["w|1", "x|2"]);
    check("SELECT a['place'], a.place AS p FROM '$/s.jsonl' LIMIT 1", &["a['place']", "p"], &["x|x"]);
    check(
        "SELECT a.place, count(*) FROM '$/s.jsonl' GROUP BY place ORDER BY place DESC",
        &["place", "count(*)"],
        &["x|1", "w|1"],
    );
    check("SELECT s.place FROM (SELECT a.place, a FROM '$/s.jsonl') s ORDER BY 1", &["place"], &["w", "x"]);
    // A word that is a function elsewhere.
    scratch.file("u.jsonl", "{\"user\": {\"name\": \"Ann\", \"tags\": [7]}, \"day\": 1}\n");
    check(
        "SELECT user.name, user.tags[1] AS tag FROM '$/u.jsonl' WHERE user IS NOT NULL",
        &["name", "tag"],
        &["Ann|7"],
    );
    check("SELECT count(*) AS n FROM '$/u.jsonl' u GROUP BY User ORDER BY u.user.name", &["n"], &["1"]);
    check("SELECT a.place, t.a.place FROM '$/s.jsonl' t LIMIT 1", &["place", "place_1"], &["x|x"]);
}

#[test]
fn every_codec() {
    let scratch = flights();
    for codec in ["gz", "bz2", "zst", "xz", "lz4"] {
        scratch.rows(&format!("COPY (SELECT * FROM '$/a.jsonl') TO '$/a.jsonl.{codec}'")).unwrap();
        scratch.check(&format!("SELECT sum(delay), count(crew) FROM '$/a.jsonl.{codec}'"), &["19|2"]);
    }
    scratch.check("SELECT count(*), sum(delay) FROM '$/a.jsonl*'", &["18|114"]);
}

#[test]
fn what_the_heads_do_not_show() {
    let scratch = flights();
    let many = "{\"n\": 1, \"t\": \"x\"}\n".repeat(40_000);
    scratch.file("w.jsonl", &format!("{many}{{\"n\": 0.5, \"late\": true}}\n"));
    scratch.check("SELECT sum(n), count(t) FROM '$/w.jsonl'", &["40000.5|40000"]);
    let notes = scratch.session.take_notes();
    let has = |words: &str| notes.iter().any(|note| note.contains(words));
    assert!(
        has("column \"n\" is read as double") && has("the key \"late\" is in the head of no file"),
        "{notes:?}"
    );
    scratch
        .check("SELECT sum(n) FROM read_json('$/w.jsonl', types = {'late': 'boolean'}) WHERE late", &["0.5"]);
    scratch.file("x.jsonl", &format!("{many}{{\"n\": \"many\"}}\n"));
    let error = scratch.rows("SELECT sum(n) FROM '$/x.jsonl'").unwrap_err();
    assert!(
        error.to_string().ends_with("line 40001, column \"n\": expected an integer, found \"many\""),
        "{error}"
    );
    // Whoever does not need the column goes on without it.
    scratch.check("SELECT count(t) FROM '$/x.jsonl'", &["40000"]);
}

#[test]
fn statements_share_one_read() {
    let scratch = flights();
    let statements = scratch.session.parse(
        &"SELECT max(delay) FROM '$/a.jsonl'; SELECT dest FROM '$/a.jsonl' ORDER BY delay LIMIT 1"
            .replace('$', &scratch.folder()),
    );
    let explanation = scratch.session.explain_blocking(statements.unwrap()).unwrap();
    assert_eq!(explanation.passes.len(), 1);
}
