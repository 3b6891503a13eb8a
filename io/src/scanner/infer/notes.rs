//! What is worth knowing of files though they can be read.

use std::path::{Path, PathBuf};

use super::HeaderRule;
use super::sample::Sample;
use super::stated::given_type;
use super::values::{ColumnValues, Mark};
use crate::options::{CsvOptions, HeaderMode, Setting};
use crate::scanner::file_forms::Unnamed;
use crate::source::SourceFile;

/// What one would not expect of how files are written: of those that have records, and of what stands between these in all.
pub(super) fn notes_of_form(
    files: &[(&SourceFile, &Sample)],
    header: HeaderRule,
    options: &CsvOptions,
) -> Vec<String> {
    let is_strict = header == HeaderRule::Data && !options.pad_short && !options.cut_long;
    let widths = if is_strict { different_widths(files) } else { None };
    let figures = if options.header == HeaderMode::Auto { header_of_figures(files) } else { None };
    [widths, lines_above(files), unnamed_first(files), figures].into_iter().flatten().collect()
}

/// That lines above tables are passed over.
fn lines_above(files: &[(&SourceFile, &Sample)]) -> Option<String> {
    let mut skipping: Vec<_> = files.iter().filter(|(_, sample)| sample.skip > 0).collect();
    skipping.sort_by_key(|(file, _)| &file.path);
    let (file, sample) = skipping.first()?;
    let what = if sample.first_is_names() { "header" } else { "table" };
    let more = match skipping.len() - 1 {
        0 => String::new(),
        1 => ", and some in 1 more file".to_owned(),
        more => format!(", and some in {more} more files"),
    };
    let lines = if sample.skip == 1 { "1 line".to_owned() } else { format!("{} lines", sample.skip) };
    Some(format!("{}: {lines} above the {what} passed over{more}; skip = 0 reads them", file.path.display()))
}

/// That a header lacks the name of the first column.
fn unnamed_first(files: &[(&SourceFile, &Sample)]) -> Option<String> {
    let (file, _) = files.iter().find(|(_, sample)| sample.unnamed == Unnamed::First)?;
    Some(format!(
        "{}: the header has one name fewer than records have fields: the first column has none",
        file.path.display()
    ))
}

/// That names are numbers or dates.
fn header_of_figures(files: &[(&SourceFile, &Sample)]) -> Option<String> {
    let (file, _) = files.iter().find(|(_, sample)| sample.has_names_of_figures())?;
    Some(format!(
        "{}: the first record, in which there are numbers or dates, is taken for names; header = false reads it as values",
        file.path.display()
    ))
}

/// What is taken for comments though nobody said so, and what is not.
pub(super) fn notes_of_comments(samples: &[Sample], options: &CsvOptions) -> Vec<String> {
    let lines = match options.comment {
        Setting::Auto => samples.iter().find_map(|sample| sample.dialect.comment),
        Setting::Is(_) => None,
    };
    let has_names =
        |sample: &Sample| sample.names_above.as_ref().is_some_and(|names| *names == options.names);
    let first = samples.iter().find(|sample| sample.first.is_some());
    let names = if first.is_some_and(has_names) { ", but one above the table names its columns" } else { "" };
    let lines = lines.map(|comment| {
        let comment = char::from(comment);
        format!("lines that begin with '{comment}' are passed over{names}; comment = '' reads them")
    });
    let is_commented = |sample: &&Sample| sample.has_inline_comments && !sample.dialect.inline_comments;
    let inline = samples.iter().find(is_commented).and_then(|sample| sample.dialect.comment);
    let inline = inline.map(|comment| {
        let comment = char::from(comment);
        format!("'{comment}' stands behind values; inline_comments = true takes what follows it for comments")
    });
    lines.into_iter().chain(inline).collect()
}

/// That files without a header do not all have as many fields in their first records as the first file has.
fn different_widths(files: &[(&SourceFile, &Sample)]) -> Option<String> {
    let (first, sample) = files.first()?;
    let width = sample.first_types.len();
    let (other, sample) = files.iter().find(|(_, sample)| sample.first_types.len() != width)?;
    Some(format!(
        "the files do not all have as many fields: {width} in {}, {} in {}; sniff tells how each is written",
        first.path.display(),
        sample.first_types.len(),
        other.path.display()
    ))
}

/// That numbers with zeros in front are taken for codes, where nobody has said what they are.
pub(super) fn notes_of_codes(
    names: &[String],
    types: &[ColumnValues],
    options: &CsvOptions,
) -> Option<String> {
    let inferred = names.iter().zip(types).skip(options.types_in_order.len());
    let codes = inferred.filter(|(_, values)| values.are_codes());
    let codes = codes.filter(|(name, _)| given_type(name, options).is_none());
    let names: Vec<&String> = codes.map(|(name, _)| name).filter(|_| !options.all_varchar).collect();
    let first = names.first()?;
    let more = if names.len() > 1 { format!(" (and {} more)", names.len() - 1) } else { String::new() };
    Some(format!(
        "column \"{first}\"{more} is read as text, as numbers in it have zeros in front; types = {{'{first}': \
         'bigint'}} reads numbers"
    ))
}

/// That columns would be numbers, but for a text that may stand for those that are missing.
pub(super) fn notes_of_marks(
    names: &[String],
    types: &[ColumnValues],
    header: HeaderRule,
    options: &CsvOptions,
) -> Option<String> {
    let inferred = names.iter().zip(types).skip(options.types_in_order.len());
    let marked = inferred.filter_map(|(name, values)| Some((name, values.mark()?)));
    let is_inferred = |(name, _): &(&String, Mark<'_>)| given_type(name, options).is_none();
    let marked: Vec<(&String, Mark<'_>)> = marked.filter(is_inferred).collect();
    let ((first, mark), others) = marked.split_first().filter(|_| !options.all_varchar)?;
    // They differ, and stand in the first record, as units do.
    let are_units = header != HeaderRule::Data
        && marked.iter().all(|(_, mark)| mark.is_first)
        && others.iter().any(|(_, other)| other.text != mark.text);
    let more = others.iter().filter(|(_, other)| are_units || other.text == mark.text).count();
    let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    let remedy = match are_units {
        true => "skip_after_header = 1 leaves out a record of units".to_owned(),
        false => format!("nullstr = '{}' reads it as null, and numbers", mark.text.replace('\'', "''")),
    };
    let text = mark.text;
    Some(format!(
        "column \"{first}\"{more} is read as text, as \"{text}\" stands among its numbers; {remedy}"
    ))
}

/// Which files have which columns, as far as they say so by name.
#[derive(Debug, Default)]
pub(super) struct Having {
    total: usize,
    /// For each column: how many files have it.
    counts: Vec<usize>,
    /// Columns that files have, and the first file of those in a row that have the same.
    files: Vec<(Vec<usize>, PathBuf)>,
}

/// Columns named in a note.
const NOTED_COLUMNS: usize = 3;

impl Having {
    pub(super) fn add(&mut self, columns: &[usize], path: &Path) {
        self.total += 1;
        let most = columns.iter().map(|column| column + 1).max().unwrap_or(0);
        self.counts.resize(self.counts.len().max(most), 0);
        columns.iter().for_each(|column| self.counts[*column] += 1);
        if self.files.last().is_none_or(|(last, _)| last != columns) {
            self.files.push((columns.to_vec(), path.to_owned()));
        }
    }

    /// That some files lack columns, if they do.
    pub(super) fn notes(&self, names: &[String]) -> Vec<String> {
        let without = |column: usize| self.files.iter().find(|(columns, _)| !columns.contains(&column));
        let lacking = (0..self.counts.len()).filter(|column| self.counts[*column] < self.total);
        let lacking = lacking.filter_map(|column| Some((column, &without(column)?.1)));
        let note =
            |(column, path): (usize, &PathBuf)| format!("\"{}\" (not in {})", names[column], path.display());
        let mut notes: Vec<String> = lacking.map(note).collect();
        if notes.is_empty() {
            return Vec::new();
        }
        let more = notes.len().saturating_sub(NOTED_COLUMNS);
        notes.truncate(NOTED_COLUMNS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        vec![format!(
            "the files do not all have the same columns; null where a file lacks them: {}{more}",
            notes.join(", ")
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{columns, infer};
    use super::*;
    use crate::options::ColumnType;

    #[test]
    fn files_that_lack_columns_are_told() {
        let notes = |files: &[&str]| {
            let table = infer(files, &CsvOptions::default()).unwrap();
            let name = |note: &String| {
                let pieces = note.split("(not in ").map(|piece| match piece.rfind(".csv") {
                    Some(at) => &piece[at - 1..],
                    None => piece,
                });
                pieces.collect::<Vec<_>>().join("(not in ")
            };
            table.notes().iter().map(name).collect::<Vec<_>>()
        };
        assert!(notes(&["a,b\n1,2\n", "b,a\n1,2\n", "3,4\n", ""]).is_empty());
        let told = "the files do not all have the same columns; null where a file lacks them: ";
        assert_eq!(
            notes(&["a,b\n1,2\n", "b,c\n3,4\n"]),
            [format!("{told}\"a\" (not in 1.csv), \"c\" (not in 0.csv)")]
        );
        assert!(notes(&["a,b,c,d\n1,2,3,4\n", "e\n3\n"])[0].ends_with("and 2 more"));
    }

    #[test]
    fn files_of_other_widths_are_told() {
        let notes = |options: &CsvOptions| infer(&["1,2\n", "1,2\n", "1,2,3\n"], options).unwrap().notes;
        let told = notes(&CsvOptions::default());
        assert!(told.len() == 1 && told[0].contains(": 2 in ") && told[0].contains(", 3 in "), "{told:?}");
        assert!(notes(&CsvOptions { cut_long: true, ..Default::default() }).is_empty());
    }

    #[test]
    fn marks_of_missing_numbers_are_told() {
        let notes = |text: &str| infer(&[text], &CsvOptions::default()).unwrap().notes().to_vec();
        assert_eq!(
            notes("id,n,m\n1,?,5\n2,3.5,4\n3,4,?\n4,?,2\n"),
            [
                "column \"n\" (and 1 more) is read as text, as \"?\" stands among its numbers; nullstr = '?' reads it as null, and numbers"
            ]
        );
        let units = "skip_after_header = 1 leaves out a record of units";
        assert!(notes("t,p\ns,hPa\n1,2\n3,4\n")[0].ends_with(units));
        for text in ["t,p\n?,2\n1,!\n3,4\n", "t,p\n?,?\n1,2\n3,4\n", "t,p\ns,hPa\n1,2\ns,3\n4,5\n"] {
            assert!(notes(text)[0].contains("nullstr"), "{text:?}");
        }
        for text in
            ["n,a\n1,x\n2,y\n?,z\n!,u\n", "n\n1\n?\n", "n\n1\n2\n3*\n", "a\nx\n?\n?\n", "n\n1\n2\nNA\n"]
        {
            assert!(notes(text).is_empty(), "{text:?}");
        }
        let types = vec![("n".to_owned(), ColumnType::Text.into())];
        let given = CsvOptions { types, ..Default::default() };
        assert!(infer(&["n\n1\n2\n?\n"], &given).unwrap().notes().is_empty());
    }

    #[test]
    fn codes_are_told() {
        let notes = |text: &str, options: &CsvOptions| infer(&[text], options).unwrap().notes().to_vec();
        let text = "zip,n,hour\n12345,1,07\n01234,0,08\n";
        let default = CsvOptions::default();
        assert_eq!(
            notes(text, &default),
            [
                "column \"zip\" (and 1 more) is read as text, as numbers in it have zeros in front; types = {'zip': \
                 'bigint'} reads numbers"
            ]
        );
        assert_eq!(columns(&[text]), "zip text, n bigint, hour text");
        let types =
            vec![("ZIP".to_owned(), ColumnType::Text.into()), ("hour".to_owned(), ColumnType::Int8.into())];
        assert!(notes(text, &CsvOptions { types, ..default.clone() }).is_empty());
        let names = vec!["code".to_owned()];
        assert!(notes(text, &CsvOptions { names, ..default.clone() })[0].contains("{'code': 'bigint'}"));
        assert!(notes(text, &CsvOptions { all_varchar: true, ..default }).is_empty());
    }
}
