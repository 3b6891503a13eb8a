//! What could be typed at a place of a statement: columns of the files that it names, tables, functions,
//! keywords, options and paths.

use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use swath_planner::{
    KEYWORDS, NamedRelation, NamedSource, SourceCall, TypingPlace, Wanted, is_internal, is_keyword,
    typing_place,
};

use crate::blocking::block_on;
use crate::options::options_of;
use crate::session::Session;

/// Who types waits no longer for files to be looked at; the look goes on, and is of use the next time.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Entries of a folder that are offered.
const MOST_PATHS: usize = 1000;

/// What could be typed, and in place of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completions {
    /// Where the word begins that a candidate replaces, in bytes; it ends where the cursor is.
    pub start: usize,
    /// The likeliest first.
    pub candidates: Vec<Candidate>,
}

/// A word that could be typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The whole word, as it is typed.
    pub text: String,
    /// What it is.
    pub kind: CandidateKind,
}

/// What a candidate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CandidateKind {
    /// A column of a relation in the statement.
    Column,
    /// A table, a view, or the alias of a relation.
    Table,
    /// An option of a reading function.
    Option,
    /// A function.
    Function,
    /// A keyword.
    Keyword,
    /// A file or folder.
    Path,
}

impl Session {
    /// Tells what could be typed at a byte of a text. Files that the statement names are looked at, as a
    /// query would. Blocks, but not for long.
    pub fn complete(&self, text: &str, at: usize) -> Completions {
        let place = typing_place(text, at);
        let mut candidates = Vec::new();
        match &place.wanted {
            Wanted::Path => candidates = paths(&place.prefix),
            Wanted::Table => {
                let tables = block_on(self.tables());
                candidates.extend(
                    tables.iter().filter(|(name, _)| !is_internal(name)).map(|(name, _)| table(name)),
                );
                candidates.extend(["read_csv", "read_json", "read_text"].map(function));
            }
            Wanted::ColumnOf(relation) => {
                let mut named = place.relations.iter().filter(|named| is_called(named, relation)).peekable();
                candidates = match named.peek() {
                    Some(_) => self.columns(named),
                    None => self.fields(&place.relations, relation),
                };
            }
            Wanted::Option(function) => {
                let name = |name: &str| Candidate { text: format!("{name} = "), kind: CandidateKind::Option };
                candidates = options_of(*function).map(name).collect();
            }
            Wanted::Expression => {
                candidates = self.columns(place.relations.iter());
                let aliases = place.relations.iter().filter_map(|relation| relation.alias.as_deref());
                candidates.extend(aliases.map(table));
                candidates.extend(self.functions().iter().map(|name| function(name)));
                candidates.extend(keywords(&place));
            }
            Wanted::Nothing => {}
        }
        candidates.retain(|candidate| starts(&candidate.text, &place.prefix));
        candidates.sort_by_key(|candidate| (candidate.kind, candidate.text.to_lowercase()));
        candidates.dedup();
        Completions { start: place.start, candidates }
    }

    /// The columns of relations.
    fn columns<'a>(&self, relations: impl Iterator<Item = &'a NamedRelation>) -> Vec<Candidate> {
        let mut columns = Vec::new();
        let tables = block_on(self.tables());
        for relation in relations {
            match &relation.source {
                NamedSource::Files(call) => columns.extend(self.columns_of_files(call, None)),
                NamedSource::Table(name) => {
                    let known = tables.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
                    columns.extend(known.flat_map(|(_, columns)| columns.clone()));
                }
            }
        }
        columns.into_iter().map(column).collect()
    }

    /// The fields of a column that is a struct, of any of the relations.
    fn fields(&self, relations: &[NamedRelation], name: &str) -> Vec<Candidate> {
        let files = relations.iter().filter_map(|relation| match &relation.source {
            NamedSource::Files(call) => Some(call),
            NamedSource::Table(_) => None,
        });
        files.flat_map(|call| self.columns_of_files(call, Some(name))).map(column).collect()
    }

    fn columns_of_files(&self, call: &SourceCall, fields_of: Option<&str>) -> Vec<String> {
        let (session, call, fields_of) = (self.clone(), call.clone(), fields_of.map(str::to_owned));
        let (give, take) = mpsc::channel();
        // On the session's own threads: it goes on when nobody waits any more.
        self.threads().spawn(async move {
            let _ = give.send(session.columns_of(&call, fields_of.as_deref()).await);
        });
        take.recv_timeout(PATIENCE).unwrap_or_default()
    }

    /// The names of all functions.
    fn functions(&self) -> Vec<String> {
        let state = self.context().state();
        let mut names: Vec<String> = state.scalar_functions().keys().cloned().collect();
        names.extend(state.aggregate_functions().keys().cloned());
        names.extend(state.window_functions().keys().cloned());
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Whether the columns of a relation are called by this name.
fn is_called(relation: &NamedRelation, name: &str) -> bool {
    match (&relation.alias, &relation.source) {
        (Some(alias), _) => alias.eq_ignore_ascii_case(name),
        (None, NamedSource::Table(table)) => table.eq_ignore_ascii_case(name),
        (None, NamedSource::Files(_)) => false,
    }
}

/// Whether a candidate begins with what is typed, in any case; a quote before it does not count.
fn starts(candidate: &str, prefix: &str) -> bool {
    let candidate = if prefix.starts_with('"') { candidate } else { candidate.trim_start_matches('"') };
    let mut chars = candidate.chars().flat_map(char::to_lowercase);
    prefix.chars().flat_map(char::to_lowercase).all(|wanted| chars.next() == Some(wanted))
}

fn column(name: String) -> Candidate {
    Candidate { text: quoted(&name), kind: CandidateKind::Column }
}

fn table(name: &str) -> Candidate {
    Candidate { text: quoted(name), kind: CandidateKind::Table }
}

fn function(name: &str) -> Candidate {
    Candidate { text: format!("{name}("), kind: CandidateKind::Function }
}

/// Keywords in the case in which the word is typed.
fn keywords(place: &TypingPlace) -> impl Iterator<Item = Candidate> + use<> {
    let small = place.prefix.starts_with(char::is_lowercase);
    KEYWORDS.iter().map(move |word| Candidate {
        text: if small { word.to_lowercase() } else { (*word).to_owned() },
        kind: CandidateKind::Keyword,
    })
}

/// A name as it is written in SQL: in quotes if it is no plain word.
fn quoted(name: &str) -> String {
    let plain = name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name.chars().all(|char| char.is_alphanumeric() || char == '_')
        && !is_keyword(name);
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Files and folders that begin with a path, and a glob for files that have their ending in common.
fn paths(prefix: &str) -> Vec<Candidate> {
    let (folder, name) = match prefix.rfind('/') {
        Some(slash) => prefix.split_at(slash + 1),
        None => ("", prefix),
    };
    let read = swath_io::from_home(folder);
    let Ok(entries) = fs::read_dir(if read.is_empty() { Path::new(".") } else { Path::new(&*read) }) else {
        return Vec::new();
    };
    let mut candidates = Vec::new();
    let mut endings: Vec<String> = Vec::new();
    for entry in entries.flatten() {
        let Ok(file) = entry.file_name().into_string() else { continue };
        if !file.starts_with(name) || (file.starts_with('.') && !name.starts_with('.')) {
            continue;
        }
        let is_folder = fs::metadata(entry.path()).is_ok_and(|found| found.is_dir());
        let slash = if is_folder { "/" } else { "" };
        if !is_folder && let Some((_, ending)) = file.split_once('.') {
            endings.push(ending.to_owned());
        }
        candidates.push(format!("{folder}{file}{slash}").replace('\'', "''"));
        if candidates.len() == MOST_PATHS {
            break;
        }
    }
    candidates.sort_unstable();
    endings.sort_unstable();
    let several = endings.chunk_by(|a, b| a == b).filter(|same| same.len() > 1);
    candidates.extend(several.map(|same| format!("{folder}{name}*.{}", same[0]).replace('\'', "''")));
    candidates.into_iter().map(|text| Candidate { text, kind: CandidateKind::Path }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(session: &Session, marked: &str) -> Vec<String> {
        let at = marked.find('|').unwrap();
        let completions = session.complete(&marked.replace('|', ""), at);
        completions.candidates.into_iter().map(|candidate| candidate.text).collect()
    }

    #[test]
    fn columns_functions_and_paths() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| format!("{}/{name}", dir.path().display());
        for name in ["a1.csv", "a2.csv", "it's.txt"] {
            fs::write(path(name), "DepDelay,Dep Time\n1,2\n").unwrap();
        }
        fs::create_dir(path("air")).unwrap();
        let session = Session::new().unwrap();
        session.collect_blocking("CREATE VIEW Late AS SELECT 1 AS how_late").unwrap();

        let sql = |rest: &str| format!("SELECT {rest} FROM '{}' AS f", path("a1.csv"));
        assert_eq!(complete(&session, &sql("dep|")), ["\"Dep Time\"", "DepDelay"]);
        assert_eq!(complete(&session, &sql("f.|")), ["\"Dep Time\"", "DepDelay"]);
        assert_eq!(complete(&session, &sql("approx_d|")), ["approx_distinct("]);
        assert_eq!(complete(&session, &sql("inter|")), ["intersect", "interval"]);
        assert_eq!(complete(&session, "SELECT 1 FROM l|"), ["Late"]);
        assert_eq!(complete(&session, "SELECT how| FROM late"), ["how_late"]);
        assert_eq!(complete(&session, "SELECT 1 FROM read_csv('x', enc|"), ["encoding = "]);
        assert_eq!(complete(&session, "SELECT 'dep|"), Vec::<String>::new());
        fs::write(path("o.jsonl"), "{\"by\": {\"name\": \"Ann\", \"age\": 1}}\n").unwrap();
        assert_eq!(complete(&session, &format!("SELECT BY.n| FROM '{}'", path("o.jsonl"))), ["name"]);
        assert_eq!(complete(&session, &sql("depdelay.|")), Vec::<String>::new());

        let paths = |prefix: &str| complete(&session, &format!("FROM '{}|", path(prefix)));
        assert_eq!(paths("a"), ["a*.csv", "a1.csv", "a2.csv", "air/"].map(path));
        assert_eq!(paths("it"), [path("it''s.txt")]);
        assert_eq!(paths("no/such"), Vec::<String>::new());
    }
}
