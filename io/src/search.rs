//! Looks through the lines of many files on many threads, and hands on what was found in the files' order.
//!
//! ```text
//! threads   open ▶ decode ▶ search        any chunk of any open file, the first file first
//!                              │
//! caller    found of file 0, run 0, 1, 2 … end of file 0, found of file 1 …
//! ```
//!
//! Unlike a [`Scan`](crate::Scan), a search makes no columns: it sees the bytes as they stand in the file, whole
//! lines at a time. An error ends its file, not the search.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::chunk::{CHUNK_LEN_BYTES, ChunkPool};
use crate::encoding::Encoding;
use crate::error::Error;
use crate::feed::{Feed, FeedOptions, Progress, Ready, Recipe, Split};
use crate::notes::Notes;
use crate::options::TextOptions;
use crate::simd::InstructionSet;
use crate::source::SourceFile;

/// Chunks of a file that may be on their way for each thread.
const CHUNKS_PER_THREAD: u64 = 4;

/// What was found and cannot be handed on yet, in bytes: beyond it only the file whose turn it is is read, beyond
/// twice as much none.
const WAITING_LEN_BYTES: usize = 64 << 20;

/// Some whole lines of a file.
#[derive(Debug)]
pub struct Lines<'a> {
    /// The file's number among the files of the search.
    pub file: usize,
    /// The number of the first line, counted from 1.
    pub first_line: u64,
    /// Where in the decoded text the first line begins.
    pub first_byte: u64,
    /// The lines; each ends with `\n`, also the last one of a file that does not.
    pub bytes: &'a [u8],
    /// How the bytes stand for characters.
    pub encoding: Encoding,
}

/// What is looked for.
pub trait LineSearch: Sync {
    /// What is found in some lines.
    type Found: Send;

    /// Looks through some lines. Called on all threads.
    fn search(&self, lines: &Lines<'_>) -> Self::Found;

    /// Bytes of memory that something found needs.
    fn len_bytes(found: &Self::Found) -> usize;
}

/// What comes of a search.
#[derive(Debug)]
pub enum SearchItem<F> {
    /// The next thing found in a file. Each run of lines gives one, also if it is empty.
    Found {
        /// The file's number.
        file: usize,
        /// What was found.
        found: F,
    },
    /// A file has ended, or what is behind what was found cannot be read.
    End {
        /// The file's number.
        file: usize,
        /// Why it cannot be read.
        error: Option<Error>,
    },
}

/// How a search goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Further {
    /// With the next lines.
    On,
    /// With the next file.
    NextFile,
    /// Not at all.
    Stop,
}

/// Searches files on so many threads; `take` gets what is found, on the caller's thread, in the order of the files
/// and their lines.
///
/// Memory is bounded: a slow `take` makes the threads wait.
pub fn search<S: LineSearch>(
    files: &[SourceFile],
    options: &TextOptions,
    threads: usize,
    notes: &Notes,
    what: &S,
    mut take: impl FnMut(SearchItem<S::Found>) -> Further,
) {
    let threads = threads.max(1);
    let search = Search {
        files,
        options,
        notes,
        what,
        threads,
        pool: ChunkPool::new(CHUNK_LEN_BYTES),
        limit: threads as u64 * CHUNKS_PER_THREAD,
        state: Mutex::default(),
        work: Condvar::new(),
        found: Condvar::new(),
    };
    thread::scope(|scope| {
        let _guard = StopOnPanic(&search);
        for _ in 0..threads {
            scope.spawn(|| {
                let _guard = StopOnPanic(&search);
                search.work();
            });
        }
        search.hand_on(&mut take);
    });
}

struct Search<'a, S: LineSearch> {
    files: &'a [SourceFile],
    options: &'a TextOptions,
    notes: &'a Notes,
    what: &'a S,
    threads: usize,
    pool: ChunkPool,
    limit: u64,
    state: Mutex<State<S::Found>>,
    /// There may be something to do.
    work: Condvar,
    /// There may be something to hand on.
    found: Condvar,
}

/// Where something found belongs: the file and the number of its run; the end of a file is behind all runs.
type Place = (usize, u64);

const END: u64 = u64::MAX;

struct State<F> {
    /// The next file that nobody has opened.
    next_file: usize,
    /// Files that are being opened.
    opening: usize,
    /// Files that are open, in order.
    open: Vec<Arc<Feed>>,
    /// What is handed on next.
    turn: Place,
    waiting: BTreeMap<Place, SearchItem<F>>,
    waiting_bytes: usize,
    /// Counts what may give a thread something to do.
    events: u64,
    stopped: bool,
}

impl<F> Default for State<F> {
    fn default() -> Self {
        Self {
            next_file: 0,
            opening: 0,
            open: Vec::new(),
            turn: (0, 0),
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            events: 0,
            stopped: false,
        }
    }
}

/// Stops the search when its thread panics: others would wait for what it has begun for ever.
struct StopOnPanic<'a, 'b, S: LineSearch>(&'a Search<'b, S>);

impl<S: LineSearch> Drop for StopOnPanic<'_, '_, S> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.state().stopped = true;
            self.0.work.notify_all();
            self.0.found.notify_all();
        }
    }
}

/// What a thread does next.
enum Task {
    Open(usize),
    /// Looks for something to do in these files, in this order.
    Files {
        feeds: Vec<Arc<Feed>>,
        /// The number of events when it was told to.
        seen: u64,
    },
    Ended,
}

impl<S: LineSearch> Search<'_, S> {
    fn state(&self) -> MutexGuard<'_, State<S::Found>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands on what is found until all is.
    fn hand_on(&self, take: &mut impl FnMut(SearchItem<S::Found>) -> Further) {
        let mut state = self.state();
        while !state.stopped && state.turn.0 < self.files.len() {
            let Some(item) = state.next_item() else {
                state = self.found.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            match &item {
                SearchItem::Found { found, .. } => {
                    state.turn.1 += 1;
                    state.waiting_bytes -= S::len_bytes(found);
                }
                SearchItem::End { file, .. } => state.turn = (file + 1, 0),
            }
            drop(state);
            let further = take(item);
            state = self.state();
            match further {
                Further::On => {}
                Further::NextFile => self.leave_file(&mut state),
                Further::Stop => break,
            }
            self.tell_workers(&mut state);
        }
        state.stopped = true;
        drop(state);
        self.work.notify_all();
    }

    /// Goes on with the file behind the one whose turn it is.
    fn leave_file(&self, state: &mut State<S::Found>) {
        let file = state.turn.0;
        state.open.retain(|feed| feed.number != file);
        state.turn = (file + 1, 0);
        let rest = state.waiting.split_off(&state.turn);
        for item in std::mem::replace(&mut state.waiting, rest).into_values() {
            if let SearchItem::Found { found, .. } = item {
                state.waiting_bytes -= S::len_bytes(&found);
            }
        }
    }

    fn work(&self) {
        loop {
            match self.next_task() {
                Task::Ended => return,
                Task::Open(file) => self.open(file),
                Task::Files { feeds, seen } => {
                    if !feeds.iter().any(|feed| self.work_on(feed)) && !self.close_done(&feeds) {
                        self.wait_or_open(seen);
                    }
                }
            }
        }
    }

    fn next_task(&self) -> Task {
        let mut state = self.state();
        if state.stopped || state.turn.0 >= self.files.len() {
            return Task::Ended;
        }
        let all_opened = state.next_file >= self.files.len();
        if all_opened && state.open.is_empty() && state.opening == 0 {
            return Task::Ended;
        }
        if state.open.is_empty() && state.may_read_ahead() && !all_opened {
            return Task::Open(state.claim_file());
        }
        let (turn, seen) = (state.turn.0, state.events);
        let feeds = match state.waiting_bytes / WAITING_LEN_BYTES {
            0 => state.open.clone(),
            // The next in turn is never what is waited for.
            2.. if state.has_next() => Vec::new(),
            _ => state.open.iter().filter(|feed| feed.number == turn).cloned().collect(),
        };
        Task::Files { feeds, seen }
    }

    fn open(&self, file: usize) {
        let recipe = Recipe::Lines {
            max_record_bytes: self.options.max_record_bytes,
            encoding: self.options.encoding,
            end: b'\n',
            up_to_damage: true,
        };
        let options = FeedOptions {
            decode: self.options.decode(),
            set: InstructionSet::best(),
            split: Split::of(self.threads, CHUNK_LEN_BYTES),
            once: true,
            notes: self.notes,
        };
        let feed = Feed::open(file, &self.files[file], recipe, options);
        let mut state = self.state();
        state.opening -= 1;
        match feed {
            Ok(_) if file < state.turn.0 => {}
            Ok(feed) => {
                let at = state.open.partition_point(|other| other.number < file);
                state.open.insert(at, Arc::new(feed));
            }
            Err(error) => self.add(&mut state, (file, END), SearchItem::End { file, error: Some(error) }),
        }
        self.tell_workers(&mut state);
    }

    /// Does a piece of what is to be done for a file; false if there is nothing.
    fn work_on(&self, feed: &Feed) -> bool {
        if self.search_run(feed) {
            return true;
        }
        let decoded = matches!(feed.decode(self.limit, &self.pool), Progress::Decoded { .. });
        if decoded {
            self.tell_workers(&mut self.state());
        }
        decoded
    }

    /// Searches the next run of lines, if there is one.
    fn search_run(&self, feed: &Feed) -> bool {
        let Some(ready) = feed.take(None) else { return false };
        let Ready { place, records, .. } = &ready;
        let lines = Lines {
            file: feed.number,
            first_line: records.lines + 1,
            first_byte: records.byte_offset,
            bytes: records.chunk.bytes(),
            encoding: feed.encoding(),
        };
        let found = self.what.search(&lines);
        let place = (place.file, place.run);
        self.add(&mut self.state(), place, SearchItem::Found { file: feed.number, found });
        feed.finish(ready, Ok(None), &self.pool);
        self.tell_workers(&mut self.state());
        true
    }

    /// Takes files out that have ended; false if none has.
    fn close_done(&self, feeds: &[Arc<Feed>]) -> bool {
        let mut state = self.state();
        let before = state.open.len();
        for feed in feeds {
            let file = feed.number;
            let error = feed.take_error();
            if error.is_some() || feed.is_done() {
                // Others may have seen it, or have left the file.
                let open = state.open.len();
                state.open.retain(|other| other.number != file);
                if state.open.len() < open {
                    self.add(&mut state, (file, END), SearchItem::End { file, error });
                }
            }
        }
        let any = state.open.len() < before;
        if any {
            self.tell_workers(&mut state);
        }
        any
    }

    /// Opens another file, or waits until something has happened since `seen`.
    fn wait_or_open(&self, seen: u64) {
        let mut state = self.state();
        let may_open = state.may_read_ahead()
            && state.open.len() + state.opening < self.threads
            && state.next_file < self.files.len();
        if may_open {
            let file = state.claim_file();
            drop(state);
            return self.open(file);
        }
        if !state.stopped && state.events == seen {
            drop(self.work.wait(state).unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Keeps something found until it is its turn.
    fn add(&self, state: &mut State<S::Found>, place: Place, item: SearchItem<S::Found>) {
        if place < state.turn {
            return;
        }
        if let SearchItem::Found { found, .. } = &item {
            state.waiting_bytes += S::len_bytes(found);
        }
        state.waiting.insert(place, item);
        if state.has_next() {
            self.found.notify_one();
        }
    }

    /// Something has happened that may give others something to do.
    fn tell_workers(&self, state: &mut State<S::Found>) {
        state.events += 1;
        self.work.notify_all();
    }
}

impl<F> State<F> {
    /// Whether files are read whose turn it is not.
    fn may_read_ahead(&self) -> bool {
        self.waiting_bytes < WAITING_LEN_BYTES
    }

    /// The next file, for whoever asks to open.
    fn claim_file(&mut self) -> usize {
        self.opening += 1;
        self.next_file += 1;
        self.next_file - 1
    }

    /// Whether there is something to hand on. The end of a file is the last of it that waits.
    fn has_next(&self) -> bool {
        let first = self.waiting.keys().next();
        first.is_some_and(|first| *first == self.turn || *first == (self.turn.0, END))
    }

    fn next_item(&mut self) -> Option<SearchItem<F>> {
        if self.has_next() { self.waiting.pop_first().map(|(_, item)| item) } else { None }
    }
}

#[cfg(test)]
mod tests;
