//! What comes before and between the symbols: heads and ends of streams, heads of blocks.

use super::bits::BitReader;
use super::error::{BlockError, Damage};

/// The number that a block begins with: the digits of pi.
pub(super) const BLOCK_MAGIC: u64 = 0x3141_5926_5359;

/// The number that a stream ends with: the digits of the square root of pi.
pub(super) const END_MAGIC: u64 = 0x1772_4538_5090;

/// Length of either number.
pub(super) const MAGIC_LEN_BITS: u32 = 48;

/// Symbols of a block at most: two for runs, 255 for indices above 0, the end.
pub(super) const MAX_ALPHABET: usize = 258;

/// Code tables of a block at most.
pub(super) const MAX_TABLES: usize = 6;

/// Symbols that are coded with one table before the next selector is looked at.
pub(super) const GROUP_LEN: u32 = 50;

/// Selectors that a block of 900 000 bytes can need. Some encoders write a few more, which mean
/// nothing; they are passed over, as bzip2 does since 1.0.8.
pub(super) const MAX_SELECTORS: usize = 18_002;

/// Longest code.
pub(super) const MAX_CODE_LEN: u32 = 20;

/// Length of the head of a stream.
pub const STREAM_HEAD_LEN_BYTES: usize = 4;

/// The level of the stream that begins with these bytes, from 1 to 9, if one does. Its blocks have at most
/// 100 000 bytes times the level, before their first run lengths are undone.
pub fn stream_level(head: &[u8]) -> Option<u32> {
    match head {
        [b'B', b'Z', b'h', level @ b'1'..=b'9', ..] => Some(u32::from(level - b'0')),
        _ => None,
    }
}

/// The end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamEnd {
    /// The checksums of the stream's blocks put together by [`combine_crc`], as the stream has it.
    pub crc: u32,
    /// The byte behind the stream, where another one may begin.
    pub end_byte: usize,
}

impl StreamEnd {
    /// Reads the end of a stream that begins at a bit of the input.
    ///
    /// # Errors
    /// There is none, or the input ends within it.
    pub fn read(input: &[u8], start_bit: u64) -> Result<Self, BlockError> {
        let mut bits = BitReader::new(input, start_bit);
        let magic = u64::from(bits.read(24)) << 24 | u64::from(bits.read(24));
        let crc = bits.read(32);
        if bits.overran() || magic != END_MAGIC {
            return Err(BlockError::at(&bits, Damage::NoBlock));
        }
        Ok(Self { crc, end_byte: bits.position().div_ceil(8) as usize })
    }
}

/// The checksum of a stream after one more block. That of a stream without blocks is 0.
pub fn combine_crc(stream_crc: u32, block_crc: u32) -> u32 {
    stream_crc.rotate_left(1) ^ block_crc
}

/// All that comes before the symbols of a block.
#[derive(Debug, Clone)]
pub(super) struct BlockHeader {
    /// CRC of the block's text.
    pub(super) crc: u32,
    /// Whether the block was changed by a fixed pattern before it was sorted, as bzip2 before 0.9.5
    /// did with repetitive data.
    pub(super) randomised: bool,
    /// The row of the sorted rotations that is the text itself.
    pub(super) origin: u32,
    /// The bytes that occur, in order; zeros behind them.
    pub(super) bytes: [u8; 256],
    /// How many bytes occur.
    pub(super) byte_count: usize,
    /// Which table each group of symbols is coded with.
    pub(super) selectors: Vec<u8>,
    /// Lengths of the codes of each table in bits, for the symbols in order.
    pub(super) code_lens: Vec<[u8; MAX_ALPHABET]>,
}

impl BlockHeader {
    /// An empty header to read into.
    pub(super) fn new() -> Self {
        Self {
            crc: 0,
            randomised: false,
            origin: 0,
            bytes: [0; 256],
            byte_count: 0,
            selectors: Vec::with_capacity(MAX_SELECTORS),
            code_lens: Vec::with_capacity(MAX_TABLES),
        }
    }

    /// Number of symbols that may occur, the end among them.
    pub(super) fn alphabet_len(&self) -> usize {
        self.byte_count + 2
    }

    /// Reads the header of the block that begins at the reader's position, up to the first symbol.
    ///
    /// # Errors
    /// The input ends, or a field has a value that it cannot have.
    pub(super) fn read(&mut self, bits: &mut BitReader<'_>) -> Result<(), BlockError> {
        self.read_fields(bits).map_err(|damage| BlockError::at(bits, damage))
    }

    fn read_fields(&mut self, bits: &mut BitReader<'_>) -> Result<(), Damage> {
        let magic = u64::from(bits.read(24)) << 24 | u64::from(bits.read(24));
        if magic != BLOCK_MAGIC {
            return Err(Damage::NoBlock);
        }
        self.crc = bits.read(32);
        self.randomised = bits.read_bit();
        self.origin = bits.read(24);
        self.read_byte_map(bits)?;
        let table_count = bits.read(3) as usize;
        if !(2..=MAX_TABLES).contains(&table_count) {
            return Err(Damage::TableCount(table_count));
        }
        self.read_selectors(bits, table_count as u32)?;
        self.read_code_lens(bits, table_count)
    }

    /// Reads which bytes occur: a bit for each sixteen, then a bit for each byte of those.
    fn read_byte_map(&mut self, bits: &mut BitReader<'_>) -> Result<(), Damage> {
        let ranges = bits.read(16);
        self.bytes = [0; 256];
        self.byte_count = 0;
        for range in (0..16).filter(|range| ranges & (0x8000 >> range) != 0) {
            let members = bits.read(16);
            for member in (0..16).filter(|member| members & (0x8000 >> member) != 0) {
                self.bytes[self.byte_count] = range * 16 + member;
                self.byte_count += 1;
            }
        }
        if self.byte_count == 0 { Err(Damage::NoBytes) } else { Ok(()) }
    }

    /// Reads the selectors, each as a count of ones: its place in a list that it is then moved to the
    /// front of.
    fn read_selectors(&mut self, bits: &mut BitReader<'_>, table_count: u32) -> Result<(), Damage> {
        let count = bits.read(15);
        if count == 0 {
            return Err(Damage::NoSelectors);
        }
        self.selectors.clear();
        // The list of tables, four bits each, the first in the lowest bits.
        let mut recent = 0x54_3210u32;
        for _ in 0..count {
            bits.refill();
            let place = bits.window.leading_ones();
            if place >= table_count {
                return Err(Damage::Selector);
            }
            bits.consume(place + 1);
            let table = recent >> (4 * place) & 0xf;
            let before = (1 << (4 * place)) - 1;
            recent = recent & !(before << 4 | 0xf) | (recent & before) << 4 | table;
            if self.selectors.len() < MAX_SELECTORS {
                self.selectors.push(table as u8);
            }
        }
        Ok(())
    }

    /// Reads the lengths of the codes, each as steps from the one before: 0 ends them, 10 is one up
    /// and 11 one down.
    fn read_code_lens(&mut self, bits: &mut BitReader<'_>, table_count: usize) -> Result<(), Damage> {
        let alphabet_len = self.alphabet_len();
        self.code_lens.clear();
        for _ in 0..table_count {
            let mut lens = [0; MAX_ALPHABET];
            let mut len = bits.read(5);
            for slot in &mut lens[..alphabet_len] {
                loop {
                    if !(1..=MAX_CODE_LEN).contains(&len) {
                        return Err(Damage::CodeLen(len));
                    }
                    if !bits.read_bit() {
                        break;
                    }
                    len = if bits.read_bit() { len - 1 } else { len + 1 };
                }
                *slot = len as u8;
            }
            if bits.overran() {
                return Err(Damage::CodeLen(len));
            }
            self.code_lens.push(lens);
        }
        Ok(())
    }
}
