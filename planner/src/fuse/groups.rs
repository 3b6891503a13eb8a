//! Which statements of a script can be computed together.

use std::collections::VecDeque;

use datafusion_sql::parser::{CopyToStatement, Statement};
use sqlparser::ast::Statement as SqlStatement;

use crate::rejects::reads_rejects;
use crate::source_call::source_calls;

/// What is known of the files that statements name.
pub trait Files {
    /// A path, or a glob, from the root on: one for each file, by whatever name.
    fn absolute(&self, path: &str) -> String;

    /// Whether a statement may read a file, by its absolute path, through the tables that it names.
    fn are_read_by_name(&self, statement: &Statement, file: &str) -> bool;
}

/// Takes the statements from the front of a script that can be computed together: queries and `COPY`s,
/// up to the first other statement. Any other statement is a group of its own.
///
/// A statement that may read what a `COPY` before it writes begins the next group, and so does a `COPY` that may write what one
/// before it reads or writes, and one that asks what was rejected. A glob that could match is taken to match.
pub fn next_group(script: &mut VecDeque<Statement>, files: &dyn Files) -> Vec<Statement> {
    let mut group: Vec<Statement> = Vec::new();
    while let Some(statement) = script.front() {
        let goes_along = is_query(statement)
            && !reads_rejects(statement)
            && !group.iter().any(|before| {
                writes_what_is_used(before, statement, files) || writes_what_is_used(statement, before, files)
            });
        if !group.is_empty() && !goes_along {
            break;
        }
        let alone = !is_query(statement);
        group.extend(script.pop_front());
        if alone {
            break;
        }
    }
    group
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

/// Whether a statement is a `COPY` to what another one may read or write.
fn writes_what_is_used(statement: &Statement, other: &Statement, files: &dyn Files) -> bool {
    let Some(copy) = copy_of(statement) else { return false };
    let target = files.absolute(&copy.target);
    let writes = || copy_of(other).is_some_and(|copy| may_name(&files.absolute(&copy.target), &target));
    names_file(other, &target, files) || files.are_read_by_name(other, &target) || writes()
}

/// Whether a path of the statement may name the file, or one in the folder.
fn names_file(statement: &Statement, file: &str, files: &dyn Files) -> bool {
    match source_calls(statement) {
        Ok(calls) => {
            calls.iter().flat_map(|call| &call.paths).any(|path| may_name(&files.absolute(path), file))
        }
        // It will be told what is wrong when it is planned.
        Err(_) => true,
    }
}

/// Whether a path, which may be a glob, may name a file, or one in a folder, or one of several, which have a number in place of a
/// `*`. Both are absolute. In doubt it may.
pub fn may_name(path: &str, file: &str) -> bool {
    let (path_start, file_start) = (literal_start(path), literal_start(file));
    if path_start.len() < path.len() || file_start.len() < file.len() {
        return file_start.starts_with(path_start) || path_start.starts_with(file_start);
    }
    path.strip_prefix(file).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
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

        fn are_read_by_name(&self, _statement: &Statement, _file: &str) -> bool {
            false
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
