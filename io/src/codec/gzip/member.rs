//! A file of gzip members, decoded as one stream.

use super::checksum::{MemberChecksum, PieceChecksum};
use super::cpu::Cpu;
use super::error::{Damage, GzipError};
use super::finder::BlockStart;
use super::header::{HeaderParser, MAGIC, Trailer};
use super::inflate::{HISTORY_LEN_BYTES, Inflater, Pause, Progress, Until};
use super::piece::PieceEnd;

/// Decoded bytes after which the checksum catches up: they are still in the second-level cache (512 KiB on the processor
/// measured) when they are read again.
const CHECKSUM_STEP_BYTES: usize = 128 << 10;

/// Decodes all members of a gzip file, one after another, in constant memory.
///
/// Zero bytes after a member are padding. Anything else that is no member ends the stream without an error, as in gzip;
/// [`GzipDecoder::trailing_offset_bytes`] then tells where it begins. Checksum and length of each member are checked.
///
/// The buffer is used as [`Inflater`] does: the last 32 KiB of the decoded bytes stay in front of the position.
#[derive(Debug)]
pub struct GzipDecoder {
    inflater: Inflater,
    state: State,
    /// Checksum and count of the decoded bytes of the member.
    checksum: MemberChecksum,
    member_len: u64,
    /// Bytes of input used, and bytes decoded.
    offset: u64,
    decoded: u64,
    trailing: Option<u64>,
    /// The offset from which on the end of a member ends decoding.
    stop: u64,
    /// The bit of the input from which on the start of a block pauses decoding.
    pause_bit: u64,
    /// Damage met after good bytes in the same call: told by the next call.
    pending: Option<GzipError>,
}

/// A piece of a member that was decoded elsewhere, up to its end.
#[derive(Debug, Clone)]
pub struct SkippedPiece {
    /// Where it ends, in all of the input: at a block, or where the data of the member ends.
    pub end: PieceEnd,
    /// The byte that a block begins in which does not begin with a byte.
    pub end_byte: u8,
    /// Its decoded bytes.
    pub len_bytes: u64,
    /// Of these.
    pub checksum: PieceChecksum,
}

#[derive(Debug, Clone)]
enum State {
    /// In a member's header.
    Header(HeaderParser),
    /// In a member's compressed data.
    Data,
    /// So many bytes of the trailer are read.
    Trailer([u8; Trailer::LEN_BYTES], usize),
    /// After a member. So many bytes of what may be the start of another one are read.
    Between(usize),
    /// Where decoding should stop.
    Stopped,
    /// Nothing more will come.
    End,
}

impl GzipDecoder {
    /// At the start of a member.
    pub fn new(cpu: Cpu) -> Self {
        Self {
            inflater: Inflater::new(cpu),
            state: State::Header(HeaderParser::new()),
            checksum: MemberChecksum::default(),
            member_len: 0,
            offset: 0,
            decoded: 0,
            trailing: None,
            stop: u64::MAX,
            pause_bit: u64::MAX,
            pending: None,
        }
    }

    /// Goes to another part of the input: to its start, or to the end of a member. There the next input begins. Decoding then
    /// ends with the first end of a member (and the zeros behind it) at or behind the offset `stop_bytes`, if something follows it.
    ///
    /// Offsets stay those of all the input; decoded bytes are counted anew.
    pub fn go_to(&mut self, offset_bytes: u64, stop_bytes: u64) {
        self.state = match offset_bytes {
            0 => State::Header(HeaderParser::new()),
            _ => State::Between(0),
        };
        (self.offset, self.stop) = (offset_bytes, stop_bytes);
        (self.decoded, self.trailing, self.pending) = (0, None, None);
    }

    /// Pauses decoding with [`Pause::Block`] at the first block that begins at or behind this bit of the input.
    pub fn pause_at(&mut self, bit: u64) {
        self.pause_bit = bit;
    }

    /// The bit of the input at which a block begins, if one comes next.
    pub fn block_bit(&self) -> Option<u64> {
        match self.state {
            State::Data => Some(8 * self.offset - u64::from(self.inflater.held_bits_before_block()?)),
            _ => None,
        }
    }

    /// Decoded bytes of the member at hand.
    pub fn member_len_bytes(&self) -> u64 {
        self.member_len
    }

    /// Goes past a piece, whose first block comes next. The next input begins where the piece ends, and in front of the next
    /// position stand its last 32 KiB.
    ///
    /// # Panics
    /// The piece has not been decoded to a block or to the end of the member.
    pub fn skip(&mut self, piece: &SkippedPiece) {
        self.checksum.skip(PieceChecksum::clone(&piece.checksum));
        self.member_len += piece.len_bytes;
        self.decoded += piece.len_bytes;
        match piece.end {
            PieceEnd::Block(start) => self.go_to_block(start, piece.end_byte),
            PieceEnd::Stream(offset) => {
                self.offset = offset as u64;
                self.state = State::Trailer([0; Trailer::LEN_BYTES], 0);
            }
            end => unreachable!("a piece that ends with {end:?} is not whole"),
        }
    }

    fn go_to_block(&mut self, start: BlockStart, byte: u8) {
        let history_len = self.member_len.min(HISTORY_LEN_BYTES as u64) as usize;
        self.offset = start.bit.div_ceil(8);
        self.inflater.restart_at(start, byte, history_len);
    }

    /// Whether decoding has ended where it should stop.
    pub fn is_stopped(&self) -> bool {
        matches!(self.state, State::Stopped)
    }

    /// Bytes of input used so far.
    pub fn offset_bytes(&self) -> u64 {
        self.offset
    }

    /// Bytes decoded so far.
    pub fn decoded_bytes(&self) -> u64 {
        self.decoded
    }

    /// Of these, those of members whose checksum and length hold.
    pub fn checked_bytes(&self) -> u64 {
        match self.state {
            State::Data | State::Trailer(..) => self.decoded - self.member_len,
            _ => self.decoded,
        }
    }

    /// Where something begins that follows the last member and is no member.
    pub fn trailing_offset_bytes(&self) -> Option<u64> {
        self.trailing
    }

    /// Decodes from `input` into `buffer` from `at` on.
    ///
    /// Returns when the input is used up, the buffer is full, or all has been decoded. `end_of_input` says that no input
    /// follows this one. An empty input is a stream of no members.
    ///
    /// # Errors
    /// Damaged input, or a member cut short. What is decoded before it is handed out first; the error comes with the call
    /// after, and again with each later one.
    ///
    /// # Panics
    /// `at` lies outside the buffer, or fewer bytes are in front of it than a match may reach.
    pub fn decode(
        &mut self,
        input: &[u8],
        end_of_input: bool,
        buffer: &mut [u8],
        at: usize,
    ) -> Result<Progress, GzipError> {
        if let Some(error) = self.pending {
            return Err(error);
        }
        let mut progress = Progress { consumed: 0, written: 0, state: Pause::NeedsInput };
        match self.decode_until_pause(input, buffer, at, &mut progress) {
            Ok(Pause::NeedsInput) if end_of_input => self.end_input(&mut progress),
            Ok(state) => progress.state = state,
            Err(damage) => self.fail(Some(damage), &mut progress),
        }
        match self.pending {
            Some(error) if progress.written == 0 => Err(error),
            _ => Ok(progress),
        }
    }

    fn decode_until_pause(
        &mut self,
        input: &[u8],
        buffer: &mut [u8],
        at: usize,
        progress: &mut Progress,
    ) -> Result<Pause, Damage> {
        loop {
            let rest = &input[progress.consumed..];
            let pauses = self.block_bit().is_some_and(|bit| bit >= self.pause_bit);
            match &mut self.state {
                State::Header(parser) => {
                    let (used, ended) = parser.read(rest)?;
                    self.consume(used, progress);
                    if !ended {
                        return Ok(Pause::NeedsInput);
                    }
                    self.begin_data();
                }
                State::Data if pauses => return Ok(Pause::Block),
                State::Data => {
                    let pause = self.decode_data(rest, buffer, at + progress.written, progress)?;
                    match pause {
                        Pause::End => self.state = State::Trailer([0; Trailer::LEN_BYTES], 0),
                        Pause::OutputFull if at + progress.written < buffer.len() => {}
                        Pause::Block => {}
                        _ => return Ok(pause),
                    }
                }
                State::Trailer(bytes, len) => {
                    let used = rest.len().min(Trailer::LEN_BYTES - *len);
                    bytes[*len..*len + used].copy_from_slice(&rest[..used]);
                    *len += used;
                    let (bytes, whole) = (*bytes, *len == Trailer::LEN_BYTES);
                    self.consume(used, progress);
                    if !whole {
                        return Ok(Pause::NeedsInput);
                    }
                    let Some(checksum) = self.checksum.finish() else { return Ok(Pause::Checksum) };
                    Trailer::new(bytes).check(checksum, self.member_len)?;
                    self.state = State::Between(0);
                }
                State::Between(matched) => match rest.first() {
                    None => return Ok(Pause::NeedsInput),
                    Some(0) if *matched == 0 => self.consume(1, progress),
                    Some(_) if *matched == 0 && self.offset >= self.stop => self.state = State::Stopped,
                    Some(byte) if *byte == MAGIC[*matched] => {
                        *matched += 1;
                        let matched = *matched;
                        self.consume(1, progress);
                        if matched == MAGIC.len() {
                            self.state = State::Header(HeaderParser::behind_magic());
                        }
                    }
                    Some(_) => {
                        self.trailing = Some(self.offset - *matched as u64);
                        self.state = State::End;
                    }
                },
                State::Stopped | State::End => return Ok(Pause::End),
            }
        }
    }

    fn consume(&mut self, len: usize, progress: &mut Progress) {
        progress.consumed += len;
        self.offset += len as u64;
    }

    fn begin_data(&mut self) {
        self.inflater.reset();
        self.checksum = MemberChecksum::default();
        self.member_len = 0;
        self.state = State::Data;
    }

    /// Decodes one step, and sums it while it is in the cache.
    fn decode_data(
        &mut self,
        input: &[u8],
        buffer: &mut [u8],
        at: usize,
        progress: &mut Progress,
    ) -> Result<Pause, Damage> {
        let pause = buffer.len().min(at + CHECKSUM_STEP_BYTES);
        let until = if self.pause_bit == u64::MAX { Until::End } else { Until::Block };
        let result = self.inflater.run(input, buffer, at, pause, until);
        let (consumed, written) = match &result {
            Ok(step) => (step.consumed, step.written),
            Err(error) => (error.consumed, error.written),
        };
        self.checksum.update(&buffer[at..at + written]);
        self.member_len += written as u64;
        self.decoded += written as u64;
        progress.written += written;
        self.consume(consumed, progress);
        result.map(|step| step.state).map_err(|error| error.damage)
    }

    /// The input has ended where more was asked for: well after a member, or where none was begun.
    fn end_input(&mut self, progress: &mut Progress) {
        if matches!(self.state, State::Between(0)) || self.offset == 0 {
            self.state = State::End;
            progress.state = Pause::End;
        } else {
            self.fail(None, progress);
        }
    }

    /// Keeps an error for the next call; in this one the caller takes what was decoded, as from a full buffer.
    fn fail(&mut self, damage: Option<Damage>, progress: &mut Progress) {
        self.pending = Some(GzipError { damage, offset_bytes: self.offset, decoded_bytes: self.decoded });
        progress.state = Pause::OutputFull;
    }
}
