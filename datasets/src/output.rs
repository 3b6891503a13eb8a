//! Writes a data set to files, several at a time.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::codec::Codec;
use crate::dataset::Dataset;
use crate::error::{Error, Result};

/// Where and how to write.
#[derive(Debug, Clone)]
pub struct Output {
    /// The folder, made if it is not there.
    pub folder: PathBuf,
    /// How the files are compressed.
    pub codec: Codec,
    /// The level; what the usual tool takes if not told.
    pub level: Option<u32>,
    /// Replaces files that are there.
    pub force: bool,
    /// Threads. A file is the work of one, so that more threads than files do not help.
    pub jobs: NonZeroUsize,
}

/// Writes all files and returns their paths in order.
///
/// A file has its name only once it is whole: until then it is hidden, as
/// `.NAME.partial`, and it is removed after an error. A process that is killed may leave
/// the hidden file; the next run replaces it.
///
/// `progress` is called with the rows that were done since the last call.
///
/// # Errors
///
/// [`Error::Exists`] before anything is written, if a file is there and `force` is off;
/// [`Error::Options`] for a level the codec does not have; else the first
/// [`Error::File`]. The files that were whole by then stay.
pub fn write(
    dataset: &dyn Dataset,
    output: &Output,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<PathBuf>> {
    check_level(output)?;
    let paths: Vec<PathBuf> = (0..dataset.files())
        .map(|file| output.folder.join(dataset.name(file) + output.codec.suffix()))
        .collect();
    if !output.force
        && let Some(path) = paths.iter().find(|path| path.symlink_metadata().is_ok())
    {
        return Err(Error::Exists(path.clone()));
    }
    fs::create_dir_all(&output.folder).map_err(failed("cannot make the folder", &output.folder))?;

    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let failure = Mutex::new(None);
    let work = || {
        while !stop.load(Ordering::Relaxed)
            && let file = next.fetch_add(1, Ordering::Relaxed)
            && let Some(path) = paths.get(file)
        {
            if let Err(error) = write_file(dataset, file, path, output, progress, &stop) {
                // Kept before the others are told to stop, which makes them fail too.
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                stop.store(true, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..output.jobs.get().min(paths.len()) {
            scope.spawn(work);
        }
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(paths),
    }
}

/// Writes one file under its hidden name, then gives it its own.
fn write_file(
    dataset: &dyn Dataset,
    file: usize,
    path: &Path,
    output: &Output,
    progress: &(dyn Fn(u64) + Sync),
    stop: &AtomicBool,
) -> Result<()> {
    let partial = Partial::beside(path);
    let create = || -> io::Result<()> {
        let out = BufWriter::with_capacity(WRITE_LEN_BYTES, File::create(&partial.0)?);
        let mut encoder = output.codec.encoder(out, output.level)?;
        dataset.generate(file, &mut |text, rows| {
            if stop.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            encoder.write_all(text)?;
            progress(rows);
            Ok(())
        })?;
        encoder.finish()?.flush()
    };
    create().map_err(failed("cannot write", path))?;
    fs::rename(&partial.0, path).map_err(failed("cannot rename to", path))
}

/// The hidden name of a file that is being written; removed when dropped, which does
/// nothing once the file was renamed.
struct Partial(PathBuf);

impl Partial {
    fn beside(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self(path.with_file_name(format!(".{name}.partial")))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Mostly gone already; a failure here must not hide the one that led here.
        let _ = fs::remove_file(&self.0);
    }
}

/// Bytes that are handed to the system at once.
const WRITE_LEN_BYTES: usize = 256 * 1024;

fn check_level(output: &Output) -> Result<()> {
    let Some(level) = output.level else {
        return Ok(());
    };
    let Some(levels) = output.codec.levels() else {
        return Err(Error::Options("plain text has no level".to_owned()));
    };
    if (levels.first..=levels.last).contains(&level) {
        return Ok(());
    }
    Err(Error::Options(format!("expected a level from {} to {}, found {level}", levels.first, levels.last)))
}

fn failed<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Error + 'a {
    move |source| Error::File { doing, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::airline::{Airline, Options};
    use crate::dataset::Emit;
    use tempfile::TempDir;

    fn output(folder: &TempDir, codec: Codec, jobs: usize) -> Output {
        Output {
            folder: folder.path().join("new/folder"),
            codec,
            level: None,
            force: false,
            jobs: NonZeroUsize::new(jobs).unwrap(),
        }
    }

    fn airline() -> Airline {
        Airline::new(Options { rows: 3000, files: 3, seed: 7, latin1: false }).unwrap()
    }

    /// Returns names and bytes of all files, hidden ones too.
    fn files(output: &Output) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = fs::read_dir(&output.folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .collect();
        files.sort();
        files
    }

    #[test]
    fn number_of_threads_does_not_show() {
        let mut seen = Vec::new();
        for jobs in [1, 2, 5] {
            let folder = TempDir::new().unwrap();
            let output = output(&folder, Codec::Plain, jobs);
            let paths = write(&airline(), &output, &|_| ()).unwrap();
            assert_eq!(paths.len(), 3);
            seen.push(files(&output));
        }
        assert!(seen.iter().all(|files| *files == seen[0]));
        let names: Vec<_> = seen[0].iter().map(|file| file.0.as_str()).collect();
        assert_eq!(names, ["air_2006.csv", "air_2007.csv", "air_2008.csv"]);
    }

    #[test]
    fn file_that_is_there_is_refused_before_anything_is_written() {
        let folder = TempDir::new().unwrap();
        let mut output = output(&folder, Codec::Gz, 2);
        fs::create_dir_all(&output.folder).unwrap();
        let kept = output.folder.join("air_2008.csv.gz");
        fs::write(&kept, "mine").unwrap();
        let error = write(&airline(), &output, &|_| ()).unwrap_err();
        assert!(matches!(&error, Error::Exists(path) if *path == kept), "{error}");
        assert_eq!(files(&output), [("air_2008.csv.gz".to_owned(), b"mine".to_vec())]);
        output.force = true;
        write(&airline(), &output, &|_| ()).unwrap();
        assert_eq!(files(&output).len(), 3);
        assert!(fs::read(&kept).unwrap().starts_with(b"\x1f\x8b"));
    }

    #[test]
    fn level_is_checked() {
        let folder = TempDir::new().unwrap();
        for (codec, level) in [(Codec::Plain, 1), (Codec::Bz2, 0), (Codec::Zst, 23), (Codec::Gz, 10)] {
            let output = Output { level: Some(level), ..output(&folder, codec, 1) };
            let error = write(&airline(), &output, &|_| ()).unwrap_err();
            assert!(matches!(error, Error::Options(_)), "{codec:?} {level}: {error}");
            assert!(!output.folder.exists());
        }
    }

    #[test]
    fn progress_adds_up_to_all_rows() {
        let folder = TempDir::new().unwrap();
        let done = AtomicUsize::new(0);
        let count = |rows| _ = done.fetch_add(rows as usize, Ordering::Relaxed);
        write(&airline(), &output(&folder, Codec::Lz4, 2), &count).unwrap();
        assert_eq!(done.into_inner(), 3000);
    }

    /// Fails in the middle of its second file.
    struct Failing;

    impl Dataset for Failing {
        fn files(&self) -> usize {
            2
        }
        fn rows(&self) -> u64 {
            2
        }
        fn name(&self, file: usize) -> String {
            format!("{file}.txt")
        }
        fn generate(&self, file: usize, emit: &mut Emit<'_>) -> io::Result<()> {
            emit(b"line\n", 1)?;
            if file == 1 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }
    }

    #[test]
    fn failed_file_leaves_nothing() {
        let folder = TempDir::new().unwrap();
        let output = output(&folder, Codec::Plain, 1);
        let error = write(&Failing, &output, &|_| ()).unwrap_err();
        assert!(matches!(&error, Error::File { path, .. } if path.ends_with("1.txt")), "{error}");
        assert_eq!(files(&output), [("0.txt".to_owned(), b"line\n".to_vec())]);
    }
}
