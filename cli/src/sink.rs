//! Where results go: standard output, a terminal with its pager, or a file that appears when it is whole.

use std::io::{self, StdoutLock, Write};
use std::path::{Path, PathBuf};

use swath::{AtomicFile, Codec, CompressionLimits, Compressor, Session};

use crate::args::is_standard_output;
use crate::progress;
use crate::screen::Screen;

/// Bytes written at once.
const BUFFER_LEN_BYTES: usize = 64 << 10;

/// Bytes of a result that standard output does not see before the result ends, or somebody asks to show them. A query that fails
/// before leaves nothing, and one that has to begin once more can.
const HELD_LEN_BYTES: usize = 4 << 20;

/// Where results are asked to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A terminal, before which a person sits.
    Screen,
    /// A file.
    File(PathBuf),
    /// A file of compressed bytes.
    Compressed(PathBuf, Codec),
}

/// An open target.
pub struct Sink {
    out: Out,
    /// Nothing has been written since the last result ended.
    is_fresh: bool,
    /// Results that have ended.
    results: usize,
    /// What compressing may take; one thread if nothing is said.
    limits: Option<CompressionLimits>,
}

enum Out {
    Stdout(Stdout),
    Screen(Screen),
    /// A file, which disappears when it is dropped before it is whole.
    File(Compressor<AtomicFile>),
}

impl Target {
    /// A file for results: compressed if its name says so, as `a.csv.gz` does.
    pub fn results(path: PathBuf) -> Self {
        match Codec::of_name(&path) {
            Some(codec) => Self::Compressed(path, codec),
            None => Self::File(path),
        }
    }

    /// A file for a text, or standard output if it is called `-`.
    pub fn text(path: PathBuf) -> Self {
        if is_standard_output(&path) { Self::Stdout } else { Self::File(path) }
    }

    /// The file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdout | Self::Screen => None,
            Self::File(path) | Self::Compressed(path, _) => Some(path),
        }
    }

    /// Opens the target.
    ///
    /// # Errors
    /// The folder of the file does not exist or cannot be written to.
    pub fn open(&self) -> io::Result<Sink> {
        let out = match self {
            Self::Stdout => Out::Stdout(Stdout::new()),
            Self::Screen => Out::Screen(Screen::default()),
            Self::File(path) => compressed(path, Codec::Plain)?,
            Self::Compressed(path, codec) => compressed(path, *codec)?,
        };
        Ok(Sink { out, is_fresh: true, results: 0, limits: None })
    }

    /// Opens the target for results of a session: its threads may compress.
    ///
    /// # Errors
    /// As of [`Self::open`].
    pub fn open_for(&self, session: &Session) -> io::Result<Sink> {
        Ok(self.open()?.with_limits(Some(session.compression_limits())))
    }

    /// What to call it in an error.
    pub fn name(&self) -> String {
        self.path().map_or("standard output".into(), |path| path.display().to_string())
    }
}

fn compressed(path: &Path, codec: Codec) -> io::Result<Out> {
    let file = AtomicFile::create(path)?;
    Ok(Out::File(Compressor::new(codec, None, file).map_err(io::Error::other)?))
}

impl Sink {
    fn with_limits(mut self, limits: Option<CompressionLimits>) -> Self {
        self.limits = limits;
        if let (Out::File(compressor), Some(limits)) = (&mut self.out, limits) {
            compressor.set_limits(limits);
        }
        self
    }

    /// Whether this is a file that appears when it is whole.
    pub fn is_file(&self) -> bool {
        matches!(self.out, Out::File(_))
    }

    /// Whether this is a terminal.
    pub fn is_screen(&self) -> bool {
        matches!(self.out, Out::Screen(_))
    }

    /// Whether what was written of the result that has not ended can be taken back: nobody has seen it. It is, then.
    /// The target is the one that was opened.
    ///
    /// # Errors
    /// The file cannot be made once more.
    pub fn take_back(&mut self, target: &Target) -> io::Result<bool> {
        let is_taken_back = match &mut self.out {
            _ if self.is_fresh => true,
            Out::Stdout(stdout) => stdout.forget(),
            Out::Screen(screen) => screen.forget(),
            Out::File(_) if self.results > 0 => false,
            Out::File(_) => {
                *self = target.open()?.with_limits(self.limits);
                true
            }
        };
        self.is_fresh |= is_taken_back;
        Ok(is_taken_back)
    }

    /// Whether it holds something back that can be shown.
    pub fn holds_back(&self) -> bool {
        matches!(&self.out, Out::Stdout(stdout) if !stdout.is_shown)
    }

    /// Shows what is held back, and what follows of the result as it comes.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn show(&mut self) -> io::Result<()> {
        if let Out::Stdout(stdout) = &mut self.out { stdout.show() } else { Ok(()) }
    }

    /// Ends a result: a person sees it before the next one is computed.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn end_result(&mut self) -> io::Result<()> {
        self.is_fresh = true;
        self.results += 1;
        match &mut self.out {
            Out::Stdout(stdout) => stdout.end(),
            Out::Screen(screen) => screen.end(),
            Out::File(_) => Ok(()),
        }
    }

    /// Writes out what is buffered and gives the file its name.
    ///
    /// # Errors
    /// The disk is full, the file cannot be renamed.
    pub fn finish(self) -> io::Result<()> {
        match self.out {
            Out::Stdout(mut stdout) => stdout.end(),
            Out::Screen(mut screen) => screen.end(),
            Out::File(compressor) => {
                let mut file = compressor.finish()?;
                file.seal()?;
                file.commit()
            }
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.is_fresh &= bytes.is_empty();
        match &mut self.out {
            Out::Stdout(stdout) => stdout.write(bytes),
            Out::Screen(screen) => screen.write(bytes),
            Out::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Stdout(stdout) => stdout.show(),
            Out::Screen(screen) => screen.end(),
            Out::File(file) => file.flush(),
        }
    }
}

/// Standard output, which sees a result when it has ended or is long.
struct Stdout {
    out: StdoutLock<'static>,
    /// What waits to be written.
    text: Vec<u8>,
    /// Whether some of the result that has not ended was written.
    is_shown: bool,
}

impl Stdout {
    fn new() -> Self {
        Self { out: io::stdout().lock(), text: Vec::new(), is_shown: false }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = if self.is_shown { BUFFER_LEN_BYTES } else { HELD_LEN_BYTES };
        if self.text.len() + bytes.len() > most {
            self.show()?;
        }
        // What is long needs no copy once the result is seen.
        if self.is_shown && bytes.len() >= BUFFER_LEN_BYTES {
            self.out.write_all(bytes)?;
        } else {
            self.text.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    /// Writes what waits.
    fn show(&mut self) -> io::Result<()> {
        if !self.text.is_empty() {
            progress::results_begin();
            self.is_shown = true;
            let written = self.out.write_all(&self.text);
            self.text.clear();
            self.text.shrink_to(BUFFER_LEN_BYTES);
            written?;
        }
        self.out.flush()
    }

    fn end(&mut self) -> io::Result<()> {
        let written = self.show();
        self.is_shown = false;
        written
    }

    /// Drops what waits, if nothing was written yet; whether that is so.
    fn forget(&mut self) -> bool {
        if !self.is_shown {
            self.text.clear();
        }
        !self.is_shown
    }
}
