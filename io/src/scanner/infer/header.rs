//! Whether the first record of a file is a header.

use std::collections::HashSet;

use super::sample::Sample;
use super::values::{ColumnValues, Seen};
use super::{HeaderRule, folded, header_names};
use crate::options::{CsvOptions, HeaderMode};

/// How the first records of all files are understood, going by the first file that has one.
pub(super) fn header_rule(first: Option<&Sample>, options: &CsvOptions) -> HeaderRule {
    let by_name = options.union_by_name;
    match options.header {
        HeaderMode::Present if by_name => HeaderRule::Names,
        HeaderMode::Present => HeaderRule::Skipped,
        HeaderMode::Auto if first.is_some_and(Sample::first_is_names) => {
            if by_name {
                HeaderRule::NamesIfKnown
            } else {
                HeaderRule::SkippedIn
            }
        }
        HeaderMode::Auto | HeaderMode::Absent => HeaderRule::Data,
    }
}

/// Whether a file's first record is a header, where columns go by their places: it has the known names, or, of
/// what stands below it, some is no text.
pub(super) fn is_header_above(sample: &Sample, first: &[String], known: &[String]) -> bool {
    let below = sample.types.iter().any(|values| values.is_typed());
    sample.first_is_names() && (known.is_empty() || header_names(first) == known || below)
}

/// Whether a file's first record is a header, given the names known from files before it. Pieces of
/// one big file often have the header in the first piece only: a record of the same width that shares
/// no name with it is data, unless it has words where other values stand below it.
pub(super) fn is_header_beside(sample: &Sample, first: &[String], known: &[String]) -> bool {
    let shared = || {
        let known: HashSet<String> = known.iter().map(|name| folded(name)).collect();
        first.iter().any(|name| known.contains(&folded(name)))
    };
    let is_above_values = || {
        let mut pairs = sample.first_types.iter().zip(&sample.types);
        pairs.any(|(above, below)| above.seen == Seen::Text && below.is_typed())
    };
    sample.first_is_names()
        && (known.is_empty() || shared() || first.len() != known.len() || is_above_values())
}

impl Sample {
    /// Whether the first record can be names: no value, and not only gaps. Names may be dates, if there are none below, and
    /// numbers and dates where other columns show that there is a header, as over the years of a table.
    pub(super) fn first_is_names(&self) -> bool {
        let Some(first) = &self.first else { return false };
        if first.iter().all(String::is_empty) {
            return false;
        }
        let names = || first.iter().zip(&self.first_types).enumerate();
        names().all(|(at, (name, above))| name.is_empty() || self.is_name(at, name, *above))
            || self.has_figures_for_names()
    }

    /// What stands below a field of the first record.
    fn below(&self, at: usize) -> ColumnValues {
        self.types.get(at).copied().unwrap_or_default()
    }

    /// Whether a field of the first record is a name, going by what it is and what stands below it.
    fn is_name(&self, at: usize, name: &str, above: ColumnValues) -> bool {
        let below = self.below(at);
        let is_text = || {
            let is_like_below = above.are_figures() && (below.seen == Seen::Nothing || below.are_figures());
            !is_like_below && above.times().is_none_or(|kind| below.times() != Some(kind))
        };
        // `nan`, `inf` and `NA` are names where other columns show that there are some.
        let is_headed = || {
            let mut columns = self.first_types.iter().enumerate();
            columns.any(|(at, values)| values.are_words() && self.below(at).is_typed())
        };
        let is_word = || {
            name.bytes().all(|byte| byte.is_ascii_alphabetic())
                && (above.seen == Seen::Nothing || below.seen != above.seen)
                && is_headed()
        };
        above.seen == Seen::Text && is_text() || is_word()
    }

    /// Whether the first record is a header in which some names are integers or dates: one that begins with a word, names
    /// nothing twice, and in which a word or a date stands above values of another type, or an integer above truth values or dates.
    fn has_figures_for_names(&self) -> bool {
        let first = self.first.as_deref().unwrap_or_default();
        let columns = || {
            let columns = first.iter().zip(&self.first_types).enumerate();
            columns.map(|(at, (name, above))| (name, *above, self.below(at)))
        };
        let mut met = HashSet::new();
        let are_names = columns().all(|(name, above, _)| {
            name.is_empty()
                || met.insert(name) && (above.are_words() || above.is_integer() || above.is_time())
        });
        let is_word =
            |name: &str, above: ColumnValues| above.are_words() && name.chars().any(char::is_alphabetic);
        let is_header = |(name, above, below): (&String, ColumnValues, ColumnValues)| {
            is_word(name, above) && below.is_typed()
                || above.is_time() && below.is_typed() && !below.is_time()
                || above.is_integer() && (below.is_time() || below.seen == Seen::Boolean)
        };
        let begins_with_word = || {
            let filled = columns().find(|(name, ..)| !name.is_empty());
            filled.is_some_and(|(name, above, _)| is_word(name, above))
        };
        are_names && begins_with_word() && columns().any(is_header)
    }

    /// Whether names of columns are numbers or dates.
    pub(super) fn has_names_of_figures(&self) -> bool {
        let is_figure = |above: &ColumnValues| above.is_integer() || above.is_time();
        self.first_is_names() && self.first_types.iter().any(is_figure)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{columns, columns_of, infer};
    use super::*;

    #[test]
    fn a_first_record_with_values_is_no_header() {
        assert_eq!(columns(&["1,x\n2,y\n"]), "column0 bigint, column1 text");
        assert_eq!(columns(&["a,NA,b\nx,2,y\n"]), "column0 text, column1 bigint, column2 text");
        // A gap is no value: tools that write row numbers leave their name out.
        assert_eq!(columns(&[",a,a\n0,1,2\n"]), "column0 bigint, a bigint, a_1 bigint");
        let present = CsvOptions { header: HeaderMode::Present, ..Default::default() };
        assert_eq!(
            columns_of(&infer(&["a,,a\n1,2,3\n"], &present).unwrap()),
            "a bigint, column1 bigint, a_1 bigint"
        );
        let absent = CsvOptions { header: HeaderMode::Absent, ..Default::default() };
        assert_eq!(columns_of(&infer(&["a,b\n1,2\n"], &absent).unwrap()), "column0 text, column1 text");
    }

    #[test]
    fn names_may_be_figures_where_others_show_that_there_is_a_header() {
        assert_eq!(columns(&["id,2019,2020\n1,2.5,3\n"]), "id bigint, 2019 double, 2020 bigint");
        assert_eq!(columns(&["id,100,200\nx,TRUE,FALSE\n"]), "id text, 100 boolean, 200 boolean");
        assert_eq!(
            columns(&["who,2019-01-01,2019-02-01\nx,1,2\n"]),
            "who text, 2019-01-01 bigint, 2019-02-01 bigint"
        );
        assert_eq!(columns(&[",Unnamed: 0,0\n0,0,1\n"]), "column0 bigint, Unnamed: 0 bigint, 0 bigint");
        let table = infer(&["id,2019,2020\n1,2.5,3\n"], &CsvOptions::default()).unwrap();
        assert!(table.notes()[0].contains("is taken for names; header = false"), "{:?}", table.notes());
        for text in [
            // Nothing shows it, or they are no names.
            "name,2019,2020\nx,2.5,3\n",
            "1,missing,5\n2,17,3\n",
            "unknown,5,5\n1,2,3\n",
            "unknown,0.5\n1,2\n",
            "?,5\n1,2\n",
        ] {
            assert!(columns(&[text]).starts_with("column0 "), "{text:?}: {}", columns(&[text]));
        }
    }

    #[test]
    fn figures_that_are_text_are_values() {
        for text in [
            "9223372036854775808\n9223372036854775809\n",
            "13/02/2019",
            "12%,a\n13%,b\n",
            "10.0.0.1,a\n10.0.0.2,b\n",
            "$5",
        ] {
            assert!(columns(&[text]).starts_with("column0 text"), "{text:?}: {}", columns(&[text]));
        }
        assert_eq!(columns(&["region,0-4,5-9\nx,1,2\n"]), "region text, 0-4 bigint, 5-9 bigint");
        assert_eq!(columns(&["day,1/22/20\nx,5\n"]), "day text, 1/22/20 bigint");
        assert_eq!(columns(&["time,#\n10:30,1%\n10:45,2%\n"]), "time text, # text");
    }

    #[test]
    fn names_that_are_numbers_that_are_missing() {
        assert_eq!(
            columns(&["id,nan,inf,NA\n1,2,3.5,x\n2,,1,y\n"]),
            "id bigint, nan bigint, inf double, NA text"
        );
        // Records with values that are missing.
        assert_eq!(columns(&["abc,NA,NA\ndef,1,2\n"]), "column0 text, column1 bigint, column2 bigint");
        assert_eq!(columns(&["x,inf\ny,1.5\n"]), "column0 text, column1 double");
        assert_eq!(columns(&["x,nan,z\n1,NaN,true\n"]), "x bigint, nan text, z boolean");
    }
}
