//! Streams written field by field, so that any field can be wrong.

/// Bits, the most significant one of each byte first.
#[derive(Debug, Clone, Default)]
pub struct Bits(Vec<bool>);

impl Bits {
    pub fn push(&mut self, value: u64, len: u32) {
        self.0.extend((0..len).rev().map(|i| value >> i & 1 == 1));
    }

    pub fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// The bits as bytes, with zeros up to the end of the last one.
    pub fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| (0..8).fold(0, |n, i| n << 1 | u8::from(bits.get(i) == Some(&true)));
        self.0.chunks(8).map(byte).collect()
    }
}

/// The head of a stream of a level.
pub fn stream_head(level: u8) -> Bits {
    let mut bits = Bits::default();
    bits.push(u64::from(u32::from_be_bytes([b'B', b'Z', b'h', b'0' + level])), 32);
    bits
}

/// Puts the end of a stream behind the bits.
pub fn end_stream(bits: &mut Bits, crc: u32) {
    bits.push(0x1772_4538_5090, 48);
    bits.push(crc.into(), 32);
}

/// A stream of one block, with its end.
pub fn stream_of(level: u8, block: &Block) -> Vec<u8> {
    let mut bits = stream_head(level);
    block.write(&mut bits);
    end_stream(&mut bits, block.crc);
    bits.bytes()
}

/// The fields of a block. [`Block::new`] gives those that are right for a text.
#[derive(Debug, Clone)]
pub struct Block {
    pub magic: u64,
    pub crc: u32,
    pub randomised: bool,
    pub origin: u32,
    pub used: Vec<u8>,
    pub table_count: u32,
    /// What the header says; `selectors` may have another length.
    pub selector_count: u32,
    /// Each as its place in the list of recent ones.
    pub selectors: Vec<u32>,
    /// Lengths of codes: one list for each table.
    pub tables: Vec<Vec<u8>>,
    /// Symbols, the end among them. They are coded with the first table.
    pub symbols: Vec<u16>,
}

impl Block {
    /// A block that decodes to the text, which is short: its rotations are sorted the slow way.
    pub fn new(text: &[u8]) -> Self {
        Self::sorted(text, &run_lengths(text))
    }

    /// A block that decodes to the text, changed by the pattern of old versions.
    pub fn randomised(text: &[u8], changed: impl Fn(&mut [u8])) -> Self {
        let mut bytes = run_lengths(text);
        changed(&mut bytes);
        Self { randomised: true, ..Self::sorted(text, &bytes) }
    }

    /// A block of these bytes after the first run lengths, for a text.
    pub fn sorted(text: &[u8], bytes: &[u8]) -> Self {
        let len = bytes.len();
        let mut rotations: Vec<usize> = (0..len).collect();
        rotations.sort_by_key(|&start| [&bytes[start..], &bytes[..start]].concat());
        let origin = rotations.iter().position(|&start| start == 0).unwrap_or(0) as u32;
        let column: Vec<u8> = rotations.iter().map(|&start| bytes[(start + len - 1) % len]).collect();
        let mut used = bytes.to_vec();
        used.sort_unstable();
        used.dedup();
        let symbols = symbols(&column, &used);
        let alphabet_len = used.len() + 2;
        let code_len = alphabet_len.next_power_of_two().trailing_zeros().max(1) as u8;
        let selector_count = symbols.len().div_ceil(50) as u32;
        Self {
            magic: 0x3141_5926_5359,
            crc: crc(text),
            randomised: false,
            origin,
            used,
            table_count: 2,
            selector_count,
            selectors: vec![0; selector_count as usize],
            tables: vec![vec![code_len; alphabet_len]; 2],
            symbols,
        }
    }

    pub fn write(&self, bits: &mut Bits) {
        bits.push(self.magic, 48);
        bits.push(self.crc.into(), 32);
        bits.push(self.randomised.into(), 1);
        bits.push(self.origin.into(), 24);
        let is_used = |byte: u16| self.used.contains(&(byte as u8));
        for range in 0..16 {
            bits.push((range * 16..range * 16 + 16).any(is_used).into(), 1);
        }
        for range in (0..16).filter(|range| (range * 16..range * 16 + 16).any(is_used)) {
            for byte in range * 16..range * 16 + 16 {
                bits.push(is_used(byte).into(), 1);
            }
        }
        bits.push(self.table_count.into(), 3);
        bits.push(self.selector_count.into(), 15);
        for &selector in &self.selectors {
            for _ in 0..selector {
                bits.push(1, 1);
            }
            bits.push(0, 1);
        }
        for table in &self.tables {
            write_lens(bits, table);
        }
        let codes = codes(&self.tables[0]);
        for &symbol in &self.symbols {
            bits.push(codes[usize::from(symbol)].into(), self.tables[0][usize::from(symbol)].into());
        }
    }
}

fn write_lens(bits: &mut Bits, lens: &[u8]) {
    let mut last = lens[0];
    bits.push(last.into(), 5);
    for &len in lens {
        while last != len {
            bits.push(if last < len { 0b10 } else { 0b11 }, 2);
            last = if last < len { last + 1 } else { last - 1 };
        }
        bits.push(0, 1);
    }
}

/// The canonical codes of these lengths.
fn codes(lens: &[u8]) -> Vec<u32> {
    let mut codes = vec![0; lens.len()];
    let mut code = 0;
    for len in 1..=20 {
        for symbol in (0..lens.len()).filter(|&symbol| lens[symbol] == len) {
            codes[symbol] = code;
            code += 1;
        }
        code <<= 1;
    }
    codes
}

/// Four equal bytes are followed by the number of those that follow.
fn run_lengths(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let [first, ..] = rest {
        let len = rest.iter().take(4 + 255).take_while(|byte| *byte == first).count();
        bytes.extend(vec![*first; len.min(4)]);
        if len >= 4 {
            bytes.push((len - 4) as u8);
        }
        rest = &rest[len..];
    }
    bytes
}

/// Indices in the list of recent bytes, with runs of zero in digits of 1 and 2.
fn symbols(column: &[u8], used: &[u8]) -> Vec<u16> {
    let mut list = used.to_vec();
    let (mut symbols, mut zeros) = (Vec::new(), 0);
    let flush = |symbols: &mut Vec<u16>, zeros: &mut usize| {
        while *zeros > 0 {
            symbols.push(u16::from(zeros.is_multiple_of(2)));
            *zeros = (*zeros - 1) / 2;
        }
    };
    for byte in column {
        let index = list.iter().position(|other| other == byte).unwrap();
        if index == 0 {
            zeros += 1;
            continue;
        }
        flush(&mut symbols, &mut zeros);
        symbols.push(index as u16 + 1);
        let byte = list.remove(index);
        list.insert(0, byte);
    }
    flush(&mut symbols, &mut zeros);
    symbols.push(used.len() as u16 + 1);
    symbols
}

/// The checksum of a block, a bit at a time.
pub fn crc(text: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in text {
        crc ^= u32::from(byte) << 24;
        for _ in 0..8 {
            crc = if crc >> 31 == 1 { crc << 1 ^ 0x04c1_1db7 } else { crc << 1 };
        }
    }
    !crc
}
