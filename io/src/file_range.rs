//! Parts of a file that several workers read.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Reads a file from a place on, not much farther than to another place as long as that is not reached.
#[derive(Debug)]
pub(crate) struct FileRange {
    file: Arc<File>,
    at: u64,
    stop: u64,
}

impl FileRange {
    pub(crate) fn new(file: &Arc<File>, at: u64, stop: u64) -> Self {
        Self { file: Arc::clone(file), at, stop }
    }

    /// Reads a file from a place on to its end.
    pub(crate) fn to_end(file: &Arc<File>, at: u64) -> Self {
        Self::new(file, at, u64::MAX - BEHIND_STOP_BYTES)
    }

    /// Reads all from a place up to another, or to the end of the file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn read_all(file: &Arc<File>, at: u64, end: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
        bytes.clear();
        Self::new(file, at, end).take(end - at).read_to_end(bytes)?;
        Ok(())
    }
}

/// Bytes read behind the place where reading should stop: the end of a member is known by those behind it.
const BEHIND_STOP_BYTES: u64 = 64;

/// Bytes read at once where the end is not known.
const STEP_BYTES: u64 = 64 << 10;

impl Read for FileRange {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let wanted = (self.stop + BEHIND_STOP_BYTES).checked_sub(self.at).filter(|left| *left > 0);
        let len = out.len().min(wanted.unwrap_or(STEP_BYTES) as usize);
        let read = self.file.read_at(&mut out[..len], self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
