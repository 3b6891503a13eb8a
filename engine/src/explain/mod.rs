//! How results are computed: what is read, what is shared, which operators run, and, once it has run,
//! what that took.
//!
//! An [`Explanation`] is plain data, collected from physical plans (`collect.rs`) before or after a run
//! (`analyze.rs`). It is shown as text (`text.rs`) or drawn (`graph.rs`) as DOT and SVG.

mod analyze;
mod collect;
mod dot;
mod graph;
mod layout;
mod record;
mod run;
mod summary;
mod svg;
mod text;
mod trace;

use std::time::{Duration, SystemTime};

pub(crate) use record::{Record, Recording};
pub(crate) use run::{ExplainQuery, Mode, explain_mode};
pub use run::{explain, explain_analyze, explain_analyze_async, explain_async};

/// How results are computed together. `Display` gives it as text.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("flights.csv");
/// std::fs::write(&path, "Dest,DepDelay\nBOS,12\nACV,NA\nBOS,20\n")?;
///
/// let session = swath::Session::new()?;
/// let sql = "SELECT max(DepDelay) FROM 'F'; SELECT count(*) FROM 'F' WHERE Dest = 'BOS'";
/// let statements = session.parse(&sql.replace("'F'", &format!("'{}'", path.display())))?;
/// let explanation = session.explain_blocking(statements)?;
/// assert_eq!(explanation.passes.len(), 1);
/// assert_eq!(explanation.passes[0].readers.len(), 2);
/// assert!(explanation.to_string().starts_with("pass 1: csv "));
/// assert!(explanation.to_svg().starts_with("<svg"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// The reads of files.
    pub passes: Vec<ExplainedPass>,
    /// What is computed once for several readers.
    pub shared: Vec<ExplainedShared>,
    /// The results, in the order in which they were asked for.
    pub outputs: Vec<ExplainedOutput>,
    /// What the run took; `None` if nothing was run.
    pub run: Option<ExplainedRun>,
}

/// One read of files, for one reader or several.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExplainedPass {
    /// How the files are read: `csv` or `text`.
    pub kind: String,
    /// What the files were called: `'air/*.csv.gz'`.
    pub source: String,
    /// How many files there are.
    pub files: usize,
    /// Bytes of the files, compressed as they are.
    pub file_bytes: u64,
    /// Whether damage of the files is passed over.
    pub salvage: bool,
    /// The columns that are read: all that any reader needs.
    pub columns: Vec<String>,
    /// How many columns the files have.
    pub file_columns: usize,
    /// Literals of which one must stand in a row for it to be read; none: all rows are.
    pub raw_filter: Vec<String>,
    /// In how many partitions it is read; each takes a file or a part of one after the other.
    pub partitions: usize,
    /// Who reads it; one that reads it twice is there twice.
    pub readers: Vec<Reader>,
    /// Whether the files may be opened again and again, by a recursive query.
    pub repeated: bool,
    /// What it took; `None` if it was not run.
    pub run: Option<PassRun>,
}

/// A plan whose result is computed once and read by several.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExplainedShared {
    /// The plan.
    pub plan: Step,
    /// Who reads it.
    pub readers: Vec<Reader>,
    /// Bytes that waited on disk for slower readers; `None` if it was not run.
    pub spilled_bytes: Option<u64>,
}

/// A result.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExplainedOutput {
    /// The statement; `None` if the result was not asked for in SQL.
    pub statement: Option<String>,
    /// The plan.
    pub plan: Step,
    /// How many rows there were; `None` if it was not run.
    pub rows: Option<u64>,
}

/// Who reads a pass or a shared result, by its place in the [`Explanation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reader {
    /// A shared result.
    Shared(usize),
    /// An output.
    Output(usize),
}

/// What a step reads, by its place in the [`Explanation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReadFrom {
    /// Files.
    Pass(usize),
    /// A shared result.
    Shared(usize),
}

/// An operator and those that give it rows.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// The operator as the relational core has it, in one line.
    pub operator: String,
    /// The same in words; `None` if it is nothing that a person thinks of, as an exchange between threads.
    pub summary: Option<Summary>,
    /// What it reads, and which columns of it.
    pub read: Option<(ReadFrom, Vec<String>)>,
    /// Where its rows come from.
    pub inputs: Vec<Step>,
    /// What it took; `None` if it was not run.
    pub run: Option<StepRun>,
    /// When it was at work, for each partition; none if it was not run, or does not tell.
    pub spans: Vec<Span>,
}

/// When a partition of an operator was at work: from when it was asked for its first row until it had given its last.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Span {
    /// The partition.
    pub partition: usize,
    /// When it began.
    pub begin: SystemTime,
    /// When it ended.
    pub end: SystemTime,
    /// Rows given.
    pub rows: u64,
    /// Time spent computing, not waiting.
    pub busy: Duration,
}

impl Span {
    /// How long it was.
    pub fn duration(&self) -> Duration {
        self.end.duration_since(self.begin).unwrap_or_default()
    }
}

/// A thread that decodes and scans for a pass, without a pause worth telling.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Work {
    /// The number of the thread.
    pub thread: u64,
    /// When it began.
    pub begin: SystemTime,
    /// For how long.
    pub len: Duration,
}

/// An operator in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// What is done: `Filter`, `Left join`.
    pub title: String,
    /// With what: a predicate, keys, functions.
    pub lines: Vec<String>,
}

/// What a run took.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExplainedRun {
    /// Time from the first row asked for to the last one.
    pub wall: Duration,
    /// The most memory that the process ever used; `None` if the system does not tell.
    pub peak_bytes: Option<u64>,
    /// The most bytes that waited in memory for slower readers of passes.
    pub waiting_peak_bytes: u64,
}

/// What a pass took.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PassRun {
    /// How often a file was opened.
    pub opened_files: u64,
    /// Rows read.
    pub rows: u64,
    /// Compressed bytes of the files that were read to their ends.
    pub read_bytes: u64,
    /// Time spent decoding and scanning, added up over all partitions.
    pub busy: Duration,
    /// Bytes that waited on disk for slower readers.
    pub spilled_bytes: u64,
    /// When threads were at work on it, if that was to be remembered ([`SessionBuilder::record`](crate::SessionBuilder::record)).
    pub work: Vec<Work>,
}

/// What an operator took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct StepRun {
    /// Rows given; `None` if the operator does not count them.
    pub rows: Option<u64>,
    /// Time spent computing, added up over all partitions; `None` if the operator does not measure it.
    pub elapsed: Option<Duration>,
    /// Bytes written to disk for want of memory.
    pub spilled_bytes: u64,
}

impl Explanation {
    /// The drawing as DOT, for Graphviz and its like.
    pub fn to_dot(&self) -> String {
        dot::draw(&graph::Graph::of(self))
    }

    /// The drawing as SVG.
    pub fn to_svg(&self) -> String {
        svg::draw(&graph::Graph::of(self))
    }

    /// Adds what is computed after this.
    pub(crate) fn extend(&mut self, mut later: Self) {
        let (passes, shared, outputs) = (self.passes.len(), self.shared.len(), self.outputs.len());
        let reader = |reader: &mut Reader| match reader {
            Reader::Shared(number) => *number += shared,
            Reader::Output(number) => *number += outputs,
        };
        later.passes.iter_mut().flat_map(|pass| &mut pass.readers).for_each(reader);
        later.shared.iter_mut().flat_map(|shared| &mut shared.readers).for_each(reader);
        let plans = later.shared.iter_mut().map(|shared| &mut shared.plan);
        for plan in plans.chain(later.outputs.iter_mut().map(|output| &mut output.plan)) {
            plan.renumber(passes, shared);
        }
        self.passes.extend(later.passes);
        self.shared.extend(later.shared);
        self.outputs.extend(later.outputs);
        self.run = match (self.run.take(), later.run) {
            (Some(run), Some(later)) => Some(ExplainedRun {
                wall: run.wall + later.wall,
                peak_bytes: run.peak_bytes.max(later.peak_bytes),
                waiting_peak_bytes: run.waiting_peak_bytes.max(later.waiting_peak_bytes),
            }),
            (run, later) => run.or(later),
        };
    }
}

impl Step {
    fn renumber(&mut self, passes: usize, shared: usize) {
        // The text names what is read by its number; it is written anew where it is shown.
        match &mut self.read {
            Some((ReadFrom::Pass(number), _)) => *number += passes,
            Some((ReadFrom::Shared(number), _)) => *number += shared,
            None => {}
        }
        for input in &mut self.inputs {
            input.renumber(passes, shared);
        }
    }
}
