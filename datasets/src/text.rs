//! Numbers as text, fast.

/// Appends a number in decimal.
pub(crate) fn push_int(text: &mut Vec<u8>, value: i32) {
    if value < 0 {
        text.push(b'-');
    }
    push_uint(text, u64::from(value.unsigned_abs()));
}

/// Appends a number in decimal.
pub(crate) fn push_uint(text: &mut Vec<u8>, mut value: u64) {
    let mut digits = [b'0'; 20]; // as many as u64::MAX has
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[first..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        for value in [0, 1, -1, 9, 10, 99, 100, 2359, i32::MAX, i32::MIN] {
            let mut text = Vec::new();
            push_int(&mut text, value);
            assert_eq!(text, value.to_string().into_bytes());
        }
        let mut text = Vec::new();
        push_uint(&mut text, u64::MAX);
        assert_eq!(text, u64::MAX.to_string().into_bytes());
    }
}
