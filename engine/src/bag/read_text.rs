//! Lines of files as a bag.

use std::ops::{ControlFlow, Deref};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StringViewArray};
use datafusion::common::Column;
use datafusion::error::Result as DataFusionResult;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use swath_planner::{OptionValue, SourceCall, SourceFunction};

use super::Bag;
use super::line_filter::LineFilter;
use super::open::{Branch, Need, Opened};
use super::sink::{BoxSink, Connect, Feed, Flow, MORE, Sink};
use super::site::failure;
use crate::compute::{Computable, Pending, Requests};
use crate::error::{Error, Result};
use crate::operators::Operator;
use crate::operators::one_stream::OneStream;
use crate::paths::Paths;
use crate::session::Session;

/// The lines of files, plain or compressed, as a [`Bag<str>`](Bag), to which it dereferences.
///
/// A line ends with `\n` or `\r\n`, which is not part of it. No file is looked at before a result is
/// computed: a path that names no file, an option that is wrong and bytes that are not text in the
/// encoding are errors of the computation.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("old.txt");
/// std::fs::write(&path, b"caf\xe9\nbar\n")?;
/// let lines = swath::read_text(&path).encoding("latin1");
/// assert_eq!(lines.filter(|line: &str| line.starts_with('c')).collect()?, ["café"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ReadText {
    source: LineSource,
    bag: Bag<str>,
}

/// The lines of files: a path, a glob, or several.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("a.txt");
/// std::fs::write(&path, "Obama\nParis\n")?;
/// let wiki = swath::read_text(&path);
/// let obama = wiki.filter(|line: &str| line.contains("Obama")).collect()?;
/// assert_eq!(obama, ["Obama"]);
/// # Ok(())
/// # }
/// ```
pub fn read_text(paths: impl Paths) -> ReadText {
    ReadText::new(LineSource::new(None, paths))
}

impl Session {
    /// Like [`read_text`], in this session.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a.txt");
    /// std::fs::write(&path, "a\nb\n")?;
    /// let session = swath::Session::builder().threads(4).build()?;
    /// assert_eq!(session.read_text(&path).count().get()?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn read_text(&self, paths: impl Paths) -> ReadText {
        ReadText::new(LineSource::new(Some(self.clone()), paths))
    }
}

impl ReadText {
    fn new(source: LineSource) -> Self {
        let bag = Bag::of(source.clone().branch());
        Self { source, bag }
    }

    fn option(mut self, name: &str, value: OptionValue) -> Self {
        self.source.call.options.retain(|(known, _)| known != name);
        self.source.call.options.push((name.to_owned(), value));
        Self::new(self.source)
    }

    /// Sets the encoding: `utf8` (the default), `utf8-lossy`, `latin1`, `windows-1252`, `utf-16le`, …
    pub fn encoding(self, name: &str) -> Self {
        self.option("encoding", OptionValue::Text(name.to_owned()))
    }

    /// Sets the codec, instead of finding it out: `gzip`, `bzip2`, `zstd`, `xz`, `lz4`, `none`.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a.txt");
    /// std::fs::write(&path, "a\nb\n")?;
    /// assert_eq!(swath::read_text(&path).compression("none").count().get()?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn compression(self, name: &str) -> Self {
        self.option("compression", OptionValue::Text(name.to_owned()))
    }

    /// Passes over damage of compressed files: what is whole is read, lines that a gap cuts are left out, and what is lost is told by
    /// [`Session::take_notes`]. Without, damage is an error.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a.txt");
    /// std::fs::write(&path, "a\nb\n")?;
    /// assert_eq!(swath::read_text(&path).salvage().count().get()?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn salvage(self) -> Self {
        self.option("salvage", OptionValue::Boolean(true))
    }

    /// Sets a bound on the length of one line; a longer one is an error.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a.txt");
    /// std::fs::write(&path, "short\n".to_owned() + &"long".repeat(1 << 20))?;
    /// assert!(swath::read_text(&path).max_line_bytes(1024).max().get().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_line_bytes(self, bytes: usize) -> Self {
        self.option("max_record_bytes", OptionValue::Number(bytes.to_string()))
    }

    /// Sets what ends a line, instead of `\n` or `\r\n`: one ASCII character, which is not part of the line. Line ends are part of it then.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("found");
    /// std::fs::write(&path, "a file\0b\nc\0")?;
    /// assert_eq!(swath::read_text(&path).line_delimiter('\0').collect()?, ["a file", "b\nc"]);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "linedelimiter")]
    pub fn line_delimiter(self, delimiter: char) -> Self {
        self.option("line_delimiter", OptionValue::Text(delimiter.to_string()))
    }

    /// Pairs of a file's path and one of its lines.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// for name in ["a.txt", "b.txt"] {
    ///     std::fs::write(dir.path().join(name), "x\ny\n")?;
    /// }
    /// let pairs = swath::read_text(dir.path().join("*.txt")).with_path();
    /// let of_b = pairs.filter(|(path, _)| path.ends_with("b.txt"));
    /// assert_eq!(of_b.pluck(|pair| &pair.1).collect()?, ["x", "y"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_path(&self) -> Bag<(String, String)> {
        let source = self.source.clone();
        Bag::of(Branch::new(move |need| {
            let (session, plan) = source.plan_pieces(need)?;
            let connect: Connect<(String, String)> = Arc::new(|sink| {
                Box::new(LineFeed { sink: PathLines { path: String::new(), sink }, path: None })
            });
            Ok(Opened { session, plan, connect, steps: source.steps(), rows_are_elements: true })
        }))
    }

    /// The bag of lines.
    pub fn bag(&self) -> Bag<str> {
        self.bag.clone()
    }
}

impl Deref for ReadText {
    type Target = Bag<str>;

    fn deref(&self) -> &Bag<str> {
        &self.bag
    }
}

impl From<ReadText> for Bag<str> {
    fn from(read: ReadText) -> Self {
        read.bag
    }
}

impl Computable for ReadText {
    type Value = Vec<String>;

    fn request(&self, requests: &mut Requests) -> Result<Pending<Self::Value>> {
        self.bag.request(requests)
    }
}

/// Which lines are read, and how: plain data.
#[derive(Clone)]
struct LineSource {
    /// The shared one, if none is given.
    session: Option<Session>,
    call: SourceCall,
    /// Why the paths are none.
    problem: Option<Error>,
    filters: Vec<LineFilter>,
}

/// The name of the column of paths, where pieces are known.
const PATH_COLUMN: &str = "path";

impl LineSource {
    fn new(session: Option<Session>, paths: impl Paths) -> Self {
        let (paths, problem) = match paths.into_paths() {
            Ok(paths) if paths.is_empty() => (paths, Some(no_path())),
            Ok(paths) => (paths, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let call = SourceCall { function: SourceFunction::ReadText, paths, options: Vec::new() };
        Self { session, call, problem, filters: Vec::new() }
    }

    fn branch(self) -> Branch<str> {
        let opened = self.clone();
        Branch::new(move |need| opened.open(need)).refined_by(move |filter| {
            let mut refined = self.clone();
            refined.filters.push(filter);
            refined.branch()
        })
    }

    fn session(&self) -> Result<Session> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        self.session.clone().map_or_else(Session::shared, Ok)
    }

    fn steps(&self) -> Vec<String> {
        vec![format!("bag of {}", self.call)]
    }

    fn open(&self, need: Need) -> Result<Opened<str>> {
        if need == Need::Nothing {
            let session = self.session()?;
            let mut plan = LogicalPlanBuilder::from(session.scan(&self.call)?);
            for filter in &self.filters {
                let (qualifier, field) = plan.schema().qualified_field(0);
                let line = Expr::Column(Column::from((qualifier, field)));
                plan = plan.filter(filter.expr(line))?;
            }
            let connect: Connect<str> =
                Arc::new(|sink| Box::new(LineFeed { sink: Lines { sink, in_pieces: false }, path: None }));
            let plan = plan.build()?;
            return Ok(Opened { session, plan, connect, steps: self.steps(), rows_are_elements: true });
        }
        // A filter in the plan may mix the rows of files: here filters are sinks.
        let (session, plan) = self.plan_pieces(need)?;
        let filters = self.filters.clone();
        let connect: Connect<str> = Arc::new(move |sink| {
            let sink = filters.iter().rev().fold(sink, |sink, filter| filter.sink(sink));
            Box::new(LineFeed { sink: Lines { sink, in_pieces: true }, path: None })
        });
        Ok(Opened { session, plan, connect, steps: self.steps(), rows_are_elements: false })
    }

    /// A scan of lines with their paths.
    fn plan_pieces(&self, need: Need) -> Result<(Session, datafusion::logical_expr::LogicalPlan)> {
        let session = self.session()?;
        let mut call = self.call.clone();
        call.options.push(("filename".to_owned(), OptionValue::Text(PATH_COLUMN.to_owned())));
        let plan = match need {
            Need::Nothing => session.scan(&call)?,
            // Pieces of a file are read side by side: here they come one after the other.
            Need::Pieces => OneStream.over(session.scan(&call)?),
            Need::Order => session.scan_in_order(&call)?,
        };
        Ok((session, plan))
    }
}

fn no_path() -> Error {
    Error::query("there is no path to read", "read_text(\"logs/*.gz\")".to_owned())
}

/// What lines are given to; it is told when a file begins.
trait LineSink: Send {
    fn begin(&mut self, path: &str) -> Flow;

    fn push(&mut self, line: &str) -> Flow;

    fn finish(&mut self) -> DataFusionResult<()>;
}

/// Takes batches of lines apart.
struct LineFeed<S> {
    sink: S,
    /// Of the file being read, if there is a column of paths.
    path: Option<String>,
}

impl<S: LineSink> Feed for LineFeed<S> {
    fn push(&mut self, batch: &RecordBatch) -> Flow {
        let lines = text_column(batch, 0)?;
        // Rows of a batch are of one file: a scanner makes them, and nothing is between it and us.
        if batch.num_columns() > 1 && batch.num_rows() > 0 {
            let path = text_column(batch, 1)?.value(0);
            if self.path.as_deref() != Some(path) {
                self.path = Some(path.to_owned());
                if self.sink.begin(path)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        for row in 0..lines.len() {
            if self.sink.push(lines.value(row))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(MORE)
    }

    fn finish(&mut self) -> DataFusionResult<()> {
        self.sink.finish()
    }
}

fn text_column(batch: &RecordBatch, index: usize) -> DataFusionResult<&StringViewArray> {
    batch.column(index).as_string_view_opt().ok_or_else(|| failure("lines are not text", None))
}

struct Lines {
    sink: BoxSink<str>,
    in_pieces: bool,
}

impl LineSink for Lines {
    fn begin(&mut self, path: &str) -> Flow {
        if self.in_pieces { self.sink.begin(fingerprint(path)) } else { Ok(MORE) }
    }

    fn push(&mut self, line: &str) -> Flow {
        self.sink.push(line)
    }

    fn finish(&mut self) -> DataFusionResult<()> {
        self.sink.finish()
    }
}

struct PathLines {
    path: String,
    sink: BoxSink<(String, String)>,
}

impl LineSink for PathLines {
    fn begin(&mut self, path: &str) -> Flow {
        path.clone_into(&mut self.path);
        self.sink.begin(fingerprint(path))
    }

    fn push(&mut self, line: &str) -> Flow {
        self.sink.push(&(self.path.clone(), line.to_owned()))
    }

    fn finish(&mut self) -> DataFusionResult<()> {
        Sink::finish(&mut *self.sink)
    }
}

/// A number for a path, the same everywhere (FNV-1a).
fn fingerprint(path: &str) -> u64 {
    path.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(bag: &Bag<str>, need: Need) -> String {
        let opened = bag.branches[0].open(need).unwrap();
        format!("{}", opened.plan.display_indent())
    }

    #[test]
    fn filters_before_closures_are_in_the_plan() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        std::fs::write(&path, "tea\nsteam\ncoffee\n").unwrap();
        let lines = read_text(&path);
        let filtered = lines.contains("tea").filter_regex("^s");
        let text = plan(&filtered, Need::Nothing);
        assert!(text.starts_with("Filter: regexp_like(") && text.contains("Filter: contains("), "{text}");
        assert!(!plan(&filtered, Need::Order).contains("Filter"));
        assert!(!plan(&lines.filter(|_| true).contains("tea"), Need::Nothing).contains("Filter"));
        for _ in 0..2 {
            assert_eq!(filtered.collect().unwrap(), ["steam"]);
            assert_eq!(filtered.take(5).get().unwrap(), ["steam"]);
            assert_eq!(filtered.count().get().unwrap(), 1);
        }
    }
}
