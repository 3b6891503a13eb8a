//! UUIDs, which are texts: how they are written, and what is in them.

use chrono::DateTime;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::ScalarUDF;

use super::{RowFunction, refused, text};

pub(super) fn all() -> Vec<ScalarUDF> {
    let of_text = |name, answer, compute| RowFunction::of(name, vec![DataType::Utf8], answer, compute);
    vec![
        of_text("as_uuid", DataType::Utf8, |values| {
            let written = text(&values[0]);
            match canonical(&written) {
                Some(uuid) => Ok(ScalarValue::Utf8(Some(uuid))),
                None => Err(refused(
                    format!("cannot read \"{written}\" as UUID"),
                    "a UUID has 32 digits of base 16; TRY_CAST(… AS uuid) gives null where that is not so",
                )),
            }
        }),
        of_text("try_as_uuid", DataType::Utf8, |values| Ok(ScalarValue::Utf8(canonical(&text(&values[0]))))),
        of_text("uuid_extract_version", DataType::Int64, |values| {
            Ok(ScalarValue::Int64(canonical(&text(&values[0])).and_then(|uuid| version(&uuid))))
        }),
        of_text("uuid_extract_timestamp", DataType::Timestamp(TimeUnit::Microsecond, None), |values| {
            let time = canonical(&text(&values[0])).and_then(|uuid| time(&uuid));
            Ok(ScalarValue::TimestampMicrosecond(time, None))
        }),
    ]
}

/// A UUID in small letters and with its dashes; in what is given they may stand elsewhere, or not at all, and braces around it.
fn canonical(written: &str) -> Option<String> {
    let inner = written.trim();
    let inner = inner.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(inner);
    let digits: String = inner.chars().filter(|char| *char != '-').collect::<String>().to_lowercase();
    if digits.len() != 32 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let (a, b, c) = (&digits[..8], &digits[8..12], &digits[12..16]);
    Some(format!("{a}-{b}-{c}-{}-{}", &digits[16..20], &digits[20..]))
}

fn version(canonical: &str) -> Option<i64> {
    i64::from_str_radix(canonical.get(14..15)?, 16).ok()
}

/// When a UUID of version 7 was made, in microseconds.
fn time(canonical: &str) -> Option<i64> {
    if version(canonical) != Some(7) {
        return None;
    }
    let millis = i64::from_str_radix(&canonical.get(..13)?.replace('-', ""), 16).ok()?;
    DateTime::from_timestamp_millis(millis).map(|time| time.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_in_their_forms() {
        let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
        for written in [
            uuid,
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "{a0eebc999c0b4ef8bb6d6bb9bd380a11}",
            &format!(" {uuid}"),
        ] {
            assert_eq!(canonical(written).as_deref(), Some(uuid), "{written}");
        }
        for written in
            ["", "a0eebc99", "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "{a0eebc999c0b4ef8bb6d6bb9bd380a11"]
        {
            assert_eq!(canonical(written), None, "{written}");
        }
        assert_eq!((version(uuid), time(uuid)), (Some(4), None));
        assert_eq!(time("019482e4-1441-7aad-8127-eec99573b0a0"), Some(1_737_362_773_057_000));
    }
}
