//! What the heads of all files show together.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::header::{header_rule, is_header_above, is_header_beside};
use super::notes::{Having, notes_of_codes, notes_of_comments, notes_of_form, notes_of_marks};
use super::sample::Sample;
use super::times::found_times;
use super::values::ColumnValues;
use super::{Column, ColumnPlaces, CsvTable, HeaderRule, find_by_place, header_names};
use crate::options::CsvOptions;
use crate::scanner::file_forms::found_forms;
use crate::scanner::record::Dialect;
use crate::source::SourceFile;

/// The union of what the files show, of which one is written in a dialect.
pub(super) fn merge(
    files: &[SourceFile],
    samples: &[Sample],
    dialect: Dialect,
    options: &CsvOptions,
) -> CsvTable {
    let filled: Vec<_> = files.iter().zip(samples).filter(|(_, sample)| sample.first.is_some()).collect();
    let header = header_rule(filled.first().map(|(_, sample)| *sample), options);
    let mut union = Union::new(header, options);
    filled.iter().for_each(|(file, sample)| union.add(file, sample));
    let Union { names, mut types, headed, all_headed, having, .. } = union;
    let mut notes = having.notes(&names);
    notes.extend(notes_of_form(&filled, header, options));
    notes.extend(notes_of_comments(samples, options));
    // What they are called in the end: the first ones may have names that were given.
    let given = options.names.iter().take(names.len());
    let called: Vec<String> = given.chain(names.iter().skip(options.names.len())).cloned().collect();
    notes.extend(notes_of_codes(&called, &types, options));
    notes.extend(notes_of_marks(&called, &types, header, options));
    let times = found_times(&called, &mut types, options, &mut notes);
    let forms = found_forms(files, samples, dialect, options, &mut notes);
    let column = |(name, values): (String, ColumnValues)| {
        let is_guessed = !options.all_varchar;
        let is_unseen = is_guessed && options.type_candidates.is_empty() && values.is_unseen();
        Column { is_unseen, ..Column::new(name, values.column_type(options), is_guessed) }
    };
    let skips = filled.iter().filter(|(_, sample)| sample.skip > 0);
    let estimated_rows = files.iter().zip(samples).map(|(file, sample)| sample.estimated_rows(file));
    CsvTable {
        columns: names.into_iter().zip(types).map(column).collect(),
        forms,
        header,
        skips: skips.map(|(file, sample)| (file.path.clone(), sample.skip)).collect(),
        all_headed,
        headed,
        times,
        options: options.clone(),
        notes,
        line_end: samples.iter().find_map(|sample| sample.line_end),
        estimated_rows: Some(estimated_rows.fold(0, u64::saturating_add)),
    }
}

/// The columns of the files so far.
struct Union<'a> {
    options: &'a CsvOptions,
    header: HeaderRule,
    names: Vec<String>,
    /// Which columns have which names.
    places: ColumnPlaces,
    types: Vec<ColumnValues>,
    /// The files with a header, where they have to be known.
    headed: BTreeSet<PathBuf>,
    all_headed: bool,
    having: Having,
}

impl<'a> Union<'a> {
    fn new(header: HeaderRule, options: &'a CsvOptions) -> Self {
        Self {
            options,
            header,
            names: Vec::new(),
            places: ColumnPlaces::default(),
            types: Vec::new(),
            headed: BTreeSet::new(),
            all_headed: true,
            having: Having::default(),
        }
    }

    /// One more file that has records.
    fn add(&mut self, file: &SourceFile, sample: &Sample) {
        let first = sample.first.as_deref().unwrap_or_default();
        let named = self.is_headed(sample, first);
        self.all_headed &= named;
        if named && (self.header == HeaderRule::SkippedIn || !self.options.names.is_empty()) {
            self.headed.insert(file.path.clone());
        }
        let by_name = named && (self.options.union_by_name || self.names.is_empty());
        let columns = if by_name { self.columns_by_name(first) } else { self.columns_by_place(first.len()) };
        if by_name && self.options.union_by_name {
            self.having.add(&columns, &file.path);
        }
        self.types.resize(self.names.len(), ColumnValues::default());
        self.see(&columns, &sample.types);
        if !named {
            self.see(&columns, &sample.first_types);
        }
    }

    fn is_headed(&self, sample: &Sample, first: &[String]) -> bool {
        match self.header {
            HeaderRule::Names | HeaderRule::Skipped => true,
            HeaderRule::NamesIfKnown => is_header_beside(sample, first, &self.names),
            HeaderRule::SkippedIn => is_header_above(sample, first, &self.names),
            HeaderRule::Data => false,
        }
    }

    /// For each name of a header, the column that it names, which is a new one if no file before has it.
    fn columns_by_name(&mut self, first: &[String]) -> Vec<usize> {
        let own = header_names(first);
        let mut known = self.places.find(&own);
        find_by_place(&mut known, self.options.names.len().min(self.names.len()));
        let mut place = |(name, known): (String, Option<usize>)| {
            known.unwrap_or_else(|| {
                self.places.add(&name, self.names.len());
                self.names.push(name);
                self.names.len() - 1
            })
        };
        own.into_iter().zip(known).map(&mut place).collect()
    }

    /// All columns, in order; they are as many as the first file has, if there are none yet.
    fn columns_by_place(&mut self, width: usize) -> Vec<usize> {
        if self.names.is_empty() {
            let given = self.options.names.iter().take(width).cloned();
            let numbered = (self.options.names.len()..width).map(|index| format!("column{index}"));
            self.names = given.chain(numbered).collect();
            self.places = ColumnPlaces::of(self.names.iter().map(String::as_str));
        }
        (0..self.names.len()).collect()
    }

    /// What was seen of columns.
    fn see(&mut self, columns: &[usize], seen: &[ColumnValues]) {
        for (column, seen) in columns.iter().zip(seen) {
            self.types[*column] = self.types[*column].merge(*seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{columns, columns_of, infer};
    use super::*;
    use crate::options::HeaderMode;

    #[test]
    fn columns_may_be_named_in_a_comment() {
        let text = "# made by hand\n# time flux\n01.5 2\n2.5 03\n";
        assert_eq!(columns(&[text, "7.5 8\n"]), "time double, flux text");
        let table = infer(&[text], &CsvOptions::default()).unwrap();
        let notes = table.notes().join("\n");
        assert!(
            notes.contains("but one above the table names its columns; comment = '' reads them"),
            "{notes}"
        );
        assert!(notes.contains("column \"flux\" is read as text"), "{notes}");
        for options in [
            CsvOptions { header: HeaderMode::Absent, ..CsvOptions::default() },
            CsvOptions { names: vec!["a".into()], ..CsvOptions::default() },
        ] {
            let first = if options.names.is_empty() { "column0" } else { "a" };
            let found = columns_of(&infer(&[text], &options).unwrap());
            assert_eq!(found, format!("{first} double, column1 text"));
        }
    }

    #[test]
    fn all_files_are_looked_at() {
        assert_eq!(columns(&["a,b\n1,NA\n", "a,b\n2.5,x\n", ""]), "a double, b text");
        assert_eq!(columns(&["a,b\n1,2\n", "b,c\n3,4\n"]), "a bigint, b bigint, c bigint");
        // A header in the first piece only.
        assert_eq!(columns(&["a,b\n1,x\n", "2,y\n"]), "a bigint, b text");
        assert_eq!(columns(&["a,b\nu,x\n", "v,y\n"]), "a text, b text");
    }

    #[test]
    fn columns_go_by_their_places_where_that_is_asked() {
        let by_place = CsvOptions { union_by_name: false, ..Default::default() };
        let table = infer(&["a,b\n1,x\n", "c,d\n2.5,y\n", "3,z\n"], &by_place).unwrap();
        assert_eq!(columns_of(&table), "a double, b text");
        let headed: Vec<_> = table.headed.iter().map(|path| path.file_name().unwrap().to_owned()).collect();
        assert_eq!(headed, ["0.csv", "1.csv"]);
        let present = CsvOptions { header: HeaderMode::Present, ..by_place };
        assert_eq!(columns_of(&infer(&["a,b\n1,x\n", "c,d\n2,y\n"], &present).unwrap()), "a bigint, b text");
    }
}
