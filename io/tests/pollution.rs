//! One clean table, polluted in the ways that G. Vitagliano and others list in "Pollock: A Data Loading Benchmark"
//! (VLDB 2023), and read back: with the dialect given, and with nothing given. The score of a file is theirs: 1 if
//! it can be read at all, and precision, recall and their harmonic mean over header, records and cells; 10 is all.
//! The files are made here, after the paper's description; they are not the benchmark's own.
#![allow(missing_docs, clippy::unwrap_used)]

mod reading;

use std::collections::HashMap;
use std::hash::Hash;

use reading::{Table, read};
use swath_io::{CsvOptions, Delim, Encoding, HeaderMode};

const ROWS: usize = 84;

/// A polluted file, what it stands for, and the options that state its dialect.
struct Case {
    name: String,
    bytes: Vec<u8>,
    clean: Table,
    given: CsvOptions,
}

/// A table like that of the paper: dates, times, texts with delimiters, quotes and line ends, and numbers.
fn clean() -> Table {
    let names =
        ["DATE", "TIME", "Qty", "PRODUCTID", "Price", "ProductType", "ProductDescription", "URL", "Comments"];
    let row = |at: usize| {
        let comment = match at % 4 {
            0 => "Sent on Friday, late".to_owned(),
            1 => "The \"best\" one".to_owned(),
            2 => "two lines\nof text".to_owned(),
            _ => String::new(),
        };
        vec![
            format!("{:02}/{:02}/2018", at % 28 + 1, at % 12 + 1),
            format!("{:02}:00", at % 24),
            (at % 7).to_string(),
            format!("P{at:04}"),
            format!("{}.{:02}", at * 3, at % 100),
            "Camera".to_owned(),
            format!("Model {at}, with strap"),
            format!("http://shop.example/item?id={at}"),
            comment,
        ]
    };
    Table { names: names.map(str::to_owned).to_vec(), rows: (0..ROWS).map(row).collect() }
}

/// How a file is written.
#[derive(Clone, Copy)]
struct Style<'a> {
    delim: &'a str,
    quote: &'a str,
    /// Before a quote within quotes.
    escape: &'a str,
    end: &'a str,
    quote_all: bool,
}

const PLAIN: Style<'static> = Style { delim: ",", quote: "\"", escape: "\"", end: "\r\n", quote_all: false };

fn written(record: &[String], style: Style<'_>) -> String {
    let field = |value: &String| {
        let special = [style.delim, style.quote, style.escape, "\n", "\r"];
        if !style.quote_all && !special.iter().any(|mark| value.contains(mark)) {
            return value.clone();
        }
        let quote = style.quote;
        let value = if style.escape != quote {
            value.replace(style.escape, &style.escape.repeat(2))
        } else {
            value.clone()
        };
        format!("{quote}{}{quote}", value.replace(quote, &format!("{}{quote}", style.escape)))
    };
    record.iter().map(field).collect::<Vec<_>>().join(style.delim) + style.end
}

fn file(table: &Table, style: Style<'_>) -> String {
    std::iter::once(&table.names).chain(&table.rows).map(|record| written(record, style)).collect()
}

fn given(style: Style<'_>) -> CsvOptions {
    let byte = |text: &str| text.bytes().next();
    CsvOptions {
        delim: Some(Delim::new(style.delim).unwrap()),
        quote: byte(style.quote).into(),
        escape: byte(style.escape).filter(|escape| Some(*escape) != byte(style.quote)).into(),
        comment: None.into(),
        skip: 0.into(),
        encoding: Encoding::Utf8.into(),
        header: HeaderMode::Present,
        ..Default::default()
    }
}

fn case(name: impl Into<String>, text: impl Into<Vec<u8>>, clean: Table, given: CsvOptions) -> Case {
    Case { name: name.into(), bytes: text.into(), clean, given }
}

/// Dialects, line ends, encodings, headers.
fn whole_files() -> Vec<Case> {
    let (table, plain) = (clean(), file(&clean(), PLAIN));
    let mut cases = vec![case("clean", plain.clone(), table.clone(), given(PLAIN))];
    for delim in [",", ";", "\t", "|", " ", ":", ", ", "\t\t"] {
        let style = Style { delim, ..PLAIN };
        cases.push(case(format!("delimiter {delim:?}"), file(&table, style), table.clone(), given(style)));
    }
    for end in ["\n", "\r", "\r\n"] {
        let style = Style { end, ..PLAIN };
        cases.push(case(format!("record end {end:?}"), file(&table, style), table.clone(), given(style)));
    }
    let quoted = Style { quote_all: true, ..PLAIN };
    let single = Style { quote: "'", escape: "'", ..PLAIN };
    let slashed = Style { escape: "\\", ..PLAIN };
    for (name, style) in
        [("all quoted", quoted), ("single quotes", single), ("escaped by a backslash", slashed)]
    {
        cases.push(case(name, file(&table, style), table.clone(), given(style)));
    }
    for columns in [1, 1024, 17_000] {
        let name = |at: usize| table.names.get(at).cloned().unwrap_or(format!("col{at}"));
        let cell = |row: &Vec<String>, at: usize| row[at.min(8)].clone();
        let rows = if columns > 1024 { &table.rows[..4] } else { &table.rows[..] };
        let wide = Table {
            names: (0..columns).map(name).collect(),
            rows: rows.iter().map(|row| (0..columns).map(|at| cell(row, at)).collect()).collect(),
        };
        cases.push(case(format!("{columns} columns"), file(&wide, PLAIN), wide, given(PLAIN)));
    }
    for at in [0, 2, 8] {
        let mut large = table.clone();
        large.names[at] = "HEADER".repeat(100_000);
        cases.push(case(format!("name {at} is long"), file(&large, PLAIN), large, given(PLAIN)));
        let mut empty = table.clone();
        empty.names[at] = String::new();
        let text = file(&empty, PLAIN);
        empty.names[at] = format!("column{at}");
        cases.push(case(format!("name {at} is empty"), text, empty, given(PLAIN)));
    }
    let trimmed = plain.trim_end_matches(['\r', '\n']);
    cases.push(case("no end of the last record", trimmed, table.clone(), given(PLAIN)));
    cases.push(case("blank lines at the end", format!("{plain}\r\n\r\n"), table.clone(), given(PLAIN)));
    let utf16: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let in_utf16 = CsvOptions { encoding: "utf-16le".parse::<Encoding>().unwrap().into(), ..given(PLAIN) };
    cases.push(case("UTF-16 without a mark", utf16, table.clone(), in_utf16));
    cases.push(case("byte order mark", format!("\u{feff}{plain}"), table.clone(), given(PLAIN)));
    let mut latin1 = table.clone();
    latin1.rows[3][5] = "Caméra".into();
    let bytes: Vec<u8> = file(&latin1, PLAIN).chars().map(|c| c as u8).collect();
    let in_latin1 = CsvOptions { encoding: Encoding::Latin1.into(), ..given(PLAIN) };
    cases.push(case("latin1", bytes, latin1, in_latin1));
    let only_header = Table { rows: vec![], ..table.clone() };
    cases.push(case("header alone", file(&only_header, PLAIN), only_header, given(PLAIN)));
    let one = Table { rows: table.rows[..1].to_vec(), ..table.clone() };
    cases.push(case("one record", file(&one, PLAIN), one, given(PLAIN)));
    let without = Table { names: (0..9).map(|at| format!("column{at}")).collect(), ..table.clone() };
    let text: String = table.rows.iter().map(|row| written(row, PLAIN)).collect();
    cases.push(case("no header", text, without, CsvOptions { header: HeaderMode::Absent, ..given(PLAIN) }));
    let mut repeated = table.clone();
    repeated.names[1] = "DATE".into();
    let text = file(&repeated, PLAIN);
    repeated.names[1] = "DATE_1".into();
    cases.push(case("repeated name", text, repeated, given(PLAIN)));
    let mut multiline = table.clone();
    multiline.names[8] = "Com-\nments".into();
    cases.push(case("name of two lines", file(&multiline, PLAIN), multiline, given(PLAIN)));
    cases
}

/// Lines around the table, and other tables below it.
fn surroundings() -> Vec<Case> {
    let (table, plain) = (clean(), file(&clean(), PLAIN));
    let lenient =
        |skip: u64| CsvOptions { skip: skip.into(), pad_short: true, cut_long: true, ..given(PLAIN) };
    let mut cases = Vec::new();
    for (name, above, lines) in [
        ("title", "Sales of 2018\r\n", 1),
        ("titles and a blank line", "Sales of 2018\r\nby shop\r\n\r\n", 3),
        ("title filled up", "Sales of 2018,,,,,,,,\r\n", 1),
    ] {
        cases.push(case(name, format!("{above}{plain}"), table.clone(), lenient(lines)));
    }
    for end in ["\n", "\r", "\n\r\n"] {
        let ends = plain.replacen("\r\n", end, 3);
        cases.push(case(format!("some records end with {end:?}"), ends, table.clone(), lenient(0)));
    }
    let mut noted = table.clone();
    let mut note = vec![String::new(); 9];
    note[0] = "Source: the shop".into();
    noted.rows.push(note);
    cases.push(case("footnote", format!("{plain}Source: the shop\r\n"), noted, lenient(0)));
    let comments = format!("# made by hand\r\n{plain}# the end\r\n");
    let comment = CsvOptions { comment: Some(b'#').into(), ..given(PLAIN) };
    cases.push(case("comments", comments, table.clone(), comment));
    for (name, width) in
        [("another table below, of fewer columns", 4), ("another table below, of as many", 9)]
    {
        let below = Table {
            names: table.names[..width].to_vec(),
            rows: table.rows[..5].iter().map(|row| row[..width].to_vec()).collect(),
        };
        let mut both = table.clone();
        for record in std::iter::once(&below.names).chain(&below.rows) {
            let mut record = record.clone();
            record.resize(9, String::new());
            both.rows.push(record);
        }
        cases.push(case(name, format!("{plain}{}", file(&below, PLAIN)), both, lenient(0)));
    }
    cases
}

/// Single records with fields missing or too many, or odd quotes: most of the benchmark's files.
fn records() -> Vec<Case> {
    let table = clean();
    let lenient = CsvOptions { pad_short: true, cut_long: true, ..given(PLAIN) };
    let mut cases = Vec::new();
    for row in [0, 1, 2, 3, 40, 83] {
        let with_record = |record: &str| {
            let lines = table.rows.iter().enumerate().map(|(at, other)| match at == row {
                true => record.to_owned(),
                false => written(other, PLAIN),
            });
            written(&table.names, PLAIN) + &lines.collect::<String>()
        };
        for cut in [1, 5, 8] {
            let mut short = table.clone();
            let kept = table.rows[row][..cut].to_vec();
            short.rows[row] = kept.clone();
            short.rows[row].resize(9, String::new());
            let text = with_record(&written(&kept, PLAIN));
            cases.push(case(format!("record {row} has {cut} fields"), text, short, lenient.clone()));
            let mut long = table.rows[row].clone();
            long.insert(cut, String::new());
            let mut clean = table.clone();
            clean.rows[row] = long.clone();
            let text = with_record(&written(&long, PLAIN));
            cases.push(case(
                format!("record {row} has one field more, at {cut}"),
                text,
                clean,
                lenient.clone(),
            ));
        }
        let mut quoted = table.clone();
        quoted.rows[row][5] = "5\" Camera".into();
        let mut record = table.rows[row].clone();
        record[5] = "@".into();
        let text = with_record(&written(&record, PLAIN).replace('@', "5\" Camera"));
        cases.push(case(format!("record {row} has a quote within a field"), text, quoted, given(PLAIN)));
    }
    cases
}

/// Precision, recall and their harmonic mean of what was found, as a bag of items.
fn measures<T: Hash + Eq>(expected: Vec<T>, found: Vec<T>) -> f64 {
    if expected.is_empty() && found.is_empty() {
        return 3.0;
    }
    let (wanted, given) = (expected.len() as f64, found.len() as f64);
    let mut left: HashMap<T, usize> = HashMap::new();
    expected.into_iter().for_each(|item| *left.entry(item).or_default() += 1);
    let mut common = 0.0;
    for item in found {
        if let Some(count) = left.get_mut(&item).filter(|count| **count > 0) {
            *count -= 1;
            common += 1.0;
        }
    }
    let (precision, recall) =
        (if given > 0.0 { common / given } else { 0.0 }, if wanted > 0.0 { common / wanted } else { 0.0 });
    let mean = if common > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
    precision + recall + mean
}

fn score(case: &Case, options: &CsvOptions) -> f64 {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.csv");
    std::fs::write(&path, &case.bytes).unwrap();
    let Ok(found) = read(&path, options) else { return 0.0 };
    let cells = |table: &Table| {
        let of_row = |(row, cells): (usize, &Vec<String>)| {
            cells.iter().enumerate().map(move |(at, cell)| (row, at, cell.clone())).collect::<Vec<_>>()
        };
        table.rows.iter().enumerate().flat_map(of_row).collect::<Vec<_>>()
    };
    1.0 + measures(case.clean.names.clone(), found.names.clone())
        + measures(case.clean.rows.clone(), found.rows.clone())
        + measures(cells(&case.clean), cells(&found))
}

/// The mean over files; those that lose something are printed.
fn mean(kind: &str, cases: &[Case], options: impl Fn(&Case) -> CsvOptions) -> f64 {
    let mut sum = 0.0;
    for case in cases {
        let score = score(case, &options(case));
        if score < 9.999 {
            println!("{kind}: {score:.3} {}", case.name);
        }
        sum += score;
    }
    let mean = sum / cases.len() as f64;
    println!("{kind}: {mean:.3} over {} files", cases.len());
    mean
}

#[test]
fn polluted_files_are_read() {
    let cases: Vec<Case> = [whole_files(), surroundings(), records()].into_iter().flatten().collect();
    let with_dialect = mean("given", &cases, |case| case.given.clone());
    // What to do about records of the wrong width is no guess: it has to be said.
    let by_detection =
        mean("found", &cases, |_| CsvOptions { pad_short: true, cut_long: true, ..Default::default() });
    assert!(with_dialect >= 9.99, "{with_dialect}");
    assert!(by_detection >= 9.99, "{by_detection}");
}

/// A quote too many in front of a field, quoted or not, with delimiters and line ends in the fields behind it.
#[test]
fn a_quote_left_over_costs_no_row() {
    let table = clean();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.csv");
    for (row, column) in
        [0, 1, 2, 3, 40, 83].into_iter().flat_map(|row| (0..9).map(move |column| (row, column)))
    {
        let mut polluted = table.clone();
        polluted.rows[row][column].insert(0, '"');
        let lines = table.rows.iter().enumerate().map(|(at, record)| {
            let fields = record.iter().enumerate().map(|(field, value)| {
                let mark = if (at, field) == (row, column) { "\"" } else { "" };
                let written = written(std::slice::from_ref(value), Style { end: "", ..PLAIN });
                // In front of the value, behind the quote that is meant.
                match written.strip_prefix('"') {
                    Some(quoted) => format!("\"{mark}{quoted}"),
                    None => format!("{mark}{written}"),
                }
            });
            fields.collect::<Vec<_>>().join(",") + "\r\n"
        });
        let text = written(&table.names, PLAIN) + &lines.collect::<String>();
        std::fs::write(&path, text).unwrap();
        for options in [given(PLAIN), CsvOptions::default()] {
            let loose = CsvOptions { loose_quotes: true, ..options };
            assert_eq!(read(&path, &loose).unwrap(), polluted, "row {row}, column {column}");
        }
    }
}
