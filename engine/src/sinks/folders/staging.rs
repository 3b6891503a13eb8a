//! Files in folders that are not whole yet.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use swath_io::{Error as IoError, ErrorKind};

use super::{Existing, Folders};
use crate::error::{Error, Result};
use crate::sinks::atomic_file::AtomicFile;
use crate::sinks::options::FileFormat;
use crate::sinks::temporary::{TemporaryFolder, give_names};

/// A hidden folder beside the wanted one, with what will be in that. Dropped before [`Staging::commit`], it is gone.
#[derive(Debug)]
pub(super) struct Staging {
    folder: TemporaryFolder,
    /// The wanted folder, behind links.
    wanted: PathBuf,
    /// What it was called.
    shown: PathBuf,
    existing: Option<Existing>,
}

impl Staging {
    /// Begins to write, unless there are files that would be in the way.
    pub(super) fn begin(folders: &Folders) -> Result<Self> {
        let wanted = folders.folder();
        let cannot_create = |source| failed(wanted, "create", source);
        // The program may go to another folder meanwhile.
        let wanted = match wanted.canonicalize() {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::path::absolute(wanted).map_err(cannot_create)?
            }
            Err(error) => return Err(cannot_create(error)),
        };
        if wanted.exists() {
            check_wanted(folders, &wanted)?;
        }
        let folder = place_beside(&wanted).map_err(cannot_create)?;
        Ok(Self { folder, wanted, shown: folders.folder().to_owned(), existing: folders.existing })
    }

    /// Begins a file: its path in the wanted folder.
    pub(super) fn create(&self, file: &Path) -> Result<AtomicFile> {
        match self.folder.create(file) {
            Ok(created) => Ok(AtomicFile::in_place(created, self.wanted.join(file))),
            Err(source) => Err(failed(&self.shown(file), "create", source)),
        }
    }

    /// What a file in the wanted folder is called.
    pub(super) fn shown(&self, file: &Path) -> PathBuf {
        self.shown.join(file)
    }

    /// Gives whole files their names. Where there is no folder of the name yet, all get theirs at once.
    pub(super) fn commit(self, files: &[PathBuf]) -> Result<()> {
        let Self { folder, wanted, shown, existing } = self;
        if !wanted.exists() {
            return folder.persist(&wanted).map_err(|source| failed(&shown, "create", source));
        }
        // Somebody else may have written to it meanwhile.
        let mut there = files_below(&wanted).map_err(|source| failed(&shown, "read", source))?;
        if let (None, Some(first)) = (existing, there.first()) {
            return Err(not_empty(&shown, first.strip_prefix(&wanted).unwrap_or(first)));
        }
        there.retain(|file| existing == Some(Existing::Overwrite) && is_of_a_write(file, &wanted));
        give_names(|| -> Result<()> {
            for file in files {
                let path = wanted.join(file);
                let parent = path.parent().unwrap_or(&wanted);
                let moved =
                    fs::create_dir_all(parent).and_then(|()| fs::rename(folder.path().join(file), &path));
                moved.map_err(|source| failed(&path, "create", source))?;
            }
            let new: HashSet<PathBuf> = files.iter().map(|file| wanted.join(file)).collect();
            for path in there.iter().filter(|path| !new.contains(*path)) {
                fs::remove_file(path).map_err(|source| failed(path, "remove", source))?;
                remove_empty_folders(path, &wanted);
            }
            Ok(())
        })
        .map_err(|source| failed(&shown, "create", source))?
    }
}

/// Where all can be moved to the wanted folder: beside it, so that nobody who reads it sees them, or else in it.
fn place_beside(wanted: &Path) -> io::Result<TemporaryFolder> {
    let parent = wanted.parent().unwrap_or(wanted);
    let Ok(found) = wanted.metadata() else { return TemporaryFolder::new(parent) };
    let is_same_disk = parent.metadata().is_ok_and(|parent| parent.dev() == found.dev());
    let beside = is_same_disk.then(|| TemporaryFolder::new(parent).ok()).flatten();
    beside.map_or_else(|| TemporaryFolder::new(wanted), Ok)
}

/// Whether what is in a folder that is there is not in the way.
fn check_wanted(folders: &Folders, wanted: &Path) -> Result<()> {
    let shown = folders.folder().display();
    if !wanted.is_dir() {
        let hint = "a folder is written, as columns name folders: give it another name, or remove the file";
        return Err(Error::query(format!("'{shown}' is a file"), hint.to_owned()));
    }
    if matches!(folders.existing, Some(Existing::OverwriteOrIgnore | Existing::Append)) {
        return Ok(());
    }
    let files = files_below(wanted).map_err(|source| failed(folders.folder(), "read", source))?;
    let Some(first) = files.first() else { return Ok(()) };
    if folders.existing.is_none() {
        return Err(not_empty(folders.folder(), first.strip_prefix(wanted).unwrap_or(first)));
    }
    // To overwrite is to remove, and a folder may be another one than was meant.
    if let Some(other) = files.iter().find(|file| !is_of_a_write(file, wanted)) {
        let name = other.strip_prefix(wanted).unwrap_or(other).display();
        let hint = "OVERWRITE removes all files: remove this one first if that is meant, or write with OVERWRITE_OR_IGNORE";
        let message = format!("'{shown}' is not overwritten: {name} is not of an earlier write");
        return Err(Error::query(message, hint.to_owned()));
    }
    Ok(())
}

/// That a folder has a file in it.
fn not_empty(folder: &Path, file: &Path) -> Error {
    let hint = "OVERWRITE replaces all that is in it, OVERWRITE_OR_IGNORE files of the same names, and APPEND adds files";
    let message = format!("'{}' is not empty: {} is in it", folder.display(), file.display());
    Error::query(message, hint.to_owned())
}

/// Whether a file may be one of an earlier write: of rows, in folders that are named by columns.
fn is_of_a_write(file: &Path, wanted: &Path) -> bool {
    let Some(inside) = file.strip_prefix(wanted).ok().and_then(Path::parent) else { return false };
    let name_of = |part: &std::path::Component<'_>| part.as_os_str().as_encoded_bytes().contains(&b'=');
    FileFormat::of_name(file).is_some() && inside.components().all(|part| name_of(&part))
}

/// All files below a folder, sorted, but not temporary ones.
fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if TemporaryFolder::is_name(&entry.file_name()) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// Removes the folders that a file was in, up to the wanted one, for as long as they are empty.
fn remove_empty_folders(file: &Path, wanted: &Path) {
    let inside = |folder: &&Path| *folder != wanted && folder.starts_with(wanted);
    for folder in file.ancestors().skip(1).take_while(inside) {
        // Fails when there is something in it, as it should.
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

fn failed(path: &Path, action: &'static str, source: io::Error) -> Error {
    IoError::from(ErrorKind::Io { path: path.to_owned(), action, source }).into()
}
