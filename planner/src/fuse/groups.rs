//! Which statements of a script can be computed together.

use std::cell::OnceCell;
use std::collections::VecDeque;

use datafusion_sql::parser::{CopyToStatement, Statement};
use sqlparser::ast::Statement as SqlStatement;

use crate::copy::is_computed;
use crate::glob::globs_in;
use crate::rejects::reads_rejects;
use crate::source_call::source_calls;

/// What is known of the files that statements name.
pub trait Files {
    /// A path, or a glob, from the root on: one for each file, by whatever name.
    fn absolute(&self, path: &str) -> String;

    /// The files, and globs, that a statement may read through the tables that it names, from the root on.
    fn read_by_name(&self, statement: &Statement) -> Vec<String>;
}

/// Takes the statements from the front of a script that can be computed together: queries and `COPY`s,
/// up to the first other statement. Any other statement is a group of its own.
///
/// A statement that may read what a `COPY` before it writes begins the next group, and so does a `COPY` that may write what one
/// before it reads or writes, and one that asks what was rejected. A glob that could match is taken to match.
pub fn next_group(script: &mut VecDeque<Statement>, files: &dyn Files) -> Vec<Statement> {
    let mut group: Vec<Member> = Vec::new();
    while let Some(statement) = script.pop_front() {
        let is_alone = !is_query(&statement) || reads_rejects(&statement);
        let ends_group = !is_query(&statement);
        let member = Member::new(statement, files);
        let clashes = |before: &Member| {
            before.writes_what_is_used_by(&member, files) || member.writes_what_is_used_by(before, files)
        };
        if !group.is_empty() && (is_alone || group.iter().any(clashes)) {
            script.push_front(member.statement);
            break;
        }
        group.push(member);
        if ends_group {
            break;
        }
    }
    group.into_iter().map(|member| member.statement).collect()
}

/// What a `COPY` may write to whose file is computed.
const ANY_FILE: &str = "*";

/// A statement of a group, with what is known of its files.
struct Member {
    statement: Statement,
    /// Where a `COPY` writes to, from the root on.
    writes: Option<String>,
    /// What it may read, found out when somebody asks; nothing is known where it cannot be planned: it will be told then what is wrong.
    reads: OnceCell<Option<Vec<String>>>,
}

impl Member {
    fn new(statement: Statement, files: &dyn Files) -> Self {
        let writes = copy_of(&statement).map(|copy| match is_computed(&copy.target) {
            true => ANY_FILE.to_owned(),
            false => files.absolute(&copy.target),
        });
        Self { statement, writes, reads: OnceCell::new() }
    }

    fn reads(&self, files: &dyn Files) -> Option<&[String]> {
        let find = || {
            let calls = source_calls(&self.statement).ok()?;
            let globs = globs_in(&self.statement);
            let paths = calls.iter().flat_map(|call| &call.paths).chain(&globs);
            let paths = paths.map(|path| files.absolute(path));
            Some(paths.chain(files.read_by_name(&self.statement)).collect())
        };
        self.reads.get_or_init(find).as_deref()
    }

    /// Whether it is a `COPY` to what another one may read or write.
    fn writes_what_is_used_by(&self, other: &Self, files: &dyn Files) -> bool {
        let Some(target) = &self.writes else { return false };
        other.writes.as_ref().is_some_and(|path| may_name(path, target))
            || other.reads(files).is_none_or(|paths| paths.iter().any(|path| may_name(path, target)))
    }
}

fn is_query(statement: &Statement) -> bool {
    match statement {
        Statement::Statement(statement) => matches!(**statement, SqlStatement::Query(_)),
        Statement::CopyTo(_) => true,
        _ => false,
    }
}

fn copy_of(statement: &Statement) -> Option<&CopyToStatement> {
    match statement {
        Statement::CopyTo(copy) => Some(copy),
        _ => None,
    }
}

/// Whether a path, which may be a glob or a folder, may name a file, or one in a folder, or one of several, which have a number in place of a
/// `*`. Both are absolute. In doubt it may.
fn may_name(path: &str, file: &str) -> bool {
    let (path_start, file_start) = (literal_start(path), literal_start(file));
    if path_start.len() < path.len() || file_start.len() < file.len() {
        return file_start.starts_with(path_start) || path_start.starts_with(file_start);
    }
    let is_in = |path: &str, folder: &str| {
        path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    is_in(path, file) || is_in(file, path)
}

/// What is in front of the first character that stands for others.
fn literal_start(path: &str) -> &str {
    path.split(['*', '?', '[', '{']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths begin in a folder, and tables are no files.
    struct Here;

    impl Files for Here {
        fn absolute(&self, path: &str) -> String {
            let path = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
            if path.starts_with('/') { path.to_owned() } else { format!("/here/{path}") }
        }

        fn read_by_name(&self, _statement: &Statement) -> Vec<String> {
            Vec::new()
        }
    }

    fn group_sizes(sql: &str) -> Vec<usize> {
        let mut script = VecDeque::from(crate::parse(sql).unwrap());
        let mut sizes = Vec::new();
        while !script.is_empty() {
            sizes.push(next_group(&mut script, &Here).len());
        }
        sizes
    }

    #[test]
    fn queries_in_a_row_go_together() {
        assert_eq!(group_sizes("SELECT 1; SELECT 2; SELECT 3"), [3]);
        assert_eq!(
            group_sizes("SELECT 1; SET a.b = 1; CREATE VIEW v AS SELECT 1; SELECT 2; SELECT 3"),
            [1, 1, 1, 2]
        );
        assert_eq!(group_sizes("EXPLAIN SELECT 1; SELECT 1"), [1, 1]);
        assert!(group_sizes("").is_empty());
    }

    #[test]
    fn what_a_copy_writes_is_read_after_it() {
        for (target, source, together) in [
            ("a.csv", "b.csv", true),
            ("a.csv", "a.csv", false),
            ("a.csv", "./a.csv", false),
            ("a.csv", "/here/a.csv", false),
            ("a.csv", "/elsewhere/a.csv", true),
            ("a.csv", "*.csv", false),
            ("out/a.csv", "in/*.csv", true),
            ("out/a.csv", "out/*.gz", false),
            ("out/", "out/part-0.csv", false),
            ("out/a.csv", "out", false),
            ("out/a.csv", "out/b", true),
            ("out-*.csv", "out-0000.csv", false),
            ("out-{}.csv", "in-0000.csv", true),
            ("/here/out/a.csv", "out/*.csv", false),
            ("/elsewhere/out/a.csv", "out/*.csv", true),
            ("out", "output.csv", true),
            ("a.csv", "ba.csv", true),
        ] {
            let sql = format!("COPY (SELECT 1) TO '{target}' STORED AS CSV; SELECT * FROM '{source}'");
            let expected: &[usize] = if together { &[2] } else { &[1, 1] };
            assert_eq!(group_sizes(&sql), expected, "{target} {source}");
            // Nor is it written while others read it.
            let sql = format!("SELECT * FROM '{source}'; COPY (SELECT 1) TO '{target}' STORED AS CSV");
            assert_eq!(group_sizes(&sql), expected, "{source} {target}");
        }
    }

    #[test]
    fn a_file_that_is_computed_may_be_any() {
        let copy = "COPY (SELECT 1) TO ('a' || '.csv') (FORMAT csv)";
        assert_eq!(
            group_sizes(&format!("{copy}; SELECT * FROM '/elsewhere/b.csv'; {copy}; SELECT 1")),
            [1, 1, 2]
        );
    }

    #[test]
    fn names_of_files_are_asked_for_when_they_are_there() {
        let copy = "COPY (SELECT 1) TO 'out/a.csv' STORED AS CSV";
        assert_eq!(group_sizes(&format!("{copy}; SELECT * FROM glob('out/*')")), [1, 1]);
        assert_eq!(
            group_sizes(&format!("{copy}; SELECT (SELECT count(*) FROM glob(['in/*', 'out/*']))")),
            [1, 1]
        );
        assert_eq!(group_sizes(&format!("{copy}; SELECT * FROM glob('in/*')")), [2]);
    }

    #[test]
    fn what_two_copies_write_is_what_the_second_one_does() {
        let copy = |target: &str| format!("COPY (SELECT 1) TO '{target}' STORED AS CSV");
        let sizes = |targets: [&str; 2]| group_sizes(&targets.map(copy).join(";"));
        assert_eq!(sizes(["a.csv", "b.csv"]), [2]);
        assert_eq!(sizes(["1.csv", "11.csv"]), [2]);
        assert_eq!(sizes(["a.csv", "./a.csv"]), [1, 1]);
        assert_eq!(sizes(["out/", "out/a.csv"]), [1, 1]);
        assert_eq!(sizes(["out/a.csv", "out/"]), [1, 1]);
    }
}
