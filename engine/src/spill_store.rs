//! What does not fit into memory, on disk.
//!
//! All that a session spills, its own passes and the operators of the relational core, goes into one file without
//! a name: it takes one descriptor, however many runs a sort writes, and nothing is left of it whatever happens
//! to the process. The file consists of blocks; those of a spill that is dropped are used again, so that it grows
//! no longer than what is spilled at one time, up to a bound.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::spill_file::{SpillFile, SpillWriter, TempFileFactory};
use futures::{Stream, StreamExt, stream};

use crate::error::Error;
use crate::threads::lock;

/// Bytes of a block: written and read at once, and what a small spill takes on disk.
const BLOCK_LEN_BYTES: usize = 256 << 10;

/// Bytes read at once. Whoever merges many runs holds as much of each of them, beside its batches.
const READ_LEN_BYTES: u64 = 64 << 10;

/// The file of a session.
pub(crate) struct SpillStore {
    settings: Mutex<Settings>,
    /// Made when the first block is written.
    file: Mutex<Option<Arc<File>>>,
    blocks: Mutex<Blocks>,
    /// Bytes ever spilled.
    written_bytes: AtomicU64,
}

#[derive(Debug, Clone)]
struct Settings {
    folder: PathBuf,
    max_bytes: u64,
}

#[derive(Debug, Default)]
struct Blocks {
    /// Numbers of blocks that are not in use, of those that the file has.
    free: Vec<u64>,
    /// How many blocks the file has.
    count: u64,
}

impl SpillStore {
    /// A store whose file will be in a folder and take no more than `max_bytes` there, what is kept of pipes included.
    pub(crate) fn new(folder: PathBuf, max_bytes: u64) -> Self {
        Self {
            settings: Mutex::new(Settings { folder, max_bytes }),
            file: Mutex::new(None),
            blocks: Mutex::default(),
            written_bytes: AtomicU64::new(0),
        }
    }

    /// Sets how much may be on disk at one time.
    pub(crate) fn set_max_bytes(&self, max_bytes: u64) {
        lock(&self.settings).max_bytes = max_bytes;
    }

    /// How much may be on disk at one time.
    pub(crate) fn max_bytes(&self) -> u64 {
        lock(&self.settings).max_bytes
    }

    /// The folder.
    pub(crate) fn folder(&self) -> PathBuf {
        lock(&self.settings).folder.clone()
    }

    /// Sets the folder, for a file that is not made yet; `false` if it is made.
    pub(crate) fn set_folder(&self, folder: PathBuf) -> bool {
        let unused = lock(&self.file).is_none();
        if unused {
            lock(&self.settings).folder = folder;
        }
        unused
    }

    /// Bytes ever written.
    pub(crate) fn written_bytes(&self) -> u64 {
        self.written_bytes.load(Ordering::Relaxed)
    }

    /// An empty spill.
    pub(crate) fn spill(self: &Arc<Self>) -> Spill {
        Spill { store: Arc::clone(self), contents: Mutex::default() }
    }

    fn write_block(&self, bytes: &[u8]) -> io::Result<u64> {
        let file = self.file()?;
        let number = self.take_block()?;
        let written = file.write_all_at(bytes, number * BLOCK_LEN_BYTES as u64);
        if written.is_err() {
            self.give_back(&[number]);
        }
        written?;
        self.written_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(number)
    }

    fn take_block(&self) -> io::Result<u64> {
        let max_bytes = self.max_bytes();
        let mut blocks = lock(&self.blocks);
        if let Some(number) = blocks.free.pop() {
            return Ok(number);
        }
        let kept_bytes = swath_io::kept_pipe_bytes();
        if (blocks.count + 1) * BLOCK_LEN_BYTES as u64 + kept_bytes > max_bytes {
            let message = format!("as much is there already as may be, {max_bytes} bytes (--max-spill)");
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, message));
        }
        blocks.count += 1;
        Ok(blocks.count - 1)
    }

    fn give_back(&self, numbers: &[u64]) {
        let mut blocks = lock(&self.blocks);
        blocks.free.extend(numbers);
        if blocks.free.len() as u64 == blocks.count && blocks.count > 0 {
            *blocks = Blocks::default();
            if let Some(file) = &*lock(&self.file) {
                // The disk has its space back. If it does not work, the blocks are written over.
                let _ = file.set_len(0);
            }
        }
    }

    fn file(&self) -> io::Result<Arc<File>> {
        let mut file = lock(&self.file);
        match &*file {
            Some(file) => Ok(Arc::clone(file)),
            None => {
                let folder = lock(&self.settings).folder.clone();
                Ok(Arc::clone(file.insert(Arc::new(tempfile::tempfile_in(folder)?))))
            }
        }
    }

    /// An error with what was to be done and where.
    fn failed(&self, action: &str, error: &io::Error) -> DataFusionError {
        let folder = lock(&self.settings).folder.clone();
        let message =
            format!("cannot {action} what does not fit into memory in {}: {error}", folder.display());
        let hint =
            "name a folder with more room (--temp-dir), or give more memory (--memory-limit)".to_owned();
        DataFusionError::External(Box::new(Error::query(message, hint)))
    }
}

impl fmt::Debug for SpillStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpillStore").field("settings", &lock(&self.settings)).finish_non_exhaustive()
    }
}

/// Bytes in a store: written from the start to the end, read from any place on, also while they are written.
/// Dropped, it gives its blocks back.
pub(crate) struct Spill {
    store: Arc<SpillStore>,
    contents: Mutex<Contents>,
}

#[derive(Default)]
struct Contents {
    blocks: Vec<u64>,
    /// Bytes behind the last block.
    tail: Vec<u8>,
    len_bytes: u64,
}

impl Spill {
    /// Bytes written so far.
    pub(crate) fn len_bytes(&self) -> u64 {
        lock(&self.contents).len_bytes
    }

    /// Adds bytes at the end.
    ///
    /// # Errors
    /// The folder cannot be written to, the disk is full, or as much is spilled as may be.
    pub(crate) fn write(&self, mut bytes: &[u8]) -> Result<()> {
        let mut contents = lock(&self.contents);
        while !bytes.is_empty() {
            let room = BLOCK_LEN_BYTES - contents.tail.len();
            let (more, rest) = bytes.split_at(bytes.len().min(room));
            contents.tail.extend_from_slice(more);
            contents.len_bytes += more.len() as u64;
            bytes = rest;
            if contents.tail.len() == BLOCK_LEN_BYTES {
                self.write_tail(&mut contents)?;
            }
        }
        Ok(())
    }

    /// There will be no more: what is held in memory goes to disk, unless it is hardly anything.
    ///
    /// # Errors
    /// As [`Spill::write`].
    pub(crate) fn finish(&self) -> Result<()> {
        let mut contents = lock(&self.contents);
        if contents.tail.len() < BLOCK_LEN_BYTES / 16 {
            contents.tail.shrink_to_fit();
            return Ok(());
        }
        self.write_tail(&mut contents)?;
        contents.tail = Vec::new();
        Ok(())
    }

    fn write_tail(&self, contents: &mut Contents) -> Result<()> {
        let written = self.store.write_block(&contents.tail);
        let number = written.map_err(|error| self.store.failed("write", &error))?;
        contents.blocks.push(number);
        contents.tail.clear();
        Ok(())
    }

    /// Bytes from a place on: some, none only at the end of what is written so far.
    ///
    /// # Errors
    /// The disk cannot be read.
    pub(crate) fn read(&self, offset: u64) -> Result<Bytes> {
        let block_len = BLOCK_LEN_BYTES as u64;
        let (number, len) = {
            let contents = lock(&self.contents);
            let left = contents.len_bytes.saturating_sub(offset);
            match contents.blocks.get((offset / block_len) as usize) {
                Some(number) => (*number, left.min(block_len - offset % block_len).min(READ_LEN_BYTES)),
                None => {
                    let start = contents.tail.len() - left as usize;
                    return Ok(Bytes::copy_from_slice(&contents.tail[start..]));
                }
            }
        };
        let mut bytes = vec![0; len as usize];
        let file = self.store.file().map_err(|error| self.store.failed("read", &error))?;
        let read = file.read_exact_at(&mut bytes, number * block_len + offset % block_len);
        read.map_err(|error| self.store.failed("read", &error))?;
        Ok(bytes.into())
    }

    /// Bytes of a range.
    ///
    /// # Errors
    /// The disk cannot be read.
    pub(crate) fn read_range(&self, offset: u64, len: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(len);
        while bytes.len() < len {
            let more = self.read(offset + bytes.len() as u64)?;
            let wanted = more.len().min(len - bytes.len());
            if wanted == 0 {
                return Err(DataFusionError::Internal("a spill ends before it should".into()));
            }
            bytes.extend_from_slice(&more[..wanted]);
        }
        Ok(bytes)
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        self.store.give_back(&lock(&self.contents).blocks);
    }
}

impl fmt::Debug for Spill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spill").field("len_bytes", &self.len_bytes()).finish_non_exhaustive()
    }
}

/// A spill as operators of the relational core know it.
struct OperatorSpill(Arc<Spill>);

/// Makes spills for operators of the relational core.
pub(crate) struct OperatorSpills(pub(crate) Arc<SpillStore>);

impl TempFileFactory for OperatorSpills {
    fn create_temp_file(&self, _description: &str) -> Result<Arc<dyn SpillFile>> {
        Ok(Arc::new(OperatorSpill(Arc::new(self.0.spill()))))
    }
}

impl SpillFile for OperatorSpill {
    fn size(&self) -> Option<u64> {
        Some(self.0.len_bytes())
    }

    fn read_stream(&self) -> Result<Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>> {
        let spill = Arc::clone(&self.0);
        let blocks = stream::try_unfold(0, move |offset| {
            let spill = Arc::clone(&spill);
            async move {
                // Disks are slow: not on a thread that computes.
                let read = tokio::task::spawn_blocking(move || spill.read(offset)).await;
                let bytes = read.map_err(|error| DataFusionError::External(Box::new(error)))??;
                let next = offset + bytes.len() as u64;
                Ok((!bytes.is_empty()).then_some((bytes, next)))
            }
        });
        Ok(blocks.boxed())
    }

    fn open_writer(&self) -> Result<Box<dyn SpillWriter>> {
        Ok(Box::new(OperatorWriter(Arc::clone(&self.0))))
    }
}

struct OperatorWriter(Arc<Spill>);

impl Write for OperatorWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    /// What is written can be read at once.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SpillWriter for OperatorWriter {
    fn finish(&mut self) -> Result<()> {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(max_bytes: u64) -> Arc<SpillStore> {
        Arc::new(SpillStore::new(std::env::temp_dir(), max_bytes))
    }

    fn bytes(len: usize, seed: usize) -> Vec<u8> {
        (0..len).map(|at| (at * 7 + at / 251 + seed) as u8).collect()
    }

    fn on_disk(store: &SpillStore) -> u64 {
        lock(&store.file).as_ref().map_or(0, |file| file.metadata().unwrap().len())
    }

    #[test]
    fn spills_of_any_length_come_back() {
        let store = store(u64::MAX);
        let block = BLOCK_LEN_BYTES;
        for len in [0, 1, block - 1, block, block + 1, 2 * block, 3 * block + block / 2] {
            let spill = store.spill();
            let expected = bytes(len, len);
            for piece in expected.chunks(100_000) {
                spill.write(piece).unwrap();
                // Also before it is finished.
                assert_eq!(
                    spill.read_range(0, spill.len_bytes() as usize).unwrap(),
                    expected[..spill.len_bytes() as usize]
                );
            }
            spill.finish().unwrap();
            assert_eq!(spill.read_range(0, len).unwrap(), expected);
            let from = len / 3;
            assert_eq!(spill.read_range(from as u64, len - from).unwrap(), expected[from..]);
            assert!(spill.read(len as u64).unwrap().is_empty());
        }
        assert_eq!(on_disk(&store), 0);
    }

    #[test]
    fn blocks_are_used_again() {
        let store = store(u64::MAX);
        let kept = store.spill();
        kept.write(&bytes(BLOCK_LEN_BYTES, 1)).unwrap();
        for seed in 0..20 {
            let spill = store.spill();
            spill.write(&bytes(3 * BLOCK_LEN_BYTES, seed)).unwrap();
        }
        assert_eq!(on_disk(&store), 4 * BLOCK_LEN_BYTES as u64);
        assert_eq!(kept.read_range(0, BLOCK_LEN_BYTES).unwrap(), bytes(BLOCK_LEN_BYTES, 1));
        drop(kept);
        assert_eq!(on_disk(&store), 0);
        assert_eq!(store.written_bytes(), 61 * BLOCK_LEN_BYTES as u64);
    }

    #[test]
    fn what_may_be_on_disk_is_bounded() {
        let store = store(2 * BLOCK_LEN_BYTES as u64);
        let spill = store.spill();
        let error = spill.write(&bytes(3 * BLOCK_LEN_BYTES, 0)).unwrap_err().to_string();
        assert!(error.contains("--max-spill"), "{error}");
        drop(spill);
        store.spill().write(&bytes(2 * BLOCK_LEN_BYTES, 0)).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let store = Arc::new(SpillStore::new("/nowhere/at/all".into(), u64::MAX));
        let error = store.spill().write(&bytes(BLOCK_LEN_BYTES, 0)).unwrap_err().to_string();
        assert!(error.contains("/nowhere/at/all"), "{error}");
    }

    #[tokio::test]
    async fn operators_read_what_they_wrote() {
        let factory = OperatorSpills(store(u64::MAX));
        let file = factory.create_temp_file("test").unwrap();
        let expected = bytes(1_000_000, 3);
        let mut writer = file.open_writer().unwrap();
        writer.write_all(&expected).unwrap();
        writer.finish().unwrap();
        assert_eq!(file.size(), Some(1_000_000));
        let pieces: Vec<Bytes> = file.read_stream().unwrap().map(|piece| piece.unwrap()).collect().await;
        assert_eq!(pieces.concat(), expected);
    }
}
