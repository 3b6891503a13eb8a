//! GeoJSON: of a collection, the features.

/// Writes blanks in place of all that stands around the array of features, chunk by chunk: what is left is that, at its
/// lines and at its bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Features {
    place: Place,
    /// Brackets that are open.
    depth: u32,
    /// Whether a text in quotes is open, and whether its last byte was a `\`.
    quoted: bool,
    escaped: bool,
    /// The last text in quotes of the collection itself, as far as it may be the key.
    text: Vec<u8>,
    /// Whether that was followed by a `:`, and nothing else.
    is_key: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Before,
    Inside,
    Behind,
    /// In what is read on behind a gap; where it ends is not known.
    Lost,
}

const KEY: &[u8] = b"features";

impl Features {
    /// Appends what becomes of the next bytes to `out`.
    pub(crate) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.place == Place::Lost {
            return out.extend_from_slice(bytes);
        }
        out.extend(bytes.iter().map(|byte| match (self.is_feature(*byte), byte) {
            (true, byte) | (false, byte @ (b'\n' | b'\r')) => *byte,
            (false, _) => b' ',
        }));
    }

    /// Something is lost in front of what comes next.
    pub(super) fn pass_gap(&mut self) {
        self.place = Place::Lost;
    }

    /// Whether a byte belongs to the array of features, its brackets included.
    fn is_feature(&mut self, byte: u8) -> bool {
        match self.place {
            Place::Behind => return false,
            Place::Lost => return true,
            Place::Before | Place::Inside => {}
        }
        if self.quoted {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.quoted = false,
                _ => {}
            }
            if self.quoted && self.place == Place::Before && self.text.len() <= KEY.len() {
                self.text.push(byte);
            }
            return self.place == Place::Inside;
        }
        let is_before = self.place == Place::Before;
        match byte {
            b'"' => {
                (self.quoted, self.is_key) = (true, false);
                self.text.clear();
            }
            b':' => self.is_key = self.depth == 1 && self.text == KEY,
            b'[' if is_before && self.is_key => (self.place, self.depth) = (Place::Inside, 1),
            b'[' | b'{' => (self.depth, self.is_key) = (self.depth.saturating_add(1), false),
            b']' | b'}' => {
                self.depth = self.depth.saturating_sub(1);
                if !is_before && self.depth == 0 {
                    self.place = Place::Behind;
                    return true;
                }
            }
            _ if byte.is_ascii_whitespace() => {}
            _ => self.is_key = false,
        }
        self.place == Place::Inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_features_is_blank() {
        for (text, expected) in [
            (
                r#"{"type": "FeatureCollection", "features": [{"a": [1]}, {"b": "]"}]}"#,
                r#"[{"a": [1]}, {"b": "]"}]"#,
            ),
            (r#"{"features":[],"bbox":[1,2]}"#, "[]"),
            (r#"{"x": {"features": [1]}, "name": "features", "y\"": [2], "features" : [3]}"#, "[3]"),
            (r#"{"features": 1, "z": [2]}"#, ""),
            (r#"{"features": {"a": [1]}}"#, ""),
            (r#"{"features": "x", "é": 1}"#, ""),
            (r#"{"features!": [1], "features": ["\"]"], "a": "#, r#"["\"]"]"#),
            ("{\n\"features\":\r\n[1,\n2]\n}\n", "[1,\n2]"),
        ] {
            let cut_at = |len: usize| {
                let (mut features, mut out) = (Features::default(), Vec::new());
                text.as_bytes().chunks(len).for_each(|chunk| features.write(chunk, &mut out));
                String::from_utf8(out).unwrap()
            };
            let whole = cut_at(text.len());
            assert_eq!(whole.trim(), expected, "{text}");
            assert_eq!(whole.len(), text.len());
            assert_eq!(whole.matches('\n').count(), text.matches('\n').count());
            (1..text.len()).for_each(|len| assert_eq!(cut_at(len), whole, "{text} in pieces of {len}"));
        }
    }
}
