//! The header and the trailer of a gzip member (RFC 1952, 2.3), where members may begin, and the field by which BGZF tells
//! the length of a block.

use super::error::Damage;

/// The first bytes of every member, the last of them for DEFLATE.
pub(super) const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
/// Bytes of the header's part that is always there.
const FIXED_LEN_BYTES: usize = 10;

/// Flags, of which the one for text means nothing to a decoder.
const HEADER_CHECKSUM: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const UNKNOWN: u8 = 0xe0;

/// Steps over a header, with a pause wherever the input ends.
#[derive(Debug, Clone)]
pub(super) struct HeaderParser {
    step: Step,
    flags: u8,
    /// Over all bytes of the header so far.
    checksum: crc32fast::Hasher,
}

/// What comes next, in the order of the format.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// So many bytes of the fixed part are read.
    Fixed(usize),
    /// One or none of the two bytes of the extra field's length are read, with this value.
    ExtraLength(usize, u16),
    /// So many bytes of the extra field are left.
    Extra(usize),
    Name,
    Comment,
    /// One or none of the two bytes of the checksum are read, with this value.
    Checksum(usize, u16),
    End,
}

impl HeaderParser {
    pub(super) fn new() -> Self {
        Self { step: Step::Fixed(0), flags: 0, checksum: crc32fast::Hasher::new() }
    }

    /// A parser that has read [`MAGIC`].
    pub(super) fn behind_magic() -> Self {
        let mut parser = Self::new();
        parser.checksum.update(&MAGIC);
        parser.step = Step::Fixed(MAGIC.len());
        parser
    }

    /// Reads on, and returns how many bytes were used and whether the header has ended.
    ///
    /// # Errors
    /// The bytes begin no member, have flags that no standard defines, or do not match the header's checksum.
    pub(super) fn read(&mut self, input: &[u8]) -> Result<(usize, bool), Damage> {
        let mut used = 0;
        while !matches!(self.step, Step::End) {
            let rest = &input[used..];
            let (len, next) = match self.step {
                Step::Fixed(FIXED_LEN_BYTES) => (0, Some(Step::ExtraLength(0, 0))),
                Step::Fixed(at) => (1, rest.first().map(|byte| self.fixed(at, *byte)).transpose()?),
                Step::ExtraLength(..) if self.flags & EXTRA == 0 => (0, Some(Step::Name)),
                Step::ExtraLength(2, len) => (0, Some(Step::Extra(usize::from(len)))),
                Step::ExtraLength(at, value) => (
                    1,
                    rest.first().map(|byte| Step::ExtraLength(at + 1, value | u16::from(*byte) << (8 * at))),
                ),
                Step::Extra(0) => (0, Some(Step::Name)),
                Step::Extra(left) => {
                    let len = left.min(rest.len());
                    (len, (len > 0).then_some(Step::Extra(left - len)))
                }
                Step::Name if self.flags & NAME == 0 => (0, Some(Step::Comment)),
                Step::Name => text(rest, Step::Name, Step::Comment),
                Step::Comment if self.flags & COMMENT == 0 => (0, Some(Step::Checksum(0, 0))),
                Step::Comment => text(rest, Step::Comment, Step::Checksum(0, 0)),
                Step::Checksum(..) if self.flags & HEADER_CHECKSUM == 0 => (0, Some(Step::End)),
                Step::Checksum(2, value) => {
                    if u32::from(value) != self.checksum.clone().finalize() & 0xffff {
                        return Err(Damage::HeaderChecksum);
                    }
                    (0, Some(Step::End))
                }
                Step::Checksum(at, value) => {
                    // These two bytes are not summed.
                    let Some(byte) = rest.first() else { return Ok((used, false)) };
                    self.step = Step::Checksum(at + 1, value | u16::from(*byte) << (8 * at));
                    used += 1;
                    continue;
                }
                Step::End => break,
            };
            let Some(next) = next else { return Ok((used, false)) };
            self.checksum.update(&rest[..len]);
            self.step = next;
            used += len;
        }
        Ok((used, true))
    }

    fn fixed(&mut self, at: usize, byte: u8) -> Result<Step, Damage> {
        if MAGIC.get(at).is_some_and(|magic| *magic != byte) {
            return Err(Damage::Magic);
        }
        if at == MAGIC.len() {
            self.flags = byte;
            if byte & UNKNOWN != 0 {
                return Err(Damage::Flags);
            }
        }
        Ok(Step::Fixed(at + 1))
    }
}

/// Reads text that ends with a zero byte: how many bytes, and the step that follows, if there are any.
fn text(rest: &[u8], again: Step, next: Step) -> (usize, Option<Step>) {
    match memchr::memchr(0, rest) {
        Some(end) => (end + 1, Some(next)),
        None => (rest.len(), (!rest.is_empty()).then_some(again)),
    }
}

/// The length of the member header at the start of these bytes, or nothing if it goes on behind them.
///
/// # Errors
/// The bytes begin no member, have flags that no standard defines, or do not match the header's checksum.
pub fn header_len(bytes: &[u8]) -> Result<Option<usize>, Damage> {
    let (len, ended) = HeaderParser::new().read(bytes)?;
    Ok(ended.then_some(len))
}

/// What stands behind the compressed data of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailer {
    /// CRC-32 of the decoded bytes.
    pub checksum: u32,
    /// Their count, modulo 2^32.
    pub len: u32,
}

impl Trailer {
    /// Bytes of a trailer.
    pub const LEN_BYTES: usize = 8;

    /// Reads a trailer.
    pub fn new(bytes: [u8; Self::LEN_BYTES]) -> Self {
        let (checksum, len) = (u64::from_le_bytes(bytes) as u32, (u64::from_le_bytes(bytes) >> 32) as u32);
        Self { checksum, len }
    }

    /// Compares it with what was decoded.
    ///
    /// # Errors
    /// It does not match.
    pub fn check(self, checksum: u32, len: u64) -> Result<(), Damage> {
        if self.checksum != checksum {
            return Err(Damage::Checksum);
        }
        if self.len != len as u32 {
            return Err(Damage::Length);
        }
        Ok(())
    }
}

/// Finds the first place from `from` on where a member may begin.
///
/// One does if the member in front ends there, which [`GzipDecoder::go_to`](super::GzipDecoder::go_to) serves to see: compressed data
/// has such bytes by chance, once in some 10^9. A member with unusual hints in its header is passed over, and so decoded with the one in
/// front.
pub fn find_member(input: &[u8], from: usize) -> Option<usize> {
    memchr::memmem::find_iter(input.get(from..)?, &MAGIC).map(|at| from + at).find(|&at| {
        // Flags, and hints of how hard the compressor tried: 2 and 4 are all that it may say.
        let flags = input.get(at + 3).copied().unwrap_or_default();
        let hints = input.get(at + 8).copied().unwrap_or_default();
        flags & UNKNOWN == 0 && matches!(hints, 0 | 2 | 4)
    })
}

/// The length of the BGZF block that begins with these bytes, its header and trailer included.
///
/// A BGZF file (SAM specification, 4.1) is a gzip file of many small members, each of which tells its length in an
/// extra field `BC`; so all of them can be found without decoding. Nothing if the bytes begin no such member, or are fewer than
/// its header.
pub fn bgzf_block_len(head: &[u8]) -> Option<usize> {
    let (fixed, rest) = head.split_first_chunk::<FIXED_LEN_BYTES>()?;
    if !fixed.starts_with(&MAGIC) || fixed[3] & EXTRA == 0 || fixed[3] & UNKNOWN != 0 {
        return None;
    }
    let (len, rest) = rest.split_first_chunk()?;
    let mut extra = rest.get(..usize::from(u16::from_le_bytes(*len)))?;
    while let Some(([id1, id2, len1, len2], rest)) = extra.split_first_chunk() {
        let len = usize::from(u16::from_le_bytes([*len1, *len2]));
        if let (b'B', b'C', Some([len1, len2])) = (*id1, *id2, rest.get(..len)) {
            return Some(usize::from(u16::from_le_bytes([*len1, *len2])) + 1);
        }
        extra = rest.get(len..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header with the parts that the flags ask for, and its checksum where they ask for it.
    fn header(flags: u8) -> Vec<u8> {
        let mut bytes = [&MAGIC[..], &[flags, 1, 2, 3, 4, 0, 255]].concat();
        if flags & EXTRA != 0 {
            bytes.extend_from_slice(&[10, 0, b'x', b'y', 0, 0, b'B', b'C', 2, 0, 0x1b, 0]);
        }
        if flags & NAME != 0 {
            bytes.extend_from_slice(b"name\0");
        }
        if flags & COMMENT != 0 {
            bytes.extend_from_slice(b"\0");
        }
        if flags & HEADER_CHECKSUM != 0 {
            let checksum = crc32fast::hash(&bytes);
            bytes.extend_from_slice(&checksum.to_le_bytes()[..2]);
        }
        bytes
    }

    #[test]
    fn every_combination_of_parts_in_every_cut() {
        for flags in 0..32 {
            let bytes = [header(flags), b"rest".to_vec()].concat();
            let len = bytes.len() - 4;
            for cut in 0..=len {
                let mut parser = HeaderParser::new();
                let (first, ended) = parser.read(&bytes[..cut]).unwrap();
                assert_eq!((first, ended), (cut, cut == len), "flags {flags} cut {cut}");
                let (second, ended) = parser.read(&bytes[cut..]).unwrap();
                assert_eq!((second, ended), (len - cut, true), "flags {flags} cut {cut}");
            }
        }
    }

    #[test]
    fn what_is_no_header() {
        let read = |bytes: &[u8]| HeaderParser::new().read(bytes);
        assert_eq!(read(&[0x1f, 0x8c]), Err(Damage::Magic));
        assert_eq!(read(&[0x1f, 0x8b, 7]), Err(Damage::Magic));
        assert_eq!(read(&[0x1f, 0x8b, 8, 0x20]), Err(Damage::Flags));
        let mut bytes = header(HEADER_CHECKSUM | NAME);
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(read(&bytes), Err(Damage::HeaderChecksum));
    }

    #[test]
    fn the_length_of_a_header() {
        for flags in 0..32 {
            let bytes = [header(flags), b"rest".to_vec()].concat();
            let len = bytes.len() - 4;
            assert_eq!(header_len(&bytes), Ok(Some(len)));
            assert_eq!(header_len(&bytes[..len - 1]), Ok(None));
        }
        assert_eq!(header_len(b"text"), Err(Damage::Magic));
    }

    #[test]
    fn places_where_a_member_may_begin() {
        let bytes = [b"\x1f\x8b", &header(0)[..], b"\x1f\x8b\x08\x20", &header(EXTRA), &MAGIC].concat();
        let places: Vec<_> = (0..bytes.len()).filter(|at| find_member(&bytes, *at) == Some(*at)).collect();
        assert_eq!(places, [2, 16, bytes.len() - 3]);
        assert_eq!(find_member(&bytes, bytes.len()), None);
    }

    #[test]
    fn the_length_of_a_bgzf_block() {
        let bytes = header(EXTRA);
        assert_eq!(bgzf_block_len(&bytes), Some(0x1c));
        for cut in 0..bytes.len() {
            assert_eq!(bgzf_block_len(&bytes[..cut]), None);
        }
        assert_eq!(bgzf_block_len(&header(NAME)), None);
        assert_eq!(bgzf_block_len(b"a line of text that is long enough"), None);
    }
}
