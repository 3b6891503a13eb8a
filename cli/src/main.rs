//! The `swath` command: arguments in, results on standard output, all else on standard error.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod exit_codes;
mod explain;
mod format;
mod report;
mod run;
mod sink;
mod statements;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = args::Args::parse();
    match args.command {
        Some(args::Command::Explain(args)) => return explain::run(args).into(),
        Some(args::Command::Files(command)) => return commands::run(command).into(),
        None => {}
    }
    let job = match args.into_job() {
        Ok(job) => job,
        Err(error) => {
            report::error(&error);
            return exit_codes::USAGE.into();
        }
    };
    run::run(job).into()
}
