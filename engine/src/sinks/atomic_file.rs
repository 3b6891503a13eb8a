//! A file that appears when it is whole.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;
use std::path::{self, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use swath_io::is_open_file;
use tempfile::NamedTempFile;

/// Bytes written at once.
const BUFFER_LEN_BYTES: usize = 64 << 10;

/// A file on its way to its name.
///
/// What is written goes into a temporary file in the same folder, which takes the wanted name with
/// [`AtomicFile::commit`]. Dropped before that, it disappears, and what was there stays. A device or a
/// pipe cannot be replaced and is written to directly, and so is what the process was given open, as `/dev/stdout`: others
/// have it open, too, and it may have something in it.
#[derive(Debug)]
pub struct AtomicFile {
    out: Out,
    path: PathBuf,
}

#[derive(Debug)]
enum Out {
    Device(BufWriter<File>),
    File(BufWriter<Temporary>),
}

impl AtomicFile {
    /// Begins a file.
    ///
    /// # Errors
    /// The folder of the file does not exist or cannot be written to.
    pub fn create(path: &Path) -> io::Result<Self> {
        let passed = passed_on(path);
        if passed.is_some() || path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            let device = passed.unwrap_or_else(|| OpenOptions::new().write(true).open(path))?;
            let out = Out::Device(BufWriter::with_capacity(BUFFER_LEN_BYTES, device));
            return Ok(Self { out, path: path.to_owned() });
        }
        // The program may go to another folder meanwhile.
        let path = path::absolute(behind_links(path)?)?;
        let temporary = Temporary::new(folder_of(&path))?;
        Ok(Self { out: Out::File(BufWriter::with_capacity(BUFFER_LEN_BYTES, temporary)), path })
    }

    /// Puts everything on the disk; the file does not have its name yet.
    ///
    /// # Errors
    /// The disk is full.
    pub fn seal(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Device(writer) => writer.flush(),
            Out::File(writer) => {
                writer.flush()?;
                let file = writer.get_ref().file();
                let permissions = match fs::metadata(&self.path) {
                    Ok(old) => old.permissions(),
                    // A temporary file is its owner's alone; a new file is what the umask says.
                    Err(_) => new_file_permissions(folder_of(&self.path))?,
                };
                file.set_permissions(permissions)?;
                file.sync_all()
            }
        }
    }

    /// Gives the file its name, after [`AtomicFile::seal`].
    ///
    /// # Errors
    /// The file cannot be renamed.
    pub fn commit(self) -> io::Result<()> {
        match self.out {
            Out::Device(_) => Ok(()),
            Out::File(writer) => {
                let temporary = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
                temporary.persist(&self.path)
            }
        }
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.out {
            Out::Device(writer) => writer.write(bytes),
            Out::File(writer) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Device(writer) => writer.flush(),
            Out::File(writer) => writer.flush(),
        }
    }
}

/// Temporary files of this process that are neither whole nor gone, and folders that were made for them. Each is made and
/// known under one lock, so that none is ever forgotten.
static UNFINISHED: Mutex<Unfinished> =
    Mutex::new(Unfinished { files: BTreeSet::new(), folders: BTreeSet::new(), ended: false });

struct Unfinished {
    files: BTreeSet<PathBuf>,
    folders: BTreeSet<PathBuf>,
    /// The program is about to end.
    ended: bool,
}

impl Unfinished {
    fn lock() -> MutexGuard<'static, Self> {
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether something temporary may be made.
    fn check(&self) -> io::Result<()> {
        if self.ended { Err(io::Error::other("the program is about to end")) } else { Ok(()) }
    }
}

/// Removes the temporary files of writes that have not ended, and the folders made for them, for a program that is about to
/// end while its queries still run; such a write then fails instead of giving its file the name, and none begins.
pub fn remove_unfinished_files() {
    let mut unfinished = Unfinished::lock();
    unfinished.ended = true;
    // They may have been renamed or removed a moment ago.
    for path in std::mem::take(&mut unfinished.files) {
        let _ = fs::remove_file(path);
    }
    for path in std::mem::take(&mut unfinished.folders) {
        let _ = fs::remove_dir(path);
    }
}

/// A temporary file, known among the unfinished ones as long as it is one.
#[derive(Debug)]
struct Temporary {
    /// Taken when it gets its name.
    file: Option<NamedTempFile>,
}

impl Temporary {
    fn new(folder: &Path) -> io::Result<Self> {
        // These errors know nothing of the temporary file, and the user should not either.
        folder.metadata()?;
        let mut unfinished = Unfinished::lock();
        unfinished.check()?;
        let file = NamedTempFile::with_prefix_in(".swath-", folder).map_err(|error| match error.kind() {
            kind @ (io::ErrorKind::PermissionDenied | io::ErrorKind::StorageFull) => kind.into(),
            _ => error,
        })?;
        unfinished.files.insert(file.path().to_owned());
        Ok(Self { file: Some(file) })
    }

    fn file(&self) -> &File {
        self.file.as_ref().expect("the file is taken only by persist").as_file()
    }

    /// Renames the file, unless it was removed as unfinished.
    fn persist(mut self, path: &Path) -> io::Result<()> {
        let file = self.file.take().expect("the file is taken only here");
        let mut unfinished = Unfinished::lock();
        unfinished.files.remove(file.path());
        file.persist(path).map(|_| ()).map_err(|error| error.error)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            let mut unfinished = Unfinished::lock();
            unfinished.files.remove(file.path());
            drop(file);
        }
    }
}

impl Write for Temporary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

/// A folder that was made for files on their way. When the last who holds it lets go and nothing is in it, it is removed.
#[derive(Debug)]
pub(crate) struct NewFolder(PathBuf);

impl NewFolder {
    /// Makes a folder; nothing if there is one.
    pub(super) fn make(path: &Path) -> io::Result<Option<Self>> {
        let path = path::absolute(path)?;
        let mut unfinished = Unfinished::lock();
        unfinished.check()?;
        match fs::create_dir(&path) {
            Ok(()) => {
                unfinished.folders.insert(path.clone());
                Ok(Some(Self(path)))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        Unfinished::lock().folders.remove(&self.0);
        // Fails when there is a file in it, as it should.
        let _ = fs::remove_dir(&self.0);
    }
}

/// What else standard output is called, and standard error.
const STANDARD_OUTPUT_FILES: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
const STANDARD_ERROR_FILES: [&str; 3] = ["/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"];

/// What the process was given open, if a path leads to that, to write behind what is in it.
fn passed_on(path: &Path) -> Option<io::Result<File>> {
    let is_one_of = |paths: &[&str]| paths.iter().any(|other| path == Path::new(other));
    if is_one_of(&STANDARD_OUTPUT_FILES) {
        return Some(io::stdout().as_fd().try_clone_to_owned().map(File::from));
    }
    if is_one_of(&STANDARD_ERROR_FILES) {
        return Some(io::stderr().as_fd().try_clone_to_owned().map(File::from));
    }
    is_open_file(path).then(|| OpenOptions::new().append(true).open(path))
}

/// Where links lead to: they stay links, and the file behind them is replaced, or made.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    if !path.is_symlink() {
        return Ok(path.to_owned());
    }
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            behind_links(&folder_of(path).join(fs::read_link(path)?))
        }
        found => found,
    }
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The permissions that a new file in the folder gets.
fn new_file_permissions(folder: &Path) -> io::Result<fs::Permissions> {
    let unfinished = Unfinished::lock();
    unfinished.check()?;
    let folder = tempfile::Builder::new().prefix(".swath-").tempdir_in(folder)?;
    let file = File::create(folder.path().join("mode"))?;
    Ok(file.metadata()?.permissions())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn the_name_comes_last() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        file.seal().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(dir.path()), ["a"]);
    }

    #[test]
    fn dropped_it_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = AtomicFile::create(&dir.path().join("a")).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(names(dir.path()).len(), 1);
        drop(file);
        assert_eq!(names(dir.path()), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("a"), dir.path().join("link"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a", &link).unwrap();
        let write = |path: &Path| {
            let mut file = AtomicFile::create(path).unwrap();
            file.write_all(b"new").unwrap();
            file.seal().unwrap();
            file.commit().unwrap();
        };
        write(&link);
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("a"));
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        symlink("made", dir.path().join("first")).unwrap();
        symlink("first", dir.path().join("second")).unwrap();
        write(&dir.path().join("second"));
        assert_eq!(fs::read(dir.path().join("made")).unwrap(), b"new");
        assert!(dir.path().join("first").is_symlink());
        fs::write(dir.path().join("plain"), "").unwrap();
        write(&dir.path().join("fresh"));
        let mode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode("fresh"), mode("plain"));
    }

    #[test]
    fn a_device_is_written_to() {
        let device = Path::new("/dev/null");
        if device.exists() {
            let mut file = AtomicFile::create(device).unwrap();
            file.write_all(b"gone").unwrap();
            file.seal().unwrap();
            file.commit().unwrap();
            assert!(!device.metadata().unwrap().is_file());
        }
    }
}
