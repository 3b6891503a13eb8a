//! Where values of JSON end that stand one after the other or in one array, on any number of lines.

/// Where in the brackets and quotes of a text its end is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Depth {
    /// Brackets that are open.
    open: u32,
    /// Whether the outermost one is that of an array.
    in_array: bool,
    /// Whether a text in quotes is open, and whether its last byte was a `\`.
    quoted: bool,
    escaped: bool,
}

impl Depth {
    /// Whether a bracket or a quote is open.
    pub(super) fn is_open(self) -> bool {
        self.open > 0 || self.quoted
    }

    /// Reads bytes on; gives where the last value ends that ends in them: behind the comma of an item, or behind the
    /// outermost bracket.
    pub(super) fn walk(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut last_end = None;
        for (at, byte) in bytes.iter().enumerate() {
            if self.quoted {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.quoted = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.quoted = true,
                b'[' | b'{' => {
                    self.in_array = if self.open == 0 { *byte == b'[' } else { self.in_array };
                    self.open += 1;
                }
                b']' | b'}' => {
                    self.open = self.open.saturating_sub(1);
                    if self.open == 0 {
                        last_end = Some(at + 1);
                    }
                }
                b',' if self.in_array && self.open == 1 => last_end = Some(at + 1),
                _ => {}
            }
        }
        last_end
    }
}
