//! What follows the last member of a file and begins none: something that nobody needs, or a member whose first bytes are damaged.

use std::io;
use std::path::Path;

use super::Codec;
use super::bzip2::{Finder, MarkerKind};
use super::input::Input;
use super::members::find_member;
use crate::error::{Error, Result};
use crate::losses;
use crate::notes::Notes;

/// Compressed bytes that are searched for another member: more than most members have, in some 30 ms.
const SEARCH_LEN_BYTES: u64 = 64 << 20;

/// Compressed bytes that are searched at once.
const STEP_LEN_BYTES: usize = 256 << 10;

/// Bytes by which the start of a member is known, at most.
const HEAD_LEN_BYTES: usize = 64;

/// Passes what follows the last member at `offset_bytes`, in front of which so many bytes were decoded. The input stands there, or a
/// few bytes behind.
///
/// It is passed over with a note, as gzip does; but where another member comes behind it, it is one that is damaged, and much would be
/// lost without it.
///
/// # Errors
/// Another member comes behind it; the file cannot be read.
pub(crate) fn pass_trailing(
    path: &Path,
    codec: Codec,
    offset_bytes: u64,
    decoded_bytes: u64,
    input: &mut Input,
    notes: &Notes,
) -> Result<()> {
    let found = member_behind(codec, input).map_err(|error| Error::io(path, "read", error))?;
    if let Some(next_bytes) = found {
        let unit = if codec == Codec::Bzip2 { "stream" } else { losses::unit(codec) };
        let what = format!(
            "expected a {unit}, found other bytes, and another {unit} at compressed byte {next_bytes}"
        );
        let source = io::Error::new(io::ErrorKind::InvalidData, what);
        return Err(Error::corrupt(path, codec, offset_bytes, decoded_bytes, source));
    }
    note_trailing(path, codec, offset_bytes, notes);
    Ok(())
}

/// Tells that the last member is not the end of the file.
pub(super) fn note_trailing(path: &Path, codec: Codec, offset_bytes: u64, notes: &Notes) {
    notes.add(format!(
        "{}: something follows the {codec} data at compressed byte {offset_bytes} and is not read",
        path.display()
    ));
}

/// Where a member begins behind the next byte of the input, if one does soon.
fn member_behind(codec: Codec, input: &mut Input) -> io::Result<Option<u64>> {
    let end_bytes = input.offset_bytes() + SEARCH_LEN_BYTES;
    // One that begins here was seen to be none.
    input.fill_to(1)?;
    input.consume(input.available().len().min(1));
    while input.offset_bytes() < end_bytes {
        input.fill_to(STEP_LEN_BYTES)?;
        let available = input.available();
        if let Some(at) = first_start(codec, available) {
            return Ok(Some(input.offset_bytes() + at as u64));
        }
        if input.at_end() {
            break;
        }
        input.consume(available.len().saturating_sub(HEAD_LEN_BYTES));
    }
    Ok(None)
}

/// The first place where a member may begin, or a block of bzip2.
fn first_start(codec: Codec, bytes: &[u8]) -> Option<usize> {
    match codec {
        Codec::Bzip2 => {
            let block = Finder::new(bytes, 0).find(|marker| marker.kind == MarkerKind::Block)?;
            Some((block.start_bit / 8) as usize)
        }
        _ => find_member(codec, bytes),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn found(codec: Codec, bytes: &[u8]) -> Option<u64> {
        member_behind(codec, &mut Input::new(Box::new(Cursor::new(bytes.to_vec())))).unwrap()
    }

    #[test]
    fn members_behind_something_else() {
        for (codec, head) in [
            (Codec::Gzip, &b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..]),
            (Codec::Bzip2, b"1AY&SY"),
            (Codec::Zstd, b"\x28\xb5\x2f\xfd\x04\0"),
            (Codec::Xz, b"\xfd7zXZ\0\0\x04"),
            (Codec::Lz4, b"\x04\x22\x4d\x18\x64\x40"),
        ] {
            for front in [1, 7, 64, STEP_LEN_BYTES - 3, STEP_LEN_BYTES, 3 * STEP_LEN_BYTES + 5] {
                let bytes = [&vec![b'?'; front], head, b"rest"].concat();
                assert_eq!(found(codec, &bytes), Some(front as u64), "{codec} {front}");
                assert_eq!(found(codec, &bytes[..front]), None, "{codec} {front}");
            }
            // What begins right here was seen to be none.
            assert_eq!(found(codec, head), None, "{codec}");
            assert_eq!(found(codec, b""), None);
        }
    }
}
