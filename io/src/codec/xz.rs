//! Streams of xz and their blocks (The .xz File Format, 1.2.1): where they begin, and how long they are.
//!
//! ```text
//! stream    | head | block | block | … | index: lengths of all blocks | foot: length of the index | zeros
//! ```
//!
//! A block can be decoded alone, by the usual decoder, behind the head of its stream. `xz -T` writes many of them. Where a file is
//! whole, its indexes tell where all blocks are ([`XzBlocks`]); where one is damaged, blocks are known by their headers, if these tell
//! how long they are, as those of `xz -T` do.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use compression_codecs::XzDecoder;

use crate::file_range::FileRange;

/// Bytes of a stream's head.
pub(super) const STREAM_HEAD_LEN_BYTES: usize = 12;

/// Bytes that are enough for the headers of blocks whose lengths are known: with the longest lengths and a filter of the
/// processor's code in front.
const MAX_HEADER_LEN_BYTES: usize = 64;

/// The multiple of which all lengths are.
const ALIGNMENT: usize = 4;

/// Lengths of the checks behind blocks, by their number in the stream's head.
const CHECK_LEN_BYTES: [u64; 16] = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/// Memory that a decoder may take: for the largest dictionary that `xz` writes, 1.5 GiB. The format allows 4 GiB. What is not
/// needed of it is not touched: a decoder ahead of the others, which decodes some chunks only, holds no more than these.
pub(super) const MAX_MEMORY_LEN_BYTES: u64 = 1600 << 20;

/// A decoder of one stream.
pub(super) fn decoder() -> XzDecoder {
    XzDecoder::with_memlimit(MAX_MEMORY_LEN_BYTES)
}

/// The head of the stream that begins with these bytes, if it is right.
pub(super) fn stream_head(bytes: &[u8]) -> Option<[u8; STREAM_HEAD_LEN_BYTES]> {
    let head = *bytes.first_chunk::<STREAM_HEAD_LEN_BYTES>()?;
    let crc = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
    (head.starts_with(b"\xfd7zXZ\0") && head[6] == 0 && head[7] < 16 && crc32fast::hash(&head[6..8]) == crc)
        .then_some(head)
}

/// The number of the kind of checks of a stream, if it is none that its blocks can be checked by.
pub(super) fn unknown_check(head: &[u8; STREAM_HEAD_LEN_BYTES]) -> Option<u8> {
    Some(head[7]).filter(|check| !matches!(check, 0 | 1 | 4 | 10))
}

/// The length of the block that begins with these bytes, from its header to its check, if one does and tells.
pub(super) fn block_len(head: &[u8; STREAM_HEAD_LEN_BYTES], bytes: &[u8]) -> Option<u64> {
    let header_len = usize::from(*bytes.first().filter(|len| **len > 0)?) * ALIGNMENT + ALIGNMENT;
    let header = bytes.get(..header_len).filter(|header| header.len() <= MAX_HEADER_LEN_BYTES)?;
    // Both lengths are there, and the bits without meaning are zero.
    if header[1] & 0xfc != 0xc0 {
        return None;
    }
    let (header, crc) = header.split_last_chunk()?;
    let mut fields = &header[2..];
    let data_len = number(&mut fields)?;
    if crc32fast::hash(header) != u32::from_le_bytes(*crc) {
        return None;
    }
    let padded = data_len.checked_next_multiple_of(ALIGNMENT as u64)?;
    padded.checked_add(header_len as u64 + CHECK_LEN_BYTES[usize::from(head[7] & 15)])
}

/// Finds a block, at a distance from the stream's start that is right for one.
pub(super) fn find_block(
    head: &[u8; STREAM_HEAD_LEN_BYTES],
    bytes: &[u8],
    behind_start_bytes: u64,
) -> Option<usize> {
    let first = (ALIGNMENT - behind_start_bytes as usize % ALIGNMENT) % ALIGNMENT;
    (first..bytes.len()).step_by(ALIGNMENT).find(|at| block_len(head, &bytes[*at..]).is_some())
}

/// The length of the index and the end of the stream that begin with these bytes, if the index is right.
pub(super) fn index_len(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    records(&mut rest)?;
    let len = (bytes.len() - rest.len()).next_multiple_of(ALIGNMENT);
    let (index, rest) = bytes.split_at_checked(len)?;
    let (crc, foot) = rest.split_first_chunk()?;
    let is_whole = crc32fast::hash(index) == u32::from_le_bytes(*crc) && foot.get(10..12) == Some(b"YZ");
    is_whole.then_some(len + 4 + STREAM_HEAD_LEN_BYTES)
}

/// Bytes of an index at most: that of about a million blocks.
const MAX_INDEX_LEN_BYTES: u64 = 8 << 20;

/// Zeros behind a stream at most; there are hardly ever any.
const MAX_PADDING_LEN_BYTES: u64 = 64 << 10;

/// Bytes of a block at least.
const LEAST_BLOCK_LEN_BYTES: u64 = 5;

/// Bytes behind an index: its length, the flags of the head, checksums.
const FOOT_LEN_BYTES: usize = 12;

/// The blocks of a file, by the indexes of its streams.
#[derive(Debug)]
pub(crate) struct XzBlocks {
    file: Arc<File>,
    heads: Vec<[u8; STREAM_HEAD_LEN_BYTES]>,
    /// In the order of the file.
    blocks: Vec<Block>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    start_bytes: u64,
    /// The place of its stream's head.
    stream: usize,
    lens: BlockLens,
}

/// What an index says of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockLens {
    /// From its header to its check, without what fills it up to a multiple of [`ALIGNMENT`].
    unpadded: u64,
    decoded: u64,
}

impl BlockLens {
    fn padded(self) -> Option<u64> {
        self.unpadded.checked_next_multiple_of(ALIGNMENT as u64)
    }
}

impl XzBlocks {
    /// Reads the indexes of a file, which must be whole from its head to its end but for what is in the blocks; nothing if it is
    /// not: then it is to be decoded from its start on.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn read(file: &Arc<File>, file_len_bytes: u64) -> io::Result<Option<Self>> {
        let mut streams = Vec::new();
        let mut end_bytes = file_len_bytes;
        while end_bytes > 0 {
            let Some(stream) = Stream::before(file, end_bytes)? else { return Ok(None) };
            end_bytes = stream.start_bytes;
            streams.push(stream);
        }
        let mut found = Self { file: Arc::clone(file), heads: Vec::new(), blocks: Vec::new() };
        for stream in streams.into_iter().rev() {
            let mut start_bytes = stream.start_bytes + STREAM_HEAD_LEN_BYTES as u64;
            for lens in stream.blocks {
                found.blocks.push(Block { start_bytes, stream: found.heads.len(), lens });
                start_bytes += lens.padded().unwrap_or_default();
            }
            found.heads.push(stream.head);
        }
        Ok(Some(found))
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.blocks.len()
    }

    /// Where the first block begins that is not in front of a place.
    pub(crate) fn start_from(&self, from_bytes: u64) -> Option<u64> {
        self.blocks.get(self.first_from(from_bytes)).map(|block| block.start_bytes)
    }

    fn first_from(&self, from_bytes: u64) -> usize {
        self.blocks.partition_point(|block| block.start_bytes < from_bytes)
    }

    /// The blocks from one on up to the first end of a block at or behind `stop_bytes`, or to the end of the stream, made a stream
    /// of its own.
    pub(crate) fn part(&self, from_bytes: u64, stop_bytes: u64) -> XzPart {
        let rest = &self.blocks[self.first_from(from_bytes)..];
        let Some(first) = rest.first() else {
            return XzPart { reader: Box::new(io::empty()), start_bytes: from_bytes, next_bytes: None };
        };
        let of_stream = &rest[..rest.partition_point(|block| block.stream == first.stream)];
        let in_front = of_stream.partition_point(|block| block.end_bytes() < stop_bytes);
        let (part, behind) = rest.split_at(of_stream.len().min(in_front + 1));
        let end_bytes = part.last().map_or(first.start_bytes, Block::end_bytes);
        let head = self.heads[first.stream];
        let lens: Vec<_> = part.iter().map(|block| block.lens).collect();
        let blocks = FileRange::new(&self.file, first.start_bytes, end_bytes);
        let blocks = blocks.take(end_bytes - first.start_bytes);
        XzPart {
            reader: Box::new(Cursor::new(head).chain(blocks).chain(Cursor::new(end_of_stream(&head, &lens)))),
            // As if the head stood right in front of the first block: then offsets of blocks are those in the file.
            start_bytes: first.start_bytes - STREAM_HEAD_LEN_BYTES as u64,
            next_bytes: behind.first().map(|block| block.start_bytes),
        }
    }
}

impl Block {
    fn end_bytes(&self) -> u64 {
        self.start_bytes + self.lens.padded().unwrap_or_default()
    }
}

/// Some blocks of a file, as a stream.
pub(crate) struct XzPart {
    pub(crate) reader: Box<dyn Read + Send>,
    /// Where in the file the stream would begin.
    pub(crate) start_bytes: u64,
    /// Where the next block begins, if there is one.
    pub(crate) next_bytes: Option<u64>,
}

/// A stream that is whole, but perhaps for its blocks.
#[derive(Debug)]
struct Stream {
    start_bytes: u64,
    head: [u8; STREAM_HEAD_LEN_BYTES],
    blocks: Vec<BlockLens>,
}

impl Stream {
    /// The stream that ends at a place, or in front of zeros that end there.
    fn before(file: &Arc<File>, end_bytes: u64) -> io::Result<Option<Self>> {
        let Some(end_bytes) = before_zeros(file, end_bytes)? else { return Ok(None) };
        let mut bytes = Vec::new();
        let mut read = |from: Option<u64>, until: u64| {
            let Some(from) = from else { return Ok(None) };
            FileRange::read_all(file, from, until, &mut bytes)?;
            Ok::<_, io::Error>((bytes.len() as u64 == until - from).then(|| std::mem::take(&mut bytes)))
        };
        let index_end = end_bytes.checked_sub(FOOT_LEN_BYTES as u64);
        let Some(foot) = read(index_end, end_bytes)? else { return Ok(None) };
        let Some((index_len, flags)) = foot_of(&foot) else { return Ok(None) };
        let index_start = index_end.and_then(|end| end.checked_sub(index_len));
        let Some(index) = read(index_start, end_bytes - FOOT_LEN_BYTES as u64)? else { return Ok(None) };
        let Some(blocks) = blocks_of(&index) else { return Ok(None) };
        let blocks_len = blocks.iter().try_fold(0u64, |sum, lens| sum.checked_add(lens.padded()?));
        let head_len = STREAM_HEAD_LEN_BYTES as u64;
        let start_bytes = blocks_len.and_then(|len| index_start?.checked_sub(len)?.checked_sub(head_len));
        let Some(head) = read(start_bytes, start_bytes.unwrap_or_default() + head_len)? else {
            return Ok(None);
        };
        let head = stream_head(&head).filter(|head| head[6..8] == flags);
        Ok(start_bytes.zip(head).map(|(start_bytes, head)| Self { start_bytes, head, blocks }))
    }
}

/// Where the zeros begin that end at a place: any number of four of them.
fn before_zeros(file: &Arc<File>, end_bytes: u64) -> io::Result<Option<u64>> {
    let mut bytes = Vec::new();
    FileRange::read_all(file, end_bytes.saturating_sub(MAX_PADDING_LEN_BYTES), end_bytes, &mut bytes)?;
    let zeros =
        bytes.rchunks_exact(ALIGNMENT).take_while(|word| **word == [0; ALIGNMENT]).count() * ALIGNMENT;
    Ok((zeros < bytes.len()).then(|| end_bytes - zeros as u64))
}

/// The length of the index in front of a foot, and the flags of the stream.
fn foot_of(foot: &[u8]) -> Option<(u64, [u8; 2])> {
    let foot: &[u8; FOOT_LEN_BYTES] = foot.try_into().ok()?;
    let (crc, rest) = foot.split_first_chunk()?;
    let (len, _) = rest.split_first_chunk()?;
    let index_len = (u64::from(u32::from_le_bytes(*len)) + 1) * ALIGNMENT as u64;
    let is_right = u32::from_le_bytes(*crc) == crc32fast::hash(&rest[..6]) && foot.ends_with(b"YZ");
    (is_right && index_len <= MAX_INDEX_LEN_BYTES).then(|| (index_len, [rest[4], rest[5]]))
}

/// What an index says.
fn blocks_of(index: &[u8]) -> Option<Vec<BlockLens>> {
    let (index, crc) = index.split_last_chunk()?;
    if u32::from_le_bytes(*crc) != crc32fast::hash(index) {
        return None;
    }
    let mut rest = index;
    let blocks = records(&mut rest)?;
    let are_blocks = blocks.iter().all(|lens| lens.unpadded >= LEAST_BLOCK_LEN_BYTES);
    (are_blocks && rest.len() < ALIGNMENT && rest.iter().all(|byte| *byte == 0)).then_some(blocks)
}

/// What an index says of its blocks, read from its first byte on.
fn records(bytes: &mut &[u8]) -> Option<Vec<BlockLens>> {
    *bytes = bytes.strip_prefix(&[0])?;
    let count = number(bytes)?;
    // Each has two numbers, of a byte at least.
    let mut blocks = Vec::with_capacity(usize::try_from(count).ok()?.min(bytes.len() / 2));
    for _ in 0..count {
        blocks.push(BlockLens { unpadded: number(bytes)?, decoded: number(bytes)? });
    }
    Some(blocks)
}

/// The only block of a stream, whose header is made to tell its lengths, as those of `xz -T` do: then it is found where the stream is
/// damaged.
pub(super) fn only_block(stream: &[u8]) -> Option<(Vec<u8>, BlockLens)> {
    let (rest, foot) = stream.split_last_chunk::<FOOT_LEN_BYTES>()?;
    let (index_len, _) = foot_of(foot)?;
    let (blocks, index) = rest.split_at_checked(rest.len().checked_sub(index_len as usize)?)?;
    let [lens] = blocks_of(index)?.try_into().ok()?;
    let block = blocks.get(STREAM_HEAD_LEN_BYTES..)?;
    let header_len = (usize::from(*block.first()?) + 1) * ALIGNMENT;
    let (header, behind) = block.split_at_checked(header_len)?;
    let check_len = CHECK_LEN_BYTES[usize::from(stream[7] & 15)];
    let data_len = lens.unpadded.checked_sub(header_len as u64 + check_len)?;
    let header = header_with_lens(header, data_len, lens.decoded)?;
    let unpadded = lens.unpadded - header_len as u64 + header.len() as u64;
    Some(([&header, behind].concat(), BlockLens { unpadded, ..lens }))
}

/// The header of a block, with its lengths.
fn header_with_lens(header: &[u8], data_len: u64, decoded_len: u64) -> Option<Vec<u8>> {
    let (header, _crc) = header.split_last_chunk::<4>()?;
    let [_, flags, filters @ ..] = header else { return None };
    if flags & 0xfc != 0 {
        return None;
    }
    let mut new = vec![0, flags | 0xc0];
    put_number(&mut new, data_len);
    put_number(&mut new, decoded_len);
    new.extend_from_slice(filters);
    new.resize(new.len().next_multiple_of(ALIGNMENT), 0);
    new[0] = (new.len() / ALIGNMENT) as u8;
    let crc = crc32fast::hash(&new);
    new.extend(crc.to_le_bytes());
    Some(new)
}

/// The index and the foot of a stream of some blocks.
pub(super) fn end_of_stream(head: &[u8; STREAM_HEAD_LEN_BYTES], blocks: &[BlockLens]) -> Vec<u8> {
    let mut end = vec![0];
    put_number(&mut end, blocks.len() as u64);
    for lens in blocks {
        put_number(&mut end, lens.unpadded);
        put_number(&mut end, lens.decoded);
    }
    end.resize(end.len().next_multiple_of(ALIGNMENT), 0);
    let crc = crc32fast::hash(&end);
    end.extend(crc.to_le_bytes());
    // It is no longer than the index of all blocks, whose length fits.
    let len = (end.len() / ALIGNMENT - 1) as u32;
    let foot = [&len.to_le_bytes()[..], &head[6..8]].concat();
    end.extend(crc32fast::hash(&foot).to_le_bytes());
    end.extend(foot);
    end.extend(b"YZ");
    end
}

/// Writes a number as [`number`] reads it.
fn put_number(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Reads a number of up to nine bytes, of seven bits each.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let len = bytes.iter().take(9).position(|byte| byte & 0x80 == 0)? + 1;
    let (read, rest) = bytes.split_at(len);
    *bytes = rest;
    Some(read.iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f)))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::codec::{Codec, Compressor, Decompressor};
    use crate::notes::Notes;

    fn stream_of(plain: &[u8]) -> Vec<u8> {
        let mut compressor = Compressor::new(Codec::Xz, None, Vec::new()).unwrap();
        compressor.write_all(plain).unwrap();
        compressor.finish().unwrap()
    }

    /// A stream with a block for each text, as `xz -T` writes it, but for lengths in the headers.
    pub(crate) fn stream_of_blocks<T: AsRef<[u8]>>(texts: &[T]) -> Vec<u8> {
        let mut stream = stream_of(b"")[..STREAM_HEAD_LEN_BYTES].to_vec();
        let head = stream_head(&stream).unwrap();
        let mut lens = Vec::new();
        for text in texts {
            let single = stream_of(text.as_ref());
            let (index_len, _) = foot_of(&single[single.len() - FOOT_LEN_BYTES..]).unwrap();
            let index_start = single.len() - FOOT_LEN_BYTES - index_len as usize;
            lens.extend(blocks_of(&single[index_start..single.len() - FOOT_LEN_BYTES]).unwrap());
            stream.extend(&single[STREAM_HEAD_LEN_BYTES..index_start]);
        }
        stream.extend(end_of_stream(&head, &lens));
        stream
    }

    fn blocks(bytes: &[u8]) -> Option<XzBlocks> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        XzBlocks::read(&Arc::new(file), bytes.len() as u64).unwrap()
    }

    fn decoded(reader: Box<dyn Read + Send>) -> crate::Result<Vec<u8>> {
        let name = std::path::Path::new("a.xz");
        let mut bytes = Decompressor::new(name, reader, Some(Codec::Xz), &Notes::default())?;
        let (mut all, mut buffer) = (Vec::new(), [0; 1000]);
        loop {
            match bytes.read(&mut buffer)? {
                0 => return Ok(all),
                len => all.extend(&buffer[..len]),
            }
        }
    }

    #[test]
    fn files_that_are_not_whole_have_no_blocks() {
        let file = stream_of_blocks(&["one", "two"]);
        assert_eq!(blocks(&file).unwrap().count(), 2);
        assert_eq!(blocks(&[&file[..], &[0; 8], &file].concat()).unwrap().count(), 4);
        assert_eq!(blocks(b"").unwrap().count(), 0);
        for wrong in [
            &file[..file.len() - 1],
            &file[1..],
            &[&file[..], &[0; 3]].concat(),
            &[&file[..], b"more"].concat(),
            &[b"less", &file[..]].concat(),
            &[0; 100],
        ] {
            assert!(blocks(wrong).is_none());
        }
        // Each bit of what is not in a block counts.
        let blocks_end = file.len() - FOOT_LEN_BYTES - 12;
        for bit in (0..8 * STREAM_HEAD_LEN_BYTES).chain(8 * blocks_end..8 * file.len()) {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(blocks(&damaged).is_none(), "{bit}");
        }
    }

    #[test]
    fn blocks_without_bytes_are_none() {
        let head = stream_head(&stream_of(b"")[..STREAM_HEAD_LEN_BYTES]).unwrap();
        for unpadded in [0, 4, u64::MAX >> 1, u64::MAX >> 1 & !3] {
            let lens = [BlockLens { unpadded, decoded: 7 }; 3];
            let file = [&head[..], &[0; 40], &end_of_stream(&head, &lens)].concat();
            assert!(blocks(&file).is_none(), "{unpadded}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]

        #[test]
        fn parts_put_together_are_the_file(
            texts in prop::collection::vec(prop::collection::vec("[ab\n]{1,200}", 0..6), 1..4),
            stops in prop::collection::vec(1u64..500, 1..5),
        ) {
            let file: Vec<u8> = texts.iter().flat_map(|texts| stream_of_blocks(texts)).collect();
            let blocks = blocks(&file).unwrap();
            prop_assert_eq!(blocks.count(), texts.iter().flatten().count());
            let (mut found, mut next) = (Vec::new(), blocks.start_from(0));
            for stop in stops.iter().cycle() {
                let Some(start) = next else { break };
                let part = blocks.part(start, start + stop);
                prop_assert_eq!(part.start_bytes + STREAM_HEAD_LEN_BYTES as u64, start);
                prop_assert!(part.next_bytes.is_none_or(|next| next > start));
                found.extend(decoded(part.reader).unwrap());
                next = part.next_bytes;
            }
            prop_assert_eq!(&found, &texts.concat().concat().into_bytes());
            prop_assert_eq!(found, decoded(Box::new(Cursor::new(file))).unwrap());
        }

        #[test]
        fn an_index_may_say_anything(
            texts in prop::collection::vec("[ab\n]{1,200}", 1..4),
            lens in prop::collection::vec((0u64..120, 0u64..300), 1..5),
        ) {
            let whole = stream_of_blocks(&texts);
            let (index_len, _) = foot_of(&whole[whole.len() - FOOT_LEN_BYTES..]).unwrap();
            let head = stream_head(&whole).unwrap();
            let lens: Vec<_> =
                lens.into_iter().map(|(unpadded, decoded)| BlockLens { unpadded, decoded }).collect();
            let blocks_end = whole.len() - FOOT_LEN_BYTES - index_len as usize;
            let file = [&whole[..blocks_end], &end_of_stream(&head, &lens)].concat();
            if let Some(blocks) = blocks(&file) {
                let mut next = blocks.start_from(0);
                let mut bytes = Ok(Vec::new());
                while let (Some(start), Ok(found)) = (next, &mut bytes) {
                    let part = blocks.part(start, start);
                    match decoded(part.reader) {
                        Ok(more) => found.extend(more),
                        Err(error) => bytes = Err(error),
                    }
                    next = part.next_bytes;
                }
                prop_assert_eq!(bytes.ok(), decoded(Box::new(Cursor::new(file))).ok());
            }
        }
    }
}
