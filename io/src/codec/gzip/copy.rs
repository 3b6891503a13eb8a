//! Copies of matches in wide steps, which write more than they must.
#![allow(unsafe_code)]

/// Bytes behind a match that [`copy_match`] may overwrite.
pub(super) const OVERSHOOT_BYTES: usize = 31;

/// Bytes that one step copies: one AVX2 register or two of 16 bytes.
const STEP: usize = 32;

/// Copies `length` bytes from `distance` bytes before `target` to `target`, byte by byte in effect: where they overlap,
/// the bytes in front of `target` are repeated.
///
/// # Safety
/// - `distance` is at least 1, and that many bytes in front of `target` can be read,
/// - `length` + [`OVERSHOOT_BYTES`] bytes from `target` on can be written; all of them belong to one allocation.
#[inline(always)]
pub(super) unsafe fn copy_match(target: *mut u8, distance: usize, length: usize) {
    if distance < STEP {
        // SAFETY: the caller's promises are those of the function called.
        return unsafe { copy_near(target, distance, length) };
    }
    // SAFETY: each step reads 32 bytes that end no later than where it writes, as the distance is at least 32, and
    // begin in front of `target` at the earliest where the caller said. It writes 32 bytes of which the first one is inside
    // the match.
    unsafe {
        let source = target.sub(distance);
        step::<STEP>(source, target);
        let mut done = STEP;
        while done < length {
            step::<STEP>(source.add(done), target.add(done));
            done += STEP;
        }
    }
}

/// [`copy_match`] where source and target of one step may overlap.
///
/// # Safety
/// As for [`copy_match`].
#[cold]
#[inline(never)]
unsafe fn copy_near(target: *mut u8, mut distance: usize, length: usize) {
    const STEP: usize = 16;
    // SAFETY: a step to `source + distance` makes the first 2 * `distance` bytes from `source` on right, and may write
    // 16 bytes from at most `target` + 7 on, as `source + distance` is `target` at first and the distance before it is doubled
    // for the last time is below 16. Then steps of 16 bytes, at a distance of at least 16, as in `copy_match`.
    unsafe {
        let end = target.add(length);
        let mut source = target.sub(distance);
        while distance < STEP {
            step::<STEP>(source, source.add(distance));
            distance *= 2;
        }
        let mut target = source.add(distance);
        while target < end {
            step::<STEP>(source, target);
            source = source.add(STEP);
            target = target.add(STEP);
        }
    }
}

/// Copies `N` bytes: all are read before one is written.
///
/// # Safety
/// `N` bytes can be read from `source` and written to `target`.
#[inline(always)]
unsafe fn step<const N: usize>(source: *const u8, target: *mut u8) {
    // SAFETY: an array of bytes may stand at any address; the rest is the caller's promise.
    unsafe { target.copy_from(source, N) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_distance_and_length_as_byte_by_byte() {
        for distance in 1..=100 {
            for length in 1..=300 {
                let mut bytes: Vec<u8> = (0..distance).map(|i| (i * 7 + 1) as u8).collect();
                bytes.resize(distance + length + OVERSHOOT_BYTES, 0xee);
                let mut expected = bytes.clone();
                for at in distance..distance + length {
                    expected[at] = expected[at - distance];
                }
                // SAFETY: `distance` bytes stand in front, and `length` and the overshoot behind.
                unsafe { copy_match(bytes.as_mut_ptr().add(distance), distance, length) };
                let end = distance + length;
                assert_eq!(bytes[..end], expected[..end], "distance {distance} length {length}");
            }
        }
    }
}
