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
    pub fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.at += blanks;
        rest.get(blanks).copied()
    }

    /// The next value: a scalar as a whole, of a list or an object its bracket.
    ///
    /// # Errors
    /// Something else stands there.
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

    fn number(&mut self) -> Result<Value<'a>, Problem> {
        let rest = &self.text[self.at..];
        let of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let number = &rest[..rest.bytes().take_while(|byte| of_number(byte)).count()];
        if number == "-" && rest[1..].starts_with(INFINITY) {
            let number = &rest[..1 + INFINITY.len()];
            self.at += number.len();
            return Ok(Value::Number(number));
        }
        if !is_number(number.as_bytes()) {
            return self.problem("a number");
        }
        self.at += number.len();
        Ok(Value::Number(number))
    }

    /// What stands in the quotes that begin here.
    fn quoted(&mut self) -> Result<(&'a str, bool), Problem> {
        let start = self.at + 1;
        let (mut end, mut escaped) = (start, false);
        loop {
            let rest = &self.text.as_bytes()[end..];
            match memchr::memchr2(b'"', b'\\', rest) {
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
        self.peek();
        let start = self.at;
        let mut brackets = Vec::new();
        loop {
            let mut first = match self.value()? {
                value @ (Value::List | Value::Object) => {
                    brackets.push(value);
                    true
                }
                _ => false,
            };
            loop {
                let goes_on = match brackets.last() {
                    None => return Ok(&self.text[start..self.at]),
                    Some(Value::Object) => self.next_key(first)?.is_some(),
                    Some(_) => self.next_item(first)?,
                };
                if goes_on {
                    break;
                }
                brackets.pop();
                first = false;
            }
        }
    }
}

/// Whether it is written as JSON has numbers: without a plus, zeros in front, or a point at an end.
fn is_number(text: &[u8]) -> bool {
    fn digits(text: &[u8]) -> (usize, &[u8]) {
        let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (len, &text[len..])
    }
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let (len, mut rest) = digits(text);
    let mut is_one = len == 1 || len > 1 && text[0] != b'0';
    if let Some(fraction) = rest.strip_prefix(b".") {
        let (len, behind) = digits(fraction);
        (is_one, rest) = (is_one && len > 0, behind);
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = if let [b'+' | b'-', exponent @ ..] = exponent { exponent } else { exponent };
        let (len, behind) = digits(exponent);
        (is_one, rest) = (is_one && len > 0, behind);
    }
    is_one && rest.is_empty()
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
    fn escapes() {
        assert_eq!(unescaped(r#"a\n\"\/\u0041\ud83d\ude00z"#).unwrap(), "a\n\"/A😀z");
        for text in [r"\x", r"\é", r"\", r"\u12", r"\u+123", r"\u12é", r"\ud800", r"\ud800\u0041"] {
            assert_eq!(unescaped(text), None, "{text}");
        }
    }
}
