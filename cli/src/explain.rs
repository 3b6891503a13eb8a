//! `swath explain`: how statements are run, as text and as a drawing.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use swath::{Explanation, Session};

use crate::args::{ReadArgs, ResourceArgs, is_standard_output, session};
use crate::exit_codes::{DONE, USAGE};
use crate::report::{self, Report};
use crate::reporting::ReportingArgs;
use crate::run::{cannot_write, wait_for};
use crate::script::Script;
use crate::sink::Target;
use crate::statements;

const EXAMPLES: &str = "\
Examples:
  swath explain \"SELECT max(DepDelay) FROM 'air/*.csv.bz2'\"
  swath explain --analyze -f report.sql
  swath explain --graph report.svg -f report.sql
  swath explain --graph - \"SELECT count(*) FROM 'x.csv'\" | dot -Tpng -o plan.png

Queries that stand one after the other are run together: files that several of them read are read once,
and what several of them compute is computed once. Statements that change something between them
(CREATE VIEW, SET) are run.";

/// Show how statements are run: what is read, what is shared, and by which steps
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct ExplainArgs {
    /// SQL statements, separated by ';'. Without any, they are read from standard input
    #[arg(value_name = "SQL")]
    sql: Vec<String>,

    /// Read statements from a file ('-' is standard input); may be given several times
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Run the statements, drop their rows, and show times, rows, bytes and memory
    #[arg(long)]
    analyze: bool,

    /// Draw the plan, too: to a file .svg or .dot; '-' writes DOT to standard output, without the text
    #[arg(long, value_name = "FILE")]
    graph: Option<PathBuf>,

    #[command(flatten)]
    resources: ResourceArgs,

    #[command(flatten)]
    reporting: ReportingArgs,

    #[command(flatten)]
    read: ReadArgs,
}

/// Where the drawing goes.
pub enum Graph {
    None,
    /// DOT to standard output.
    Stdout,
    Svg(PathBuf),
    Dot(PathBuf),
}

/// Explains, and returns the exit code.
pub fn run(args: ExplainArgs) -> u8 {
    let wrong_usage = |report: Report| {
        report::error(&report);
        USAGE
    };
    let graph = match graph_of(args.graph) {
        Ok(graph) => graph,
        Err(report) => return wrong_usage(report),
    };
    let texts = match statements::gather(args.sql, &args.files) {
        Ok(texts) => texts,
        Err(report) => return wrong_usage(report),
    };
    let session = match session(args.read, args.resources, &args.reporting) {
        Ok(session) => session,
        Err(report) => return wrong_usage(report),
    };
    wait_for(&session, &args.reporting, async {
        let shown = match explain(&session, &texts, args.analyze).await {
            Ok(explanation) => show(&explanation, &graph),
            Err(report) => Err(report),
        };
        match shown {
            Ok(()) => DONE,
            Err(report) => {
                report::error(&report);
                report.code
            }
        }
    })
}

/// Explains the statements of texts.
///
/// # Errors
/// What is wrong with the statements.
pub async fn explain(session: &Session, texts: &[String], analyze: bool) -> Result<Explanation, Report> {
    let parsed = Script::parse(session, texts)?.into_statements();
    Ok(if analyze { session.explain_analyze(parsed).await? } else { session.explain(parsed).await? })
}

/// What to draw, by the name of the file.
///
/// # Errors
/// The name says neither SVG nor DOT.
pub fn graph_of(path: Option<PathBuf>) -> Result<Graph, Report> {
    let Some(path) = path else { return Ok(Graph::None) };
    if is_standard_output(&path) {
        return Ok(Graph::Stdout);
    }
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_lowercase();
    match ending.as_str() {
        "svg" => Ok(Graph::Svg(path)),
        "dot" | "gv" => Ok(Graph::Dot(path)),
        _ => Err(Report::with_hint(
            format!("--graph: cannot tell what to draw from the name '{}'", path.display()),
            "name a file .svg or .dot, or '-' for DOT on standard output",
        )),
    }
}

fn show(explanation: &Explanation, graph: &Graph) -> Result<(), Report> {
    draw(explanation, graph)?;
    if matches!(graph, Graph::Stdout) { Ok(()) } else { print(&format!("{explanation}\n")) }
}

/// Draws the plan.
///
/// # Errors
/// The file cannot be written.
pub fn draw(explanation: &Explanation, graph: &Graph) -> Result<(), Report> {
    match graph {
        Graph::None => Ok(()),
        Graph::Stdout => print(&explanation.to_dot()),
        Graph::Svg(path) => write_file(path, &explanation.to_svg()),
        Graph::Dot(path) => write_file(path, &explanation.to_dot()),
    }
}

fn print(text: &str) -> Result<(), Report> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(cannot_write(&Target::Stdout, &error)),
        _ => Ok(()),
    }
}

fn write_file(path: &Path, text: &str) -> Result<(), Report> {
    let target = Target::File(path.to_owned());
    let written = target.open().and_then(|mut sink| {
        sink.write_all(text.as_bytes())?;
        sink.finish()
    });
    written.map_err(|error| cannot_write(&target, &error))
}
