//! What files are read as.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow_schema::DataType;

use crate::encoding::Encoding;
use crate::options::{ColumnType, CsvOptions, Setting};
use crate::scanner::fields::Missing;
use crate::scanner::file_forms::{FileForm, FileForms};
use crate::scanner::json::JsonType;
use crate::scanner::{Delim, TimeFormats};

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Column {
    /// Its name, as the files spell it, unless another one is set.
    pub name: String,
    /// Its name in headers.
    pub(crate) header: String,
    /// What is missing in it.
    pub(crate) missing: Missing,
    /// Texts that are null in it, beside those that are in all columns.
    pub(crate) null_texts: Vec<String>,
    /// Its type; of a column of lists or objects, text.
    pub ty: ColumnType,
    /// The type of the lists or objects in it.
    pub(crate) nested: Option<JsonType>,
    /// Whether it has the type because of what was seen in the heads of the files.
    pub inferred: bool,
    /// Whether it was inferred to be text because the heads of the files have no value of it.
    pub(crate) is_unseen: bool,
}

impl Column {
    pub(super) fn new(name: String, ty: ColumnType, inferred: bool) -> Self {
        let (header, missing, null_texts) = (name.clone(), Missing::Usual, Vec::new());
        Self { header, name, missing, null_texts, ty, nested: None, inferred, is_unseen: false }
    }

    /// A column with a type that is given.
    pub(super) fn given(name: String, ty: &JsonType) -> Self {
        let mut column = Self::new(name, ColumnType::Text, false);
        column.set_type(ty);
        column
    }

    /// Gives it a type, which is not guessed.
    pub(super) fn set_type(&mut self, ty: &JsonType) {
        (self.ty, self.nested) = match ty {
            JsonType::Scalar(scalar) => (*scalar, None),
            nested => (ColumnType::Text, Some(nested.clone())),
        };
        self.inferred = false;
    }

    /// The name of its type.
    pub fn type_name(&self) -> String {
        self.nested.as_ref().map_or_else(|| self.ty.to_string(), ToString::to_string)
    }

    /// The Arrow type of the column in a batch.
    pub fn data_type(&self) -> DataType {
        self.nested.as_ref().map_or_else(|| self.ty.data_type(), JsonType::data_type)
    }
}

/// What all files of a glob together are read as: plain data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvTable {
    pub(crate) columns: Vec<Column>,
    pub(crate) forms: FileForms,
    pub(crate) header: HeaderRule,
    /// Lines above the table in each file, where they were looked for and found.
    pub(crate) skips: BTreeMap<PathBuf, u64>,
    /// Whether all files that have records begin with a header.
    pub(crate) all_headed: bool,
    /// By [`HeaderRule::SkippedIn`], and where names are given: the files that have a header.
    pub(crate) headed: BTreeSet<PathBuf>,
    /// How dates and points in time are written: as was set, or found.
    pub(crate) times: TimeFormats,
    pub(crate) options: CsvOptions,
    pub(crate) notes: Vec<String>,
    pub(crate) estimated_rows: Option<u64>,
    /// How lines end in the first file that has any, as far as was looked.
    pub(crate) line_end: Option<&'static str>,
}

/// How a file's first record is understood when the file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderRule {
    /// Names of columns, by which the fields find their column.
    Names,
    /// Names if all of them are names of columns, else data.
    NamesIfKnown,
    /// Names that are passed over: the columns were given, in order.
    Skipped,
    /// Names that are passed over in some files, data in the others.
    SkippedIn,
    /// Data.
    Data,
}

impl CsvTable {
    /// The columns, in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How a file is written.
    pub(crate) fn form_of(&self, path: &Path) -> &FileForm {
        self.forms.of(path)
    }

    /// What stands between fields; `None`: not the same in all files.
    pub fn delim(&self) -> Option<Delim> {
        self.forms.shared(|form| form.dialect.delim)
    }

    /// Whether the files' first records are names.
    pub fn has_header(&self) -> bool {
        self.header != HeaderRule::Data
    }

    /// Whether all files begin with a header, or none; `None`: some do.
    pub fn header(&self) -> Option<bool> {
        if !self.has_header() { Some(false) } else { self.all_headed.then_some(true) }
    }

    /// The byte around fields, if there is one; `None`: not the same in all files.
    pub fn quote(&self) -> Option<Option<u8>> {
        self.forms.shared(|form| form.dialect.said_quote())
    }

    /// The byte before a quote in a quoted field, if there is one; `None`: not the same in all files.
    pub fn escape(&self) -> Option<Option<u8>> {
        self.forms.shared(|form| form.dialect.escape)
    }

    /// The byte at the start of lines that are no records, if there is one; `None`: not the same in all files.
    pub fn comment(&self) -> Option<Option<u8>> {
        self.forms.shared(|form| form.dialect.comment)
    }

    /// Whether blanks in front of fields are no part of them; `None`: not the same in all files.
    pub fn skips_initial_blanks(&self) -> Option<bool> {
        self.forms.shared(|form| form.dialect.skips_initial_blanks)
    }

    /// The encoding of the text; `None`: not the same in all files.
    pub fn encoding(&self) -> Option<Encoding> {
        self.forms.shared(|form| form.encoding)
    }

    /// How dates and points in time are written.
    pub fn times(&self) -> &TimeFormats {
        &self.times
    }

    /// How lines end in the first file that has any: `\\n`, `\\r\\n` or `\\r`, as they are written in options; `None` if that was not
    /// looked at.
    pub fn line_end(&self) -> Option<&'static str> {
        self.line_end
    }

    /// Lines to skip at the head of a file.
    pub fn skip_of(&self, path: &Path) -> u64 {
        match self.options.skip {
            Setting::Is(lines) => lines,
            Setting::Auto => self.skips.get(path).copied().unwrap_or(0),
        }
    }

    /// What is worth knowing of the files: that they do not all have the same columns.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The same table with a wider type for a column whose type was guessed; `None` if there is no such column,
    /// or it is as wide already.
    pub fn widened(&self, column: &str, ty: ColumnType) -> Option<Self> {
        let index = self.columns.iter().position(|known| known.name == column && known.inferred)?;
        let candidates = &self.options.type_candidates;
        let may_be = candidates.is_empty() || candidates.contains(&ty);
        let mut table = (may_be && self.columns[index].ty.widens_to(ty)).then(|| self.clone())?;
        table.columns[index].ty = ty;
        Some(table)
    }

    /// How many rows all files have, if each goes on as it begins; nothing if they were not looked at.
    pub fn estimated_rows(&self) -> Option<u64> {
        self.estimated_rows
    }

    /// How the files were asked to be read.
    pub fn options(&self) -> &CsvOptions {
        &self.options
    }
}
