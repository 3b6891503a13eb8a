//! Numbers and dates in a few instructions each, where they are written as most are.
//!
//! Fields are loaded 8 or 16 bytes at a time, whatever stands behind them, and converted without a loop over
//! their digits (D. Lemire, "Quickly parsing eight digits", 2018). Whatever is not in the plain form gives
//! `None`, and is looked at again by [`values`](super::values), which is the definition.

use super::fields::Span;
use crate::simd::InstructionSet;

#[cfg(target_arch = "x86_64")]
mod avx2;

/// Zeros, as digits.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The powers of ten that a double holds exactly, and divides by with one rounding.
const POWERS_OF_TEN: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Integers up to this one are exact as doubles.
const MAX_EXACT: u64 = 1 << 53;

/// Numbers that are converted at a time where the processor can.
const LANES: usize = 4;

/// Appends the integers that fields write, and to `left` the places of those that are not written as
/// [`integer`] has it: in `values` there is something else for these.
pub(crate) fn integers(
    set: InstructionSet,
    data: &[u8],
    spans: &[Span],
    values: &mut Vec<i64>,
    left: &mut Vec<usize>,
) {
    match set {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => avx2::by_four(data, spans, values, left, integer),
        _ => one_by_one(data, spans, 0, values, left, integer),
    }
}

/// The same for numbers as [`decimal`] has them.
pub(crate) fn decimals(
    set: InstructionSet,
    data: &[u8],
    spans: &[Span],
    values: &mut Vec<f64>,
    left: &mut Vec<usize>,
) {
    match set {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => avx2::by_four(data, spans, values, left, decimal),
        _ => one_by_one(data, spans, 0, values, left, decimal),
    }
}

/// Appends what `of` finds in fields, the first of which is at a place `first` among all.
#[inline(always)]
pub(crate) fn one_by_one<V: Default>(
    data: &[u8],
    spans: &[Span],
    first: usize,
    values: &mut Vec<V>,
    left: &mut Vec<usize>,
    of: impl Fn(&[u8], usize, usize) -> Option<V>,
) {
    values.extend(spans.iter().zip(first..).map(|(span, row)| {
        of(data, span.start as usize, (span.end - span.start) as usize).unwrap_or_else(|| {
            left.push(row);
            V::default()
        })
    }));
}

/// An integer of up to 16 digits, with an optional minus: `data[start..start + len]`.
#[inline(always)]
pub(crate) fn integer(data: &[u8], start: usize, len: usize) -> Option<i64> {
    let negative = data[start] == b'-';
    let sign = usize::from(negative);
    let value = digits(data, start + sign, len.wrapping_sub(sign))?.cast_signed();
    Some(if negative { -value } else { value })
}

/// A number of up to 16 characters: digits, at most one point among or before them, an optional minus.
/// Correctly rounded: its digits and the power of ten are exact, and there is one division.
#[inline(always)]
pub(crate) fn decimal(data: &[u8], start: usize, len: usize) -> Option<f64> {
    let negative = data[start] == b'-';
    let (start, len) = if negative { (start + 1, len.wrapping_sub(1)) } else { (start, len) };
    if len == 0 || len > 16 {
        return None;
    }
    // The last character comes to the highest byte; zeros fill the others.
    let word = (load_16(data, start) ^ ZEROS_16) << (128 - 8 * len);
    // `.` is 0x2e, and 0x1e after the exclusive or.
    let point = byte_equal_16(word, b'.' ^ b'0');
    let (word, decimals) = match point {
        0 => (word, 0),
        // Not the only one, or the only character.
        point if point & (point - 1) != 0 || len == 1 => return None,
        point => {
            let at = point.trailing_zeros() & !7;
            let before = (1u128 << at) - 1;
            let behind = if at == 120 { 0 } else { !0u128 << (at + 8) };
            // What is before the point moves over it.
            ((word & behind) | (word & before) << 8, (15 - at / 8) as usize)
        }
    };
    let (low, high) = (word as u64, (word >> 64) as u64);
    if !are_digits(low) || !are_digits(high) {
        return None;
    }
    let value = eight_digits(low) * 100_000_000 + eight_digits(high);
    if value > MAX_EXACT {
        return None;
    }
    let value = value as f64 / POWERS_OF_TEN[decimals];
    Some(if negative { -value } else { value })
}

/// The number that up to 16 digits write.
#[inline(always)]
fn digits(data: &[u8], start: usize, len: usize) -> Option<u64> {
    match len {
        1..=8 => {
            let word = (load_8(data, start) ^ ZEROS) << (64 - 8 * len);
            are_digits(word).then(|| eight_digits(word))
        }
        9..=16 => {
            let high = (load_8(data, start) ^ ZEROS) << (128 - 8 * len);
            let low = load_8(data, start + len - 8) ^ ZEROS;
            let valid = are_digits(high) & are_digits(low);
            valid.then(|| eight_digits(high) * 100_000_000 + eight_digits(low))
        }
        _ => None,
    }
}

/// Whether each byte is a value from 0 to 9.
#[inline(always)]
fn are_digits(word: u64) -> bool {
    (word.wrapping_add(0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080 == 0
}

/// The number whose digits are the bytes of a word, the first one in the lowest.
#[inline(always)]
fn eight_digits(word: u64) -> u64 {
    // Pairs, then pairs of pairs, each sum in one multiplication.
    let pairs = (word * 10).wrapping_add(word >> 8);
    let low = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(100 + (1_000_000 << 32));
    let high = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(1 + (10_000 << 32));
    low.wrapping_add(high) >> 32
}

const ZEROS_16: u128 = (ZEROS as u128) << 64 | ZEROS as u128;

/// The high bit of each byte that is equal to `byte`, which is below 0x80.
#[inline(always)]
fn byte_equal_16(word: u128, byte: u8) -> u128 {
    const HIGH: u128 = u128::from_le_bytes([0x80; 16]);
    let different = word ^ u128::from_le_bytes([byte; 16]);
    !(((different & !HIGH) + !HIGH) | different) & HIGH
}

/// Whether a byte, which is below 0x80, is one of up to 16.
#[inline(always)]
pub(crate) fn has_byte_16(data: &[u8], start: usize, len: usize, byte: u8) -> bool {
    debug_assert!(len <= 16);
    let equal = byte_equal_16(load_16(data, start), byte);
    len > 0 && equal << (128 - 8 * len) != 0
}

/// Eight bytes, the first one lowest.
#[inline(always)]
pub(crate) fn load_8(data: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(data[at..at + 8].try_into().expect("eight bytes"))
}

/// Sixteen bytes, the first one lowest.
#[inline(always)]
fn load_16(data: &[u8], at: usize) -> u128 {
    u128::from_le_bytes(data[at..at + 16].try_into().expect("sixteen bytes"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::values::{parse_f64, parse_i64};
    use super::*;

    /// The text in the middle of other bytes.
    fn padded(text: &str, behind: u8) -> (Vec<u8>, usize, usize) {
        let mut data = b",7".to_vec();
        data.extend_from_slice(text.as_bytes());
        data.resize(data.len() + 16, behind);
        (data, 2, text.len())
    }

    #[test]
    fn what_is_not_plain_is_left() {
        for text in ["", "-", "+1", " 1", "1 ", "--1", "1-", "12345678901234567", "1_0", "\u{ff}1", "1:"] {
            let (data, start, len) = padded(text, b'1');
            assert_eq!(integer(&data, start, len), None, "{text:?}");
            assert_eq!(decimal(&data, start, len), None, "{text:?}");
        }
        for text in [".", "-.", "1..2", "1.2.3", "1e5", "inf", "0.12345678901234567", "9007199254740993.5"] {
            let (data, start, len) = padded(text, b'1');
            assert_eq!(decimal(&data, start, len), None, "{text:?}");
        }
    }

    /// The same numbers by every set of instructions, bits of doubles told apart.
    fn sets_agree(fields: &[String]) {
        let mut data = Vec::new();
        let spans: Vec<Span> = fields
            .iter()
            .map(|field| {
                let start = u32::try_from(data.len()).unwrap();
                data.extend_from_slice(field.as_bytes());
                let end = u32::try_from(data.len()).unwrap();
                data.push(b',');
                Span { start, end }
            })
            .collect();
        data.resize(data.len() + 16, b'1');
        for set in InstructionSet::all() {
            let (mut values, mut left) = (vec![7], vec![]);
            integers(*set, &data, &spans, &mut values, &mut left);
            let found = |row: usize| (!left.contains(&row)).then(|| values[row + 1]);
            for (row, field) in fields.iter().enumerate() {
                let (padded, start, len) = padded(field, b'1');
                assert_eq!(found(row), integer(&padded, start, len), "{set:?} {field:?}");
            }
            assert_eq!((values[0], values.len()), (7, fields.len() + 1));

            let (mut values, mut left) = (vec![], vec![]);
            decimals(*set, &data, &spans, &mut values, &mut left);
            let found = |row: usize| (!left.contains(&row)).then(|| values[row].to_bits());
            for (row, field) in fields.iter().enumerate() {
                let (padded, start, len) = padded(field, b'1');
                let expected = decimal(&padded, start, len).map(f64::to_bits);
                assert_eq!(found(row), expected, "{set:?} {field:?}");
            }
            assert_eq!(values.len(), fields.len());
        }
    }

    #[test]
    fn sets_agree_on_every_length() {
        let digits = "1234567890123456789";
        let mut fields = vec![String::new(), ".".into(), "-".into(), "-.".into(), "1..2".into(), "NA".into()];
        for len in 1..=digits.len() {
            let number = &digits[..len];
            fields.extend([number.to_owned(), format!("-{number}"), "0".repeat(len), "9".repeat(len)]);
            for point in 0..=len {
                let (before, behind) = number.split_at(point);
                fields.extend([format!("{before}.{behind}"), format!("-{before}.{behind}")]);
            }
        }
        sets_agree(&fields);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn sets_agree_on_numbers(fields in prop::collection::vec("-?[0-9]{0,6}\\.?[0-9]{0,10}", 0..12)) {
            sets_agree(&fields);
        }

        #[test]
        fn sets_agree_on_anything(fields in prop::collection::vec("[-+.0-9e: /\u{80}\u{ff}]{0,10}", 0..12)) {
            sets_agree(&fields);
        }

        #[test]
        fn integers_as_defined(text in "-?[0-9]{1,16}", behind: u8) {
            let (data, start, len) = padded(&text, behind);
            prop_assert_eq!(integer(&data, start, len), parse_i64(text.as_bytes()), "{}", text);
        }

        #[test]
        fn decimals_as_defined(text in "-?([0-9]{1,15}|[0-9]{0,7}\\.[0-9]{1,8}|[0-9]{1,15}\\.)", behind: u8) {
            let (data, start, len) = padded(&text, behind);
            let found = decimal(&data, start, len).map(f64::to_bits);
            prop_assert_eq!(found, parse_f64(text.as_bytes()).map(f64::to_bits), "{}", text);
        }

        #[test]
        fn nothing_else_is_taken_for_a_number(text in "[-+.0-9eE, a:/\u{80}]{0,17}", behind: u8) {
            let (data, start, len) = padded(&text, behind);
            if let Some(value) = integer(&data, start, len) {
                prop_assert_eq!(Some(value), parse_i64(text.as_bytes()));
            }
            if let Some(value) = decimal(&data, start, len) {
                prop_assert_eq!(Some(value.to_bits()), parse_f64(text.as_bytes()).map(f64::to_bits));
            }
        }
    }
}
