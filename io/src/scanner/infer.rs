//! What a glob of CSV files holds, found by looking at the head of every file.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use encoding_rs::WINDOWS_1252;

use super::Delim;
use super::file_forms::{FileForm, FileForms, Unnamed, found_forms};
use super::record::{Dialect, FieldForm, Parsed, is_blank_line, parse_record, unescape};
use super::time_format::TimeFormats;
use super::time_forms::{Forms, TimeKind};
use super::values::{
    NumberSigns, has_leading_zeros, is_infinite, is_null_word, looks_like_f64, parse_bool, parse_i64, trim,
};
use crate::codec::{Codec, Decompressor};
use crate::encoding::{Encoding, TextStream};
use crate::error::{Error, ErrorKind, Result};
use crate::feed::DOUBT_LEN_BYTES;
use crate::notes::Notes;
use crate::options::{ColumnType, CsvOptions, HeaderMode, OnError, Setting};
use crate::rewrite::prepared;
use crate::sniff::{
    Known, Looks, dialect_beside, dialect_of, encoding_of, preamble_lines, refuse_other_kind,
};
use crate::source::SourceFile;
use crate::splitter::RecordBuffer;

/// Decoded bytes of a file that are looked at: below one bzip2 block (900 kB), so that looking at a
/// .bz2 decodes one block.
const SAMPLE_LEN_BYTES: usize = 512 << 10;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Column {
    /// Its name, as the files spell it, unless another one is set.
    pub name: String,
    /// Its name in headers.
    pub(crate) header: String,
    /// Its type.
    pub ty: ColumnType,
    /// Whether it has the type because of what was seen in the heads of the files.
    pub inferred: bool,
}

impl Column {
    fn new(name: String, ty: ColumnType, inferred: bool) -> Self {
        Self { header: name.clone(), name, ty, inferred }
    }

    /// Gives it a type, which is not guessed.
    fn set_type(&mut self, ty: ColumnType) {
        (self.ty, self.inferred) = (ty, false);
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

    /// The encoding of the text; `None`: not the same in all files.
    pub fn encoding(&self) -> Option<Encoding> {
        self.forms.shared(|form| form.encoding)
    }

    /// How dates and points in time are written.
    pub fn times(&self) -> &TimeFormats {
        &self.times
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
        let mut table = self.columns[index].ty.widens_to(ty).then(|| self.clone())?;
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

fn infer(files: &[SourceFile], options: &CsvOptions) -> Result<CsvTable> {
    let known = Known::of(options);
    if let Some(columns) = &options.columns {
        let known = if known.delim.is_some() { known.or_usual() } else { known };
        return declared(files, columns, &known, options);
    }
    let dialect = find_dialect(files, &known, options)?;
    let samples = take_samples(files, &known, &dialect, options)?;
    let mut table = merge(files, &samples, dialect, options);
    apply_names(&mut table)?;
    apply_types(&mut table)?;
    Ok(table)
}

/// The table that `columns` states; a header, if there is one, is passed over.
fn declared(
    files: &[SourceFile],
    columns: &[(String, ColumnType)],
    known: &Known,
    options: &CsvOptions,
) -> Result<CsvTable> {
    let mut notes = Vec::new();
    let forms = match (known.dialect(), options.encoding) {
        (Some(dialect), Setting::Is(encoding)) => FileForms::alike(FileForm::regular(dialect, encoding)),
        _ => {
            let dialect = find_dialect(files, known, options)?;
            let samples = take_samples(files, known, &dialect, options)?;
            found_forms(files, &samples, dialect, options, &mut notes)
        }
    };
    let header = match options.header {
        HeaderMode::Auto => HeaderRule::NamesIfKnown,
        HeaderMode::Present => HeaderRule::Skipped,
        HeaderMode::Absent => HeaderRule::Data,
    };
    let columns = columns.iter().map(|(name, ty)| Column::new(name.clone(), *ty, false)).collect();
    Ok(CsvTable {
        columns,
        forms,
        header,
        skips: BTreeMap::new(),
        all_headed: header == HeaderRule::Skipped,
        headed: BTreeSet::new(),
        times: options.times.clone(),
        options: options.clone(),
        notes,
        estimated_rows: None,
    })
}

/// Applies the names that the options give.
fn apply_names(table: &mut CsvTable) -> Result<()> {
    let names = &table.options.names;
    if table.columns.is_empty() {
        // Files without any record say nothing; who asks does.
        table.columns = names.iter().map(|name| Column::new(name.clone(), ColumnType::Text, false)).collect();
    }
    check_count("names", names.len(), &table.columns)?;
    for (column, name) in table.columns.iter_mut().zip(names) {
        column.name.clone_from(name);
    }
    let mut met = HashSet::new();
    match table.columns.iter().find(|column| !met.insert(column.name.as_str())) {
        None => Ok(()),
        Some(column) => Err(Error::bad_option_hint(
            "names",
            format!("two columns would be named \"{}\"", column.name),
            "columns without a name of their own keep that of the files",
        )),
    }
}

/// What is said of columns in order is said of no more than there are.
fn check_count(option: &str, count: usize, columns: &[Column]) -> Result<()> {
    if count <= columns.len() {
        return Ok(());
    }
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    Err(Error::bad_option_hint(
        option,
        format!("there are {count}, and {} columns", columns.len()),
        format!("the columns are: {}", names.join(", ")),
    ))
}

/// Applies the types that the options give, in order or by name.
fn apply_types(table: &mut CsvTable) -> Result<()> {
    check_count("types", table.options.types_in_order.len(), &table.columns)?;
    for (column, ty) in table.columns.iter_mut().zip(&table.options.types_in_order) {
        column.set_type(*ty);
    }
    for (name, ty) in &table.options.types {
        let exact = table.columns.iter().position(|column| column.name == *name);
        let found =
            exact.or_else(|| table.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name)));
        let Some(index) = found else {
            let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            return Err(Error::bad_option_hint(
                "types",
                format!("no column is named \"{name}\""),
                format!("the columns are: {}", names.join(", ")),
            ));
        };
        table.columns[index].set_type(*ty);
    }
    Ok(())
}

/// The first decoded bytes of a file.
pub(crate) struct Head {
    pub(crate) text: Vec<u8>,
    /// Whether the file ends with them.
    pub(crate) whole: bool,
    pub(crate) codec: Codec,
    /// How many compressed bytes they came from.
    compressed_bytes: u64,
    /// Texts that are null in every column.
    nullstr: Vec<String>,
    nulls_in_quotes: bool,
    signs: NumberSigns,
    times: TimeFormats,
    pub(crate) encoding: Encoding,
    looks: Looks,
    /// Whether records that are shorter than the first, and those that are longer, will be left out.
    leaves_out: (bool, bool),
}

/// Looks at the heads of all files, of which one is written in a dialect. Only what was seen is kept: there may be many files.
fn take_samples(
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
        let mut sample = Sample::new(&head, skip, dialect);
        let may_be_headed = options.header != HeaderMode::Absent && options.columns.is_none();
        // Who has said what becomes of records that are too long has said that these are.
        let long_is_error = options.on_error == OnError::Fail && !options.cut_long;
        if may_be_headed && long_is_error && sample.first_is_names() {
            sample.name_all();
        } else {
            sample.unnamed = Unnamed::None;
        }
        if long_is_error && options.pad_short && options.columns.is_none() {
            let is_headed = options.header == HeaderMode::Present || may_be_headed && sample.first_is_names();
            sample.add_columns(!is_headed, options.names.len());
        }
        Ok(sample)
    })
}

/// Does something with each file, with a few of them at once; the first error in their order wins.
pub(crate) fn each_file<T: Send>(
    files: &[SourceFile],
    look: impl Fn(&SourceFile) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(files.len());
    if workers <= 1 {
        return files.iter().map(look).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(index) else { return done };
            done.push((index, look(file)));
        }
    };
    let mut all: Vec<(usize, Result<T>)> = thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let join = |handle: thread::ScopedJoinHandle<'_, Vec<_>>| {
            handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        handles.into_iter().flat_map(join).collect()
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, done)| done).collect()
}

/// Opens a file and steps over the lines to skip.
fn open_records(file: &SourceFile, options: &CsvOptions, encoding: Encoding) -> Result<RecordBuffer> {
    // What is to be noted is noted when the file is read.
    let bytes = Decompressor::open(&file.path, options.decode(), &Notes::default())?;
    let stream = TextStream::new(bytes, encoding)?;
    // The sample is many records: the bound on one must not keep it from being taken.
    let mut buffer = RecordBuffer::new(stream, options.max_record_bytes.max(SAMPLE_LEN_BYTES));
    skip_lines(&mut buffer, options.skip.known().unwrap_or(0))?;
    Ok(buffer)
}

/// Reads the head of a file, in the encoding that it seems to be in if none is set.
pub(crate) fn read_head(file: &SourceFile, options: &CsvOptions) -> Result<Head> {
    if let Setting::Is(encoding) = options.encoding {
        return read_head_in(file, options, encoding);
    }
    let head = read_head_in(file, options, Encoding::Utf8)?;
    let looks = match options.skip {
        // Half of a character may be skipped with a line.
        Setting::Is(1..) => {
            let from_the_start = CsvOptions { skip: 0.into(), ..options.clone() };
            encoding_of(&read_head_in(file, &from_the_start, Encoding::Utf8)?.text)
        }
        _ => encoding_of(&head.text),
    };
    Ok(match looks {
        Looks::Utf16(encoding) => Head { looks, ..read_head_in(file, options, encoding)? },
        Looks::Bytes => Head { looks, encoding: Encoding::Other(WINDOWS_1252), ..head },
        Looks::Ascii | Looks::Utf8 => Head { looks, ..head },
    })
}

fn read_head_in(file: &SourceFile, options: &CsvOptions, encoding: Encoding) -> Result<Head> {
    let mut buffer = open_records(file, options, encoding)?;
    // Behind a header of many names there have to be some records.
    let has_lines = |sample: &[u8]| memchr::memchr2(b'\n', b'\r', &sample[..sample.len() / 2]).is_some();
    let len = fill_head(&mut buffer, SAMPLE_LEN_BYTES, has_lines)?;
    if buffer.is_head_lost() && options.header != HeaderMode::Absent {
        return Err(ErrorKind::HeadLost { path: file.path.clone() }.into());
    }
    let compressed_bytes = buffer.decompressor().compressed_offset_bytes();
    check_head(&mut buffer)?;
    let text = buffer.data()[..len].to_vec();
    let share = text.len() as f64 / buffer.data().len().max(1) as f64;
    let compressed_bytes = (compressed_bytes as f64 * share) as u64;
    Ok(Head {
        whole: buffer.is_whole() && text.len() == buffer.data().len(),
        text,
        codec: buffer.decompressor().codec(),
        compressed_bytes,
        nullstr: options.nullstr.clone(),
        nulls_in_quotes: options.nulls_in_quotes,
        signs: options.number_signs(),
        times: options.times.clone(),
        encoding: buffer.encoding(),
        looks: Looks::Ascii,
        leaves_out: match options.on_error.leaves_out() {
            true => (!options.pad_short, !options.cut_long),
            false => (false, false),
        },
    })
}

/// Lets the codec check the head of a file where that is cheap: damage of one bit makes another text of a whole block of bzip2, with
/// other names of columns, but its checksum is not far, and the block is decoded already.
///
/// # Errors
/// Damage.
pub(crate) fn check_head(buffer: &mut RecordBuffer) -> Result<()> {
    match buffer.decompressor().codec() {
        Codec::Bzip2 => buffer.check(DOUBT_LEN_BYTES),
        _ => Ok(()),
    }
}

/// Reads the head of a file, and gives how much of it is to be looked at: so many bytes, or, as long as these tell nothing, twice as
/// many, up to the whole file. However many a codec gives at once, it is the same.
///
/// # Errors
/// Those of reading and decoding; a record longer than the bound.
pub(crate) fn fill_head(
    buffer: &mut RecordBuffer,
    len_bytes: usize,
    tells: impl Fn(&[u8]) -> bool,
) -> Result<usize> {
    let mut wanted = len_bytes;
    loop {
        while !buffer.at_end() && buffer.data().len() < wanted {
            buffer.grow()?;
        }
        let len = wanted.min(buffer.data().len());
        let is_all = buffer.at_end() && len == buffer.data().len();
        if is_all || tells(&buffer.data()[..len]) {
            return Ok(len);
        }
        wanted *= 2;
    }
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

/// What the head of one file shows.
pub(super) struct Sample {
    pub(super) looks: Looks,
    /// Whether there are bytes that no text has.
    pub(super) has_nul: bool,
    pub(super) dialect: Dialect,
    /// Lines above the table.
    skip: u64,
    /// The first record, if there is any.
    pub(super) first: Option<Vec<String>>,
    /// Which column has no name, if the first record has the names, and all others have one more field than it.
    pub(super) unnamed: Unnamed,
    /// Columns that only longer records than the first have, where short ones are filled up.
    pub(super) beyond_first: usize,
    /// Types of the fields of the first record, and of those of all others.
    first_types: Vec<ColumnValues>,
    types: Vec<ColumnValues>,
    /// Whether a value is followed by what may be a comment.
    has_inline_comments: bool,
    /// Records, in so many compressed bytes.
    records: u64,
    compressed_bytes: u64,
    /// Whether these are all.
    pub(super) whole: bool,
}

impl Sample {
    fn new(head: &Head, skip: u64, dialect: Dialect) -> Self {
        let mut sample = Self {
            looks: head.looks,
            has_nul: head.text.contains(&0),
            dialect,
            skip,
            first: None,
            unnamed: Unnamed::Last,
            beyond_first: 0,
            first_types: Vec::new(),
            types: Vec::new(),
            has_inline_comments: false,
            records: 0,
            compressed_bytes: head.compressed_bytes,
            whole: head.whole,
        };
        let mut fields = Vec::new();
        let mut scratch = Vec::new();
        let text = prepared(&head.text[behind_lines(&head.text, skip)..], &sample.dialect);
        let is_wide = sample.first_width(&text, head.whole) > 1;
        let mut at = 0;
        loop {
            let rest = &text[at..];
            match parse_record(rest, &sample.dialect, head.whole, &mut fields) {
                // In and above a table of several columns it is no record.
                Parsed::Record { len, .. } if is_wide && is_blank_line(rest, &fields) => {
                    at += len;
                    continue;
                }
                Parsed::Record { len, .. } => at += len,
                Parsed::Blank { len } | Parsed::Comment { len } => {
                    at += len;
                    continue;
                }
                Parsed::Incomplete | Parsed::Unclosed => {
                    if sample.records < 2 {
                        sample.unnamed = Unnamed::None;
                    }
                    return sample;
                }
            }
            sample.records += 1;
            let is_first = sample.first.is_none();
            let width = sample.first_types.len();
            let (no_short, no_long) = head.leaves_out;
            let is_open = || fields.last().is_some_and(|field| field.start == field.end);
            sample.unnamed = match sample.unnamed {
                unnamed if is_first => unnamed,
                Unnamed::Last if fields.len() == width + 1 && is_open() => Unnamed::Last,
                Unnamed::Last | Unnamed::First if fields.len() == width + 1 => Unnamed::First,
                _ => Unnamed::None,
            };
            if !is_first && (no_short && fields.len() < width || no_long && fields.len() > width) {
                continue;
            }
            let mut names = Vec::new();
            for (index, field) in fields.iter().enumerate() {
                let mut value = &rest[field.start..field.end];
                if field.form == FieldForm::Escaped {
                    scratch.clear();
                    unescape(value, &sample.dialect, &mut scratch);
                    value = &scratch;
                }
                sample.has_inline_comments |=
                    field.form == FieldForm::Bare && is_commented(value, sample.dialect.comment);
                let types = if is_first { &mut sample.first_types } else { &mut sample.types };
                if types.len() <= index {
                    types.resize(index + 1, ColumnValues::default());
                }
                types[index].add(value, field.form != FieldForm::Bare, head);
                if is_first {
                    names.push(column_name(value, head.encoding));
                }
            }
            if is_first {
                sample.first = Some(names);
            }
        }
    }

    /// How many fields the first record of a text has that is no line of blanks.
    fn first_width(&self, text: &[u8], whole: bool) -> usize {
        let (mut at, mut fields) = (0, Vec::new());
        loop {
            match parse_record(&text[at..], &self.dialect, whole, &mut fields) {
                Parsed::Record { len, .. } if is_blank_line(&text[at..], &fields) => at += len,
                Parsed::Blank { len } | Parsed::Comment { len } => at += len,
                Parsed::Record { .. } => return fields.len(),
                Parsed::Incomplete | Parsed::Unclosed => return 0,
            }
        }
    }

    /// Whether the first record can be names: no value, and not only gaps. Names may be dates, if there are none below, and
    /// numbers and dates where other columns show that there is a header, as over the years of a table.
    fn first_is_names(&self) -> bool {
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
    fn has_names_of_figures(&self) -> bool {
        let is_figure = |above: &ColumnValues| above.is_integer() || above.is_time();
        self.first_is_names() && self.first_types.iter().any(is_figure)
    }

    /// Gives the column that the first record has no name for one that is empty.
    fn name_all(&mut self) {
        self.unnamed.add_to(self.first.get_or_insert_default());
        match self.unnamed {
            Unnamed::None => {}
            Unnamed::First => self.first_types.insert(0, ColumnValues::default()),
            Unnamed::Last => self.first_types.push(ColumnValues::default()),
        }
    }

    /// Gives columns names that are empty: those that only longer records than the first have, if these are wanted, and so many at least.
    fn add_columns(&mut self, of_longer: bool, least: usize) {
        let Some(first) = &mut self.first else { return };
        let longest = if of_longer { self.types.len() } else { 0 };
        self.beyond_first = longest.max(least).saturating_sub(first.len());
        let width = first.len() + self.beyond_first;
        first.resize(width, String::new());
        self.first_types.resize(width, ColumnValues::default());
    }

    /// How many records the file has, if it goes on as it begins.
    fn estimated_rows(&self, file: &SourceFile) -> u64 {
        if self.whole || self.compressed_bytes == 0 {
            return self.records;
        }
        let times = file.len_bytes as f64 / self.compressed_bytes as f64;
        (self.records as f64 * times.max(1.0)) as u64
    }
}

/// Whether a comment byte stands behind a value that is no text.
fn is_commented(field: &[u8], comment: Option<u8>) -> bool {
    let value = comment.and_then(|comment| memchr::memchr(comment, field)).map(|at| trim(&field[..at]));
    value.is_some_and(|value| {
        !value.is_empty() && Seen::of(value, NumberSigns::USUAL, &TimeFormats::default()) != Seen::Text
    })
}

/// What the values of a column seen so far can be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct ColumnValues {
    seen: Seen,
    /// Forms of dates that all of them have.
    forms: Forms,
    /// Whether one of them has a letter, or no digit.
    has_words: bool,
}

impl ColumnValues {
    /// One more field.
    fn add(&mut self, field: &[u8], is_quoted: bool, head: &Head) {
        let is_known = self.seen == Seen::Text && self.forms == Forms::NONE && self.has_words;
        let is_listed = || {
            (head.nulls_in_quotes || !is_quoted) && head.nullstr.iter().any(|null| null.as_bytes() == field)
        };
        if is_known || is_null_word(field) || is_listed() {
            return;
        }
        let value = trim(field);
        let seen = Seen::of(value, head.signs, &head.times);
        let may_be_time = matches!(seen, Seen::Text | Seen::Date | Seen::Timestamp);
        let forms = if may_be_time { self.forms.with(value) } else { Forms::NONE };
        let is_figure = value.iter().any(u8::is_ascii_digit)
            && !value.iter().any(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii());
        *self = self.merge(Self { seen, forms, has_words: !is_figure });
    }

    fn merge(self, other: Self) -> Self {
        Self {
            seen: self.seen.merge(other.seen),
            forms: self.forms.merge(other.forms),
            has_words: self.has_words || other.has_words,
        }
    }

    /// Whether they are dates or points in time that are written otherwise than asked for.
    fn times(self) -> Option<TimeKind> {
        if self.seen == Seen::Text { self.forms.kind() } else { None }
    }

    /// Whether there are any, and they look like something else than text.
    fn is_typed(self) -> bool {
        self.seen != Seen::Nothing && !self.are_words()
    }

    /// Whether they are text that looks like nothing else.
    fn are_words(self) -> bool {
        self.seen == Seen::Text && self.times().is_none()
    }

    /// Whether they are text of digits and signs, as `12%`, `10:30`, `$5` and integers of too many digits.
    fn are_figures(self) -> bool {
        self.seen == Seen::Text && !self.has_words
    }

    fn is_integer(self) -> bool {
        matches!(self.seen, Seen::Integer | Seen::ZeroLed)
    }

    /// Whether they are dates or points in time.
    fn is_time(self) -> bool {
        matches!(self.seen, Seen::Date | Seen::Timestamp | Seen::TimestampTz)
    }
}

/// The narrowest type of the values seen so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Seen {
    #[default]
    Nothing,
    Boolean,
    Integer,
    /// Integers, some with zeros in front, as of postcodes.
    ZeroLed,
    /// Infinity: a double if there are numbers, too.
    Infinite,
    Double,
    Date,
    Timestamp,
    TimestampTz,
    Text,
}

impl Seen {
    fn of(value: &[u8], signs: NumberSigns, times: &TimeFormats) -> Self {
        let number = signs.plain(value);
        let is = |is: fn(&[u8]) -> bool| number.as_deref().is_some_and(is);
        if is(|number| parse_i64(number).is_some()) {
            if has_leading_zeros(value) { Self::ZeroLed } else { Self::Integer }
        } else if is(looks_like_f64) {
            Self::Double
        } else if is_infinite(value) {
            Self::Infinite
        } else if parse_bool(value).is_some() {
            Self::Boolean
        } else if times.date(value).is_some() {
            Self::Date
        } else {
            match times.timestamp(value) {
                Some((_, true)) => Self::TimestampTz,
                Some((_, false)) => Self::Timestamp,
                None => Self::Text,
            }
        }
    }

    /// The narrowest that holds both.
    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Nothing, other) | (other, Self::Nothing) => other,
            (Self::Integer, Self::ZeroLed) | (Self::ZeroLed, Self::Integer) => Self::ZeroLed,
            (
                Self::Integer | Self::ZeroLed | Self::Infinite | Self::Double,
                Self::Integer | Self::ZeroLed | Self::Infinite | Self::Double,
            ) => Self::Double,
            (Self::Date, Self::Timestamp) | (Self::Timestamp, Self::Date) => Self::Timestamp,
            _ => Self::Text,
        }
    }

    fn column_type(self, options: &CsvOptions) -> ColumnType {
        match self {
            _ if options.all_varchar => ColumnType::Text,
            Self::Nothing | Self::Infinite | Self::Text => ColumnType::Text,
            Self::Boolean => ColumnType::Boolean,
            Self::Integer | Self::ZeroLed => ColumnType::Int64,
            Self::Double => ColumnType::Float64,
            Self::Date => ColumnType::Date,
            Self::Timestamp => ColumnType::Timestamp,
            Self::TimestampTz => ColumnType::TimestampTz,
        }
    }
}

/// The union of what the files show.
fn merge(files: &[SourceFile], samples: &[Sample], dialect: Dialect, options: &CsvOptions) -> CsvTable {
    let filled = || files.iter().zip(samples).filter(|(_, sample)| sample.first.is_some());
    let header = match (options.header, options.union_by_name) {
        (HeaderMode::Present, true) => HeaderRule::Names,
        (HeaderMode::Present, false) => HeaderRule::Skipped,
        (HeaderMode::Absent, _) => HeaderRule::Data,
        (HeaderMode::Auto, by_name) if filled().next().is_some_and(|(_, sample)| sample.first_is_names()) => {
            if by_name {
                HeaderRule::NamesIfKnown
            } else {
                HeaderRule::SkippedIn
            }
        }
        (HeaderMode::Auto, _) => HeaderRule::Data,
    };
    let mut names: Vec<String> = Vec::new();
    let mut places = ColumnPlaces::default();
    let mut types: Vec<ColumnValues> = Vec::new();
    let mut headed = BTreeSet::new();
    let mut all_headed = true;
    let mut having = Having::default();
    for (file, sample) in filled() {
        let first = sample.first.as_deref().unwrap_or_default();
        let named = match header {
            HeaderRule::Names | HeaderRule::Skipped => true,
            HeaderRule::NamesIfKnown => is_header_beside(sample, first, &names),
            HeaderRule::SkippedIn => is_header_above(sample, first, &names),
            HeaderRule::Data => false,
        };
        all_headed &= named;
        if named && (header == HeaderRule::SkippedIn || !options.names.is_empty()) {
            headed.insert(file.path.clone());
        }
        let by_name = named && (options.union_by_name || names.is_empty());
        let columns: Vec<usize> = if by_name {
            let own = header_names(first);
            let mut known = places.find(&own);
            find_by_place(&mut known, options.names.len().min(names.len()));
            let place = |(name, known): (String, Option<usize>)| {
                known.unwrap_or_else(|| {
                    places.add(&name, names.len());
                    names.push(name);
                    names.len() - 1
                })
            };
            own.into_iter().zip(known).map(place).collect()
        } else {
            if names.is_empty() {
                names = (0..first.len()).map(|index| format!("column{index}")).collect();
                places = ColumnPlaces::of(names.iter().map(String::as_str));
            }
            (0..names.len()).collect()
        };
        if by_name && options.union_by_name {
            having.add(&columns, &file.path);
        }
        types.resize(names.len(), ColumnValues::default());
        let mut see = |seen: &[ColumnValues]| {
            for (column, seen) in columns.iter().zip(seen) {
                types[*column] = types[*column].merge(*seen);
            }
        };
        see(&sample.types);
        if !named {
            see(&sample.first_types);
        }
    }
    let mut notes = having.notes(&names);
    let is_strict = header == HeaderRule::Data && !options.pad_short && !options.cut_long;
    notes.extend(is_strict.then(|| different_widths(filled())).flatten());
    let skips = filled().filter(|(_, sample)| sample.skip > 0);
    let skips: BTreeMap<PathBuf, u64> =
        skips.map(|(file, sample)| (file.path.clone(), sample.skip)).collect();
    let is_headed =
        |path: &PathBuf| filled().any(|(file, sample)| file.path == *path && sample.first_is_names());
    notes.extend(skips.iter().next().map(|(path, lines)| {
        let what = if is_headed(path) { "header" } else { "table" };
        let more = if skips.len() > 1 {
            let files = if skips.len() == 2 { "file" } else { "files" };
            format!(", and some in {} more {files}", skips.len() - 1)
        } else {
            String::new()
        };
        let lines = if *lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
        format!("{}: {lines} above the {what} passed over{more}; skip = 0 reads them", path.display())
    }));
    notes.extend(filled().find(|(_, sample)| sample.unnamed == Unnamed::First).map(|(file, _)| {
        format!(
            "{}: the header has one name fewer than records have fields: the first column has none",
            file.path.display()
        )
    }));
    let has_header_of_figures =
        |sample: &Sample| options.header == HeaderMode::Auto && sample.has_names_of_figures();
    notes.extend(filled().find(|(_, sample)| has_header_of_figures(sample)).map(|(file, _)| {
        format!(
            "{}: the first record, in which there are numbers or dates, is taken for names; header = false reads it as values",
            file.path.display()
        )
    }));
    let comment = || samples.iter().find_map(|sample| sample.dialect.comment);
    if let (Setting::Auto, Some(comment)) = (options.comment, comment()) {
        let comment = char::from(comment);
        notes.push(format!("lines that begin with '{comment}' are passed over; comment = '' reads them"));
    }
    let is_commented = |sample: &&Sample| sample.has_inline_comments && !sample.dialect.inline_comments;
    notes.extend(samples.iter().find(is_commented).and_then(|sample| sample.dialect.comment).map(
        |comment| {
            let comment = char::from(comment);
            format!(
                "'{comment}' stands behind values; inline_comments = true takes what follows it for comments"
            )
        },
    ));
    notes.extend(leading_zeros(&names, &types, options));
    let times = found_times(&names, &mut types, options, &mut notes);
    let forms = found_forms(files, samples, dialect, options, &mut notes);
    let columns = names
        .into_iter()
        .zip(types)
        .map(|(name, ColumnValues { seen, .. })| {
            Column::new(name, seen.column_type(options), !options.all_varchar)
        })
        .collect();
    let estimated_rows = files.iter().zip(samples).map(|(file, sample)| sample.estimated_rows(file));
    let estimated_rows = Some(estimated_rows.fold(0, u64::saturating_add));
    CsvTable {
        columns,
        forms,
        header,
        skips,
        all_headed,
        headed,
        times,
        options: options.clone(),
        notes,
        estimated_rows,
    }
}

/// That files without a header do not all have as many fields in their first records as the first file has.
fn different_widths<'a>(mut files: impl Iterator<Item = (&'a SourceFile, &'a Sample)>) -> Option<String> {
    let (first, sample) = files.next()?;
    let width = sample.first_types.len();
    let (other, sample) = files.find(|(_, sample)| sample.first_types.len() != width)?;
    Some(format!(
        "the files do not all have as many fields: {width} in {}, {} in {}; sniff tells how each is written",
        first.path.display(),
        sample.first_types.len(),
        other.path.display()
    ))
}

/// That zeros in front of integers are not kept, where nobody has said what these are.
fn leading_zeros(names: &[String], types: &[ColumnValues], options: &CsvOptions) -> Option<String> {
    let zero_led = names.iter().zip(types).filter(|(_, values)| values.seen == Seen::ZeroLed);
    let zero_led = zero_led.filter(|(name, _)| given_type(name, options).is_none());
    let names: Vec<&String> = zero_led.map(|(name, _)| name).filter(|_| !options.all_varchar).collect();
    let first = names.first()?;
    let more = if names.len() > 1 { format!(" (and {} more)", names.len() - 1) } else { String::new() };
    Some(format!(
        "column \"{first}\"{more} has integers with zeros in front, which are not kept; types = {{'{first}': 'text'}} \
         keeps them"
    ))
}

/// The type that the options give a column.
fn given_type(name: &str, options: &CsvOptions) -> Option<ColumnType> {
    let mut types = options.types.iter();
    types.find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, ty)| *ty)
}

/// How dates and points in time are written, where that is to be found and all columns agree; these are columns of
/// them then. Where it cannot be told they stay text, and a note says what would read them.
fn found_times(
    names: &[String],
    types: &mut [ColumnValues],
    options: &CsvOptions,
    notes: &mut Vec<String>,
) -> TimeFormats {
    let mut times = options.times.clone();
    if options.all_varchar {
        return times;
    }
    let found = [
        (options.find_times.dates, TimeKind::Date, &mut times.date),
        (options.find_times.timestamps, TimeKind::Timestamp, &mut times.timestamp),
    ];
    for (_, kind, format) in found.into_iter().filter(|(is_wanted, ..)| *is_wanted) {
        let (seen, what) = match kind {
            TimeKind::Date => (Seen::Date, "dates"),
            TimeKind::Timestamp => (Seen::Timestamp, "points in time"),
        };
        let may_be = |name: &str| {
            given_type(name, options).is_none_or(|ty| {
                matches!(ty, ColumnType::Date | ColumnType::Timestamp | ColumnType::TimestampTz)
            })
        };
        let is_one = |at: &usize| types[*at].times() == Some(kind) && may_be(&names[*at]);
        let columns: Vec<usize> = (0..names.len()).filter(is_one).collect();
        let Some(&first) = columns.first() else { continue };
        // One format is for all columns.
        let others = types.iter().filter(|values| values.seen == seen);
        let all = columns.iter().map(|at| &types[*at]).chain(others);
        let common = all.fold(Forms::default(), |forms, values| forms.merge(values.forms));
        if let [one] = &common.formats()[..] {
            *format = Some((*one).clone());
            columns.iter().for_each(|at| types[*at].seen = seen);
            continue;
        }
        let more =
            if columns.len() > 1 { format!(" (and {} more)", columns.len() - 1) } else { String::new() };
        notes.push(format!(
            "column \"{}\"{more} looks like {what}, and is read as text; {} = {} reads it as such",
            names[first],
            kind.option(),
            types[first].forms.said()
        ));
    }
    times
}

/// Where the text goes on behind some lines.
fn behind_lines(text: &[u8], lines: u64) -> usize {
    let mut at = 0;
    for _ in 0..lines {
        let Some(end) = memchr::memchr2(b'\n', b'\r', &text[at..]) else { return text.len() };
        at = super::record::line_end(text, at + end, true).unwrap_or(text.len());
    }
    at
}

/// Which files have which columns, as far as they say so by name.
#[derive(Debug, Default)]
struct Having {
    total: usize,
    /// For each column: how many files have it.
    counts: Vec<usize>,
    /// Columns that files have, and the first file of those in a row that have the same.
    files: Vec<(Vec<usize>, PathBuf)>,
}

/// Columns named in a note.
const NOTED_COLUMNS: usize = 3;

impl Having {
    fn add(&mut self, columns: &[usize], path: &Path) {
        self.total += 1;
        let most = columns.iter().map(|column| column + 1).max().unwrap_or(0);
        self.counts.resize(self.counts.len().max(most), 0);
        columns.iter().for_each(|column| self.counts[*column] += 1);
        if self.files.last().is_none_or(|(last, _)| last != columns) {
            self.files.push((columns.to_vec(), path.to_owned()));
        }
    }

    /// That some files lack columns, if they do.
    fn notes(&self, names: &[String]) -> Vec<String> {
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

/// Whether a file's first record is a header, where columns go by their places: it has the known names, or, of
/// what stands below it, some is no text.
fn is_header_above(sample: &Sample, first: &[String], known: &[String]) -> bool {
    let below = sample.types.iter().any(|values| values.is_typed());
    sample.first_is_names() && (known.is_empty() || header_names(first) == known || below)
}

/// Whether a file's first record is a header, given the names known from files before it. Pieces of
/// one big file often have the header in the first piece only: a record of the same width that shares
/// no name with it is data, unless it has words where other values stand below it.
fn is_header_beside(sample: &Sample, first: &[String], known: &[String]) -> bool {
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

/// A name as it is compared with those of other files.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// The columns of a table, by their names: those of one file belong to those of another also where they are written in other cases.
#[derive(Debug, Default)]
pub(crate) struct ColumnPlaces {
    exact: HashMap<String, usize>,
    /// The first column of those whose names differ in case only.
    folded: HashMap<String, usize>,
}

impl ColumnPlaces {
    /// Of names in order.
    pub(crate) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut places = Self::default();
        names.enumerate().for_each(|(index, name)| places.add(name, index));
        places
    }

    fn add(&mut self, name: &str, index: usize) {
        self.exact.insert(name.to_owned(), index);
        self.folded.entry(folded(name)).or_insert(index);
    }

    /// For each name of a file, the column that it belongs to: that of its name, or one that no other name of the file belongs to.
    pub(crate) fn find(&self, names: &[String]) -> Vec<Option<usize>> {
        let mut found: Vec<_> = names.iter().map(|name| self.exact.get(name).copied()).collect();
        let mut taken: HashSet<usize> = found.iter().flatten().copied().collect();
        for (place, name) in found.iter_mut().zip(names).filter(|(place, _)| place.is_none()) {
            *place = self.folded.get(&folded(name)).copied().filter(|index| taken.insert(*index));
        }
        found
    }
}

/// Gives the first names of a file, where they are unknown, the columns at their places, if these have no other name of the file: those
/// columns were given names by their places, whatever the files call them.
pub(crate) fn find_by_place(found: &mut [Option<usize>], columns: usize) {
    for place in 0..found.len().min(columns) {
        if found[place].is_none() && !found.contains(&Some(place)) {
            found[place] = Some(place);
        }
    }
}

/// The name that a field of a header gives. Bytes that are no text do not keep the file from being
/// read: they become U+FFFD.
pub(crate) fn column_name(field: &[u8], encoding: Encoding) -> String {
    let name = encoding.decode(trim(field));
    name.unwrap_or_else(|| String::from_utf8_lossy(trim(field))).into_owned()
}

/// The names of a header: a gap gets a name by its position, a repeated name gets a number.
pub(crate) fn header_names(first: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(first.len());
    // There may be thousands of columns, all of one name.
    let mut taken: HashSet<String> = HashSet::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for (index, name) in first.iter().enumerate() {
        let base = if name.is_empty() { format!("column{index}") } else { name.clone() };
        let mut unique = base.clone();
        while !taken.insert(unique.clone()) {
            let number = numbers.entry(base.clone()).or_default();
            *number += 1;
            unique = format!("{base}_{number}");
        }
        names.push(unique);
    }
    names
}

/// Steps over the lines that the options say to skip.
pub(crate) fn skip_lines(buffer: &mut RecordBuffer, mut lines: u64) -> Result<()> {
    while lines > 0 {
        let found = memchr::memchr2(b'\n', b'\r', buffer.data());
        let end = found.and_then(|at| super::record::line_end(buffer.data(), at, buffer.at_end()));
        match end {
            Some(len) => {
                buffer.consume(len, 1);
                lines -= 1;
            }
            None if buffer.at_end() => {
                let len = buffer.data().len();
                buffer.consume(len, 1);
                return Ok(());
            }
            None => buffer.grow()?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::options::FindTimes;

    fn infer(files: &[&str], options: &CsvOptions) -> Result<CsvTable> {
        let dir = tempfile::tempdir().unwrap();
        for (index, text) in files.iter().enumerate() {
            fs::write(dir.path().join(format!("{index}.csv")), text).unwrap();
        }
        let pattern = format!("{}/*.csv", dir.path().display());
        infer_csv(&crate::source::expand(&[pattern])?, options)
    }

    fn columns(files: &[&str]) -> String {
        columns_of(&infer(files, &CsvOptions::default()).unwrap())
    }

    fn columns_of(table: &CsvTable) -> String {
        let column = |column: &Column| format!("{} {}", column.name, column.ty);
        table.columns().iter().map(column).collect::<Vec<_>>().join(", ")
    }

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
    fn all_files_are_looked_at() {
        assert_eq!(columns(&["a,b\n1,NA\n", "a,b\n2.5,x\n", ""]), "a double, b text");
        assert_eq!(columns(&["a,b\n1,2\n", "b,c\n3,4\n"]), "a bigint, b bigint, c bigint");
        // A header in the first piece only.
        assert_eq!(columns(&["a,b\n1,x\n", "2,y\n"]), "a bigint, b text");
        assert_eq!(columns(&["a,b\nu,x\n", "v,y\n"]), "a text, b text");
    }

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
    fn columns_go_by_their_places_where_that_is_asked() {
        let by_place = CsvOptions { union_by_name: false, ..Default::default() };
        let table = infer(&["a,b\n1,x\n", "c,d\n2.5,y\n", "3,z\n"], &by_place).unwrap();
        assert_eq!(columns_of(&table), "a double, b text");
        let headed: Vec<_> = table.headed.iter().map(|path| path.file_name().unwrap().to_owned()).collect();
        assert_eq!(headed, ["0.csv", "1.csv"]);
        let present = CsvOptions { header: HeaderMode::Present, ..by_place };
        assert_eq!(columns_of(&infer(&["a,b\n1,x\n", "c,d\n2,y\n"], &present).unwrap()), "a bigint, b text");
    }

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
        // Nor where it was said what becomes of records that are too long.
        let skip = CsvOptions { on_error: OnError::Skip, ..CsvOptions::default() };
        let table = infer(&["a,b\n1,2,\n3,4,\n5,6\n"], &skip).unwrap();
        assert_eq!(columns_of(&table), "a bigint, b bigint");
        let cut = CsvOptions { cut_long: true, ..CsvOptions::default() };
        assert_eq!(columns_of(&infer(&["a,b\n1,2,\n3,4,\n"], &cut).unwrap()), "a bigint, b bigint");
    }

    #[test]
    fn names_belong_together_in_any_case() {
        assert_eq!(columns(&["ID,N\n1,2\n", "id,n\n5,6\n"]), "ID bigint, N bigint");
        assert_eq!(columns(&["aa,bb\n1,x\n", "Aa,bb\n10,y\n"]), "aa bigint, bb text");
        assert_eq!(columns(&["a,A\n1,x\n", "A,a\ny,2\n"]), "a bigint, A text");
        assert_eq!(columns(&["a\n1\n", "A,a\ny,2\n"]), "a bigint, A text");
        // Words above values are a header, if no name is known; and words above words are not.
        assert_eq!(columns(&["x,y\n1,2\n", "p,q\n3,4\n"]), "x bigint, y bigint, p bigint, q bigint");
        assert_eq!(columns(&["name,n\nAnn,2\n", "Bob,\nCid,4\n"]), "name text, n bigint");
    }

    #[test]
    fn files_of_other_widths_are_told() {
        let notes = |options: &CsvOptions| infer(&["1,2\n", "1,2\n", "1,2,3\n"], options).unwrap().notes;
        let told = notes(&CsvOptions::default());
        assert!(told.len() == 1 && told[0].contains(": 2 in ") && told[0].contains(", 3 in "), "{told:?}");
        assert!(notes(&CsvOptions { cut_long: true, ..Default::default() }).is_empty());
    }

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
    fn columns_that_only_longer_records_have() {
        let padded = CsvOptions { pad_short: true, ..Default::default() };
        let found = |text: &str, options: &CsvOptions| columns_of(&infer(&[text], options).unwrap());
        assert_eq!(
            found("1,2\n1,2,3\n1\n1,2,x,4\n", &padded),
            "column0 bigint, column1 bigint, column2 text, column3 bigint"
        );
        // A header says how many columns there are.
        assert_eq!(found("a,b\n1,2,3,4\n1\n", &padded), "a bigint, b bigint");
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
        assert_eq!(columns(&["a\n \nx\n"]), "a text");
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
        let columns = Some(vec![("n".into(), ColumnType::Text), ("t".into(), ColumnType::Text)]);
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

    #[test]
    fn names_that_are_given_stand_for_those_of_each_file() {
        let given = |files: &[&str], names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            let table = infer(files, &CsvOptions { names, ..CsvOptions::default() }).unwrap();
            (columns_of(&table), table.notes().len())
        };
        let both = ("x bigint, y text".to_owned(), 0);
        assert_eq!(given(&["a,b\n1,u\n", "A1,B1\n2,v\n", "3,w\n"], &["x", "y"]), both);
        assert_eq!(given(&["a,b\n1,u\n", "b,a\nv,2\n"], &["x", "y"]), both);
        // A file that lacks a column.
        let (columns, notes) = given(&["a,b,c\n1,u,2\n", "b,c\nv,3\n", "b,q\nw,4\n"], &["x", "y"]);
        assert_eq!((columns.as_str(), notes), ("x bigint, y text, c bigint, q bigint", 1));
    }

    #[test]
    fn the_same_is_looked_at_of_each_codec() {
        let (text, mark) = ("n\n".to_owned() + &"1\n".repeat(SAMPLE_LEN_BYTES / 2) + "x\n", "\u{feff}");
        let dir = tempfile::tempdir().unwrap();
        for text in [text.clone(), mark.to_owned() + &text] {
            for codec in [Codec::Plain, Codec::Gzip, Codec::Zstd] {
                let path = dir.path().join("a.csv");
                let mut file = fs::File::create(&path).unwrap();
                let mut compressor = crate::codec::Compressor::new(codec, None, &mut file).unwrap();
                std::io::Write::write_all(&mut compressor, text.as_bytes()).unwrap();
                compressor.finish().unwrap();
                let files = crate::source::expand(&[path.display().to_string()]).unwrap();
                let table = infer_csv(&files, &CsvOptions::default()).unwrap();
                assert_eq!(columns_of(&table), "n bigint", "{codec}");
            }
        }
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
            ("+5", "bigint"),
            ("-0", "bigint"),
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

    #[test]
    fn dates_are_found_in_other_forms() {
        let notes = |text: &str, options: &CsvOptions| infer(&[text], options).unwrap().notes().to_vec();
        let times = |texts: &[&str], options: &CsvOptions| {
            let table = infer(texts, options).unwrap();
            let shown = |format: &Option<super::super::TimeFormat>| format.as_ref().map(ToString::to_string);
            (columns_of(&table), shown(&table.times().date), shown(&table.times().timestamp))
        };
        let find_times = FindTimes { dates: true, timestamps: true };
        let default = CsvOptions { find_times, ..CsvOptions::default() };
        let found = |columns: &str, date: &str| (columns.to_owned(), Some(date.to_owned()), None);
        // One column shows which is the month in the other, or another file does.
        let text = "a,b\n01/02/2001,03/04/2001\nNA,31/12/2001\n";
        assert_eq!(times(&[text], &default), found("a date, b date", "%d/%m/%Y"));
        assert_eq!(times(&["a\n01/02/2001\n", "a\n12/31/2001\n"], &default), found("a date", "%m/%d/%Y"));
        assert_eq!(times(&["a,b\n2001-1-2,2001-01-02\n"], &default), found("a date, b date", "%Y-%m-%d"));
        // No header, as the first record is a value like the others.
        assert_eq!(times(&["x,31.12.2001\ny,1.1.2002\n"], &default).0, "column0 text, column1 date");
        assert_eq!(times(&["x,31.12.2001\ny,5\n"], &default).0, "x text, 31.12.2001 bigint");
        // Text: columns that do not agree, other text among them, and what was asked for.
        for text in ["a,b\n31/12/2001,12/31/2001\n", "a,b\n31/12/2001,2001-12-31\n"] {
            assert!(times(&[text], &default).0.starts_with("a text"), "{text}");
            assert!(notes(text, &default)[0].contains("dateformat = '%d/%m/%Y' reads it as such"), "{text}");
        }
        assert_eq!(times(&["a\n31/12/2001\nsoon\n"], &default).0, "a text");
        assert!(notes("a\n31/12/2001\nsoon\n", &default).is_empty());
        // Nothing is looked for unless asked.
        assert_eq!(times(&["a\n31/12/2001\n"], &CsvOptions::default()), ("a text".to_owned(), None, None));
        let types = vec![("a".to_owned(), ColumnType::Text)];
        assert_eq!(times(&["a\n31/12/2001\n"], &CsvOptions { types, ..default.clone() }).0, "a text");
        let formats = TimeFormats {
            date: Some(super::super::TimeFormat::of_option("dateformat", "%d/%m/%Y").unwrap()),
            timestamp: None,
        };
        let options = CsvOptions { times: formats, ..CsvOptions::default() };
        assert_eq!(times(&["a,b\n01/02/2001,2001-01-02\n"], &options).0, "a date, b timestamp");
        assert_eq!(
            notes("day,b,c\n1/2/2001,3/4/2001,x\n", &default),
            [
                "column \"day\" (and 1 more) looks like dates, and is read as text; dateformat = '%d/%m/%Y' or \
                 '%m/%d/%Y' reads it as such"
            ]
        );
    }

    #[test]
    fn zeros_in_front_are_told() {
        let notes = |text: &str, options: &CsvOptions| infer(&[text], options).unwrap().notes().to_vec();
        let text = "zip,n,hour\n12345,1,07\n01234,0,08\n";
        let default = CsvOptions::default();
        assert_eq!(
            notes(text, &default),
            [
                "column \"zip\" (and 1 more) has integers with zeros in front, which are not kept; types = {'zip': \
              'text'} keeps them"
            ]
        );
        assert_eq!(columns(&[text]), "zip bigint, n bigint, hour bigint");
        let types = vec![("ZIP".to_owned(), ColumnType::Text), ("hour".to_owned(), ColumnType::Int8)];
        assert!(notes(text, &CsvOptions { types, ..default.clone() }).is_empty());
        assert!(notes(text, &CsvOptions { all_varchar: true, ..default }).is_empty());
    }

    #[test]
    fn types_can_be_stated() {
        let types = vec![("B".to_owned(), ColumnType::Text)];
        let options = CsvOptions { types, ..Default::default() };
        assert_eq!(columns_of(&infer(&["a,b\n1,2\n"], &options).unwrap()), "a bigint, b text");
        let error = infer(&["a,c\n1,2\n"], &options).unwrap_err();
        assert_eq!(error.to_string(), "option types: no column is named \"B\"");
        let options = CsvOptions { all_varchar: true, ..Default::default() };
        assert_eq!(columns_of(&infer(&["a,b\n1,2\n"], &options).unwrap()), "a text, b text");
        let columns = Some(vec![("x".to_owned(), ColumnType::Float64)]);
        let options = CsvOptions { columns, ..Default::default() };
        assert_eq!(columns_of(&infer(&["1\n"], &options).unwrap()), "x double");
    }
}
