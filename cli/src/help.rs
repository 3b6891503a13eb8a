//! The command line as it is explained: `--help` opens with examples, and `-h` fits a screen.

use clap::builder::Resettable;
use clap::{Command, CommandFactory};

use crate::args::Args;

/// The command line, with all that `--help`, the manual and completions tell of it.
pub fn command() -> Command {
    let swath = Args::command();
    let names: Vec<String> = swath.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let swath = names.into_iter().fold(swath, |swath, name| swath.mut_subcommand(name, opened_with_examples));
    // Of an option that stands twice the last one counts, as an alias may hold the first.
    swath.args_override_self(true).mut_subcommands(|command| command.args_override_self(true))
}

/// What stands behind the options goes before them: who asks for help wants to see how it is done.
fn opened_with_examples(command: Command) -> Command {
    let about = command.get_about().cloned().unwrap_or_default();
    let Some(examples) = command.get_after_long_help().cloned() else { return command };
    command.long_about(format!("{about}\n\n{examples}")).after_long_help(Resettable::Reset)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of a screen.
    const SCREEN: usize = 40;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn short_help_fits_a_screen_and_long_help_opens_with_examples() {
        let mut swath = command();
        swath.build();
        for command in std::iter::once(&swath).chain(swath.get_subcommands()) {
            let name = command.get_name();
            let short = command.clone().term_width(100).render_help().to_string();
            let lines = short.lines().count();
            assert!(lines <= SCREEN, "{name} -h has {lines} lines:\n{short}");
            let long = command.clone().render_long_help().to_string();
            let before = long.find("Usage:").expect("there is a usage");
            assert!(long[..before].contains("\nExamples:\n  "), "{name} --help:\n{long}");
        }
    }
}
