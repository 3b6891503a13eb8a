//! Searches against a naive one: any number of threads, any codec, files that end early.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::codec::{Codec, Compressor};

/// Lines with a word, each with its number.
struct Word(&'static str);

impl LineSearch for Word {
    type Found = Vec<(u64, String)>;

    fn search(&self, lines: &Lines<'_>) -> Self::Found {
        let text = std::str::from_utf8(lines.bytes).unwrap();
        assert!(text.ends_with('\n'));
        let numbered = (lines.first_line..).zip(text.lines().map(str::to_owned));
        numbered.filter(|(_, line)| line.contains(self.0)).collect()
    }

    fn len_bytes(found: &Self::Found) -> usize {
        found.iter().map(|(_, line)| line.len()).sum()
    }
}

/// What a search gives: for each file its lines, and its error.
type Results = Vec<(Vec<(u64, String)>, Option<String>)>;

fn run(files: &[SourceFile], threads: usize, word: &'static str) -> Results {
    let mut results: Results = Vec::new();
    let mut ended = 0;
    search(files, &TextOptions::default(), threads, &Notes::default(), &Word(word), |item| {
        match item {
            SearchItem::Found { file, found } => {
                assert_eq!(file, ended);
                results.resize_with(file + 1, Default::default);
                results[file].0.extend(found);
            }
            SearchItem::End { file, error } => {
                assert_eq!(file, ended);
                results.resize_with(file + 1, Default::default);
                results[file].1 = error.map(|error| error.to_string());
                ended += 1;
            }
        }
        Further::On
    });
    assert_eq!(ended, files.len());
    results
}

fn write(dir: &Path, name: &str, codec: Codec, text: &str) -> SourceFile {
    let path = dir.join(name);
    let mut file = Compressor::new(codec, None, File::create(&path).unwrap()).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.finish().unwrap();
    crate::expand(&[path.to_str().unwrap()]).unwrap().remove(0)
}

/// Some files of several chunks, and small ones; and what they hold.
fn folder(dir: &TempDir) -> (Vec<SourceFile>, Vec<String>) {
    let long: String =
        (0..30_000).map(|line| format!("{line} some words {}\n", line * 7919 % 1013)).collect();
    let texts = [long.as_str(), "", "one line 17", "17\r\n\n17\n", &long[..300_000]];
    let mut files = Vec::new();
    let mut kept = Vec::new();
    for codec in Codec::WRITTEN {
        for (number, text) in texts.iter().enumerate() {
            files.push(write(dir.path(), &format!("{number}.{codec}"), codec, text));
            kept.push((*text).to_owned());
        }
    }
    (files, kept)
}

fn naive(text: &str, word: &str) -> Vec<(u64, String)> {
    let numbered = (1..).zip(text.lines().map(str::to_owned));
    numbered.filter(|(_, line)| line.contains(word)).collect()
}

#[test]
fn all_lines_are_found_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (files, texts) = folder(&dir);
    for word in ["17", "words", "nowhere"] {
        let expected: Results = texts.iter().map(|text| (naive(text, word), None)).collect();
        for threads in [1, 2, 5] {
            assert!(run(&files, threads, word) == expected, "{word}, {threads} threads");
        }
    }
    assert!(run(&[], 3, "17").is_empty());
}

#[test]
fn an_error_ends_its_file_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (mut files, texts) = folder(&dir);
    files.truncate(3);
    files[1].path = dir.path().join("gone");
    let mut cut = write(dir.path(), "cut", Codec::Gzip, &texts[0]);
    let bytes = fs::read(&cut.path).unwrap();
    let half = &bytes[..bytes.len() / 2];
    fs::write(&cut.path, half).unwrap();
    cut.len_bytes = half.len() as u64;
    files.insert(0, cut);
    for threads in [1, 2, 5] {
        let results = run(&files, threads, "17");
        let (before, error) = &results[0];
        assert!(!before.is_empty() && naive(&texts[0], "17").starts_with(before));
        assert!(error.as_ref().unwrap().contains("ends in the middle"));
        assert_eq!(results[1], (naive(&texts[0], "17"), None));
        assert!(results[2].1.as_ref().unwrap().contains("cannot open"));
        assert_eq!(results[3], (naive(&texts[2], "17"), None));
    }
}

#[test]
fn the_rest_of_a_file_can_be_left() {
    let dir = tempfile::tempdir().unwrap();
    let (files, texts) = folder(&dir);
    let with_word = texts.iter().filter(|text| text.contains("17")).count();
    for threads in [1, 4] {
        let (mut found_in, mut stopped_after) = (Vec::new(), 0);
        search(&files, &TextOptions::default(), threads, &Notes::default(), &Word("17"), |item| match item {
            SearchItem::Found { file, found } if !found.is_empty() => {
                found_in.push(file);
                Further::NextFile
            }
            _ => Further::On,
        });
        assert_eq!(found_in.len(), with_word);
        assert!(found_in.is_sorted_by(|left, right| left < right));
        search(&files, &TextOptions::default(), threads, &Notes::default(), &Word("17"), |_| {
            stopped_after += 1;
            Further::Stop
        });
        assert_eq!(stopped_after, 1);
    }
}

#[test]
#[should_panic(expected = "panicked")]
fn a_panic_ends_the_search() {
    struct Panics;
    impl LineSearch for Panics {
        type Found = ();
        fn search(&self, _lines: &Lines<'_>) {
            panic!("on purpose");
        }
        fn len_bytes((): &()) -> usize {
            0
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let (files, _) = folder(&dir);
    search(&files, &TextOptions::default(), 3, &Notes::default(), &Panics, |_| Further::On);
}
