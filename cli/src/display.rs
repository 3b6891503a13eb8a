//! How results look: the flags for it, and the format that they choose.

use std::io::{self, IsTerminal};
use std::path::Path;

use clap::ValueEnum;
use swath::Codec;

use crate::format::{Format, Look};
use crate::report::Report;
use crate::screen;
use crate::style::{Style, When};

/// Flags for what results look like.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "How results look")]
pub struct DisplayArgs {
    /// How results are written: table, csv, json, chart, line, …
    ///
    /// One of auto, table, line, chart, csv, tsv, json, jsonl, markdown, html, svg, parquet and arrow. auto: by the name
    /// of the output file, else a table on a terminal and CSV in a pipe
    #[arg(long, value_enum, default_value_t = FormatArg::Auto, hide_default_value = true, hide_possible_values = true)]
    pub format: FormatArg,

    /// Rows of a table that are shown, half from its start and half from its end; 0 for all
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 40)]
    pub max_rows: usize,

    /// Characters that a table may be wide; 0 for all it takes [default: the terminal's width]
    #[arg(long, hide_short_help = true, value_name = "N")]
    pub width: Option<usize>,

    /// What stands for null in tables
    #[arg(long, hide_short_help = true, value_name = "TEXT", default_value = "NULL")]
    pub nulls: String,

    /// Show tables that are longer than the screen in $SWATH_PAGER, $PAGER or less
    #[arg(long, hide_short_help = true, value_enum, value_name = "WHEN", default_value_t = When::Auto, hide_possible_values = true)]
    pub pager: When,

    /// Whether a table on the terminal says how long it took.
    #[arg(skip = true)]
    pub timer: bool,

    /// Whether they are typed for: hints then name commands of the shell.
    #[arg(skip)]
    pub in_shell: bool,
}

/// The names of the formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    Auto,
    // Names that other shells have for the same.
    #[value(aliases = ["box", "duckbox", "column", "columns"])]
    Table,
    #[value(aliases = ["lines", "vertical"])]
    Line,
    Chart,
    Csv,
    #[value(alias = "tabs")]
    Tsv,
    Json,
    #[value(aliases = ["jsonlines", "ndjson"])]
    Jsonl,
    #[value(alias = "md")]
    Markdown,
    Html,
    Svg,
    Parquet,
    Arrow,
}

impl DisplayArgs {
    /// The format for results that go into a file of this name, or to standard output.
    ///
    /// # Errors
    /// The name tells no format.
    pub fn format_for(&self, output: Option<&Path>) -> Result<Format, Report> {
        let look = self.look(output.is_none() && io::stdout().is_terminal());
        let format = match self.format {
            FormatArg::Table => Format::Table(look),
            FormatArg::Line => Format::Line(look),
            FormatArg::Chart => Format::Chart(look),
            FormatArg::Svg => Format::Svg(look),
            FormatArg::Csv => Format::Csv { delim: b',' },
            FormatArg::Tsv => Format::Csv { delim: b'\t' },
            FormatArg::Json => Format::Json { lines: false },
            FormatArg::Jsonl => Format::Json { lines: true },
            FormatArg::Markdown => Format::Markdown,
            FormatArg::Html => Format::Html,
            FormatArg::Parquet => Format::Parquet,
            FormatArg::Arrow => Format::Arrow,
            FormatArg::Auto => match output {
                Some(path) => by_name(path, look)?,
                None if io::stdout().is_terminal() => Format::Table(look),
                None => Format::Csv { delim: b',' },
            },
        };
        if format.is_binary() && output.is_none() && io::stdout().is_terminal() {
            return Err(Report::with_hint(
                "this format is no text, and standard output is a terminal",
                "write it to a file with -o FILE, or into a pipe",
            ));
        }
        Ok(format)
    }

    /// How tables look, on a terminal or elsewhere.
    fn look(&self, terminal: bool) -> Look {
        let screen = || if terminal { screen::width() } else { 0 };
        Look {
            max_rows: self.max_rows,
            width: self.width.unwrap_or_else(screen),
            null: self.nulls.clone(),
            style: if terminal { Style::stdout() } else { Style::PLAIN },
            timer: self.timer && terminal,
            in_shell: self.in_shell,
        }
    }

    /// Whether what is longer than the screen goes through a pager.
    pub fn pages(&self) -> bool {
        match self.pager {
            When::Always => true,
            When::Never => false,
            When::Auto => io::stdout().is_terminal() && io::stdin().is_terminal() && !crate::style::is_dumb(),
        }
    }
}

/// The format that the name of an output file asks for, without the ending of a codec.
fn by_name(path: &Path, look: Look) -> Result<Format, Report> {
    let codec = Codec::of_name(path);
    let ending =
        Codec::name_inside(path).extension().and_then(|ending| ending.to_str()).unwrap_or("").to_lowercase();
    if let Some(codec) = codec.filter(|codec| !codec.is_written()) {
        return Err(Report::with_hint(
            format!("{}: {codec} is read, but not written", path.display()),
            "name it as one of .gz, .bz2, .zst, .xz or .lz4, or as what is in it, and pack that",
        ));
    }
    if let Some(codec) = codec.filter(|_| ending == "parquet") {
        return Err(Report::with_hint(
            format!("a Parquet file is not compressed with {codec} as a whole"),
            "its columns are compressed in it: leave the ending away",
        ));
    }
    Ok(match ending.as_str() {
        "tsv" | "tab" => Format::Csv { delim: b'\t' },
        "json" => Format::Json { lines: false },
        "jsonl" | "ndjson" => Format::Json { lines: true },
        "md" | "markdown" => Format::Markdown,
        "html" | "htm" => Format::Html,
        "svg" => Format::Svg(look),
        "parquet" => Format::Parquet,
        "arrow" | "feather" => Format::Arrow,
        "csv" | "txt" => Format::Csv { delim: b',' },
        "" if codec.is_none() => Format::Csv { delim: b',' },
        _ => {
            return Err(Report::with_hint(
                format!("cannot tell a format from the name '{}'", path.display()),
                "say it: --format csv, tsv, json, jsonl, markdown, html, svg, parquet, arrow, table or chart",
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_follow_names() {
        let format = |name: &str| by_name(Path::new(name), Look::default());
        assert!(matches!(format("a.tsv"), Ok(Format::Csv { delim: b'\t' })));
        assert!(matches!(format("a.JSONL"), Ok(Format::Json { lines: true })));
        assert!(matches!(format("a.parquet"), Ok(Format::Parquet)));
        assert!(matches!(format("report"), Ok(Format::Csv { delim: b',' })));
        assert!(matches!(format("a.tsv.gz"), Ok(Format::Csv { delim: b'\t' })));
        assert!(matches!(format("a.json.ZST"), Ok(Format::Json { lines: false })));
        assert!(format("a.parquet.gz").unwrap_err().message.contains("Parquet"));
        assert!(format("a.gz").unwrap_err().message.contains("'a.gz'"));
        assert!(format("a.xlsx").unwrap_err().hint.unwrap().contains("--format"));
    }
}
