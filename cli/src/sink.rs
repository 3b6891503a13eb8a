//! Where results go: standard output, or a file that appears when it is whole.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Bytes written at once.
const BUFFER_LEN_BYTES: usize = 64 << 10;

/// Where results are asked to go.
#[derive(Debug)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf),
}

/// An open target.
pub enum Sink {
    /// Standard output.
    Stdout(BufWriter<StdoutLock<'static>>),
    /// A device or a pipe, which cannot be replaced.
    Device(BufWriter<File>),
    /// A temporary file beside the wanted one, which it replaces at the end. Dropped before that, it
    /// disappears, and what was there stays.
    File {
        /// What is written to.
        writer: BufWriter<NamedTempFile>,
        /// What it will be called.
        path: PathBuf,
    },
}

impl Target {
    /// Opens the target.
    ///
    /// # Errors
    /// The folder of the file does not exist or cannot be written to.
    pub fn open(&self) -> io::Result<Sink> {
        match self {
            Self::Stdout => Ok(Sink::Stdout(BufWriter::with_capacity(BUFFER_LEN_BYTES, io::stdout().lock()))),
            Self::File(path) if path.metadata().is_ok_and(|metadata| !metadata.is_file()) => {
                let device = OpenOptions::new().write(true).open(path)?;
                Ok(Sink::Device(BufWriter::with_capacity(BUFFER_LEN_BYTES, device)))
            }
            Self::File(path) => {
                let folder = match path.parent() {
                    Some(folder) if !folder.as_os_str().is_empty() => folder,
                    _ => Path::new("."),
                };
                let file = NamedTempFile::with_prefix_in(".swath-", folder)?;
                Ok(Sink::File {
                    writer: BufWriter::with_capacity(BUFFER_LEN_BYTES, file),
                    path: path.clone(),
                })
            }
        }
    }

    /// What to call it in an error.
    pub fn name(&self) -> String {
        match self {
            Self::Stdout => "standard output".into(),
            Self::File(path) => path.display().to_string(),
        }
    }
}

impl Sink {
    /// Whether this is a file that appears when it is whole.
    pub fn is_file(&self) -> bool {
        matches!(self, Self::File { .. })
    }

    /// Writes out what is buffered and gives the file its name.
    ///
    /// # Errors
    /// The disk is full, the file cannot be renamed.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Self::Stdout(mut writer) => writer.flush(),
            Self::Device(mut writer) => writer.flush(),
            Self::File { writer, path } => {
                let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
                let permissions = match std::fs::metadata(&path) {
                    Ok(old) => old.permissions(),
                    // A temporary file is its owner's alone; a new file is what the umask says.
                    Err(_) => new_file_permissions(&path)?,
                };
                file.as_file().set_permissions(permissions)?;
                file.as_file().sync_all()?;
                file.persist(path).map(|_| ()).map_err(|error| error.error)
            }
        }
    }
}

/// The permissions that a new file in the folder gets.
fn new_file_permissions(path: &Path) -> io::Result<std::fs::Permissions> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = tempfile::tempdir_in(folder)?;
    let file = File::create(folder.path().join("mode"))?;
    Ok(file.metadata()?.permissions())
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(writer) => writer.write(bytes),
            Self::Device(writer) => writer.write(bytes),
            Self::File { writer, .. } => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(writer) => writer.flush(),
            Self::Device(writer) => writer.flush(),
            Self::File { writer, .. } => writer.flush(),
        }
    }
}
