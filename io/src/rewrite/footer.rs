//! Lines behind the table: the last ones of a file, which are left out.

use std::collections::VecDeque;

/// Leaves so many lines out at the end of a text, chunk by chunk: they are held back until more come.
#[derive(Debug, Clone)]
pub(super) struct Footer {
    lines: usize,
    held: Vec<u8>,
    /// Where in what is held lines end.
    ends: VecDeque<usize>,
    /// Whether the last byte was a `\r`, to which a `\n` behind it belongs.
    after_return: bool,
}

impl Footer {
    /// `None` if there is none.
    pub(super) fn of(lines: u64) -> Option<Self> {
        let lines = usize::try_from(lines).unwrap_or(usize::MAX);
        (lines > 0).then(|| Self { lines, held: Vec::new(), ends: VecDeque::new(), after_return: false })
    }

    pub(super) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for byte in bytes {
            self.held.push(*byte);
            match byte {
                b'\n' if self.after_return => {
                    self.ends.pop_back();
                    self.ends.push_back(self.held.len());
                }
                b'\n' | b'\r' => self.ends.push_back(self.held.len()),
                _ => {}
            }
            self.after_return = *byte == b'\r';
        }
        let surplus = self.ends.len().saturating_sub(self.lines);
        let surplus = self.ends.drain(..surplus).next_back();
        if let Some(end) = surplus {
            self.release(end, out);
        }
    }

    /// Drops what is held at the end of the text, but a line in front of the last ones if the last of all has no end.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        let is_open = self.ends.back().copied().unwrap_or(0) < self.held.len();
        if let Some(end) = self.ends.front().copied().filter(|_| is_open && self.ends.len() == self.lines) {
            self.release(end, out);
        }
        self.held.clear();
        self.ends.clear();
    }

    fn release(&mut self, end: usize, out: &mut Vec<u8>) {
        out.extend(self.held.drain(..end));
        self.ends.iter_mut().for_each(|at| *at = at.saturating_sub(end));
    }
}

/// A text without so many lines at its end.
pub(crate) fn without_footer(text: &[u8], lines: u64) -> Vec<u8> {
    let Some(mut footer) = Footer::of(lines) else { return text.to_vec() };
    let mut out = Vec::with_capacity(text.len());
    footer.write(text, &mut out);
    footer.finish(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_go() {
        for (text, lines, expected) in [
            ("a\n1\nTotal\n", 1, "a\n1\n"),
            ("a\n1\nTotal", 1, "a\n1\n"),
            ("a\r\n1\r\n\r\nTotal\r\n", 2, "a\r\n1\r\n"),
            ("a\r1\rTotal\r", 1, "a\r1\r"),
            ("a\n", 3, ""),
            ("a", 1, ""),
            ("", 2, ""),
        ] {
            assert_eq!(without_footer(text.as_bytes(), lines), expected.as_bytes(), "{text:?}");
            for step in 1..=text.len() {
                let (mut footer, mut out) = (Footer::of(lines).unwrap(), Vec::new());
                text.as_bytes().chunks(step).for_each(|piece| footer.write(piece, &mut out));
                footer.finish(&mut out);
                assert_eq!(out, expected.as_bytes(), "{text:?} in steps of {step}");
            }
        }
    }
}
