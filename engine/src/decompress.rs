//! The plain bytes of compressed files.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use swath_io::{Codec, DecodeOptions, Notes, SourceFile, decode_in_order, refuse_packed};

use crate::error::Error;
use crate::sinks::atomic_file::AtomicFile;
use crate::threads::lock;

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
    if options.codec.is_none() {
        files.iter().try_for_each(refuse_packed)?;
    }
    decode_in_order(files, options, threads, notes, |bytes| {
        out.write_all(bytes).map_err(DecompressError::Write)
    })
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
    let tasks = Mutex::new(files.iter().zip(targets));
    let next_task = || lock(&tasks).next();
    let notes = Notes::default();
    let at_once = threads.clamp(1, files.len().max(1));
    let threads_per_file = threads.div_ceil(at_once);
    let work = || -> Result<(), DecompressError> {
        while let Some((file, target)) = next_task() {
            let mut out = AtomicFile::create(&target).map_err(DecompressError::Write)?;
            write_decoded(std::slice::from_ref(file), options, threads_per_file, &mut out, &notes)?;
            out.seal().and_then(|()| out.commit()).map_err(DecompressError::Write)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    Ok(notes.take())
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
