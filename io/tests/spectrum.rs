//! The cases of csv-spectrum, a set of small CSV files that parsers tend to get wrong: read as its JSON says, with
//! nothing set.
#![allow(missing_docs, clippy::unwrap_used)]

mod reading;

use reading::{Table, read};
use swath_io::CsvOptions;

#[track_caller]
fn check(text: &str, names: &[&str], rows: &[&[&str]]) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.csv");
    for text in [text.to_owned(), text.trim_end_matches(['\n', '\r']).to_owned()] {
        std::fs::write(&path, &text).unwrap();
        assert_eq!(read(&path, &CsvOptions::default()).unwrap(), Table::of(names, rows), "{text:?}");
    }
}

#[test]
fn comma_in_quotes() {
    check(
        "first,last,address,city,zip\nJohn,Doe,120 any st.,\"Anytown, WW\",08123\n",
        &["first", "last", "address", "city", "zip"],
        &[&["John", "Doe", "120 any st.", "Anytown, WW", "08123"]],
    );
}

#[test]
fn empty_values() {
    for end in ["\n", "\r\n"] {
        check(
            &"a,b,c\n1,\"\",\"\"\n2,3,4\n".replace('\n', end),
            &["a", "b", "c"],
            &[&["1", "", ""], &["2", "3", "4"]],
        );
    }
}

#[test]
fn escaped_quotes() {
    check("a,b\n1,\"ha \"\"ha\"\" ha\"\n3,4\n", &["a", "b"], &[&["1", "ha \"ha\" ha"], &["3", "4"]]);
}

#[test]
fn json_in_a_field() {
    check(
        "key,val\n1,\"{\"\"type\"\": \"\"Point\"\", \"\"coordinates\"\": [102.0, 0.5]}\"\n",
        &["key", "val"],
        &[&["1", "{\"type\": \"Point\", \"coordinates\": [102.0, 0.5]}"]],
    );
}

#[test]
fn newlines_in_fields() {
    for end in ["\n", "\r\n"] {
        check(
            &"a,b,c\n1,2,3\n\"Once upon \na time\",5,6\n7,8,9\n".replace('\n', end),
            &["a", "b", "c"],
            &[&["1", "2", "3"], &[&"Once upon \na time".replace('\n', end), "5", "6"], &["7", "8", "9"]],
        );
    }
}

#[test]
fn quotes_and_newlines() {
    for end in ["\n", "\r\n"] {
        check(
            &"a,b\n1,\"ha \n\"\"ha\"\" \nha\"\n3,4\n".replace('\n', end),
            &["a", "b"],
            &[&["1", &"ha \n\"ha\" \nha".replace('\n', end)], &["3", "4"]],
        );
    }
}

#[test]
fn simple() {
    for end in ["\n", "\r\n", "\r"] {
        check(&"a,b,c\n1,2,3\n".replace('\n', end), &["a", "b", "c"], &[&["1", "2", "3"]]);
    }
}

#[test]
fn utf8() {
    check("a,b,c\n1,2,3\n4,5,ʤ\n", &["a", "b", "c"], &[&["1", "2", "3"], &["4", "5", "ʤ"]]);
}

#[test]
fn location_coordinates() {
    check(
        "Contact Phone Number,Location Coordinates,Cities\n5555555555,\"37°36'37.8\"\"N 121°2'17.9\"\"W\",San Francisco\n",
        &["Contact Phone Number", "Location Coordinates", "Cities"],
        &[&["5555555555", "37°36'37.8\"N 121°2'17.9\"W", "San Francisco"]],
    );
}
