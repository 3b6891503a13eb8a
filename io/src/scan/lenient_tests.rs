//! Records that do not fit, in every mode, against a reading by the grammar alone.

use proptest::prelude::*;

use super::tests::{Files, compressed, read, rfc4180};
use super::*;
use crate::codec::Codec;
use crate::options::{ColumnType, CsvOptions, HeaderMode, OnError};
use crate::rejects::{Reject, RejectPlace};
use crate::scanner::record::{Dialect, all_records};

/// Rows, notes with paths cut to their names, and rejects.
pub(super) type Told = (Vec<String>, Vec<String>, Vec<(RejectPlace, Reject)>);

pub(super) struct How {
    pub(super) workers: usize,
    pub(super) chunk_len: usize,
    pub(super) set: InstructionSet,
}

pub(super) const PLAIN: How = How { workers: 1, chunk_len: 1 << 20, set: InstructionSet::Portable };

pub(super) fn told(
    files: &Files,
    options: &CsvOptions,
    columns: Option<Vec<usize>>,
    how: &How,
) -> Result<Told> {
    let (table, mut request) = files.csv(options)?;
    request.columns = columns.unwrap_or(request.columns);
    let notes = Notes::default();
    let scan = Scan::new(files.sources(), &ScanFormat::Csv(table), request, how.workers, &notes);
    let scan = scan.with_chunk_len(how.chunk_len).with_instruction_set(how.set);
    let mut rows = read(Arc::new(scan), how.workers)?;
    if how.workers > 1 {
        rows.sort();
    }
    let short = |note: String| {
        let (what, place) = note.split_once("the first: ").unwrap();
        format!("{what}the first: {}", &place[place.find(".csv").unwrap() - 2..])
    };
    Ok((rows, notes.take().into_iter().map(short).collect(), notes.rejects().all()))
}

fn options(on_error: OnError) -> CsvOptions {
    let integer = |name: &str| (name.to_owned(), ColumnType::Int64.into());
    CsvOptions { on_error, header: HeaderMode::Present, types: vec![integer("a"), integer("b")], ..rfc4180() }
}

const MESSY: &[u8] = b"a,b,c\n1,2,x\n3,y,z\n4\n\n5,6,7,8\n9,\"q\n\",\"u\nv\"\nr,s,t\n10,11,w\n";

fn messy(options: &CsvOptions) -> Told {
    told(&Files::new(&[MESSY]), options, None, &PLAIN).unwrap()
}

#[test]
fn by_default_it_is_an_error() {
    let error = told(&Files::new(&[MESSY]), &options(OnError::Fail), None, &PLAIN).unwrap_err();
    assert!(error.to_string().ends_with("line 3, column \"b\": expected an integer, found \"y\""), "{error}");
    assert!(error.hint().unwrap().ends_with("on_error = 'null', 'skip' or 'reject' goes on without it"));
}

#[test]
fn nulls_in_place_of_what_does_not_fit() {
    let (rows, notes, rejects) = messy(&options(OnError::Null));
    assert_eq!(rows, ["1|2|x", "3|∅|z", "4|∅|∅", "5|6|7", "9|∅|u\nv", "∅|∅|t", "10|11|w"]);
    assert_eq!(
        notes,
        [
            "4 values that do not fit became null; the first: 00.csv: line 3, column \"b\": expected an integer, found \"y\"",
            "1 short record was filled up with nulls; the first: 00.csv: line 4: expected 3 fields, found 1",
            "1 long record was cut; the first: 00.csv: line 6: expected 3 fields, found 4",
        ]
    );
    assert!(rejects.is_empty());
}

#[test]
fn records_that_do_not_fit_are_left_out() {
    let (rows, notes, rejects) = messy(&options(OnError::Skip));
    assert_eq!(rows, ["1|2|x", "10|11|w"]);
    let first = "the first: 00.csv: line 3, column \"b\": expected an integer, found \"y\"";
    assert_eq!(notes, [format!("5 records were skipped; {first}")]);
    assert!(rejects.is_empty());
    // The same rows whichever columns are read.
    for columns in [vec![], vec![0], vec![2], vec![2, 0]] {
        let told = told(&Files::new(&[MESSY]), &options(OnError::Skip), Some(columns), &PLAIN).unwrap();
        assert_eq!((told.0.len(), told.1), (2, notes.clone()));
    }
}

#[test]
fn a_quote_that_nothing_closes_is_one_finding() {
    let text = b"a,b,c\n1,2,x\n3,y,z\n4,5,\"u\n6,7,v\n8,9,w\n";
    const IN_QUOTES: &str =
        "3 lines were left out with a quote that nothing closes: loose_quotes = true reads them; the first: ";
    let files = || Files::new(&[text, b"a,b,c\n10,11,\"x\"\n", b"a,\"b\n"]);
    for (on_error, expected, notes) in [
        (OnError::Skip, &["1|2|x", "10|11|x"][..], &["3 records were skipped", IN_QUOTES][..]),
        (OnError::Reject, &["1|2|x", "10|11|x"], &["3 records were rejected", IN_QUOTES]),
        (
            OnError::Null,
            &["1|2|x", "3|∅|z", "10|11|x"],
            &["1 value that does not fit", "2 records were skipped", IN_QUOTES],
        ),
    ] {
        for chunk_len in [3, 1 << 20] {
            let how = How { chunk_len, ..PLAIN };
            let (rows, told, rejects) = told(&files(), &options(on_error), None, &how).unwrap();
            assert_eq!(rows, expected);
            for (told, note) in told.iter().zip(notes) {
                assert!(told.starts_with(note), "{told}");
            }
            let (place, reject) = match rejects.as_slice() {
                [_, unclosed, _] => unclosed,
                _ => continue,
            };
            assert_eq!((reject.line, place.byte_offset, place.column), (4, 18, 0));
            assert_eq!(
                (reject.expected.as_str(), reject.found.as_str()),
                ("a closing quote", "the end of the file")
            );
            assert_eq!(reject.record, "4,5,\"u\n6,7,v\n8,9,w");
        }
        assert_eq!(told(&files(), &options(on_error), None, &PLAIN).unwrap().1.len(), notes.len());
    }
    assert!(told(&files(), &options(OnError::Fail), None, &PLAIN).is_err());
}

#[test]
fn text_behind_a_field_of_several_lines_is_a_misplaced_quote() {
    let text = b"a,b,c\n1,2,x\n3,4,\"u\n5,6,\"v w\"\n7,8,\"y\nz\" \n9,0,\"y\" z\n";
    let error = told(&Files::new(&[text]), &options(OnError::Fail), None, &PLAIN).unwrap_err();
    let expected = "line 3: a quoted field ends on line 4, and text follows its closing quote: \"v w\\\"\"";
    assert!(error.to_string().ends_with(expected), "{error}");
    for on_error in [OnError::Skip, OnError::Null, OnError::Reject] {
        for columns in [None, Some(vec![0])] {
            let (rows, notes, rejects) =
                told(&Files::new(&[text]), &options(on_error), columns.clone(), &PLAIN).unwrap();
            assert_eq!(rows.len(), 3, "{rows:?}");
            assert!(notes[0].starts_with("1 record was") && notes[0].contains(expected), "{notes:?}");
            assert_eq!(rejects.len(), usize::from(on_error == OnError::Reject));
        }
    }
    let loose = CsvOptions { loose_quotes: true, ..options(OnError::Fail) };
    let text = b"a,b,c\n3,4,\"u\n5,6,\"v w\"\n";
    assert_eq!(told(&Files::new(&[text]), &loose, None, &PLAIN).unwrap().0, ["3|4|\"u", "5|6|v w"]);
}

#[test]
fn rejects_tell_all_about_a_record() {
    let (rows, notes, rejects) = messy(&options(OnError::Reject));
    assert_eq!(rows, ["1|2|x", "10|11|w"]);
    assert!(notes[0].starts_with("5 records were rejected: SELECT * FROM rejects() tells why; the first: "));
    let shown: Vec<String> = rejects
        .iter()
        .map(|(place, reject)| {
            let Reject { line, column, expected, found, record } = reject;
            let column = column.as_deref().unwrap_or("-");
            format!("{line} {} {column}: {expected}, {found}, {record:?}", place.byte_offset)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "3 12 b: an integer, y, \"3,y,z\"",
            "4 18 -: 3 fields, 1 fields, \"4\"",
            "6 21 -: 3 fields, 4 fields, \"5,6,7,8\"",
            "7 29 b: an integer, q\\n, \"9,\\\"q\\n\\\",\\\"u\\nv\\\"\"",
            "10 42 a: an integer, r, \"r,s,t\"",
            "10 42 b: an integer, s, \"r,s,t\"",
        ]
    );
    let few = CsvOptions { rejects_limit: 2, ..options(OnError::Reject) };
    let (_, notes, rejects) = messy(&few);
    assert!(notes[0].starts_with("5 records were rejected"));
    assert_eq!(rejects.len(), 2);
}

#[test]
fn ragged_records_are_filled_up_or_cut_and_values_still_have_to_fit() {
    let ragged = CsvOptions { pad_short: true, cut_long: true, ..options(OnError::Fail) };
    let files = |text: &[u8]| Files::new(&[text]);
    let (rows, notes, _) = told(&files(b"a,b\r\n1\r\n2,3,4\r\n5,6\r\n"), &ragged, None, &PLAIN).unwrap();
    assert_eq!(rows, ["1|∅", "2|3", "5|6"]);
    assert_eq!(notes.len(), 2);
    let error = told(&files(b"a,b\n1\n2,x,4\n"), &ragged, None, &PLAIN).unwrap_err();
    assert!(error.to_string().contains("line 3, column \"b\""), "{error}");
    let pad = CsvOptions { cut_long: false, ..ragged };
    let (rows, _, _) = told(&files(b"a,b\n1\n2,3,4\n"), &pad, None, &PLAIN).unwrap();
    assert_eq!(rows, ["1|∅|∅", "2|3|4"]);
    let (rows, _, _) = told(&files(b"a,b\n1\n"), &pad, None, &PLAIN).unwrap();
    assert_eq!(rows, ["1|∅"]);
}

#[test]
fn a_first_record_of_another_width_is_one_like_others() {
    let absent = CsvOptions {
        header: HeaderMode::Absent,
        types: vec![],
        columns: Some(vec![("a".into(), ColumnType::Int64.into()), ("b".into(), ColumnType::Int64.into())]),
        ..options(OnError::Skip)
    };
    let (rows, notes, _) = told(&Files::new(&[b"1,2,3\n4,5\n"]), &absent, None, &PLAIN).unwrap();
    assert_eq!(rows, ["4|5"]);
    assert_eq!(notes, ["1 record was skipped; the first: 00.csv: line 1: expected 2 fields, found 3"]);
}

#[test]
fn types_are_told_by_the_records_that_stay() {
    let skip = CsvOptions { types: vec![], header: HeaderMode::Auto, ..options(OnError::Skip) };
    let files = Files::new(&[b"a,b\n1,2\ntotal\n3,4\nx,y,z\n"]);
    let (table, _) = files.csv(&skip).unwrap();
    assert!(table.columns().iter().all(|column| column.ty == ColumnType::Int64 && column.inferred));
    assert_eq!(told(&files, &skip, None, &PLAIN).unwrap().0, ["1|2", "3|4"]);
}

#[test]
fn text_in_another_encoding_is_a_value_that_does_not_fit() {
    let files = Files::new(&[b"a,b,c\n1,2,x\n3,4,\xff\n"]);
    assert_eq!(told(&files, &options(OnError::Null), None, &PLAIN).unwrap().0, ["1|2|x", "3|4|∅"]);
    let (rows, notes, _) = told(&files, &options(OnError::Skip), Some(vec![0]), &PLAIN).unwrap();
    assert_eq!(rows, ["1"]);
    assert!(notes[0].ends_with("expected UTF-8 text, found \"\\xff\""), "{notes:?}");
}

/// Records in which anything may be wrong.
fn messy_text() -> impl Strategy<Value = String> {
    let field = prop::sample::select(vec![
        "1",
        "23",
        "x",
        "",
        "NA",
        "\"4\"",
        "\"y\nz\"",
        "\"a\"\"b\"",
        "q\"",
        "\"p\"r",
    ]);
    let record = prop::collection::vec(field, 1..5).prop_map(|fields| fields.join(","));
    let end = prop::sample::select(vec!["\n", "\n", "\r\n", "\r", "\n\n"]);
    let line = (record, end).prop_map(|(record, end)| format!("{record}{end}"));
    prop::collection::vec(line, 0..50).prop_map(|lines| format!("a,b,c\n{}", lines.concat()))
}

/// Rows, and how many values became null, records were filled up, cut, and left out.
pub(super) fn oracle(text: &str, dialect: &Dialect, options: &CsvOptions) -> (Vec<String>, [u64; 4]) {
    let (mut rows, mut counts) = (Vec::new(), [0; 4]);
    let leaves_out = options.on_error != OnError::Null;
    for record in all_records(text.as_bytes(), dialect).unwrap().into_iter().skip(1) {
        let mut record: Vec<String> =
            record.into_iter().map(|field| String::from_utf8(field).unwrap()).collect();
        let (short, long) = (record.len() < 3, record.len() > 3);
        if leaves_out && (short && !options.pad_short || long && !options.cut_long) {
            counts[3] += 1;
            continue;
        }
        counts[1] += u64::from(short);
        counts[2] += u64::from(long);
        record.resize(3, String::new());
        let mut bad = 0;
        for field in &mut record[..2] {
            match field.trim() {
                "" | "NA" => *field = "∅".into(),
                value if value.parse::<i64>().is_ok() => *field = value.to_owned(),
                _ => {
                    bad += 1;
                    *field = "∅".into();
                }
            }
        }
        if bad > 0 && leaves_out {
            counts[3] += 1;
            continue;
        }
        counts[0] += bad;
        rows.push(record.join("|"));
    }
    (rows, counts)
}

/// The number at the head of the note that has a word, or 0.
pub(super) fn count_of(notes: &[String], word: &str) -> u64 {
    let note = notes.iter().find(|note| note.contains(word));
    note.map_or(0, |note| note.split(' ').next().unwrap().parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn rows_and_counts_are_exact_however_the_data_is_cut(
        text in messy_text(),
        chunk_len in 4usize..200,
        workers in 1usize..5,
        on_error in prop::sample::select(vec![OnError::Null, OnError::Skip, OnError::Reject]),
        (pad_short, cut_long) in any::<(bool, bool)>(),
        codec in prop::sample::select(vec![Codec::Plain, Codec::Gzip]),
    ) {
        let mut options = CsvOptions { pad_short, cut_long, ..options(on_error) };
        options.types.push(("c".into(), ColumnType::Text.into()));
        let files = Files::new(&[&compressed(text.as_bytes(), codec)]);
        let (mut expected, counts) = oracle(&text, &Dialect::RFC4180, &options);
        if workers > 1 {
            expected.sort();
        }
        let whole = told(&files, &options, None, &PLAIN).unwrap();
        for set in InstructionSet::all() {
            let how = How { workers, chunk_len, set: *set };
            let (rows, notes, rejects) = told(&files, &options, None, &how).unwrap();
            // Null and the empty text are the same to the oracle.
            let plain = |row: &String| row.strip_suffix("|∅").map_or(row.clone(), |row| format!("{row}|"));
            let mut rows: Vec<String> = rows.iter().map(plain).collect();
            if workers > 1 {
                rows.sort();
            }
            prop_assert_eq!(&rows, &expected);
            prop_assert_eq!(["became null", "filled up", "cut", "skipped"].map(|word| count_of(&notes, word)),
                [counts[0], counts[1], counts[2], if on_error == OnError::Skip { counts[3] } else { 0 }]);
            prop_assert_eq!(count_of(&notes, "rejected"), if on_error == OnError::Reject { counts[3] } else { 0 });
            prop_assert_eq!(&notes, &whole.1);
            prop_assert_eq!(&rejects, &whole.2);
        }
    }
}
