//! Parses bytes as CSV records in a few dialects: the same fields as the `csv` crate, and the same
//! wherever the bytes are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use swath_io::scanner::record::{Dialect, Parsed, all_records, parse_record};

fuzz_target!(|input: &[u8]| {
    let Some((choice, data)) = input.split_first() else { return };
    let dialect = dialect(*choice);
    let loose = Dialect { loose_quotes: true, ..dialect.clone() };
    assert!(all_records(data, &loose).is_some());
    check_cut(data, &loose, usize::from(*choice));
    let Some(records) = all_records(data, &dialect) else { return };
    assert_eq!(comparable(records, &dialect), comparable(oracle(data, &dialect), &dialect));
    check_cut(data, &dialect, usize::from(*choice));
});

fn dialect(choice: u8) -> Dialect {
    match choice % 4 {
        0 => Dialect::RFC4180,
        1 => Dialect { escape: Some(b'\\'), ..Dialect::RFC4180 },
        2 => Dialect { quote: None, delim: b'\t'.into(), ..Dialect::RFC4180 },
        _ => Dialect { quote: Some(b'\''), delim: b';'.into(), ..Dialect::RFC4180 },
    }
}

/// Values without quotes and spaces, of which the crate keeps others behind a closing quote.
fn comparable(mut records: Vec<Vec<Vec<u8>>>, dialect: &Dialect) -> Vec<Vec<Vec<u8>>> {
    for value in records.iter_mut().flatten() {
        value.retain(|byte| Some(*byte) != dialect.quote && *byte != b' ');
    }
    records
}

fn oracle(data: &[u8], dialect: &Dialect) -> Vec<Vec<Vec<u8>>> {
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).flexible(true).delimiter(dialect.delim.single().expect("a byte"));
    match dialect.quote {
        Some(quote) => reader.quote(quote),
        None => reader.quoting(false),
    };
    if let Some(escape) = dialect.escape {
        reader.escape(Some(escape)).double_quote(false);
    }
    let records = reader.from_reader(data).into_byte_records();
    records.map(|record| record.expect("memory is read").iter().map(<[u8]>::to_vec).collect()).collect()
}

/// A record that is whole in a prefix is the same record with all the data at hand.
fn check_cut(data: &[u8], dialect: &Dialect, at: usize) {
    let (mut whole, mut cut) = (Vec::new(), Vec::new());
    let parsed = parse_record(data, dialect, true, &mut whole);
    let found = parse_record(&data[..at.min(data.len())], dialect, false, &mut cut);
    if found != Parsed::Incomplete {
        assert_eq!((found, cut), (parsed, whole));
    }
}
