//! The first run lengths undone, the last step to the text: four equal bytes are followed by the number of
//! those that follow them.

/// Bytes that are looked at together.
const WIDE: usize = 32;

/// Length of a run that is followed by a number.
const RUN_LEN: usize = 4;

/// Bytes that a number can stand for at most.
const MAX_REPEATS: usize = 255;

/// Where the text of a block has come to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Runs {
    /// The last byte of the text, if there is any.
    last: u8,
    /// Equal bytes that the input ended with, up to four. After four comes their number.
    equal: usize,
    /// How often the last byte is still to be written.
    repeats: usize,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) read: usize,
    pub(super) written: usize,
}

impl Runs {
    /// Whether the input may end here: not before the number that four equal bytes want.
    pub(super) fn may_end(&self) -> bool {
        self.equal < RUN_LEN
    }

    /// Whether the output is behind the input.
    pub(super) fn is_behind(&self) -> bool {
        self.repeats > 0
    }

    /// Undoes the run lengths of the input until it is at its end or the output is full.
    pub(super) fn undo(&mut self, input: &[u8], out: &mut [u8]) -> Progress {
        let mut progress = Progress::default();
        loop {
            let Progress { read, written } = &mut progress;
            if self.repeats > 0 {
                let len = self.repeats.min(out.len() - *written);
                out[*written..][..len].fill(self.last);
                *written += len;
                self.repeats -= len;
            }
            if *read == input.len() || *written == out.len() {
                return progress;
            }
            if self.equal == 0 || self.equal < RUN_LEN && input[*read] != self.last {
                // No run reaches into what follows.
                self.undo_wide(input, out, &mut progress);
            }
            self.undo_byte(input, out, &mut progress);
        }
    }

    /// Takes the next byte of the input, if there is one and room for it.
    fn undo_byte(&mut self, input: &[u8], out: &mut [u8], progress: &mut Progress) {
        let (Some(&byte), Some(to)) = (input.get(progress.read), out.get_mut(progress.written)) else {
            return;
        };
        progress.read += 1;
        if self.equal == RUN_LEN {
            self.repeats = byte.into();
            self.equal = 0;
        } else {
            *to = byte;
            progress.written += 1;
            self.equal = if self.equal > 0 && byte == self.last { self.equal + 1 } else { 1 };
            self.last = byte;
        }
    }

    /// Undoes as much as can be done without looking at the ends. No run may reach into the input.
    fn undo_wide(&mut self, input: &[u8], out: &mut [u8], progress: &mut Progress) {
        let Progress { mut read, mut written } = *progress;
        // Where the bytes begin that may be part of the next run.
        let mut fresh = read;
        while let (Some(bytes), Some(to)) = (
            input[read..].first_chunk::<{ WIDE + RUN_LEN }>(),
            out[written..].first_chunk_mut::<{ WIDE + RUN_LEN + MAX_REPEATS }>(),
        ) {
            to[..WIDE].copy_from_slice(&bytes[..WIDE]);
            let Some(start) = first_run(bytes) else {
                read += WIDE;
                written += WIDE;
                continue;
            };
            let len = RUN_LEN + usize::from(bytes[start + RUN_LEN]);
            // Most are short: then a copy of fixed length is faster.
            to[start..][..WIDE].fill(bytes[start]);
            if len > WIDE {
                to[start..][..len].fill(bytes[start]);
            }
            self.last = bytes[start];
            read += start + RUN_LEN + 1;
            written += start + len;
            fresh = read;
        }
        if let Some(&last) = input[fresh..read].last() {
            self.last = last;
            // Three at most: there is no run.
            self.equal = input[fresh..read].iter().rev().take_while(|&&byte| byte == last).count();
        } else if read > progress.read {
            self.equal = 0;
        }
        *progress = Progress { read, written };
    }
}

/// Where the first four equal bytes begin, if that is in the first [`WIDE`].
#[inline(always)]
fn first_run(bytes: &[u8; WIDE + RUN_LEN]) -> Option<usize> {
    // Written so that the compiler makes vectors of it.
    let mut found = [0; WIDE];
    for i in 0..WIDE {
        let equal = (bytes[i] == bytes[i + 1]) & (bytes[i] == bytes[i + 2]) & (bytes[i] == bytes[i + 3]);
        found[i] = u8::from(equal);
    }
    let words: [u64; WIDE / 8] = std::array::from_fn(|i| u64::from_le_bytes(found.as_chunks().0[i]));
    if words.iter().fold(0, |any, word| any | word) == 0 {
        return None;
    }
    let index = words.iter().position(|&word| word != 0)?;
    Some(index * 8 + words[index].trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A byte at a time, as the format's description says it.
    fn by_hand(input: &[u8]) -> Vec<u8> {
        let (mut text, mut equal) = (Vec::new(), 0);
        for &byte in input {
            if equal == 4 {
                let last = text[text.len() - 1];
                text.extend(std::iter::repeat_n(last, byte.into()));
                equal = 0;
            } else {
                equal = if equal > 0 && text.last() == Some(&byte) { equal + 1 } else { 1 };
                text.push(byte);
            }
        }
        text
    }

    /// The text, with at most so much input and room for output at once.
    fn undone(input: &[u8], step_in: usize, step_out: usize) -> Vec<u8> {
        let (mut runs, mut text, mut read) = (Runs::default(), Vec::new(), 0);
        while read < input.len() || runs.is_behind() {
            let mut out = vec![0; step_out];
            let end = input.len().min(read + step_in);
            let progress = runs.undo(&input[read..end], &mut out);
            read += progress.read;
            text.extend_from_slice(&out[..progress.written]);
        }
        text
    }

    #[test]
    fn runs_at_all_places() {
        for before in 0..80 {
            for number in [0, 1, 255] {
                let mut input: Vec<u8> = (0..before).collect();
                input.extend([200; 4]);
                input.extend([number, 200, 200, 200, 201]);
                input.extend(0..90);
                let expected = by_hand(&input);
                assert_eq!(expected.len(), input.len() - 1 + usize::from(number));
                for step in [1, 2, 3, 4, 5, 31, 32, 33, 35, 36, 1000] {
                    assert_eq!(undone(&input, step, 1000), expected);
                    assert_eq!(undone(&input, 1000, step), expected);
                }
            }
        }
    }

    #[test]
    fn four_equal_bytes_want_a_number() {
        for (input, may_end) in
            [(&b""[..], true), (b"aaa", true), (b"aaaa", false), (b"aaaa\0", true), (b"aaaa\0aaaa", false)]
        {
            let mut runs = Runs::default();
            runs.undo(input, &mut [0; 100]);
            assert_eq!(runs.may_end(), may_end, "{input:?}");
        }
    }

    proptest! {
        #[test]
        fn any_input_in_any_steps(
            input in proptest::collection::vec(0..3u8, 0..500), step_in in 1..100usize, step_out in 1..100usize,
        ) {
            prop_assert_eq!(undone(&input, step_in, step_out), by_hand(&input));
        }
    }
}
