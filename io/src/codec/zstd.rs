//! A decoder of Zstandard with a window as large as there is memory for.

use std::io;
use std::num::NonZero;
use std::sync::OnceLock;
use std::thread;

use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use compression_codecs::zstd::params::DParameter;
use compression_codecs::{DecodeV2, ZstdDecoder};

use super::member_decoder::MemberDecoder;
use crate::memory;

/// The largest window that files have unless somebody asked for a larger one, and that decoders accept of anybody: 128 MiB.
const USUAL_WINDOW_LOG: u32 = 27;

/// The largest one that there is, that of `zstd --long=31`: 2 GiB.
const MAX_WINDOW_LOG: u32 = 31;

/// Decodes one frame, and checks the length that its head says: the reference library does not where the last block is empty, and
/// damage can make it so.
#[derive(Debug)]
pub(super) struct FrameDecoder {
    decoder: ZstdDecoder,
    /// The first bytes of the frame, as far as they have come.
    head: Vec<u8>,
    decoded_bytes: u64,
}

impl FrameDecoder {
    pub(super) fn new() -> Self {
        Self { decoder: decoder(), head: Vec::new(), decoded_bytes: 0 }
    }
}

impl DecodeV2 for FrameDecoder {
    fn reinit(&mut self) -> io::Result<()> {
        self.head.clear();
        self.decoded_bytes = 0;
        self.decoder.reinit()
    }

    fn decode(&mut self, input: &mut PartialBuffer<&[u8]>, output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        let (used, written) = (input.written_len(), output.written_len());
        let ended = self.decoder.decode(input, output)?;
        let missing = MAX_HEAD_LEN_BYTES.saturating_sub(self.head.len());
        self.head.extend(input.written()[used..].iter().take(missing));
        self.decoded_bytes += (output.written_len() - written) as u64;
        if ended
            && let Some(len) = content_len(&self.head)
            && len != self.decoded_bytes
        {
            let message = format!("the frame is {} bytes long, its head says {len}", self.decoded_bytes);
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(ended)
    }

    fn flush(&mut self, output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        self.decoder.flush(output)
    }

    fn finish(&mut self, output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        self.decoder.finish(output)
    }
}

impl MemberDecoder for FrameDecoder {}

/// How frames begin, and the most bytes that a head has: magic, description, window, dictionary, length (RFC 8878, 3.1.1.1).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const MAX_HEAD_LEN_BYTES: usize = 4 + 1 + 1 + 4 + 8;

/// The length of what is in a frame, if its head is there and says it.
fn content_len(head: &[u8]) -> Option<u64> {
    let [description, rest @ ..] = head.strip_prefix(&MAGIC)? else { return None };
    let is_single = description & 0x20 != 0;
    let dictionary_len = [0, 1, 2, 4][usize::from(description & 3)];
    let bytes = rest.get(usize::from(!is_single) + dictionary_len..)?;
    let len = [usize::from(is_single), 2, 4, 8][usize::from(description >> 6)];
    let mut number = [0; 8];
    number[..len].copy_from_slice(bytes.get(..len)?);
    let number = u64::from_le_bytes(number);
    match len {
        0 => None,
        // One byte says up to 255, so two begin there.
        2 => Some(number + 256),
        _ => Some(number),
    }
}

/// The reference library's decoder of one frame.
fn decoder() -> ZstdDecoder {
    static WINDOW_LOG: OnceLock<u32> = OnceLock::new();
    let log = *WINDOW_LOG.get_or_init(|| {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        largest_window_log(memory::available_bytes(), threads)
    });
    ZstdDecoder::new_with_params(&[DParameter::window_log_max(log)])
}

/// The largest window that each of some threads, which may each read another file, can have within half of the memory.
fn largest_window_log(memory_len_bytes: usize, threads: usize) -> u32 {
    let share = memory_len_bytes / 2 / threads.max(1);
    share.checked_ilog2().unwrap_or_default().clamp(USUAL_WINDOW_LOG, MAX_WINDOW_LOG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_frames() {
        let len = |head: &[u8]| content_len(&[&MAGIC[..], head].concat());
        assert_eq!(len(&[0x20, 7, 1, 0]), Some(7));
        assert_eq!(len(&[0x00, 0x58, 1, 0]), None);
        assert_eq!(len(&[0x60, 7, 1, 0]), Some(7 + 256 + 256));
        assert_eq!(len(&[0x83, 0x58, 1, 2, 3, 4, 9, 0, 1, 0]), Some(65_545));
        assert_eq!(len(&[0xe0, 1, 0, 0, 0, 0, 0, 0, 0x80]), Some(1 << 63 | 1));
        assert_eq!((len(&[]), len(&[0xe0, 1]), content_len(b"P*M\x18\x04\0\0\0")), (None, None, None));
    }

    #[test]
    fn a_frame_of_another_length_than_its_head_says_is_an_error() {
        // The last block is empty, and 43 bytes are promised.
        let frame = [&MAGIC[..], &[0x20, 43, 5, 0, 0]].concat();
        for step in [1, 7, frame.len()] {
            let mut decoder = FrameDecoder::new();
            let mut text = [0; 64];
            let mut output = WriteBuffer::new_initialized(&mut text);
            let decoded = frame.chunks(step).try_fold(false, |_, piece| {
                let mut input = PartialBuffer::new(piece);
                decoder.decode(&mut input, &mut output)
            });
            assert!(decoded.is_err(), "{step}: {decoded:?}");
        }
    }

    #[test]
    fn windows_fit_into_memory() {
        for (gib, threads, expected) in
            [(0, 4, 27), (4, 16, 27), (4, 2, 30), (16, 8, 30), (16, 4, 31), (512, 16, 31)]
        {
            assert_eq!(largest_window_log(gib << 30, threads), expected, "{gib} GiB, {threads} threads");
        }
    }
}
