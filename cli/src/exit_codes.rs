//! What the command says to the shell.

/// All statements were answered.
pub const DONE: u8 = 0;
/// A query or its data failed.
pub const FAILED: u8 = 1;
/// The command line is wrong; clap uses the same.
pub const USAGE: u8 = 2;
/// Interrupted: 128 + SIGINT, as shells have it.
pub const INTERRUPTED: u8 = 130;
