//! How dates and points in time are written.

use super::stated::given_type;
use super::values::{ColumnValues, Seen};
use crate::options::{ColumnType, CsvOptions};
use crate::scanner::TimeFormats;
use crate::scanner::json::JsonType;
use crate::scanner::time_forms::{Forms, TimeKind};

/// How dates and points in time are written, where that is to be found and all columns agree; these are columns of
/// them then. Where it cannot be told they stay text, and a note says what would read them.
pub(super) fn found_times(
    names: &[String],
    types: &mut [ColumnValues],
    options: &CsvOptions,
    notes: &mut Vec<String>,
) -> TimeFormats {
    let mut times = options.times.clone();
    if options.all_varchar {
        return times;
    }
    let found = [
        (options.find_times.dates, TimeKind::Date, &mut times.dates),
        (options.find_times.timestamps, TimeKind::Timestamp, &mut times.timestamps),
    ];
    for (_, kind, formats) in found.into_iter().filter(|(is_wanted, ..)| *is_wanted) {
        let (seen, what) = match kind {
            TimeKind::Date => (Seen::Date, "dates"),
            TimeKind::Timestamp => (Seen::Timestamp, "points in time"),
        };
        let may_be = |name: &str| {
            given_type(name, options).is_none_or(|ty| {
                let JsonType::Scalar(ty) = ty else { return false };
                matches!(ty, ColumnType::Date | ColumnType::Timestamp | ColumnType::TimestampTz)
            })
        };
        let is_one = |at: &usize| types[*at].times() == Some(kind) && may_be(&names[*at]);
        let columns: Vec<usize> = (0..names.len()).filter(is_one).collect();
        let Some(&first) = columns.first() else { continue };
        // One format is for all columns.
        let others = types.iter().filter(|values| values.seen == seen);
        let all = columns.iter().map(|at| &types[*at]).chain(others);
        let common = all.fold(Forms::default(), |forms, values| forms.merge(values.forms));
        if let [one] = &common.formats()[..] {
            *formats = vec![(*one).clone()];
            columns.iter().for_each(|at| types[*at].seen = seen);
            continue;
        }
        let more =
            if columns.len() > 1 { format!(" (and {} more)", columns.len() - 1) } else { String::new() };
        notes.push(format!(
            "column \"{}\"{more} looks like {what}, and is read as text; {} = {} reads it as such",
            names[first],
            kind.option(),
            types[first].forms.said()
        ));
    }
    times
}

#[cfg(test)]
mod tests {
    use super::super::testing::{columns_of, infer};
    use super::*;
    use crate::options::FindTimes;
    use crate::scanner::TimeFormat;

    #[test]
    fn dates_are_found_in_other_forms() {
        let notes = |text: &str, options: &CsvOptions| infer(&[text], options).unwrap().notes().to_vec();
        let times = |texts: &[&str], options: &CsvOptions| {
            let table = infer(texts, options).unwrap();
            let shown = |formats: &[TimeFormat]| formats.first().map(ToString::to_string);
            (columns_of(&table), shown(&table.times().dates), shown(&table.times().timestamps))
        };
        let find_times = FindTimes { dates: true, timestamps: true };
        let default = CsvOptions { find_times, ..CsvOptions::default() };
        let found = |columns: &str, date: &str| (columns.to_owned(), Some(date.to_owned()), None);
        // One column shows which is the month in the other, or another file does.
        let text = "a,b\n01/02/2001,03/04/2001\nNA,31/12/2001\n";
        assert_eq!(times(&[text], &default), found("a date, b date", "%d/%m/%Y"));
        assert_eq!(times(&["a\n01/02/2001\n", "a\n12/31/2001\n"], &default), found("a date", "%m/%d/%Y"));
        assert_eq!(times(&["a,b\n2001-1-2,2001-01-02\n"], &default), found("a date, b date", "%Y-%m-%d"));
        // No header, as the first record is a value like the others.
        assert_eq!(times(&["x,31.12.2001\ny,1.1.2002\n"], &default).0, "column0 text, column1 date");
        assert_eq!(times(&["x,31.12.2001\ny,5\n"], &default).0, "x text, 31.12.2001 bigint");
        // Text: columns that do not agree, other text among them, and what was asked for.
        for text in ["a,b\n31/12/2001,12/31/2001\n", "a,b\n31/12/2001,2001-12-31\n"] {
            assert!(times(&[text], &default).0.starts_with("a text"), "{text}");
            assert!(notes(text, &default)[0].contains("dateformat = '%d/%m/%Y' reads it as such"), "{text}");
        }
        assert_eq!(times(&["a\n31/12/2001\nsoon\n"], &default).0, "a text");
        assert!(notes("a\n31/12/2001\nsoon\n", &default).is_empty());
        // Nothing is looked for unless asked.
        assert_eq!(times(&["a\n31/12/2001\n"], &CsvOptions::default()), ("a text".to_owned(), None, None));
        let types = vec![("a".to_owned(), ColumnType::Text.into())];
        assert_eq!(times(&["a\n31/12/2001\n"], &CsvOptions { types, ..default.clone() }).0, "a text");
        let formats = TimeFormats {
            dates: vec![TimeFormat::of_option("dateformat", "%d/%m/%Y").unwrap()],
            timestamps: Vec::new(),
        };
        let options = CsvOptions { times: formats, ..CsvOptions::default() };
        assert_eq!(times(&["a,b\n01/02/2001,2001-01-02\n"], &options).0, "a date, b timestamp");
        assert_eq!(
            notes("day,b,c\n1/2/2001,3/4/2001,x\n", &default),
            [
                "column \"day\" (and 1 more) looks like dates, and is read as text; dateformat = '%d/%m/%Y' or \
                 '%m/%d/%Y' reads it as such"
            ]
        );
    }
}
