//! Who decodes what, and what comes of it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::find::{Found, Kind, PieceFinder};
use super::resolve::{Job, KnownPiece};
use crate::chunk::{Chunk, ChunkPool};
use crate::codec::GzipFront;
use crate::codec::gzip::{BlockStart, PieceChecksum, PieceEnd, Resolver, SkippedPiece};
use crate::error::Result;
use crate::feed::order::{Damage, Decoded};
use crate::feed::{AHEAD_LEN_BITS, Given, Progress, Room};

/// Chunks whose room a piece that is decoded ahead takes: 2 MiB decoded at most, usually half of that, each byte in two, and as much
/// again that is kept for longer ones.
const CHUNKS_PER_PIECE: u64 = 12;

/// The least compressed bits of a piece: those that decode to more than can be kept are made shorter down to this.
const LEAST_PIECE_LEN_BITS: u64 = 8 * (16 << 10);

/// Bits in front of the length of a stored block, by which its place is told: three, and those that fill a byte.
const STORED_HEAD_BITS: u64 = 10;

/// What workers share.
#[derive(Debug)]
pub(super) struct State {
    /// None while a worker has it.
    front: Option<Box<GzipFront>>,
    /// The front has come to the end of a member, or to where a piece may begin, and waits.
    waits: Option<Wait>,
    /// The front's place, when it was last seen.
    front_bit: u64,
    /// The bit behind the start of the last block that no piece begins with.
    beyond_bit: u64,
    /// Where the search for the next piece goes on.
    search_bit: u64,
    /// Pieces that are decoded ahead, in the order of the file.
    slots: VecDeque<Slot>,
    next_slot: u64,
    piece_len_bits: u64,
    file_len_bits: u64,
    /// Chunks to be resolved, in order.
    jobs: VecDeque<Job>,
    /// Chunks that are being resolved.
    resolving: u64,
    /// The number of the next chunk of the front.
    next_chunk: u64,
    chunk_len: usize,
    /// Decoded bytes to be taken off the front of the file.
    skip: u64,
    /// Compressed bytes that were told of.
    told_bytes: u64,
    /// Which pieces are looked for.
    kind: Kind,
    /// Finders that are not in use.
    spare: Vec<PieceFinder>,
    ended: bool,
}

/// What the front waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// The piece that may begin with this block.
    Piece(BlockStart),
    /// All chunks of the pieces that it has gone past.
    Checksums,
}

/// A piece ahead of the front.
#[derive(Debug)]
struct Slot {
    number: u64,
    from_bit: u64,
    /// None while a worker is at it.
    found: Option<(Box<PieceFinder>, BlockStart, PieceEnd, u8)>,
}

/// What a worker is to do.
#[derive(Debug)]
pub(super) enum Task {
    Front(Box<GzipFront>, u64),
    Find { number: u64, finder: Box<PieceFinder>, from_bit: u64, stop_bit: u64 },
    Resolve(Job),
}

impl Slot {
    /// The first bit at which the block may begin that it begins with.
    fn start_bit(&self) -> u64 {
        let start_bit = self.found.as_ref().map_or(self.from_bit, |(_, start, ..)| start.bit);
        start_bit.saturating_sub(STORED_HEAD_BITS)
    }
}

impl State {
    pub(super) fn new(
        front: GzipFront,
        kind: Kind,
        file_len_bits: u64,
        piece_len_bits: u64,
        skip: u64,
    ) -> Self {
        Self {
            front: Some(Box::new(front)),
            waits: None,
            front_bit: 0,
            beyond_bit: 0,
            search_bit: 0,
            slots: VecDeque::new(),
            next_slot: 0,
            piece_len_bits,
            file_len_bits,
            jobs: VecDeque::new(),
            resolving: 0,
            next_chunk: 0,
            chunk_len: 0,
            skip,
            told_bytes: 0,
            kind,
            spare: Vec::new(),
            ended: false,
        }
    }

    /// Takes something to do: what is in front first.
    pub(super) fn claim(&mut self, room: Room) -> Result<Task, Progress> {
        if let Some(job) = self.jobs.pop_front_if(|job| job.number < room.first_unwanted) {
            self.resolving += 1;
            return Ok(Task::Resolve(job));
        }
        if self.ended {
            let left = !self.jobs.is_empty() || self.resolving > 0;
            return Err(if left { Progress::Busy } else { Progress::Ended });
        }
        if self.next_chunk < room.first_unwanted
            && self.may_go_on()
            && let Some(front) = self.front.take()
        {
            let pause_bit = self.slots.front().map_or(u64::MAX, |slot| slot.start_bit().max(self.beyond_bit));
            return Ok(Task::Front(front, pause_bit));
        }
        let used = self.slots.len() as u64 + self.jobs.len() as u64 / CHUNKS_PER_PIECE;
        if (used + 1) * CHUNKS_PER_PIECE <= room.held.max(CHUNKS_PER_PIECE)
            && let Some(task) = self.claim_piece()
        {
            return Ok(task);
        }
        Err(Progress::Busy)
    }

    /// Whether the front has nothing to wait for.
    fn may_go_on(&self) -> bool {
        match self.waits {
            None => true,
            Some(Wait::Checksums) => self.jobs.is_empty() && self.resolving == 0,
            Some(Wait::Piece(_)) => false,
        }
    }

    /// Makes a slot for another piece, behind the others.
    fn claim_piece(&mut self) -> Option<Task> {
        let behind_front = self.front_bit + self.piece_len_bits;
        let from_bit = self.search_bit.max(behind_front);
        if from_bit >= self.file_len_bits.min(self.front_bit + AHEAD_LEN_BITS) {
            return None;
        }
        let (number, stop_bit) = (self.next_slot, from_bit + self.piece_len_bits);
        self.search_bit = stop_bit;
        self.next_slot += 1;
        self.slots.push_back(Slot { number, from_bit, found: None });
        let finder = Box::new(self.spare.pop().unwrap_or_else(|| PieceFinder::new(self.kind)));
        Some(Task::Find { number, finder, from_bit, stop_bit })
    }

    /// Takes back the front, and what it has decoded.
    pub(super) fn put_front(
        &mut self,
        front: GzipFront,
        mut chunk: Chunk,
        filled: Result<bool>,
        pool: &ChunkPool,
    ) -> Given {
        self.chunk_len = pool.chunk_len();
        let mut given = Given::default();
        let skip = self.skip.min(chunk.bytes().len() as u64);
        chunk.advance(skip as usize);
        self.skip -= skip;
        let (chunk, at_end) = match Damage::of_filled(chunk, filled) {
            Ok(filled) => filled,
            Err(damage) => return self.end(Err(damage), given),
        };
        self.tell(front.offset_bytes(), &mut given);
        if at_end {
            return self.end(Ok((chunk, true)), given);
        }
        let is_empty = chunk.bytes().is_empty();
        if is_empty {
            pool.give_back(chunk);
        } else {
            given.chunks.push((self.next_chunk, Ok((chunk, false))));
            self.next_chunk += 1;
        }
        self.front_bit = 8 * front.offset_bytes();
        self.waits = match front.block() {
            Err(error) => return self.end(Err(error.into()), given),
            Ok(Some(block)) => Some(Wait::Piece(block)),
            Ok(None) if is_empty => {
                // Or the file ends where a block should begin, and no piece does.
                self.slots.clear();
                Some(Wait::Checksums)
            }
            Ok(None) => None,
        };
        self.front = Some(Box::new(front));
        self.go_past_pieces(&mut given);
        given
    }

    /// Takes back a finder, with what it has found.
    pub(super) fn put_piece(&mut self, number: u64, finder: Box<PieceFinder>, found: Found) -> Given {
        let mut given = Given::default();
        let Some(at) = self.slots.iter().position(|slot| slot.number == number) else {
            self.spare.push(*finder);
            return given;
        };
        match found {
            Found::Piece { start, end, end_byte } => {
                self.slots[at].found = Some((finder, start, end, end_byte));
            }
            Found::TooLong | Found::Nothing => {
                self.slots.remove(at);
                self.spare.push(*finder);
                if found == Found::TooLong {
                    self.piece_len_bits = (self.piece_len_bits / 2).max(LEAST_PIECE_LEN_BITS);
                }
            }
        }
        self.go_past_pieces(&mut given);
        given
    }

    /// Takes a chunk of a piece.
    pub(super) fn put_chunk(&mut self, job: Job, resolved: Result<Chunk>) -> Given {
        let mut given = Given::default();
        self.resolving -= 1;
        given.chunks.push((job.number, resolved.map(|chunk| (chunk, false)).map_err(Damage::from)));
        if let Ok(piece) = Arc::try_unwrap(job.piece) {
            self.spare.push(*piece.into_finder());
        }
        given
    }

    /// Lets the front go past the pieces that begin where it stands.
    fn go_past_pieces(&mut self, given: &mut Given) {
        while let Some(Wait::Piece(block)) = self.waits {
            let Some(mut front) = self.front.take() else { break };
            let passed = self.go_past_piece(block, &mut front);
            self.tell(front.offset_bytes(), given);
            self.front_bit = 8 * front.offset_bytes();
            self.front = Some(front);
            match passed {
                Some(next) => self.waits = next.map(Wait::Piece),
                None => break,
            }
        }
    }

    /// Goes past the next piece if it begins with this block; nothing if it is not known yet. Returns the block behind it, if one
    /// is to be waited for.
    fn go_past_piece(&mut self, block: BlockStart, front: &mut GzipFront) -> Option<Option<BlockStart>> {
        while let Some(slot) = self.slots.front() {
            match &slot.found {
                // It may begin with this block.
                None if slot.from_bit <= block.bit => return None,
                Some((_, start, ..)) if *start == block && front.history().is_some() => break,
                Some((_, start, ..)) if start.bit <= block.bit => {}
                _ => {
                    self.beyond_bit = block.bit + 1;
                    return Some(None);
                }
            }
            self.drop_first_slot();
        }
        let Some((finder, _, end, end_byte)) = self.slots.pop_front().and_then(|slot| slot.found) else {
            return Some(None);
        };
        let resolver = Resolver::new(front.history().unwrap_or_default());
        let Ok(history) = finder.piece.history(&resolver) else {
            self.spare.push(*finder);
            return Some(None);
        };
        let checksum = PieceChecksum::default();
        let len_bytes = finder.piece.len() as u64;
        let piece = SkippedPiece { end, end_byte, len_bytes, checksum: PieceChecksum::clone(&checksum) };
        front.skip(&piece, &history);
        let jobs = KnownPiece::new(finder, resolver, checksum).jobs(self.next_chunk, self.chunk_len);
        self.next_chunk += jobs.len() as u64;
        self.jobs.extend(jobs);
        match end {
            PieceEnd::Block(next) => Some(Some(next)),
            _ => Some(None),
        }
    }

    fn drop_first_slot(&mut self) {
        if let Some((finder, ..)) = self.slots.pop_front().and_then(|slot| slot.found) {
            self.spare.push(*finder);
        }
    }

    /// Counts the compressed bytes up to a place.
    fn tell(&mut self, offset_bytes: u64, given: &mut Given) {
        given.compressed_bytes += offset_bytes.saturating_sub(self.told_bytes);
        self.told_bytes = self.told_bytes.max(offset_bytes);
    }

    /// Hands out the last of the file.
    fn end(&mut self, last: Decoded, mut given: Given) -> Given {
        given.chunks.push((self.next_chunk, last));
        self.next_chunk += 1;
        self.ended = true;
        self.slots.clear();
        given
    }
}
