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

mod order;
mod ranges;
mod stream;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use order::{Decoded, Order};
pub(crate) use order::{Ready, Recipe};
use ranges::Ranges;
use stream::Stream;

use crate::chunk::ChunkPool;
use crate::codec::{Codec, Decompressor};
use crate::encoding::{Encoding, TextStream};
use crate::error::{Error, Result};
use crate::notes::Notes;
use crate::scan::Place;
use crate::simd::InstructionSet;
use crate::source::SourceFile;

/// One file that is being read.
#[derive(Debug)]
pub(crate) struct Feed {
    /// The file's number among those of the scan.
    pub(crate) number: usize,
    path: PathBuf,
    encoding: Encoding,
    quote: Option<u8>,
    decoder: Decoder,
    order: Mutex<Order>,
    set: InstructionSet,
}

/// Where chunks come from.
#[derive(Debug)]
enum Decoder {
    /// One after the other.
    Stream(Box<Stream>),
    /// Anywhere in a plain file.
    Ranges(Ranges),
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
        compression: Option<Codec>,
        encoding: Encoding,
        notes: &Notes,
        set: InstructionSet,
    ) -> Result<Self> {
        let open = File::open(&file.path).map_err(|error| Error::io(&file.path, "open", error))?;
        let reader = open.try_clone().map_err(|error| Error::io(&file.path, "open", error))?;
        let bytes = Decompressor::new(&file.path, Box::new(reader), compression, notes)?;
        let is_plain = bytes.codec() == Codec::Plain;
        let stream = TextStream::new(bytes, encoding)?;
        let encoding = stream.encoding();
        let decoder = match stream.plain_start().filter(|_| is_plain) {
            Some(start) => {
                let ranges = Ranges::new(open, start);
                Decoder::Ranges(ranges.map_err(|error| Error::io(&file.path, "read", error))?)
            }
            None => Decoder::Stream(Box::new(Stream::new(stream))),
        };
        let quote = recipe.quote();
        let order = Mutex::new(Order::new(number, &file.path, recipe, encoding, set));
        Ok(Self { number, path: file.path.clone(), encoding, quote, decoder, order, set })
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
        matches!(self.decoder, Decoder::Ranges(_))
    }

    /// Decodes the next chunk, if nobody else must do it and no more than `limit` chunks are on their way.
    pub(crate) fn decode(&self, limit: u64, pool: &ChunkPool) -> Progress {
        let limit = match self.order().first_unwanted(limit) {
            Ok(limit) => limit,
            Err(progress) => return progress,
        };
        let decoded = match &self.decoder {
            Decoder::Stream(stream) => stream.next(limit, pool),
            Decoder::Ranges(ranges) => ranges.next(&self.path, limit, pool),
        };
        match decoded {
            Ok((number, mut decoded, compressed_bytes)) => {
                if let Ok((chunk, _)) = &mut decoded {
                    chunk.summarize(self.quote, self.set);
                }
                let mut order = self.order();
                order.submit(number, decoded, pool);
                Progress::Decoded { compressed_bytes, ready: order.ready_len() }
            }
            Err(progress) => progress,
        }
    }

    /// Takes the next records, if they are behind those of another place, to be scanned and then handed to
    /// [`Feed::finish`].
    pub(crate) fn take(&self, after: Option<Place>) -> Option<Ready> {
        self.order().take(after)
    }

    /// Records were scanned, or could not be.
    pub(crate) fn finish(&self, ready: Ready, result: Result<()>, pool: &ChunkPool) {
        self.order().finish(ready.place.run, result);
        pool.give_back(ready.records.chunk);
    }

    /// The first error of the file, once all that is before it has been scanned.
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

/// A chunk with its number, as a decoder gives it, and how many compressed bytes it took; or why there is
/// none right now.
type Next = Result<(u64, Decoded, u64), Progress>;
