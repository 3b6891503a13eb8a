//! Pipes as files: standard input, called `-`, what a shell passes as `<(command)`, and those with a name, as `mkfifo` makes them.
//!
//! A pipe can be read once, and a file is read several times: its head to find out what it holds, all of it for the answer, and
//! again where a pass begins anew. So what is read of a pipe is kept, in a file without a name, which is gone when the process is.
//! Nothing is read before somebody wants it.
//!
//! A file that is standard input is one like others, unless somebody has read of it before, as in `(read -r header; swath …) < file`:
//! then it begins where it stands, as for all commands, and is read as a pipe.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read, Seek};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::archive;
use crate::codec::Codec;

/// The path of standard input.
pub const STANDARD_INPUT: &str = "-";

/// What else it is called.
const STANDARD_INPUT_FILES: [&str; 3] = ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

/// Folders of a process's open files: a path in them names a pipe that only this process has.
const OPEN_FILES: [&str; 2] = ["/dev/fd", "/proc/self/fd"];

/// Bytes that are read at once.
const STEP_BYTES: usize = 256 << 10;

/// How long a writer may pause before what has come of a pipe is looked at. Programs that have more to write are faster.
const PAUSE: Duration = Duration::from_millis(300);

/// How long a writer that never pauses may take for as much as is looked at of a file.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes and lines of a text that are looked at at least, if it does not end before.
const LEAST_HEAD_LEN_BYTES: u64 = 16;
const LEAST_HEAD_LINES: usize = 2;

/// Bytes that are kept of all pipes of this process, and how many may be.
static KEPT_BYTES: AtomicU64 = AtomicU64::new(0);
static MAX_KEPT_BYTES: AtomicU64 = AtomicU64::new(u64::MAX);

static PIPES: Mutex<Pipes> = Mutex::new(Pipes { folder: None, known: BTreeMap::new() });

/// The pipes of this process that were read.
struct Pipes {
    /// Where what was read is kept, if that was said.
    folder: Option<PathBuf>,
    /// By what tells them apart: numbers of open files are used again, those of pipes are not while they are open.
    known: BTreeMap<(u64, u64), Arc<Pipe>>,
}

/// Says where from now on what is read of pipes is kept. Without this it is the system's folder for temporary files.
pub fn keep_pipes_in(folder: &Path) {
    lock(&PIPES).folder = Some(folder.to_owned());
}

/// Bounds what is kept of all pipes of this process: to read more of one is an error.
pub fn bound_kept_pipes(max_bytes: u64) {
    MAX_KEPT_BYTES.store(max_bytes, Ordering::Relaxed);
}

/// Bytes on disk that are kept of pipes, until the process ends.
pub fn kept_pipe_bytes() -> u64 {
    KEPT_BYTES.load(Ordering::Relaxed)
}

/// What standard input or the path of a pipe is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Passed {
    /// A file, by its path.
    File(PathBuf),
    /// What is to be opened by [`open`], by its path.
    Pipe(PathBuf),
    Terminal,
}

/// Looks at a path; nothing if it is another one.
pub(crate) fn passed(path: &str) -> Option<Passed> {
    if is_standard_input(Path::new(path)) {
        return Some(match open_standard_input() {
            Ok(Opened::File(_)) => Passed::File(STANDARD_INPUT_FILES[0].into()),
            _ if io::stdin().is_terminal() => Passed::Terminal,
            _ => Passed::Pipe(STANDARD_INPUT.into()),
        });
    }
    let path = Path::new(path);
    is_pipe(path).then(|| Passed::Pipe(path.to_owned()))
}

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == STANDARD_INPUT || STANDARD_INPUT_FILES.iter().any(|file| path == Path::new(file))
}

/// Whether a path names one of the process's open files, as `/dev/fd/3` does.
pub fn is_open_file(path: &Path) -> bool {
    path.parent().is_some_and(|folder| OPEN_FILES.iter().any(|files| folder == Path::new(files)))
}

fn is_pipe(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.file_type().is_fifo())
}

/// What is kept of a pipe that has a name. It is opened once: who opens it again would wait for another writer.
fn known_by_name(path: &Path) -> Option<PipeReader> {
    let found = path.metadata().ok().filter(|found| found.file_type().is_fifo() && !is_open_file(path))?;
    let pipe = Arc::clone(lock(&PIPES).known.get(&(found.dev(), found.ino()))?);
    Some(PipeReader { pipe, at: 0 })
}

/// What can be read at a path.
#[derive(Debug)]
pub(crate) enum Opened {
    /// A file from its start, or a pipe.
    File(File),
    /// Standard input from where it stands.
    Input(File),
    /// What is kept of a pipe.
    Kept(PipeReader),
    /// A file in an archive, as an archive of its own.
    Member(Box<dyn MemberRead>),
}

/// What reads a file in an archive.
pub(crate) trait MemberRead: Read + Send + std::fmt::Debug {}

impl<R: Read + Send + std::fmt::Debug> MemberRead for R {}

/// Opens a file, or a pipe that [`passed`] has told, at its start.
pub(crate) fn open(path: &Path) -> io::Result<Opened> {
    if let Some(known) = known_by_name(path) {
        return Ok(Opened::Kept(known));
    }
    let source = match open_once(path)? {
        Opened::File(file) if !is_pipe(path) => return Ok(Opened::File(file)),
        Opened::File(pipe) | Opened::Input(pipe) => pipe,
        other @ (Opened::Kept(_) | Opened::Member(_)) => return Ok(other),
    };
    let found = source.metadata()?;
    let mut pipes = lock(&PIPES);
    let folder = pipes.folder.clone();
    let pipe = match pipes.known.entry((found.dev(), found.ino())) {
        Entry::Occupied(known) => Arc::clone(known.get()),
        Entry::Vacant(unknown) => {
            let kept = tempfile::tempfile_in(folder.unwrap_or_else(std::env::temp_dir))?;
            Arc::clone(unknown.insert(Arc::new(Pipe::new(source, kept))))
        }
    };
    Ok(Opened::Kept(PipeReader { pipe, at: 0 }))
}

/// Opens a file or a pipe that nobody reads again: nothing of it is kept.
pub(crate) fn open_once(path: &Path) -> io::Result<Opened> {
    if is_standard_input(path) {
        return open_standard_input();
    }
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotADirectory => match archive::find(path)? {
            Some(found) => Ok(Opened::Member(found.open(path)?)),
            None => Err(error),
        },
        opened => opened.map(Opened::File),
    }
}

/// Standard input. A file that nobody has read of is opened anew: so several can read it.
fn open_standard_input() -> io::Result<Opened> {
    let mut input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    if is_unread_file(&mut input)
        && let Ok(file) = File::open(STANDARD_INPUT_FILES[0])
    {
        return Ok(Opened::File(file));
    }
    // What is no file may be a socket, which cannot be opened by a path.
    Ok(Opened::Input(input))
}

fn is_unread_file(file: &mut File) -> bool {
    file.metadata().is_ok_and(|found| found.is_file()) && file.stream_position().is_ok_and(|at| at == 0)
}

/// Whether there is something to read of an open file, or its end, without waiting for longer.
#[allow(unsafe_code)]
fn has_more_within(file: &File, wait: Duration) -> bool {
    let mut file = libc::pollfd { fd: file.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let wait_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: it is one `pollfd`, which nobody else has.
    let ready = unsafe { libc::poll(&raw mut file, 1, wait_ms) };
    // What cannot be asked is read.
    ready != 0
}

/// What may keep one waiting for more bytes.
#[derive(Debug)]
pub(crate) enum Waiting {
    /// An open file that is none on disk.
    Open(File),
    /// A pipe of which what was read is kept.
    Kept(PipeReader),
}

impl Waiting {
    /// Whether there is something to read behind so many bytes, or the end, without waiting for it.
    pub(crate) fn has_more(&self, used_bytes: u64) -> bool {
        match self {
            Self::Open(file) => has_more_within(file, Duration::ZERO),
            Self::Kept(reader) => {
                let source = lock(&reader.pipe.source);
                source.len > used_bytes || source.ended || has_more_within(&source.pipe, Duration::ZERO)
            }
        }
    }
}

/// How much of a pipe is looked at to find out what it holds, if its writer pauses, or takes long, before so many bytes have come: the whole lines that
/// have come until then. Whoever asks again is told the same, until [`look`] says otherwise. `None`: so many bytes, or all.
///
/// # Errors
/// The pipe cannot be read.
pub(crate) fn paused_head_len(path: &Path, most_bytes: u64) -> io::Result<Option<u64>> {
    match kept(path)? {
        Some(reader) => reader.pipe.paused_head_len(most_bytes),
        None => Ok(None),
    }
}

/// From now on a pipe is looked at as a file is, however long that takes, or again as it was. Gives how it was looked at.
///
/// # Errors
/// The pipe cannot be opened.
pub(crate) fn look(path: &Path, look: HeadLook) -> io::Result<HeadLook> {
    match kept(path)? {
        Some(reader) => Ok(std::mem::replace(&mut *lock(&reader.pipe.head), look)),
        None => Ok(HeadLook::Full),
    }
}

/// Whether less of a pipe has been looked at than of a file.
///
/// # Errors
/// The pipe cannot be opened.
pub(crate) fn is_head_paused(path: &Path) -> io::Result<bool> {
    Ok(kept(path)?.is_some_and(|reader| matches!(*lock(&reader.pipe.head), HeadLook::Paused(_))))
}

/// What is kept of a pipe, if a path is one.
fn kept(path: &Path) -> io::Result<Option<PipeReader>> {
    if !is_standard_input(path) && !is_open_file(path) && !is_pipe(path) {
        return Ok(None);
    }
    match open(path)? {
        Opened::Kept(reader) => Ok(Some(reader)),
        Opened::File(_) | Opened::Input(_) | Opened::Member(_) => Ok(None),
    }
}

impl Read for Opened {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) | Self::Input(file) => file.read(out),
            Self::Kept(pipe) => pipe.read(out),
            Self::Member(member) => member.read(out),
        }
    }
}

/// A pipe, and what was read of it.
#[derive(Debug)]
pub(crate) struct Pipe {
    kept: File,
    source: Mutex<Source>,
    head: Mutex<HeadLook>,
}

/// How much of a pipe is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadLook {
    /// As much as comes without a long pause.
    Open,
    /// So many bytes, behind which there was one.
    Paused(u64),
    /// As much as of a file.
    Full,
}

#[derive(Debug)]
struct Source {
    /// Open also behind its end.
    pipe: File,
    ended: bool,
    /// Bytes that were read, and are kept.
    len: u64,
    buffer: Vec<u8>,
    /// Bytes in the buffer that were read, but could not be kept: the pipe gives them to nobody again.
    unkept_len: usize,
}

impl Pipe {
    fn new(pipe: File, kept: File) -> Self {
        let source = Source { pipe, ended: false, len: 0, buffer: Vec::new(), unkept_len: 0 };
        Self { kept, source: Mutex::new(source), head: Mutex::new(HeadLook::Open) }
    }

    /// Bytes that were read, of which there are more than `at` unless the pipe has ended.
    fn read_behind(&self, at: u64) -> io::Result<u64> {
        let mut source = lock(&self.source);
        let Source { pipe, ended, len, buffer, unkept_len } = &mut *source;
        while *len <= at && !*ended {
            if *unkept_len == 0 {
                buffer.resize(STEP_BYTES, 0);
                match pipe.read(buffer) {
                    Ok(0) => (*ended, *buffer) = (true, Vec::new()),
                    Ok(read) => *unkept_len = read,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            self.keep(&buffer[..*unkept_len], *len)?;
            *len += std::mem::take(unkept_len) as u64;
        }
        Ok(*len)
    }

    /// See [`paused_head_len`].
    fn paused_head_len(&self, most_bytes: u64) -> io::Result<Option<u64>> {
        let mut head = lock(&self.head);
        match *head {
            HeadLook::Open => {}
            HeadLook::Paused(len) => return Ok(Some(len)),
            HeadLook::Full => return Ok(None),
        }
        let (mut len, began) = (0, Instant::now());
        while len < most_bytes {
            let is_slow = len > 0 && {
                let source = lock(&self.source);
                let is_all_read = source.len == len && !source.ended;
                is_all_read && (began.elapsed() > PATIENCE || !has_more_within(&source.pipe, PAUSE))
            };
            if is_slow && let Some(lines_len) = self.whole_lines_len(len)? {
                *head = HeadLook::Paused(lines_len);
                return Ok(Some(lines_len));
            }
            match self.read_behind(len)? {
                more if more > len => len = more,
                _ => break,
            }
        }
        Ok(None)
    }

    /// How many of so many bytes are whole lines, if they are plain text and enough of it.
    fn whole_lines_len(&self, len: u64) -> io::Result<Option<u64>> {
        if len < LEAST_HEAD_LEN_BYTES {
            return Ok(None);
        }
        let mut text = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
        self.kept.read_exact_at(&mut text, 0)?;
        let mut ends = memchr::memchr_iter(b'\n', &text);
        let is_text = Codec::of_magic(&text) == Codec::Plain && !text.contains(&0);
        let is_enough = is_text && ends.nth(LEAST_HEAD_LINES - 1).is_some();
        Ok(memchr::memrchr(b'\n', &text).filter(|_| is_enough).map(|at| at as u64 + 1))
    }

    /// Keeps bytes that come behind so many.
    fn keep(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let len = bytes.len() as u64;
        reserve(len)?;
        self.kept.write_all_at(bytes, at).map_err(|error| {
            KEPT_BYTES.fetch_sub(len, Ordering::Relaxed);
            io::Error::other(format!(
                "what is read of pipes is kept on disk, as it may be read again, and cannot be written there: {error}; name a folder with \
                 more room (--temp-dir)"
            ))
        })
    }
}

/// Counts bytes that are to be kept.
fn reserve(len: u64) -> io::Result<()> {
    let max = MAX_KEPT_BYTES.load(Ordering::Relaxed);
    let fits = |kept: u64| kept.checked_add(len).filter(|kept| *kept <= max);
    match KEPT_BYTES.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
        Ok(_) => Ok(()),
        Err(_) => Err(io::Error::other(format!(
            "what is read of pipes is kept on disk, as it may be read again, and would be more than {max} bytes (--max-spill); write it into \
             a file, and read that"
        ))),
    }
}

/// Reads a pipe from its start on.
#[derive(Debug, Clone)]
pub(crate) struct PipeReader {
    pipe: Arc<Pipe>,
    at: u64,
}

impl Read for PipeReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let there = self.pipe.read_behind(self.at)?.saturating_sub(self.at);
        let len = out.len().min(usize::try_from(there).unwrap_or(usize::MAX));
        let read = self.pipe.kept.read_at(&mut out[..len], self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::thread;

    use super::*;

    #[test]
    fn a_pipe_is_read_as_often_as_one_likes() {
        let (source, mut sink) = io::pipe().unwrap();
        let path = format!("/dev/fd/{}", source.as_raw_fd());
        assert_eq!(passed(&path), Some(Passed::Pipe(path.clone().into())));
        let text = b"some text\n".repeat(100_000);
        let written = text.clone();
        let writer = thread::spawn(move || sink.write_all(&written).unwrap());
        let read = || {
            let Opened::Kept(mut reader) = open(Path::new(&path)).unwrap() else { panic!("it is a pipe") };
            let mut head = [0; 9];
            reader.read_exact(&mut head).unwrap();
            let mut all = head.to_vec();
            reader.read_to_end(&mut all).unwrap();
            all
        };
        thread::scope(|scope| {
            let readers: Vec<_> = (0..3).map(|_| scope.spawn(read)).collect();
            for reader in readers {
                assert!(reader.join().unwrap() == text);
            }
        });
        writer.join().unwrap();
        assert!(read() == text);
    }

    #[test]
    fn what_has_come_when_the_writer_pauses_is_looked_at() {
        let (source, mut sink) = io::pipe().unwrap();
        let path = PathBuf::from(format!("/dev/fd/{}", source.as_raw_fd()));
        sink.write_all(b"id,name\n").unwrap();
        let writer = thread::spawn(move || {
            // Less than can be looked at is waited for.
            thread::sleep(3 * PAUSE / 2);
            sink.write_all(b"1,a longer value\n2,x").unwrap();
            sink
        });
        assert_eq!(paused_head_len(&path, 1000).unwrap(), Some(25));
        let mut sink = writer.join().unwrap();
        sink.write_all(b"\n3,y\n").unwrap();
        // What was said goes on to be so.
        assert_eq!(paused_head_len(&path, 1000).unwrap(), Some(25));
        assert!(is_head_paused(&path).unwrap());
        drop(sink);
        assert_eq!(look(&path, HeadLook::Full).unwrap(), HeadLook::Paused(25));
        assert_eq!(paused_head_len(&path, 1000).unwrap(), None);
    }

    #[test]
    fn a_file_of_which_was_read_begins_where_it_stands() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"header\n1\n").unwrap();
        file.rewind().unwrap();
        assert!(is_unread_file(&mut file));
        file.read_exact(&mut [0; 7]).unwrap();
        assert!(!is_unread_file(&mut file));
        assert!(!is_unread_file(&mut File::from(OwnedFd::from(io::pipe().unwrap().0))));
    }

    #[test]
    fn what_cannot_be_kept_is_not_lost() {
        let (source, mut sink) = io::pipe().unwrap();
        let text = b"some text\n".repeat(1000);
        sink.write_all(&text).unwrap();
        drop(sink);
        // Nothing can be written there, as on a full disk; and then there is room.
        let mut pipe = Pipe::new(File::from(OwnedFd::from(source)), File::open("/dev/null").unwrap());
        for _ in 0..2 {
            assert!(pipe.read_behind(0).unwrap_err().to_string().contains("--temp-dir"));
        }
        pipe.kept = tempfile::tempfile().unwrap();
        let mut kept = Vec::new();
        PipeReader { pipe: Arc::new(pipe), at: 0 }.read_to_end(&mut kept).unwrap();
        assert!(kept == text);
    }

    #[test]
    fn what_is_no_pipe_is_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        assert_eq!(passed(path), None);
        assert!(matches!(open(file.path()).unwrap(), Opened::File(_)));
        let open_file = OwnedFd::from(file.reopen().unwrap());
        assert_eq!(passed(&format!("/dev/fd/{}", open_file.as_raw_fd())), None);
    }
}
