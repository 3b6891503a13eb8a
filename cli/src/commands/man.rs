//! `swath man`: the manual, made of what --help says.

use std::io;
use std::path::PathBuf;

use clap::Command;
use clap_mangen::Man;

use super::answer::write_text;
use crate::exit_codes::DONE;
use crate::help;
use crate::report::Report;
use crate::sink::Target;

const EXAMPLES: &str = "\
Examples:
  swath man | man -l -
  swath man grep | man -l -
  swath man --dir ~/.local/share/man/man1";

/// Print the manual page of swath or of one of its commands
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct ManArgs {
    /// The command; without one, swath itself
    #[arg(value_name = "COMMAND")]
    command: Option<String>,

    /// Write all pages into a folder, which must exist, instead
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    dir: Option<PathBuf>,
}

/// Prints or writes pages.
pub fn man(args: ManArgs) -> Result<u8, Report> {
    let mut swath = help::command();
    swath.build();
    if let Some(dir) = args.dir {
        for page in std::iter::once(&swath).chain(swath.get_subcommands()) {
            let name = page.get_display_name().unwrap_or(page.get_name());
            let path = dir.join(format!("{name}.1"));
            write_text(&rendered(page.clone())?, &Target::File(path))?;
        }
        return Ok(DONE);
    }
    let page = match args.command {
        None => swath,
        Some(name) => match swath.find_subcommand(&name) {
            Some(command) => command.clone(),
            None => {
                let names: Vec<&str> = swath.get_subcommands().map(Command::get_name).collect();
                let hint = match swath::nearest(&name, names.iter().copied()) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("the commands are {}", names.join(", ")),
                };
                return Err(Report::with_hint(format!("there is no command \"{name}\""), hint));
            }
        },
    };
    write_text(&rendered(page)?, &Target::Stdout)?;
    Ok(DONE)
}

fn rendered(page: Command) -> Result<String, Report> {
    let mut text = Vec::new();
    let source = concat!("swath ", env!("CARGO_PKG_VERSION"));
    Man::new(page).source(source).render(&mut text).map_err(|error: io::Error| {
        Report::with_hint(
            format!("cannot make the page: {error}"),
            "this should not happen; please report it",
        )
    })?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
