//! Where rows are written to: files of several formats and codecs, which appear when they are whole.

pub(crate) mod atomic_file;
mod copy;
mod folders;
pub mod format;
mod memory;
mod options;
mod sink;
mod spec;
mod target;
pub(crate) mod temporary;
mod texts;

pub(crate) use copy::{Copy, take_copy};
pub(crate) use folders::WriteFolders;
pub(crate) use memory::{WriterMemory, compression_limits};
pub use options::{FileFormat, WriteOptions};
pub use sink::Sink;
pub(crate) use spec::{OpenFile, SealedFile, WriteSpec, Written};
pub(crate) use texts::Texts;
