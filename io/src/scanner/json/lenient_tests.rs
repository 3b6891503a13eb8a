use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::rejects::Reject;
use crate::scan::tests::{Files, read};
use crate::scan::{Scan, ScanFormat};
use crate::scanner::ScanRequest;

const MESSY: &[u8] = b"{\"a\": 1, \"b\": {\"c\": [1]}}
{\"a\": \"x\", \"z\": \"y\"}
oops
{\"a\": 4, \"b\": {\"c\": [4]}} {}

{\"a\": 6, \"b\": {\"c\": [6
{\"a\": 7, \"a\": 7}
[]
{\"a\": 9, \"b\": null, \"t\": \"M\xfcller\"}
  {\"b\": null, \"a\": true}
{\"a\": 11, \"t\": \"end\"}";

fn options(on_error: OnError) -> JsonOptions {
    let types = ["a", "z"].map(|name| (name.to_owned(), ColumnType::Int64.into())).to_vec();
    JsonOptions { on_error, types, ..JsonOptions::default() }
}

/// Rows of some columns, or all, as text, notes, and what was rejected.
fn told(
    files: &Files,
    options: &JsonOptions,
    columns: Option<&[usize]>,
    (chunk_len, workers): (usize, usize),
) -> Result<(Vec<String>, Vec<String>, Vec<String>)> {
    let table = infer_json(&files.sources(), options)?;
    let columns = columns.map_or_else(|| (0..table.columns().len()).collect(), <[usize]>::to_vec);
    let request = ScanRequest { columns, batch_rows: 8192, ..ScanRequest::default() };
    let notes = Notes::default();
    let scan = Scan::new(files.sources(), &ScanFormat::Json(table), request, workers, &notes);
    let mut rows = read(Arc::new(scan.with_chunk_len(chunk_len)), workers)?;
    if workers > 1 {
        rows.sort();
    }
    let shown = |(place, reject): (crate::RejectPlace, Reject)| {
        let Reject { line, column, expected, found, .. } = reject;
        format!("{line} {} {}: {expected}, {found}", place.byte_offset, column.as_deref().unwrap_or("-"))
    };
    let rejects = notes.rejects().all().into_iter().map(shown).collect();
    Ok((rows, notes.take(), rejects))
}

#[test]
fn lines_that_are_no_objects_and_values_that_do_not_fit_are_passed_over() {
    let files = Files::new(&[MESSY]);
    let all = (1 << 20, 1);
    let (rows, notes, rejects) = told(&files, &options(OnError::Skip), None, all).unwrap();
    assert_eq!(rows, ["1|{c: [1]}|∅|∅", "11|∅|∅|end"]);
    assert!(notes[0].starts_with("8 records were skipped; the first: ") && notes[0].contains("line 2"));
    assert_eq!(rejects, [""; 0]);

    let (rows, notes, _) = told(&files, &options(OnError::Null), None, all).unwrap();
    let nothing = "∅|∅|∅|∅";
    assert_eq!((rows[0].as_str(), rows[9].as_str()), ("1|{c: [1]}|∅|∅", "11|∅|∅|end"));
    assert_eq!(rows[1..9], [nothing; 8]);
    // Two values on line 2.
    assert!(notes[0].starts_with("9 "), "{notes:?}");

    let (_, _, rejects) = told(&files, &options(OnError::Reject), None, all).unwrap();
    let expected = [
        "2 26 a: an integer, x",
        "2 26 z: an integer, y",
        "3 47 -: a value, oops",
        r#"4 52 -: one object a line, {\"a\": 4, \"b\": {\"c\": [4]}} {}"#,
        r#"6 82 -: "," or "]", {\"a\": 6, \"b\": {\"c\": [6"#,
        r#"7 105 -: each key once, {\"a\": 7, \"a\": 7}"#,
        "8 122 -: an object, []",
        r#"9 125 -: UTF-8 text, {\"a\": 9, \"b\": null, \"t\": \"M\xfcller\"}"#,
        "10 160 a: an integer, true",
    ];
    assert_eq!(rejects, expected);

    let error = told(&files, &options(OnError::Fail), None, all).unwrap_err();
    assert!(error.to_string().contains("line 9"), "{error}");
}

#[test]
fn what_is_read_does_not_change_what_is_left_out() {
    let files = Files::new(&[MESSY]);
    for on_error in [OnError::Null, OnError::Skip, OnError::Reject] {
        let (rows, notes, rejects) = told(&files, &options(on_error), None, (1 << 20, 1)).unwrap();
        for columns in [&[] as &[usize], &[2], &[0, 0], &[1, 2]] {
            for cut in [(4, 1), (7, 1), (64, 3), (1 << 20, 2)] {
                let found = told(&files, &options(on_error), Some(columns), cut).unwrap();
                assert_eq!(
                    (found.0.len(), &found.1, &found.2),
                    (rows.len(), &notes, &rejects),
                    "{on_error:?} {columns:?} {cut:?}"
                );
            }
        }
    }
}

#[test]
fn lines_of_no_object_are_not_counted() {
    for text in [
        "{\"a\": 1}\n{\"a\": 2}{\"a\": 3}\n",
        "{\"a\": 1}\n{\"a\": 2,,}\n",
        "{\"a\": 1}\ngarbage\n",
        "{\"a\": 1}\n{\"a\": 2\n",
        "{\"a\": 1}\n7\n",
    ] {
        let files = Files::new(&[text.as_bytes()]);
        let error = told(&files, &JsonOptions::default(), Some(&[]), (1 << 20, 1)).unwrap_err();
        assert!(error.to_string().contains("line 2: expected "), "{error}");
        let skipped = told(&files, &options(OnError::Skip), Some(&[]), (1 << 20, 1)).unwrap();
        assert_eq!(skipped.0.len(), 1);
    }
}

#[test]
fn types_are_found_behind_lines_that_are_none() {
    let files = Files::new(&[b"oops\n{\"n\": 1}\n{\"n\": 2.5\n{\"n\": 2, \"m\": true}\n"]);
    let options = JsonOptions { on_error: OnError::Skip, ..JsonOptions::default() };
    assert_eq!(told(&files, &options, None, (1 << 20, 1)).unwrap().0, ["1|∅", "2|true"]);
    assert!(told(&files, &JsonOptions::default(), None, (1 << 20, 1)).is_err());
}

#[test]
fn in_an_array_values_are_passed_over_and_other_damage_is_an_error() {
    let files = Files::new(&[b"[{\"a\": 1},\n {\"a\": \"x\"}, {\"a\": 3}]"]);
    for (on_error, expected) in
        [(OnError::Skip, &["1|∅", "3|∅"] as &[&str]), (OnError::Null, &["1|∅", "∅|∅", "3|∅"])]
    {
        assert_eq!(told(&files, &options(on_error), None, (4, 1)).unwrap().0, expected);
    }
    let files = Files::new(&[b"[{\"a\": 1}, 5, {\"a\": 2, \"a\": 2}, [7], {\"a\": 3}]"]);
    let (rows, notes, _) = told(&files, &options(OnError::Skip), None, (4, 1)).unwrap();
    assert_eq!(rows, ["1|∅", "3|∅"]);
    assert!(notes[0].starts_with("3 records were skipped"), "{notes:?}");
    let files = Files::new(&[b"[{\"a\": 1},\n oops, {\"a\": 3}]"]);
    let error = told(&files, &options(OnError::Skip), None, (1 << 20, 1)).unwrap_err();
    assert!(
        error.to_string().ends_with("line 2: expected a value, found \"oops, {\\\"a\\\": 3}]\""),
        "{error}"
    );
}

#[test]
fn a_wider_number_widens_in_every_mode() {
    let wide = format!("{}{{\"a\": 1.5}}\n", "{\"a\": 1}\n".repeat(70_000));
    let files = Files::new(&[wide.as_bytes()]);
    let options = JsonOptions { on_error: OnError::Skip, ..JsonOptions::default() };
    let error = told(&files, &options, None, (1 << 20, 1)).unwrap_err();
    assert!(error.is_of_wider_type(), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_same_rows_and_counts_however_the_text_is_cut(
        lines in prop::collection::vec(
            prop::sample::select(vec![
                ("{\"a\": 1}", Some("1")),
                ("{\"b\": 2, \"a\": null}", Some("∅")),
                ("{\"a\": \"x\"}", None),
                ("{\"a\": [1}", None),
                ("no {", None),
                ("{\"a\": 5} x", None),
            ]),
            0..40,
        ),
        chunk_len in 4usize..100,
        workers in 1usize..4,
    ) {
        let text: String = lines.iter().map(|(line, _)| format!("{line}\n")).collect();
        let text = format!("{{\"a\": 0}}\n{text}");
        let files = Files::new(&[text.as_bytes()]);
        let columns = Some(vec![("a".to_owned(), ColumnType::Int64.into())]);
        let options = JsonOptions { columns, on_error: OnError::Reject, ..JsonOptions::default() };
        let (rows, _, rejects) = told(&files, &options, None, (chunk_len, workers)).unwrap();
        let mut expected = vec!["0"];
        expected.extend(lines.iter().filter_map(|(_, row)| *row));
        if workers > 1 {
            expected.sort_unstable();
        }
        prop_assert_eq!(&rows, &expected);
        let left_out: Vec<usize> =
            lines.iter().enumerate().filter(|(_, (_, row))| row.is_none()).map(|(at, _)| at + 2).collect();
        let told: Vec<usize> =
            rejects.iter().map(|reject| reject.split(' ').next().unwrap().parse().unwrap()).collect();
        prop_assert_eq!(told, left_out);
    }
}
