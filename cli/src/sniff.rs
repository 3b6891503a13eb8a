//! `swath sniff`: what is found by looking at files, as the call that states it.

use std::io::{self, Write};

use swath::Session;

use crate::args::ReadArgs;
use crate::exit_codes::{DONE, FAILED, USAGE};
use crate::report::{self, Report};
use crate::time_limit::TimeArgs;

const EXAMPLES: &str = "\
Examples:
  swath sniff 'air/*.csv.bz2'
  swath sniff --encoding latin1 export.csv
  swath sniff events.jsonl server.log.gz

What the options say is not guessed. The call that is printed can be put into a statement, as it is or with
changes: SELECT * FROM read_csv(…). What differs from file to file is left out of it, and found again. Files of
JSON are stated by read_json(…), lines without fields by read_text(…); files of different kinds by a call for
each kind, on a line of its own.";

/// Look at files, and print the call that states what was found: read_csv(…), …
///
/// read_json(…) for objects of JSON, read_text(…) for lines without fields
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct SniffArgs {
    /// Paths or globs of files that are one table
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,

    #[command(flatten)]
    time: TimeArgs,

    #[command(flatten)]
    read: ReadArgs,
}

/// Looks, prints, and returns the exit code.
pub fn run(args: SniffArgs) -> u8 {
    report::name_flags();
    let begun = args.time.begin().and_then(|()| Ok(args.read.apply(Session::builder())?.build()?));
    let session = match begun {
        Ok(session) => session,
        Err(report) => {
            report::error(&report);
            return USAGE;
        }
    };
    let printed = session.sniff(args.paths).map_err(Report::from).and_then(|call| {
        let mut stdout = io::stdout().lock();
        match writeln!(stdout, "{call}") {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let hint = "check the space left on the disk";
                Err(Report::with_hint(format!("cannot write to standard output: {error}"), hint))
            }
            _ => Ok(()),
        }
    });
    report::notes(&session.take_notes());
    match printed {
        Ok(()) => DONE,
        Err(report) => {
            report::error(&report);
            FAILED
        }
    }
}
