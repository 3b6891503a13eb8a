//! Blocks of a file that can be decoded alone, found by the lengths in front of them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::Damage;
use super::frame::{BlockHead, FLAGS_END_BYTES, FrameHead, LEAST_HEAD_LEN_BYTES, MAX_HEAD_LEN_BYTES, Sum};
use super::{MAGIC, WORD_LEN_BYTES};
use crate::codec::members::is_skippable;
use crate::file_range::FileRange;

/// The blocks of a file whose first frame has several that are independent.
///
/// Parts of the file that can be decoded alone begin with a block or with a frame. Where they do is known by going from length to
/// length, so nothing is found that is none, unless a length is damaged.
#[derive(Debug)]
pub(crate) struct Lz4Blocks {
    file: Arc<File>,
    file_len_bytes: u64,
    places: Mutex<Places>,
}

#[derive(Debug)]
struct Places {
    /// How far the file has been looked at; nothing if it cannot be understood there, or ends.
    next: Option<Place>,
    /// The frames of the blocks at which parts begin, by the place of the block.
    frames: BTreeMap<u64, FrameHead>,
}

/// Where a block, or the end of a frame, begins.
#[derive(Debug, Clone, Copy)]
struct Place {
    at_bytes: u64,
    /// The frame it is in; nothing behind a frame.
    frame: Option<FrameHead>,
}

impl Place {
    /// Whether a part may begin here.
    fn is_start(self) -> bool {
        self.frame.is_none_or(is_split)
    }
}

/// Whether blocks of such a frame can be decoded alone.
fn is_split(frame: FrameHead) -> bool {
    frame.is_independent() && !frame.has_dictionary()
}

/// What is decoded alone.
pub(crate) enum Lz4Part {
    /// Some blocks of one frame, as a frame.
    Blocks(SomeBlocks),
    /// Whatever begins here.
    Other,
}

/// Some blocks of one frame.
pub(crate) struct SomeBlocks {
    /// They are made a frame of their own, which has no sum of its content.
    pub(crate) reader: Box<dyn Read + Send>,
    /// Where in the file that frame would begin.
    pub(crate) start_bytes: u64,
    /// Whether their frame begins with them.
    pub(crate) is_first: bool,
    /// Where the next block or frame begins. Nothing if that cannot be told, as something is damaged or missing.
    pub(crate) next_bytes: Option<u64>,
    /// The end of their frame, if it is behind them.
    pub(crate) end: Option<FrameEnd>,
}

/// What a frame says of its content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameEnd {
    len_bytes: Option<u64>,
    checksum: Option<Stored>,
    /// Where it ends.
    pub(crate) offset_bytes: u64,
}

#[derive(Debug, Clone, Copy)]
enum Stored {
    Checksum(u32),
    /// The file ends in it.
    Cut,
}

/// What was decoded of a frame, in order.
#[derive(Debug, Default)]
pub(crate) struct FrameSums(Sum);

/// Why the content of a frame is not what the frame says.
#[derive(Debug)]
pub(crate) enum FrameFailure {
    Truncated,
    Damaged(io::Error),
}

impl FrameSums {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.add(bytes);
    }

    /// The frame has ended, and was checked when it was decoded.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// The frame has ended.
    ///
    /// # Errors
    /// Its checksum or its length are others, or missing.
    pub(crate) fn end(&mut self, end: FrameEnd) -> Result<(), FrameFailure> {
        let content = std::mem::take(&mut self.0);
        let damaged = |damage: Damage| Err(FrameFailure::Damaged(damage.into()));
        if end.len_bytes.is_some_and(|len| len != content.len_bytes()) {
            return damaged(Damage::Length);
        }
        match end.checksum {
            Some(Stored::Cut) => Err(FrameFailure::Truncated),
            Some(Stored::Checksum(checksum)) if checksum != content.checksum() => damaged(Damage::Checksum),
            _ => Ok(()),
        }
    }
}

impl Lz4Blocks {
    /// Nothing if the first frame has not several blocks that can be decoded alone.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn of_file(file: &Arc<File>, file_len_bytes: u64) -> io::Result<Option<Self>> {
        let start = Place { at_bytes: 0, frame: None };
        let places = Places { next: Some(start), frames: BTreeMap::new() };
        let blocks = Self { file: Arc::clone(file), file_len_bytes, places: Mutex::new(places) };
        let second = blocks.behind(start)?.filter(|place| place.frame.is_some_and(is_split));
        let Some(second) = second else { return Ok(None) };
        // Behind a second block the frame still goes on.
        let third = blocks.behind(second)?.filter(|place| place.frame.is_some());
        Ok(third.map(|_| blocks))
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the first part begins from one place on and in front of another. Places are asked for in order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn find(&self, from_bytes: u64, until_bytes: u64) -> io::Result<Option<u64>> {
        let mut places = self.places();
        while let Some(place) = places.next.filter(|place| place.at_bytes < until_bytes) {
            if place.at_bytes >= from_bytes && place.is_start() {
                places.add(place);
                return Ok(Some(place.at_bytes));
            }
            places.next = self.behind(place)?;
        }
        Ok(None)
    }

    /// The part that begins at a place that was found, at the end of another part, or at the start of the file, up to the first
    /// end of a block at or behind `stop_bytes`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn part(&self, start_bytes: u64, stop_bytes: u64) -> io::Result<Lz4Part> {
        let known = self.places().frames.get(&start_bytes).copied();
        let (first_bytes, frame) = match known {
            Some(frame) => (start_bytes, frame),
            None => match self.frame_at(start_bytes)?.filter(|(_, frame)| is_split(*frame)) {
                Some(begun) => begun,
                None => return Ok(Lz4Part::Other),
            },
        };
        let mut place = Place { at_bytes: first_bytes, frame: Some(frame) };
        let end_bytes = loop {
            match self.behind(place)? {
                // What cannot be understood is for the decoder to tell.
                None => break None,
                Some(next) if next.frame.is_none() || next.at_bytes >= stop_bytes => {
                    let blocks_end_bytes = if next.frame.is_none() { place.at_bytes } else { next.at_bytes };
                    place = next;
                    break Some(blocks_end_bytes);
                }
                Some(next) => place = next,
            }
        };
        let head = Cursor::new(frame.of_some_blocks());
        let mut part = SomeBlocks {
            reader: Box::new(io::empty()),
            start_bytes: first_bytes - LEAST_HEAD_LEN_BYTES as u64,
            is_first: known.is_none(),
            next_bytes: None,
            end: None,
        };
        let Some(end_bytes) = end_bytes else {
            part.reader = Box::new(head.chain(FileRange::to_end(&self.file, first_bytes)));
            return Ok(Lz4Part::Blocks(part));
        };
        let blocks = FileRange::new(&self.file, first_bytes, end_bytes).take(end_bytes - first_bytes);
        part.reader = Box::new(head.chain(blocks).chain(Cursor::new([0; WORD_LEN_BYTES])));
        part.next_bytes = Some(place.at_bytes);
        match place.frame {
            Some(_) => self.places().add(place),
            None => part.end = Some(self.end_of(frame, place.at_bytes)?),
        }
        Ok(Lz4Part::Blocks(part))
    }

    /// No part begins any more in front of this place.
    pub(crate) fn pass(&self, until_bytes: u64) {
        let mut places = self.places();
        places.frames = places.frames.split_off(&until_bytes);
    }

    /// What a frame says of its content, which ends at this place.
    fn end_of(&self, frame: FrameHead, offset_bytes: u64) -> io::Result<FrameEnd> {
        let checksum = match frame.has_content_checksum() {
            true => {
                let stored = self.word_at(offset_bytes - WORD_LEN_BYTES as u64)?;
                Some(stored.map_or(Stored::Cut, |word| Stored::Checksum(u32::from_le_bytes(word))))
            }
            false => None,
        };
        Ok(FrameEnd { len_bytes: frame.content_len_bytes, checksum, offset_bytes })
    }

    /// The place behind a block or a frame, or behind the first block of a frame. Nothing where that cannot be told.
    fn behind(&self, place: Place) -> io::Result<Option<Place>> {
        let at_bytes = place.at_bytes;
        let Some(frame) = place.frame else {
            if let Some((first_bytes, frame)) = self.frame_at(at_bytes)? {
                return self.behind(Place { at_bytes: first_bytes, frame: Some(frame) });
            }
            return self.behind_skipped(at_bytes);
        };
        let Some(word) = self.word_at(at_bytes)? else { return Ok(None) };
        let behind_word = at_bytes + WORD_LEN_BYTES as u64;
        Ok(match BlockHead::parse(word, frame) {
            Err(_) => None,
            Ok(Some(block)) => {
                let len_bytes = (block.len_bytes + frame.block_foot_len_bytes()) as u64;
                let behind = Place { at_bytes: behind_word + len_bytes, frame: Some(frame) };
                Some(behind).filter(|behind| behind.at_bytes <= self.file_len_bytes)
            }
            Ok(None) => {
                let checksum_len_bytes = if frame.has_content_checksum() { WORD_LEN_BYTES as u64 } else { 0 };
                Some(Place { at_bytes: behind_word + checksum_len_bytes, frame: None })
            }
        })
    }

    /// The place behind a frame that is to be skipped, if one begins here.
    fn behind_skipped(&self, at_bytes: u64) -> io::Result<Option<Place>> {
        let Some(_) = self.word_at(at_bytes)?.filter(|word| is_skippable(word)) else { return Ok(None) };
        let Some(len) = self.word_at(at_bytes + WORD_LEN_BYTES as u64)? else { return Ok(None) };
        let len_bytes = 2 * WORD_LEN_BYTES as u64 + u64::from(u32::from_le_bytes(len));
        Ok(Some(Place { at_bytes: at_bytes + len_bytes, frame: None }))
    }

    /// The head of the frame that begins here, if one does, and the place of its first block.
    fn frame_at(&self, at_bytes: u64) -> io::Result<Option<(u64, FrameHead)>> {
        let mut head = Vec::new();
        FileRange::read_all(&self.file, at_bytes, at_bytes + MAX_HEAD_LEN_BYTES as u64, &mut head)?;
        if !head.starts_with(&MAGIC.to_le_bytes()) || head.len() < FLAGS_END_BYTES {
            return Ok(None);
        }
        let len = FrameHead::len(head[FLAGS_END_BYTES - 1]);
        let frame = head.get(..len).and_then(|head| FrameHead::parse(head).ok());
        Ok(frame.map(|frame| (at_bytes + len as u64, frame)))
    }

    fn word_at(&self, at_bytes: u64) -> io::Result<Option<[u8; WORD_LEN_BYTES]>> {
        let mut word = [0; WORD_LEN_BYTES];
        match self.file.read_exact_at(&mut word, at_bytes) {
            Ok(()) => Ok(Some(word)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Places {
    fn add(&mut self, place: Place) {
        if let Some(frame) = place.frame {
            self.frames.insert(place.at_bytes, frame);
        }
    }
}
