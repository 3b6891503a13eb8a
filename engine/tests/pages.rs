//! The example over the sample that ships, against answers counted by hand.

#[path = "../examples/pages.rs"]
#[allow(dead_code, reason = "its main is not run")]
mod pages;

use std::path::Path;

fn wiki() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets/wiki");
    root.join("part-*.gz").to_string_lossy().into_owned()
}

#[test]
fn the_report_is_right() {
    let session = swath::Session::builder().threads(4).build().unwrap();
    let report = pages::report(&session.read_text(wiki())).unwrap();
    assert_eq!(report.lines, 48_000);
    assert_eq!(report.obama.len(), 8);

    let mut text = String::new();
    for part in 0..4 {
        let path = wiki().replace('*', &format!("0000{part}"));
        let lines = session.read_text(path).take(usize::MAX).get().unwrap();
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
    }
    assert_eq!(text.len(), 2_455_688);
    let pages: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split(' ').collect())
        .filter(|words: &Vec<&str>| words.len() == 6)
        .collect();
    let english: u64 =
        pages.iter().filter(|words| words[2] == "en").map(|words| words[4].parse::<u64>().unwrap()).sum();
    assert_eq!(report.languages["en"], english);
    let mut top: Vec<(u64, String)> =
        pages.iter().map(|words| (words[4].parse().unwrap(), words[3].to_owned())).collect();
    top.sort_by(|a, b| b.cmp(a));
    assert_eq!(report.top, top[..5]);
}
