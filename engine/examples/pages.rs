//! Page counts of a wiki as a bag of lines: how many lines there are, which pages about Obama were read
//! in English, and what was read most. All of it is computed in one read of the files.
//!
//! ```sh
//! cargo run -p swath --example pages -- 'datasets/wiki/part-*.gz'
//! ```

use std::collections::HashMap;
use std::process::ExitCode;

use swath::{Bag, Result, read_text};

/// What is asked of the files.
pub struct Report {
    /// Lines, whole or not.
    pub lines: u64,
    /// Lines of pages in English with "Obama" in their title.
    pub obama: Vec<String>,
    /// Languages that were read most, with the sum of views.
    pub languages: HashMap<String, u64>,
    /// The pages of most views in an hour, as (views, title).
    pub top: Vec<(u64, String)>,
}

/// Whether a line is whole, of a language, and has a text in its title.
fn find(line: &str, text: &str, language: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    words.len() == 6 && words[2] == language && words[3].contains(text)
}

/// Asks all questions in one read of the files.
pub fn report(wiki: &Bag<str>) -> Result<Report> {
    let obama = wiki.filter(|line: &str| find(line, "Obama", "en"));
    let whole = wiki.filter(|line| line.split(' ').count() == 6);
    let views = whole.try_map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        words[4].parse::<u64>().map(|views| (words[2].to_owned(), words[3].to_owned(), views))
    });
    let languages = views.foldby(|page| page.0.clone(), 0, |sum, page| sum + page.2, |a, b| a + b);
    let top = views.map(|(_, title, views)| (*views, title.clone())).topk(5);
    let (lines, obama, languages, top) = swath::compute((wiki.count(), obama, languages, top))?;
    Ok(Report { lines, obama, languages, top })
}

fn main() -> ExitCode {
    let paths = std::env::args().nth(1).unwrap_or_else(|| "datasets/wiki/part-*.gz".to_owned());
    match report(&read_text(paths)) {
        Ok(report) => {
            print(&report);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(hint) = error.hint() {
                eprintln!("  hint: {hint}");
            }
            ExitCode::FAILURE
        }
    }
}

fn print(report: &Report) {
    println!("{} lines", report.lines);
    println!("\nObama, in English:");
    for line in report.obama.iter().take(5) {
        println!("  {line}");
    }
    let mut languages: Vec<_> = report.languages.iter().collect();
    languages.sort_by_key(|(_, views)| std::cmp::Reverse(**views));
    println!("\nviews by language:");
    for (language, views) in languages.iter().take(5) {
        println!("  {views:>9} {language}");
    }
    println!("\nmost views in an hour:");
    for (views, title) in &report.top {
        println!("  {views:>9} {title}");
    }
}
