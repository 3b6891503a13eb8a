//! One member (stream, frame), decoded until it ends or cannot be decoded further.

use std::fmt;
use std::io;

use compression_codecs::core::util::{PartialBuffer, WriteBuffer};

use super::super::Codec;
use super::super::gzip::Damage;
use super::super::gzip_stream::{Failure, GzipStream};
use super::super::input::Input;
use super::super::member_decoder::MemberDecoder;
use super::super::xz;

/// Decodes one member.
pub(super) struct Member {
    decoder: Decoder,
    /// What is next, once no byte comes any more.
    last: Option<Decoded>,
}

enum Decoder {
    Gzip(Box<GzipStream>),
    Other(Box<dyn MemberDecoder>),
    /// A block of xz, up to a byte of the file.
    Block(Box<dyn MemberDecoder>, u64),
}

/// Compressed bytes that a decoder is given at once, up to a multiple of this: what a call that fails has decoded does not come out.
const STEP_LEN_BYTES: usize = 4 << 10;

/// What came of decoding.
#[derive(Debug, Clone)]
pub(super) enum Decoded {
    /// So many bytes.
    Bytes(usize),
    /// The member has ended, and is right as far as it can be told.
    End,
    /// It cannot be decoded further.
    Bad(Bad),
}

/// Why a member cannot be decoded further.
#[derive(Debug, Clone)]
pub(super) struct Bad {
    /// Compressed bytes used when it was noticed.
    pub(super) offset_bytes: u64,
    pub(super) kind: BadKind,
    pub(super) what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadKind {
    /// The file ends in it.
    Truncated,
    /// All was decoded, and does not match its checksum or its length.
    Checksum,
    /// It goes on and cannot be understood.
    Damaged,
}

impl Member {
    /// The member that begins at a byte of the file, perhaps with the decoder of another one.
    pub(super) fn begin(codec: Codec, offset_bytes: u64, spare: Option<Self>) -> Self {
        let decoder = match (codec.decoder(), spare.map(|spare| spare.decoder)) {
            (Some(decoder), _) => Decoder::Other(decoder),
            (None, Some(Decoder::Gzip(mut stream))) => {
                stream.go_to(offset_bytes, offset_bytes + 1);
                Decoder::Gzip(stream)
            }
            (None, _) => {
                let mut stream = Box::new(GzipStream::new());
                stream.go_to(offset_bytes, offset_bytes + 1);
                Decoder::Gzip(stream)
            }
        };
        Self { decoder, last: None }
    }

    /// The block of xz that begins at a byte of the file and has such a length, in a stream with this head.
    ///
    /// # Errors
    /// The head is none.
    pub(super) fn begin_block(head: &[u8], offset_bytes: u64, len_bytes: u64) -> io::Result<Self> {
        let mut decoder: Box<dyn MemberDecoder> = Box::new(xz::decoder());
        let mut source = PartialBuffer::new(head);
        while !source.unwritten().is_empty() {
            decoder.decode(&mut source, &mut WriteBuffer::new_initialized(&mut [0; 1][..]))?;
        }
        Ok(Self { decoder: Decoder::Block(decoder, offset_bytes.saturating_add(len_bytes)), last: None })
    }

    /// Whether it is a block of xz.
    pub(super) fn is_block(&self) -> bool {
        matches!(self.decoder, Decoder::Block(..))
    }

    /// Decodes the next bytes into `out`, which has room. What is not [`Decoded::Bytes`] comes again with each later call.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn read(&mut self, input: &mut Input, out: &mut [u8]) -> io::Result<Decoded> {
        if let Some(last) = &self.last {
            return Ok(last.clone());
        }
        let decoded = match &mut self.decoder {
            Decoder::Gzip(stream) => read_gzip(stream, input, out)?,
            Decoder::Other(decoder) => {
                let (written, last) = read_other(decoder.as_mut(), input, out, u64::MAX)?;
                self.last = last;
                Decoded::Bytes(written)
            }
            Decoder::Block(decoder, end_bytes) => {
                let (written, last) = read_other(decoder.as_mut(), input, out, *end_bytes)?;
                self.last = last;
                Decoded::Bytes(written)
            }
        };
        if let (Decoded::Bytes(0), Some(last)) = (&decoded, &self.last) {
            return Ok(last.clone());
        }
        if !matches!(decoded, Decoded::Bytes(_)) {
            self.last = Some(decoded.clone());
        }
        Ok(decoded)
    }
}

fn read_gzip(stream: &mut GzipStream, input: &mut Input, out: &mut [u8]) -> io::Result<Decoded> {
    let error = match stream.read(input, out) {
        Ok(0) => return Ok(Decoded::End),
        Ok(len) => return Ok(Decoded::Bytes(len)),
        Err(Failure::Read(error)) => return Err(error),
        Err(Failure::Decode(error)) => error,
    };
    let (kind, what) = match error.damage {
        None => (BadKind::Truncated, "the file ends in it".to_owned()),
        Some(damage @ (Damage::Checksum | Damage::Length)) => (BadKind::Checksum, damage.to_string()),
        Some(damage) => (BadKind::Damaged, damage.to_string()),
    };
    Ok(Decoded::Bad(Bad { offset_bytes: error.offset_bytes, kind, what }))
}

/// Decodes until bytes come out, or it is known that no more will come, from no farther than a byte of the file.
fn read_other(
    decoder: &mut dyn MemberDecoder,
    input: &mut Input,
    out: &mut [u8],
    end_bytes: u64,
) -> io::Result<(usize, Option<Decoded>)> {
    loop {
        let (written, last) = step(decoder, input, out, end_bytes)?;
        if written > 0 || last.is_some() {
            return Ok((written, last));
        }
    }
}

fn step(
    decoder: &mut dyn MemberDecoder,
    input: &mut Input,
    out: &mut [u8],
    end_bytes: u64,
) -> io::Result<(usize, Option<Decoded>)> {
    let left = usize::try_from(end_bytes - input.offset_bytes()).unwrap_or(usize::MAX);
    let len = left.min(STEP_LEN_BYTES - input.offset_bytes() as usize % STEP_LEN_BYTES);
    input.fill_to(len)?;
    let len = len.min(input.available().len());
    let at_end = len == 0 && left > 0;
    let out_len = out.len();
    let mut source = PartialBuffer::new(&input.available()[..len]);
    let mut target = WriteBuffer::new_initialized(out);
    let decoded = decoder.decode(&mut source, &mut target);
    let (used, written) = (source.written_len(), target.written_len());
    input.consume(used);
    let bad = |kind, what| Some(Decoded::Bad(Bad { offset_bytes: input.offset_bytes(), kind, what }));
    let last = match decoded {
        Ok(true) => Some(Decoded::End),
        // All of a block was decoded, and its check is right: behind it would be another one.
        Ok(false) if left == used && written < out_len => Some(Decoded::End),
        Err(_) if left == 0 => Some(Decoded::End),
        Ok(false) if at_end && written == 0 && decoder.may_end() => Some(Decoded::End),
        // No input left, and the decoder holds no output back: it waits for what never comes.
        Ok(false) if at_end && written == 0 => bad(BadKind::Truncated, "the file ends in it".to_owned()),
        Ok(false) => None,
        Err(error) if at_end && error.kind() != io::ErrorKind::InvalidData => {
            bad(BadKind::Truncated, "the file ends in it".to_owned())
        }
        Err(error) => bad(BadKind::Damaged, error.to_string()),
    };
    Ok((written, last))
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("last", &self.last).finish_non_exhaustive()
    }
}
