//! Names of files in folders.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use swath_io::Error as IoError;

use super::Existing;
use crate::table_sample::any_seed;

/// As other engines name such files.
const USUAL: &str = "data_{i}";
const USUAL_OF_APPENDED: &str = "{uuid}";

/// What stands for a number, and what for a name that no other file has.
const NUMBER: &str = "{i}";
const UUID_PLACES: [&str; 3] = ["{uuid}", "{uuidv4}", "{uuidv7}"];

/// How the files of a folder are named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FileNames {
    pattern: String,
    ending: String,
}

impl FileNames {
    /// Names of a pattern, with their number at the end if it does not say where.
    pub(super) fn new(
        pattern: Option<&str>,
        existing: Option<Existing>,
        ending: &str,
    ) -> Result<Self, IoError> {
        let appends = existing == Some(Existing::Append);
        let mut pattern = pattern.unwrap_or(if appends { USUAL_OF_APPENDED } else { USUAL }).to_owned();
        let wrong = |problem, hint| Err(IoError::bad_option_hint("filename_pattern", problem, hint));
        if pattern.is_empty() || pattern.starts_with('.') || pattern.contains(['/', '\0']) {
            let problem = format!("'{pattern}' is no name of a file, or of a hidden one");
            return wrong(problem, "as in 'flights_{i}'");
        }
        let rest =
            UUID_PLACES.iter().fold(pattern.replace(NUMBER, ""), |rest, place| rest.replace(place, ""));
        if rest.contains(['{', '}']) {
            let problem = format!("'{pattern}' has braces around something else");
            return wrong(
                problem,
                "{i} stands for a number, {uuid} and {uuidv7} for names that no others have",
            );
        }
        let has_uuid = UUID_PLACES.iter().any(|place| pattern.contains(place));
        if appends && !has_uuid {
            let problem = format!("'{pattern}' may be the name of a file that is there");
            return wrong(problem, "where files are appended, their names have {uuid} or {uuidv7} in them");
        }
        if !has_uuid && !pattern.contains(NUMBER) {
            pattern.push_str(NUMBER);
        }
        Ok(Self { pattern, ending: ending.to_owned() })
    }

    /// The name of the next file of a folder that has so many.
    pub(super) fn name(&self, number: usize) -> String {
        let mut name = self.pattern.replace(NUMBER, &number.to_string());
        for place in UUID_PLACES {
            if name.contains(place) {
                name = name.replace(place, &uuid(place.ends_with("v7}")));
            }
        }
        name + &self.ending
    }
}

impl fmt::Display for FileNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.pattern, self.ending)
    }
}

/// A UUID as RFC 9562 has it: of version 4, or of version 7, which begins with the time.
fn uuid(of_time: bool) -> String {
    let mut bits = u128::from(any_seed()) << 64 | u128::from(any_seed());
    let version = if of_time { 7 } else { 4 };
    if of_time {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        bits = (bits & (u128::MAX >> 48)) | (time.as_millis() << 80);
    }
    bits = (bits & !(0xF << 76)) | (version << 76);
    bits = (bits & !(0b11 << 62)) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pattern: Option<&str>, existing: Option<Existing>) -> Result<FileNames, IoError> {
        FileNames::new(pattern, existing, ".csv")
    }

    #[test]
    fn numbers_stand_where_the_pattern_says() {
        let third = |pattern| names(pattern, None).unwrap().name(2);
        assert_eq!(third(None), "data_2.csv");
        assert_eq!(third(Some("x{i}y")), "x2y.csv");
        assert_eq!(third(Some("orders")), "orders2.csv");
    }

    #[test]
    fn no_two_names_with_a_uuid_are_the_same() {
        for (pattern, existing, version) in [
            (None, Some(Existing::Append), "4"),
            (Some("{uuidv4}"), None, "4"),
            (Some("{uuidv7}"), Some(Existing::Append), "7"),
        ] {
            let names = names(pattern, existing).unwrap();
            let name = names.name(0);
            let parts: Vec<&str> = name.trim_end_matches(".csv").split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{name}");
            assert!(parts[2].starts_with(version) && parts[3].starts_with(['8', '9', 'a', 'b']), "{name}");
            assert_ne!(names.name(0), name);
        }
    }

    #[test]
    fn wrong_patterns_are_told() {
        let error = |pattern, existing| names(Some(pattern), existing).unwrap_err().to_string();
        for pattern in ["", ".hidden_{i}", "a/b_{i}"] {
            assert!(error(pattern, None).contains("is no name of a file"), "{pattern}");
        }
        assert!(error("{id}", None).ends_with("'{id}' has braces around something else"));
        assert!(error("x{i}", Some(Existing::Append)).ends_with("may be the name of a file that is there"));
    }
}
