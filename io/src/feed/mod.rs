//! The chunks of one file: decoded by whoever has time, put in order, handed out as whole records.
//!
//! ```text
//! worker 1   decode 0        decode 2   scan 0 …
//! worker 2       decode 1          scan 1 …
//!                     └─ in order: seam, line numbers, header
//! ```
//!
//! A [`Feed`] has no threads of its own. Workers call [`Feed::decode`] and [`Feed::take`] whenever they like;
//! what one of them has begun is finished in the same call, so that nobody waits for a worker that is away.
//! The only sequential step is a short one, done by whoever brings the chunk that is next in order.

mod decoded;
mod gzip_pieces;
mod order;
mod pieces;
mod ranges;
mod stream;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use decoded::decode_in_order;
use gzip_pieces::GzipPieces;
pub(crate) use order::DOUBT_LEN_BYTES;
use order::{Decoded, Order};
pub(crate) use order::{Ready, Recipe};
use pieces::{Blocks, IndependentBlocks, IndexedBlocks, Members, Pieces};
use ranges::Ranges;
use stream::{HeadCheck, Stream};

use crate::chunk::{Chunk, ChunkPool};
use crate::codec::{Codec, Decompressor};
use crate::encoding::{Encoding, TextStream};
use crate::error::{Error, Result};
use crate::notes::Notes;
use crate::options::DecodeOptions;
use crate::pipe::{self, Opened, Waiting};
use crate::scan::Place;
use crate::scanner::lenient::Findings;
use crate::simd::InstructionSet;
use crate::source::SourceFile;

/// One file that is being read.
#[derive(Debug)]
pub(crate) struct Feed {
    /// The file's number among those of the scan.
    pub(crate) number: usize,
    path: PathBuf,
    encoding: Encoding,
    look: Look,
    chunks: Box<dyn Chunks>,
    order: Mutex<Order>,
}

/// Where chunks come from: [`Stream`] one after the other, [`Ranges`] anywhere in a plain file, [`Pieces`] those of a
/// compressed file.
trait Chunks: fmt::Debug + Send + Sync {
    /// Decodes the next chunk that nobody else decodes, if there is room for it, and looks at it where that is asked for.
    fn next(&self, room: Room, pool: &ChunkPool, look: Option<Look>) -> Next;

    /// Whether several workers can decode at the same time.
    fn is_splittable(&self) -> bool;
}

/// What came of decoding, or why nothing was decoded.
type Next = Result<Given, Progress>;

/// Chunks that are decoded.
#[derive(Debug, Default)]
struct Given {
    /// With their numbers, by which they are put in order. None if what was decoded has to wait.
    chunks: Vec<(u64, Decoded)>,
    /// Compressed bytes that they took.
    compressed_bytes: u64,
}

/// How many chunks may be decoded.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// The number of the first chunk that is not wanted yet.
    first_unwanted: u64,
    /// Chunks that may be decoded before it is their turn.
    held: u64,
}

/// Chunks that may be decoded before it is their turn, as a multiple of those that may wait to be scanned. A worker goes on to
/// another piece while those in front of it are not done; blocks of bzip2 have four chunks each.
pub(crate) const HELD_FACTOR: u64 = 4;

/// Compressed bits that are searched for pieces ahead of what is next in order: where that is huge, or nothing is found, workers need
/// not read the whole file meanwhile.
const AHEAD_LEN_BITS: u64 = 8 * (32 << 20);

/// What is to be found out of a chunk, while it is in the cache of the worker that has decoded it.
#[derive(Debug, Clone, Copy)]
struct Look {
    quote: Option<u8>,
    set: InstructionSet,
}

/// Looks at a chunk, where that is asked for.
fn summarize(chunk: &mut Chunk, look: Option<Look>) {
    if let Some(Look { quote, set }) = look {
        chunk.summarize(quote, set);
    }
}

/// How a file is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FeedOptions<'a> {
    pub(crate) decode: DecodeOptions,
    pub(crate) set: InstructionSet,
    /// How the file may be split; nothing if there is one worker only.
    pub(crate) split: Option<Split>,
    /// Whether nobody reads the file again, so that nothing of it is kept if it is a pipe.
    pub(crate) once: bool,
    pub(crate) notes: &'a Notes,
}

/// How a file may be split.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Split {
    /// Workers, all of which may be at this file.
    pub(crate) workers: usize,
    /// Compressed bytes from which on a piece is worth a decoder of its own.
    pub(crate) piece_len_bytes: u64,
}

impl Split {
    /// For so many workers, and chunks of this length; nothing for one worker.
    pub(crate) fn of(workers: usize, chunk_len: usize) -> Option<Self> {
        (workers > 1).then_some(Self { workers, piece_len_bytes: chunk_len as u64 / 2 })
    }
}

/// What came of trying to decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// A chunk was decoded.
    Decoded {
        compressed_bytes: u64,
        /// Runs of records that wait to be scanned; as many as can be, if there will be no more.
        ready: usize,
    },
    /// Others are at it, or enough is waiting to be scanned.
    Busy,
    /// All has been decoded.
    Ended,
}

impl Feed {
    /// Opens a file.
    ///
    /// # Errors
    /// It cannot be opened, or its head cannot be decoded.
    pub(crate) fn open(
        number: usize,
        file: &SourceFile,
        recipe: Recipe,
        options: FeedOptions<'_>,
    ) -> Result<Self> {
        let (origin, bytes) = open_bytes(file, options.decode, options.once, options.notes)?;
        let check = recipe.head_check(file)?;
        let stream =
            TextStream::new(bytes, recipe.encoding(&file.path))?.rewritten(recipe.rewrite(&file.path));
        let encoding = stream.encoding();
        let checked = stream.decompressor().checked_bytes() == u64::MAX;
        let chunks = chunks(&file.path, origin, check, stream, options.split, options.notes)?;
        let look = Look { quote: recipe.quote(&file.path), set: options.set };
        let order = Order::new(number, &file.path, recipe, encoding, options.set, checked, options.notes);
        let order = Mutex::new(order);
        Ok(Self { number, path: file.path.clone(), encoding, look, chunks, order })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The encoding of the decoded bytes.
    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Whether several workers can decode at the same time.
    pub(crate) fn is_splittable(&self) -> bool {
        self.chunks.is_splittable()
    }

    /// Decodes the next chunk, if nobody else must do it and no more than `limit` chunks are on their way.
    pub(crate) fn decode(&self, limit: u64, pool: &ChunkPool) -> Progress {
        let first_unwanted = match self.order().first_unwanted(limit) {
            Ok(first_unwanted) => first_unwanted,
            Err(progress) => return progress,
        };
        let room = Room { first_unwanted, held: HELD_FACTOR * limit };
        match self.chunks.next(room, pool, Some(self.look)) {
            Ok(given) => {
                let mut order = self.order();
                for (number, decoded) in given.chunks {
                    order.submit(number, decoded, pool);
                }
                Progress::Decoded { compressed_bytes: given.compressed_bytes, ready: order.ready_len() }
            }
            Err(progress) => progress,
        }
    }

    /// Takes the next records, if they are behind those of another place, to be scanned and then handed to
    /// [`Feed::finish`].
    pub(crate) fn take(&self, after: Option<Place>) -> Option<Ready> {
        self.order().take(after)
    }

    /// Records were scanned, and perhaps something of them does not fit; or they could not be.
    pub(crate) fn finish(&self, ready: Ready, result: Result<Option<Findings>>, pool: &ChunkPool) {
        self.order().finish(ready.place.run, result);
        pool.give_back(ready.records.chunk);
    }

    /// Whether the codec has checked the bytes of records: what is wrong with them is not for damage of the file.
    pub(crate) fn is_checked(&self, place: Place) -> bool {
        self.order().is_checked(place.run)
    }

    /// What did not fit, in records that the codec has checked.
    pub(crate) fn take_findings(&self) -> Option<Findings> {
        self.order().take_findings()
    }

    /// What did not fit, and has not been taken, of a file that is not read on; nothing if it may be for its damage.
    pub(crate) fn take_all_findings(&self) -> Option<Findings> {
        self.order().take_all_findings()
    }

    /// The first error of the file, once all that is before it has been scanned, and it is known whether damage is to blame.
    pub(crate) fn take_error(&self) -> Option<Error> {
        self.order().take_error()
    }

    /// Whether everything has been decoded and scanned.
    pub(crate) fn is_done(&self) -> bool {
        self.order().is_done()
    }

    fn order(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the bytes of a file come from.
enum Origin {
    /// A file that several may read at the same time.
    File(File),
    /// What may keep one waiting.
    Pipe(Waiting),
    /// A file that begins where it stands, or is one in an archive: nobody knows the places in it.
    Input,
}

/// Opens a file; its decoded bytes come from the start on.
fn open_bytes(
    source: &SourceFile,
    options: DecodeOptions,
    once: bool,
    notes: &Notes,
) -> Result<(Origin, Decompressor)> {
    let path = source.path.as_path();
    let io_error = |error| Error::io(path, "open", error);
    let opened = if once { pipe::open_once(path) } else { pipe::open(path) };
    let opened = opened.map_err(io_error)?;
    let is_file = |file: &File| file.metadata().is_ok_and(|found| found.is_file());
    let origin = match &opened {
        Opened::File(file) if is_file(file) => Origin::File(file.try_clone().map_err(io_error)?),
        Opened::Input(input) if is_file(input) => Origin::Input,
        Opened::Member(_) => Origin::Input,
        Opened::File(open) | Opened::Input(open) => {
            Origin::Pipe(Waiting::Open(open.try_clone().map_err(io_error)?))
        }
        Opened::Kept(reader) => Origin::Pipe(Waiting::Kept(reader.clone())),
    };
    if let Origin::File(file) = &origin
        && file.metadata().is_ok_and(|found| found.len() < source.len_bytes)
    {
        return Err(Error::io(path, "read", became_shorter()));
    }
    let bytes = Decompressor::of_reader(path, Box::new(opened), options, notes)?;
    Ok((origin, bytes.refuse_several_files()?))
}

/// A file has lost what was in it when it was looked at.
fn became_shorter() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was read")
}

/// The chunks of a file of which `stream` has read the head.
fn chunks(
    path: &Path,
    origin: Origin,
    check: Option<HeadCheck>,
    stream: TextStream,
    split: Option<Split>,
    notes: &Notes,
) -> Result<Box<dyn Chunks>> {
    let io_error = |error| Error::io(path, "read", error);
    let codec = stream.decompressor().codec();
    // What may keep one waiting is read from its start to its end.
    let file = match origin {
        Origin::File(file) => file,
        Origin::Pipe(pipe) => return Ok(Box::new(Stream::of_pipe(stream, pipe, check))),
        Origin::Input => return Ok(Box::new(Stream::new(stream))),
    };
    let metadata = file.metadata().map_err(io_error)?;
    // What may be damaged is decoded in order, too: where one part is lost, the next one is known by its place behind it.
    let is_splittable = !stream.decompressor().is_salvage();
    let Some(start) = stream.plain_start().filter(|_| is_splittable) else {
        return Ok(Box::new(Stream::new(stream)));
    };
    if codec == Codec::Plain {
        return Ok(Box::new(Ranges::new(path, file, start).map_err(io_error)?));
    }
    if let Some(Split { workers, piece_len_bytes }) = split {
        let file_len_bytes = metadata.len();
        if codec == Codec::Bzip2 {
            let blocks = Blocks::new(path, file, notes);
            return Ok(Box::new(Pieces::new(blocks, file_len_bytes, piece_len_bytes, start)));
        }
        if codec == Codec::Xz {
            let reader = file.try_clone().map_err(io_error)?;
            if let Some(blocks) = IndexedBlocks::of_file(path, reader, file_len_bytes)? {
                return Ok(Box::new(Pieces::new(blocks, file_len_bytes, piece_len_bytes, start)));
            }
        }
        if codec == Codec::Lz4 {
            let reader = file.try_clone().map_err(io_error)?;
            if let Some(blocks) = IndependentBlocks::of_file(path, reader, file_len_bytes, notes)? {
                return Ok(Box::new(Pieces::new(blocks, file_len_bytes, piece_len_bytes, start)));
            }
        }
        let members = Members::new(path, file.try_clone().map_err(io_error)?, codec, notes);
        if members.are_many(file_len_bytes, piece_len_bytes)? {
            return Ok(Box::new(Pieces::new(members, file_len_bytes, piece_len_bytes, start)));
        }
        // About 1 MiB decoded: 32 KiB of history, and the search for the start, cost little beside it.
        let gzip_piece_len_bytes = 2 * piece_len_bytes;
        if codec == Codec::Gzip {
            let pieces = GzipPieces::of_file(path, file, workers, gzip_piece_len_bytes, start, notes);
            if let Some(pieces) = pieces.map_err(io_error)? {
                return Ok(Box::new(pieces));
            }
        }
    }
    Ok(Box::new(Stream::new(stream)))
}
