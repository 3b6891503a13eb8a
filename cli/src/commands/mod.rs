//! What there is to do beside SQL. One command a file.
//!
//! Commands over tables write a question in SQL and let the library answer it; `grep` and `decompress` read lines and
//! bytes.

mod answer;
mod completions;
mod convert;
mod count;
mod decompress;
mod grep;
mod man;
mod rows;
mod schema;
mod short_numbers;
mod summary;
mod table;

pub use answer::write_text;
pub use short_numbers::with_numbers_in_short;

use crate::exit_codes::USAGE;
use crate::report;

/// Commands beside SQL.
#[derive(Debug, clap::Subcommand)]
pub enum FileCommand {
    Head(rows::HeadArgs),
    Tail(rows::TailArgs),
    Sample(rows::SampleArgs),
    Count(count::CountArgs),
    Schema(schema::SchemaArgs),
    Summary(summary::SummaryArgs),
    Grep(grep::GrepArgs),
    Convert(convert::ConvertArgs),
    Decompress(decompress::DecompressArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Does what a command says, and returns the exit code.
pub fn run(command: FileCommand) -> u8 {
    report::name_flags();
    let done = match command {
        FileCommand::Head(args) => rows::head(args),
        FileCommand::Tail(args) => rows::tail(args),
        FileCommand::Sample(args) => rows::sample(args),
        FileCommand::Count(args) => count::count(args),
        FileCommand::Schema(args) => schema::schema(args),
        FileCommand::Summary(args) => summary::summary(args),
        FileCommand::Grep(args) => grep::grep(args),
        FileCommand::Convert(args) => convert::convert(args),
        FileCommand::Decompress(args) => decompress::decompress(args),
        FileCommand::Completions(args) => completions::completions(&args),
        FileCommand::Man(args) => man::man(args),
    };
    done.unwrap_or_else(|report| {
        report::error(&report);
        USAGE
    })
}
