//! The checksum from tables, sixteen bytes at a time, for every target.

use super::POLYNOMIAL;

/// What a byte adds to the state, if so many bytes of zeros follow it.
static TABLES: [[u32; 256]; 16] = {
    let mut tables = [[0; 256]; 16];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u32) << 24;
        let mut table = 0;
        while table < 16 {
            let mut bit = 0;
            while bit < 8 {
                crc = crc << 1 ^ if crc >> 31 == 1 { POLYNOMIAL } else { 0 };
                bit += 1;
            }
            tables[table][byte] = crc;
            table += 1;
        }
        byte += 1;
    }
    tables
};

/// The state after more text.
pub(super) fn update(mut state: u32, text: &[u8]) -> u32 {
    let (blocks, rest) = text.as_chunks::<16>();
    for block in blocks {
        let mut block = *block;
        for (byte, state) in block.iter_mut().zip(state.to_be_bytes()) {
            *byte ^= state;
        }
        let added = |(&byte, table): (&u8, &[u32; 256])| table[usize::from(byte)];
        state = block.iter().zip(TABLES.iter().rev()).map(added).fold(0, |sum, added| sum ^ added);
    }
    for &byte in rest {
        state = state << 8 ^ TABLES[0][usize::from((state >> 24) as u8 ^ byte)];
    }
    state
}
