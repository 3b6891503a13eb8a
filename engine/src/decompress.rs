//! The plain bytes of compressed files.

use std::collections::{BTreeMap, HashSet};
use std::convert::Infallible;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use swath_io::{Codec, DecodeOptions, Notes, SourceFile, decode_in_order, refuse_packed};

use crate::error::Error;
use crate::sinks::atomic_file::AtomicFile;

/// Why bytes do not come out.
#[derive(Debug)]
pub enum DecompressError {
    /// A file cannot be read or decoded.
    Source(Error),
    /// What comes out cannot be written.
    Write(io::Error),
}

/// Writes the decoded bytes of files, one after the other, each of any codec. They are decoded by so many threads,
/// several of them at one file where its codec allows that. Returns what is worth knowing although nothing failed.
///
/// With [`DecodeOptions::salvage`] damage is no error: what is whole is written, and what is lost is told, a line a loss, with
/// its place in the file and in what is written, and a summary. Each file is then decoded by one thread.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # for name in ["a", "b"] {
/// #     std::fs::write(dir.path().join(name), name)?;
/// # }
/// let files = swath::list_files(dir.path().join("*"))?;
/// let mut plain = Vec::new();
/// swath::decompress(&files, swath::DecodeOptions::default(), 2, &mut plain)?;
/// assert_eq!(plain, b"ab");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// An archive, or a file of a codec that is not known, unless the codec is given: then it comes out as it is.
/// A file that is damaged; what comes before the damage is written, what comes after it is not.
pub fn decompress(
    files: &[SourceFile],
    options: DecodeOptions,
    threads: usize,
    out: &mut dyn Write,
) -> Result<Vec<String>, DecompressError> {
    let notes = Notes::default();
    write_decoded(files, options, threads, out, &notes)?;
    Ok(notes.take())
}

fn write_decoded(
    files: &[SourceFile],
    options: DecodeOptions,
    threads: usize,
    out: &mut dyn Write,
    notes: &Notes,
) -> Result<(), DecompressError> {
    decode(files, options, threads, notes, |bytes| out.write_all(bytes).map_err(DecompressError::Write))
}

/// Hands the decoded bytes of files on, unless one of them is of a codec that is not known.
fn decode<E: From<swath_io::Error>>(
    files: &[SourceFile],
    options: DecodeOptions,
    threads: usize,
    notes: &Notes,
    take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    if options.codec.is_none() {
        files.iter().try_for_each(refuse_packed)?;
    }
    decode_in_order(files, options, threads, notes, take)
}

/// Writes the decoded bytes of each file into a folder, under the file's name without the ending of its codec. A file
/// appears when it is whole.
///
/// # Errors
/// A file that is damaged, two files of one name, a file that would replace itself.
pub fn decompress_to_folder(
    files: &[SourceFile],
    options: DecodeOptions,
    threads: usize,
    folder: &Path,
) -> Result<Vec<String>, DecompressError> {
    let targets = targets_in(files, folder)?;
    let notes = Notes::default();
    let decompress = |number: usize, threads| -> Result<(), DecompressError> {
        let mut out = AtomicFile::create(&targets[number]).map_err(DecompressError::Write)?;
        write_decoded(&files[number..=number], options, threads, &mut out, &notes)?;
        out.seal().and_then(|()| out.commit()).map_err(DecompressError::Write)
    };
    several_at_once(files.len(), threads, decompress, |done| done)?;
    Ok(notes.take())
}

/// Decodes each file to its end, several of them at once, and writes nothing. `tell` gets of each, in their order, what is worth
/// knowing although nothing failed, or why the file is not whole.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("a.gz"), b"\x1f\x8b\x08cut short")?;
/// # std::fs::write(dir.path().join("b.csv"), b"plain")?;
/// let files = swath::list_files(dir.path().join("*"))?;
/// let mut whole = Vec::new();
/// swath::verify(&files, swath::DecodeOptions::default(), 2, |file| whole.push(file.is_ok()));
/// assert_eq!(whole, [false, true]);
/// # Ok(())
/// # }
/// ```
pub fn verify(
    files: &[SourceFile],
    options: DecodeOptions,
    threads: usize,
    mut tell: impl FnMut(Result<Vec<String>, Error>),
) {
    let decode = |number: usize, threads| -> swath_io::Result<Vec<String>> {
        let (file, notes) = (&files[number..=number], Notes::default());
        decode::<swath_io::Error>(file, options, threads, &notes, |_| Ok(()))?;
        Ok(notes.take())
    };
    let Ok(()) = several_at_once(files.len(), threads, decode, |done| {
        tell(done.map_err(Error::from));
        Ok::<_, Infallible>(())
    });
}

/// Does tasks `0..tasks` on so many threads, of which each task is told how many it may use itself, and hands their results on in
/// order, until that fails.
fn several_at_once<T: Send, E>(
    tasks: usize,
    threads: usize,
    task: impl Fn(usize, usize) -> T + Sync,
    mut hand_on: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let at_once = threads.clamp(1, tasks.max(1));
    let threads_each = threads.div_ceil(at_once);
    let next = AtomicUsize::new(0);
    let work = |done: mpsc::Sender<(usize, T)>| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            // Nobody receives any more where handing on has failed.
            if number >= tasks || done.send((number, task(number, threads_each))).is_err() {
                return;
            }
        }
    };
    let (done, results) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..at_once {
            let done = done.clone();
            scope.spawn(|| work(done));
        }
        drop(done);
        let mut waiting = BTreeMap::new();
        let mut turn = 0;
        for (number, result) in results {
            waiting.insert(number, result);
            while let Some(result) = waiting.remove(&turn) {
                hand_on(result)?;
                turn += 1;
            }
        }
        Ok(())
    })
}

/// Where each file goes.
fn targets_in(files: &[SourceFile], folder: &Path) -> Result<Vec<PathBuf>, DecompressError> {
    let refuse =
        |message: String, hint: &str| DecompressError::Source(Error::query(message, hint.to_owned()));
    let mut seen = HashSet::new();
    let target = |file: &SourceFile| {
        let name = Codec::name_inside(&file.path).file_name();
        let target = folder.join(name.unwrap_or_default());
        if file.is_at(&target) {
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

impl From<swath_io::Error> for DecompressError {
    fn from(error: swath_io::Error) -> Self {
        Self::Source(error.into())
    }
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
