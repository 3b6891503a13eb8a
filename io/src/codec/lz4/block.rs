//! Blocks: literals and matches in turn.

use super::HISTORY_LEN_BYTES;
use super::error::Damage;
use super::fast;
use super::frame::{BlockHead, FrameHead};
use crate::codec::copy::OVERSHOOT_BYTES;

/// Bytes of a match at least.
pub(super) const LEAST_MATCH_LEN: usize = 4;

/// The length in a token that goes on behind it.
pub(super) const LONG: usize = 15;

/// Decoded bytes of the call at hand.
#[derive(Debug)]
pub(super) struct Output<'a> {
    pub(super) buffer: &'a mut [u8],
    /// Where the next one goes.
    pub(super) at: usize,
    /// Where there is no more room.
    pub(super) end: usize,
    /// The first one that a match may copy. If it is the first of the buffer, the history is in front of it.
    pub(super) floor: usize,
}

impl<'a> Output<'a> {
    pub(super) fn new(buffer: &'a mut [u8]) -> Self {
        Self { end: buffer.len(), buffer, at: 0, floor: 0 }
    }
}

/// Compressed bytes of the call at hand.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) bytes: &'a [u8],
    /// Where the next one is.
    pub(super) at: usize,
}

impl Source<'_> {
    fn next(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }
}

/// What is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    Input,
    Room,
    /// Nothing: the block has ended.
    End,
}

/// Decodes one block after another.
#[derive(Debug)]
pub(super) struct BlockDecoder {
    state: State,
    /// Compressed bytes of the block that have not been used.
    left: usize,
    /// Decoded bytes that it may still have.
    room: usize,
    history: History,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// In front of a sequence.
    Token,
    /// In the length of the literals, which is so much already; the match behind them has this in the token.
    LiteralsLength {
        len: usize,
        match_code: usize,
    },
    Literals {
        left: usize,
        match_code: usize,
    },
    Distance {
        low: Option<u8>,
        match_code: usize,
    },
    MatchLength {
        len: usize,
        distance: usize,
    },
    Match {
        left: usize,
        distance: usize,
    },
}

impl BlockDecoder {
    pub(super) fn new() -> Self {
        Self { state: State::Token, left: 0, room: 0, history: History::new() }
    }

    /// Goes to a new frame.
    pub(super) fn begin_frame(&mut self, output: &mut Output<'_>) {
        self.history.clear();
        output.floor = output.at;
    }

    /// Goes to the next block of a frame.
    pub(super) fn begin(&mut self, frame: FrameHead, block: BlockHead, output: &mut Output<'_>) {
        if frame.is_independent() {
            self.begin_frame(output);
        }
        (self.left, self.room) = (block.len_bytes, frame.max_block_len_bytes());
        self.state = match block.is_plain {
            true => State::Literals { left: block.len_bytes, match_code: 0 },
            false => State::Token,
        };
    }

    /// Keeps what later calls may look back on.
    pub(super) fn keep(&mut self, output: &Output<'_>) {
        self.history.push(&output.buffer[output.floor..output.at]);
    }

    /// Decodes as far as it can. What is decoded in front of damage is in the output.
    ///
    /// # Errors
    /// Bytes that are no block.
    pub(super) fn decode(
        &mut self,
        bytes: &[u8],
        used: &mut usize,
        output: &mut Output<'_>,
    ) -> Result<Pause, Damage> {
        let of_block = &bytes[..bytes.len().min(*used + self.left)];
        let mut source = Source { bytes: of_block, at: *used };
        let (source_start, output_start) = (source.at, output.at);
        let ends = *used + self.left == of_block.len();
        output.end = output.buffer.len().min(output.at + self.room);
        let paused = self.run(&mut source, ends, output);
        *used = source.at;
        self.left -= source.at - source_start;
        self.room -= output.at - output_start;
        match paused? {
            Pause::Input if self.left == 0 => Err(Damage::BlockEnd),
            Pause::Room if output.end < output.buffer.len() => Err(Damage::BlockLength),
            paused => Ok(paused),
        }
    }

    fn run(&mut self, source: &mut Source<'_>, ends: bool, output: &mut Output<'_>) -> Result<Pause, Damage> {
        loop {
            self.state = match self.state {
                State::Token => {
                    fast::decode(source, output, &self.history);
                    let Some(token) = source.next() else { return Ok(Pause::Input) };
                    let (len, match_code) = (usize::from(token >> 4), usize::from(token & 15));
                    match len {
                        LONG => State::LiteralsLength { len, match_code },
                        left => State::Literals { left, match_code },
                    }
                }
                State::LiteralsLength { len, match_code } => match source.next() {
                    None => return Ok(Pause::Input),
                    Some(255) => State::LiteralsLength { len: len + 255, match_code },
                    Some(more) => State::Literals { left: len + usize::from(more), match_code },
                },
                State::Literals { left, match_code } => {
                    let room = &mut output.buffer[output.at..output.end];
                    let len = left.min(room.len()).min(source.bytes.len() - source.at);
                    room[..len].copy_from_slice(&source.bytes[source.at..source.at + len]);
                    let is_full = len == room.len();
                    (source.at, output.at) = (source.at + len, output.at + len);
                    self.state = State::Literals { left: left - len, match_code };
                    match left - len {
                        // The last sequence has no match.
                        0 if ends && source.at == source.bytes.len() => return Ok(Pause::End),
                        0 => State::Distance { low: None, match_code },
                        _ if is_full => return Ok(Pause::Room),
                        _ => return Ok(Pause::Input),
                    }
                }
                State::Distance { low, match_code } => match (low, source.next()) {
                    (_, None) => return Ok(Pause::Input),
                    (None, low) => State::Distance { low, match_code },
                    (Some(low), Some(high)) => {
                        let distance = usize::from(u16::from_le_bytes([low, high]));
                        let len = match_code + LEAST_MATCH_LEN;
                        match match_code {
                            _ if distance == 0 => return Err(Damage::NoDistance),
                            LONG => State::MatchLength { len, distance },
                            _ => State::Match { left: len, distance },
                        }
                    }
                },
                State::MatchLength { len, distance } => match source.next() {
                    None => return Ok(Pause::Input),
                    Some(255) => State::MatchLength { len: len + 255, distance },
                    Some(more) => State::Match { left: len + usize::from(more), distance },
                },
                State::Match { left, distance } => {
                    let left = left - self.copy(distance, left, output)?;
                    if left > 0 {
                        self.state = State::Match { left, distance };
                        return Ok(Pause::Room);
                    }
                    State::Token
                }
            }
        }
    }

    /// Copies a match, or as much of it as there is room for.
    fn copy(&self, distance: usize, len: usize, output: &mut Output<'_>) -> Result<usize, Damage> {
        let end = output.end.min(output.at + len);
        let start = output.at;
        while output.at < end {
            let left = end - output.at;
            let behind_floor = output.at - output.floor;
            let copied = match distance.checked_sub(behind_floor).filter(|back| *back > 0) {
                None => {
                    let from = output.at - distance;
                    let copied = left.min(distance);
                    output.buffer.copy_within(from..from + copied, output.at);
                    copied
                }
                Some(back) => {
                    let from = self.history.back(back).ok_or(Damage::TooFar)?;
                    let copied = left.min(back);
                    output.buffer[output.at..output.at + copied].copy_from_slice(&from[..copied]);
                    copied
                }
            };
            output.at += copied;
        }
        Ok(end - start)
    }
}

/// What stands in front of the output of the call at hand, as far as a match may reach.
#[derive(Debug)]
pub(super) struct History {
    /// Twice as many bytes as are needed, so that few are moved, and behind them those that may be read, whatever they are.
    buffer: Vec<u8>,
    len: usize,
}

impl History {
    fn new() -> Self {
        Self { buffer: vec![0; 2 * HISTORY_LEN_BYTES + OVERSHOOT_BYTES + 1], len: 0 }
    }

    fn clear(&mut self) {
        self.len = 0;
    }

    fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(HISTORY_LEN_BYTES)..];
        if self.len + bytes.len() > 2 * HISTORY_LEN_BYTES {
            let kept = self.len.min(HISTORY_LEN_BYTES - bytes.len());
            self.buffer.copy_within(self.len - kept..self.len, 0);
            self.len = kept;
        }
        self.buffer[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// The last `len` bytes, and [`OVERSHOOT_BYTES`] more that have no meaning; nothing if there are not so many.
    pub(super) fn back(&self, len: usize) -> Option<&[u8]> {
        let from = self.len.checked_sub(len)?;
        Some(&self.buffer[from..self.len + OVERSHOOT_BYTES])
    }
}
