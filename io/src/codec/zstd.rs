//! A decoder of Zstandard with a window as large as there is memory for.

use std::num::NonZero;
use std::sync::OnceLock;
use std::thread;

use compression_codecs::ZstdDecoder;
use compression_codecs::zstd::params::DParameter;

use crate::memory;

/// The largest window that files have unless somebody asked for a larger one, and that decoders accept of anybody: 128 MiB.
const USUAL_WINDOW_LOG: u32 = 27;

/// The largest one that there is, that of `zstd --long=31`: 2 GiB.
const MAX_WINDOW_LOG: u32 = 31;

/// A decoder of one frame.
pub(super) fn decoder() -> ZstdDecoder {
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
    fn windows_fit_into_memory() {
        for (gib, threads, expected) in
            [(0, 4, 27), (4, 16, 27), (4, 2, 30), (16, 8, 30), (16, 4, 31), (512, 16, 31)]
        {
            assert_eq!(largest_window_log(gib << 30, threads), expected, "{gib} GiB, {threads} threads");
        }
    }
}
