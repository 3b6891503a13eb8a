//! The plain bytes of compressed files.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use swath_io::{Codec, Decompressor, Notes, SourceFile};

use crate::error::Error;
use crate::sinks::atomic_file::AtomicFile;
use crate::threads::lock;

/// Decoded bytes that are handed on at once.
const PIECE_LEN_BYTES: usize = 256 << 10;

/// Pieces of a file that may wait to be written. So many threads times 4 MiB is what memory is needed.
const WAITING_PIECES: usize = 16;

/// Why bytes do not come out.
#[derive(Debug)]
pub enum DecompressError {
    /// A file cannot be read or decoded.
    Source(Error),
    /// What comes out cannot be written.
    Write(io::Error),
}

/// Writes the decoded bytes of files, one after the other, each of any codec. Files are decoded on so many threads,
/// ahead of what is written. Returns what is worth knowing although nothing failed.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # for name in ["a", "b"] {
/// #     std::fs::write(dir.path().join(name), name)?;
/// # }
/// let files = swath::list_files(dir.path().join("*"))?;
/// let mut plain = Vec::new();
/// swath::decompress(&files, None, 2, &mut plain)?;
/// assert_eq!(plain, b"ab");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// A file that is damaged; what comes before the damage is written, what comes after it is not.
pub fn decompress(
    files: &[SourceFile],
    codec: Option<Codec>,
    threads: usize,
    out: &mut dyn Write,
) -> Result<Vec<String>, DecompressError> {
    let notes = Notes::default();
    let used = Mutex::new(Vec::new());
    let (senders, receivers): (Vec<_>, Vec<_>) = files.iter().map(|_| sync_channel(WAITING_PIECES)).unzip();
    let tasks = Mutex::new(files.iter().zip(senders));
    let next_task = || lock(&tasks).next();
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, files.len().max(1)) {
            scope.spawn(|| {
                while let Some((file, sender)) = next_task() {
                    send_pieces(file, codec, &notes, &used, &sender);
                }
            });
        }
        receivers.into_iter().try_for_each(|pieces| write_pieces(&pieces, &used, out))
    })?;
    Ok(notes.take())
}

/// Writes the decoded bytes of each file into a folder, under the file's name without the ending of its codec. A file
/// appears when it is whole.
///
/// # Errors
/// A file that is damaged, two files of one name, a file that would replace itself.
pub fn decompress_to_folder(
    files: &[SourceFile],
    codec: Option<Codec>,
    threads: usize,
    folder: &Path,
) -> Result<Vec<String>, DecompressError> {
    let targets = targets_in(files, folder)?;
    let tasks = Mutex::new(files.iter().zip(targets));
    let next_task = || lock(&tasks).next();
    let notes = Mutex::new(Vec::new());
    let work = || -> Result<(), DecompressError> {
        while let Some((file, target)) = next_task() {
            let mut out = AtomicFile::create(&target).map_err(DecompressError::Write)?;
            let found = decompress(std::slice::from_ref(file), codec, 1, &mut out)?;
            out.seal().and_then(|()| out.commit()).map_err(DecompressError::Write)?;
            lock(&notes).extend(found);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.clamp(1, files.len().max(1))).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    Ok(std::mem::take(&mut lock(&notes)))
}

/// A piece of a file; an error is the last one.
type Piece = swath_io::Result<Vec<u8>>;

/// Decodes a file, until it ends or nobody takes what comes out.
fn send_pieces(
    file: &SourceFile,
    codec: Option<Codec>,
    notes: &Notes,
    used: &Mutex<Vec<Vec<u8>>>,
    pieces: &SyncSender<Piece>,
) {
    let mut bytes = match Decompressor::open(&file.path, codec, notes) {
        Ok(bytes) => bytes,
        Err(error) => {
            let _ = pieces.send(Err(error));
            return;
        }
    };
    loop {
        let mut piece = lock(used).pop().unwrap_or_default();
        piece.resize(PIECE_LEN_BYTES, 0);
        let mut len = 0;
        let mut ended = Ok(false);
        while len < piece.len() {
            match bytes.read(&mut piece[len..]) {
                Ok(0) => ended = Ok(true),
                Ok(more) => len += more,
                Err(error) => ended = Err(error),
            }
            if !matches!(ended, Ok(false)) {
                break;
            }
        }
        piece.truncate(len);
        let taken = len == 0 || pieces.send(Ok(piece)).is_ok();
        match ended {
            Ok(false) if taken => {}
            Ok(_) => return,
            Err(error) => {
                let _ = pieces.send(Err(error));
                return;
            }
        }
    }
}

fn write_pieces(
    pieces: &Receiver<Piece>,
    used: &Mutex<Vec<Vec<u8>>>,
    out: &mut dyn Write,
) -> Result<(), DecompressError> {
    for piece in pieces {
        let piece = piece.map_err(|error| DecompressError::Source(error.into()))?;
        out.write_all(&piece).map_err(DecompressError::Write)?;
        lock(used).push(piece);
    }
    Ok(())
}

/// Where each file goes.
fn targets_in(files: &[SourceFile], folder: &Path) -> Result<Vec<PathBuf>, DecompressError> {
    let refuse =
        |message: String, hint: &str| DecompressError::Source(Error::query(message, hint.to_owned()));
    let mut seen = HashSet::new();
    let target = |file: &SourceFile| {
        let name = match Codec::of_name(&file.path) {
            Some(_) => file.path.file_stem(),
            None => file.path.file_name(),
        };
        let target = folder.join(name.unwrap_or_default());
        let real = |path: &Path| path.canonicalize().ok();
        if real(&target).is_some_and(|target| Some(target) == real(&file.path)) {
            return Err(refuse(
                format!("{}: it would replace itself", target.display()),
                "its name has no ending of a codec: write into another folder",
            ));
        }
        if !seen.insert(target.clone()) {
            return Err(refuse(
                format!("{}: two files would have this name", target.display()),
                "decompress them into different folders",
            ));
        }
        Ok(target)
    };
    files.iter().map(target).collect()
}

impl fmt::Display for DecompressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => error.fmt(f),
            Self::Write(error) => write!(f, "cannot write: {error}"),
        }
    }
}

impl std::error::Error for DecompressError {}
