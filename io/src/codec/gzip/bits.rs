//! Bits of a DEFLATE stream, read from the lowest of each byte up (RFC 1951, 3.1.1).

/// Bits that were taken from the input and are not used yet: what is kept between two inputs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct HeldBits {
    bits: u64,
    len: u32,
}

/// Reads bits from one slice of input, after those held from the input before.
#[derive(Debug)]
pub(super) struct BitReader<'a> {
    input: &'a [u8],
    /// Bytes of the input that are in `bits` or used.
    pos: usize,
    /// The next bits, the first one lowest. Above `len` are zeros or bits of the bytes at `pos`, never others.
    bits: u64,
    len: u32,
}

impl HeldBits {
    /// The bits of `byte` from its bit `skip` (0 to 7) on.
    pub(super) fn of_byte(byte: u8, skip: u32) -> Self {
        Self { bits: u64::from(byte) >> skip, len: 8 - skip }
    }

    /// How many there are.
    pub(super) fn len(self) -> u32 {
        self.len
    }
}

impl<'a> BitReader<'a> {
    pub(super) fn new(held: HeldBits, input: &'a [u8]) -> Self {
        Self { input, pos: 0, bits: held.bits, len: held.len }
    }

    /// Gives whole unused bytes back to the input, and returns the bits left and the bytes used.
    ///
    /// Fewer than 8 bits are left unless all of the input is used. (Bytes held from an earlier input
    /// cannot be given back, but then the element that they begin is not complete yet.)
    pub(super) fn finish(mut self) -> (HeldBits, usize) {
        self.give_back();
        (HeldBits { bits: self.bits, len: self.len }, self.pos)
    }

    /// Like [`BitReader::finish`] where the next element lacks bits: all of the input stays used.
    pub(super) fn finish_starved(mut self) -> (HeldBits, usize) {
        debug_assert_eq!(self.pos, self.input.len());
        self.clear_above();
        (HeldBits { bits: self.bits, len: self.len }, self.pos)
    }

    /// Bits at hand without reading more.
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// The next bits, as many as are at hand; those above are not to be looked at.
    pub(super) fn peek(&self) -> u64 {
        self.bits
    }

    /// The next bits without using them, `count` of them at most 32.
    pub(super) fn peek_low(&self, count: u32) -> u32 {
        (self.bits & ((1 << count) - 1)) as u32
    }

    /// Steps over bits at hand.
    pub(super) fn consume(&mut self, count: u32) {
        debug_assert!(count <= self.len);
        self.bits >>= count;
        self.len -= count;
    }

    /// Reads `count` bits, at most 32, that are known to be at hand.
    pub(super) fn take(&mut self, count: u32) -> u32 {
        let value = self.peek_low(count);
        self.consume(count);
        value
    }

    /// Whether `count` bits, at most 48, are at hand or can be read.
    pub(super) fn has(&mut self, count: u32) -> bool {
        if self.len < count {
            self.refill();
        }
        self.len >= count
    }

    /// Reads on until at least 56 bits are at hand or the input is used up.
    pub(super) fn refill(&mut self) {
        if let Some(word) = self.input.get(self.pos..).and_then(<[u8]>::first_chunk) {
            self.bits |= u64::from_le_bytes(*word) << self.len;
            self.pos += ((63 - self.len) / 8) as usize;
            self.len |= 56;
            return;
        }
        while self.len <= 55
            && let Some(byte) = self.input.get(self.pos)
        {
            self.bits |= u64::from(*byte) << self.len;
            self.pos += 1;
            self.len += 8;
        }
    }

    /// Drops the bits up to the next byte, as before a stored block.
    pub(super) fn align(&mut self) {
        self.consume(self.len % 8);
    }

    /// After [`BitReader::align`] and with the bits given back: bytes of the input, at most `max_len`, which
    /// count as used.
    pub(super) fn take_bytes(&mut self, max_len: usize) -> &'a [u8] {
        debug_assert_eq!(self.len, 0);
        let len = max_len.min(self.input.len() - self.pos);
        let bytes = &self.input[self.pos..self.pos + len];
        self.pos += len;
        bytes
    }

    /// Gives whole bytes that came from this input back to it.
    pub(super) fn give_back(&mut self) {
        let bytes = ((self.len / 8) as usize).min(self.pos);
        self.pos -= bytes;
        self.len -= 8 * bytes as u32;
        self.clear_above();
    }

    /// The input, where it is read next and the bits at hand, at most 56 of them, for
    /// [`fast`](super::fast): nothing stands above `len`.
    pub(super) fn split(&mut self) -> (&'a [u8], usize, u64, u32) {
        if self.len > 56 {
            self.pos -= 1;
            self.len -= 8;
        }
        self.clear_above();
        (self.input, self.pos, self.bits, self.len)
    }

    /// Puts back what [`BitReader::split`] gave, after reading.
    pub(super) fn join(&mut self, pos: usize, bits: u64, len: u32) {
        debug_assert!(pos <= self.input.len() && len < 64);
        (self.pos, self.bits, self.len) = (pos, bits, len);
    }

    fn clear_above(&mut self) {
        self.bits &= (1 << self.len) - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 12] = [0xb5, 0x3c, 0x01, 0xff, 0x80, 0x7e, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc];

    /// Bit `index` of the bytes.
    fn bit(index: usize) -> u32 {
        u32::from(BYTES[index / 8] >> (index % 8) & 1)
    }

    #[test]
    fn any_cut_and_any_step_read_the_same_bits() {
        for cut in 0..=BYTES.len() {
            for step in 1..=16 {
                let mut held = HeldBits::default();
                let mut index = 0;
                for input in [&BYTES[..cut], &BYTES[cut..]] {
                    let mut reader = BitReader::new(held, input);
                    while reader.has(step) {
                        let expected = (0..step as usize).fold(0, |value, i| value | bit(index + i) << i);
                        assert_eq!(reader.take(step), expected, "cut {cut} step {step} at {index}");
                        index += step as usize;
                    }
                    held = reader.finish_starved().0;
                }
                assert_eq!(index, BYTES.len() * 8 / step as usize * step as usize);
            }
        }
    }

    #[test]
    fn unused_bytes_go_back() {
        let mut reader = BitReader::new(HeldBits::default(), &BYTES);
        assert!(reader.has(11));
        reader.consume(11);
        let (held, used) = reader.finish();
        assert_eq!((held.len(), used), (5, 2));
        let mut reader = BitReader::new(held, &BYTES[2..]);
        reader.align();
        assert_eq!(reader.take_bytes(3), &BYTES[2..5]);
        assert_eq!(reader.finish().1, 3);
    }

    #[test]
    fn a_stream_may_begin_inside_a_byte() {
        let mut reader = BitReader::new(HeldBits::of_byte(BYTES[0], 3), &BYTES[1..]);
        assert!(reader.has(13));
        assert_eq!(reader.take(13), (0x3cb5 >> 3) & 0x1fff);
    }
}
