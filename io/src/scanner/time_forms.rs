//! Which of the common forms of dates and points in time the values of columns are written in.

use std::sync::LazyLock;

use super::time_format::TimeFormat;

/// Forms of dates; those of ISO 8601 with months and days of one digit, too. A name of a month may be whole or cut to
/// three letters. Years of two digits are not looked for: too much that is no date looks like one.
const DATES: [&str; 11] = [
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%Y",
    "%Y.%m.%d",
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d-%B-%Y",
    "%d %B %Y",
    "%B %d, %Y",
];

/// So many of the forms of dates stand before a time, too.
const DATES_WITH_TIMES: usize = 9;

/// Forms of times behind a date; of two that a value has, the one that stands first is taken.
const TIMES: [&str; 5] = [" %H:%M:%S", " %H:%M", " %H:%M:%S%.f", " %I:%M:%S %p", " %I:%M %p"];

#[derive(Debug)]
struct Form {
    format: TimeFormat,
    /// The form of its date, by its place.
    date: usize,
    kind: TimeKind,
}

/// What a form is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeKind {
    Date,
    Timestamp,
}

impl TimeKind {
    /// The option that says how such values are written.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self::Date => "dateformat",
            Self::Timestamp => "timestampformat",
        }
    }
}

static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let form = |text: &str, date: usize, kind: TimeKind| {
        let format = TimeFormat::of_option("dateformat", text).expect("a known format");
        Form { format, date, kind }
    };
    let dates = || DATES.iter().enumerate();
    let mut forms: Vec<Form> = dates().map(|(date, text)| form(text, date, TimeKind::Date)).collect();
    for (date, text) in dates().take(DATES_WITH_TIMES) {
        let with_time = |time: &&str| form(&format!("{text}{time}"), date, TimeKind::Timestamp);
        forms.extend(TIMES.iter().map(with_time));
    }
    assert!(forms.len() < u64::BITS as usize, "a bit for each form");
    forms
});

/// The forms that all values of a column have that were seen, a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forms(u64);

impl Default for Forms {
    /// Nothing was seen.
    fn default() -> Self {
        Self(u64::MAX)
    }
}

impl Forms {
    /// There is a value of none of the forms.
    pub(crate) const NONE: Self = Self(0);

    /// Those of them that one more value has.
    pub(crate) fn with(self, value: &[u8]) -> Self {
        let has = |form: &Form| match form.kind {
            TimeKind::Date => form.format.date(value).is_some(),
            TimeKind::Timestamp => form.format.timestamp(value).is_some(),
        };
        let known = FORMS.iter().enumerate().filter(|(at, _)| self.0 & 1 << at != 0);
        Self(known.filter(|(_, form)| has(form)).fold(0, |forms, (at, _)| forms | 1 << at))
    }

    pub(crate) fn merge(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    fn all(self) -> impl Iterator<Item = &'static Form> {
        FORMS.iter().enumerate().filter(move |(at, _)| self.0 & 1 << at != 0).map(|(_, form)| form)
    }

    /// What the values are; `None` if none was seen, or they have no form in common.
    pub(crate) fn kind(self) -> Option<TimeKind> {
        if self == Self::default() { None } else { self.all().next().map(|form| form.kind) }
    }

    /// The formats of the values: several, if day and month cannot be told apart.
    pub(crate) fn formats(self) -> Vec<&'static TimeFormat> {
        let mut formats: Vec<(usize, &TimeFormat)> = Vec::new();
        for form in self.all() {
            if !formats.iter().any(|(date, _)| *date == form.date) {
                formats.push((form.date, &form.format));
            }
        }
        formats.into_iter().map(|(_, format)| format).collect()
    }

    /// The formats, as one may write them: `'%d/%m/%Y' or '%m/%d/%Y'`.
    pub(crate) fn said(self) -> String {
        let formats: Vec<String> = self.formats().iter().map(|format| format!("'{format}'")).collect();
        formats.join(" or ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formats(values: &[&str]) -> String {
        let forms = values.iter().fold(Forms::default(), |forms, value| forms.with(value.as_bytes()));
        let formats: Vec<String> = forms.formats().iter().map(ToString::to_string).collect();
        forms.kind().map_or(String::new(), |kind| format!("{kind:?} {}", formats.join(" or ")))
    }

    #[test]
    fn forms_are_those_that_all_values_have() {
        for (values, expected) in [
            (&["13/11/2008", "1/2/2008"][..], "Date %d/%m/%Y"),
            (&["01/02/2008", "11/13/2008"], "Date %m/%d/%Y"),
            (&["01/02/2008"], "Date %d/%m/%Y or %m/%d/%Y"),
            (&["13/11/2008", "11/13/2008"], ""),
            (&["01.02.2008"], "Date %d.%m.%Y"),
            (&["13-Nov-2008", "1-May-2008"], "Date %d-%B-%Y"),
            (&["November 13, 2008", "May 1, 2008"], "Date %B %d, %Y"),
            (&["13.11.2008 10:05", "1.12.2008 0:00"], "Timestamp %d.%m.%Y %H:%M"),
            (&["13.11.2008 10:05:06"], "Timestamp %d.%m.%Y %H:%M:%S"),
            (&["13.11.2008 10:05:06", "13.11.2008 10:05:06.25"], "Timestamp %d.%m.%Y %H:%M:%S%.f"),
            (&["11/13/2008 10:05:06 PM"], "Timestamp %m/%d/%Y %I:%M:%S %p"),
            (&["2008-11-13 10:05 PM"], "Timestamp %Y-%m-%d %I:%M %p"),
            (&["13/11/2008", "13/11/2008 10:05"], ""),
            (&["2008-11-13", "2008-1-2"], "Date %Y-%m-%d"),
            (&["2008-11-13", "2008/11/13"], ""),
            (&["2008-11-13T10:05"], ""),
            (&["10.11.12"], ""),
            (&["1.2.3.4"], ""),
            (&["May"], ""),
            (&[], ""),
        ] {
            assert_eq!(formats(values), expected, "{values:?}");
        }
    }
}
