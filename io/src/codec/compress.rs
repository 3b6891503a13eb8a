//! LZW as `compress` writes it (`.Z`), decoded in steps.
//!
//! ```text
//! file | 1f 9d | most bits of a code, and whether codes may be cleared | code | code | …
//! ```
//!
//! Each code stands for a text: that of a code before it, with one byte more. Codes have 9 bits at first, and one more whenever all
//! of these are in use. They come in groups of eight, of as many bytes as a code has bits: where codes get longer, or all are
//! cleared, the rest of the group has no meaning. There is no checksum, no length and no end: the end of the file is the end.

use std::io;

use compression_codecs::DecodeV2;
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};

use super::member_decoder::MemberDecoder;

pub(super) const MAGIC: &[u8] = &[0x1f, 0x9d];

/// Bits of the first codes, and of the longest ones that there may be.
const FIRST_BITS: u32 = 9;
const MOST_BITS: u32 = 16;

/// The code that clears all, where that may be.
const CLEAR: usize = 256;

/// Flags of the third byte of a file.
const BITS_MASK: u8 = 0x1f;
const UNKNOWN_FLAGS: u8 = 0x60;
const MAY_CLEAR: u8 = 0x80;

/// Decodes one file.
#[derive(Debug)]
pub(super) struct LzwDecoder {
    head: Vec<u8>,
    may_clear: bool,
    most_bits: u32,
    /// Bits that were taken from the input and not used, the next one lowest.
    bits: u64,
    bit_count: u32,
    /// Bits of a code now, and how many bits of the group at hand are used.
    code_bits: u32,
    group_bits: u32,
    /// Bits without a meaning that come next.
    skipped_bits: u32,
    /// For each code from [`CLEAR`] on: the code of which it is the text, and the byte behind it.
    codes: Vec<(u16, u8)>,
    last: Option<usize>,
    /// The first byte of the last text.
    first_byte: u8,
    /// The text that is on its way, from its end.
    text: Vec<u8>,
}

impl LzwDecoder {
    pub(super) fn new() -> Self {
        Self {
            head: Vec::new(),
            may_clear: false,
            most_bits: FIRST_BITS,
            bits: 0,
            bit_count: 0,
            code_bits: FIRST_BITS,
            group_bits: 0,
            skipped_bits: 0,
            codes: Vec::new(),
            last: None,
            first_byte: 0,
            text: Vec::new(),
        }
    }

    /// Understands the head; whether it has come.
    fn read_head(&mut self, input: &mut PartialBuffer<&[u8]>) -> io::Result<bool> {
        while self.head.len() <= MAGIC.len() {
            let Some(byte) = input.unwritten().first().copied() else { return Ok(false) };
            input.advance(1);
            self.head.push(byte);
            if self.head.len() <= MAGIC.len() {
                continue;
            }
            let most_bits = u32::from(byte & BITS_MASK);
            if !self.head.starts_with(MAGIC) || byte & UNKNOWN_FLAGS != 0 {
                return Err(damage("its first bytes are not those of such a file"));
            }
            if !(FIRST_BITS..=MOST_BITS).contains(&most_bits) {
                return Err(damage("codes have from 9 to 16 bits"));
            }
            // Codes of 9 bits alone are never written.
            self.most_bits = most_bits.max(FIRST_BITS + 1);
            self.may_clear = byte & MAY_CLEAR != 0;
            self.clear(usize::from(self.may_clear));
        }
        Ok(true)
    }

    /// Forgets all codes but so many, which have no meaning.
    fn clear(&mut self, kept: usize) {
        self.codes.clear();
        self.codes.resize(kept, (0, 0));
        self.code_bits = FIRST_BITS;
        self.group_bits = 0;
    }

    /// The rest of the group at hand has no meaning.
    fn skip_group(&mut self) {
        let group = self.code_bits * 8;
        self.skipped_bits = (group - self.group_bits % group) % group;
        self.group_bits = 0;
    }

    /// The next bits, if so many have come.
    fn take(&mut self, count: u32, input: &mut PartialBuffer<&[u8]>) -> Option<usize> {
        while self.bit_count < count {
            let byte = *input.unwritten().first()?;
            input.advance(1);
            self.bits |= u64::from(byte) << self.bit_count;
            self.bit_count += 8;
        }
        let taken = self.bits & ((1 << count) - 1);
        self.bits >>= count;
        self.bit_count -= count;
        Some(taken as usize)
    }

    /// The next code; nothing if it has not come.
    fn next_code(&mut self, input: &mut PartialBuffer<&[u8]>) -> Option<usize> {
        // As many codes as there are of these bits, the bytes included.
        if self.codes.len() + CLEAR >= 1 << self.code_bits && self.code_bits < self.most_bits {
            self.skip_group();
            self.code_bits += 1;
        }
        while self.skipped_bits > 0 {
            let count = self.skipped_bits.min(8);
            self.take(count, input)?;
            self.skipped_bits -= count;
        }
        let code = self.take(self.code_bits, input)?;
        self.group_bits += self.code_bits;
        Some(code)
    }

    /// Puts the text of a code on its way, and learns a new code.
    fn expand(&mut self, code: usize) -> io::Result<()> {
        if code == CLEAR && self.may_clear {
            self.skip_group();
            let skipped_bits = self.skipped_bits;
            // The next code makes one that has the number of this one, and is never used.
            self.clear(0);
            self.skipped_bits = skipped_bits;
            return Ok(());
        }
        let Some(last) = self.last else {
            let byte = u8::try_from(code).map_err(|_| damage("the first code is no byte"))?;
            (self.first_byte, self.last) = (byte, Some(code));
            self.text.push(byte);
            return Ok(());
        };
        let next = CLEAR + self.codes.len();
        let mut at = code;
        if code >= next {
            if code > next || self.codes.len() + CLEAR >= 1 << self.most_bits {
                return Err(damage("a code was not made yet"));
            }
            // The text of the code that is about to be made: the last one, and its first byte.
            self.text.push(self.first_byte);
            at = last;
        }
        while let Some(index) = at.checked_sub(CLEAR) {
            let (before, byte) = self.codes[index];
            self.text.push(byte);
            at = before.into();
        }
        self.first_byte = at as u8;
        self.text.push(self.first_byte);
        if self.codes.len() + CLEAR < 1 << self.most_bits {
            self.codes.push((last as u16, self.first_byte));
        }
        self.last = Some(code);
        Ok(())
    }
}

fn damage(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl MemberDecoder for LzwDecoder {
    fn may_end(&self) -> bool {
        self.head.len() > MAGIC.len() && self.text.is_empty()
    }
}

impl DecodeV2 for LzwDecoder {
    fn reinit(&mut self) -> io::Result<()> {
        *self = Self::new();
        Ok(())
    }

    fn decode(&mut self, input: &mut PartialBuffer<&[u8]>, output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        if !self.read_head(input)? {
            return Ok(false);
        }
        let target = output.initialize_unwritten();
        let mut at = 0;
        let expanded = loop {
            let len = self.text.len().min(target.len() - at);
            let kept = self.text.len() - len;
            for (place, byte) in target[at..at + len].iter_mut().zip(self.text[kept..].iter().rev()) {
                *place = *byte;
            }
            self.text.truncate(kept);
            at += len;
            if at == target.len() {
                break Ok(());
            }
            let Some(code) = self.next_code(input) else { break Ok(()) };
            if let Err(error) = self.expand(code) {
                break Err(error);
            }
        };
        output.advance(at);
        expanded.map(|()| false)
    }

    fn flush(&mut self, _output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        Ok(true)
    }

    fn finish(&mut self, _output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        Ok(self.may_end())
    }
}

#[cfg(test)]
pub(in crate::codec) mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// Writes bits, and fills groups up.
    #[derive(Default)]
    struct Bits {
        out: Vec<u8>,
        bits: u64,
        count: u32,
        group: u32,
    }

    impl Bits {
        fn put(&mut self, code: usize, bits: u32) {
            self.bits |= (code as u64) << self.count;
            (self.count, self.group) = (self.count + bits, self.group + bits);
            while self.count >= 8 {
                self.out.push(self.bits as u8);
                (self.bits, self.count) = (self.bits >> 8, self.count - 8);
            }
        }

        fn end_group(&mut self, bits: u32) {
            while !self.group.is_multiple_of(bits * 8) {
                self.put(0, 1);
            }
            self.group = 0;
        }
    }

    /// A file of these bytes, which clears its codes whenever so many are in use.
    pub(in crate::codec) fn compressed(plain: &[u8], most_bits: u32, clear_at: usize) -> Vec<u8> {
        let mut bits = Bits::default();
        let mut codes: HashMap<(usize, u8), usize> = HashMap::new();
        let (mut next, mut width) = (CLEAR + 1, FIRST_BITS);
        let mut last: Option<usize> = None;
        for byte in plain {
            let Some(before) = last.replace((*byte).into()) else { continue };
            if let Some(code) = codes.get(&(before, *byte)) {
                last = Some(*code);
                continue;
            }
            bits.put(before, width);
            if next < 1 << most_bits {
                codes.insert((before, *byte), next);
                next += 1;
            }
            // Whoever decodes knows a code less.
            if next > 1 << width && width < most_bits {
                bits.end_group(width);
                width += 1;
            }
            if next > clear_at {
                bits.put(CLEAR, width);
                bits.end_group(width);
                codes.clear();
                (next, width) = (CLEAR + 1, FIRST_BITS);
            }
        }
        if let Some(last) = last {
            bits.put(last, width);
        }
        while bits.count > 0 {
            bits.put(0, 1);
        }
        [MAGIC, &[MAY_CLEAR | most_bits as u8], &bits.out].concat()
    }

    fn decoded(bytes: &[u8], step_in: usize, step_out: usize) -> io::Result<Vec<u8>> {
        let (mut decoder, mut out) = (LzwDecoder::new(), Vec::new());
        let mut buffer = vec![0; step_out];
        let mut run = |piece: &[u8]| -> io::Result<()> {
            let mut source = PartialBuffer::new(piece);
            loop {
                let mut target = WriteBuffer::new_initialized(&mut buffer[..]);
                assert!(!decoder.decode(&mut source, &mut target)?);
                let written = target.written_len();
                out.extend_from_slice(target.written());
                if written < step_out && source.unwritten().is_empty() {
                    return Ok(());
                }
            }
        };
        bytes.chunks(step_in).try_for_each(&mut run)?;
        assert!(decoder.may_end() || bytes.len() < 3);
        Ok(out)
    }

    #[test]
    fn codes_grow_and_are_cleared() {
        let plain: Vec<u8> =
            (0..60_000u32).flat_map(|n| format!("{},x\n", n * n % 997).into_bytes()).collect();
        for (bits, clear_at) in [(16, usize::MAX), (12, usize::MAX), (10, 900), (16, 5000), (12, 300)] {
            let file = compressed(&plain, bits, clear_at);
            for (step_in, step_out) in [(usize::MAX, 4096), (1, 100), (7, 1)] {
                let step_in = step_in.min(file.len());
                assert!(decoded(&file, step_in, step_out).unwrap() == plain, "{bits} {clear_at}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (file, expected) in [
            (&b"\x1f\x9d\xb0"[..], "not those"),
            (b"\x1f\x9d\x88", "9 to 16"),
            (b"\x1f\x9d\x91", "9 to 16"),
            (b"\x1f\x9d\x90\x2c\x01", "the first code"),
            (b"\x1f\x9d\x90\x61\xfe\x03", "not made yet"),
        ] {
            let error = decoded(file, 10, 10).unwrap_err().to_string();
            assert!(error.contains(expected), "{file:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(plain in prop::collection::vec(0u8..4, 0..3000), bits in 10u32..17, clear_at in 258usize..2000) {
            prop_assert_eq!(decoded(&compressed(&plain, bits, clear_at), 5, 50).unwrap(), plain);
        }

        #[test]
        fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000), head in 0x89u8..0x91) {
            let file = [MAGIC, &[head], &bytes].concat();
            let whole = decoded(&file, file.len(), 4000).map_err(|error| error.to_string());
            prop_assert_eq!(decoded(&file, 3, 40).map_err(|error| error.to_string()), whole);
        }
    }
}
