//! A gzip file, decoded from its start to its end into buffers of any kind.

use std::io;
use std::path::Path;

use super::Codec;
use super::gzip::{Cpu, GzipDecoder, GzipError, HISTORY_LEN_BYTES, Pause, SkippedPiece};
use super::input::Input;
use crate::error::Error;

/// Bytes decoded at once for those who want few of them.
const WINDOW_LEN_BYTES: usize = 32 << 10;

/// Decodes straight into buffers that have room for the history in front, and into others by way of a window.
#[derive(Debug)]
pub(super) struct GzipStream {
    decoder: GzipDecoder,
    /// The last decoded bytes, up to `end`. Those from `start` on have not been taken yet.
    window: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
}

/// Why there are no more bytes.
#[derive(Debug)]
pub(super) enum Failure {
    /// The compressed bytes cannot be read.
    Read(io::Error),
    /// They cannot be decoded.
    Decode(GzipError),
}

impl Failure {
    /// The error of the file that it happened in.
    pub(super) fn into_error(self, path: &Path) -> Error {
        let GzipError { damage, offset_bytes, decoded_bytes } = match self {
            Self::Read(error) => return Error::io(path, "read", error),
            Self::Decode(error) => error,
        };
        match damage {
            Some(damage) => {
                let source = io::Error::new(io::ErrorKind::InvalidData, damage);
                Error::corrupt(path, Codec::Gzip, offset_bytes, decoded_bytes, source)
            }
            None => Error::truncated(path, Codec::Gzip, offset_bytes, decoded_bytes),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl From<GzipError> for Failure {
    fn from(error: GzipError) -> Self {
        Self::Decode(error)
    }
}

impl GzipStream {
    pub(super) fn new() -> Self {
        Self {
            decoder: GzipDecoder::new(Cpu::detect()),
            window: vec![0; HISTORY_LEN_BYTES + WINDOW_LEN_BYTES],
            start: 0,
            end: 0,
            ended: false,
        }
    }

    /// Goes to a part of the file, as [`Decompressor::go_to`](super::Decompressor::go_to) does.
    pub(super) fn go_to(&mut self, offset_bytes: u64, stop_bytes: u64) {
        self.decoder.go_to(offset_bytes, stop_bytes);
        (self.start, self.end, self.ended) = (0, 0, false);
    }

    /// Decodes from now on to the first block at or behind this bit of the file: there are 0 bytes then, until it is told to go on.
    pub(super) fn pause_at(&mut self, bit: u64) {
        self.decoder.pause_at(bit);
    }

    /// The bit of the file at which a block begins, if one comes next and no byte waits.
    pub(super) fn block_bit(&self) -> Option<u64> {
        self.decoder.block_bit().filter(|_| self.start == self.end)
    }

    /// The last bytes of the member at hand: 32 KiB, or fewer if it has not so many yet.
    pub(super) fn history(&self) -> &[u8] {
        let len = self.decoder.member_len_bytes().min(self.end as u64).min(HISTORY_LEN_BYTES as u64);
        &self.window[self.end - len as usize..self.end]
    }

    /// Goes past a piece that begins with the block that comes next, and whose last 32 KiB are these.
    pub(super) fn skip(&mut self, piece: &SkippedPiece, history: &[u8]) {
        self.decoder.skip(piece);
        self.window[..history.len()].copy_from_slice(history);
        (self.start, self.end) = (history.len(), history.len());
    }

    /// Bytes that were decoded, whether they have been given or not.
    pub(super) fn decoded_bytes(&self) -> u64 {
        self.decoder.decoded_bytes()
    }

    /// Those of them that are in members whose checksum and length hold.
    pub(super) fn checked_bytes(&self) -> u64 {
        self.decoder.checked_bytes()
    }

    /// Whether decoding has ended where it should stop, and not at the end of the file.
    pub(super) fn is_stopped(&self) -> bool {
        self.decoder.is_stopped()
    }

    /// Whether all has been given, and where something begins that follows the last member and is no member.
    pub(super) fn end(&self) -> Option<Option<u64>> {
        (self.ended && self.start == self.end).then_some(self.decoder.trailing_offset_bytes())
    }

    /// Decodes the next bytes; 0 only at the end.
    ///
    /// # Errors
    /// Those of reading and decoding, once what is in front has been given.
    pub(super) fn read(&mut self, input: &mut Input, out: &mut [u8]) -> Result<usize, Failure> {
        if self.start == self.end {
            if self.end > HISTORY_LEN_BYTES {
                self.window.copy_within(self.end - HISTORY_LEN_BYTES..self.end, 0);
                self.end = HISTORY_LEN_BYTES;
            }
            self.start = self.end;
            self.end += decode(&mut self.decoder, input, &mut self.window, self.start, &mut self.ended)?;
        }
        let len = out.len().min(self.end - self.start);
        out[..len].copy_from_slice(&self.window[self.start..self.start + len]);
        self.start += len;
        Ok(len)
    }

    /// Decodes the next bytes into `buffer` from `at` on, until it is full; fewer at the end and before an error, and 0
    /// only at the end.
    ///
    /// In front of `at` is room for the history, and perhaps some of it already.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub(super) fn read_behind(
        &mut self,
        input: &mut Input,
        buffer: &mut [u8],
        at: usize,
    ) -> Result<usize, Failure> {
        let waiting = self.end - self.start;
        if waiting > buffer.len() - at {
            return self.read(input, &mut buffer[at..]);
        }
        let known = self.end.min(waiting.max(HISTORY_LEN_BYTES));
        let position = at + waiting;
        buffer[position - known..position].copy_from_slice(&self.window[self.end - known..self.end]);
        self.start = self.end;
        let decoded = match decode(&mut self.decoder, input, buffer, position, &mut self.ended) {
            // The error comes again when more is asked for.
            Err(_) if waiting > 0 => 0,
            decoded => decoded?,
        };
        let (end, kept) = (position + decoded, (known + decoded).min(HISTORY_LEN_BYTES));
        self.window[..kept].copy_from_slice(&buffer[end - kept..end]);
        (self.start, self.end) = (kept, kept);
        Ok(waiting + decoded)
    }
}

/// Fills a buffer from `at` on, less only at the end or before an error.
fn decode(
    decoder: &mut GzipDecoder,
    input: &mut Input,
    buffer: &mut [u8],
    at: usize,
    ended: &mut bool,
) -> Result<usize, Failure> {
    let mut end = at;
    loop {
        match step(decoder, input, buffer, end) {
            Ok((written, state)) => {
                end += written;
                *ended = state == Pause::End;
                if state != Pause::NeedsInput {
                    return Ok(end - at);
                }
            }
            // The error comes again when more is asked for.
            Err(_) if end > at => return Ok(end - at),
            Err(failure) => return Err(failure),
        }
    }
}

fn step(
    decoder: &mut GzipDecoder,
    input: &mut Input,
    buffer: &mut [u8],
    at: usize,
) -> Result<(usize, Pause), Failure> {
    if input.available().is_empty() {
        input.refill()?;
    }
    let progress = decoder.decode(input.available(), input.at_end(), buffer, at)?;
    input.consume(progress.consumed);
    Ok((progress.written, progress.state))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use proptest::prelude::*;

    use super::*;

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    /// Reads all with both kinds of calls: `direct` of how many bytes, or not.
    fn read_all(bytes: Vec<u8>, calls: &[(bool, usize)]) -> (Vec<u8>, Option<Failure>) {
        let mut input = Input::new(Box::new(Cursor::new(bytes)));
        let mut stream = GzipStream::new();
        let mut all = Vec::new();
        for (direct, len) in calls.iter().cycle() {
            let front = if *direct { HISTORY_LEN_BYTES } else { 0 };
            // Whatever stands in front has no meaning.
            let mut buffer = vec![0xa5; front + len];
            let read = if *direct {
                stream.read_behind(&mut input, &mut buffer, front)
            } else {
                stream.read(&mut input, &mut buffer)
            };
            match read {
                Ok(0) => break,
                Ok(read) => all.extend_from_slice(&buffer[front..front + read]),
                Err(failure) => return (all, Some(failure)),
            }
        }
        assert_eq!(stream.end(), Some(None));
        (all, None)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]

        #[test]
        fn the_same_bytes_by_any_calls(
            calls in prop::collection::vec((any::<bool>(), 1usize..150_000), 1..10),
            period in 30_000usize..40_000,
        ) {
            // Bytes that come again at a distance as far as a match reaches, and a little farther.
            let noise = |i: usize| ((i % period).wrapping_mul(2_654_435_761) >> 13) as u8;
            let plain: Vec<u8> = (0..400_000).map(noise).collect();
            let two = [packed(&plain[..200_000]), packed(&plain[200_000..])].concat();
            let (read, failure) = read_all(two.clone(), &calls);
            prop_assert!(read == plain && failure.is_none());
            // What is in front of damage comes before it is told.
            let cut = two.len() - 20;
            let (read, failure) = read_all(two[..cut].to_vec(), &calls);
            prop_assert!(plain.starts_with(&read) && read.len() > 390_000);
            prop_assert!(matches!(failure, Some(Failure::Decode(error)) if error.damage.is_none()));
        }
    }
}
