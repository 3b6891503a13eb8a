//! Four numbers at a time, of up to eight characters each: one in each of the 64-bit lanes of a vector.
//!
//! As in [`numbers`](super), but the digits of all four are added up together: neighbours times ten and one, then
//! pairs, then groups of four (W. Muła, "SIMD-ized parsing of a string into an integer", 2014).
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256d, __m256i, _mm256_add_epi64, _mm256_and_si256, _mm256_andnot_si256, _mm256_blendv_epi8,
    _mm256_castsi256_pd, _mm256_cmpeq_epi8, _mm256_cmpeq_epi64, _mm256_cmpgt_epi64, _mm256_div_pd,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_movemask_pd, _mm256_mul_epu32, _mm256_or_pd,
    _mm256_or_si256, _mm256_set_epi64x, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_set1_epi64x, _mm256_set1_pd, _mm256_setzero_si256, _mm256_slli_epi64, _mm256_sllv_epi64,
    _mm256_srli_epi64, _mm256_srlv_epi64, _mm256_storeu_pd, _mm256_storeu_si256, _mm256_sub_epi64,
    _mm256_sub_pd, _mm256_subs_epu8, _mm256_xor_pd, _mm256_xor_si256,
};

use super::{LANES, ZEROS, load_8, one_by_one};
use crate::scanner::fields::Span;

/// A kind of number, four of them at a time.
pub(super) trait FourNumbers: Copy + Default {
    /// The numbers of four fields, and a bit for each that is none of up to eight characters.
    ///
    /// # Safety
    /// The processor has AVX2.
    unsafe fn of(data: &[u8], spans: &[Span; LANES], out: &mut [Self; LANES]) -> u8;
}

impl FourNumbers for i64 {
    #[inline(always)]
    unsafe fn of(data: &[u8], spans: &[Span; LANES], out: &mut [Self; LANES]) -> u8 {
        // SAFETY: the caller has found that the processor has AVX2.
        unsafe { integers(data, spans, out) }
    }
}

impl FourNumbers for f64 {
    #[inline(always)]
    unsafe fn of(data: &[u8], spans: &[Span; LANES], out: &mut [Self; LANES]) -> u8 {
        // SAFETY: the caller has found that the processor has AVX2.
        unsafe { decimals(data, spans, out) }
    }
}

/// Appends the numbers of fields, and to `left` the places of those that are none. `one` sees what is longer than
/// a lane or not of the plain form. Called where there is
/// [`InstructionSet::Avx2`](crate::simd::InstructionSet::Avx2).
pub(super) fn by_four<V: FourNumbers>(
    data: &[u8],
    spans: &[Span],
    values: &mut Vec<V>,
    left: &mut Vec<usize>,
    one: impl Fn(&[u8], usize, usize) -> Option<V>,
) {
    let (groups, rest) = spans.as_chunks::<LANES>();
    // SAFETY: that set is chosen only where the processor has AVX2.
    unsafe { append_groups(data, groups, values, left, &one) };
    one_by_one(data, rest, groups.len() * LANES, values, left, one);
}

#[target_feature(enable = "avx2")]
fn append_groups<V: FourNumbers>(
    data: &[u8],
    groups: &[[Span; LANES]],
    values: &mut Vec<V>,
    left: &mut Vec<usize>,
    one: &impl Fn(&[u8], usize, usize) -> Option<V>,
) {
    values.reserve(groups.len() * LANES);
    for (index, spans) in groups.iter().enumerate() {
        let mut found = [V::default(); LANES];
        // SAFETY: this function asks for AVX2.
        let bad = unsafe { V::of(data, spans, &mut found) };
        for lane in (0..LANES).filter(|lane| bad & 1 << lane != 0) {
            let Span { start, end } = spans[lane];
            match one(data, start as usize, (end - start) as usize) {
                Some(value) => found[lane] = value,
                None => left.push(index * LANES + lane),
            }
        }
        values.extend_from_slice(&found);
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn integers(data: &[u8], spans: &[Span; LANES], out: &mut [i64; LANES]) -> u8 {
    let fields = Fields::load(data, spans);
    let bad = _mm256_or_si256(fields.bad_len, not_digits(fields.word));
    let value = value(fields.word);
    // Two's complement: all bits turned round, and one more.
    let value = _mm256_sub_epi64(_mm256_xor_si256(value, fields.negative), fields.negative);
    // SAFETY: four words of eight bytes are written to an array of as many, without need of alignment.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), value) };
    lanes(bad)
}

#[inline]
#[target_feature(enable = "avx2")]
fn decimals(data: &[u8], spans: &[Span; LANES], out: &mut [f64; LANES]) -> u8 {
    let zero = _mm256_setzero_si256();
    let fields = Fields::load(data, spans);
    let is_point = _mm256_cmpeq_epi8(fields.word, _mm256_set1_epi8((b'.' ^ b'0').cast_signed()));
    // The lowest bit of the first point; of a second one is said below that it is no digit.
    let point = _mm256_and_si256(is_point, _mm256_sub_epi64(zero, is_point));
    let none = _mm256_cmpeq_epi64(is_point, zero);
    let before = _mm256_add_epi64(point, _mm256_set1_epi64x(-1));
    let up_to = _mm256_or_si256(before, _mm256_sub_epi64(_mm256_slli_epi64::<8>(point), point));
    // What is before the point moves over it.
    let moved = _mm256_slli_epi64::<8>(_mm256_and_si256(fields.word, before));
    let joined = _mm256_or_si256(_mm256_andnot_si256(up_to, fields.word), moved);
    let word = _mm256_blendv_epi8(joined, fields.word, none);
    // A one in the place of the point, among zeros, is the power of ten to divide by.
    let power = value(_mm256_blendv_epi8(point, _mm256_set1_epi64x(1 << 56), none));
    let point_alone = _mm256_andnot_si256(none, _mm256_cmpeq_epi64(fields.len, _mm256_set1_epi64x(1)));
    let bad = _mm256_or_si256(_mm256_or_si256(fields.bad_len, point_alone), not_digits(word));
    let value = _mm256_div_pd(to_f64(value(word)), to_f64(power));
    let sign = _mm256_and_si256(fields.negative, _mm256_set1_epi64x(i64::MIN));
    let value = _mm256_xor_pd(value, _mm256_castsi256_pd(sign));
    // SAFETY: four doubles are written to an array of as many, without need of alignment.
    unsafe { _mm256_storeu_pd(out.as_mut_ptr(), value) };
    lanes(bad)
}

/// Four fields, a lane each.
struct Fields {
    /// The characters behind the sign, less `0`, the last one in the highest byte; zeros fill the others.
    word: __m256i,
    /// Their number.
    len: __m256i,
    /// All ones where there is a minus.
    negative: __m256i,
    /// All ones where the field is empty, a sign alone or longer than a lane.
    bad_len: __m256i,
}

impl Fields {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(data: &[u8], spans: &[Span; LANES]) -> Self {
        let [a, b, c, d] = spans.map(|span| load_8(data, span.start as usize).cast_signed());
        let word = _mm256_set_epi64x(d, c, b, a);
        let [a, b, c, d] = spans.map(|span| i64::from(span.end - span.start));
        let all_len = _mm256_set_epi64x(d, c, b, a);
        let first = _mm256_and_si256(word, _mm256_set1_epi64x(0xff));
        let negative = _mm256_cmpeq_epi64(first, _mm256_set1_epi64x(i64::from(b'-')));
        // Less one where there is a minus, whose byte goes.
        let len = _mm256_add_epi64(all_len, negative);
        let word = _mm256_srlv_epi64(word, _mm256_and_si256(negative, _mm256_set1_epi64x(8)));
        let word = _mm256_xor_si256(word, _mm256_set1_epi64x(ZEROS.cast_signed()));
        // A shift by 64 bits and more, or by less than none, leaves nothing.
        let unused = _mm256_sub_epi64(_mm256_set1_epi64x(64), _mm256_slli_epi64::<3>(len));
        let word = _mm256_sllv_epi64(word, unused);
        let too_short = _mm256_cmpgt_epi64(_mm256_set1_epi64x(1), len);
        let too_long = _mm256_cmpgt_epi64(all_len, _mm256_set1_epi64x(8));
        Self { word, len, negative, bad_len: _mm256_or_si256(too_short, too_long) }
    }
}

/// All bits but none in lanes whose bytes are values from 0 to 9.
#[inline]
#[target_feature(enable = "avx2")]
fn not_digits(word: __m256i) -> __m256i {
    let excess = _mm256_subs_epu8(word, _mm256_set1_epi8(9));
    let are_digits = _mm256_cmpeq_epi64(excess, _mm256_setzero_si256());
    _mm256_xor_si256(are_digits, _mm256_set1_epi8(-1))
}

/// The numbers whose digits are the bytes of a lane, the first one in the lowest.
#[inline]
#[target_feature(enable = "avx2")]
fn value(word: __m256i) -> __m256i {
    let tens = _mm256_maddubs_epi16(word, _mm256_set1_epi16(10 | 1 << 8));
    let hundreds = _mm256_madd_epi16(tens, _mm256_set1_epi32(100 | 1 << 16));
    let first_four = _mm256_mul_epu32(hundreds, _mm256_set1_epi64x(10_000));
    _mm256_add_epi64(first_four, _mm256_srli_epi64::<32>(hundreds))
}

/// Exactly, for numbers below 2^52.
#[inline]
#[target_feature(enable = "avx2")]
fn to_f64(value: __m256i) -> __m256d {
    // As the fraction of a double from 2^52 on, whose steps are ones.
    let base = _mm256_set1_pd((1u64 << 52) as f64);
    _mm256_sub_pd(_mm256_or_pd(_mm256_castsi256_pd(value), base), base)
}

/// A bit for each lane that is all ones.
#[inline]
#[target_feature(enable = "avx2")]
fn lanes(mask: __m256i) -> u8 {
    // Four bits.
    _mm256_movemask_pd(_mm256_castsi256_pd(mask)) as u8
}
