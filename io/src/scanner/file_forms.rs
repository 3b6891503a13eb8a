//! How the text of each file of a glob is written: years of exports are seldom all of one form.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use encoding_rs::WINDOWS_1252;

use super::infer::Sample;
use super::record::{Dialect, Field};
use crate::encoding::Encoding;
use crate::options::CsvOptions;
use crate::sniff::Looks;
use crate::source::SourceFile;

/// How the text of a file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileForm {
    pub(crate) dialect: Dialect,
    /// Where the file does not begin with a byte order mark.
    pub(crate) encoding: Encoding,
    /// The column that the header has no name for, or the other way round.
    pub(crate) unnamed: Unnamed,
    /// Columns that only longer records than the first have, where short ones are filled up.
    pub(crate) beyond_first: usize,
}

impl FileForm {
    /// Of files that are all written alike, with as many fields in each record.
    pub(crate) fn regular(dialect: Dialect, encoding: Encoding) -> Self {
        Self { dialect, encoding, unnamed: Unnamed::None, beyond_first: 0 }
    }

    /// Gives the columns that the first record has no names for empty ones.
    pub(crate) fn add_unnamed(&self, names: &mut Vec<String>) {
        self.unnamed.add_to(names);
        names.resize(names.len() + self.beyond_first, String::new());
    }
}

/// Which column has no name, where all records have one field more than the header has names; or that it is a name which has no
/// column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unnamed {
    None,
    /// The names of rows, as R writes them.
    First,
    /// What stands behind the delimiter with which all records end: nothing.
    Last,
    /// The header alone ends with a delimiter: its last name, which is empty, is one too many.
    Surplus,
}

impl Unnamed {
    /// What it can be, going by one record below these names.
    pub(super) fn of(fields: &[Field], names: &[String]) -> Self {
        let ends_open = || fields.last().is_some_and(|field| field.start == field.end);
        match fields.len() {
            len if len == names.len() + 1 && ends_open() => Self::Last,
            len if len == names.len() + 1 => Self::First,
            len if len > 0 && len + 1 == names.len() && names[len].is_empty() => Self::Surplus,
            _ => Self::None,
        }
    }

    /// What it can be, if it is this beside some records and that beside others.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::First, Self::Last) | (Self::Last, Self::First) => Self::First,
            _ => Self::None,
        }
    }

    /// Gives the column a name that is empty, or takes away the name that has no column.
    pub(crate) fn add_to(self, names: &mut Vec<String>) {
        match self {
            Self::None => {}
            Self::First => names.insert(0, String::new()),
            Self::Last => names.push(String::new()),
            Self::Surplus => drop(names.pop()),
        }
    }
}

/// How those of all files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileForms {
    common: FileForm,
    /// Files that are written otherwise.
    others: BTreeMap<PathBuf, FileForm>,
}

impl FileForms {
    /// All files are written alike.
    pub(crate) fn alike(common: FileForm) -> Self {
        Self { common, others: BTreeMap::new() }
    }

    pub(crate) fn of(&self, path: &Path) -> &FileForm {
        self.others.get(path).unwrap_or(&self.common)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &FileForm> {
        std::iter::once(&self.common).chain(self.others.values())
    }

    /// A part of the form, if it is the same in all files.
    pub(crate) fn shared<T: PartialEq>(&self, part: impl Fn(&FileForm) -> T) -> Option<T> {
        let common = part(&self.common);
        self.others.values().all(|form| part(form) == common).then_some(common)
    }
}

/// The forms of files of which the heads were looked at, one of them being written in a dialect; and notes of what one would not expect.
pub(super) fn found_forms(
    files: &[SourceFile],
    samples: &[Sample],
    common: Dialect,
    options: &CsvOptions,
    notes: &mut Vec<String>,
) -> FileForms {
    let filled = || files.iter().zip(samples).filter(|(_, sample)| sample.first.is_some());
    let common_encoding = || encoding_of_all(filled().map(|(_, sample)| sample.looks));
    let encoding = options.encoding.known().unwrap_or_else(common_encoding);
    let common = FileForm::regular(common, encoding);
    let encoding_of = |sample: &Sample| match (options.encoding.known(), sample.looks) {
        (Some(encoding), _) => encoding,
        // What is ASCII as far as was looked goes on as the others do, or in UTF-8.
        (None, Looks::Ascii) if !sample.whole => encoding.or_utf8(),
        (None, looks) => encoding_beside(looks, encoding),
    };
    let mut others = BTreeMap::new();
    for (file, sample) in filled() {
        let form = FileForm {
            dialect: sample.dialect.clone(),
            encoding: encoding_of(sample),
            unnamed: sample.unnamed,
            beyond_first: sample.beyond_first,
        };
        if form != common {
            others.insert(file.path.clone(), form);
        }
    }
    let forms = FileForms { common, others };
    notes.extend(dialect_note(&forms));
    if options.encoding.known().is_none() {
        let has_nul = filled().any(|(_, sample)| sample.looks == Looks::Bytes && sample.has_nul);
        notes.extend(encoding_notes(&forms, has_nul));
    }
    forms
}

/// The encoding that all files can be in; UTF-8 if there is none.
fn encoding_of_all(looks: impl Iterator<Item = Looks>) -> Encoding {
    let put_together = |one, other| match (one, other) {
        (one, other) if one == other => one,
        // Files without a character that tells; those of UTF-16 all do.
        (Looks::Ascii, Looks::Bytes) | (Looks::Bytes, Looks::Ascii) => Looks::Bytes,
        _ => Looks::Utf8,
    };
    encoding_beside(looks.reduce(put_together).unwrap_or(Looks::Ascii), Encoding::Utf8)
}

/// The encoding of a file: ASCII is the same in that of the others.
fn encoding_beside(looks: Looks, others: Encoding) -> Encoding {
    match looks {
        Looks::Ascii => others,
        Looks::Utf8 => Encoding::Utf8,
        Looks::Wide(encoding) => encoding,
        Looks::Bytes => Encoding::Other(WINDOWS_1252),
    }
}

/// That the text is not UTF-8.
fn encoding_notes(forms: &FileForms, has_nul: bool) -> Vec<String> {
    let doubt = if has_nul { "; it has NUL bytes, as files have that hold no text" } else { "" };
    let encoding = forms.common.encoding;
    if encoding != Encoding::Utf8 || forms.shared(|form| form.encoding).is_some() {
        let note = format!(
            "the text is not UTF-8, and read as {encoding}; encoding = '…' reads it as another one{doubt}"
        );
        return if encoding == Encoding::Utf8 { Vec::new() } else { vec![note] };
    }
    // The files of each encoding: hardly ever more than one.
    let mut found: Vec<(Encoding, &PathBuf, usize)> = Vec::new();
    for (path, form) in forms.others.iter().filter(|(_, form)| form.encoding != Encoding::Utf8) {
        match found.iter_mut().find(|(encoding, ..)| *encoding == form.encoding) {
            Some((.., count)) => *count += 1,
            None => found.push((form.encoding, path, 1)),
        }
    }
    let note = |(encoding, path, count): (Encoding, &PathBuf, usize)| {
        let path = path.display();
        format!(
            "the text of {path}{} is not UTF-8 as that of other files is, and read as {encoding}; encoding = '…' \
             reads all of them as one{doubt}",
            and_more(count - 1)
        )
    };
    found.into_iter().map(note).collect()
}

/// That some files are written in other dialects than the first.
fn dialect_note(forms: &FileForms) -> Option<String> {
    let common = &forms.common.dialect;
    let mut others = forms.others.iter().filter(|(_, form)| form.dialect != *common);
    let (path, form) = others.next()?;
    let differences = differences(&form.dialect, common);
    let (own, usual): (Vec<String>, Vec<String>) = differences.into_iter().unzip();
    Some(format!(
        "the files are not all written alike: {}{} read with {}, others with {}",
        path.display(),
        match others.count() {
            0 => " is".to_owned(),
            more => format!("{} are", and_more(more)),
        },
        own.join(", "),
        usual.join(", ")
    ))
}

fn and_more(count: usize) -> String {
    if count > 0 { format!(" (and {count} more)") } else { String::new() }
}

/// The options that make one dialect another one, each with its value in both.
pub(super) fn differences(one: &Dialect, other: &Dialect) -> Vec<(String, String)> {
    let settings = |dialect: &Dialect| {
        let Dialect { delim, escape, comment, .. } = dialect;
        let quote = &dialect.said_quote();
        let byte = |name: &str, byte: &Option<u8>| match byte {
            None => format!("{name} = ''"),
            Some(b'\'') => format!("{name} = ''''"),
            Some(byte) => format!("{name} = '{}'", char::from(*byte)),
        };
        [
            format!("delim = '{delim}'"),
            byte("quote", quote),
            byte("escape", escape),
            byte("comment", comment),
            format!("skipinitialspace = {}", dialect.skips_initial_blanks),
        ]
    };
    settings(one).into_iter().zip(settings(other)).filter(|(one, other)| one != other).collect()
}
