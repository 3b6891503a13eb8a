//! The hot loop: sequences while there is ample input and ample room.
//!
//! A sequence is looked at as a whole before the place is moved behind it. One for which there is not enough of anything, or that is
//! damaged, is left to be decoded step by step: its literals may be in the output already, which changes nothing.
#![allow(unsafe_code)]

use super::block::{History, LEAST_MATCH_LEN, LONG, Output, Source};
use crate::codec::copy::{OVERSHOOT_BYTES, copy_match};

/// Literals that are copied at once.
const LITERALS: usize = 16;

/// Bytes copied at once where there are more.
const STEP: usize = OVERSHOOT_BYTES + 1;

/// Bytes of input that a sequence of short lengths may look at: the token, and the literals with the distance behind them.
const INPUT_SLACK: usize = 1 + LITERALS + 2;

/// Bytes of output that literals may write too much, with a match of a short length behind them.
const OUTPUT_SLACK: usize = LITERALS + LONG + LEAST_MATCH_LEN + OVERSHOOT_BYTES;

/// Decodes as many sequences as it can.
pub(super) fn decode(source: &mut Source<'_>, output: &mut Output<'_>, history: &History) {
    let Output { buffer, at, end, floor } = output;
    assert!(*floor <= *at && *at <= *end && *end <= buffer.len());
    let Some(source_stop) = source.bytes.len().checked_sub(INPUT_SLACK) else { return };
    let Some(target_stop) = end.checked_sub(OUTPUT_SLACK) else { return };
    while source.at <= source_stop && *at <= target_stop {
        // SAFETY: the slacks are there, of both; the floor is in front of the target, which is in the buffer.
        let Some(sequence) =
            (unsafe { sequence(source.bytes, source.at, buffer.as_mut_ptr(), *at, *end, *floor, history) })
        else {
            return;
        };
        (source.at, *at) = sequence;
    }
}

/// Decodes the sequence that begins at `from`, to `at`; where it ends, in both.
///
/// # Safety
/// Behind `from` are [`INPUT_SLACK`] bytes, and `target` has bytes up to `end`, of which [`OUTPUT_SLACK`] are behind `at`, and `floor` of them
/// are in front of it.
#[inline(always)]
unsafe fn sequence(
    source: &[u8],
    mut from: usize,
    target: *mut u8,
    mut at: usize,
    end: usize,
    floor: usize,
    history: &History,
) -> Option<(usize, usize)> {
    let bytes = source.as_ptr();
    // SAFETY: there is slack.
    let token = unsafe { bytes.add(from).read() };
    from += 1;
    let mut len = usize::from(token >> 4);
    if len < LONG {
        // SAFETY: the slacks are there, of both; the buffers are not the same.
        unsafe { target.add(at).copy_from_nonoverlapping(bytes.add(from), LITERALS) };
    } else {
        len += long(source, &mut from)?;
        // Room for what the last step copies too much, and then for a match.
        if source.len() - from < INPUT_SLACK + STEP || len > source.len() - from - INPUT_SLACK - STEP {
            return None;
        }
        if end - at < OUTPUT_SLACK + STEP || len > end - at - OUTPUT_SLACK - STEP {
            return None;
        }
        // SAFETY: the steps begin inside the literals, so they end no more than a step behind them: both have been found to have it.
        unsafe { copy_steps(bytes.add(from), target.add(at), len) };
    }
    (from, at) = (from + len, at + len);
    // SAFETY: there is slack behind literals of either kind.
    let distance = usize::from(u16::from_le(unsafe { bytes.add(from).cast::<u16>().read_unaligned() }));
    from += 2;
    let mut len = usize::from(token & 15) + LEAST_MATCH_LEN;
    if len == LONG + LEAST_MATCH_LEN {
        len += long(source, &mut from)?;
        if len > end - at - OVERSHOOT_BYTES {
            return None;
        }
    }
    if distance.wrapping_sub(1) < at - floor {
        // SAFETY: the distance is at least 1, and reaches no farther than to the floor, which is in the buffer. Behind the match
        // are the bytes that may be overwritten: by the slack for a short one, else as was just found.
        unsafe { copy_match(target.add(at), distance, len) };
    } else {
        let back = distance.checked_sub(at - floor).filter(|back| len <= *back)?;
        let kept = history.back(back)?;
        // SAFETY: the match is shorter than what is left of the history, which has bytes behind it that may be read; and as above.
        unsafe { copy_steps(kept.as_ptr(), target.add(at), len) };
    }
    Some((from, at + len))
}
/// The rest of a length: bytes that are added up to the first one below 255. Nothing if they are not all there.
#[inline(always)]
fn long(bytes: &[u8], from: &mut usize) -> Option<usize> {
    let mut sum = 0;
    loop {
        let more = usize::from(*bytes.get(*from)?);
        *from += 1;
        sum += more;
        if more < 255 {
            return Some(sum);
        }
    }
}

/// Copies `len` bytes, or up to [`OVERSHOOT_BYTES`] more.
///
/// # Safety
/// `len` + [`OVERSHOOT_BYTES`] bytes can be read from `source` and written to `target`, and are not the same.
#[inline(always)]
unsafe fn copy_steps(source: *const u8, target: *mut u8, len: usize) {
    let mut done = 0;
    while done < len {
        // SAFETY: the step begins inside the `len` bytes.
        unsafe { target.add(done).copy_from_nonoverlapping(source.add(done), STEP) };
        done += STEP;
    }
}
