//! What is lost of damaged files that were salvaged: where, how much, and why.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::codec::Codec;

/// Compressed bytes of a file out of which nothing came, or nothing certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The file, as the user named it.
    pub path: PathBuf,
    /// Its codec.
    pub codec: Codec,
    /// The number of the first block, member, stream or frame that is concerned, counted from 1 among those that were
    /// met.
    pub first_unit: u64,
    /// The number of the last one.
    pub last_unit: u64,
    /// The first compressed byte that is lost, counted from 0.
    pub start_bytes: u64,
    /// The compressed byte with which reading went on.
    pub end_bytes: u64,
    /// Whether the file ends there.
    pub at_end: bool,
    /// Whether decoded bytes are missing here: not if all was decoded, and only a checksum is wrong.
    pub is_gap: bool,
    /// Decoded bytes that came out of the file in front: where in what is written the gap lies.
    pub decoded_bytes: u64,
    /// Decoded bytes that are lost, where the format tells.
    pub lost_bytes: Option<u64>,
    /// Of the decoded bytes in front, those that came out of what is damaged: no checksum says that they are right.
    pub unchecked_bytes: u64,
    /// What is wrong.
    pub what: String,
}

/// What the parts of files of a codec are called that can be read without the others.
pub(crate) fn unit(codec: Codec) -> &'static str {
    match codec {
        Codec::Plain | Codec::Lzma | Codec::Compress | Codec::Zip => "file",
        Codec::Gzip | Codec::Lzip => "member",
        Codec::Bzip2 => "block",
        Codec::Zstd | Codec::Lz4 => "frame",
        Codec::Xz | Codec::Zlib => "stream",
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, codec, first_unit, last_unit, start_bytes, end_bytes, decoded_bytes, what, .. } =
            self;
        write!(f, "{}: {codec} {} {first_unit}", path.display(), unit(*codec))?;
        if last_unit > first_unit {
            write!(f, " to {last_unit}")?;
        }
        match (self.is_gap, self.at_end) {
            (false, _) => write!(f, ", which ends at compressed byte {end_bytes}")?,
            (_, true) if start_bytes == end_bytes => write!(f, " is cut off at compressed byte {end_bytes}")?,
            (_, true) => {
                write!(f, " is damaged: compressed bytes {start_bytes} to {end_bytes}, the end, are lost")?;
            }
            _ if start_bytes == end_bytes => {
                write!(f, " is damaged in front of compressed byte {end_bytes}")?
            }
            _ => write!(f, " is damaged: compressed bytes {start_bytes} to {end_bytes} are lost")?,
        }
        write!(f, ": {what}")?;
        match self.lost_bytes {
            _ if !self.is_gap => {}
            Some(lost) => write!(f, "; the gap is at decoded byte {decoded_bytes}, of {lost} bytes")?,
            None => write!(f, "; the gap is at decoded byte {decoded_bytes}, of unknown length")?,
        }
        match self.unchecked_bytes {
            0 => Ok(()),
            unchecked => write!(f, "; the {unchecked} bytes in front of it are not checked"),
        }
    }
}

/// Losses that are kept; more are counted. They take some megabytes.
const MAX_KEPT: usize = 10_000;

/// What was lost of files, each once. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub struct Losses(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    /// By file and first compressed byte: a file may be read more than once.
    losses: BTreeMap<(PathBuf, u64), Loss>,
    /// Losses beyond those that are kept.
    more: u64,
    /// Bytes of records that a gap cuts, by file and decoded byte.
    cut: BTreeMap<PathBuf, BTreeMap<u64, u64>>,
}

impl Losses {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a loss, unless it is known. Those that stand last are forgotten if there are too many.
    pub(crate) fn add(&self, loss: Loss) {
        let mut kept = self.kept();
        kept.losses.insert((loss.path.clone(), loss.start_bytes), loss);
        while kept.losses.len() > MAX_KEPT {
            kept.losses.pop_last();
            kept.more += 1;
        }
    }

    /// So many decoded bytes, from a decoded byte on, belong to records that a gap cuts, and are left out.
    pub(crate) fn add_cut(&self, path: &Path, decoded_byte: u64, len_bytes: u64) {
        self.kept().cut.entry(path.to_owned()).or_default().insert(decoded_byte, len_bytes);
    }

    /// The losses that are kept, by file and place.
    pub fn all(&self) -> Vec<Loss> {
        self.kept().losses.values().cloned().collect()
    }

    /// Takes all out, in words: a line a loss, and a summary.
    pub fn take_notes(&self) -> Vec<String> {
        let kept = std::mem::take(&mut *self.kept());
        if kept.losses.is_empty() {
            return Vec::new();
        }
        let mut notes: Vec<String> = kept.losses.values().map(Loss::to_string).collect();
        notes.push(kept.summary());
        notes
    }
}

impl Kept {
    fn summary(&self) -> String {
        let mut files: Vec<&PathBuf> = self.losses.keys().map(|(path, _)| path).collect();
        files.dedup();
        let compressed: u64 = self.losses.values().map(|loss| loss.end_bytes - loss.start_bytes).sum();
        let gaps: Vec<&Loss> = self.losses.values().filter(|loss| loss.is_gap).collect();
        let decoded: u64 = gaps.iter().filter_map(|loss| loss.lost_bytes).sum();
        let unknown = gaps.iter().filter(|loss| loss.lost_bytes.is_none()).count();
        let unchecked: u64 = self.losses.values().map(|loss| loss.unchecked_bytes).sum();
        let count = |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let mut text = format!(
            "salvaged with {} in {}: {} lost",
            count(self.losses.len() as u64 + self.more, "damaged place"),
            count(files.len() as u64, "file"),
            count(compressed, "compressed byte"),
        );
        match (decoded, unknown) {
            (_, 0) => text += &format!(", {} of decoded text", count(decoded, "byte")),
            (0, _) => text += ", an unknown number of decoded bytes",
            (known, _) => {
                text += &format!(", {} of decoded text and an unknown number", count(known, "byte"))
            }
        }
        if unchecked > 0 {
            text += &format!("; {} that came out are not checked", count(unchecked, "decoded byte"));
        }
        if !self.cut.is_empty() {
            let bytes = self.cut.values().flat_map(BTreeMap::values).sum();
            text += &format!("; {} of records that gaps cut left out", count(bytes, "byte"));
        }
        if self.more > 0 {
            text += &format!("; {} of the places are not listed", self.more);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(start_bytes: u64) -> Loss {
        Loss {
            path: "a.gz".into(),
            codec: Codec::Gzip,
            first_unit: 3,
            last_unit: 3,
            start_bytes,
            end_bytes: 900,
            at_end: false,
            is_gap: true,
            decoded_bytes: 70,
            lost_bytes: Some(5),
            unchecked_bytes: 0,
            what: "bad".into(),
        }
    }

    #[test]
    fn losses_in_words() {
        let cases = [
            (
                loss(100),
                "a.gz: gzip member 3 is damaged: compressed bytes 100 to 900 are lost: bad; the gap is at decoded byte 70, of 5 bytes",
            ),
            (
                Loss { last_unit: 4, lost_bytes: None, unchecked_bytes: 60, ..loss(100) },
                "a.gz: gzip member 3 to 4 is damaged: compressed bytes 100 to 900 are lost: bad; the gap is at decoded byte 70, \
                 of unknown length; the 60 bytes in front of it are not checked",
            ),
            (
                Loss { is_gap: false, unchecked_bytes: 70, ..loss(900) },
                "a.gz: gzip member 3, which ends at compressed byte 900: bad; the 70 bytes in front of it are not checked",
            ),
            (
                Loss { at_end: true, lost_bytes: None, ..loss(900) },
                "a.gz: gzip member 3 is cut off at compressed byte 900: bad; the gap is at decoded byte 70, of unknown length",
            ),
        ];
        for (loss, text) in cases {
            assert_eq!(loss.to_string(), text);
        }
    }

    #[test]
    fn what_is_read_twice_is_told_once() {
        let losses = Losses::default();
        for _ in 0..2 {
            losses.add(loss(100));
            losses.add(loss(200));
            losses.add_cut(Path::new("a.gz"), 66, 4);
        }
        let notes = losses.take_notes();
        assert_eq!(notes.len(), 3);
        assert_eq!(
            notes[2],
            "salvaged with 2 damaged places in 1 file: 1500 compressed bytes lost, 10 bytes of decoded text; 4 bytes of \
             records that gaps cut left out"
        );
        assert_eq!(losses.take_notes(), Vec::<String>::new());
    }
}
