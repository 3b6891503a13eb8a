//! Decoding of damaged files: what is whole comes out, and what is lost is told.
//!
//! ```text
//! file      | whole | damaged | whole …
//! decoded   | bytes |   gap   | bytes …     Loss: where, how much, why
//! ```
//!
//! A file is decoded from its start to its end. Where that fails, the next place is searched for that a part of the file begins with
//! which can be decoded alone, and that part is tried: what only looks like one costs time, and nothing comes out of it.
//!
//! | codec | parts | what comes out of a damaged part |
//! | --- | --- | --- |
//! | bzip2 | blocks | nothing: each has a checksum, and is given when it holds |
//! | gzip, BGZF | members that tell their length, of 64 KiB or less | nothing, in the same way |
//! | gzip, other | members | what was decoded in front of the place where decoding failed; all if only the checksum is wrong |
//! | zstd, lz4 | frames | what was decoded in front of the place where decoding failed |
//! | xz | streams, and their blocks if they tell their lengths | the same |
//!
//! What comes out of a damaged part is not checked by anything, which is told with the loss.

mod blocks;
mod member;
mod members;

use std::io;
use std::path::{Path, PathBuf};

use blocks::Blocks;
use members::Members;

use super::Codec;
use super::input::Input;
use crate::losses::{Loss, Losses};

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// So many bytes.
    Bytes(usize),
    /// Something is lost here: what follows does not belong to what was in front.
    Gap,
    /// Nothing.
    End {
        /// Where something begins that follows the last part and is none.
        trailing_offset_bytes: Option<u64>,
    },
}

/// Decodes a file past its damage.
#[derive(Debug)]
pub(super) struct Salvage {
    parts: Parts,
    report: Report,
}

#[derive(Debug)]
enum Parts {
    Blocks(Box<Blocks>),
    Members(Box<Members>),
}

impl Salvage {
    /// From the head of a file on. Losses are told to `losses`.
    pub(super) fn new(path: &Path, codec: Codec, losses: &Losses) -> Self {
        let parts = match codec {
            Codec::Bzip2 => Parts::Blocks(Box::new(Blocks::new())),
            _ => Parts::Members(Box::new(Members::new(codec))),
        };
        Self {
            parts,
            report: Report { path: path.to_owned(), codec, losses: losses.clone(), decoded_bytes: 0 },
        }
    }

    /// Decodes the next bytes; none only if there is no room.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn read(&mut self, input: &mut Input, out: &mut [u8]) -> io::Result<Step> {
        match &mut self.parts {
            Parts::Blocks(blocks) => blocks.read(input, out, &mut self.report),
            Parts::Members(members) => members.read(input, out, &mut self.report),
        }
    }
}

/// Tells what is lost.
#[derive(Debug)]
struct Report {
    path: PathBuf,
    codec: Codec,
    losses: Losses,
    /// Bytes that came out.
    decoded_bytes: u64,
}

/// A part that cannot be decoded, as far as it is known before the next one is found.
#[derive(Debug, Clone)]
struct Broken {
    /// The number of the part, and of the last one that was lost with it.
    first_unit: u64,
    last_unit: u64,
    /// The compressed byte from which on nothing came out.
    start_bytes: u64,
    /// Decoded bytes of it that came out.
    unchecked_bytes: u64,
    what: String,
}

impl Report {
    /// Nothing came out from where the part broke up to a compressed byte; so many bytes would have, if the format tells.
    fn lose(&self, broken: &Broken, end_bytes: u64, lost_bytes: Option<u64>) {
        self.add(broken, end_bytes, |loss| loss.lost_bytes = lost_bytes);
    }

    /// Nothing came out from where the part broke up to the end of the file.
    fn lose_rest(&self, broken: &Broken, end_bytes: u64) {
        self.add(broken, end_bytes, |loss| loss.at_end = true);
    }

    /// All came out up to where the part ends, and cannot be right.
    fn doubt(&self, broken: &Broken) {
        self.add(broken, broken.start_bytes, |loss| loss.is_gap = false);
    }

    fn add(&self, broken: &Broken, end_bytes: u64, change: impl FnOnce(&mut Loss)) {
        let Broken { first_unit, last_unit, start_bytes, unchecked_bytes, what } = broken.clone();
        let mut loss = Loss {
            path: self.path.clone(),
            codec: self.codec,
            first_unit,
            last_unit,
            start_bytes: start_bytes.min(end_bytes),
            end_bytes,
            at_end: false,
            is_gap: true,
            decoded_bytes: self.decoded_bytes,
            lost_bytes: None,
            unchecked_bytes,
            what,
        };
        change(&mut loss);
        self.losses.add(loss);
    }
}

/// Gives bytes that wait in a buffer from `start` on.
fn give(buffer: &[u8], start: &mut usize, out: &mut [u8], report: &mut Report) -> Step {
    let len = out.len().min(buffer.len() - *start);
    out[..len].copy_from_slice(&buffer[*start..*start + len]);
    *start += len;
    report.decoded_bytes += len as u64;
    Step::Bytes(len)
}

#[cfg(test)]
mod tests;
