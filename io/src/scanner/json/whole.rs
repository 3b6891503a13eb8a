//! What all objects of a file show, where its head is not to tell alone.

use super::cursor::{Cursor, Value};
use super::shape::JsonType;
use super::text::decode;
use super::{JsonOptions, is_cut};
use crate::encoding::{Encoding, TextStream};
use crate::error::Result;
use crate::rewrite::Rewrite;
use crate::scanner::TimeFormats;
use crate::scanner::infer::open_head;
use crate::scanner::record::line_ends;
use crate::source::SourceFile;
use crate::splitter::RecordBuffer;

/// The type of all objects of a file together, and how many there are. Of the file no more is held than an object. What is wrong in it is
/// for the scan to tell; `passes_lines` leaves out lines that are no object.
///
/// # Errors
/// Those of reading and decoding.
pub(super) fn columns_of_file(
    file: &SourceFile,
    options: &JsonOptions,
    (encoding, rewrite): (Encoding, Option<Rewrite>),
    passes_lines: bool,
) -> Result<(JsonType, u64)> {
    let (bytes, _) = open_head(&file.path, options.text.decode(), usize::MAX)?;
    let stream = TextStream::new(bytes, encoding)?.rewritten(rewrite);
    let mut buffer = RecordBuffer::new(stream, options.text.max_record_bytes);
    let (mut all, mut objects) = (JsonType::Nothing, 0);
    loop {
        let seen = Seen::of(&buffer, passes_lines, &options.times);
        all = all.merge(seen.ty);
        objects += seen.objects;
        let lines = line_ends(&buffer.data()[..seen.len]);
        buffer.consume(seen.len, lines);
        if seen.is_last || buffer.at_end() {
            return Ok((all, objects));
        }
        buffer.grow()?;
    }
}

/// What the bytes at hand show.
struct Seen {
    ty: JsonType,
    objects: u64,
    /// Bytes of whole objects.
    len: usize,
    /// Whether nothing more is to be seen, as there is no JSON.
    is_last: bool,
}

impl Seen {
    fn of(buffer: &RecordBuffer, passes_lines: bool, times: &TimeFormats) -> Self {
        let mut seen = Self { ty: JsonType::Nothing, objects: 0, len: 0, is_last: false };
        let data = buffer.data();
        let encoding = buffer.encoding();
        let in_ascii = (encoding != Encoding::Utf8).then(|| in_ascii(data));
        let text = match (&in_ascii, std::str::from_utf8(data)) {
            (Some(text), _) => text,
            (_, Ok(text)) => text,
            // Half of a character.
            (_, Err(error)) => std::str::from_utf8(&data[..error.valid_up_to()]).unwrap_or_default(),
        };
        let type_of_next = |cursor: &mut Cursor<'_>| {
            if in_ascii.is_none() {
                return JsonType::of_next(cursor, 0, times);
            }
            let start = cursor.at;
            cursor.skip()?;
            let own = decode(encoding, &data[start..cursor.at]).unwrap_or_default();
            JsonType::of_next(&mut Cursor::of_file(&own, 0), 0, times)
        };
        let mut cursor = Cursor::of_file(text, 0);
        loop {
            while matches!(cursor.peek(), Some(b'[' | b']' | b',')) {
                cursor.at += 1;
            }
            seen.len = cursor.at;
            let first = cursor.value();
            if first == Ok(Value::Null) && (buffer.at_end() || cursor.at < text.len()) {
                continue;
            }
            let is_object = first == Ok(Value::Object);
            cursor.at = seen.len;
            match type_of_next(&mut cursor) {
                Ok(ty) if is_object && (buffer.at_end() || cursor.at < text.len()) => {
                    seen.ty = std::mem::replace(&mut seen.ty, JsonType::Nothing).merge(ty);
                    seen.objects += 1;
                }
                _ if seen.len == text.len() || is_cut(&data[seen.len..]) => return seen,
                _ if passes_lines => match text[seen.len..].find('\n') {
                    Some(end) => cursor.at = seen.len + end,
                    None => return seen,
                },
                _ => {
                    seen.is_last = true;
                    return seen;
                }
            }
        }
    }
}

/// Text of an encoding in which ASCII is as everywhere, with other bytes replaced: as long, and with values at the same places.
fn in_ascii(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{JsonOptions, SAMPLE_LEN_BYTES, infer_json};
    use crate::options::OnError;

    #[test]
    fn text_may_be_in_another_encoding() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        let many = "{\"a\": \"x\"}\n".repeat(SAMPLE_LEN_BYTES / 10);
        let text = [&b"{\"a\": \"caf\xe9\"}\n"[..], many.as_bytes(), b"{\"a\": null, \"gr\xf6\xdfe\": 1}\n"]
            .concat();
        fs::write(&path, text).unwrap();
        let files = crate::source::expand(&[path.display().to_string()]).unwrap();
        for (encoding, late) in [("latin1", "größe"), ("utf8-lossy", "gr\u{fffd}\u{fffd}e")] {
            let mut options = JsonOptions { whole_files: true, ..JsonOptions::default() };
            options.text.encoding = encoding.parse().unwrap();
            let table = infer_json(&files, &options).unwrap();
            assert_eq!(
                table.columns().iter().map(|column| column.name.as_str()).collect::<Vec<_>>(),
                ["a", late]
            );
        }
    }

    #[test]
    fn columns_are_those_of_all_objects() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        let many = "{\"a\": 1, \"s\": {\"x\": 1}}\n".repeat(SAMPLE_LEN_BYTES / 20);
        let late = "{\"a\": 1.5, \"s\": {\"y\": \"z\"},\n \"b\": true}";
        let columns = |text: &str, whole_files: bool, on_error: OnError| {
            fs::write(&path, text).unwrap();
            let files = crate::source::expand(&[path.display().to_string()]).unwrap();
            let options = JsonOptions { whole_files, on_error, ..JsonOptions::default() };
            let table = infer_json(&files, &options).unwrap();
            let column =
                |column: &super::super::JsonColumn| format!("{} {}", column.name, column.ty.data_type());
            table.columns().iter().map(column).collect::<Vec<_>>().join(", ")
        };
        let fail = OnError::Fail;
        let array = format!("[{}, {late}]", many.trim_end().replace('\n', ",\n"));
        for text in [format!("{many}{late}\n"), array, format!("{many}{}", late.replace('\n', ""))] {
            assert!(columns(&text, false, fail).starts_with("a Int64, s Struct(\"x\": Int64)"));
            let expected = "a Float64, s Struct(\"x\": Int64, \"y\": Utf8View), b Boolean";
            assert_eq!(columns(&text, true, fail), expected);
        }
        // Behind what is no JSON nothing is looked at, but for lines that are left out.
        let wrong = format!("{many}no\n{{\"b\": true}}\n");
        assert!(!columns(&wrong, true, fail).contains("b Boolean"));
        assert!(columns(&wrong, true, OnError::Skip).contains("b Boolean"));
    }
}
