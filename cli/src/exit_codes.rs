//! What the command says to the shell.

/// All statements were answered.
pub const DONE: u8 = 0;
/// A query or its data failed.
pub const FAILED: u8 = 1;
/// The command line is wrong; clap uses the same.
pub const USAGE: u8 = 2;
/// A query took longer than `--timeout`: what `timeout(1)` says.
pub const TIMED_OUT: u8 = 124;
/// The terminal is gone: 128 + SIGHUP, as shells have it.
pub const HUNG_UP: u8 = 129;
/// Interrupted: 128 + SIGINT.
pub const INTERRUPTED: u8 = 130;
/// Asked to end: 128 + SIGTERM.
pub const TERMINATED: u8 = 143;
