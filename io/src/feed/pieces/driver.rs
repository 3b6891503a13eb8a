//! Who decodes which piece, and when what was decoded is handed out.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{PieceCodec, PieceDecoder, PieceEnd};
use crate::chunk::{Chunk, ChunkPool};
use crate::error::Result;
use crate::feed::order::{Damage, Decoded};
use crate::feed::{AHEAD_LEN_BITS, Chunks, Given, Look, Next, Progress, Room, summarize};

type Rest<C> = <<C as PieceCodec>::Decoder as PieceDecoder>::Rest;

/// Compressed bits that are searched in one call: 1 MiB, which takes about 0.1 ms, as others wait for the lock meanwhile.
const SEARCH_LEN_BITS: u64 = 8 << 20;

/// The chunks of a file of pieces.
#[derive(Debug)]
pub(in crate::feed) struct Pieces<C: PieceCodec> {
    codec: C,
    /// What a piece has at least: small ones are joined.
    piece_len_bits: u64,
    file_len_bits: u64,
    state: Mutex<State<C>>,
}

#[derive(Debug)]
struct State<C: PieceCodec> {
    /// Pieces on their way, in the order of the file.
    slots: VecDeque<Slot<C::Decoder>>,
    /// The number of the next slot.
    next_slot: u64,
    /// Where the search for the next piece goes on.
    search_bit: u64,
    /// The number of the next chunk that is handed out.
    next_chunk: u64,
    /// Chunks that wait for others, and those that are being decoded.
    held: u64,
    /// Decoded bytes to be taken off the front of the file.
    skip: u64,
    /// Decoded bytes of the pieces that are done with.
    decoded_bytes: u64,
    sums: C::Sums,
    /// Decoders that are not in use.
    spare: Vec<C::Decoder>,
    ended: bool,
}

/// A piece on its way.
#[derive(Debug)]
struct Slot<D: PieceDecoder> {
    number: u64,
    start_bit: u64,
    stop_bit: u64,
    stage: Stage<D>,
    /// Decoded, and not handed out.
    chunks: VecDeque<Chunk>,
    /// What is in front of where it cannot be decoded further.
    front_of_damage: Option<Chunk>,
    decoded_bytes: u64,
}

#[derive(Debug)]
enum Stage<D: PieceDecoder> {
    /// Nothing is decoded yet.
    Found,
    /// A worker is at it.
    Busy,
    /// There is more to decode.
    Paused(D),
    /// All is decoded, or cannot be.
    Done(Result<PieceEnd<D::Rest>>),
}

impl<C: PieceCodec> Pieces<C> {
    /// A file from its start on, but for the first `skip` of the decoded bytes.
    pub(in crate::feed) fn new(codec: C, file_len_bytes: u64, piece_len_bytes: u64, skip: u64) -> Self {
        let piece_len_bits = 8 * piece_len_bytes.max(1);
        let mut state = State {
            slots: VecDeque::new(),
            next_slot: 0,
            search_bit: 0,
            next_chunk: 0,
            held: 0,
            skip,
            decoded_bytes: 0,
            sums: C::Sums::default(),
            spare: Vec::new(),
            ended: false,
        };
        state.go_on_at(0, piece_len_bits);
        Self { codec, piece_len_bits, file_len_bits: 8 * file_len_bytes, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        self.state().held
    }

    /// Takes a piece to decode a chunk of: the number of its slot, and its decoder.
    pub(super) fn claim(&self, room: Room) -> Result<(u64, C::Decoder), Progress> {
        let room = Room { held: C::HELD_FACTOR * room.held, ..room };
        let mut state = self.state();
        if state.ended {
            return Err(Progress::Ended);
        }
        let in_order = state.next_chunk < room.first_unwanted;
        let ahead = state.held < room.held;
        let idle = |slot: &Slot<_>| matches!(slot.stage, Stage::Found | Stage::Paused(_));
        let allowed = |place: usize| if place == 0 { in_order } else { ahead };
        let found = state.slots.iter().enumerate().position(|(place, slot)| allowed(place) && idle(slot));
        let place = match found {
            None if ahead => self.search(&mut state, room),
            found => found,
        };
        let Some(place) = place else { return Err(Progress::Busy) };
        state.held += 1;
        let slot = &mut state.slots[place];
        let (number, start_bit, stop_bit) = (slot.number, slot.start_bit, slot.stop_bit);
        if let Stage::Paused(decoder) = std::mem::replace(&mut slot.stage, Stage::Busy) {
            return Ok((number, decoder));
        }
        let spare = state.spare.pop();
        drop(state);
        let mut decoder = spare.unwrap_or_else(|| self.codec.decoder());
        decoder.begin(start_bit, stop_bit);
        Ok((number, decoder))
    }

    /// Looks for another piece behind those that were found.
    fn search(&self, state: &mut State<C>, room: Room) -> Option<usize> {
        let ahead_bit = state.slots.front()?.start_bit + AHEAD_LEN_BITS;
        let from_bit = state.search_bit;
        let until_bit = self.file_len_bits.min(ahead_bit).min(from_bit + SEARCH_LEN_BITS);
        if from_bit >= until_bit || state.slots.len() as u64 >= room.held {
            return None;
        }
        // Who decodes in order meets an error of reading in its place.
        let Ok(Some(start_bit)) = self.codec.find(from_bit, until_bit) else {
            state.search_bit = until_bit;
            return None;
        };
        state.search_bit = start_bit + self.piece_len_bits;
        let slot = state.slot(start_bit, state.search_bit);
        state.slots.push_back(slot);
        Some(state.slots.len() - 1)
    }

    /// Puts what was decoded of a piece into its slot, and hands out what can be.
    pub(super) fn put(
        &self,
        number: u64,
        decoder: C::Decoder,
        chunk: Chunk,
        decoded: Result<Option<PieceEnd<Rest<C>>>>,
        pool: &ChunkPool,
    ) -> Given {
        let state = &mut *self.state();
        state.held -= 1;
        let Some(slot) = state.slots.iter_mut().find(|slot| slot.number == number) else {
            // No piece of the file began there, or no more of the file is wanted.
            pool.give_back(chunk);
            state.spare.push(decoder);
            return Given::default();
        };
        slot.decoded_bytes += chunk.bytes().len() as u64;
        if chunk.bytes().is_empty() {
            pool.give_back(chunk);
        } else if decoded.is_err() {
            slot.front_of_damage = Some(chunk);
        } else {
            slot.chunks.push_back(chunk);
            state.held += 1;
        }
        slot.stage = match decoded.transpose() {
            None => Stage::Paused(decoder),
            Some(done) => {
                state.spare.push(decoder);
                Stage::Done(done)
            }
        };
        self.hand_out(state, pool)
    }

    /// Hands out chunks of the piece that is next in order, and goes on to the one behind it if it is done.
    fn hand_out(&self, state: &mut State<C>, pool: &ChunkPool) -> Given {
        let mut given = Given::default();
        while let Some(front) = state.slots.front_mut() {
            let chunks = std::mem::take(&mut front.chunks);
            state.held -= chunks.len() as u64;
            for mut chunk in chunks {
                self.codec.pass(&mut state.sums, chunk.bytes());
                state.take_skipped(&mut chunk);
                state.hand_out(Ok((chunk, false)), &mut given);
            }
            let Some(slot) = state.slots.pop_front_if(|front| matches!(front.stage, Stage::Done(_))) else {
                break;
            };
            let Stage::Done(done) = slot.stage else { unreachable!("the slot is done") };
            let joined = done.and_then(|end| {
                self.codec.join(&mut state.sums, end.rest)?;
                let end_bit = end.next_bit.unwrap_or(self.file_len_bits);
                given.compressed_bytes += end_bit.saturating_sub(slot.start_bit) / 8;
                Ok(end.next_bit)
            });
            let wrong = match joined {
                Ok(Some(next_bit)) => state.go_on_at(next_bit, self.piece_len_bits),
                Ok(None) => state.end(Ok((pool.chunk(), true)), &mut given),
                Err(error) => {
                    let mut front = slot.front_of_damage;
                    front.iter_mut().for_each(|front| state.take_skipped(front));
                    state.end(Err(Damage { error: error.behind(state.decoded_bytes), front }), &mut given)
                }
            };
            wrong.into_iter().for_each(|chunk| pool.give_back(chunk));
            state.decoded_bytes += slot.decoded_bytes;
        }
        given
    }
}

impl<C: PieceCodec> State<C> {
    fn slot(&mut self, start_bit: u64, stop_bit: u64) -> Slot<C::Decoder> {
        let number = self.next_slot;
        self.next_slot += 1;
        Slot {
            number,
            start_bit,
            stop_bit,
            stage: Stage::Found,
            chunks: VecDeque::new(),
            front_of_damage: None,
            decoded_bytes: 0,
        }
    }

    /// Takes off what of a chunk belongs to the head of the file that nobody wants.
    fn take_skipped(&mut self, chunk: &mut Chunk) {
        let skip = self.skip.min(chunk.bytes().len() as u64);
        chunk.advance(skip as usize);
        self.skip -= skip;
    }

    fn hand_out(&mut self, decoded: Decoded, given: &mut Given) {
        given.chunks.push((self.next_chunk, decoded));
        self.next_chunk += 1;
    }

    /// Makes the piece that begins at this bit the next one in order. Those found in front of it are none: gives what was decoded
    /// of them.
    fn go_on_at(&mut self, start_bit: u64, piece_len_bits: u64) -> Vec<Chunk> {
        let wrong = self.drop_slots(|slot| slot.start_bit < start_bit);
        let found_bit = self.slots.front().map(|slot| slot.start_bit);
        if found_bit != Some(start_bit) {
            let stop_bit = found_bit.unwrap_or(start_bit + piece_len_bits);
            self.search_bit = self.search_bit.max(stop_bit);
            let slot = self.slot(start_bit, stop_bit);
            self.slots.push_front(slot);
        }
        wrong
    }

    /// Hands out the last of the file.
    fn end(&mut self, last: Decoded, given: &mut Given) -> Vec<Chunk> {
        self.hand_out(last, given);
        self.ended = true;
        self.drop_slots(|_| true)
    }

    /// Drops slots from the front on.
    fn drop_slots(&mut self, wrong: impl Fn(&Slot<C::Decoder>) -> bool) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        while let Some(slot) = self.slots.pop_front_if(|slot| wrong(slot)) {
            chunks.extend(slot.chunks);
        }
        self.held -= chunks.len() as u64;
        chunks
    }
}

impl<C: PieceCodec> Chunks for Pieces<C> {
    fn next(&self, room: Room, pool: &ChunkPool, look: Option<Look>) -> Next {
        let (number, mut decoder) = self.claim(room)?;
        let mut chunk = pool.chunk();
        let decoded = decoder.decode(&mut chunk);
        summarize(&mut chunk, look);
        Ok(self.put(number, decoder, chunk, decoded, pool))
    }

    fn is_splittable(&self) -> bool {
        true
    }
}
