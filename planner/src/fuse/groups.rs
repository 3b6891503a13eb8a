//! Which statements of a script can be computed together.

use std::collections::VecDeque;

use datafusion_sql::parser::{CopyToStatement, Statement};
use sqlparser::ast::Statement as SqlStatement;

use crate::rejects::reads_rejects;
use crate::source_call::source_calls;

/// Takes the statements from the front of a script that can be computed together: queries and `COPY`s,
/// up to the first other statement. Any other statement is a group of its own.
///
/// A statement that may read what a `COPY` before it writes begins the next group; so does one that asks what
/// was rejected. `reads_file` tells
/// whether a statement reads a file through the tables it names; the paths that it names itself are
/// compared here, carefully: a glob that could match is taken to match.
pub fn next_group(
    script: &mut VecDeque<Statement>,
    reads_file: &dyn Fn(&Statement, &str) -> bool,
) -> Vec<Statement> {
    let mut group: Vec<Statement> = Vec::new();
    while let Some(statement) = script.front() {
        let goes_along = is_query(statement)
            && !reads_rejects(statement)
            && !group
                .iter()
                .filter_map(copy_of)
                .any(|copy| names_file(statement, &copy.target) || reads_file(statement, &copy.target));
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

/// Whether a path of the statement may name the file, or one in the folder.
fn names_file(statement: &Statement, file: &str) -> bool {
    match source_calls(statement) {
        Ok(calls) => calls.iter().flat_map(|call| &call.paths).any(|path| may_name(path, file)),
        // It will be told what is wrong when it is planned.
        Err(_) => true,
    }
}

/// Whether a path, which may be a glob, may name a file, or one in a folder. In doubt it may.
pub fn may_name(path: &str, file: &str) -> bool {
    let literal = path.split(['*', '?', '[', '{']).next().unwrap_or_default();
    let (literal, file) = (without_dot(literal), without_dot(file));
    match literal.len() < without_dot(path).len() {
        true => file.starts_with(literal) || literal.starts_with(file),
        false => literal.starts_with(file) || file.ends_with(literal) || literal.ends_with(file),
    }
}

fn without_dot(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group_sizes(sql: &str) -> Vec<usize> {
        let mut script = VecDeque::from(crate::parse(sql).unwrap());
        let mut sizes = Vec::new();
        while !script.is_empty() {
            sizes.push(next_group(&mut script, &|_, _| false).len());
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
            ("a.csv", "/home/me/a.csv", false),
            ("a.csv", "*.csv", false),
            ("out/a.csv", "in/*.csv", true),
            ("out/a.csv", "out/*.gz", false),
            ("out/", "out/part-0.csv", false),
        ] {
            let sql = format!("COPY (SELECT 1) TO '{target}' STORED AS CSV; SELECT * FROM '{source}'");
            let expected: &[usize] = if together { &[2] } else { &[1, 1] };
            assert_eq!(group_sizes(&sql), expected, "{target} {source}");
        }
    }
}
