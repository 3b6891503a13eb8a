//! Patterns against a search line by line.

use std::fs;

use regex::bytes::RegexBuilder;

use super::*;

const TEXT: &str = "en Obama 10\n\nde Barack_Obama 3\r\n  en  Paris 100\nEN obama\nnaïve, line\n\r\nen Obama";

fn options(pattern: &str) -> GrepOptions {
    GrepOptions { patterns: vec![pattern.to_owned()], line_numbers: true, ..GrepOptions::default() }
}

/// Numbers of the lines that are found.
fn numbers(options: &GrepOptions) -> Vec<u64> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.txt");
    fs::write(&path, TEXT).unwrap();
    let grep = Grep::new(options).unwrap();
    let files = crate::list_files(&path).unwrap();
    let mut numbers = Vec::new();
    let write = |hit: &Hit<'_>, out: &mut Vec<u8>| {
        assert_eq!(hit.line, TEXT.lines().nth(hit.number as usize - 1).unwrap().as_bytes());
        out.push(hit.number as u8);
    };
    grep.run(&files, &ReadLines::default(), write, |item| {
        if let GrepItem::Found { found, .. } = item {
            assert_eq!(found.ends.len(), found.text.len());
            numbers.extend(found.text.into_iter().map(u64::from));
        }
        Further::On
    })
    .unwrap();
    numbers
}

#[test]
fn patterns_match_as_they_do_line_by_line() {
    for pattern in [
        "Obama",
        "obama|Paris",
        "^en",
        "^$",
        "$",
        "0$",
        "^",
        r"\AEN",
        r"3\z",
        r"[^x]*",
        r"\s",
        r"a\s+\d",
        "",
        r"en[^O]*P",
        "ï",
        r"\bOb",
        r"(?i)OBAMA$",
        "nowhere",
        r".",
        r"^.{8}$",
    ] {
        let line_regex = RegexBuilder::new(pattern).build().unwrap();
        let by_line = |wanted: bool| -> Vec<u64> {
            let lines = (1..).zip(TEXT.lines());
            lines.filter(|(_, line)| line_regex.is_match(line.as_bytes()) == wanted).map(|(n, _)| n).collect()
        };
        assert_eq!(numbers(&options(pattern)), by_line(true), "{pattern}");
        let inverted = GrepOptions { invert: true, ..options(pattern) };
        assert_eq!(numbers(&inverted), by_line(false), "not {pattern}");
    }
}

#[test]
fn options_change_what_matches() {
    let with = |change: &dyn Fn(&mut GrepOptions)| {
        let mut options = options("Obama");
        change(&mut options);
        numbers(&options)
    };
    assert_eq!(with(&|_| {}), [1, 3, 8]);
    assert_eq!(with(&|options| options.ignore_case = true), [1, 3, 5, 8]);
    assert_eq!(with(&|options| options.words = true), [1, 8]);
    assert_eq!(with(&|options| (options.whole_lines, options.patterns[0]) = (true, "en .*".into())), [1, 8]);
    assert_eq!(with(&|options| (options.fixed, options.patterns[0]) = (true, "Oba.a".into())), [0; 0]);
    assert_eq!(with(&|options| options.patterns.push("naïve".into())), [1, 3, 6, 8]);
    assert_eq!(with(&|options| options.patterns.clear()), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn fields_are_looked_at() {
    let with = |fields: &[&str], change: &dyn Fn(&mut GrepOptions)| {
        let fields = fields.iter().map(|&field| field.to_owned()).collect();
        let mut options = GrepOptions { fields, line_numbers: true, ..GrepOptions::default() };
        change(&mut options);
        numbers(&options)
    };
    assert_eq!(with(&["1=en"], &|_| {}), [1, 4, 8]);
    assert_eq!(with(&["1=en", "2~^O"], &|_| {}), [1, 8]);
    assert_eq!(with(&["2~Obama"], &|options| options.patterns = vec!["de".into()]), [3]);
    assert_eq!(with(&["1=en"], &|options| options.invert = true), [2, 3, 5, 6, 7]);
    assert_eq!(with(&["1=en"], &|options| options.ignore_case = true), [1, 4, 5, 8]);
    assert_eq!(with(&["2= line"], &|options| options.delim = Some(b',')), [6]);
    assert_eq!(with(&["3=3"], &|_| {}), [3]);
    assert_eq!(with(&["9~.*"], &|_| {}), [0; 0]);
}

#[test]
fn hits_tell_where_they_stand_and_what_stands_in_the_place_of_matches() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.txt");
    fs::write(&path, TEXT).unwrap();
    let files = crate::list_files(&path).unwrap();
    let written = |options: &GrepOptions, replacement: &str| {
        let (mut text, mut places) = (Vec::new(), Vec::new());
        let write = |hit: &Hit<'_>, out: &mut Vec<u8>| {
            let column = hit.column().unwrap_or_default();
            out.extend(format!("{}:{column}", hit.byte).into_bytes());
            for (range, replaced) in hit.replacements(replacement) {
                out.extend(format!(" {}-{}=", range.start, range.end).into_bytes());
                out.extend(replaced);
            }
            out.push(b';');
        };
        let run = Grep::new(options).unwrap().run(&files, &ReadLines::default(), write, |item| {
            if let GrepItem::Found { found, .. } = item {
                text.extend(found.text);
                places.extend(found.places);
            }
            Further::On
        });
        run.unwrap();
        (String::from_utf8(text).unwrap(), places)
    };
    let groups = GrepOptions { groups: true, ..options("(?<first>[A-Z])(b)ama") };
    assert_eq!(written(&groups, "<$first-$2>").0, "0:4 3-8=<O-b>;13:11 10-15=<O-b>;72:4 3-8=<O-b>;");
    let around =
        GrepOptions { context: Some(Context { before: 1, after: 0 }), columns: true, ..options("Paris") };
    let places: Vec<_> =
        written(&around, "").1.iter().map(|place| (place.number, place.byte, place.column)).collect();
    assert!(places.contains(&(4, 32, Some(7))), "{places:?}");
    let inverted = GrepOptions { invert: true, ..options("e|^$") };
    assert_eq!(written(&inverted, "").0, "48:0;");
}

#[test]
fn what_is_wrong_is_told() {
    let error = |pattern: &str| Grep::new(&options(pattern)).unwrap_err();
    assert_eq!(error("ä(b").to_string(), "the pattern \"ä(b\" is wrong at character 2: unclosed group");
    assert!(error("ä(b").hint().unwrap().contains("-F"));
    assert_eq!(error("a\\nb").to_string(), "the pattern \"a\\\\nb\" has a line end in it");
    for field in ["x=1", "0=1", "en", "=1"] {
        let options = GrepOptions { fields: vec![field.into()], ..GrepOptions::default() };
        assert!(Grep::new(&options).unwrap_err().hint().unwrap().contains("3=en"), "{field}");
    }
}

#[test]
fn text_in_other_encodings_is_found_and_written_in_utf8() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.txt");
    fs::write(&path, b"caf\xe9 1\ncafe 2\n").unwrap();
    let files = crate::list_files(&path).unwrap();
    let run = |pattern: &str, encoding: Option<&str>| {
        let read = ReadLines { encoding: encoding.map(str::to_owned), ..ReadLines::default() };
        let mut text = Vec::new();
        let taken = Grep::new(&options(pattern)).unwrap().run(
            &files,
            &read,
            |hit, out| hit.matches().for_each(|range| out.extend_from_slice(&hit.line[range])),
            |item| {
                if let GrepItem::Found { found, .. } = item {
                    text.extend(found.text);
                }
                Further::On
            },
        );
        taken.map(|_| text)
    };
    assert_eq!(run("é.*", Some("latin1")).unwrap(), "é 1".as_bytes());
    assert_eq!(run("caf. 1", None).unwrap(), b"");
    assert_eq!(run("(?-u)caf. 1", None).unwrap(), b"caf\xe9 1");
    assert!(run("x", Some("klingon")).is_err());
}
