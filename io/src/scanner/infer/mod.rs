//! What a glob of CSV files holds, found by looking at the head of every file.
//!
//! * `head`: the first bytes of a file, in its encoding
//! * `sample`: what records and columns they show; `values`: what the values of a column look like
//! * `whole`: the same of all records, where that is asked for
//! * `header`: whether the first record has names
//! * `union`: the columns of all files together, with `names` and `times`
//! * `stated`: what the options say of them, with `normal_names`
//! * `notes`: what is worth knowing
//! * `table`: what comes out

mod head;
mod header;
pub(crate) mod names;
mod normal_names;
mod notes;
mod sample;
mod stated;
mod table;
mod times;
mod union;
mod values;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use head::{Head, SAMPLE_LEN_BYTES, check_head, each_file, fill_head, open_head, read_head};
pub(crate) use names::{ColumnPlaces, column_name, find_by_place, folded, header_names};
use normal_names::normal_names;
pub(crate) use sample::Sample;
use sample::take_samples;
use stated::{apply_names, apply_nulls, apply_types};
pub(crate) use table::HeaderRule;
pub use table::{Column, CsvTable};
use union::merge;
pub use values::looks_like_value;
pub(crate) use values::{ColumnValues, ValuesByColumn, add_values};

use super::file_forms::{FileForm, FileForms, differences, found_forms};
use super::record::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{ColumnType, CsvOptions, HeaderMode, Setting};
use crate::pipe::{self, HeadLook};
use crate::scanner::json::JsonType;
use crate::sniff::{Known, dialect_of};
use crate::source::SourceFile;

/// Finds dialect, encoding, header, columns and types by looking at the first 512 KiB of every file, several
/// files at once.
///
/// Files may be written in different ways, which a note tells. They may have different columns: the table has all of
/// them, in the order in which they first appear, and a file without a column gives nulls, which a note tells; or, if the options say so, columns are
/// found by their places, under the names of the first file. A type is the narrowest of boolean, bigint,
/// double, date, timestamp and text that fits all values seen in all files. Files without any record
/// say nothing. If the options give all columns, only the encoding is looked for, and nothing is read if they give
/// that and the dialect, too.
///
/// # Errors
/// Those of opening and decoding; options that name a column that is in no file.
pub fn infer_csv(files: &[SourceFile], options: &CsvOptions) -> Result<CsvTable> {
    let table = infer(files, options)?;
    let is_unreadable =
        |form: &&FileForm| !form.dialect.delim.as_bytes().is_ascii() && form.encoding.is_single_byte();
    if let Some(FileForm { dialect, encoding, .. }) = table.forms.all().find(is_unreadable) {
        return Err(Error::bad_option_hint(
            "delim",
            format!("'{}' is no ASCII, and the text is read as {encoding}", dialect.delim),
            "such a delimiter can be used where the text is UTF-8 or UTF-16",
        ));
    }
    if options.loose_quotes && table.forms.all().any(|form| form.dialect.delim.is_run_of_blanks()) {
        return Err(Error::bad_option_hint(
            "loose_quotes",
            "where fields end is not known of runs of blanks",
            "if quotes mean nothing in this file, set quote = ''",
        ));
    }
    Ok(table)
}

/// Looks at the head of a pipe once more, of which less was looked at for a table than of a file, as its writer paused. Of types, those
/// of columns that are read and had no values tell: what does not fit another type is told by its place.
///
/// # Errors
/// More of it shows that it is written otherwise.
pub(crate) fn check_head_again(file: &SourceFile, table: &CsvTable, wanted: &[usize]) -> Result<()> {
    let look = |look| pipe::look(&file.path, look).map_err(|error| Error::io(&file.path, "open", error));
    let before = look(HeadLook::Full)?;
    let full = infer_csv(std::slice::from_ref(file), &table.options)?;
    let (known, found) = (table.form_of(&file.path), full.form_of(&file.path));
    let mut differences = differences(&found.dialect, &known.dialect);
    let mut add = |option: &str, found: String, known: String| {
        if found != known {
            differences.push((format!("{option} = {found}"), format!("{option} = {known}")));
        }
    };
    add("skip", full.skip_of(&file.path).to_string(), table.skip_of(&file.path).to_string());
    add("header", full.has_header().to_string(), table.has_header().to_string());
    let types = wanted.iter().map(|index| &table.columns[*index]).filter_map(|column| {
        let is_same = |other: &&Column| other.header == column.header && other.ty != ColumnType::Text;
        let other = full.columns.iter().find(is_same)?;
        let said = |ty: ColumnType| format!("types = {{'{}': '{ty}'}}", column.name);
        (column.inferred && column.ty == ColumnType::Text).then(|| (said(other.ty), said(column.ty)))
    });
    differences.extend(types.take(1));
    let (found, known): (Vec<_>, Vec<_>) = differences.into_iter().unzip();
    if found.is_empty() {
        return Ok(());
    }
    // Who reads the table again has to be told again.
    look(before)?;
    let (path, found, known) = (file.path.clone(), found.join(", "), known.join(", "));
    Err(ErrorKind::HeadTooShort { path, found, known }.into())
}

fn infer(files: &[SourceFile], options: &CsvOptions) -> Result<CsvTable> {
    let known = Known::of(options);
    if let Some(columns) = &options.columns {
        let known = if known.delim.is_some() { known.or_usual() } else { known };
        return declared(files, columns, &known, options);
    }
    let dialect = find_dialect(files, &known, options)?;
    let samples = take_samples(files, &known, &dialect, options)?;
    let named = names_above(&samples, options).map(|names| CsvOptions { names, ..options.clone() });
    let mut table = merge(files, &samples, dialect, named.as_ref().unwrap_or(options));
    apply_names(&mut table)?;
    apply_types(&mut table)?;
    apply_nulls(&mut table)?;
    Ok(table)
}

/// The names in a comment above the first file that has records, where nobody has said what columns are called, as if they were given.
fn names_above(samples: &[Sample], options: &CsvOptions) -> Option<Vec<String>> {
    if options.header != HeaderMode::Auto || !options.names.is_empty() {
        return None;
    }
    let first = samples.iter().find(|sample| sample.first.is_some())?;
    let names = first.names_above.as_ref()?.iter().map(String::as_str);
    Some(if options.normalize_names { normal_names(names) } else { names.map(str::to_owned).collect() })
}

/// The table that `columns` states; a header, if there is one, is passed over.
fn declared(
    files: &[SourceFile],
    columns: &[(String, JsonType)],
    known: &Known,
    options: &CsvOptions,
) -> Result<CsvTable> {
    let mut notes = Vec::new();
    let mut headed = BTreeSet::new();
    let forms = match (known.dialect(), options.encoding) {
        (Some(dialect), Setting::Is(encoding)) => FileForms::alike(FileForm::regular(dialect, encoding)),
        _ => {
            let dialect = find_dialect(files, known, options)?;
            let samples = take_samples(files, known, &dialect, options)?;
            let is_headed = |sample: &Sample| sample.first_is_names() && sample.has_words_above_values();
            let with_header = files.iter().zip(&samples).filter(|(_, sample)| is_headed(sample));
            headed.extend(with_header.map(|(file, _)| file.path.clone()));
            found_forms(files, &samples, dialect, options, &mut notes)
        }
    };
    let header = match options.header {
        HeaderMode::Auto => HeaderRule::NamesIfKnown,
        HeaderMode::Present => HeaderRule::Skipped,
        HeaderMode::Absent => HeaderRule::Data,
    };
    let columns = columns.iter().map(|(name, ty)| Column::given(name.clone(), ty)).collect();
    let mut table = CsvTable {
        columns,
        forms,
        header,
        skips: BTreeMap::new(),
        all_headed: header == HeaderRule::Skipped,
        headed,
        times: options.times.clone(),
        options: options.clone(),
        notes,
        estimated_rows: None,
        line_end: None,
    };
    apply_nulls(&mut table)?;
    Ok(table)
}

/// The dialect of the first file that has any text.
fn find_dialect(files: &[SourceFile], known: &Known, options: &CsvOptions) -> Result<Dialect> {
    if let Some(dialect) = known.dialect() {
        return Ok(dialect);
    }
    for file in files {
        let head = read_head(file, options)?;
        if !head.text.is_empty() {
            return Ok(dialect_of(&head.text, head.whole, known));
        }
    }
    Ok(dialect_of(b"", true, known))
}

/// Tables of files that tests write.
#[cfg(test)]
mod testing {
    use std::fs;

    use super::*;

    pub(super) fn infer(files: &[&str], options: &CsvOptions) -> Result<CsvTable> {
        let dir = tempfile::tempdir().unwrap();
        for (index, text) in files.iter().enumerate() {
            fs::write(dir.path().join(format!("{index}.csv")), text).unwrap();
        }
        let pattern = format!("{}/*.csv", dir.path().display());
        infer_csv(&crate::source::expand(&[pattern])?, options)
    }

    pub(super) fn columns(files: &[&str]) -> String {
        columns_of(&infer(files, &CsvOptions::default()).unwrap())
    }

    pub(super) fn columns_of(table: &CsvTable) -> String {
        let column = |column: &Column| format!("{} {}", column.name, column.ty);
        table.columns().iter().map(column).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::head::SAMPLE_LEN_BYTES;
    use super::testing::{columns, columns_of, infer};
    use super::*;

    #[test]
    fn files_are_read_as_they_are_written() {
        let found =
            |files: &[&str]| infer(files, &CsvOptions::default()).map(|table| (columns_of(&table), table));
        let (columns, table) = found(&["a,b\n1,2\n", "b\n1\n", "a;b\n3;4\n"]).unwrap();
        assert_eq!((columns.as_str(), table.delim()), ("a bigint, b bigint", None));
        let note = &table.notes()[1];
        assert!(note.contains("2.csv is read with delim = ';', others with delim = ','"), "{note}");
        // Commas before fractions make a table, too, but none of values.
        let (columns, table) = found(&["a,b\n1.5,2.5\n", "a;b\n1,5;2,5\n", "b;a\n1,5;2,5\n"]).unwrap();
        assert_eq!((columns.as_str(), table.delim()), ("a text, b text", None));
        let note = table.notes().last().unwrap();
        assert!(note.contains("1.csv (and 1 more) are read with delim = ';', others"), "{note}");
        // Quotes, escapes and comments.
        let plain = "a,b\n1,\"x, y\"\n";
        for (other, said) in [
            ("a,b\n2,'x, z'\n3,'y, z'\n", "quote = '''', others with quote = '\"'"),
            ("a,b\n2,\"x\\\", \\\"y\"\n3,\"z\"\n", "escape = '\\', others with escape = ''"),
            ("# by hand\na,b\n2,x\n# and more\n3,y\n", "comment = '#', others with comment = ''"),
        ] {
            let (columns, table) = found(&[plain, other, plain]).unwrap();
            assert_eq!(columns, "a bigint, b text", "{other}");
            assert!(table.notes().iter().any(|note| note.ends_with(said)), "{other} {:?}", table.notes());
        }
        // Records that begin as comments do.
        let (columns, table) = found(&["# made by x\ntag,n\n#a,1\n#b,2\nc,3\n"]).unwrap();
        assert_eq!((columns.as_str(), table.comment()), ("tag text, n bigint", Some(None)));
        // What may be written either way is written as the others are.
        let (columns, table) = found(&["a;b\n1;2\n", "a;b\n1;x, y\n2;x, z\n", "a;b\n"]).unwrap();
        assert_eq!((columns.as_str(), table.delim()), ("a bigint, b text", Some(b';'.into())));
        // A ragged record does not keep a file from being a table, and one column of phrases is none.
        let rest = "7;8\n9;10\n11;12\n";
        let (columns, _) = found(&["a,b\n1,2\n", &format!("a;b\n3;4\n5\n{rest}")]).unwrap();
        assert_eq!(columns, "a bigint, b bigint");
        let (columns, _) = found(&["a\nx\n", "a\nx; y\nz; w\nu; v\n"]).unwrap();
        assert_eq!(columns, "a text");
        let comma = CsvOptions { delim: Some(b','.into()), ..Default::default() };
        assert_eq!(infer(&["a,b\n1,2\n", "a;b\n3;4\n"], &comma).unwrap().columns().len(), 3);
        assert_eq!(infer(&["a\n1\n", "a\nx, y\nz\n"], &CsvOptions::default()).unwrap().columns().len(), 1);
    }

    #[test]
    fn delimiters_are_found() {
        for delim in [",", "\t", ";", "|"] {
            let text = ["a b,c", "2 2", "1 \"x,y\""].map(|line| line.replace(' ', delim)).join("\n");
            let text = if delim == "," { text.replace("b,c", "b") } else { text };
            let table = infer(&[&text], &CsvOptions::default()).unwrap();
            assert_eq!(table.delim().unwrap().as_bytes(), delim.as_bytes(), "{text:?}");
        }
        assert_eq!(columns(&["one\n1\n2\n"]), "one bigint");
        assert_eq!(columns(&[""]), "");
    }

    #[test]
    fn lines_above_the_table_and_encodings_are_found_for_each_file() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
        write("0.csv", b"Report\n\nn;t\n1;\xc6\n2;y\n");
        write("1.csv", b"n;t\n3;x\n4;y\n");
        let infer = || {
            let files = crate::source::expand(&[format!("{}/*.csv", dir.path().display())]).unwrap();
            infer_csv(&files, &CsvOptions::default()).unwrap()
        };
        let table = infer();
        assert_eq!(columns_of(&table), "n bigint, t text");
        let skips = ["0.csv", "1.csv"].map(|name| table.skip_of(&dir.path().join(name)));
        let encoding = |table: &CsvTable| table.encoding().map(|encoding| encoding.to_string());
        assert_eq!((skips, encoding(&table).as_deref()), ([2, 0], Some("windows-1252")));
        assert_eq!(table.notes().len(), 2);
        // Also where all columns are given.
        let columns =
            Some(vec![("n".into(), ColumnType::Text.into()), ("t".into(), ColumnType::Text.into())]);
        let options = CsvOptions { columns, delim: Some(b';'.into()), ..CsvOptions::default() };
        let files = crate::source::expand(&[format!("{}/*.csv", dir.path().display())]).unwrap();
        let given = infer_csv(&files, &options).unwrap();
        assert_eq!((given.encoding(), given.notes().len()), (table.encoding(), 1));
        assert!(
            table.notes()[0].ends_with("0.csv: 2 lines above the header passed over; skip = 0 reads them")
        );
        // Each file has its own, and one that has none so far is read as UTF-8.
        write("1.csv", "n;t\n3;Æ\n4;y\n".as_bytes());
        write("2.csv", b"n;t\n3;x\n4;y\n");
        let table = infer();
        let encodings = ["0.csv", "1.csv", "2.csv"]
            .map(|name| table.form_of(&dir.path().join(name)).encoding.to_string());
        assert_eq!((encoding(&table), encodings.join(" ")), (None, "windows-1252 utf8 utf8".to_owned()));
        let note = table.notes().iter().find(|note| note.contains("windows-1252")).unwrap();
        assert!(note.contains("0.csv is not UTF-8 as that of other files is"), "{note}");
        fs::remove_file(dir.path().join("2.csv")).unwrap();
        let utf16: Vec<u8> = "n;t\n3;Æ\n4;y\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        write("0.csv", &utf16);
        write("1.csv", &utf16);
        let table = infer();
        assert_eq!(
            (columns_of(&table), encoding(&table)),
            ("n bigint, t text".into(), Some("UTF-16BE".into()))
        );
    }

    #[test]
    fn beside_other_encodings_ascii_may_go_on_as_utf8() {
        let dir = tempfile::tempdir().unwrap();
        let long = "n;t\n".to_owned() + &"1;x\n".repeat(SAMPLE_LEN_BYTES / 4 + 1);
        for (name, bytes) in
            [("0.csv", b"n;t\n1;\xc6\n".as_slice()), ("1.csv", long.as_bytes()), ("2.csv", b"n;t\n3;x\n")]
        {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        let files = crate::source::expand(&[format!("{}/*.csv", dir.path().display())]).unwrap();
        let table = infer_csv(&files, &CsvOptions::default()).unwrap();
        let encodings: Vec<String> =
            files.iter().map(|file| table.form_of(&file.path).encoding.to_string()).collect();
        assert_eq!(encodings, ["windows-1252", "utf8-or-windows-1252", "windows-1252"]);
        let note = "the text is not UTF-8, and read as windows-1252; encoding = '…' reads it as another one";
        assert_eq!(table.notes(), [note]);
    }
}
