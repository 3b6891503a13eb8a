//! Messy files of every dialect, in every encoding and codec, cut anywhere, read by any number of workers: the rows and
//! counts that the grammar gives record by record.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::lenient_tests::{How, PLAIN, count_of, oracle, told};
use super::tests::{Files, compressed};
use super::*;
use crate::codec::Codec;
use crate::encoding::Encoding;
use crate::options::{ColumnType, CsvOptions, HeaderMode, OnError};
use crate::scanner::Delim;
use crate::scanner::record::{Dialect, all_records};

fn dialects() -> Vec<Dialect> {
    let comma = Dialect::RFC4180;
    let long = |delim| Delim::new(delim).unwrap();
    vec![
        Dialect { delim: b';'.into(), quote: Some(b'\''), ..comma.clone() },
        Dialect { delim: b'\t'.into(), quote: None, ..comma.clone() },
        Dialect { escape: Some(b'\\'), ..comma.clone() },
        Dialect { comment: Some(b'#'), ..comma.clone() },
        Dialect { delim: b'|'.into(), escape: Some(b'\\'), comment: Some(b'#'), ..comma.clone() },
        Dialect { delim: long("||"), ..comma.clone() },
        Dialect { delim: long(", "), comment: Some(b'#'), ..comma.clone() },
        Dialect { delim: long(";a;"), escape: Some(b'\\'), ..comma.clone() },
        Dialect { delim: long("¦¦"), quote: None, ..comma.clone() },
        Dialect { delim: long(";a;\"a;a;"), comment: Some(b'#'), ..comma.clone() },
        Dialect { loose_quotes: true, ..comma.clone() },
        Dialect { loose_quotes: true, comment: Some(b'#'), delim: b'|'.into(), ..comma.clone() },
        Dialect { loose_quotes: true, escape: Some(b'\\'), delim: long("||"), ..comma.clone() },
        comma,
    ]
}

/// A file, as text.
#[derive(Debug, Clone)]
struct Messy {
    dialect: Dialect,
    /// Lines above the header.
    above: Vec<String>,
    text: String,
}

/// Records of one to four fields, with all that may be wrong with them: quotes where they mean nothing, bytes behind
/// quotes, delimiters that are not whole, blank lines, comments, every end of a line, none at the end of the file.
fn messy() -> impl Strategy<Value = Messy> {
    let field = prop::sample::select(vec![
        "1",
        "-23",
        " 4 ",
        "x",
        "",
        "NA",
        "Q5Q",
        "Qy\nzQ",
        "QaQQbQ",
        "qQ",
        "QpQr",
        "QQ",
        "Qu Dv\r\nwQ",
        "Qa#Q",
        "é",
        "QéD\rQ",
        "a\0b",
        "Q#",
        "Qx\\yQ",
        "QQQQ",
        "half",
        "Q\\\\Q",
        "#",
        "12",
        "7",
    ]);
    let record = prop::collection::vec(field, 1..5);
    let end =
        prop::sample::select(vec!["\n", "\n", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\n# a Q comment D\n"]);
    let title = prop::sample::select(vec!["A title\n", "\"open, \r\n", "\n", "half | of ; it\r"]);
    (
        prop::sample::select(dialects()),
        prop::collection::vec(title, 0..3),
        prop::collection::vec((record, end), 0..30),
        any::<bool>(),
    )
        .prop_map(|(dialect, above, records, is_whole)| {
            let delim = String::from_utf8(dialect.delim.as_bytes().to_vec()).unwrap();
            let half: String = delim.chars().take(1).collect();
            // Without a quote, and where one would stay open, it is a letter.
            let quote = |text: &str| match dialect.quote {
                Some(quote) if text != "Q#" || dialect.loose_quotes => {
                    text.replace('Q', &char::from(quote).to_string())
                }
                _ => text.replace('Q', "q"),
            };
            let field = |field: &&str| match *field {
                "half" if delim.len() > 1 => half.clone(),
                field => quote(field).replace('D', &delim),
            };
            let mut text = ["a", "b", "c"].join(&delim) + "\n";
            for (record, end) in &records {
                text += &record.iter().map(field).collect::<Vec<_>>().join(&delim);
                text += &match dialect.comment {
                    None if end.contains('#') => "\n".to_owned(),
                    _ => quote(end).replace('D', &delim),
                };
            }
            if !is_whole {
                text.truncate(text.trim_end_matches(['\n', '\r']).len());
            }
            Messy { dialect, above: above.into_iter().map(str::to_owned).collect(), text }
        })
}

/// An encoding that has all the characters, and how it writes a text.
type Written = (&'static str, fn(&str) -> Vec<u8>);

const ENCODINGS: [Written; 6] = [
    ("utf8", |text| text.as_bytes().to_vec()),
    ("utf8", |text| [b"\xef\xbb\xbf", text.as_bytes()].concat()),
    ("latin1", |text| text.chars().map(|character| u8::try_from(u32::from(character)).unwrap()).collect()),
    ("utf-16le", |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ("utf-16be", |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    // The mark tells, whatever is said.
    ("utf8", |text| {
        "\u{feff}"
            .chars()
            .chain(text.chars())
            .collect::<String>()
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect()
    }),
];

fn options(
    messy: &Messy,
    encoding: &str,
    on_error: OnError,
    (pad_short, cut_long): (bool, bool),
) -> CsvOptions {
    let Dialect { delim, quote, escape, comment, loose_quotes, .. } = messy.dialect.clone();
    let above: String = messy.above.concat();
    let ty = |name: &str, ty: ColumnType| (name.to_owned(), ty.into());
    CsvOptions {
        delim: Some(delim),
        quote: quote.into(),
        escape: escape.into(),
        comment: comment.into(),
        loose_quotes,
        skip: crate::scanner::record::line_ends(above.as_bytes()).into(),
        header: HeaderMode::Present,
        encoding: encoding.parse::<Encoding>().unwrap().into(),
        types: vec![ty("a", ColumnType::Int64), ty("b", ColumnType::Int64), ty("c", ColumnType::Text)],
        on_error,
        pad_short,
        cut_long,
        ..CsvOptions::default()
    }
}

/// Reads a file in some ways, all of which must give the same.
fn check(
    messy: &Messy,
    options: &CsvOptions,
    bytes: &[u8],
    ways: impl Iterator<Item = How>,
) -> TestCaseResult {
    let files = Files::new(&[bytes]);
    let (expected, counts) = oracle(&messy.text, &messy.dialect, options);
    let whole = told(&files, options, None, &PLAIN).unwrap();
    for how in ways {
        let (rows, notes, rejects) = told(&files, options, None, &how).unwrap();
        // Null and the empty text are the same to the oracle.
        let plain = |row: &String| row.strip_suffix("|∅").map_or(row.clone(), |row| format!("{row}|"));
        let (mut rows, mut expected): (Vec<String>, _) = (rows.iter().map(plain).collect(), expected.clone());
        if how.workers > 1 {
            rows.sort();
            expected.sort();
        }
        prop_assert_eq!(rows, expected, "{:?}", messy);
        let left_out = |fate| if options.on_error == fate { counts[3] } else { 0 };
        prop_assert_eq!(
            ["became null", "filled up", "cut", "skipped", "rejected"].map(|word| count_of(&notes, word)),
            [counts[0], counts[1], counts[2], left_out(OnError::Skip), left_out(OnError::Reject)]
        );
        prop_assert_eq!(&notes, &whole.1);
        prop_assert_eq!(&rejects, &whole.2);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn messy_files_are_the_same_however_they_are_kept_cut_and_read(
        messy in messy(),
        (encoding, encode) in prop::sample::select(ENCODINGS.to_vec()),
        codec in prop::sample::select(Codec::WRITTEN.to_vec()),
        on_error in prop::sample::select(vec![OnError::Null, OnError::Skip, OnError::Reject]),
        pad_and_cut in any::<(bool, bool)>(),
        chunk_len in 4usize..120,
        workers in 1usize..=16,
    ) {
        // A delimiter that is no ASCII is one of UTF-8.
        prop_assume!(encoding != "latin1" || messy.dialect.delim.as_bytes().is_ascii());
        // Behind a `#` that begins a comment, a quoted field is none, and what it hides may open one.
        prop_assume!(all_records(messy.text.as_bytes(), &messy.dialect).is_some());
        let options = options(&messy, encoding, on_error, pad_and_cut);
        let text = messy.above.concat() + &messy.text;
        let bytes = compressed(&encode(&text), codec);
        let ways = InstructionSet::all().iter().map(|set| How { workers, chunk_len, set: *set });
        check(&messy, &options, &bytes, ways)?;
    }
}

#[test]
fn one_messy_file_in_every_codec_and_encoding_at_every_cut() {
    let text = "a||b||c\n1||2||é\r\n||||\"x||y\n\"\r# no comment||3\n4||\"5\"||p\"q|\n\n6\n7||8||\"r\"s|||\n9||10||11||12";
    let dialect = Dialect { delim: Delim::new("||").unwrap(), ..Dialect::RFC4180 };
    let messy = Messy { dialect, above: vec!["Report \"1\n".into(), "\r\n".into()], text: text.into() };
    let whole = messy.above.concat() + &messy.text;
    for (encoding, encode) in ENCODINGS {
        let options = options(&messy, encoding, OnError::Reject, (true, false));
        for codec in Codec::WRITTEN {
            let bytes = compressed(&encode(&whole), codec);
            let cuts = (4..=whole.len()).flat_map(|chunk_len| {
                [1, 3, 16].map(|workers| How { workers, chunk_len, set: InstructionSet::best() })
            });
            check(&messy, &options, &bytes, cuts).unwrap();
        }
    }
}
