//! Decoded bytes of which some are not known yet: they stand in the history of a block that was decoded alone.
//!
//! A piece of a stream that is decoded from its middle starts with 32 KiB of history that nobody knows. Its bytes are decoded to 16
//! bits each. Values below 256 are bytes; the others, the markers, stand for a byte of the unknown history, by its place. Matches copy
//! markers like bytes. When the piece in front is done, its last 32 KiB are the history, and each marker is looked up there. (The
//! method is that of pugz, Kerbiriou and Chikhi 2019, and rapidgzip, Knespel and Brunst 2023.)

use super::error::Damage;
use super::fast::Decoded;
use super::inflate::HISTORY_LEN_BYTES;

/// The marker of the oldest byte of the history; the others follow it.
const FIRST_MARKER: u16 = 256;

/// Values that may occur.
const VALUES: usize = FIRST_MARKER as usize + HISTORY_LEN_BYTES;

// SAFETY: any two bytes are a `u16`.
#[allow(unsafe_code)]
unsafe impl Decoded for u16 {
    fn literal(byte: u8) -> Self {
        Self::from(byte)
    }
}

/// The markers of a whole history.
pub(super) fn unknown_history() -> &'static [u16] {
    static MARKERS: [u16; HISTORY_LEN_BYTES] = {
        let mut markers = [0; HISTORY_LEN_BYTES];
        let mut place = 0;
        while place < HISTORY_LEN_BYTES {
            markers[place] = FIRST_MARKER + place as u16;
            place += 1;
        }
        markers
    };
    &MARKERS
}

/// Whether no value is a marker.
pub(super) fn all_known(values: &[u16]) -> bool {
    values.iter().fold(0, |all, value| all | value) < FIRST_MARKER
}

/// Values of which none is a marker, as bytes.
pub(super) fn narrow(values: &[u16], bytes: &mut [u8]) {
    for (byte, value) in bytes.iter_mut().zip(values) {
        *byte = *value as u8;
    }
}

/// What each value is with a known history.
#[derive(Debug)]
pub struct Resolver {
    /// Bytes themselves, then those of the history. As long as the type of values allows, so that no look-up need be checked.
    table: Box<[u8; 1 << 16]>,
    /// Bytes of history, the last ones in the table.
    history_len: usize,
}

impl Resolver {
    /// For the last 32 KiB in front of a piece, or fewer at the start of a stream.
    ///
    /// # Panics
    /// There are more than 32 KiB.
    pub fn new(history: &[u8]) -> Self {
        let mut table = Box::new([0; 1 << 16]);
        for (byte, place) in (0..=u8::MAX).zip(&mut table[..]) {
            *place = byte;
        }
        table[VALUES - history.len()..VALUES].copy_from_slice(history);
        Self { table, history_len: history.len() }
    }

    /// Bytes of history that are known.
    pub(super) fn history_len(&self) -> usize {
        self.history_len
    }

    /// The bytes of history that are known.
    pub(super) fn history(&self) -> &[u8] {
        &self.table[VALUES - self.history_len..VALUES]
    }

    /// Writes the byte of each value.
    ///
    /// # Errors
    /// A marker stands for a byte in front of the first one.
    ///
    /// # Panics
    /// `bytes` and `values` have different lengths.
    pub fn resolve(&self, values: &[u16], bytes: &mut [u8]) -> Result<(), Damage> {
        assert_eq!(values.len(), bytes.len());
        let first = (VALUES - self.history_len) as u16;
        if self.history_len < HISTORY_LEN_BYTES
            && values.iter().any(|value| (FIRST_MARKER..first).contains(value))
        {
            return Err(Damage::DistanceTooFar);
        }
        // Eight bytes are stored at once: a store a cycle would bound the speed. To see first whether there are markers at all in the
        // next 32 values, which then need no look-up, is no faster: who could predict the answer?
        let byte = |value: u16| self.table[usize::from(value)];
        let (groups, rest) = values.as_chunks::<8>();
        let (groups_out, rest_out) = bytes.as_chunks_mut::<8>();
        for (values, bytes) in groups.iter().zip(groups_out) {
            let word = values.iter().rev().fold(0, |word, value| word << 8 | u64::from(byte(*value)));
            *bytes = word.to_le_bytes();
        }
        for (value, place) in rest.iter().zip(rest_out) {
            *place = byte(*value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_themselves_or_their_place_in_the_history() {
        let history: Vec<u8> = (0..HISTORY_LEN_BYTES).map(|i| (i / 100) as u8).collect();
        for len in (0..200).chain([HISTORY_LEN_BYTES]) {
            for every in [1, 3, 40, 1000] {
                let value = |i: usize| {
                    if i % every == every - 1 {
                        256 + (i * 77 % HISTORY_LEN_BYTES) as u16
                    } else {
                        i as u16 % 256
                    }
                };
                let values: Vec<u16> = (0..len).map(value).collect();
                let mut bytes = vec![0; len];
                Resolver::new(&history).resolve(&values, &mut bytes).unwrap();
                for (value, byte) in values.into_iter().zip(bytes) {
                    let expected =
                        value.checked_sub(256).map_or(value as u8, |place| history[usize::from(place)]);
                    assert_eq!(byte, expected);
                }
            }
        }
    }

    #[test]
    fn markers_in_front_of_a_short_history_are_refused() {
        let resolver = Resolver::new(b"abc");
        let last = VALUES as u16 - 1;
        let mut bytes = [0; 3];
        resolver.resolve(&[last - 2, b'x'.into(), last], &mut bytes).unwrap();
        assert_eq!(&bytes, b"axc");
        assert_eq!(resolver.resolve(&[last - 3, b'x'.into(), last], &mut bytes), Err(Damage::DistanceTooFar));
    }
}
