//! Scripts of SQL, parsed, bound to small files and planned together as passes, but not run: no panic, no statement without an end.
#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use swath::Session;

/// What planning a short script may take, with room for a slow machine and for tables that it makes.
const LIMIT: Duration = Duration::from_secs(20);

fuzz_target!(|input: &str| {
    // What nests too deep is another matter, which the parser has a limit for.
    if input.len() > 4096 {
        return;
    }
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(files);
    std::env::set_current_dir(folder).expect("the folder is there");
    let begun = Instant::now();
    let session = Session::builder().threads(2).read_only(true).timeout(Duration::from_secs(2));
    let session = session.memory_limit(256 << 20).build().expect("a session begins");
    let Ok(statements) = session.parse(input) else { return };
    for statement in &statements {
        Session::params_of(statement);
    }
    let _ = session.explain_blocking(statements).map(|explanation| explanation.to_string());
    session.take_notes();
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
});

/// Files that statements may name: `a.csv`, `b.csv`, `c.jsonl` and `d.txt`.
fn files() -> PathBuf {
    let folder = tempfile::tempdir().expect("there is room for small files").keep();
    let files = [
        ("a.csv", "Year,Origin,Dest,DepDelay\n2001,SFO,BOS,9\n2002,JFK,ACV,NA\n2002,SFO,ACV,-3\n"),
        ("b.csv", "Dest,name,since\nBOS,Boston,1923-09-08\nACV,Arcata,1944-01-01\n"),
        ("c.jsonl", "{\"k\": 1, \"v\": {\"x\": [1, 2], \"y\": \"z\"}}\n{\"k\": 2, \"v\": null}\n"),
        ("d.txt", "one line\nand another\n"),
    ];
    for (name, text) in files {
        std::fs::write(folder.join(name), text).expect("there is room for small files");
    }
    folder
}
