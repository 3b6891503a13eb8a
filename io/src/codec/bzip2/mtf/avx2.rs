//! The list with its front in one vector register, moved by byte shuffles.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::super::instructions::Avx2;
use super::{NEAR_LEN, RecencyList};

/// Bytes of a row: those that one shuffle within 128 bits reaches.
const ROW_LEN: usize = 16;

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
pub(in super::super) type Rows = [__m128i; ROWS];

/// Memory for a list.
pub(in super::super) fn empty_rows() -> Rows {
    // SAFETY: SSE2, which this needs, is part of x86-64.
    [unsafe { _mm_setzero_si128() }; ROWS]
}

/// Where each byte of the front comes from in a move to the front: for each half, the shuffles of the
/// first half and of the second one that together make it.
#[repr(align(64))]
struct FrontMove([[[u8; ROW_LEN]; 2]; 2]);

/// The moves of each index below [`NEAR_LEN`] to the front.
static FRONT_MOVES: [FrontMove; NEAR_LEN] = {
    /// What makes a shuffle give zero.
    const ZERO: u8 = 0x80;
    let mut moves = [const { FrontMove([[[ZERO; ROW_LEN]; 2]; 2]) }; NEAR_LEN];
    let mut index = 0;
    while index < NEAR_LEN {
        let mut to = 0;
        while to < NEAR_LEN {
            let from = source(index, to);
            moves[index].0[to / ROW_LEN][from / ROW_LEN][to % ROW_LEN] = (from % ROW_LEN) as u8;
            to += 1;
        }
        index += 1;
    }
    moves
};

/// The moves within one row.
static ROW_MOVES: [[u8; ROW_LEN]; ROW_LEN] = {
    let mut moves = [[0; ROW_LEN]; ROW_LEN];
    let mut index = 0;
    while index < ROW_LEN {
        let mut to = 0;
        while to < ROW_LEN {
            moves[index][to] = source(index, to) as u8;
            to += 1;
        }
        index += 1;
    }
    moves
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
        // SAFETY: `Avx2` proves that the processor has AVX2; the loads read 16 bytes of a slice of 32,
        // and 16 of chunks of 16.
        unsafe {
            for (row, bytes) in rows.iter_mut().zip(rest.chunks_exact(ROW_LEN)) {
                *row = _mm_loadu_si128(bytes.as_ptr().cast());
            }
            let front =
                [_mm_loadu_si128(front.as_ptr().cast()), _mm_loadu_si128(front[16..].as_ptr().cast())];
            Self { front, rows }
        }
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
            let half = |shuffles: &[[u8; ROW_LEN]; 2]| {
                let of_first = _mm_load_si128(shuffles[0].as_ptr().cast());
                let of_second = _mm_load_si128(shuffles[1].as_ptr().cast());
                _mm_or_si128(_mm_shuffle_epi8(first, of_first), _mm_shuffle_epi8(second, of_second))
            };
            self.front = [half(&front_move.0[0]), half(&front_move.0[1])];
            _mm_cvtsi128_si32(self.front[0]) as u8
        }
    }

    #[inline(always)]
    fn far(&mut self, index: usize) -> u8 {
        let (last, place) = ((index - NEAR_LEN) / ROW_LEN, index % ROW_LEN);
        // SAFETY: a list is only made where the processor has AVX2; the load reads the 16 bytes of an
        // array.
        unsafe {
            let row_move = _mm_loadu_si128(ROW_MOVES[place].as_ptr().cast());
            let moved = _mm_shuffle_epi8(self.rows[last], row_move);
            let byte = _mm_cvtsi128_si32(moved) as u8;
            // Every row before that of the byte takes the last byte of the row before it.
            let mut before = self.front[1];
            for row in &mut self.rows[..last] {
                let pushed = _mm_alignr_epi8::<15>(*row, before);
                before = std::mem::replace(row, pushed);
            }
            let first = _mm_setr_epi8(-1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
            self.rows[last] = _mm_blendv_epi8(moved, _mm_alignr_epi8::<15>(moved, before), first);
            self.near(NEAR_LEN as u32 - 1);
            self.front[0] = _mm_insert_epi8::<0>(self.front[0], i32::from(byte));
            byte
        }
    }
}
