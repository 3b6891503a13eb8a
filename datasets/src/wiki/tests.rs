use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn text(rows: u64, files: usize, file: usize) -> String {
    let wiki = Wiki::new(Options { rows, files, seed: 3 }).unwrap();
    let mut text = Vec::new();
    let mut counted = 0;
    let emit = &mut |lines: &[u8], rows| {
        text.extend_from_slice(lines);
        counted += rows;
        Ok(())
    };
    wiki.generate(file, emit).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.is_ascii());
    assert_eq!(text.lines().count() as u64, counted);
    text
}

#[test]
fn lines_have_six_fields_but_for_a_few() {
    let text = text(40_000, 2, 1);
    assert_eq!(text.lines().count(), 20_000);
    let mut malformed = 0;
    let mut languages = BTreeMap::<&str, usize>::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        assert_eq!(fields[..2], ["20081113", "110000"]);
        *languages.entry(fields[2]).or_default() += 1;
        if let [_, _, _, title, count, bytes] = fields[..] {
            assert!(!title.is_empty(), "{line}");
            assert!(count.parse::<u64>().unwrap() > 0);
            bytes.parse::<u64>().unwrap();
        } else {
            assert!((3..6).contains(&fields.len()), "{line}");
            malformed += 1;
        }
    }
    assert_eq!(malformed, 3);
    assert!(languages.len() > 25);
    assert!((4000..7000).contains(&languages["en"]), "{}", languages["en"]);
}

#[test]
fn some_titles_have_the_name_that_is_looked_for() {
    let text = text(20_000, 1, 0);
    let found: Vec<Vec<&str>> =
        text.lines().filter(|line| line.contains("Obama")).map(|line| line.split(' ').collect()).collect();
    let whole =
        |english: bool| found.iter().filter(|line| line.len() == 6 && (line[2] == "en") == english).count();
    assert_eq!((whole(true), whole(false)), (2, 2));
    assert_eq!(found.iter().filter(|line| line.len() < 6).count(), 1);
}

#[test]
fn pages_of_an_hour_are_in_order_and_differ() {
    let text = text(20_000, 1, 0);
    let names: Vec<(&str, &str)> = text
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .filter(|fields| fields.len() == 6)
        .map(|fields| (fields[2], fields[3]))
        .collect();
    assert!(names.is_sorted());
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

#[test]
fn small_data_has_as_many_lines_as_asked_for() {
    for rows in [0, 1, 99, 100, 101] {
        assert_eq!(text(rows, 1, 0).lines().count() as u64, rows);
    }
}

#[test]
fn hours_follow_each_other_over_the_end_of_a_month() {
    assert_eq!(stamp(0), "20081113 100000 ");
    assert_eq!(stamp(14), "20081114 000000 ");
    assert_eq!(stamp(18 * 24), "20081201 100000 ");
}

/// The sample in the repository is what the command in its README makes today.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn sample_can_be_made_again() {
    use std::io::Read;

    let wiki = Wiki::new(Options { rows: 48_000, files: 4, seed: 20081113 }).unwrap();
    for file in 0..4 {
        let path = format!("{}/wiki/{}.gz", env!("CARGO_MANIFEST_DIR"), wiki.name(file));
        let mut sample = Vec::new();
        let bytes = std::fs::File::open(path).unwrap();
        flate2::read::GzDecoder::new(bytes).read_to_end(&mut sample).unwrap();
        let mut made = Vec::new();
        let emit = &mut |lines: &[u8], _| {
            made.extend_from_slice(lines);
            Ok(())
        };
        wiki.generate(file, emit).unwrap();
        assert!(made == sample, "{}", wiki.name(file));
    }
}
