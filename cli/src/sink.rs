//! Where results go: standard output, a terminal with its pager, or a file that appears when it is whole.

use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::PathBuf;

use swath::AtomicFile;

use crate::progress;
use crate::screen::Screen;

/// Bytes written at once.
const BUFFER_LEN_BYTES: usize = 64 << 10;

/// Where results are asked to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A terminal, before which a person sits.
    Screen,
    /// A file.
    File(PathBuf),
}

/// An open target.
pub enum Sink {
    /// Standard output.
    Stdout(BufWriter<StdoutLock<'static>>),
    /// A terminal.
    Screen(Screen),
    /// A file, which disappears when it is dropped before it is whole.
    File(AtomicFile),
}

impl Target {
    /// Opens the target.
    ///
    /// # Errors
    /// The folder of the file does not exist or cannot be written to.
    pub fn open(&self) -> io::Result<Sink> {
        match self {
            Self::Stdout => Ok(Sink::Stdout(BufWriter::with_capacity(BUFFER_LEN_BYTES, io::stdout().lock()))),
            Self::Screen => Ok(Sink::Screen(Screen::default())),
            Self::File(path) => AtomicFile::create(path).map(Sink::File),
        }
    }

    /// What to call it in an error.
    pub fn name(&self) -> String {
        match self {
            Self::Stdout | Self::Screen => "standard output".into(),
            Self::File(path) => path.display().to_string(),
        }
    }
}

impl Sink {
    /// Whether this is a file that appears when it is whole.
    pub fn is_file(&self) -> bool {
        matches!(self, Self::File { .. })
    }

    /// Ends a result: a person sees it before the next one is computed.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn end_result(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(writer) => writer.flush(),
            Self::Screen(screen) => screen.end(),
            Self::File(_) => Ok(()),
        }
    }

    /// Writes out what is buffered and gives the file its name.
    ///
    /// # Errors
    /// The disk is full, the file cannot be renamed.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Self::Stdout(mut writer) => writer.flush(),
            Self::Screen(mut screen) => screen.end(),
            Self::File(mut file) => {
                file.seal()?;
                file.commit()
            }
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(writer) => {
                progress::results_begin();
                writer.write(bytes)
            }
            Self::Screen(screen) => screen.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(writer) => writer.flush(),
            Self::Screen(screen) => screen.end(),
            Self::File(file) => file.flush(),
        }
    }
}
