//! What the head of one file shows.

use std::collections::HashMap;

use super::head::each_file;
use super::normal_names::normal_names;
use super::values::{ColumnValues, is_commented};
use super::{Head, column_name, header_names, read_head};
use crate::encoding::Encoding;
use crate::error::Result;
use crate::options::{CsvOptions, HeaderMode, OnError, Setting};
use crate::rewrite::prepared;
use crate::scanner::fields::{FieldRules, Missing};
use crate::scanner::file_forms::Unnamed;
use crate::scanner::record::{
    Dialect, Field, FieldForm, Parsed, is_blank_line, line_end, parse_record, unescape,
};
use crate::sniff::{Known, Looks, dialect_beside, names_in_comment, preamble_lines, refuse_other_kind};
use crate::source::SourceFile;

/// What the head of one file shows.
pub(crate) struct Sample {
    pub(crate) looks: Looks,
    /// Whether there are bytes that no text has.
    pub(crate) has_nul: bool,
    pub(crate) dialect: Dialect,
    /// Lines above the table.
    pub(super) skip: u64,
    /// The first record, if there is any.
    pub(crate) first: Option<Vec<String>>,
    /// Whether all of its fields are in quotes.
    pub(super) first_is_quoted: bool,
    /// The names of columns in a comment above the first record, if there are any.
    pub(super) names_above: Option<Vec<String>>,
    /// Which column has no name, or which name no column, if the first record has the names, and all others have one field more or
    /// less than it.
    pub(crate) unnamed: Unnamed,
    /// Columns that only longer records than the first have, where short ones are filled up.
    pub(crate) beyond_first: usize,
    /// Types of the fields of the first record, and of those of all others.
    pub(super) first_types: Vec<ColumnValues>,
    pub(super) types: Vec<ColumnValues>,
    /// Whether a value is followed by what may be a comment.
    pub(super) has_inline_comments: bool,
    /// Records, in so many compressed bytes.
    pub(super) records: u64,
    compressed_bytes: u64,
    /// How the first line ends.
    pub(super) line_end: Option<&'static str>,
    /// Whether these are all.
    pub(crate) whole: bool,
    /// How the fields of columns are understood in which other texts are null, by their places.
    own_rules: HashMap<usize, FieldRules>,
}

impl Sample {
    fn of(head: &Head, skip: u64, dialect: Dialect, options: &CsvOptions) -> Self {
        let mut sample = Self {
            looks: head.looks,
            has_nul: head.text.contains(&0),
            dialect,
            skip,
            first: None,
            first_is_quoted: false,
            names_above: None,
            unnamed: Unnamed::Last,
            beyond_first: 0,
            first_types: Vec::new(),
            types: Vec::new(),
            has_inline_comments: false,
            records: 0,
            compressed_bytes: head.compressed_bytes,
            line_end: first_line_end(&head.text),
            whole: head.whole,
            own_rules: HashMap::new(),
        };
        let rules = sample.rules(options, head.encoding);
        sample.read(head, &rules, options);
        if !options.nullstr_of.is_empty() {
            // Which columns they are is known now.
            sample.find_own_rules(options, &rules);
            (sample.first, sample.records) = (None, 0);
            (sample.first_types, sample.types) = (Vec::new(), Vec::new());
            sample.read(head, &rules, options);
        }
        sample
    }

    /// Finds the columns in which the options say that other texts are null.
    fn find_own_rules(&mut self, options: &CsvOptions, rules: &FieldRules) {
        let first = self.first.clone().unwrap_or_default();
        // Behind the first field of rows that has no name, names are those of the fields before.
        let shift = usize::from(self.unnamed == Unnamed::First && options.header != HeaderMode::Absent);
        let mut names = header_names(&first);
        if options.normalize_names {
            names = normal_names(names.iter().map(String::as_str));
        }
        let given = options.columns.iter().flatten().map(|(name, _)| name).chain(&options.names);
        let given: Vec<&String> = given.collect();
        for (name, texts) in &options.nullstr_of {
            let is_it = |known: &&String| known.eq_ignore_ascii_case(name);
            let of_header = || names.iter().skip(given.len()).position(|known| is_it(&known));
            let place = given.iter().position(is_it).or_else(|| Some(of_header()? + given.len() + shift));
            let by_number = || name.strip_prefix("column").and_then(|number| number.parse().ok());
            if let Some(place) = place.or_else(by_number) {
                let rules = self.own_rules.get(&place).unwrap_or(rules);
                let own = rules.of_column(Missing::Usual, texts, &self.dialect);
                self.own_rules.insert(place, own);
            }
        }
    }

    /// How its fields are understood.
    pub(super) fn rules(&self, options: &CsvOptions, encoding: Encoding) -> FieldRules {
        FieldRules::of(options, options.times.clone(), &self.dialect, encoding)
    }

    /// Looks at all records that are whole.
    fn read(&mut self, head: &Head, rules: &FieldRules, options: &CsvOptions) {
        let dialect = self.dialect.clone();
        let text = prepared(&head.text[behind_lines(&head.text, self.skip)..], &dialect);
        let mut records = Records::of(&text, &dialect, head.whole);
        // In and above a table of several columns a line of blanks is no record.
        let mut tables = Records { passes_blanks: true, ..Records::of(&text, &dialect, head.whole) };
        records.passes_blanks = tables.next().is_some_and(|(_, fields)| fields.len() > 1);
        let (no_short, no_long) = head.leaves_out;
        let mut after_header = options.skip_after_header;
        while let Some((text, fields)) = records.next() {
            if self.first.is_some() && after_header > 0 {
                after_header -= 1;
                continue;
            }
            self.records += 1;
            let width = self.first_types.len();
            if self.first.is_none() {
                self.first_is_quoted = fields.iter().all(|field| field.form != FieldForm::Bare);
                self.first = Some(self.see(text, fields, rules));
                continue;
            }
            let unnamed = Unnamed::of(fields, self.first.as_deref().unwrap_or_default());
            self.unnamed = if self.records == 2 { unnamed } else { self.unnamed.and(unnamed) };
            if !(no_short && fields.len() < width || no_long && fields.len() > width) {
                self.see(text, fields, rules);
            }
        }
        if self.records < 2 {
            self.unnamed = Unnamed::None;
        }
    }

    /// Looks at the fields of a record, and gives the names that these are in the first one.
    pub(super) fn see(&mut self, text: &[u8], fields: &[Field], rules: &FieldRules) -> Vec<String> {
        let is_first = self.first.is_none();
        let (mut names, mut scratch) = (Vec::new(), Vec::new());
        for (index, field) in fields.iter().enumerate() {
            let mut value = &text[field.start..field.end];
            if field.form == FieldForm::Escaped {
                scratch.clear();
                unescape(value, &self.dialect, &mut scratch);
                value = &scratch;
            }
            self.has_inline_comments |=
                field.form == FieldForm::Bare && is_commented(value, self.dialect.comment);
            let types = if is_first { &mut self.first_types } else { &mut self.types };
            if types.len() <= index {
                types.resize(index + 1, ColumnValues::default());
            }
            let rules = self.own_rules.get(&index).unwrap_or(rules);
            types[index].add(value, field.form != FieldForm::Bare, rules);
            if is_first {
                names.push(column_name(value, rules.encoding));
            }
        }
        names
    }

    /// Gives the column that the first record has no name for one that is empty, or takes away the name that has no column.
    fn name_all(&mut self) {
        self.unnamed.add_to(self.first.get_or_insert_default());
        match self.unnamed {
            Unnamed::None => {}
            Unnamed::First => self.first_types.insert(0, ColumnValues::default()),
            Unnamed::Last => self.first_types.push(ColumnValues::default()),
            Unnamed::Surplus => drop(self.first_types.pop()),
        }
    }

    /// Gives columns names that are empty: those that only longer records than the first have, and so many that there are as many as
    /// names were given.
    fn add_columns(&mut self, least: usize) {
        let Some(first) = &mut self.first else { return };
        self.beyond_first = self.types.len().max(least).saturating_sub(first.len());
        let width = first.len() + self.beyond_first;
        first.resize(width, String::new());
        self.first_types.resize(width, ColumnValues::default());
    }

    /// How many records the file has, if it goes on as it begins.
    pub(super) fn estimated_rows(&self, file: &SourceFile) -> u64 {
        if self.whole || self.compressed_bytes == 0 {
            return self.records;
        }
        let times = file.len_bytes as f64 / self.compressed_bytes as f64;
        (self.records as f64 * times.max(1.0)) as u64
    }
}

/// Looks at the heads of all files, of which one is written in a dialect. Only what was seen is kept: there may be many files.
pub(super) fn take_samples(
    files: &[SourceFile],
    known: &Known,
    common: &Dialect,
    options: &CsvOptions,
) -> Result<Vec<Sample>> {
    each_file(files, |file| {
        let head = read_head(file, options)?;
        refuse_other_kind(file, &head.text)?;
        let dialect = match known.dialect() {
            Some(dialect) => dialect,
            None => dialect_beside(&head.text, head.whole, known, common),
        };
        let skip = match options.skip {
            Setting::Auto => {
                preamble_lines(&head.text, head.whole, &dialect, options.header != HeaderMode::Absent)
            }
            Setting::Is(_) => 0,
        };
        let mut sample = Sample::of(&head, skip, dialect, options);
        if options.comment == Setting::Auto && !sample.first_is_names() {
            sample.names_above = names_in_comment(&head.text, head.whole, &sample.dialect);
        }
        if options.whole_files && !sample.whole && !options.all_varchar && options.columns.is_none() {
            sample.read_whole(file, head.encoding, options)?;
        }
        let may_be_headed = options.header != HeaderMode::Absent && options.columns.is_none();
        // Who has said what becomes of records that are too long, or too short, has said that these are.
        let long_is_error = options.on_error == OnError::Fail && !options.cut_long;
        let is_said = sample.unnamed == Unnamed::Surplus && options.pad_short;
        if may_be_headed && long_is_error && !is_said && sample.first_is_names() {
            sample.name_all();
        } else {
            sample.unnamed = Unnamed::None;
        }
        if long_is_error && options.pad_short && options.columns.is_none() {
            sample.add_columns(options.names.len());
        }
        Ok(sample)
    })
}

/// Goes from record to record of a head.
struct Records<'a> {
    rest: &'a [u8],
    dialect: &'a Dialect,
    whole: bool,
    /// Whether lines of blanks are no records.
    passes_blanks: bool,
    fields: Vec<Field>,
}

impl<'a> Records<'a> {
    fn of(text: &'a [u8], dialect: &'a Dialect, whole: bool) -> Self {
        Self { rest: text, dialect, whole, passes_blanks: false, fields: Vec::new() }
    }

    /// The next record, and where its fields are; `None`: there is none that is whole.
    fn next(&mut self) -> Option<(&'a [u8], &[Field])> {
        loop {
            let text = self.rest;
            let (len, is_record) = match parse_record(text, self.dialect, self.whole, &mut self.fields) {
                Parsed::Record { len, .. } => {
                    (len, !(self.passes_blanks && is_blank_line(text, &self.fields)))
                }
                Parsed::Blank { len } | Parsed::Comment { len } => (len, false),
                Parsed::Incomplete | Parsed::Unclosed => return None,
            };
            self.rest = &text[len..];
            if is_record {
                return Some((&text[..len], &self.fields));
            }
        }
    }
}

/// How the first line of a text ends, as an option has it.
fn first_line_end(text: &[u8]) -> Option<&'static str> {
    let at = memchr::memchr2(b'\n', b'\r', text)?;
    Some(match &text[at..] {
        [b'\r', b'\n', ..] => "\\r\\n",
        [b'\r', ..] => "\\r",
        _ => "\\n",
    })
}

/// Where the text goes on behind some lines.
fn behind_lines(text: &[u8], lines: u64) -> usize {
    let mut at = 0;
    for _ in 0..lines {
        let Some(end) = memchr::memchr2(b'\n', b'\r', &text[at..]) else { return text.len() };
        at = line_end(text, at + end, true).unwrap_or(text.len());
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::testing::{columns, columns_of, infer};
    use super::*;

    #[test]
    fn texts_that_are_null_in_one_column() {
        let of = |column: &str, text: &str| (column.to_owned(), vec![text.to_owned()]);
        let found = |text: &str, nullstr_of: Vec<(String, Vec<String>)>, options: CsvOptions| {
            columns_of(&infer(&[text], &CsvOptions { nullstr_of, ..options }).unwrap())
        };
        let usual = CsvOptions::default;
        let text = "a,b\nx,1\n2,?\n3,x\n";
        assert_eq!(found(text, vec![of("A", "x")], usual()), "a bigint, b text");
        assert_eq!(found(text, vec![of("b", "x"), of("b", "?")], usual()), "a text, b bigint");
        let absent = CsvOptions { header: HeaderMode::Absent, ..usual() };
        assert_eq!(
            found("1,-9\n2,soon\n", vec![of("column1", "soon")], absent),
            "column0 bigint, column1 bigint"
        );
        let named = CsvOptions { names: vec!["n".to_owned()], ..usual() };
        assert_eq!(found(text, vec![of("n", "x")], named), "n bigint, b text");
        let whole = CsvOptions { whole_files: true, ..usual() };
        let long = format!("{text}{}", "4,5\n".repeat(200_000));
        assert_eq!(found(&format!("{long}x,6\n"), vec![of("a", "x")], whole), "a bigint, b text");
        let error = infer(&[text], &CsvOptions { nullstr_of: vec![of("c", "x")], ..usual() }).unwrap_err();
        assert_eq!(error.to_string(), "option nullstr: no column is named \"c\"");
    }

    #[test]
    fn delimiters_at_the_ends_of_records_are_columns_without_a_name() {
        assert_eq!(columns(&["a,b\n1,2,\n3,4,\n"]), "a bigint, b bigint, column2 text");
        assert_eq!(columns(&["a,b\n1,2,\n", "b,a\n1,x\n"]), "a text, b bigint, column2 text");
        // Where something stands behind it, it is the first column that has no name: those of rows, as R writes them.
        let table =
            infer(&["mpg,cyl\nMazda RX4,21.5,6\nDatsun 710,22.8,4\n"], &CsvOptions::default()).unwrap();
        assert_eq!(columns_of(&table), "column0 text, mpg double, cyl bigint");
        assert!(
            table.notes()[0].ends_with("one name fewer than records have fields: the first column has none")
        );
        assert_eq!(columns(&["a,b\n1,2,\n3,4,5\n6,7\n"]), "a bigint, b bigint");
        assert_eq!(columns(&["1,2\n1,2,\n"]), "column0 bigint, column1 bigint");
        // Where the header alone ends with one, it has no name behind it.
        assert_eq!(columns(&["a,b,\n1,2\n3,4\n"]), "a bigint, b bigint");
        assert_eq!(columns(&["a,b,\n1,2\n3,4\n", "b,a\n1,x\n"]), "a text, b bigint");
        assert_eq!(columns(&["a,b,\n1,2\n3,4,5\n"]), "a bigint, b bigint, column2 bigint");
        assert_eq!(columns(&["a,b,\n"]), "a text, b text, column2 text");
        let padded = CsvOptions { pad_short: true, ..CsvOptions::default() };
        let table = infer(&["a,b,\n1,2\n"], &padded).unwrap();
        assert_eq!(columns_of(&table), "a bigint, b bigint, column2 text");
        // Nor where it was said what becomes of records that are too long.
        let skip = CsvOptions { on_error: OnError::Skip, ..CsvOptions::default() };
        let table = infer(&["a,b\n1,2,\n3,4,\n5,6\n"], &skip).unwrap();
        assert_eq!(columns_of(&table), "a bigint, b bigint");
        let cut = CsvOptions { cut_long: true, ..CsvOptions::default() };
        assert_eq!(columns_of(&infer(&["a,b\n1,2,\n3,4,\n"], &cut).unwrap()), "a bigint, b bigint");
    }

    #[test]
    fn columns_that_only_longer_records_have() {
        let padded = CsvOptions { pad_short: true, ..Default::default() };
        let found = |text: &str, options: &CsvOptions| columns_of(&infer(&[text], options).unwrap());
        assert_eq!(
            found("1,2\n1,2,3\n1\n1,2,x,4\n", &padded),
            "column0 bigint, column1 bigint, column2 text, column3 bigint"
        );
        assert_eq!(found("a,b\n1,2,3,4\n1\n", &padded), "a bigint, b bigint, column2 bigint, column3 bigint");
        let names = ["x", "y", "z"].map(str::to_owned).to_vec();
        let named = CsvOptions { names: names.clone(), ..padded.clone() };
        assert_eq!(found("1,2\n3\n", &named), "x bigint, y bigint, z text");
        assert_eq!(found("a,b\n3,4\n", &named), "x bigint, y bigint, z text");
        // Who has said what becomes of longer records has said that there are none.
        let cut = CsvOptions { cut_long: true, ..padded };
        assert_eq!(found("1,2\n1,2,3\n4\n", &cut), "column0 bigint, column1 bigint");
        // A file without records has the columns that were said.
        assert_eq!(found("", &CsvOptions { names, ..Default::default() }), "x text, y text, z text");
    }

    #[test]
    fn comments_behind_values() {
        let text = "a,b\n1,2 # x, y\n3,4\n";
        let options =
            CsvOptions { comment: Some(b'#').into(), delim: Some(b','.into()), ..Default::default() };
        let table = infer(&["a,b\n1,2 # x\n3,4\n"], &options).unwrap();
        assert!(table.notes()[0].contains("inline_comments = true"), "{:?}", table.notes());
        let inline = CsvOptions { inline_comments: true, ..options };
        let table = infer(&[text], &inline).unwrap();
        assert_eq!((columns_of(&table), table.notes().len()), ("a bigint, b bigint".to_owned(), 0));
    }

    #[test]
    fn lines_of_blanks_are_no_records_of_several_fields() {
        assert_eq!(columns(&["\n\t \n\t\n\na,b\n1,2\n"]), "a bigint, b bigint");
        assert_eq!(columns(&["  \na,b\n1,2\n \t\n3,4\n  "]), "a bigint, b bigint");
        assert_eq!(columns(&["a,b\r\n1,2\r\n\x1a"]), "a bigint, b bigint");
        assert_eq!(columns(&["a,b\n1,2\n\0\0\0"]), "a bigint, b bigint");
        assert_eq!(columns(&["a\n \nx\n"]), "a text");
    }
}
