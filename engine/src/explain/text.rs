//! An explanation as text.

use std::fmt;

use super::{ExplainedPass, Explanation, ReadFrom, Reader, Step, StepRun};
use crate::units::{bytes, count, counted, time};

/// Columns that are listed by their names, at most.
const SHOWN_COLUMNS: usize = 16;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        if let Some(run) = &self.run {
            text.push_str(&format!("time: {}\n", time(run.wall)));
            if let Some(peak) = run.peak_bytes {
                text.push_str(&format!("peak memory: {} of the process", bytes(peak)));
                text.push_str(&format!(", {} of it waiting for readers\n", bytes(run.waiting_peak_bytes)));
            }
        }
        for (number, pass) in self.passes.iter().enumerate() {
            show_pass(number, pass, &mut text);
        }
        for (number, shared) in self.shared.iter().enumerate() {
            let readers = readers(&shared.readers);
            text.push_str(&format!("{}: computed once, read by {readers}\n", name(ReadFrom::Shared(number))));
            if let Some(spilled) = shared.spilled_bytes.filter(|spilled| *spilled > 0) {
                text.push_str(&format!("  {} waited on disk for slower readers\n", bytes(spilled)));
            }
            show_step(&shared.plan, 1, &mut text);
        }
        for (number, output) in self.outputs.iter().enumerate() {
            text.push_str(&format!("output {}", number + 1));
            if let Some(statement) = &output.statement {
                text.push_str(&format!(": {}", one_line(statement)));
            }
            text.push('\n');
            if let Some(rows) = output.rows {
                text.push_str(&format!("  result: {}\n", counted(rows, "row")));
            }
            show_step(&output.plan, 1, &mut text);
        }
        f.write_str(text.trim_end())
    }
}

fn show_pass(number: usize, pass: &ExplainedPass, text: &mut String) {
    let files = counted(pass.files as u64, "file");
    let opened = match (pass.repeated, pass.files) {
        (true, _) => "opened in every round of a recursive query",
        (false, 1) => "opened once",
        (false, _) => "each opened once",
    };
    let (name, size) = (name(ReadFrom::Pass(number)), bytes(pass.file_bytes));
    text.push_str(&format!("{name}: {} {}, {files}, {size}, {opened}\n", pass.kind, pass.source));
    if pass.salvage {
        text.push_str("  salvage: damage is passed over, each compressed file decoded by one thread\n");
    }
    text.push_str(&format!("  columns: {}\n", columns(pass)));
    if !pass.raw_filter.is_empty() {
        let literals: Vec<String> = pass.raw_filter.iter().map(|literal| format!("'{literal}'")).collect();
        let one_of = if literals.len() > 1 { "one of " } else { "" };
        text.push_str(&format!("  raw filter: rows with {one_of}{}\n", first_of(&literals, SHOWN_COLUMNS)));
    }
    text.push_str(&format!("  partitions: {}\n", pass.partitions));
    text.push_str(&format!("  read by: {}\n", readers(&pass.readers)));
    if let Some(run) = &pass.run {
        let (opened, read) = (counted(run.opened_files, "file"), bytes(run.read_bytes));
        let (rows, busy) = (counted(run.rows, "row"), time(run.busy));
        text.push_str(&format!("  run: opened {opened}, read {read}, {rows}, decoding and scanning {busy}"));
        if run.spilled_bytes > 0 {
            text.push_str(&format!(", {} waited on disk for slower readers", bytes(run.spilled_bytes)));
        }
        text.push('\n');
    }
}

/// `3 of 29: DepDelay, Dest, Origin`.
pub(super) fn columns(pass: &ExplainedPass) -> String {
    let total = pass.file_columns;
    match pass.columns.as_slice() {
        [] => format!("none of {total}"),
        names => format!("{} of {total}: {}", names.len(), first_of(names, SHOWN_COLUMNS)),
    }
}

/// Names up to a number of them, and how many more there are.
pub(super) fn first_of(names: &[String], limit: usize) -> String {
    match names.len().checked_sub(limit).filter(|more| *more > 0) {
        None => names.join(", "),
        Some(more) => format!("{}, … {more} more", names[..limit].join(", ")),
    }
}

/// `output 1, output 2 twice`.
fn readers(readers: &[Reader]) -> String {
    let mut all = readers.to_vec();
    all.sort_unstable();
    let one = |same: &[Reader]| {
        let name = match same[0] {
            Reader::Shared(number) => format!("shared {}", number + 1),
            Reader::Output(number) => format!("output {}", number + 1),
        };
        match same.len() {
            1 => name,
            2 => format!("{name} twice"),
            times => format!("{name} {times} times"),
        }
    };
    all.chunk_by(|left, right| left == right).map(one).collect::<Vec<_>>().join(", ")
}

pub(super) fn name(read: ReadFrom) -> String {
    match read {
        ReadFrom::Pass(number) => format!("pass {}", number + 1),
        ReadFrom::Shared(number) => format!("shared {}", number + 1),
    }
}

/// A statement without line breaks and runs of spaces.
pub(super) fn one_line(statement: &str) -> String {
    statement.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn show_step(step: &Step, depth: usize, text: &mut String) {
    text.push_str(&"  ".repeat(depth));
    match &step.read {
        Some((from, columns)) => {
            let (operator, rest) = step.operator.split_once(": ").unwrap_or((&step.operator, ""));
            text.push_str(&format!("{operator}: {}, columns=[{}]", name(*from), columns.join(", ")));
            if !rest.is_empty() {
                text.push_str(&format!(", {rest}"));
            }
        }
        None => text.push_str(&step.operator),
    }
    if let Some(run) = &step.run {
        text.push_str(&measured(run));
    }
    text.push('\n');
    for input in &step.inputs {
        show_step(input, depth + 1, text);
    }
}

/// `  [12 rows, 3.2 ms]`.
fn measured(run: &StepRun) -> String {
    let spilled = (run.spilled_bytes > 0).then(|| format!("spilled {}", bytes(run.spilled_bytes)));
    let rows = run.rows.map(|rows| format!("{} row{}", count(rows), if rows == 1 { "" } else { "s" }));
    let parts: Vec<String> = [rows, run.elapsed.map(time), spilled].into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!("  [{}]", parts.join(", ")) }
}
