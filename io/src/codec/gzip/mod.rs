//! gzip (RFC 1952), decoded in memory: no files, no threads, no clock.
//!
//! [`GzipDecoder`] decodes a file of members from any pieces of input straight into the caller's buffer, on top of
//! [`Inflater`], which does so for one DEFLATE stream (RFC 1951).
//!
//! ```
//! use swath_io::codec::gzip::{Cpu, GzipDecoder, Pause};
//!
//! # use std::io::Write;
//! # let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
//! # encoder.write_all(b"Dest,DepDelay\n").unwrap();
//! # let file = encoder.finish().unwrap();
//! let mut decoder = GzipDecoder::new(Cpu::detect());
//! let mut buffer = vec![0; 1 << 16];
//! let progress = decoder.decode(&file, true, &mut buffer, 0)?;
//! assert_eq!(progress.state, Pause::End);
//! assert_eq!(&buffer[..progress.written], b"Dest,DepDelay\n");
//! # Ok::<(), swath_io::codec::gzip::GzipError>(())
//! ```

mod bits;
mod code;
mod code_lengths;
mod copy;
mod cpu;
mod entries;
mod error;
mod fast;
mod finder;
mod header;
mod inflate;
mod marker;
mod member;
mod piece;
mod tables;

pub use cpu::Cpu;
pub use error::{Damage, GzipError};
pub use finder::{BlockStart, find_block};
pub use header::{Trailer, bgzf_block_len, find_member, header_len};
pub use inflate::{HISTORY_LEN_BYTES, InflateError, Inflater, Pause, Progress};
pub use marker::Resolver;
pub use member::GzipDecoder;
pub use piece::{Piece, PieceEnd};

#[cfg(test)]
mod tests;
