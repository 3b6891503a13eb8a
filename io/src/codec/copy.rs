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
/// What repeats is put together in a register: to read back what was just written would have to wait until all of it is out of
/// the processor's store buffer, some 15 cycles a step.
///
/// # Safety
/// As for [`copy_match`].
#[cold]
#[inline(never)]
unsafe fn copy_near(target: *mut u8, distance: usize, length: usize) {
    const STEP: usize = size_of::<u128>();
    // SAFETY: reads the bytes in front of `target` that the caller promised, and behind them others that can be written, so also
    // read. A step writes 16 bytes, of which the first one is inside the match.
    unsafe {
        let source = target.sub(distance);
        let mut done = 0;
        if distance >= STEP {
            while done < length {
                step::<STEP>(source.add(done), target.add(done));
                done += STEP;
            }
            return;
        }
        let pattern = repeat(u128::from_le(source.cast::<u128>().read_unaligned()), distance);
        // As many bytes as whole patterns fit.
        let stride = STEP - STEP % distance;
        while done < length {
            target.add(done).cast::<u128>().write_unaligned(pattern.to_le());
            done += stride;
        }
    }
}

/// The lowest `len` bytes, 1 to 15 of them, again and again.
fn repeat(bytes: u128, len: usize) -> u128 {
    let mut bits = 8 * len as u32;
    let mut pattern = bytes & !(!0 << bits);
    while bits < u128::BITS {
        pattern |= pattern << bits;
        bits *= 2;
    }
    pattern
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
