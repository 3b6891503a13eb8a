//! JSON as a text, whatever its encoding.

use std::borrow::Cow;

use memchr::memchr_iter;

use crate::encoding::Encoding;

/// Decodes JSON. Where what is no text is replaced, so are escapes of halves of characters, as of a text that was cut within one: each
/// becomes the escape of U+FFFD, which is as long.
pub(super) fn decode(encoding: Encoding, bytes: &[u8]) -> Option<Cow<'_, str>> {
    let text = encoding.decode(bytes)?;
    if encoding != Encoding::Utf8Lossy {
        return Some(text);
    }
    let halves = halves(&text);
    if halves.is_empty() {
        return Some(text);
    }
    let (mut whole, mut at) = (String::with_capacity(text.len()), 0);
    for half in halves {
        whole.push_str(&text[at..half]);
        whole.push_str("\\ufffd");
        at = half + ESCAPE_LEN_BYTES;
    }
    whole.push_str(&text[at..]);
    Some(Cow::Owned(whole))
}

/// Bytes of an escape with four digits.
const ESCAPE_LEN_BYTES: usize = 6;

/// Where escapes of halves of characters stand without the other half.
fn halves(text: &str) -> Vec<usize> {
    let (mut halves, mut behind) = (Vec::new(), 0);
    for at in memchr_iter(b'\\', text.as_bytes()) {
        if at < behind {
            continue;
        }
        let unit = unit(text, at);
        let is_whole =
            unit.is_some_and(is_first) && self::unit(text, at + ESCAPE_LEN_BYTES).is_some_and(is_second);
        behind = at
            + match unit {
                Some(_) if is_whole => 2 * ESCAPE_LEN_BYTES,
                Some(_) => ESCAPE_LEN_BYTES,
                None => 2,
            };
        if unit.is_some_and(|unit| is_first(unit) || is_second(unit)) && !is_whole {
            halves.push(at);
        }
    }
    halves
}

/// What the escape with four digits that stands somewhere stands for.
fn unit(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + ESCAPE_LEN_BYTES)?.strip_prefix("\\u")?;
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| are_digits)
}

fn is_first(unit: u32) -> bool {
    (0xd800..0xdc00).contains(&unit)
}

fn is_second(unit: u32) -> bool {
    (0xdc00..0xe000).contains(&unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_characters_are_replaced() {
        for (text, expected) in [
            (r#"{"a":"\ud83d\ude00"}"#, r#"{"a":"\ud83d\ude00"}"#),
            (r#"{"a":"x\ud83d"}"#, r#"{"a":"x\ufffd"}"#),
            (r#"{"a":"\uDE00 \ud83d\n\ud83d\ud83d\ude00"}"#, r#"{"a":"\ufffd \ufffd\n\ufffd\ud83d\ude00"}"#),
            (r#"{"a":"\\ud83d\u0041é\u12"}"#, r#"{"a":"\\ud83d\u0041é\u12"}"#),
        ] {
            assert_eq!(decode(Encoding::Utf8Lossy, text.as_bytes()).unwrap(), expected);
            assert_eq!(decode(Encoding::Utf8, text.as_bytes()).unwrap(), text);
        }
    }
}
