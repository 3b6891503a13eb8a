//! The grammar of JSON over a text: values one after the other, without building any.
//!
//! `NaN` and `Infinity`, which are none, are values all the same: Python and JavaScript's libraries write them. As in CSV, `NaN` is a
//! number that is missing.

/// Where in a text the next value is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    pub(crate) text: &'a str,
    pub(crate) at: usize,
}

/// A value: a scalar, or that a list or an object begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Null,
    Boolean(bool),
    /// As it is written.
    Number(&'a str),
    /// What stands between the quotes, and whether there is an escape in it.
    Text(&'a str, bool),
    List,
    Object,
}

/// What was expected where the text goes on otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) at: usize,
    pub(crate) expected: &'static str,
}

const INFINITY: &str = "Infinity";

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    fn problem<T>(&self, expected: &'static str) -> Result<T, Problem> {
        Err(Problem { at: self.at, expected })
    }

    /// The next byte that is no blank.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.at += blanks;
        rest.get(blanks).copied()
    }

    /// The next value: a scalar as a whole, of a list or an object its bracket.
    pub(crate) fn value(&mut self) -> Result<Value<'a>, Problem> {
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
        // Longer forms that are no numbers are left to whoever converts it.
        if number == "-" && rest[1..].starts_with(INFINITY) {
            let number = &rest[..1 + INFINITY.len()];
            self.at += number.len();
            return Ok(Value::Number(number));
        }
        let digits = number.strip_prefix('-').unwrap_or(number);
        if !digits.starts_with(|first: char| first.is_ascii_digit()) {
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
    pub(crate) fn next_item(&mut self, first: bool) -> Result<bool, Problem> {
        match self.peek() {
            Some(b']') => {
                self.at += 1;
                Ok(false)
            }
            Some(b',') if !first => {
                self.at += 1;
                Ok(true)
            }
            Some(_) if first => Ok(true),
            _ => self.problem("\",\" or \"]\""),
        }
    }

    /// Inside an object: the next key, with the cursor in front of its value, or nothing and the cursor behind the
    /// object's end.
    pub(crate) fn next_key(&mut self, first: bool) -> Result<Option<(&'a str, bool)>, Problem> {
        match self.peek() {
            Some(b'}') => {
                self.at += 1;
                return Ok(None);
            }
            Some(b',') if !first => {
                self.at += 1;
                self.peek();
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
    pub(crate) fn skip(&mut self) -> Result<&'a str, Problem> {
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

/// A text without its escapes.
pub(crate) fn unescaped(raw: &str) -> Option<String> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let escape = *rest.as_bytes().get(at + 1)?;
        rest = &rest[at + 2..];
        text.push(match escape {
            b'"' | b'\\' | b'/' => char::from(escape),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = |text: &str| u32::from_str_radix(text.get(..4)?, 16).ok();
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
    }

    #[test]
    fn escapes() {
        assert_eq!(unescaped(r#"a\n\"\/\u0041\ud83d\ude00z"#).unwrap(), "a\n\"/A😀z");
        for text in [r"\x", r"\u12", r"\ud800", r"\ud800\u0041"] {
            assert_eq!(unescaped(text), None, "{text}");
        }
    }
}
