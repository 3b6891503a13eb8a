//! Blocks in two vectors of AVX2.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256i, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_loadl_epi64, _mm_set_epi64x, _mm_set1_epi8,
    _mm256_add_epi32, _mm256_cmpeq_epi8, _mm256_cvtepu8_epi32, _mm256_loadu_si256, _mm256_movemask_epi8,
    _mm256_set1_epi8, _mm256_set1_epi32, _mm256_storeu_si256,
};

use super::{BLOCK_LEN_BYTES, Block64};

/// For code that is inlined into functions with the features of
/// [`InstructionSet::Avx2`](super::InstructionSet::Avx2), and runs only where the processor has them.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(__m256i, __m256i);

/// The sign bits of two vectors.
#[inline(always)]
fn sign_bits(low: __m256i, high: __m256i) -> u64 {
    // SAFETY: whoever uses `Avx2` has found that the processor has AVX2.
    let (low, high) = unsafe { (_mm256_movemask_epi8(low), _mm256_movemask_epi8(high)) };
    u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32
}

impl Block64 for Avx2 {
    #[inline(always)]
    fn load(bytes: &[u8; BLOCK_LEN_BYTES]) -> Self {
        let vectors: *const __m256i = bytes.as_ptr().cast();
        // SAFETY: the array has the 64 bytes that are read, and the loads need no alignment; whoever uses
        // `Avx2` has found that the processor has AVX2.
        unsafe { Self(_mm256_loadu_si256(vectors), _mm256_loadu_si256(vectors.add(1))) }
    }

    #[inline(always)]
    fn equal(self, byte: u8) -> u64 {
        // SAFETY: whoever uses `Avx2` has found that the processor has AVX2.
        unsafe {
            let wanted = _mm256_set1_epi8(byte.cast_signed());
            sign_bits(_mm256_cmpeq_epi8(self.0, wanted), _mm256_cmpeq_epi8(self.1, wanted))
        }
    }

    #[inline(always)]
    fn prefix_xor(mask: u64) -> u64 {
        // A product without carries with all ones adds up, at each bit, all bits up to it.
        // SAFETY: whoever uses `Avx2` has found that the processor has carry-less multiplication.
        unsafe {
            let product = _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, mask.cast_signed()), _mm_set1_epi8(-1));
            _mm_cvtsi128_si64(product).cast_unsigned()
        }
    }

    #[inline(always)]
    fn write_offsets(places: &[u8; 8], base: u32, out: &mut [u32; 8]) {
        // SAFETY: eight bytes are read from and eight words of four bytes written to arrays of as many, without
        // need of alignment; whoever uses `Avx2` has found that the processor has AVX2.
        unsafe {
            let places = _mm256_cvtepu8_epi32(_mm_loadl_epi64(places.as_ptr().cast()));
            let offsets = _mm256_add_epi32(places, _mm256_set1_epi32(base.cast_signed()));
            _mm256_storeu_si256(out.as_mut_ptr().cast(), offsets);
        }
    }
}
