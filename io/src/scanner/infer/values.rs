//! What the values of a column look like, seen together.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::options::{ColumnType, CsvOptions};
use crate::scanner::fields::FieldRules;
use crate::scanner::time_forms::{Forms, TimeKind};
use crate::scanner::values::{
    has_leading_zeros, is_infinite, is_null_word, looks_like_f64, parse_bool, parse_i64, parse_time, trim,
};

/// Integers that people take for years.
pub(super) const YEARS: RangeInclusive<i64> = 1500..=2199;

/// What the values of a column seen so far can be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ColumnValues {
    pub(super) seen: Seen,
    /// Forms of dates that all of them have.
    pub(super) forms: Forms,
    /// Whether one of them has a letter, or no digit.
    has_words: bool,
    /// Whether one of them is missing.
    pub(super) has_gaps: bool,
    /// Whether one of them has no quotes.
    pub(super) has_bare: bool,
    /// Whether one of them is a number that is no year.
    pub(super) has_other_than_years: bool,
    /// Whether one of them is no time of day.
    has_other_than_times: bool,
    /// Whether one of them is an integer with zeros in front, as of postcodes.
    has_leading_zeros: bool,
    /// What integers are in the forms of times that are asked for.
    as_times: Seen,
    /// How many of them are numbers, and how many text.
    numbers: u32,
    texts: u32,
    /// Which text stands among them.
    text: OneText,
    /// Whether it stands in front of them.
    starts_with_text: bool,
}

/// A text that stands among numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark<'a> {
    pub(super) text: &'a str,
    /// Whether it is the first value, and stands there alone.
    pub(super) is_first: bool,
}

/// Whether values that are text are all the same one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum OneText {
    /// There are none.
    #[default]
    None,
    /// They are, and this is it, up to the first zero byte.
    One([u8; MARK_LEN_BYTES]),
    /// They differ, or one is long.
    Several,
}

/// Bytes of a text that stands for a missing number, at most.
const MARK_LEN_BYTES: usize = 16;

impl OneText {
    fn of(value: &[u8]) -> Self {
        let mut text = [0; MARK_LEN_BYTES];
        let is_short = value.len() <= MARK_LEN_BYTES && !value.contains(&0);
        match text.get_mut(..value.len()).filter(|_| is_short) {
            Some(text_of_len) => {
                text_of_len.copy_from_slice(value);
                Self::One(text)
            }
            None => Self::Several,
        }
    }

    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, other) | (other, Self::None) => other,
            (one, other) if one == other => one,
            _ => Self::Several,
        }
    }
}

/// What the values of columns look like, by their names.
pub(crate) type ValuesByColumn = BTreeMap<String, ColumnValues>;

/// Adds what further values of columns look like.
pub(crate) fn add_values(known: &mut ValuesByColumn, further: ValuesByColumn) {
    for (column, values) in further {
        let known = known.entry(column).or_default();
        *known = known.merge(values);
    }
}

impl ColumnValues {
    /// One more field.
    pub(crate) fn add(&mut self, field: &[u8], is_quoted: bool, rules: &FieldRules) {
        let is_known =
            self.seen == Seen::Text && self.forms == Forms::NONE && self.has_words && self.has_bare;
        let may_be_mark = self.text != OneText::Several && self.texts <= self.numbers + 1;
        if is_known && !may_be_mark {
            return;
        }
        if is_null_word(field) || rules.nulls.has(field, is_quoted) {
            self.has_gaps = true;
            return;
        }
        let value = trim(field);
        let seen = Seen::of(value, rules);
        let may_be_time = matches!(seen, Seen::Text | Seen::Date | Seen::Timestamp);
        let forms = if may_be_time { self.forms.with(value) } else { Forms::NONE };
        let is_figure = value.iter().any(u8::is_ascii_digit)
            && !value.iter().any(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii());
        let is_number = seen.is_number();
        let is_time_of_day = || seen == Seen::Text && parse_time(value).is_some();
        *self = self.merge(Self {
            seen,
            forms,
            has_words: !is_figure,
            has_gaps: false,
            has_bare: !is_quoted,
            has_other_than_years: is_number
                && !parse_i64(value).is_some_and(|number| YEARS.contains(&number)),
            has_other_than_times: self.has_other_than_times || !is_time_of_day(),
            has_leading_zeros: seen == Seen::Integer && has_leading_zeros(value),
            as_times: match rules.times.of_digits(value) {
                Some(TimeKind::Date) => Seen::Date,
                Some(TimeKind::Timestamp) => Seen::Timestamp,
                None => Seen::Text,
            },
            numbers: u32::from(is_number),
            texts: u32::from(seen == Seen::Text),
            text: if seen == Seen::Text { OneText::of(value) } else { OneText::None },
            starts_with_text: seen == Seen::Text,
        });
    }

    pub(crate) fn merge(self, other: Self) -> Self {
        Self {
            seen: self.seen.merge(other.seen),
            forms: self.forms.merge(other.forms),
            has_words: self.has_words || other.has_words,
            has_gaps: self.has_gaps || other.has_gaps,
            has_bare: self.has_bare || other.has_bare,
            has_other_than_years: self.has_other_than_years || other.has_other_than_years,
            has_other_than_times: self.has_other_than_times || other.has_other_than_times,
            has_leading_zeros: self.has_leading_zeros || other.has_leading_zeros,
            as_times: self.as_times.merge(other.as_times),
            numbers: self.numbers.saturating_add(other.numbers),
            texts: self.texts.saturating_add(other.texts),
            text: self.text.merge(other.text),
            starts_with_text: if self.numbers.max(self.texts) > 0 { self } else { other }.starts_with_text,
        }
    }

    /// The text without digits that stands among numbers, as many of which there are at least: it may stand for those that are missing.
    pub(super) fn mark(&self) -> Option<Mark<'_>> {
        let OneText::One(text) = &self.text else { return None };
        let text = std::str::from_utf8(text).ok()?.trim_end_matches('\0');
        let is_among_numbers = self.seen == Seen::Text && self.numbers > 1 && self.numbers >= self.texts;
        let is_mark = is_among_numbers && !text.contains(|sign: char| sign.is_ascii_digit());
        is_mark.then_some(Mark { text, is_first: self.starts_with_text && self.texts == 1 })
    }

    /// The type that a column gets. Times of day are text, unless they are asked for, and so are codes.
    pub(crate) fn column_type(self, options: &CsvOptions) -> ColumnType {
        let are_times_of_day = self.seen == Seen::Text && !self.has_other_than_times;
        let is_asked_for = !options.all_varchar && options.type_candidates.contains(&ColumnType::Time);
        let are_times = self.is_integer() && matches!(self.as_times, Seen::Date | Seen::Timestamp);
        if are_times {
            self.as_times.column_type(options)
        } else if are_times_of_day && is_asked_for {
            ColumnType::Time
        } else if self.are_codes() {
            ColumnType::Text
        } else {
            self.seen.column_type(options)
        }
    }

    /// Whether they are numbers of which some would lose the zeros in front, as of postcodes.
    pub(super) fn are_codes(self) -> bool {
        self.is_number() && self.has_leading_zeros
    }

    /// Whether they are dates or points in time that are written otherwise than asked for.
    pub(super) fn times(self) -> Option<TimeKind> {
        if self.seen == Seen::Text { self.forms.kind() } else { None }
    }

    /// Whether there are none.
    pub(crate) fn is_unseen(self) -> bool {
        self.seen == Seen::Nothing
    }

    /// Whether there are any, and they look like something else than text.
    pub(super) fn is_typed(self) -> bool {
        self.seen != Seen::Nothing && !self.are_words()
    }

    /// Whether they are text that looks like nothing else.
    pub(crate) fn are_words(self) -> bool {
        self.seen == Seen::Text && self.times().is_none()
    }

    /// Whether they are text of digits and signs, as `12%`, `10:30`, `$5` and integers of too many digits.
    pub(super) fn are_figures(self) -> bool {
        self.seen == Seen::Text && !self.has_words
    }

    pub(super) fn is_integer(self) -> bool {
        self.seen == Seen::Integer
    }

    pub(super) fn is_number(self) -> bool {
        self.seen.is_number()
    }

    /// Whether they are dates or points in time.
    pub(super) fn is_time(self) -> bool {
        matches!(self.seen, Seen::Date | Seen::Timestamp | Seen::TimestampTz)
    }
}

/// The narrowest type of the values seen so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Seen {
    #[default]
    Nothing,
    Boolean,
    Integer,
    /// Infinity: a double if there are numbers, too.
    Infinite,
    Double,
    Date,
    Timestamp,
    TimestampTz,
    Text,
}

impl Seen {
    fn of(value: &[u8], rules: &FieldRules) -> Self {
        let number = rules.signs.plain(value);
        let is = |is: fn(&[u8]) -> bool| number.as_deref().is_some_and(is);
        if is(|number| parse_i64(number).is_some()) {
            Self::Integer
        } else if is(looks_like_f64) {
            Self::Double
        } else if is_infinite(value) {
            Self::Infinite
        } else if rules.booleans.meaning(value).or_else(|| parse_bool(value)).is_some() {
            Self::Boolean
        } else if rules.times.date(value).is_some() {
            Self::Date
        } else {
            match rules.times.timestamp(value) {
                Some((_, true)) => Self::TimestampTz,
                Some((_, false)) => Self::Timestamp,
                None => Self::Text,
            }
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Double)
    }

    /// The narrowest that holds both.
    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Nothing, other) | (other, Self::Nothing) => other,
            (
                Self::Integer | Self::Infinite | Self::Double,
                Self::Integer | Self::Infinite | Self::Double,
            ) => Self::Double,
            (Self::Date, Self::Timestamp) | (Self::Timestamp, Self::Date) => Self::Timestamp,
            _ => Self::Text,
        }
    }

    /// The type that a column gets: the narrowest of those that may be inferred which holds the values.
    fn column_type(self, options: &CsvOptions) -> ColumnType {
        let fitting: &[ColumnType] = match self {
            _ if options.all_varchar => &[],
            Self::Nothing | Self::Infinite | Self::Text => &[],
            Self::Boolean => &[ColumnType::Boolean],
            Self::Integer => &INTEGERS,
            Self::Double => &NUMBERS,
            Self::Date => &[ColumnType::Date, ColumnType::Timestamp],
            Self::Timestamp => &[ColumnType::Timestamp],
            Self::TimestampTz => &[ColumnType::TimestampTz],
        };
        let may_be = |ty: &&ColumnType| match options.type_candidates.as_slice() {
            [] => true,
            candidates => candidates.contains(ty),
        };
        fitting.iter().find(may_be).copied().unwrap_or(ColumnType::Text)
    }
}

/// Types of numbers, the one that is usual first, then those that hold most of them.
const INTEGERS: [ColumnType; 6] = [
    ColumnType::Int64,
    ColumnType::Int32,
    ColumnType::Int16,
    ColumnType::Int8,
    ColumnType::Float64,
    ColumnType::Float32,
];
const NUMBERS: [ColumnType; 2] = [ColumnType::Float64, ColumnType::Float32];

/// Whether a text looks like a value of another type: as the name of a column it could be taken for one.
pub fn looks_like_value(text: &str) -> bool {
    let value = trim(text.as_bytes());
    Seen::of(value, &FieldRules::default()) != Seen::Text
}

/// Whether a comment byte stands behind a value that is no text.
pub(super) fn is_commented(field: &[u8], comment: Option<u8>) -> bool {
    let value = comment.and_then(|comment| memchr::memchr(comment, field)).map(|at| trim(&field[..at]));
    value.is_some_and(|value| !value.is_empty() && Seen::of(value, &FieldRules::default()) != Seen::Text)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{columns, columns_of, infer};
    use super::*;
    use crate::scanner::{TimeFormat, TimeFormats};

    #[test]
    fn narrowest_type_that_fits() {
        let text = "i,f,b,d,t,z,s,n\n1,1,true,2001-01-01,2001-01-01,2001-01-01T00:00Z,1,NA\n\
                    NA,2.5,FALSE,NA,2001-01-01 10:00,NA,x,\n";
        assert_eq!(
            columns(&[text]),
            "i bigint, f double, b boolean, d date, t timestamp, z timestamptz, s text, n text"
        );
    }

    #[test]
    fn types_are_those_that_may_be() {
        let text = "i,f,b,d,t\n1,1.5,true,2001-01-01,2001-01-01 10:00\n";
        let found = |type_candidates: &[ColumnType]| {
            let options = CsvOptions { type_candidates: type_candidates.to_vec(), ..Default::default() };
            let table = infer(&[text], &options).unwrap();
            assert_eq!(table.widened("i", ColumnType::Float64).is_some(), type_candidates.is_empty());
            columns_of(&table)
        };
        assert_eq!(found(&[]), "i bigint, f double, b boolean, d date, t timestamp");
        assert_eq!(
            found(&[ColumnType::Int32, ColumnType::Date]),
            "i integer, f text, b text, d date, t text"
        );
        assert_eq!(
            found(&[ColumnType::Float64, ColumnType::Timestamp]),
            "i double, f double, b text, d timestamp, t timestamp"
        );
        assert_eq!(found(&[ColumnType::Text]), "i text, f text, b text, d text, t text");
        let times = |text: &str| {
            let type_candidates = vec![ColumnType::Time, ColumnType::Date];
            columns_of(&infer(&[text], &CsvOptions { type_candidates, ..Default::default() }).unwrap())
        };
        assert_eq!(times("a,b,c\n10:30,10:30,\n9:15:30.5,noon,\n"), "a time, b text, c text");
    }

    #[test]
    fn integers_are_times_in_the_forms_that_are_asked_for() {
        let text =
            "day,at,id,zip\n20081113,20081113100500,20081113,02112008\n20081114,20081113100501,7,13112008\n";
        let format = |text: &str| vec![TimeFormat::of_option("dateformat", text).unwrap()];
        let found = |dates: &str, timestamps: &str| {
            let times = TimeFormats { dates: format(dates), timestamps: format(timestamps) };
            columns_of(&infer(&[text], &CsvOptions { times, ..Default::default() }).unwrap())
        };
        assert_eq!(found("%Y%m%d", "%Y%m%d%H%M%S"), "day date, at timestamp, id bigint, zip text");
        assert_eq!(found("%d%m%Y", "%s"), "day date, at bigint, id bigint, zip date");
    }

    #[test]
    fn large_integers_stay_text() {
        assert_eq!(columns(&["id\n12345678901234567890123\n"]), "id text");
        // Infinity is a number beside numbers, and else a word.
        assert_eq!(
            columns(&["x,y,z\n1,inf,-inf\nInfinity,inf,1.5\nnan,-inf,\\N\n"]),
            "x double, y text, z double"
        );
        assert_eq!(columns(&["x\ninf\nouter\n"]), "x text");
        assert_eq!(columns(&["id,x\n9223372036854775808,1e400\n1.5,2\n"]), "id text, x text");
    }

    #[test]
    fn numbers_that_would_lose_zeros_are_codes() {
        assert_eq!(columns(&["zip,n\n12345,0\n01234,10\n", "zip,n\n54321,1\n"]), "zip text, n bigint");
        assert_eq!(columns(&["dewey,share\n005,00.5\n005.13,12.5\n"]), "dewey text, share double");
    }

    #[test]
    fn values_that_mean_something_only_to_people_stay_text() {
        let values = [
            ("1_000", "text"),
            ("0x1F", "text"),
            ("12%", "text"),
            ("\"1,234\"", "text"),
            ("\"12,50\"", "text"),
            ("$5", "text"),
            ("(5)", "text"),
            ("5-", "text"),
            ("1 000", "text"),
            ("T", "text"),
            ("yes", "text"),
            ("31/12/2001", "text"),
            ("12/31/2001", "text"),
            ("2001-1-1", "text"),
            ("2001-12-31T10", "text"),
            ("10:30", "text"),
            ("0000-00-00", "text"),
            ("2001-02-30", "text"),
            ("inf", "text"),
            ("007", "text"),
            ("00", "text"),
            ("+5", "bigint"),
            ("-0", "bigint"),
            ("-05", "bigint"),
            ("05.5", "double"),
            ("20011231", "bigint"),
            (" 7 ", "bigint"),
            ("\"7\"", "bigint"),
            ("1e3", "double"),
            ("5.", "double"),
            (".5", "double"),
            ("TRUE", "boolean"),
            ("2001/12/31", "date"),
            ("2001-12-31T10:00Z", "timestamptz"),
            ("2001-12-31 10:00", "timestamp"),
        ];
        for (value, expected) in values {
            assert_eq!(
                columns(&[&format!("v,w\n{value},1\n")]),
                format!("v {expected}, w bigint"),
                "{value}"
            );
        }
    }

    #[test]
    fn a_comma_may_stand_before_the_fraction() {
        let options = CsvOptions { decimal_separator: b',', ..Default::default() };
        let table = infer(&["n;p;q\n1;12,5;1.5\n2;-,5e2;2\n3;7;3\n"], &options).unwrap();
        assert_eq!(
            (columns_of(&table), table.delim()),
            ("n bigint, p double, q text".into(), Some(b';'.into()))
        );
        // It is no delimiter then.
        let table = infer(&["p\n12,5\n-3,25\n"], &options).unwrap();
        assert_eq!(columns_of(&table), "p double");
    }

    #[test]
    fn signs_may_stand_between_thousands() {
        let options = CsvOptions { thousands: Some(','), ..Default::default() };
        let found = |text: &str| columns_of(&infer(&[text], &options).unwrap());
        assert_eq!(found("n;p\n1,234;1,234.5\n5;-12,345,678\n"), "n bigint, p double");
        assert_eq!(found("n,p\n\"1,234\",x\n5,y\n"), "n bigint, p text");
        assert_eq!(found("n;p\n1,2;1,234.5\n"), "n text, p double");
    }
}
