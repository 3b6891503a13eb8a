//! `swath completions`: what shells need to complete the command line.

use clap_complete::Shell;

use super::answer::write_text;
use crate::exit_codes::DONE;
use crate::help;
use crate::report::Report;
use crate::sink::Target;

const EXAMPLES: &str = "\
Examples:
  swath completions bash > ~/.local/share/bash-completion/completions/swath
  swath completions zsh > ~/.zfunc/_swath
  swath completions fish > ~/.config/fish/completions/swath.fish";

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints them.
pub fn completions(args: &CompletionsArgs) -> Result<u8, Report> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut help::command(), "swath", &mut script);
    write_text(&String::from_utf8_lossy(&script), &Target::Stdout)?;
    Ok(DONE)
}
