//! Which encoding bytes are in, going by the bytes.

use encoding_rs::{UTF_16BE, UTF_16LE};

use crate::encoding::Encoding;

/// Bytes that are looked at for UTF-16 and UTF-32.
const WIDE_SAMPLE_BYTES: usize = 4096;

/// What the head of a file looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looks {
    /// ASCII: the same in most encodings.
    Ascii,
    /// UTF-8 with other characters than ASCII: more of them than bytes that are no UTF-8.
    Utf8,
    /// Text in UTF-16 or UTF-32 without a byte order mark.
    Wide(Encoding),
    /// Bytes that are not UTF-8.
    Bytes,
}

/// What bytes look like; the last character of them may be cut.
pub(crate) fn encoding_of(bytes: &[u8]) -> Looks {
    let start = &bytes[..bytes.len().min(WIDE_SAMPLE_BYTES)];
    if let Some(encoding) = utf32_of(start).or_else(|| utf16_of(start)) {
        return Looks::Wide(encoding);
    }
    match std::str::from_utf8(bytes) {
        _ if bytes.is_ascii() => Looks::Ascii,
        Ok(_) => Looks::Utf8,
        // No length: the bytes end in the middle of a character.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => Looks::Utf8,
        Err(_) if is_damaged_utf8(bytes) => Looks::Utf8,
        Err(_) => Looks::Bytes,
    }
}

/// Whether most of what is not ASCII is UTF-8: by chance, bytes of another encoding hardly ever are. Such a text is not made into other
/// characters, but has values that are errors.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut characters, mut others) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        characters += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        others += usize::from(!chunk.invalid().is_empty());
    }
    characters > others
}

/// UTF-32, if all characters are ones of Unicode, and none is NUL: in other texts four bytes are none.
fn utf32_of(bytes: &[u8]) -> Option<Encoding> {
    let (characters, _) = bytes.as_chunks::<4>();
    let are_all = |number: fn([u8; 4]) -> u32| {
        characters.iter().all(|bytes| number(*bytes) != 0 && char::from_u32(number(*bytes)).is_some())
    };
    match () {
        () if characters.len() < 4 => None,
        () if are_all(u32::from_le_bytes) => Some(Encoding::Utf32Le),
        () if are_all(u32::from_be_bytes) => Some(Encoding::Utf32Be),
        () => None,
    }
}

/// UTF-16, if at least half of the bytes in every other place are NUL, and hardly any of the others. Text in
/// scripts without ASCII has its delimiters, digits and line ends still: it is not told here if those are rare.
fn utf16_of(bytes: &[u8]) -> Option<Encoding> {
    let pairs = bytes.chunks_exact(2);
    let count = pairs.len();
    let zeros = |place: usize| pairs.clone().filter(|pair| pair[place] == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    match () {
        () if count < 4 => None,
        () if 2 * second > count && 50 * first <= count => Some(Encoding::Other(UTF_16LE)),
        () if 2 * first > count && 50 * second <= count => Some(Encoding::Other(UTF_16BE)),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let text = "id,name\n1,Müller\n2,Ænk\n";
        let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        assert_eq!(encoding_of(b""), Looks::Ascii);
        assert_eq!(encoding_of(b"id,name\n"), Looks::Ascii);
        assert_eq!(encoding_of(text.as_bytes()), Looks::Utf8);
        assert_eq!(encoding_of(&text.as_bytes()[..12]), Looks::Utf8);
        assert_eq!(encoding_of(&utf16(u16::to_le_bytes)), Looks::Wide(Encoding::Other(UTF_16LE)));
        assert_eq!(encoding_of(&utf16(u16::to_be_bytes)), Looks::Wide(Encoding::Other(UTF_16BE)));
        let utf32 = |bytes: fn(u32) -> [u8; 4]| text.chars().flat_map(move |c| bytes(u32::from(c)));
        let (little, big) = (utf32(u32::to_le_bytes), utf32(u32::to_be_bytes));
        assert_eq!(encoding_of(&little.collect::<Vec<u8>>()), Looks::Wide(Encoding::Utf32Le));
        assert_eq!(encoding_of(&big.collect::<Vec<u8>>()), Looks::Wide(Encoding::Utf32Be));
        assert_eq!(encoding_of(b"1,M\xfcller\n2,x\n"), Looks::Bytes);
        assert_eq!(encoding_of(b"1,M\xfcller\n2,\xc6nk\n3,\xc3\xa6\n"), Looks::Bytes);
        assert_eq!(encoding_of(b"1,M\xfcller\n2,\xc3\x86nk\n3,\xc3\xa6\n"), Looks::Utf8);
        assert_eq!(encoding_of(b"a,\0\0\0\0\n1,\0\0\0\n"), Looks::Ascii);
    }
}
