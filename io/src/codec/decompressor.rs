//! One stream of decoded bytes out of a file, whatever its codec and however many members it has.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use compression_codecs::core::util::{PartialBuffer, WriteBuffer};

use super::bzip2_stream::{Bzip2End, Bzip2Stream, Sums};
use super::gzip_stream::{Failure, GzipStream};
use super::input::Input;
use super::member_decoder::MemberDecoder;
use super::members::{is_skippable, magic, starts_member};
use super::salvage::{Salvage, Step};
use super::trailing::{note_trailing, pass_trailing};
use super::zip_directory::members;
use super::{Codec, MAGIC_LEN_BYTES, xz};
use crate::error::{Error, ErrorKind, Result};
use crate::notes::Notes;
use crate::options::DecodeOptions;
use crate::pipe;
use crate::sniff::{Other, ZIP_HEAD_LEN_BYTES, compressed_otherwise, workbook};

/// Decodes one file from its start to its end, in constant memory.
///
/// All concatenated members (streams, frames) are read as one. Zero bytes after a member are
/// padding. Anything else after the last member is passed over with a note, as gzip does. A file
/// without any byte is empty, whatever its name says.
pub struct Decompressor {
    path: PathBuf,
    codec: Codec,
    input: Input,
    decoder: Decoder,
    state: State,
    decoded_bytes: u64,
    /// Those of them in front of the member at hand.
    members_bytes: u64,
    /// Damage met after good bytes in the same call: told by the next call.
    pending: Option<Error>,
    /// The compressed offset from which on the end of a member is the end of all that is read.
    stop_bytes: u64,
    stopped: bool,
    /// Something is lost where decoding is: nothing is read before this is taken.
    gap: bool,
    notes: Notes,
}

enum Decoder {
    /// Bytes as they are.
    None,
    /// One member, or what is left of it.
    Member(Box<dyn MemberDecoder>),
    /// All members.
    Gzip(Box<GzipStream>),
    /// All streams, and what is known of the last one.
    Bzip2(Box<(Bzip2Stream, Sums)>),
    /// What is whole.
    Salvage(Box<Salvage>),
}

impl Decoder {
    fn new(codec: Codec) -> Self {
        match codec {
            Codec::Gzip => Self::Gzip(Box::new(GzipStream::new())),
            Codec::Bzip2 => Self::Bzip2(Box::new((Bzip2Stream::new(), Sums::default()))),
            _ => codec.decoder().map_or(Self::None, Self::Member),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Inside a member.
    Member,
    /// A member has ended; another one may follow.
    Between,
    /// Nothing more will come.
    Done,
}

impl Decompressor {
    /// Opens a file. Its codec is the one given, else what its first bytes show; a name that
    /// promises another codec leaves a note.
    ///
    /// # Errors
    /// The file cannot be opened or read; it is named as a compressed file and holds something
    /// that is neither compressed nor text.
    pub fn open(path: &Path, options: DecodeOptions, notes: &Notes) -> Result<Self> {
        let opened = pipe::open(path).map_err(|error| Error::io(path, "open", error))?;
        Self::of_reader(path, Box::new(opened), options, notes)?.refuse_several_files()
    }

    /// Refuses an archive of several files at once, and not behind its first.
    pub(crate) fn refuse_several_files(self) -> Result<Self> {
        if self.codec() != Codec::Zip {
            return Ok(self);
        }
        // What cannot be read or understood is for the decoder to tell; pipes have no end to look at.
        let files = members(&self.path).ok().flatten().unwrap_or_default();
        match files.as_slice() {
            [] | [_] => Ok(self),
            files => {
                let names = files.iter().map(|file| file.name.clone()).collect();
                Err(ErrorKind::Archive { path: self.path, names }.into())
            }
        }
    }

    /// Like [`Decompressor::open`], over bytes from anywhere; `path` serves for names and errors.
    ///
    /// # Errors
    /// Those of [`Decompressor::open`].
    pub(crate) fn of_reader(
        path: &Path,
        reader: Box<dyn Read + Send>,
        options: DecodeOptions,
        notes: &Notes,
    ) -> Result<Self> {
        match options.salvage {
            true => Self::salvage(path, reader, options.codec, notes),
            false => Self::new(path, reader, options.codec, notes),
        }
    }

    /// Decodes bytes from anywhere, and does not pass over damage; `path` serves for names and errors.
    ///
    /// # Errors
    /// Those of [`Decompressor::open`].
    pub fn new(
        path: &Path,
        reader: Box<dyn Read + Send>,
        codec: Option<Codec>,
        notes: &Notes,
    ) -> Result<Self> {
        let mut input = Input::new(reader);
        input.fill_to(MAGIC_LEN_BYTES).map_err(|error| Error::io(path, "read", error))?;
        let empty = input.available().is_empty();
        let codec = match codec {
            Some(codec) => codec,
            None if empty => Codec::Plain,
            None => detect(path, &mut input, notes)?,
        };
        let state = if empty { State::Done } else { State::Member };
        let mut decompressor = Self { input, state, ..Self::nowhere(path, codec, notes) };
        decompressor.begin_member()?;
        Ok(decompressor)
    }

    /// Like [`Decompressor::new`], past all damage of the file: what is whole is read, and what is lost goes to
    /// [`Notes::losses`]. A file whose name promises a codec is one of it if its first bytes show none and are no text.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn salvage(
        path: &Path,
        reader: Box<dyn Read + Send>,
        codec: Option<Codec>,
        notes: &Notes,
    ) -> Result<Self> {
        let mut input = Input::new(reader);
        input.fill_to(SALVAGE_HEAD_LEN_BYTES).map_err(|error| Error::io(path, "read", error))?;
        let head = input.available();
        let is_empty = head.is_empty();
        let state = if is_empty { State::Done } else { State::Member };
        let named = Codec::of_name(path).filter(|_| Codec::of_magic(head) == Codec::Plain && !is_text(head));
        let codec = match codec.or(named) {
            Some(codec) => codec,
            None if is_empty => Codec::Plain,
            None => detect(path, &mut input, notes)?,
        };
        let decompressor = Self { input, state, ..Self::nowhere(path, codec, notes) };
        Ok(match codec {
            Codec::Plain => decompressor,
            _ => {
                let salvage = Salvage::new(path, codec, notes.losses());
                Self { decoder: Decoder::Salvage(Box::new(salvage)), ..decompressor }
            }
        })
    }

    /// Whether the file is read past its damage, if it has any.
    pub(crate) fn is_salvage(&self) -> bool {
        matches!(self.decoder, Decoder::Salvage(_))
    }

    /// Whether reading has come to a place where something is lost: then [`Decompressor::read`] gives 0 bytes until it is
    /// told to go on.
    pub fn at_gap(&self) -> bool {
        self.gap
    }

    /// Goes on behind a gap.
    pub fn pass_gap(&mut self) {
        self.gap = false;
    }

    /// Reads nothing, until it goes to a part of the file.
    pub(crate) fn nowhere(path: &Path, codec: Codec, notes: &Notes) -> Self {
        Self {
            path: path.to_owned(),
            codec,
            input: Input::new(Box::new(io::empty())),
            decoder: Decoder::new(codec),
            state: State::Done,
            decoded_bytes: 0,
            members_bytes: 0,
            pending: None,
            stop_bytes: u64::MAX,
            stopped: false,
            gap: false,
            notes: notes.clone(),
        }
    }

    /// Goes to a part of the file: from the start of the file, or from the end of a member, up to the first end of a member (and
    /// the zeros behind it) at or behind `stop_bytes`. The reader begins at the part. Offsets go on to be those of the file;
    /// decoded bytes are counted anew.
    pub(crate) fn go_to(&mut self, reader: Box<dyn Read + Send>, offset_bytes: u64, stop_bytes: u64) {
        self.input.restart(reader, offset_bytes);
        match &mut self.decoder {
            Decoder::Gzip(gzip) => gzip.go_to(offset_bytes, stop_bytes),
            decoder => *decoder = Decoder::new(self.codec),
        }
        self.state = if offset_bytes == 0 { State::Member } else { State::Between };
        (self.decoded_bytes, self.members_bytes) = (0, 0);
        self.pending = None;
        (self.stop_bytes, self.stopped) = (stop_bytes, false);
    }

    /// Where another part of the file begins, if all of this one has been read.
    pub(crate) fn next_part_offset_bytes(&self) -> Option<u64> {
        self.stopped.then_some(self.input.offset_bytes())
    }

    /// The codec in use.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Compressed bytes used so far, for progress.
    pub fn compressed_offset_bytes(&self) -> u64 {
        self.input.offset_bytes()
    }

    /// Decoded bytes given so far.
    pub fn decoded_bytes(&self) -> u64 {
        self.decoded_bytes
    }

    /// Decoded bytes that the codec has checked, counted from the same place: those of blocks or members that are whole and whose
    /// checksums hold. Where nothing can be wrong with them, or only what is whole is given, it is all that there are.
    pub(crate) fn checked_bytes(&self) -> u64 {
        match &self.decoder {
            Decoder::None | Decoder::Salvage(_) => u64::MAX,
            Decoder::Gzip(gzip) => gzip.checked_bytes(),
            Decoder::Bzip2(decoder) => decoder.0.checked_bytes(),
            Decoder::Member(_) if self.state == State::Member => self.members_bytes,
            Decoder::Member(_) => self.decoded_bytes,
        }
    }

    /// Decodes the next bytes into `out` and returns how many; 0 only at the end (or if `out` is
    /// empty), and where something is lost of a file that is salvaged.
    ///
    /// # Errors
    /// Truncated or damaged data, with the compressed offset; checksums that do not match.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        if let Some(error) = self.pending.take() {
            return Err(error);
        }
        if let Decoder::Gzip(gzip) = &mut self.decoder {
            let read = gzip.read(&mut self.input, out);
            return self.read_gzip(read);
        }
        if let Decoder::Bzip2(_) = &self.decoder {
            return self.read_bzip2(out);
        }
        if let Decoder::Salvage(_) = &self.decoder {
            return self.read_salvage(out);
        }
        let mut written = 0;
        while written == 0 && !out.is_empty() && self.state != State::Done {
            if self.input.available().is_empty() {
                self.input.refill().map_err(|error| Error::io(&self.path, "read", error))?;
            }
            match self.state {
                State::Member => written = self.read_member(out)?,
                State::Between => self.next_member()?,
                State::Done => {}
            }
        }
        self.decoded_bytes += written as u64;
        Ok(written)
    }

    /// Like [`Decompressor::read`], into `buffer` from `at` on. Some decoders put what they look back on into the 32 KiB in
    /// front, or find it there, and so need not copy what they decode.
    ///
    /// # Errors
    /// Those of [`Decompressor::read`].
    pub(crate) fn read_behind(&mut self, buffer: &mut [u8], at: usize) -> Result<usize> {
        match &mut self.decoder {
            Decoder::Gzip(gzip) if self.pending.is_none() => {
                let read = gzip.read_behind(&mut self.input, buffer, at);
                self.read_gzip(read)
            }
            _ => self.read(&mut buffer[at..]),
        }
    }

    /// Counts what was read, or tells where it went wrong; at the end, that something follows.
    fn read_gzip(&mut self, read: std::result::Result<usize, Failure>) -> Result<usize> {
        let len = read.map_err(|failure| failure.into_error(&self.path))?;
        self.decoded_bytes += len as u64;
        if let (Decoder::Gzip(gzip), true) = (&self.decoder, self.state != State::Done)
            && let Some(trailing_offset_bytes) = gzip.end()
        {
            self.stopped = gzip.is_stopped();
            self.end(trailing_offset_bytes, len)?;
        }
        Ok(len)
    }

    /// The last member has ended, and so many bytes come with the same call; perhaps something follows that is none.
    fn end(&mut self, trailing_offset_bytes: Option<u64>, len: usize) -> Result<()> {
        self.state = State::Done;
        let Some(offset_bytes) = trailing_offset_bytes else { return Ok(()) };
        let (path, codec) = (&self.path, self.codec);
        let passed =
            pass_trailing(path, codec, offset_bytes, self.decoded_bytes, &mut self.input, &self.notes);
        match passed {
            Err(error) if len > 0 => self.pending = Some(error),
            passed => return passed,
        }
        Ok(())
    }

    fn read_bzip2(&mut self, out: &mut [u8]) -> Result<usize> {
        let Decoder::Bzip2(decoder) = &mut self.decoder else { return Ok(0) };
        if self.state == State::Done {
            return Ok(0);
        }
        let (stream, sums) = decoder.as_mut();
        let read = stream.read(&mut self.input, out);
        let checked = stream.take_parts().into_iter().try_for_each(|part| sums.add(part));
        let len = checked.and(read).map_err(|failure| {
            self.state = State::Done;
            failure.into_error(&self.path, self.decoded_bytes)
        })?;
        self.decoded_bytes += len as u64;
        if let Some(Bzip2End::File { trailing_offset_bytes }) = stream.end() {
            self.end(trailing_offset_bytes, len)?;
        }
        Ok(len)
    }

    fn read_salvage(&mut self, out: &mut [u8]) -> Result<usize> {
        let Decoder::Salvage(salvage) = &mut self.decoder else { return Ok(0) };
        if self.state == State::Done || self.gap || out.is_empty() {
            return Ok(0);
        }
        let step =
            salvage.read(&mut self.input, out).map_err(|error| Error::io(&self.path, "read", error))?;
        match step {
            Step::Bytes(len) => {
                self.decoded_bytes += len as u64;
                return Ok(len);
            }
            Step::Gap => self.gap = true,
            Step::End { trailing_offset_bytes } => {
                self.state = State::Done;
                // What comes behind it was looked at.
                if let Some(offset_bytes) = trailing_offset_bytes {
                    note_trailing(&self.path, self.codec, offset_bytes, &self.notes);
                }
            }
        }
        Ok(0)
    }

    fn read_member(&mut self, out: &mut [u8]) -> Result<usize> {
        let Decoder::Member(decoder) = &mut self.decoder else {
            let len = self.input.available().len().min(out.len());
            out[..len].copy_from_slice(&self.input.available()[..len]);
            self.input.consume(len);
            if len == 0 {
                self.state = State::Done;
            }
            return Ok(len);
        };
        let at_end = self.input.available().is_empty();
        let mut source = PartialBuffer::new(self.input.available());
        let mut target = WriteBuffer::new_initialized(out);
        let decoded = decoder.decode(&mut source, &mut target);
        let (used, written) = (source.written_len(), target.written_len());
        self.input.consume(used);
        match decoded {
            Ok(true) => self.state = State::Between,
            Ok(false) if at_end && written == 0 && decoder.may_end() => self.state = State::Done,
            // No input left, and the decoder holds no output back: it waits for what never comes.
            Ok(false) if at_end && written == 0 => return Err(self.truncated()),
            Ok(false) => {}
            Err(error) if at_end && error.kind() != io::ErrorKind::InvalidData => {
                return Err(self.truncated());
            }
            Err(source) => {
                let error = self.corrupt(source, written);
                if written == 0 {
                    return Err(error);
                }
                self.pending = Some(error);
            }
        }
        Ok(written)
    }

    /// After a member: padding, another member, the end, or something that is none of these.
    fn next_member(&mut self) -> Result<()> {
        let zeros = self.input.available().iter().take_while(|byte| **byte == 0).count();
        self.input.consume(zeros);
        if self.input.available().is_empty() {
            if self.input.at_end() {
                self.state = State::Done;
            }
            return Ok(());
        }
        if self.input.offset_bytes() >= self.stop_bytes {
            (self.state, self.stopped) = (State::Done, true);
            return Ok(());
        }
        self.input.fill_to(MAGIC_LEN_BYTES).map_err(|error| Error::io(&self.path, "read", error))?;
        if !starts_member(self.codec, self.input.available()) {
            return self.end(Some(self.input.offset_bytes()), 0);
        }
        // A new decoder rather than a reset one: every codec starts afresh from its constructor.
        self.decoder = Decoder::new(self.codec);
        self.state = State::Member;
        self.members_bytes = self.decoded_bytes;
        self.begin_member()
    }

    /// Looks at the head of a member, and tells if its bytes cannot be checked.
    fn begin_member(&mut self) -> Result<()> {
        if self.codec != Codec::Xz {
            return Ok(());
        }
        self.input
            .fill_to(xz::STREAM_HEAD_LEN_BYTES)
            .map_err(|error| Error::io(&self.path, "read", error))?;
        let head = xz::stream_head(self.input.available());
        if let Some(check) = head.as_ref().and_then(xz::unknown_check) {
            self.notes.add(format!(
                "{}: the checks of the xz data are of an unknown kind ({check}): what is read is not checked",
                self.path.display()
            ));
        }
        Ok(())
    }

    fn truncated(&mut self) -> Error {
        self.state = State::Done;
        Error::truncated(&self.path, self.codec, self.input.offset_bytes(), self.decoded_bytes)
    }

    fn corrupt(&mut self, source: io::Error, written: usize) -> Error {
        self.state = State::Done;
        let decoded_bytes = self.decoded_bytes + written as u64;
        Error::corrupt(&self.path, self.codec, self.input.offset_bytes(), decoded_bytes, source)
    }
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor")
            .field("path", &self.path)
            .field("codec", &self.codec)
            .field("state", &self.state)
            .field("compressed_offset_bytes", &self.input.offset_bytes())
            .field("decoded_bytes", &self.decoded_bytes)
            .finish_non_exhaustive()
    }
}

/// Bytes at the head of a file that is salvaged by which text is told from what is compressed and damaged.
const SALVAGE_HEAD_LEN_BYTES: usize = 4 << 10;

/// Whether bytes may be text: none of them is a control character that no text has.
fn is_text(head: &[u8]) -> bool {
    !head.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31))
}

/// Bytes by which text is told from what is compressed, in a file whose name says that it is.
const NAMED_HEAD_LEN_BYTES: usize = 512;

/// The codec by magic bytes, compared with what the name says.
fn detect(path: &Path, input: &mut Input, notes: &Notes) -> Result<Codec> {
    let frame = first_frame(input).map_err(|error| Error::io(path, "read", error))?;
    let head = &input.available()[..input.available().len().min(MAGIC_LEN_BYTES)];
    // A file of nothing but skippable frames is empty in either format.
    let found = if frame == Some(Codec::Lz4) { Codec::Lz4 } else { Codec::of_magic(head) };
    let other = match found {
        // Workbooks are archives, too.
        Codec::Zip => other_in_zip(path, input)?,
        Codec::Plain => compressed_otherwise(head),
        _ => None,
    };
    if let Some(Other { name: found, hint }) = other {
        return Err(ErrorKind::NoText { path: path.to_owned(), found, hint }.into());
    }
    let head = &input.available()[..input.available().len().min(MAGIC_LEN_BYTES)];
    match Codec::of_name(path) {
        // It ends within its first word.
        Some(named) if found == Codec::Plain && (magic(named).starts_with(head) || named.is_cut(head)) => {
            return Err(Error::truncated(path, named, head.len() as u64, 0));
        }
        Some(named) if found == Codec::Plain && named.may_begin(head) => return Ok(named),
        // Both formats have such frames.
        Some(Codec::Lz4) if is_skippable(head) => return Ok(Codec::Lz4),
        Some(named) if named != found => {
            // Zeros and other control bytes are no text either: the file was damaged at its head.
            let head = &input.available()[..input.available().len().min(NAMED_HEAD_LEN_BYTES)];
            if found == Codec::Plain && head.iter().any(|byte| matches!(byte, 0 | 5..=8 | 14..=26)) {
                let source = io::Error::new(
                    io::ErrorKind::InvalidData,
                    "its first bytes are not those of such a file",
                );
                return Err(Error::corrupt(path, named, 0, 0, source));
            }
            notes.add(format!(
                "{}: named as {named}, read as {found}, as its first bytes show",
                path.display()
            ));
        }
        _ => {}
    }
    Ok(found)
}

/// What an archive is that holds no file to be read.
fn other_in_zip(path: &Path, input: &mut Input) -> Result<Option<Other>> {
    input.fill_to(ZIP_HEAD_LEN_BYTES).map_err(|error| Error::io(path, "read", error))?;
    Ok(workbook(input.available()))
}

/// The codec of the first frame behind skippable ones, which LZ4 has as Zstandard does, if it is one of theirs and near.
fn first_frame(input: &mut Input) -> io::Result<Option<Codec>> {
    let mut at = 0;
    while is_skippable(input.available()) && at < SKIPPED_LEN_BYTES {
        input.fill_to(at + SKIPPABLE_HEAD_LEN_BYTES)?;
        let head = &input.available()[at.min(input.available().len())..];
        match head {
            [_, _, _, _, a, b, c, d, ..] if is_skippable(head) => {
                let len = u32::from_le_bytes([*a, *b, *c, *d]);
                at = at.saturating_add(SKIPPABLE_HEAD_LEN_BYTES).saturating_add(len as usize);
            }
            _ => {
                let found = Codec::of_magic(head);
                return Ok(Some(found).filter(|found| matches!(found, Codec::Zstd | Codec::Lz4)));
            }
        }
    }
    Ok(None)
}

/// The magic and the length of a skippable frame.
const SKIPPABLE_HEAD_LEN_BYTES: usize = 8;

/// Skippable frames that are read to find out what is behind them.
const SKIPPED_LEN_BYTES: usize = 1 << 20;

#[cfg(test)]
mod tests;
