//! Members (streams, frames), of which what is decoded comes out before their end is seen.

use std::io;

use super::super::gzip::bgzf_block_len;
use super::super::input::Input;
use super::super::members::{find_member, starts_member};
use super::super::{Codec, MAGIC_LEN_BYTES, xz};
use super::member::{Bad, BadKind, Decoded, Member};
use super::{Broken, Report, Step, give};

/// Bytes decoded at once.
const WINDOW_LEN_BYTES: usize = 64 << 10;

/// Decoded bytes of a member behind a damaged one that must be right before one of them is given, or all that it has: what only
/// looks like the start of a member does not get so far.
const TRIED_LEN_BYTES: usize = 64 << 10;

/// The same if the file ends in the member.
const LEAST_TRIED_LEN_BYTES: usize = 4 << 10;

/// Compressed bytes that are tried at most: blocks of Zstandard have up to 128 KiB, and come out whole.
const TRIAL_LEN_BYTES: usize = 256 << 10;

/// Compressed bytes in front of the place where decoding failed in which the next member is looked for, too: damage may be noticed
/// behind the end of what is damaged.
const NOTICED_LATE_BYTES: u64 = 64 << 10;

/// Compressed bytes that are kept, so that one can go back to them.
const KEPT_LEN_BYTES: usize = 2 * NOTICED_LATE_BYTES as usize;

/// Bytes of a member, or of a block of xz, by which it is known.
const HEAD_LEN_BYTES: usize = 64;

/// Compressed bytes of an index of xz at most: that of some hundred thousand blocks.
const MAX_INDEX_LEN_BYTES: usize = 2 << 20;

/// Decoded bytes that a member of BGZF has at most, and its compressed bytes.
const BGZF_LEN_BYTES: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct Members {
    codec: Codec,
    place: Place,
    /// Decoded bytes, given up to `start`.
    window: Vec<u8>,
    start: usize,
    /// A gap is in front of them.
    gap: bool,
    /// Members that were met.
    members: u64,
    /// The last member was damaged: what follows is not to be taken for something else.
    was_damaged: bool,
    /// Not in use.
    spare: Option<Member>,
    /// The head of the stream of xz at hand, and the byte at which it begins.
    stream: Option<([u8; xz::STREAM_HEAD_LEN_BYTES], u64)>,
}

#[derive(Debug)]
enum Place {
    /// At the head of the file or behind a member.
    Between,
    /// In a member that begins at this byte, and of which so many bytes were decoded.
    Member {
        member: Member,
        start_bytes: u64,
        decoded_bytes: u64,
    },
    /// The next member is looked for from this byte of the file on; if there is none, what was found broken may be something that
    /// follows the last one.
    Search {
        broken: Broken,
        from_bytes: u64,
        may_be_trailing: bool,
    },
    End {
        trailing_offset_bytes: Option<u64>,
    },
}

impl Members {
    pub(super) fn new(codec: Codec) -> Self {
        Self {
            codec,
            place: Place::Between,
            window: Vec::new(),
            start: 0,
            gap: false,
            members: 0,
            was_damaged: false,
            spare: None,
            stream: None,
        }
    }

    pub(super) fn read(
        &mut self,
        input: &mut Input,
        out: &mut [u8],
        report: &mut Report,
    ) -> io::Result<Step> {
        loop {
            if std::mem::take(&mut self.gap) {
                return Ok(Step::Gap);
            }
            if self.start < self.window.len() {
                return Ok(give(&self.window, &mut self.start, out, report));
            }
            let next = match std::mem::replace(&mut self.place, Place::Between) {
                Place::Between => self.next_member(input, report)?,
                Place::Member { member, start_bytes, decoded_bytes } => {
                    self.go_on(input, member, start_bytes, decoded_bytes, report)?
                }
                Place::Search { broken, from_bytes, may_be_trailing } => {
                    self.search(input, &broken, from_bytes, may_be_trailing, report)?
                }
                Place::End { trailing_offset_bytes } => {
                    self.place = Place::End { trailing_offset_bytes };
                    return Ok(Step::End { trailing_offset_bytes });
                }
            };
            (self.start, self.place) = (0, next);
        }
    }

    fn next_member(&mut self, input: &mut Input, report: &Report) -> io::Result<Place> {
        input.keep(KEPT_LEN_BYTES);
        self.window.clear();
        if input.offset_bytes() > 0 {
            input.pass_zeros(MAGIC_LEN_BYTES)?;
        }
        input.fill_to(BGZF_LEN_BYTES)?;
        let start_bytes = input.offset_bytes();
        if input.available().is_empty() {
            return Ok(Place::End { trailing_offset_bytes: None });
        }
        let is_head = start_bytes == 0 && self.codec.may_begin(input.available());
        if !is_head && !starts_member(self.codec, input.available()) {
            let what = format!("not the first bytes of a {} {}", self.codec, crate::losses::unit(self.codec));
            let broken = broken(self.members + 1, start_bytes, what);
            let may_be_trailing = self.members > 0 && !self.was_damaged;
            return Ok(Place::Search { broken, from_bytes: start_bytes + 1, may_be_trailing });
        }
        self.members += 1;
        if let Some(len) = self.bgzf_len(input) {
            return self.next_block(input, start_bytes, len, report);
        }
        self.stream = xz::stream_head(input.available()).map(|head| (head, start_bytes));
        if let Some((head, _)) = &self.stream
            && xz::block_len(head, &input.available()[head.len()..]).is_some()
        {
            input.consume(head.len());
            return self.behind_block(input);
        }
        let member = Member::begin(self.codec, start_bytes, self.spare.take());
        Ok(Place::Member { member, start_bytes, decoded_bytes: 0 })
    }

    /// Behind the head of a stream of xz, or a block of it that was decoded alone: another one, or the index and the end.
    fn behind_block(&mut self, input: &mut Input) -> io::Result<Place> {
        input.keep(KEPT_LEN_BYTES);
        input.fill_to(HEAD_LEN_BYTES)?;
        let start_bytes = input.offset_bytes();
        if let Some(member) = self.begin_block(input)? {
            return Ok(Place::Member { member, start_bytes, decoded_bytes: 0 });
        }
        if input.available().first() == Some(&0) {
            input.fill_to(MAX_INDEX_LEN_BYTES)?;
        }
        if let Some(len) = xz::index_len(input.available()) {
            input.consume(len);
            return Ok(Place::Between);
        }
        let broken = broken(self.members, start_bytes, "neither a block nor the end of a stream".to_owned());
        self.was_damaged = true;
        Ok(Place::Search { broken, from_bytes: start_bytes + 1, may_be_trailing: false })
    }

    /// The block of xz that begins with what is available, if one does.
    fn begin_block(&self, input: &Input) -> io::Result<Option<Member>> {
        let Some((head, _)) = &self.stream else { return Ok(None) };
        let Some(len) = xz::block_len(head, input.available()) else { return Ok(None) };
        Member::begin_block(head, input.offset_bytes(), len).map(Some)
    }

    /// The length of the member of BGZF that begins with what is available, if one does.
    fn bgzf_len(&self, input: &Input) -> Option<usize> {
        bgzf_block_len(input.available()).filter(|_| self.codec == Codec::Gzip)
    }

    /// A member that tells its length, and is given when it is known to be right.
    fn next_block(
        &mut self,
        input: &mut Input,
        start_bytes: u64,
        len: usize,
        report: &Report,
    ) -> io::Result<Place> {
        let Err(what) = self.decode_block(input, start_bytes)? else {
            self.was_damaged = false;
            return Ok(Place::Between);
        };
        self.was_damaged = true;
        let broken = broken(self.members, start_bytes, what);
        let end_bytes = start_bytes + len as u64;
        input.go_to(end_bytes - 4);
        input.fill_to(4 + BGZF_LEN_BYTES)?;
        if let Some((len, next)) = input.available().split_first_chunk()
            && input.offset_bytes() == end_bytes - 4
            && (next.is_empty() || bgzf_block_len(next).is_some())
        {
            let lost_bytes = u32::from_le_bytes(*len);
            let lost_bytes = (lost_bytes as usize <= BGZF_LEN_BYTES).then_some(lost_bytes.into());
            report.lose(&broken, end_bytes, lost_bytes);
            self.gap = true;
            input.consume(4);
            return Ok(Place::Between);
        }
        Ok(Place::Search { broken, from_bytes: start_bytes + 1, may_be_trailing: false })
    }

    /// Decodes all of a small member into the window, or says what is wrong with it.
    fn decode_block(&mut self, input: &mut Input, start_bytes: u64) -> io::Result<Result<(), String>> {
        let mut member = Member::begin(self.codec, start_bytes, self.spare.take());
        self.window.clear();
        let decoded = loop {
            let len = self.window.len();
            self.window.resize(len + WINDOW_LEN_BYTES, 0);
            let decoded = member.read(input, &mut self.window[len..])?;
            let more = if let Decoded::Bytes(more) = decoded { more } else { 0 };
            self.window.truncate(len + more);
            match decoded {
                Decoded::Bytes(_) if self.window.len() > BGZF_LEN_BYTES => {
                    break Err("it is longer than it may be".to_owned());
                }
                Decoded::Bytes(_) => {}
                Decoded::End => break Ok(()),
                Decoded::Bad(bad) => break Err(bad.what),
            }
        };
        self.spare = Some(member);
        if decoded.is_err() {
            self.window.clear();
        }
        Ok(decoded)
    }

    /// Decodes the next bytes of a member.
    fn go_on(
        &mut self,
        input: &mut Input,
        mut member: Member,
        start_bytes: u64,
        decoded_bytes: u64,
        report: &Report,
    ) -> io::Result<Place> {
        self.window.resize(WINDOW_LEN_BYTES, 0);
        let decoded = member.read(input, &mut self.window);
        self.window.truncate(match &decoded {
            Ok(Decoded::Bytes(len)) => *len,
            _ => 0,
        });
        match decoded? {
            Decoded::Bytes(len) => {
                Ok(Place::Member { member, start_bytes, decoded_bytes: decoded_bytes + len as u64 })
            }
            Decoded::End if member.is_block() => self.behind_block(input),
            Decoded::End => {
                (self.was_damaged, self.spare) = (false, Some(member));
                Ok(Place::Between)
            }
            Decoded::Bad(bad) => {
                (self.was_damaged, self.spare) = (true, Some(member));
                Ok(self.fail(input, &bad, start_bytes, decoded_bytes, report))
            }
        }
    }

    /// A member cannot be decoded further.
    fn fail(
        &self,
        input: &mut Input,
        bad: &Bad,
        start_bytes: u64,
        decoded_bytes: u64,
        report: &Report,
    ) -> Place {
        let lost_from = if decoded_bytes == 0 { start_bytes } else { bad.offset_bytes };
        let broken =
            Broken { unchecked_bytes: decoded_bytes, ..broken(self.members, lost_from, bad.what.clone()) };
        if bad.kind == BadKind::Checksum {
            input.go_to(bad.offset_bytes);
            report.doubt(&Broken { start_bytes: bad.offset_bytes, ..broken });
            return Place::Between;
        }
        let from_bytes = bad.offset_bytes.saturating_sub(NOTICED_LATE_BYTES).max(start_bytes + 1);
        Place::Search { broken, from_bytes, may_be_trailing: false }
    }

    /// Looks for the next member that starts whole.
    fn search(
        &mut self,
        input: &mut Input,
        broken: &Broken,
        from_bytes: u64,
        may_be_trailing: bool,
        report: &Report,
    ) -> io::Result<Place> {
        input.keep(KEPT_LEN_BYTES);
        input.go_to(from_bytes);
        loop {
            input.fill_to(BGZF_LEN_BYTES)?;
            let available = input.available();
            let searched = available.len();
            let whole_len = if input.at_end() { searched } else { searched - HEAD_LEN_BYTES };
            let found = find_member(self.codec, available).into_iter().chain(self.find_block(input, broken));
            let Some(at) = found.min().filter(|at| *at <= whole_len) else {
                if input.at_end() {
                    input.consume(searched);
                    return Ok(self.end_search(input, broken, may_be_trailing, report));
                }
                input.consume(whole_len + 1);
                continue;
            };
            input.consume(at);
            let start_bytes = input.offset_bytes();
            input.keep(TRIAL_LEN_BYTES + KEPT_LEN_BYTES);
            let tried = self.try_member(input, start_bytes)?;
            input.keep(KEPT_LEN_BYTES);
            if let Some(place) = tried {
                let is_block = matches!(&place, Place::Member { member, .. } if member.is_block());
                self.members += u64::from(!is_block);
                self.was_damaged = false;
                self.gap = true;
                report.lose(broken, start_bytes, None);
                return Ok(place);
            }
            input.go_to(start_bytes + 1);
        }
    }

    /// Finds a block of xz in what is available. In front of the place where decoding failed are those that came out.
    fn find_block(&self, input: &Input, broken: &Broken) -> Option<usize> {
        let (head, start_bytes) = self.stream.as_ref()?;
        let first = usize::try_from(broken.start_bytes.saturating_sub(input.offset_bytes())).ok()?;
        let behind_start_bytes = input.offset_bytes() + first as u64 - start_bytes;
        let bytes = input.available().get(first..)?;
        Some(first + xz::find_block(head, bytes, behind_start_bytes)?)
    }

    /// Decodes the first bytes of what may be a member into the window; nothing if it is none.
    fn try_member(&mut self, input: &mut Input, start_bytes: u64) -> io::Result<Option<Place>> {
        if self.bgzf_len(input).is_some() {
            return Ok(self.decode_block(input, start_bytes)?.ok().map(|()| Place::Between));
        }
        let mut member = match self.begin_block(input)? {
            Some(block) => block,
            None => Member::begin(self.codec, start_bytes, self.spare.take()),
        };
        self.window.clear();
        loop {
            let len = self.window.len();
            if len >= TRIED_LEN_BYTES {
                return Ok(Some(Place::Member { member, start_bytes, decoded_bytes: len as u64 }));
            }
            self.window.resize(len + WINDOW_LEN_BYTES, 0);
            let decoded = member.read(input, &mut self.window[len..])?;
            let more = if let Decoded::Bytes(more) = decoded { more } else { 0 };
            self.window.truncate(len + more);
            match decoded {
                Decoded::Bytes(_) if input.offset_bytes() <= start_bytes + TRIAL_LEN_BYTES as u64 => {}
                // That it has ended is told again.
                Decoded::End => {
                    return Ok(Some(Place::Member { member, start_bytes, decoded_bytes: len as u64 }));
                }
                Decoded::Bad(Bad { kind: BadKind::Truncated, .. }) if len >= LEAST_TRIED_LEN_BYTES => {
                    return Ok(Some(Place::Member { member, start_bytes, decoded_bytes: len as u64 }));
                }
                _ => {
                    self.spare = Some(member);
                    self.window.clear();
                    return Ok(None);
                }
            }
        }
    }

    /// Nothing was found up to the end of the file.
    fn end_search(
        &mut self,
        input: &Input,
        broken: &Broken,
        may_be_trailing: bool,
        report: &Report,
    ) -> Place {
        if may_be_trailing {
            return Place::End { trailing_offset_bytes: Some(broken.start_bytes) };
        }
        self.gap = true;
        report.lose_rest(broken, input.offset_bytes());
        Place::End { trailing_offset_bytes: None }
    }
}

/// A member of which nothing came out from a byte on.
fn broken(unit: u64, start_bytes: u64, what: String) -> Broken {
    Broken { first_unit: unit, last_unit: unit, start_bytes, unchecked_bytes: 0, what }
}
