//! Which encoding bytes are in, going by the bytes.

use encoding_rs::{UTF_16BE, UTF_16LE};

use crate::encoding::Encoding;

/// Bytes that are looked at for UTF-16.
const UTF16_SAMPLE_BYTES: usize = 4096;

/// What the head of a file looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looks {
    /// ASCII: the same in most encodings.
    Ascii,
    /// UTF-8 with other characters than ASCII: more of them than bytes that are no UTF-8.
    Utf8,
    /// Text in UTF-16 without a byte order mark.
    Utf16(Encoding),
    /// Bytes that are not UTF-8.
    Bytes,
}

/// What bytes look like; the last character of them may be cut.
pub(crate) fn encoding_of(bytes: &[u8]) -> Looks {
    if let Some(encoding) = utf16_of(&bytes[..bytes.len().min(UTF16_SAMPLE_BYTES)]) {
        return Looks::Utf16(encoding);
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
        assert_eq!(encoding_of(&utf16(u16::to_le_bytes)), Looks::Utf16(Encoding::Other(UTF_16LE)));
        assert_eq!(encoding_of(&utf16(u16::to_be_bytes)), Looks::Utf16(Encoding::Other(UTF_16BE)));
        assert_eq!(encoding_of(b"1,M\xfcller\n2,x\n"), Looks::Bytes);
        assert_eq!(encoding_of(b"1,M\xfcller\n2,\xc6nk\n3,\xc3\xa6\n"), Looks::Bytes);
        assert_eq!(encoding_of(b"1,M\xfcller\n2,\xc3\x86nk\n3,\xc3\xa6\n"), Looks::Utf8);
        assert_eq!(encoding_of(b"a,\0\0\0\0\n1,\0\0\0\n"), Looks::Ascii);
    }
}
