//! gzip (RFC 1952), decoded in memory: no files, no threads, no clock.
//!
//! [`GzipDecoder`] decodes a file of members from any pieces of input straight into the caller's buffer, on top of
//! [`Inflater`], which does so for one DEFLATE stream (RFC 1951). Files are read by way of
//! [`Decompressor`](crate::Decompressor), and by scans, which decode the members of one file with several threads.
//!
//! # One member with several threads
//!
//! A [`Piece`] is decoded from the middle of a member, before what stands in front of it is known; a [`Resolver`] fills in what was
//! unknown, as pugz and rapidgzip do, and the [`GzipDecoder`] goes past it. A piece costs
//! twice the time a byte (airline CSV, level 6: 2.0 s of processor time a GB, 1.0 s from the front), so that by measurements of one thread
//!
//! ```text
//! threads                        1      2      4      8     16
//! from the front           0.8 GB/s   1.0    1.0    1.0    1.0    one decodes, the others scan at 0.27 s a GB
//! in pieces                0.4 GB/s   0.9    1.7    3.4    6.9    if nothing else holds them up
//! ```
//!
//! it pays from three or four idle threads on; scans use it from four threads on.
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
mod checksum;
mod code;
mod code_lengths;
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

pub use checksum::PieceChecksum;
pub use cpu::Cpu;
pub use error::{Damage, GzipError};
pub use finder::{BlockStart, find_block, start_at};
pub use header::{Trailer, bgzf_block_len, find_member, header_len};
pub use inflate::{HISTORY_LEN_BYTES, InflateError, Inflater, Pause, Progress};
pub use marker::Resolver;
pub use member::{GzipDecoder, SkippedPiece};
pub use piece::{Piece, PieceEnd};

#[cfg(test)]
mod tests;
