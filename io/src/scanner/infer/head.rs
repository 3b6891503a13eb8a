//! The heads of files.

use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use encoding_rs::WINDOWS_1252;

use crate::codec::{Codec, Decompressor};
use crate::encoding::{Encoding, TextStream};
use crate::error::{Error, ErrorKind, Result};
use crate::feed::DOUBT_LEN_BYTES;
use crate::notes::Notes;
use crate::options::{CsvOptions, DecodeOptions, HeaderMode, Setting};
use crate::pipe;
use crate::rewrite::without_footer;
use crate::scanner::record::line_end;
use crate::sniff::{Looks, encoding_of};
use crate::source::SourceFile;
use crate::splitter::RecordBuffer;

/// Decoded bytes of a file that are looked at: below one bzip2 block (900 kB), so that looking at a
/// .bz2 decodes one block.
pub(crate) const SAMPLE_LEN_BYTES: usize = 512 << 10;

/// The first decoded bytes of a file.
pub(crate) struct Head {
    pub(crate) text: Vec<u8>,
    /// Whether the file ends with them.
    pub(crate) whole: bool,
    pub(crate) codec: Codec,
    /// How many compressed bytes they came from.
    pub(super) compressed_bytes: u64,
    pub(crate) encoding: Encoding,
    pub(super) looks: Looks,
    /// Whether records that are shorter than the first, and those that are longer, will be left out.
    pub(super) leaves_out: (bool, bool),
}

/// Does something with each file, with a few of them at once; the first error in their order wins.
pub(crate) fn each_file<T: Send>(
    files: &[SourceFile],
    look: impl Fn(&SourceFile) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(files.len());
    if workers <= 1 {
        return files.iter().map(look).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(index) else { return done };
            done.push((index, look(file)));
        }
    };
    let mut all: Vec<(usize, Result<T>)> = thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let join = |handle: thread::ScopedJoinHandle<'_, Vec<_>>| {
            handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        handles.into_iter().flat_map(join).collect()
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, done)| done).collect()
}

/// Reads the head of a file, in the encoding that it seems to be in if none is set.
pub(crate) fn read_head(file: &SourceFile, options: &CsvOptions) -> Result<Head> {
    if let Setting::Is(encoding) = options.encoding {
        return read_head_in(file, options, encoding);
    }
    let head = read_head_in(file, options, Encoding::Utf8)?;
    let looks = match options.skip {
        // Half of a character may be skipped with a line.
        Setting::Is(1..) => {
            let from_the_start = CsvOptions { skip: 0.into(), ..options.clone() };
            encoding_of(&read_head_in(file, &from_the_start, Encoding::Utf8)?.text)
        }
        _ => encoding_of(&head.text),
    };
    Ok(match looks {
        Looks::Wide(encoding) => Head { looks, ..read_head_in(file, options, encoding)? },
        Looks::Bytes => Head { looks, encoding: Encoding::Other(WINDOWS_1252), ..head },
        Looks::Ascii | Looks::Utf8 => Head { looks, ..head },
    })
}

fn read_head_in(file: &SourceFile, options: &CsvOptions, encoding: Encoding) -> Result<Head> {
    let (mut buffer, is_paused) = open_records(file, options, encoding)?;
    // Behind a header of many names there have to be some records.
    let has_lines = |sample: &[u8]| memchr::memchr2(b'\n', b'\r', &sample[..sample.len() / 2]).is_some();
    let len = fill_head(&mut buffer, SAMPLE_LEN_BYTES, has_lines)?;
    if buffer.is_head_lost() && options.header != HeaderMode::Absent {
        return Err(ErrorKind::HeadLost { path: file.path.clone() }.into());
    }
    let compressed_bytes = buffer.decompressor().compressed_offset_bytes();
    check_head(&mut buffer)?;
    let is_whole = !is_paused && buffer.is_whole() && len == buffer.data().len();
    let skip_footer = if is_whole { options.skip_footer } else { 0 };
    let text = without_footer(&buffer.data()[..len], skip_footer);
    let share = text.len() as f64 / buffer.data().len().max(1) as f64;
    let compressed_bytes = (compressed_bytes as f64 * share) as u64;
    Ok(Head {
        whole: is_whole,
        text,
        codec: buffer.decompressor().codec(),
        compressed_bytes,
        encoding: buffer.encoding(),
        looks: Looks::Ascii,
        leaves_out: match options.on_error.leaves_out() {
            true => (!options.pad_short, !options.cut_long),
            false => (false, false),
        },
    })
}

/// Opens a file and steps over the lines to skip; and whether its writer paused, as of [`open_head`].
fn open_records(file: &SourceFile, options: &CsvOptions, encoding: Encoding) -> Result<(RecordBuffer, bool)> {
    let (bytes, is_paused) = open_head(&file.path, options.decode(), SAMPLE_LEN_BYTES)?;
    let stream = TextStream::new(bytes, encoding)?;
    // The sample is many records: the bound on one must not keep it from being taken.
    let mut buffer = RecordBuffer::new(stream, options.max_record_bytes.max(SAMPLE_LEN_BYTES));
    skip_lines(&mut buffer, options.skip.known().unwrap_or(0))?;
    Ok((buffer, is_paused))
}

/// Opens a file of which so many bytes are to be looked at. Of a pipe whose writer pauses before they have come, it is what has come; then
/// its end is not that of the text.
///
/// # Errors
/// It cannot be opened or read.
pub(crate) fn open_head(
    path: &Path,
    options: DecodeOptions,
    most_bytes: usize,
) -> Result<(Decompressor, bool)> {
    // What is to be noted is noted when the file is read.
    let notes = Notes::default();
    let io_error = |error| Error::io(path, "read", error);
    match pipe::paused_head_len(path, most_bytes as u64).map_err(io_error)? {
        None => Ok((Decompressor::open(path, options, &notes)?, false)),
        Some(len) => {
            let head = pipe::open(path).map_err(io_error)?.take(len);
            Ok((Decompressor::of_reader(path, Box::new(head), options, &notes)?, true))
        }
    }
}

/// Steps over the lines that the options say to skip.
pub(super) fn skip_lines(buffer: &mut RecordBuffer, mut lines: u64) -> Result<()> {
    while lines > 0 {
        let found = memchr::memchr2(b'\n', b'\r', buffer.data());
        let end = found.and_then(|at| line_end(buffer.data(), at, buffer.at_end()));
        match end {
            Some(len) => {
                buffer.consume(len, 1);
                lines -= 1;
            }
            None if buffer.at_end() => {
                let len = buffer.data().len();
                buffer.consume(len, 1);
                return Ok(());
            }
            None => buffer.grow()?,
        }
    }
    Ok(())
}

/// Lets the codec check the head of a file where that is cheap: damage of one bit makes another text of a whole block of bzip2, with
/// other names of columns, but its checksum is not far, and the block is decoded already.
///
/// # Errors
/// Damage.
pub(crate) fn check_head(buffer: &mut RecordBuffer) -> Result<()> {
    match buffer.decompressor().codec() {
        Codec::Bzip2 => buffer.check(DOUBT_LEN_BYTES),
        _ => Ok(()),
    }
}

/// Reads the head of a file, and gives how much of it is to be looked at: so many bytes, or, as long as these tell nothing, twice as
/// many, up to the whole file. However many a codec gives at once, it is the same.
///
/// # Errors
/// Those of reading and decoding; a record longer than the bound.
pub(crate) fn fill_head(
    buffer: &mut RecordBuffer,
    len_bytes: usize,
    tells: impl Fn(&[u8]) -> bool,
) -> Result<usize> {
    let mut wanted = len_bytes;
    loop {
        while !buffer.at_end() && buffer.data().len() < wanted {
            buffer.grow()?;
        }
        let len = wanted.min(buffer.data().len());
        let is_all = buffer.at_end() && len == buffer.data().len();
        if is_all || tells(&buffer.data()[..len]) {
            return Ok(len);
        }
        wanted *= 2;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::infer_csv;
    use super::super::testing::columns_of;
    use super::*;

    #[test]
    fn the_same_is_looked_at_of_each_codec() {
        let (text, mark) = ("n\n".to_owned() + &"1\n".repeat(SAMPLE_LEN_BYTES / 2) + "x\n", "\u{feff}");
        let dir = tempfile::tempdir().unwrap();
        for text in [text.clone(), mark.to_owned() + &text] {
            for codec in [Codec::Plain, Codec::Gzip, Codec::Zstd] {
                let path = dir.path().join("a.csv");
                let mut file = fs::File::create(&path).unwrap();
                let mut compressor = crate::codec::Compressor::new(codec, None, &mut file).unwrap();
                std::io::Write::write_all(&mut compressor, text.as_bytes()).unwrap();
                compressor.finish().unwrap();
                let files = crate::source::expand(&[path.display().to_string()]).unwrap();
                let table = infer_csv(&files, &CsvOptions::default()).unwrap();
                assert_eq!(columns_of(&table), "n bigint", "{codec}");
            }
        }
    }
}
