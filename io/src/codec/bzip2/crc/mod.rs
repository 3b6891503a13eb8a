//! The checksum of blocks: CRC-32 with the highest bit first, polynomial 0x04c11db7, begun with ones and
//! inverted at the end.

#[cfg(target_arch = "x86_64")]
mod clmul;
mod tables;

use super::instructions::Instructions;

/// The polynomial without its highest term.
const POLYNOMIAL: u32 = 0x04c1_1db7;

/// The checksum of text that comes in pieces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crc {
    state: u32,
    instructions: Instructions,
}

impl Crc {
    /// The checksum of no text yet.
    pub(super) fn new(instructions: Instructions) -> Self {
        Self { state: u32::MAX, instructions }
    }

    /// Adds text.
    pub(super) fn update(&mut self, text: &[u8]) {
        self.state = match self.instructions {
            Instructions::Portable => tables::update(self.state, text),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2(avx2) => clmul::update(avx2, self.state, text),
        };
    }

    /// The checksum of the text so far.
    pub(super) fn value(self) -> u32 {
        !self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bit at a time.
    fn by_hand(text: &[u8]) -> u32 {
        let mut crc = u32::MAX;
        for &byte in text {
            crc ^= u32::from(byte) << 24;
            for _ in 0..8 {
                crc = if crc >> 31 == 1 { crc << 1 ^ POLYNOMIAL } else { crc << 1 };
            }
        }
        !crc
    }

    #[test]
    fn known_value() {
        // The check value of CRC-32/BZIP2 in the catalogue of parametrised CRC algorithms.
        assert_eq!(by_hand(b"123456789"), 0xfc89_1918);
    }

    #[test]
    fn all_lengths_and_cuts() {
        let text: Vec<u8> = (0..700u32).map(|i| ((i * i * 31) >> 3) as u8).collect();
        for instructions in Instructions::all() {
            for len in 0..text.len() {
                let mut crc = Crc::new(instructions);
                crc.update(&text[..len]);
                assert_eq!(crc.value(), by_hand(&text[..len]), "{len} bytes, {instructions:?}");
                let mut crc = Crc::new(instructions);
                crc.update(&text[..len]);
                crc.update(&text[len..]);
                assert_eq!(crc.value(), by_hand(&text), "cut at {len}, {instructions:?}");
            }
        }
    }
}
