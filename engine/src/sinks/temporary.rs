//! Files that are not whole yet, and what is left of them by a program that was killed.
//!
//! Where the file system can do it, such a file has no name at all, and is gone with the program whatever ends it. Elsewhere,
//! and for the moment in which a whole file takes the place of another, it has a temporary name and is locked: a lock
//! ends with its program, so a file of such a name that nobody has locked is a left-over.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, DirEntry, File, OpenOptions, Permissions};
use std::io::{self, Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use tempfile::{Builder, TempPath};

/// What temporary names begin with; some letters and digits follow.
const PREFIX: &str = ".swath-";
const RANDOM_LEN: usize = 6;

/// Files and folders of this process that wait for others to be whole. Each is made and known under one lock, so that none
/// is ever forgotten.
static UNFINISHED: Mutex<Unfinished> = Mutex::new(Unfinished {
    files: BTreeSet::new(),
    folders: BTreeSet::new(),
    temporary_folders: BTreeSet::new(),
    swept: BTreeSet::new(),
    ended: false,
});

struct Unfinished {
    /// Temporary names.
    files: BTreeSet<PathBuf>,
    /// New folders in which there may be nothing yet.
    folders: BTreeSet<PathBuf>,
    /// Temporary folders, with all that is in them.
    temporary_folders: BTreeSet<PathBuf>,
    /// Where left-overs were looked for.
    swept: BTreeSet<PathBuf>,
    /// The program is about to end.
    ended: bool,
}

impl Unfinished {
    fn lock() -> MutexGuard<'static, Self> {
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether something may be made or get its name.
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
    for path in std::mem::take(&mut unfinished.temporary_folders) {
        let _ = fs::remove_dir_all(path);
    }
}

/// Gives names to files that are whole, unless the program is about to end.
pub(super) fn give_names<T>(names: impl FnOnce() -> T) -> io::Result<T> {
    let unfinished = Unfinished::lock();
    unfinished.check()?;
    Ok(names())
}

/// A file that is not whole yet. Dropped, it is gone.
#[derive(Debug)]
pub(super) struct Temporary {
    file: File,
    folder: PathBuf,
    /// Where files need a name.
    name: Option<TempPath>,
}

impl Temporary {
    /// A file in a folder, which is its owner's alone if it is `private`, and else what the umask says of new files.
    /// What programs that were killed have left in the folder is removed.
    pub(super) fn new(folder: &Path, private: bool) -> io::Result<Self> {
        // These errors know nothing of the temporary file, and the user should not either.
        folder.metadata()?;
        let mut unfinished = Unfinished::lock();
        unfinished.check()?;
        if unfinished.swept.insert(folder.to_owned()) {
            remove_left_overs(folder);
        }
        let mode = if private { 0o600 } else { 0o666 };
        if let Some(file) = nameless(folder, mode) {
            return Ok(Self { file, folder: folder.to_owned(), name: None });
        }
        let (file, name) = named(folder, mode)?;
        unfinished.files.insert(name.to_path_buf());
        Ok(Self { file, folder: folder.to_owned(), name: Some(name) })
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Gives the file its name, unless the program is about to end.
    pub(super) fn persist(mut self, path: &Path) -> io::Result<()> {
        let mut unfinished = Unfinished::lock();
        unfinished.check()?;
        match self.name.take() {
            Some(name) => {
                unfinished.files.remove(&*name);
                Ok(name.persist(path)?)
            }
            None => name_file(&mut self.file, &self.folder, path),
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            let mut unfinished = Unfinished::lock();
            unfinished.files.remove(&*name);
            drop(name);
        }
    }
}

impl Write for Temporary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A locked file without a name, if there are such files in this folder and one can get a name later.
#[cfg(target_os = "linux")]
fn nameless(folder: &Path, mode: u32) -> Option<File> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::openat(CWD, folder, flags, Mode::from_raw_mode(mode)).ok()?);
    open_path(&file).symlink_metadata().ok()?;
    // Nobody knows of it, so the lock can only fail where there are none.
    let _ = file.try_lock();
    Some(file)
}

#[cfg(not(target_os = "linux"))]
fn nameless(_folder: &Path, _mode: u32) -> Option<File> {
    None
}

/// A locked file with a temporary name.
fn named(folder: &Path, mode: u32) -> io::Result<(File, TempPath)> {
    loop {
        let made = builder().permissions(Permissions::from_mode(mode)).tempfile_in(folder);
        let (file, name) = made.map_err(without_path)?.into_parts();
        // Another program may have taken it for a left-over before it was locked.
        let _ = file.lock();
        if is_at(&file, &name) {
            return Ok((file, name));
        }
    }
}

fn builder<'a>() -> Builder<'a, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).rand_bytes(RANDOM_LEN);
    builder
}

/// The temporary name means nothing to users.
fn without_path(error: io::Error) -> io::Error {
    match error.kind() {
        kind @ (io::ErrorKind::PermissionDenied | io::ErrorKind::StorageFull) => kind.into(),
        _ => error,
    }
}

/// Gives a file without a name one, also if there is a file of the name.
fn name_file(file: &mut File, folder: &Path, path: &Path) -> io::Result<()> {
    match link(file, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let name = builder().make_in(folder, |name| link(file, name))?;
            name.persist(path).map(|_| ()).map_err(|error| error.error)
        }
        Err(_) => copy_to(file, folder, path),
    }
}

/// Gives the contents of a file without a name to one that has a name, where there are links for no such file.
fn copy_to(file: &mut File, folder: &Path, path: &Path) -> io::Result<()> {
    let (mut copy, name) = named(folder, 0o600)?;
    file.rewind()?;
    io::copy(file, &mut copy)?;
    copy.set_permissions(file.metadata()?.permissions())?;
    copy.sync_all()?;
    Ok(name.persist(path)?)
}

fn link(file: &File, path: &Path) -> io::Result<()> {
    Ok(rustix::fs::linkat(CWD, open_path(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// The name that an open file has for its own process.
fn open_path(file: &File) -> PathBuf {
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

/// Whether the path leads to this file, and to it alone.
fn is_at(file: &File, path: &Path) -> bool {
    let same = |found: fs::Metadata, open: fs::Metadata| {
        found.is_file() && (found.dev(), found.ino()) == (open.dev(), open.ino())
    };
    fs::symlink_metadata(path).is_ok_and(|found| file.metadata().is_ok_and(|open| same(found, open)))
}

/// Removes files with temporary names of programs that were killed. What cannot be removed stays.
fn remove_left_overs(folder: &Path) {
    let Ok(entries) = folder.read_dir() else { return };
    for entry in entries.flatten().filter(is_temporary) {
        let path = entry.path();
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let Ok(file) = OpenOptions::new().read(true).write(true).custom_flags(flags).open(&path) else {
            continue;
        };
        if file.try_lock().is_ok() && is_at(&file, &path) {
            let _ = fs::remove_file(&path);
        }
    }
}

/// Whether it is a file with a name such as [`named`] gives.
fn is_temporary(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let random = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
    random.is_some_and(|random| {
        random.len() == RANDOM_LEN && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    }) && entry.file_type().is_ok_and(|kind| kind.is_file())
}

/// What names of temporary folders begin with.
const FOLDER_PREFIX: &str = ".swath-folder-";

/// A folder of files that are not whole yet. Dropped, it is gone with all of them. It is locked: one that nobody has locked is a
/// left-over, and removed by the next who makes one in the same place.
#[derive(Debug)]
pub(super) struct TemporaryFolder {
    path: PathBuf,
    /// Open for its lock.
    _lock: File,
}

impl TemporaryFolder {
    /// A new folder in a folder.
    pub(super) fn new(place: &Path) -> io::Result<Self> {
        place.metadata()?;
        let mut unfinished = Unfinished::lock();
        unfinished.check()?;
        remove_left_over_folders(place);
        let mut builder = builder();
        let made = builder.prefix(FOLDER_PREFIX).make_in(place, |path| fs::create_dir(path));
        // As a temporary path it would be removed as a file.
        let path = made.map_err(without_path)?.into_temp_path().keep().map_err(|error| error.error)?;
        let lock = File::open(&path)?;
        let _ = lock.try_lock();
        unfinished.temporary_folders.insert(path.clone());
        Ok(Self { path, _lock: lock })
    }

    /// Whether it is the name of such a folder.
    pub(super) fn is_name(name: &OsStr) -> bool {
        name.to_str().is_some_and(|name| name.starts_with(FOLDER_PREFIX))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a file in it, and the folders that this is in.
    pub(super) fn create(&self, file: &Path) -> io::Result<File> {
        let path = self.path.join(file);
        let unfinished = Unfinished::lock();
        unfinished.check()?;
        fs::create_dir_all(path.parent().unwrap_or(&self.path))?;
        File::create_new(path)
    }

    /// Gives it a name that there is not.
    pub(super) fn persist(self, path: &Path) -> io::Result<()> {
        let mut unfinished = Unfinished::lock();
        unfinished.check()?;
        fs::rename(&self.path, path)?;
        unfinished.temporary_folders.remove(&self.path);
        Ok(())
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // It may be removed already, or have a name.
        if Unfinished::lock().temporary_folders.remove(&self.path) {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Removes temporary folders of programs that were killed. What cannot be removed stays.
fn remove_left_over_folders(place: &Path) {
    let Ok(entries) = place.read_dir() else { return };
    for entry in entries.flatten().filter(|entry| TemporaryFolder::is_name(&entry.file_name())) {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A folder for files on their way, made when the first of them gets its name. When the last who holds it lets go and
/// nothing is in it, it is removed.
#[derive(Debug)]
pub(super) struct NewFolder(PathBuf);

impl NewFolder {
    /// Makes a folder; nothing if there is one.
    pub(super) fn make(path: PathBuf) -> io::Result<Option<Self>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn with_and_without_a_name_files_get_one_that_is_free_or_taken() {
        for is_named in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a");
            for text in ["old", "new"] {
                let mut file = Temporary::new(folder.path(), false).unwrap();
                if is_named {
                    let (named, name) = named(folder.path(), 0o666).unwrap();
                    file = Temporary { file: named, folder: folder.path().to_owned(), name: Some(name) };
                }
                file.write_all(text.as_bytes()).unwrap();
                file.persist(&path).unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), text);
            }
            assert_eq!(names(folder.path()), ["a"]);
        }
    }

    #[test]
    fn where_links_fail_contents_are_copied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "old").unwrap();
        let mut file = Temporary::new(folder.path(), false).unwrap();
        file.write_all(b"new").unwrap();
        let mode = |file: &File| file.metadata().unwrap().permissions().mode();
        let expected = mode(&file.file);
        copy_to(&mut file.file, folder.path(), &path).unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(mode(&File::open(&path).unwrap()), expected);
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn folders_are_gone_unless_they_get_a_name() {
        let place = tempfile::tempdir().unwrap();
        let left_over = place.path().join(".swath-folder-abc123");
        fs::create_dir_all(left_over.join("x=1")).unwrap();
        let first = TemporaryFolder::new(place.path()).unwrap();
        assert!(!left_over.exists());
        let second = TemporaryFolder::new(place.path()).unwrap();
        let write = |folder: &TemporaryFolder| {
            folder.create(Path::new("x=1/a")).unwrap().write_all(b"1").unwrap();
            folder.create(Path::new("x=1/b")).unwrap();
            assert!(folder.create(Path::new("x=1/a")).is_err());
        };
        write(&first);
        write(&second);
        assert_eq!(names(place.path()).len(), 2);
        first.persist(&place.path().join("out")).unwrap();
        drop(second);
        assert_eq!(names(place.path()), ["out"]);
        assert_eq!(names(&place.path().join("out/x=1")), ["a", "b"]);
    }

    #[test]
    fn only_left_overs_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (_file, in_use) = named(folder.path(), 0o666).unwrap();
        for name in [".swath-abc123", ".swath-abc12", ".swath-abc-12", "swath-abc123", ".swath-abc1234"] {
            fs::write(at(name), "").unwrap();
        }
        fs::create_dir(at(".swath-folder")).unwrap();
        symlink(at("swath-abc123"), at(".swath-linked")).unwrap();
        let mut expected = names(folder.path());
        expected.retain(|name| name != ".swath-abc123");
        drop(Temporary::new(folder.path(), false).unwrap());
        assert_eq!(names(folder.path()), expected);
        assert!(in_use.exists());
    }
}
