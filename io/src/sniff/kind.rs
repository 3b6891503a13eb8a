//! What kind of text files hold.

use std::path::Path;

use super::dialect::table_of;
use super::signs_within::is_column_of_values;
use super::{Known, dialect_of, refuse_other_kind};
use crate::codec::Codec;
use crate::encoding::Encoding;
use crate::error::Result;
use crate::options::CsvOptions;
use crate::scanner::infer::{each_file, read_head};
use crate::scanner::json::looks_like_json;
use crate::source::SourceFile;

/// What files are best read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// Records of fields.
    Csv,
    /// Objects of JSON.
    Json,
    /// Lines.
    Text,
}

/// What the head of a file shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLook {
    /// What it holds; `None`: nothing.
    pub kind: Option<FileKind>,
    /// How it is compressed.
    pub codec: Codec,
    /// The encoding of its text, as far as its head shows.
    pub encoding: Encoding,
}

/// Looks at the heads of files, several at once. What the options say is taken as it is: with a delimiter or columns
/// given, all that is no JSON is CSV.
///
/// # Errors
/// Those of opening and decoding, and files that hold no text; the first one in the order of the files.
pub fn look_at(files: &[SourceFile], options: &CsvOptions) -> Result<Vec<FileLook>> {
    each_file(files, |file| {
        let head = read_head(file, options)?;
        refuse_other_kind(file, &head.text)?;
        let is_csv = options.delim.is_some() || options.columns.is_some();
        let is_csv = is_csv || FileKind::of_name(&file.path) == Some(FileKind::Csv);
        let kind = kind_of(&head.text, head.whole, is_csv, &Known::of(options));
        Ok(FileLook { kind, codec: head.codec, encoding: head.encoding })
    })
}

impl FileKind {
    /// What the name of a file says that it holds, a codec's ending aside.
    pub fn of_name(path: &Path) -> Option<Self> {
        let ending = Codec::name_inside(path).extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "csv" | "tsv" | "tab" | "psv" => Some(Self::Csv),
            "json" | "jsonl" | "ndjson" | "geojson" | "geojsonl" => Some(Self::Json),
            _ => None,
        }
    }
}

fn kind_of(text: &[u8], whole: bool, is_csv: bool, known: &Known) -> Option<FileKind> {
    if text.trim_ascii().is_empty() {
        return None;
    }
    if looks_like_json(&String::from_utf8_lossy(text), whole) {
        return Some(FileKind::Json);
    }
    let table = table_of(text, whole, &dialect_of(text, whole, known));
    let is_table = match table.width() {
        Some(_) => !table.is_ragged(),
        None => is_column_of_values(text),
    };
    Some(if is_csv || is_table { FileKind::Csv } else { FileKind::Text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        let kind = |text: &str| kind_of(text.as_bytes(), true, false, &Known::default());
        for (text, expected) in [
            ("", None),
            ("\n \n", None),
            ("a,b\n1,2\n", Some(FileKind::Csv)),
            ("n\n1\n2\n", Some(FileKind::Csv)),
            ("{\"a\": 1}\n{\"a\": 2}\n", Some(FileKind::Json)),
            ("[\n  {\"a\": [1,\n 2]}\n]\n", Some(FileKind::Json)),
            ("{a},{b}\n1,2\n", Some(FileKind::Csv)),
            ("a line of text\nand one more, with a comma\nand a third one\n", Some(FileKind::Text)),
            ("so, it goes, on, and on\nand, on\na, b, c\nx\ny, z, u, v, w, x\n1\n", Some(FileKind::Text)),
        ] {
            assert_eq!(kind(text), expected, "{text:?}");
        }
        // Whoever says that it is CSV is believed.
        assert_eq!(kind_of(b"name\nanna\nbob\n", true, true, &Known::default()), Some(FileKind::Csv));
        for (name, expected) in [
            ("a.csv", Some(FileKind::Csv)),
            ("a.CSV.gz", Some(FileKind::Csv)),
            ("a.tsv.zst", Some(FileKind::Csv)),
            ("a.psv", Some(FileKind::Csv)),
            ("a.jsonl.gz", Some(FileKind::Json)),
            ("a.log", None),
            ("csv", None),
        ] {
            assert_eq!(FileKind::of_name(Path::new(name)), expected, "{name}");
        }
    }
}
