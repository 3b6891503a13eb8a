//! One frame, decoded in any steps.

use std::io;

use compression_codecs::DecodeV2;
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};

use super::block::{BlockDecoder, Output, Pause};
use super::error::Damage;
use super::frame::{BlockHead, FLAGS_END_BYTES, FrameHead, MAX_HEAD_LEN_BYTES, Sum};
use super::{LEGACY_MAGIC, MAGIC, WORD_LEN_BYTES};
use crate::codec::member_decoder::MemberDecoder;
use crate::codec::members::is_skippable;

/// Decodes one frame, which may be one to be skipped, in constant memory; and, behind one of old, which has no end, those that follow.
///
/// All that the frame has of lengths and checksums is checked.
#[derive(Debug)]
pub(crate) struct Lz4Decoder {
    place: Place,
    gathered: Gathered,
    /// Of the compressed bytes of the block at hand.
    block_sum: Sum,
    /// Of the decoded bytes.
    content: Sum,
    blocks: BlockDecoder,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Magic,
    Flags,
    Head {
        len: usize,
    },
    /// In the length of a frame to be skipped, and behind it.
    SkipLength,
    Skip {
        left: u64,
    },
    /// In front of a block, or of the end of the frame.
    BlockHead(FrameHead),
    Block(FrameHead),
    BlockChecksum(FrameHead),
    Checksum,
    End,
}

impl Lz4Decoder {
    pub(crate) fn new() -> Self {
        Self {
            place: Place::Magic,
            gathered: Gathered::default(),
            block_sum: Sum::default(),
            content: Sum::default(),
            blocks: BlockDecoder::new(),
        }
    }

    /// Decodes as far as it can; whether the frame has ended.
    fn run(&mut self, bytes: &[u8], used: &mut usize, output: &mut Output<'_>) -> Result<bool, Damage> {
        loop {
            self.place = match self.place {
                Place::Magic => {
                    let Some(word) = self.gathered.word(bytes, used) else { return Ok(false) };
                    self.begin_frame(word, output).ok_or(Damage::Magic)?
                }
                Place::Flags => {
                    let Some(head) = self.gathered.more(FLAGS_END_BYTES, bytes, used) else {
                        return Ok(false);
                    };
                    Place::Head { len: FrameHead::len(head[FLAGS_END_BYTES - 1]) }
                }
                Place::Head { len } => {
                    let Some(head) = self.gathered.more(len, bytes, used) else { return Ok(false) };
                    let head = FrameHead::parse(head)?;
                    self.gathered.clear();
                    self.content = Sum::default();
                    self.blocks.begin_frame(output);
                    Place::BlockHead(head)
                }
                Place::SkipLength => {
                    let Some(len) = self.gathered.word(bytes, used) else { return Ok(false) };
                    Place::Skip { left: u32::from_le_bytes(len).into() }
                }
                Place::Skip { left: 0 } => Place::End,
                Place::Skip { left } => {
                    let len = left.min((bytes.len() - *used) as u64);
                    *used += len as usize;
                    self.place = Place::Skip { left: left - len };
                    if left > len {
                        return Ok(false);
                    }
                    Place::End
                }
                Place::BlockHead(head) => {
                    let Some(word) = self.gathered.word(bytes, used) else { return Ok(false) };
                    // Nothing else ends a frame of old.
                    let next = if head.is_legacy() { self.begin_frame(word, output) } else { None };
                    if let Some(next) = next {
                        self.place = next;
                        continue;
                    }
                    match BlockHead::parse(word, head)? {
                        Some(block) => {
                            self.blocks.begin(head, block, output);
                            self.block_sum = Sum::default();
                            Place::Block(head)
                        }
                        None => self.behind_blocks(head)?,
                    }
                }
                Place::Block(head) => {
                    if !self.decode_block(head, bytes, used, output)? {
                        return Ok(false);
                    }
                    if head.has_block_checksums() {
                        Place::BlockChecksum(head)
                    } else {
                        Place::BlockHead(head)
                    }
                }
                Place::BlockChecksum(head) => {
                    let Some(word) = self.gathered.word(bytes, used) else { return Ok(false) };
                    if u32::from_le_bytes(word) != self.block_sum.checksum() {
                        return Err(Damage::BlockChecksum);
                    }
                    Place::BlockHead(head)
                }
                Place::Checksum => {
                    let Some(word) = self.gathered.word(bytes, used) else { return Ok(false) };
                    if u32::from_le_bytes(word) != self.content.checksum() {
                        return Err(Damage::Checksum);
                    }
                    Place::End
                }
                Place::End => return Ok(true),
            };
        }
    }

    /// Goes into the frame that begins with a word, if one does.
    fn begin_frame(&mut self, word: [u8; WORD_LEN_BYTES], output: &mut Output<'_>) -> Option<Place> {
        match u32::from_le_bytes(word) {
            MAGIC => {
                self.gathered.put_back(&word);
                Some(Place::Flags)
            }
            LEGACY_MAGIC => {
                self.blocks.begin_frame(output);
                Some(Place::BlockHead(FrameHead::LEGACY))
            }
            _ => is_skippable(&word).then_some(Place::SkipLength),
        }
    }

    /// Where the last block has ended.
    fn behind_blocks(&self, head: FrameHead) -> Result<Place, Damage> {
        if head.content_len_bytes.is_some_and(|len| len != self.content.len_bytes()) {
            return Err(Damage::Length);
        }
        Ok(if head.has_content_checksum() { Place::Checksum } else { Place::End })
    }

    /// Decodes of a block; whether it has ended.
    fn decode_block(
        &mut self,
        head: FrameHead,
        bytes: &[u8],
        used: &mut usize,
        output: &mut Output<'_>,
    ) -> Result<bool, Damage> {
        let (used_before, before) = (*used, output.at);
        let paused = self.blocks.decode(bytes, used, output);
        if head.has_block_checksums() {
            self.block_sum.add(&bytes[used_before..*used]);
        }
        if head.has_content_checksum() || head.content_len_bytes.is_some() {
            self.content.add(&output.buffer[before..output.at]);
        }
        match paused {
            Ok(paused) => Ok(paused == Pause::End),
            Err(Damage::TooFar) if head.has_dictionary() => Err(Damage::Dictionary),
            Err(damage) => Err(damage),
        }
    }
}

impl MemberDecoder for Lz4Decoder {
    fn may_end(&self) -> bool {
        matches!(self.place, Place::BlockHead(head) if head.is_legacy()) && self.gathered.len == 0
    }
}

impl DecodeV2 for Lz4Decoder {
    fn reinit(&mut self) -> io::Result<()> {
        self.place = Place::Magic;
        self.gathered.clear();
        Ok(())
    }

    fn decode(&mut self, input: &mut PartialBuffer<&[u8]>, output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        let mut used = 0;
        let mut decoded = Output::new(output.initialize_unwritten());
        let ended = self.run(input.unwritten(), &mut used, &mut decoded);
        if matches!(self.place, Place::Block(_) | Place::BlockChecksum(_) | Place::BlockHead(_)) {
            self.blocks.keep(&decoded);
        }
        let written = decoded.at;
        input.advance(used);
        output.advance(written);
        Ok(ended?)
    }

    fn flush(&mut self, _output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        Ok(true)
    }

    fn finish(&mut self, _output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        Ok(matches!(self.place, Place::End))
    }
}

/// Bytes of something short that may come in several steps.
#[derive(Debug, Default)]
struct Gathered {
    bytes: [u8; MAX_HEAD_LEN_BYTES],
    len: usize,
}

impl Gathered {
    fn clear(&mut self) {
        self.len = 0;
    }

    /// As if nothing but these bytes had come.
    fn put_back(&mut self, bytes: &[u8]) {
        self.bytes[..bytes.len()].copy_from_slice(bytes);
        self.len = bytes.len();
    }

    /// Takes bytes until there are so many, those that have come before included; nothing if they are not all there.
    fn more(&mut self, len: usize, bytes: &[u8], used: &mut usize) -> Option<&[u8]> {
        let wanted = len.saturating_sub(self.len).min(bytes.len() - *used);
        self.bytes[self.len..self.len + wanted].copy_from_slice(&bytes[*used..*used + wanted]);
        (self.len, *used) = (self.len + wanted, *used + wanted);
        self.bytes.get(..len).filter(|_| self.len >= len)
    }

    /// The next four bytes.
    fn word(&mut self, bytes: &[u8], used: &mut usize) -> Option<[u8; WORD_LEN_BYTES]> {
        let word = *self.more(WORD_LEN_BYTES, bytes, used)?.first_chunk()?;
        self.clear();
        Some(word)
    }
}
