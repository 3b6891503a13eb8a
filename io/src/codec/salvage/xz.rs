//! Blocks of an xz stream (The .xz File Format, 1.2.1), which can be decoded behind damage if their headers tell how long they are, as
//! `xz -T` writes them: behind the head of their stream, by the usual decoder.

/// Bytes of a stream's head.
pub(super) const STREAM_HEAD_LEN_BYTES: usize = 12;

/// Bytes that are enough for the headers of blocks whose lengths are known: with the longest lengths and a filter of the
/// processor's code in front.
const MAX_HEADER_LEN_BYTES: usize = 64;

/// The multiple of which all lengths are.
const ALIGNMENT: usize = 4;

/// Lengths of the checks behind blocks, by their number in the stream's head.
const CHECK_LEN_BYTES: [u64; 16] = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/// The head of the stream that begins with these bytes, if it is right.
pub(super) fn stream_head(bytes: &[u8]) -> Option<[u8; STREAM_HEAD_LEN_BYTES]> {
    let head = *bytes.first_chunk::<STREAM_HEAD_LEN_BYTES>()?;
    let crc = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
    (head.starts_with(b"\xfd7zXZ\0") && head[6] == 0 && head[7] < 16 && crc32fast::hash(&head[6..8]) == crc)
        .then_some(head)
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
    let mut rest = bytes.strip_prefix(&[0])?;
    let blocks = number(&mut rest)?;
    for _ in 0..blocks.checked_mul(2)? {
        number(&mut rest)?;
    }
    let len = (bytes.len() - rest.len()).next_multiple_of(ALIGNMENT);
    let (index, rest) = bytes.split_at_checked(len)?;
    let (crc, foot) = rest.split_first_chunk()?;
    let is_whole = crc32fast::hash(index) == u32::from_le_bytes(*crc) && foot.get(10..12) == Some(b"YZ");
    is_whole.then_some(len + 4 + STREAM_HEAD_LEN_BYTES)
}

/// Reads a number of up to nine bytes, of seven bits each.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let len = bytes.iter().take(9).position(|byte| byte & 0x80 == 0)? + 1;
    let (read, rest) = bytes.split_at(len);
    *bytes = rest;
    Some(read.iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f)))
}
