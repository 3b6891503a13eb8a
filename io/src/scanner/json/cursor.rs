//! The grammar of JSON over a text: values one after the other, without building any.
//!
//! `NaN` and `Infinity`, which are none, are values all the same: Python and JavaScript's libraries write them. As in CSV, `NaN` is a
//! number that is missing. In files a comma may stand behind the last item of a list, or member of an object.

/// Where in a text the next value is.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    /// The text.
    pub text: &'a str,
    /// The byte from which it is read on.
    pub at: usize,
    /// Whether a comma may stand behind the last item of a list, or member of an object.
    is_lax: bool,
}

/// A value: a scalar, or that a list or an object begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// `null`, or a number that is missing.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// As it is written.
    Number(&'a str),
    /// What stands between the quotes, and whether there is an escape in it.
    Text(&'a str, bool),
    /// A list begins.
    List,
    /// An object begins.
    Object,
}

/// What was expected where the text goes on otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// The byte.
    pub at: usize,
    /// What was expected there.
    pub expected: &'static str,
}

/// Words of eight bytes at the start of a text that are looked at before others are searched.
const FEW_EIGHTS: usize = 3;

const INFINITY: &str = "Infinity";

impl<'a> Cursor<'a> {
    /// Begins at a byte of a text.
    pub fn new(text: &'a str, at: usize) -> Self {
        Self { text, at, is_lax: false }
    }

    /// The same in a file, where what nothing is lost by is no error.
    pub fn of_file(text: &'a str, at: usize) -> Self {
        Self { text, at, is_lax: true }
    }

    fn problem<T>(&self, expected: &'static str) -> Result<T, Problem> {
        Err(Problem { at: self.at, expected })
    }

    /// The next byte that is no blank.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        if let Some(byte @ b'!'..) = rest.first().copied() {
            return Some(byte);
        }
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.at += blanks;
        rest.get(blanks).copied()
    }

    /// The next value: a scalar as a whole, of a list or an object its bracket.
    ///
    /// # Errors
    /// Something else stands there.
    #[inline]
    pub fn value(&mut self) -> Result<Value<'a>, Problem> {
        match self.peek() {
            Some(b'"') => self.quoted().map(|(text, escaped)| Value::Text(text, escaped)),
            Some(b'{') => Ok(self.open(Value::Object)),
            Some(b'[') => Ok(self.open(Value::List)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                let words = [
                    ("null", Value::Null),
                    ("true", Value::Boolean(true)),
                    ("false", Value::Boolean(false)),
                    ("NaN", Value::Null),
                    (INFINITY, Value::Number(INFINITY)),
                ];
                let rest = &self.text[self.at..];
                let Some((word, value)) = words.into_iter().find(|(word, _)| rest.starts_with(word)) else {
                    return self.problem("a value");
                };
                self.at += word.len();
                Ok(value)
            }
        }
    }

    fn open(&mut self, value: Value<'a>) -> Value<'a> {
        self.at += 1;
        value
    }

    #[inline]
    fn number(&mut self) -> Result<Value<'a>, Problem> {
        let rest = &self.text[self.at..];
        let len = match number_len(rest.as_bytes()) {
            Some(len) => len,
            None if rest[1..].starts_with(INFINITY) && rest.starts_with('-') => 1 + INFINITY.len(),
            None => return self.problem("a number"),
        };
        self.at += len;
        Ok(Value::Number(&rest[..len]))
    }

    /// What stands in the quotes that begin here.
    #[inline(always)]
    fn quoted(&mut self) -> Result<(&'a str, bool), Problem> {
        let start = self.at + 1;
        let (mut end, mut escaped) = (start, false);
        loop {
            let rest = &self.text.as_bytes()[end..];
            match quote_or_escape(rest) {
                Some(found) if rest[found] == b'"' => {
                    end += found;
                    break;
                }
                Some(found) if found + 1 < rest.len() => {
                    escaped = true;
                    end += found + 2;
                }
                _ => return self.problem("a text that is closed"),
            }
        }
        self.at = end + 1;
        match self.text.get(start..end) {
            Some(text) => Ok((text, escaped)),
            None => self.problem("a text that is closed"),
        }
    }

    /// Inside a list: steps to the next item, or behind the list's end. `first` is true before the first item.
    ///
    /// # Errors
    /// Something else stands there.
    pub fn next_item(&mut self, first: bool) -> Result<bool, Problem> {
        match self.peek() {
            Some(b']') => {
                self.at += 1;
                Ok(false)
            }
            Some(b',') if !first => {
                self.at += 1;
                let is_end = self.peek() == Some(b']') && self.is_lax;
                self.at += usize::from(is_end);
                Ok(!is_end)
            }
            Some(_) if first => Ok(true),
            _ => self.problem("\",\" or \"]\""),
        }
    }

    /// Inside an object: the next key, with the cursor in front of its value, or nothing and the cursor behind the
    /// object's end.
    ///
    /// # Errors
    /// Something else stands there.
    pub fn next_key(&mut self, first: bool) -> Result<Option<(&'a str, bool)>, Problem> {
        match self.peek() {
            Some(b'}') => {
                self.at += 1;
                return Ok(None);
            }
            Some(b',') if !first => {
                self.at += 1;
                if self.peek() == Some(b'}') && self.is_lax {
                    self.at += 1;
                    return Ok(None);
                }
            }
            Some(_) if first => {}
            _ => return self.problem("\",\" or \"}\""),
        }
        if self.text.as_bytes().get(self.at) != Some(&b'"') {
            return self.problem("a key in quotes");
        }
        let key = self.quoted()?;
        if self.peek() != Some(b':') {
            return self.problem("\":\"");
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// Steps over a value; gives how it is written.
    ///
    /// # Errors
    /// Something else stands there.
    pub fn skip(&mut self) -> Result<&'a str, Problem> {
        let start = match self.peek() {
            Some(b'[' | b'{') => self.at,
            _ => {
                let start = self.at;
                self.value()?;
                return Ok(&self.text[start..self.at]);
            }
        };
        // Of the lists and objects that are open: whether it is an object.
        let mut open = Vec::new();
        loop {
            let mut first = match self.value()? {
                Value::List => {
                    open.push(false);
                    true
                }
                Value::Object => {
                    open.push(true);
                    true
                }
                _ => false,
            };
            loop {
                let goes_on = match open.last() {
                    None => return Ok(&self.text[start..self.at]),
                    Some(true) => self.next_key(first)?.is_some(),
                    Some(false) => self.next_item(first)?,
                };
                if goes_on {
                    break;
                }
                open.pop();
                first = false;
            }
        }
    }
}

/// Where the first quote or escape is. Most texts are short: of the first bytes, eight are looked at at a time, before others are searched.
#[inline]
fn quote_or_escape(bytes: &[u8]) -> Option<usize> {
    let of_eight = |word: u64, byte: u8| {
        let others = word ^ (LOWEST * u64::from(byte));
        others.wrapping_sub(LOWEST) & !others & HIGHEST
    };
    let (eights, _) = bytes.as_chunks::<8>();
    for (number, eight) in eights.iter().take(FEW_EIGHTS).enumerate() {
        let word = u64::from_le_bytes(*eight);
        let found = of_eight(word, b'"') | of_eight(word, b'\\');
        if found != 0 {
            return Some(8 * number + found.trailing_zeros() as usize / 8);
        }
    }
    let passed = 8 * eights.len().min(FEW_EIGHTS);
    memchr::memchr2(b'"', b'\\', &bytes[passed..]).map(|at| passed + at)
}

/// The lowest bit of each of eight bytes, and the highest.
const LOWEST: u64 = 0x0101_0101_0101_0101;
const HIGHEST: u64 = 0x8080_8080_8080_8080;

/// The length of a number at the start, as JSON has them: without a plus, zeros in front, or a point at an end; `None` if none begins there, or
/// what goes on behind it is no end of one.
#[inline]
fn number_len(text: &[u8]) -> Option<usize> {
    let digits_end = |from: usize| {
        let digits = text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        (digits > 0).then_some(from + digits)
    };
    let start = usize::from(text.first() == Some(&b'-'));
    let mut end = digits_end(start)?;
    if end > start + 1 && text[start] == b'0' {
        return None;
    }
    if text.get(end) == Some(&b'.') {
        end = digits_end(end + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(end) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        end = digits_end(end + 1 + sign)?;
    }
    let goes_on = matches!(text.get(end), Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
    (!goes_on).then_some(end)
}

/// A text without its escapes; `None`: there is one that JSON does not have.
pub fn unescaped(raw: &str) -> Option<String> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let mut behind = rest[at + 1..].chars();
        let escape = behind.next()?;
        rest = behind.as_str();
        text.push(match escape {
            '"' | '\\' | '/' => escape,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = |text: &str| {
                    let digits = text.get(..4)?;
                    // A sign is none.
                    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                    u32::from_str_radix(digits, 16).ok().filter(|_| are_digits)
                };
                let mut code = unit(rest)?;
                rest = &rest[4..];
                if (0xd800..0xdc00).contains(&code) {
                    let low = unit(rest.strip_prefix("\\u")?).filter(|low| (0xdc00..0xe000).contains(low))?;
                    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                    rest = &rest[6..];
                }
                char::from_u32(code)?
            }
            _ => return None,
        });
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_stepped_over() {
        for text in [
            "null",
            "NaN",
            "-Infinity",
            "[Infinity]",
            "-1.5e3",
            "\"a\\\"]\"",
            "[]",
            "[1,[2,{}],\"x\"]",
            "{\"a\":{\"b\":[{}]},\"c\":1}",
            "true",
        ] {
            let padded = format!(" {text} ,");
            let mut cursor = Cursor::new(&padded, 0);
            assert_eq!(cursor.skip(), Ok(text));
            assert_eq!(cursor.peek(), Some(b','));
        }
        for text in [
            "",
            "[1 2]",
            "[,]",
            "{\"a\"}",
            "{a:1}",
            "\"open",
            "nul",
            "[1,",
            "{\"a\":1,}",
            "-",
            "-Inf",
            "-NaN",
        ] {
            assert!(Cursor::new(text, 0).skip().is_err(), "{text}");
        }
        for text in ["[1, ]", "{\"a\":1,}", "[{\"a\":[1,],},{}, ]"] {
            assert_eq!(Cursor::of_file(text, 0).skip(), Ok(text));
        }
        assert!(Cursor::of_file("[1,,]", 0).skip().is_err());
    }

    #[test]
    fn numbers() {
        for text in ["0", "-0", "10", "1.5", "-0.25", "1e5", "1E+05", "0.0e-9"] {
            assert_eq!(Cursor::new(text, 0).value(), Ok(Value::Number(text)));
        }
        for text in ["-", "01", "-01", "1.", ".5", "1e", "1e+", "1+2", "0.1.2", "1-2", "+1", "--1", "1.e5"] {
            let mut cursor = Cursor::new(text, 0);
            assert!(cursor.value().is_err() || cursor.at < text.len(), "{text}");
        }
    }

    #[test]
    fn texts_of_every_length_end_at_their_quote() {
        for len in 0..40 {
            let plain = "é".repeat(len / 2) + &"x".repeat(len % 2);
            let text = format!("\"{plain}\",\"\\");
            assert_eq!(Cursor::new(&text, 0).value(), Ok(Value::Text(&plain, false)));
            for at in 0..=len {
                let escaped = format!("{}\\\"{}", "x".repeat(at), "y".repeat(len - at));
                let text = format!("\"{escaped}\"");
                assert_eq!(Cursor::new(&text, 0).value(), Ok(Value::Text(&escaped, true)));
                assert!(Cursor::new(&text[..text.len() - 1], 0).value().is_err());
            }
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(unescaped(r#"a\n\"\/\u0041\ud83d\ude00z"#).unwrap(), "a\n\"/A😀z");
        for text in [r"\x", r"\é", r"\", r"\u12", r"\u+123", r"\u12é", r"\ud800", r"\ud800\u0041"] {
            assert_eq!(unescaped(text), None, "{text}");
        }
    }
}
