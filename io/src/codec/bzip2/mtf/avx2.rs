//! The list with its front in two vector registers, moved by byte shuffles, and the rest in seven.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::super::instructions::Avx2;
use super::{NEAR_LEN, RecencyList};

/// Bytes of a half of the front: those that one shuffle reaches.
const HALF_LEN: usize = 16;

/// Bytes of a row: those of one register.
const ROW_LEN: usize = 32;

/// Rows behind the front.
const ROWS: usize = (256 - NEAR_LEN) / ROW_LEN;

/// The list of bytes in the order of their last use: the first 32 in two registers, the others in rows.
///
/// A move within the front is four shuffles, whatever the index, so that the chain from one symbol to
/// the next is two cycles and no branch depends on the data. That is what makes undoing move-to-front some
/// three times as fast as the array.
pub(in super::super) struct Avx2List<'a> {
    front: [__m128i; 2],
    /// Apart from the front, which would not stay in its registers beside an array.
    rows: &'a mut Rows,
}

/// The bytes behind the front.
#[repr(align(32))]
pub(in super::super) struct Rows([[u8; ROW_LEN]; ROWS]);

impl Rows {
    /// Memory for a list.
    pub(in super::super) fn new() -> Self {
        Self([[0; ROW_LEN]; ROWS])
    }
}

/// Where each byte of the front comes from in a move to the front: for each half, the shuffles of the
/// first half and of the second one that together make it.
#[repr(align(64))]
struct FrontMove([[[u8; HALF_LEN]; 2]; 2]);

/// The moves of each index below [`NEAR_LEN`] to the front.
static FRONT_MOVES: [FrontMove; NEAR_LEN] = {
    /// What makes a shuffle give zero.
    const ZERO: u8 = 0x80;
    let mut moves = [const { FrontMove([[[ZERO; HALF_LEN]; 2]; 2]) }; NEAR_LEN];
    let mut index = 0;
    while index < NEAR_LEN {
        let mut to = 0;
        while to < NEAR_LEN {
            let from = source(index, to);
            moves[index].0[to / HALF_LEN][from / HALF_LEN][to % HALF_LEN] = (from % HALF_LEN) as u8;
            to += 1;
        }
        index += 1;
    }
    moves
};

/// The number of each byte behind the front.
static NUMBERS: Rows = {
    let mut numbers = [[0; ROW_LEN]; ROWS];
    let mut i = 0;
    while i < ROWS * ROW_LEN {
        numbers[i / ROW_LEN][i % ROW_LEN] = i as u8;
        i += 1;
    }
    Rows(numbers)
};

/// Which byte comes to place `to` when the one at `index` moves to the front.
const fn source(index: usize, to: usize) -> usize {
    match to {
        0 => index,
        _ if to <= index => to - 1,
        _ => to,
    }
}

impl<'a> Avx2List<'a> {
    /// A list in the order given.
    #[inline(always)]
    pub(in super::super) fn new(_: Avx2, order: &[u8; 256], rows: &'a mut Rows) -> Self {
        let (front, rest) = order.split_at(NEAR_LEN);
        rows.0.as_flattened_mut().copy_from_slice(rest);
        // SAFETY: `Avx2` proves that the processor has AVX2; the loads read the 16 bytes of slices of 16.
        let half = |bytes: &[u8]| unsafe { _mm_loadu_si128(bytes[..HALF_LEN].as_ptr().cast()) };
        Self { front: [half(front), half(&front[HALF_LEN..])], rows }
    }
}

impl RecencyList for Avx2List<'_> {
    #[inline(always)]
    fn near(&mut self, index: u32) -> u8 {
        let front_move = &FRONT_MOVES[index as usize % NEAR_LEN];
        let [first, second] = self.front;
        // SAFETY: a list is only made where the processor has AVX2; the loads read the 16 bytes of
        // arrays that are aligned to 16.
        unsafe {
            let half = |shuffles: &[[u8; HALF_LEN]; 2]| {
                let of_first = _mm_load_si128(shuffles[0].as_ptr().cast());
                let of_second = _mm_load_si128(shuffles[1].as_ptr().cast());
                _mm_or_si128(_mm_shuffle_epi8(first, of_first), _mm_shuffle_epi8(second, of_second))
            };
            self.front = [half(&front_move.0[0]), half(&front_move.0[1])];
            _mm_cvtsi128_si32(self.front[0]) as u8
        }
    }

    /// All rows are done the same way, whatever the index: how many there are to do is not to be guessed. That
    /// takes a quarter off the time of data whose bytes seldom come again soon.
    #[inline(always)]
    fn far(&mut self, index: usize) -> u8 {
        let number = index - NEAR_LEN;
        let byte = self.rows.0.as_flattened()[number];
        // SAFETY: a list is only made where the processor has AVX2; the loads and stores are of the 32
        // bytes of arrays that are aligned to 32.
        unsafe {
            let last = _mm256_set1_epi8(number as i8);
            let mut before = _mm256_set_m128i(self.front[1], self.front[1]);
            for (row, numbers) in self.rows.0.iter_mut().zip(&NUMBERS.0) {
                let bytes = _mm256_load_si256(row.as_ptr().cast());
                // Bytes up to that one move by one place, and the last of the row before comes first.
                let across = _mm256_permute2x128_si256::<0x21>(before, bytes);
                let moved = _mm256_alignr_epi8::<15>(bytes, across);
                let numbers = _mm256_load_si256(numbers.as_ptr().cast());
                let moves = _mm256_cmpeq_epi8(_mm256_max_epu8(numbers, last), last);
                _mm256_store_si256(row.as_mut_ptr().cast(), _mm256_blendv_epi8(bytes, moved, moves));
                before = bytes;
            }
            self.near(NEAR_LEN as u32 - 1);
            self.front[0] = _mm_insert_epi8::<0>(self.front[0], i32::from(byte));
        }
        byte
    }
}
