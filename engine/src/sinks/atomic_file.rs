//! A file that appears when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;
use std::path::{self, Path, PathBuf};

use swath_io::is_open_file;

use super::temporary::Temporary;

/// Bytes written at once.
const BUFFER_LEN_BYTES: usize = 64 << 10;

/// A file on its way to its name.
///
/// What is written goes into a temporary file in the same folder, which takes the wanted name with
/// [`AtomicFile::commit`]. Dropped before that, it disappears, and what was there stays; so it does if the program is
/// killed. A device or a
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
    /// In a folder that gets its name later.
    InPlace(BufWriter<File>),
}

impl AtomicFile {
    /// Begins a file.
    ///
    /// # Errors
    /// The folder of the file does not exist or cannot be written to.
    pub fn create(path: &Path) -> io::Result<Self> {
        Self::new(path, false)
    }

    /// Begins a file whose folder need not be there before [`AtomicFile::commit`], if its own folder is.
    pub(super) fn create_for_new_folder(path: &Path) -> io::Result<Self> {
        Self::new(path, true)
    }

    /// A file that has its name in a folder that is not whole yet, which will be at `path`.
    pub(super) fn in_place(file: File, path: PathBuf) -> Self {
        Self { out: Out::InPlace(BufWriter::with_capacity(BUFFER_LEN_BYTES, file)), path }
    }

    fn new(path: &Path, new_folder: bool) -> io::Result<Self> {
        let passed = passed_on(path);
        if passed.is_some() || path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            let device = passed.unwrap_or_else(|| OpenOptions::new().write(true).open(path))?;
            let out = Out::Device(BufWriter::with_capacity(BUFFER_LEN_BYTES, device));
            return Ok(Self { out, path: path.to_owned() });
        }
        // The program may go to another folder meanwhile.
        let path = path::absolute(behind_links(path)?)?;
        let folder = folder_of(&path);
        let place = match folder.metadata() {
            Err(error) if new_folder && error.kind() == io::ErrorKind::NotFound => folder_of(folder),
            _ => folder,
        };
        let temporary = Temporary::new(place, path.exists())?;
        Ok(Self { out: Out::File(BufWriter::with_capacity(BUFFER_LEN_BYTES, temporary)), path })
    }

    /// How much has been written. It asks the system: for now and then, not for each write.
    pub(super) fn len_bytes(&self) -> u64 {
        let (file, buffered) = match &self.out {
            Out::Device(writer) | Out::InPlace(writer) => (writer.get_ref(), writer.buffer()),
            Out::File(writer) => (writer.get_ref().file(), writer.buffer()),
        };
        file.metadata().map_or(0, |found| found.len()) + buffered.len() as u64
    }

    /// The folder that the file will be in.
    pub(super) fn folder(&self) -> &Path {
        folder_of(&self.path)
    }

    /// Puts everything on the disk; the file does not have its name yet.
    ///
    /// # Errors
    /// The disk is full.
    pub fn seal(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Device(writer) => writer.flush(),
            Out::InPlace(writer) => {
                writer.flush()?;
                writer.get_ref().sync_all()
            }
            Out::File(writer) => {
                writer.flush()?;
                let file = writer.get_ref().file();
                if let Ok(old) = fs::metadata(&self.path) {
                    file.set_permissions(old.permissions())?;
                }
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
            Out::Device(_) | Out::InPlace(_) => Ok(()),
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
            Out::Device(writer) | Out::InPlace(writer) => writer.write(bytes),
            Out::File(writer) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Device(writer) | Out::InPlace(writer) => writer.flush(),
            Out::File(writer) => writer.flush(),
        }
    }
}

/// What else standard output is called, and standard error.
const STANDARD_OUTPUT_FILES: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
const STANDARD_ERROR_FILES: [&str; 3] = ["/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"];

/// Whether a path leads to standard output.
pub(super) fn is_standard_output(path: &Path) -> bool {
    STANDARD_OUTPUT_FILES.iter().any(|other| path == Path::new(other))
}

/// What the process was given open, if a path leads to that, to write behind what is in it.
fn passed_on(path: &Path) -> Option<io::Result<File>> {
    let is_one_of = |paths: &[&str]| paths.iter().any(|other| path == Path::new(other));
    if is_standard_output(path) {
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
        file.seal().unwrap();
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
