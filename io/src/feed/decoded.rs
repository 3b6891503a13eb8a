//! The decoded bytes of files, in order, decoded by several threads.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::order::Decoded;
use super::{Chunks, HELD_FACTOR, Room, Split, chunks, open_bytes};
use crate::chunk::{CHUNK_LEN_BYTES, ChunkPool};
use crate::encoding::TextStream;
use crate::error::{Error, Result};
use crate::notes::Notes;
use crate::options::DecodeOptions;
use crate::source::SourceFile;

/// Chunks of the file whose turn it is that may wait, for each thread.
const CHUNKS_PER_THREAD: u64 = 4;

/// Chunks of each file behind it that may wait: 4 MiB, as many files as there are threads.
const CHUNKS_AHEAD: u64 = 16;

/// Decodes files with so many threads and hands their bytes to `take`, file after file, each from its start to its end. One
/// file is decoded by several threads where its codec allows that: blocks of bzip2, members and frames of the others.
///
/// Memory is bounded by the number of threads, not by the length of the files. What is worth knowing although nothing failed, as
/// trailing garbage, goes to `notes`, as does what is lost of files that are salvaged; each of these is decoded by one thread.
///
/// # Errors
/// The first of a file that cannot be read or is damaged, after the bytes in front of the damage; or the first of `take`, after
/// which it is not called again.
pub fn decode_in_order<E: From<Error>>(
    files: &[SourceFile],
    options: DecodeOptions,
    threads: usize,
    notes: &Notes,
    take: impl FnMut(&[u8]) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let threads = threads.max(1);
    let decoding = Decoding {
        files,
        options,
        threads,
        notes,
        pool: ChunkPool::new(CHUNK_LEN_BYTES),
        state: Mutex::default(),
        changed: Condvar::new(),
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| decoding.work());
        }
        decoding.hand_out(take)
    })
}

/// What the threads share.
#[derive(Debug)]
struct Decoding<'a> {
    files: &'a [SourceFile],
    options: DecodeOptions,
    threads: usize,
    notes: &'a Notes,
    pool: ChunkPool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Files that are being decoded, in order.
    open: VecDeque<OpenFile>,
    /// The next file to open.
    next_file: usize,
    /// Goes up with each change that somebody may wait for.
    changes: u64,
    /// Nobody takes any more.
    closed: bool,
}

#[derive(Debug)]
struct OpenFile {
    number: usize,
    /// None while it is being opened, or if it could not be.
    chunks: Option<Arc<dyn Chunks>>,
    /// Decoded, and not taken.
    waiting: BTreeMap<u64, Decoded>,
    /// The number of the chunk that is taken next.
    next: u64,
}

impl State {
    /// Whether all of so many files have been taken.
    fn is_done(&self, files: usize) -> bool {
        self.open.is_empty() && self.next_file == files
    }
}

impl OpenFile {
    /// The chunk whose turn it is, if it is decoded.
    fn take(&mut self) -> Option<Decoded> {
        let decoded = self.waiting.remove(&self.next)?;
        self.next += 1;
        Some(decoded)
    }
}

impl Decoding<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something has changed.
    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let before = state.changes;
        let unchanged = |state: &mut State| state.changes == before && !state.closed;
        self.changed.wait_while(state, unchanged).unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.changes += 1;
        drop(state);
        self.changed.notify_all();
    }

    /// Decodes until nothing is left, or nobody wants it.
    fn work(&self) {
        let _closing = CloseOnPanic(self);
        loop {
            let (seen, at_work) = {
                let state = self.state();
                if state.closed || state.is_done(self.files.len()) {
                    return;
                }
                (state.changes, self.at_work(&state))
            };
            let decoded = at_work.into_iter().find_map(|(number, chunks, room)| {
                let given = chunks.next(room, &self.pool, None).ok()?;
                Some((number, given.chunks))
            });
            match decoded {
                Some((number, chunks)) => self.submit(number, chunks),
                None if self.open_next() => {}
                None => {
                    let state = self.state();
                    if state.changes == seen {
                        drop(self.wait(state));
                    }
                }
            }
        }
    }

    /// The files that are being decoded, with what may be decoded of each.
    fn at_work(&self, state: &State) -> Vec<(usize, Arc<dyn Chunks>, Room)> {
        let files = state.open.iter().enumerate().filter_map(|(place, file)| {
            let limit = if place == 0 { CHUNKS_PER_THREAD * self.threads as u64 } else { CHUNKS_AHEAD };
            let room = Room { first_unwanted: file.next + limit, held: HELD_FACTOR * limit };
            Some((file.number, Arc::clone(file.chunks.as_ref()?), room))
        });
        files.collect()
    }

    fn submit(&self, number: usize, chunks: Vec<(u64, Decoded)>) {
        self.change(|state| {
            if let Some(file) = state.open.iter_mut().find(|file| file.number == number) {
                file.waiting.extend(chunks);
            }
        });
    }

    /// Opens another file, if there is one and few enough are open.
    fn open_next(&self) -> bool {
        let number = {
            let mut state = self.state();
            if state.open.len() >= self.threads || state.next_file == self.files.len() {
                return false;
            }
            let number = state.next_file;
            state.next_file += 1;
            state.open.push_back(OpenFile { number, chunks: None, waiting: BTreeMap::new(), next: 0 });
            number
        };
        match self.open(&self.files[number]) {
            Ok(chunks) => self.change(|state| {
                if let Some(file) = state.open.iter_mut().find(|file| file.number == number) {
                    file.chunks = Some(Arc::from(chunks));
                }
            }),
            Err(error) => self.submit(number, vec![(0, Err(error.into()))]),
        }
        true
    }

    fn open(&self, file: &SourceFile) -> Result<Box<dyn Chunks>> {
        let (origin, bytes) = open_bytes(file, self.options, true, self.notes)?;
        let split = Split::of(self.threads, CHUNK_LEN_BYTES);
        chunks(&file.path, origin, None, TextStream::raw(bytes), split, self.notes)
    }

    /// Hands out what is decoded, in order.
    fn hand_out<E: From<Error>>(
        &self,
        mut take: impl FnMut(&[u8]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let _closing = CloseOnDrop(self);
        let mut state = self.state();
        loop {
            let Some(decoded) = state.open.front_mut().and_then(OpenFile::take) else {
                // A thread that has panicked is told of by the scope of all.
                if state.closed || state.is_done(self.files.len()) {
                    return Ok(());
                }
                state = self.wait(state);
                continue;
            };
            let (chunk, is_last) = match decoded {
                Ok(decoded) => decoded,
                Err(damage) => {
                    drop(state);
                    damage.front.map_or(Ok(()), |front| take(front.bytes()))?;
                    return Err(damage.error.into());
                }
            };
            if is_last {
                state.open.pop_front();
            }
            drop(state);
            take(chunk.bytes())?;
            self.pool.give_back(chunk);
            self.change(|_| {});
            state = self.state();
        }
    }

    fn close(&self) {
        self.change(|state| state.closed = true);
    }
}

/// Lets the threads end when nobody takes any more.
struct CloseOnDrop<'a>(&'a Decoding<'a>);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Lets the others end when a thread panics.
struct CloseOnPanic<'a>(&'a Decoding<'a>);

impl Drop for CloseOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::codec::{Codec, Compressor};
    use crate::source::expand;

    const CODECS: [Codec; 6] = [Codec::Plain, Codec::Gzip, Codec::Bzip2, Codec::Zstd, Codec::Xz, Codec::Lz4];

    /// Bytes that no text has, several chunks of them.
    fn bytes(seed: usize) -> Vec<u8> {
        (0..3_000_000_usize).map(|at| ((at * (at / 977 + seed)) >> 3) as u8).collect()
    }

    fn write(path: &std::path::Path, codec: Codec, members: &[&[u8]]) {
        let mut file = Vec::new();
        for member in members {
            let mut compressor = Compressor::new(codec, None, &mut file).unwrap();
            io::Write::write_all(&mut compressor, member).unwrap();
            compressor.finish().unwrap();
        }
        std::fs::write(path, file).unwrap();
    }

    fn decode(pattern: &std::path::Path, threads: usize) -> (Vec<u8>, Result<()>) {
        let files = expand(&[pattern.to_str().unwrap()]).unwrap();
        let mut out = Vec::new();
        let result = decode_in_order(&files, DecodeOptions::default(), threads, &Notes::default(), |bytes| {
            out.extend_from_slice(bytes);
            Ok::<_, Error>(())
        });
        (out, result)
    }

    #[test]
    fn bytes_come_as_they_are_and_in_order() {
        for codec in CODECS {
            let dir = tempfile::tempdir().unwrap();
            let (first, second) = (bytes(1), bytes(2));
            write(&dir.path().join("a"), codec, &[&first[..1_000_000], &first[1_000_000..]]);
            write(&dir.path().join("b"), codec, &[b""]);
            // Marks at the start of a text are bytes like others.
            write(&dir.path().join("c"), codec, &[b"\xEF\xBB\xBFa", b"\xFF\xFEb"]);
            write(&dir.path().join("d"), codec, &[&second]);
            let expected = [&first[..], b"\xEF\xBB\xBFa\xFF\xFEb", &second].concat();
            for threads in [1, 2, 5] {
                let (out, result) = decode(&dir.path().join("*"), threads);
                result.unwrap();
                assert!(out == expected, "{codec:?}, {threads} threads: {} bytes", out.len());
            }
        }
    }

    #[test]
    fn what_is_in_front_of_damage_comes_out_and_what_is_behind_does_not() {
        for codec in CODECS.into_iter().filter(|codec| *codec != Codec::Plain) {
            let dir = tempfile::tempdir().unwrap();
            write(&dir.path().join("a"), codec, &[b"whole"]);
            write(&dir.path().join("b"), codec, &[&bytes(1)]);
            write(&dir.path().join("c"), codec, &[b"not reached"]);
            let damaged = std::fs::read(dir.path().join("b")).unwrap();
            std::fs::write(dir.path().join("b"), &damaged[..damaged.len() - 20]).unwrap();
            for threads in [1, 3] {
                let (out, result) = decode(&dir.path().join("*"), threads);
                assert!(result.unwrap_err().to_string().contains("/b"), "{codec:?}");
                assert!(out.starts_with(b"whole") && bytes(1).starts_with(&out[5..]), "{codec:?}");
                // What was decoded of the last chunk, too.
                assert!(codec != Codec::Gzip || out.len() > 2_990_000, "{} bytes", out.len());
            }
        }
    }

    #[test]
    fn who_takes_can_stop() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            write(&dir.path().join(name), Codec::Bzip2, &[&bytes(3)]);
        }
        let files = expand(&[dir.path().join("*").to_str().unwrap()]).unwrap();
        let mut calls = 0;
        let stop = |_: &[u8]| {
            calls += 1;
            Err(Error::io("here".as_ref(), "write", io::Error::other("enough")))
        };
        let result = decode_in_order(&files, DecodeOptions::default(), 2, &Notes::default(), stop);
        assert!(result.unwrap_err().to_string().contains("enough"));
        assert_eq!(calls, 1);
    }
}
