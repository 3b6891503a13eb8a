//! The `swath` command: arguments in, results on standard output, all else on standard error.
#![deny(unsafe_code)]

mod allocator;
mod args;
mod commands;
mod config;
mod display;
mod exit_codes;
mod explain;
mod flag_names;
mod foreign;
mod format;
mod help;
mod interrupt;
mod program_pages;
mod progress;
mod report;
mod reporting;
mod run;
mod screen;
mod script;
mod shell;
mod sink;
mod sniff;
mod statements;
mod style;
mod time_limit;
mod views;

use std::process::ExitCode;

use clap::FromArgMatches;

use interrupt::CtrlC;

fn main() -> ExitCode {
    let code = run().unwrap_or_else(|wrong_usage| {
        report::error(&wrong_usage);
        exit_codes::USAGE
    });
    // What was given up, as at its time limit, may still be writing: nobody waits until it has ended.
    swath::remove_unfinished_files();
    code.into()
}

fn run() -> Result<u8, report::Report> {
    let config = config::Config::load()?;
    let arguments = || commands::with_numbers_in_short(std::env::args_os().map(statements::as_statement));
    let matches = config.apply(help::command()).try_get_matches_from(arguments());
    let matches = matches.unwrap_or_else(|error| {
        let error = config.told(error, arguments());
        foreign::told(error, arguments()).exit()
    });
    let args = args::Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    style::set_color(args.color);
    let is_shell = args.command.is_none() && args.wants_shell();
    interrupt::listen(if is_shell { CtrlC::Tells } else { CtrlC::Ends })?;
    match args.command {
        Some(args::Command::Explain(args)) => return Ok(explain::run(args)),
        Some(args::Command::Sniff(args)) => return Ok(sniff::run(args)),
        Some(args::Command::Files(command)) => return Ok(commands::run(command)),
        None => {}
    }
    if is_shell {
        return args.run_shell(config.views());
    }
    Ok(run::run(args.into_job(config.views())?))
}
