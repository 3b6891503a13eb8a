//! Blocks of bzip2, each of which has a checksum: one is given when it is known to be right.

use std::io;

use super::super::MAGIC_LEN_BYTES;
use super::super::bzip2::{
    BlockDecoder, BlockError, Finder, MAX_BLOCK_LEN_BYTES, MarkerKind, STREAM_HEAD_LEN_BYTES, StreamEnd,
    combine_crc, is_stream_end, stream_level,
};
use super::super::bzip2_stream::{MORE_LEN_BYTES, MOST_BLOCKS_LEN_BYTES};
use super::super::input::Input;
use super::{Broken, Report, Step, give};

/// Compressed bytes that are searched at once.
const SEARCH_STEP_BYTES: usize = 64 << 10;

/// Bytes that a marker at any bit lies in.
const MARKER_LEN_BYTES: usize = 7;

/// Bytes of text that are decoded at once, and that the memory for text keeps: most blocks have fewer.
const TEXT_STEP_BYTES: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct Blocks {
    decoder: BlockDecoder,
    place: Place,
    /// The text of a block that is right; given up to `text_start`. Up to 46 MB, where a block is made of long runs.
    text: Vec<u8>,
    text_start: usize,
    /// A gap is in front of the text.
    gap: bool,
    /// Blocks that were met.
    blocks: u64,
    /// What is known of the stream at hand.
    stream: Stream,
}

#[derive(Debug)]
enum Place {
    /// At the head of the file or behind a stream.
    Between,
    /// In a stream, at this bit of the file.
    Stream {
        bit: u64,
    },
    /// The next part is looked for from this bit of the file on.
    Search {
        broken: Broken,
        bit: u64,
    },
    End {
        trailing_offset_bytes: Option<u64>,
    },
}

#[derive(Debug, Clone, Copy)]
struct Stream {
    max_block_len_bytes: u32,
    /// The checksum of all blocks so far, if none was lost.
    crc: Option<u32>,
}

impl Stream {
    /// A stream of which the head, or a block, is lost.
    const UNKNOWN: Self = Self { max_block_len_bytes: MAX_BLOCK_LEN_BYTES as u32, crc: None };
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self {
            decoder: BlockDecoder::new(),
            place: Place::Between,
            text: Vec::new(),
            text_start: 0,
            gap: false,
            blocks: 0,
            stream: Stream::UNKNOWN,
        }
    }

    pub(super) fn read(
        &mut self,
        input: &mut Input,
        out: &mut [u8],
        report: &mut Report,
    ) -> io::Result<Step> {
        loop {
            if std::mem::take(&mut self.gap) {
                return Ok(Step::Gap);
            }
            if self.text_start < self.text.len() {
                return Ok(give(&self.text, &mut self.text_start, out, report));
            }
            self.place = match std::mem::replace(&mut self.place, Place::Between) {
                Place::Between => self.next_stream(input)?,
                Place::Stream { bit } => self.next_block(input, bit, report)?,
                Place::Search { broken, bit } => self.search(input, broken, bit, report)?,
                Place::End { trailing_offset_bytes } => {
                    self.place = Place::End { trailing_offset_bytes };
                    return Ok(Step::End { trailing_offset_bytes });
                }
            };
        }
    }

    fn next_stream(&mut self, input: &mut Input) -> io::Result<Place> {
        if input.offset_bytes() > 0 {
            input.pass_zeros(MAGIC_LEN_BYTES)?;
        }
        input.fill_to(MAGIC_LEN_BYTES)?;
        let at = input.offset_bytes();
        if input.available().is_empty() {
            return Ok(Place::End { trailing_offset_bytes: None });
        }
        let Some(level) = stream_level(input.available()) else {
            let what = "not the head of a stream".to_owned();
            let unit = self.blocks + 1;
            let broken =
                Broken { first_unit: unit, last_unit: unit, start_bytes: at, unchecked_bytes: 0, what };
            self.stream = Stream::UNKNOWN;
            return Ok(Place::Search { broken, bit: 8 * at });
        };
        self.stream = Stream { max_block_len_bytes: level * 100_000, crc: Some(0) };
        Ok(Place::Stream { bit: 8 * (at + STREAM_HEAD_LEN_BYTES as u64) })
    }

    fn next_block(&mut self, input: &mut Input, bit: u64, report: &Report) -> io::Result<Place> {
        input.go_to(bit / 8);
        input.fill_to(MARKER_LEN_BYTES + 4)?;
        if is_stream_end(input.available(), bit % 8) {
            return Ok(self.end_stream(input, bit, report));
        }
        match self.decode(input, bit)? {
            Ok(end_bit) => Ok(Place::Stream { bit: end_bit }),
            Err(what) => {
                let unit = self.blocks;
                let broken = Broken {
                    first_unit: unit,
                    last_unit: unit,
                    start_bytes: bit / 8,
                    unchecked_bytes: 0,
                    what,
                };
                // Behind it may be the blocks of another stream, of any level.
                self.stream = Stream::UNKNOWN;
                Ok(Place::Search { broken, bit: bit + 1 })
            }
        }
    }

    /// Passes the end of a stream, and compares its checksum with that of its blocks.
    fn end_stream(&mut self, input: &mut Input, bit: u64, report: &Report) -> Place {
        let unit = self.blocks;
        let broken = |what: String| Broken {
            first_unit: unit,
            last_unit: unit,
            start_bytes: bit / 8,
            unchecked_bytes: 0,
            what,
        };
        let end = match StreamEnd::read(input.available(), bit % 8) {
            Ok(end) => end,
            Err(error) => {
                self.stream = Stream::UNKNOWN;
                return Place::Search { broken: broken(error.to_string()), bit: bit + 1 };
            }
        };
        input.consume(end.end_byte);
        if let Some(computed) = self.stream.crc.filter(|crc| *crc != end.crc) {
            let what = format!(
                "the stream's checksum is {:08x} and that of its blocks {computed:08x}, although each of them is right: one may \
                 be missing",
                end.crc
            );
            let at = input.offset_bytes();
            report.doubt(&Broken { start_bytes: at, ..broken(what) });
        }
        Place::Between
    }

    /// Decodes the block at a bit, if it is right, and gives where it ends, or else what is wrong with it.
    fn decode(&mut self, input: &mut Input, bit: u64) -> io::Result<Result<u64, String>> {
        input.go_to(bit / 8);
        self.blocks += 1;
        let mut wanted = MOST_BLOCKS_LEN_BYTES;
        let end = loop {
            input.fill_to(wanted)?;
            let available = input.available();
            match self.decoder.decode(available, bit % 8) {
                Err(BlockError::Truncated { .. }) if !input.at_end() => {
                    wanted = available.len() + MORE_LEN_BYTES
                }
                Err(BlockError::Truncated { .. }) => return Ok(Err("the file ends in it".to_owned())),
                Err(BlockError::Damaged { damage, .. }) => return Ok(Err(damage.to_string())),
                Ok(end) => break end,
            }
        };
        if end.len_bytes > self.stream.max_block_len_bytes {
            return Ok(Err("it is too long for the level of the stream".to_owned()));
        }
        if let Err(error) = self.read_text() {
            self.text.clear();
            let what = match error {
                BlockError::Damaged { damage, .. } => damage.to_string(),
                error @ BlockError::Truncated { .. } => error.to_string(),
            };
            return Ok(Err(what));
        }
        self.stream.crc = self.stream.crc.map(|crc| combine_crc(crc, end.crc));
        Ok(Ok(bit - bit % 8 + end.end_bit))
    }

    /// Reads all of a block's text, as its last byte is not known to be right before.
    fn read_text(&mut self) -> Result<(), BlockError> {
        self.text.clear();
        self.text.shrink_to(TEXT_STEP_BYTES);
        self.text_start = 0;
        loop {
            let start = self.text.len();
            self.text.resize(start + TEXT_STEP_BYTES, 0);
            let len = self.decoder.read(&mut self.text[start..])?;
            self.text.truncate(start + len);
            if len < TEXT_STEP_BYTES {
                return Ok(());
            }
        }
    }

    /// Looks for the next block that is right, or the end of a stream.
    fn search(
        &mut self,
        input: &mut Input,
        mut broken: Broken,
        from_bit: u64,
        report: &Report,
    ) -> io::Result<Place> {
        let mut bit = from_bit;
        loop {
            input.go_to(bit / 8);
            input.fill_to(SEARCH_STEP_BYTES)?;
            let (base, available) = (8 * input.offset_bytes(), input.available());
            let found = Finder::new(available, bit - base).next();
            let searched = available.len();
            let Some(marker) = found else {
                if input.at_end() {
                    return Ok(self.end_search(input, searched, &broken, report));
                }
                bit = bit.max(base + 8 * (searched - MARKER_LEN_BYTES) as u64);
                continue;
            };
            bit = base + marker.start_bit;
            let next = match marker.kind {
                MarkerKind::Block => {
                    self.decode(input, bit)?.ok().map(|end_bit| Place::Stream { bit: end_bit })
                }
                MarkerKind::StreamEnd => Some(Place::Stream { bit }),
            };
            let Some(next) = next else {
                broken.last_unit = self.blocks;
                bit += 1;
                continue;
            };
            self.gap = true;
            report.lose(&broken, bit / 8, None);
            return Ok(next);
        }
    }

    /// Nothing was found up to the end of the file.
    fn end_search(&mut self, input: &mut Input, rest: usize, broken: &Broken, report: &Report) -> Place {
        input.consume(rest);
        let is_trailing = self.blocks < broken.first_unit && broken.start_bytes > 0;
        if is_trailing {
            return Place::End { trailing_offset_bytes: Some(broken.start_bytes) };
        }
        self.gap = true;
        report.lose_rest(broken, input.offset_bytes());
        Place::End { trailing_offset_bytes: None }
    }
}
