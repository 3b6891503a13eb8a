//! Whether the first record of a file is a header.

use std::collections::HashSet;

use super::sample::Sample;
use super::values::{ColumnValues, Seen, YEARS};
use super::{HeaderRule, folded, header_names};
use crate::options::{CsvOptions, HeaderMode};
use crate::scanner::file_forms::Unnamed;

/// So many years, each later than the one before, are hardly ever values.
const YEARS_IN_ORDER: usize = 5;

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
    sample.first_is_names()
        && (known.is_empty() || shared() || first.len() != known.len() || sample.has_words_above_values())
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

    /// Whether a word of the first record stands above values of another type.
    pub(super) fn has_words_above_values(&self) -> bool {
        let mut pairs = self.first_types.iter().zip(&self.types);
        pairs.any(|(above, below)| above.seen == Seen::Text && below.is_typed())
    }

    /// What stands below a field of the first record.
    fn below(&self, at: usize) -> ColumnValues {
        let names = self.first_types.len();
        let has_unnamed_rows = self.unnamed == Unnamed::First && names < self.types.len();
        self.types.get(at + usize::from(has_unnamed_rows)).copied().unwrap_or_default()
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

    /// Whether the first record is a header in which some names are numbers or dates.
    fn has_figures_for_names(&self) -> bool {
        let mut met = HashSet::new();
        let are_different = self.columns().all(|column| column.name.is_empty() || met.insert(column.name));
        let are_words_and_figures = || {
            let mut filled = self.columns().filter(|column| !column.name.is_empty());
            filled.all(|Column { above, .. }| above.are_words() || above.is_integer() || above.is_time())
        };
        are_different
            && (self.is_quoted_above_bare_values()
                || are_words_and_figures()
                    && (self.begins_with_name_of_values()
                        || self.are_most_words_above_values()
                        || self.counts_columns()
                        || self.has_years_for_names()))
    }

    /// Whether it begins with a word, and a word or a date stands above values of another type, or an integer above truth values or
    /// dates.
    fn begins_with_name_of_values(&self) -> bool {
        let is_name_of_values = |column: Column<'_>| {
            let Column { above, below, .. } = column;
            column.is_word() && below.is_typed()
                || above.is_time() && below.is_typed() && !below.is_time()
                || above.is_integer() && (below.is_time() || below.seen == Seen::Boolean)
        };
        let first = self.columns().find(|column| !column.name.is_empty());
        first.is_some_and(Column::is_word) && self.columns().any(is_name_of_values)
    }

    /// Whether half of it or more are words above values, and not only one: numbers beside them tell how much there is of what the
    /// words name, as in `150,4,setosa,versicolor,virginica`.
    fn are_most_words_above_values(&self) -> bool {
        let words = self.columns().filter(|column| column.is_word() && column.below.is_typed()).count();
        words > 1 && 2 * words >= self.first_types.len()
    }

    /// Whether it is a gap and the numbers of the columns behind it, as pandas and R write tables without names. Below the gap are the
    /// names of the rows.
    fn counts_columns(&self) -> bool {
        let rows = self.below(0);
        let numbers = self.columns().skip(1).map(|column| column.name.parse::<u64>().ok());
        let counts_from = |least| numbers.clone().zip(least..).all(|(number, place)| number == Some(place));
        self.columns().len() > 1
            && self.columns().next().is_some_and(|column| column.name.is_empty())
            && rows.seen != Seen::Nothing
            && !rows.has_gaps
            && (counts_from(0) || counts_from(1))
    }

    /// Whether words, or a gap, stand before years at equal distances, or many in order, and other numbers below these.
    fn has_years_for_names(&self) -> bool {
        let years: Vec<_> = self.columns().filter(|column| column.above.is_number()).collect();
        let numbers: Vec<_> = years.iter().filter_map(|column| column.name.parse::<i64>().ok()).collect();
        let distance = |pair: &[i64]| pair[1] - pair[0];
        let mut distances = numbers.windows(2).map(distance);
        let first = distances.next();
        let go_one_way = numbers.len() >= YEARS_IN_ORDER
            && (numbers.is_sorted_by(|a, b| a < b) || numbers.is_sorted_by(|a, b| a > b));
        self.columns().next().is_some_and(|column| !column.above.is_number())
            && numbers.len() == years.len()
            && numbers.iter().all(|number| YEARS.contains(number))
            && (go_one_way
                || first.is_some_and(|first| first != 0 && distances.all(|distance| distance == first)))
            && years.iter().any(|column| column.below.has_other_than_years)
            && !self.columns().any(|column| column.above.is_time())
    }

    /// Whether what looks like values stands in quotes, as all fields beside it, above fields without: who writes quotes around texts has
    /// texts there, and who has no texts below has names above.
    fn is_quoted_above_bare_values(&self) -> bool {
        let is_value = |column: &Column<'_>| !column.name.is_empty() && !column.above.are_words();
        let mut values = self.columns().filter(is_value).peekable();
        self.first_is_quoted && values.peek().is_some() && values.all(|column| column.below.has_bare)
    }

    /// The fields of the first record, and what stands below them.
    fn columns(&self) -> impl ExactSizeIterator<Item = Column<'_>> + Clone {
        let first = self.first.as_deref().unwrap_or_default();
        let columns = first.iter().zip(&self.first_types).enumerate();
        columns.map(|(at, (name, above))| Column { name, above: *above, below: self.below(at) })
    }

    /// Whether names of columns are numbers or dates.
    pub(super) fn has_names_of_figures(&self) -> bool {
        let is_figure = |above: &ColumnValues| above.is_number() || above.is_time();
        self.first_is_names() && self.first_types.iter().any(is_figure)
    }
}

/// A field of a first record, and what stands below it.
#[derive(Clone, Copy)]
struct Column<'a> {
    name: &'a str,
    above: ColumnValues,
    below: ColumnValues,
}

impl Column<'_> {
    fn is_word(self) -> bool {
        self.above.are_words() && self.name.chars().any(char::is_alphabetic)
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
        for (text, expected) in [
            ("name,code,1960,1961\nx,y,2.5,\n", "name text, code text, 1960 double, 1961 text"),
            (",1940,1945,1950\na,1,2,3\n", "column0 text, 1940 bigint, 1945 bigint, 1950 bigint"),
            (
                "name,1990,1991,1992,1994,1999\nx,0,0,1,0,7\n",
                "name text, 1990 bigint, 1991 bigint, 1992 bigint, 1994 bigint, 1999 bigint",
            ),
            (",0\n1821,269\n1822,321\n", "column0 bigint, 0 bigint"),
            ("\"\",\"1\",\"2\"\n\"1\",59,53\n\"2\",3,4\n", "column0 bigint, 1 bigint, 2 bigint"),
            ("\"\",\"16.5\",\"17\"\n\"a\",0,1\n", "column0 text, 16.5 bigint, 17 bigint"),
            ("\"a\",\"1\",\"true\",\"2001-01-01\"\nx,y,z,w\n", "a text, 1 text, true text, 2001-01-01 text"),
            ("\"1\"\n1\n", "1 bigint"),
            // The names of rows have none.
            ("\"39\",\"40\"\n\"a\",1,2\n\"b\",3,4\n", "column0 text, 39 bigint, 40 bigint"),
            (
                "150,4,setosa,virginica\n5.1,3.5,1.4,0\n",
                "150 double, 4 double, setosa double, virginica bigint",
            ),
        ] {
            assert_eq!(columns(&[text]), expected, "{text:?}");
        }
        let table = infer(&["id,2019,2020\n1,2.5,3\n"], &CsvOptions::default()).unwrap();
        assert!(table.notes()[0].contains("is taken for names; header = false"), "{:?}", table.notes());
        for text in [
            // Nothing shows it, or they are no names.
            "name,2019,2020\nx,2001,2003\n",
            "name,2019,2021,2022\nx,1,2,3\n",
            "name,1990,1991,1992,1999,1994\nx,0,0,1,0,7\n",
            "name,1,2,3\nx,5,8,1\n",
            ",2,3\n1,5,6\n",
            ",1,2\n4,5,6\n,8,9\n",
            "\"5\",\"x\"\n\"7\",\"y\"\n",
            "5,\"x\"\n7,\"y\"\n",
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
