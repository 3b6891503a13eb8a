//! JSON: an object a line, or objects one after the other, perhaps in one array.
//!
//! `cursor.rs` is the grammar over a text, `shape.rs` finds types in heads of files, `builder.rs` converts values into
//! columns, `keys.rs` tells which keys are columns, `features.rs` what those of GeoJSON are, `scanner.rs` makes a chunk into a batch, `maps.rs` finds objects whose keys are values, `lenient.rs` passes over what does not fit, `whole.rs` looks at all objects, `text.rs` decodes. Only keys that are read are converted; the rest is stepped over.
//!
//! This is not `arrow-json`: that makes 1 of 1.5 in a column of integers and a date of a time in a column of dates, takes
//! the last of two equal keys, and its errors have no place.

mod builder;
pub mod cursor;
mod features;
mod keys;
mod lenient;
mod maps;
mod notation;
mod scanner;
mod shape;
mod text;
mod type_names;
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow_schema::Schema;

pub(crate) use builder::JsonBuilder;
pub(crate) use notation::as_json;
pub(crate) use scanner::JsonScanner;
pub use shape::JsonType;

use crate::codec::Decompressor;
use crate::encoding::{Encoding, TextStream};
use crate::error::{Error, ErrorKind, Location, Result};
use crate::notes::Notes;
use crate::options::{ColumnType, DEFAULT_REJECTS_LIMIT, OnError, TextOptions};
use crate::rewrite::Rewrite;
use crate::scanner::TimeFormats;
use crate::scanner::infer::{check_head, fill_head, open_head};
use crate::scanner::values::{NumberSigns, wider_type};
use crate::sniff::{Looks, encoding_of};
use crate::source::SourceFile;
use crate::splitter::{RecordBuffer, has_whole_value};
use cursor::{Cursor, Value};
use maps::ManyKeys;
use whole::columns_of_file;

/// Decoded bytes of a file that are looked at, as of CSV.
const SAMPLE_LEN_BYTES: usize = 512 << 10;
/// Decoded bytes of a file in which the first object should end.
const FIRST_LEN_BYTES: usize = 32 << 10;
/// Lines that are looked at to find out whether there is an object on each.
const LINES_TO_TELL: usize = 100;
/// Files that are looked at to find one that is not empty.
const FILES_TO_TELL: usize = 20;

/// How files of JSON are read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JsonOptions {
    /// Encoding, codec, and the bound on one object.
    pub text: TextOptions,
    /// Types of some columns, by name; the others are found by looking. Names of keys that no head has are columns, too.
    pub types: Vec<(String, JsonType)>,
    /// All columns, in order, by name and type: nothing is found by looking.
    pub columns: Option<Vec<(String, JsonType)>>,
    /// How dates and points in time are written.
    pub times: TimeFormats,
    /// Whether columns and types are those of all objects, and not of the heads of files alone.
    pub whole_files: bool,
    /// Whether each record is one value, of a column `json`, and the keys of objects are no columns.
    pub is_bare: bool,
    /// How deep types are found by looking: what stands below is text, as it is written. With 0 whole records are.
    pub max_depth: Option<usize>,
    /// Whether what stands in files are features of GeoJSON, whose properties are columns; `None`: where names of files say so.
    pub features: Option<bool>,
    /// What becomes of values that do not fit, and of lines that are no object: with [`OnError::Null`] such a line is a row of
    /// nulls. In an array of objects, or where an object has several lines, so are values that are none, and what is no JSON is always an
    /// error.
    pub on_error: OnError,
    /// How many rejected values and lines are kept, for all files.
    pub rejects_limit: usize,
}

impl Default for JsonOptions {
    fn default() -> Self {
        Self {
            text: TextOptions::default(),
            types: Vec::new(),
            columns: None,
            times: TimeFormats::default(),
            whole_files: false,
            is_bare: false,
            max_depth: None,
            features: None,
            on_error: OnError::Fail,
            rejects_limit: DEFAULT_REJECTS_LIMIT,
        }
    }
}

/// A column of a table of JSON: the values of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonColumn {
    /// Its name: the key, but for its case.
    pub name: String,
    /// The key as it stands in the files.
    pub(crate) key: String,
    /// Its type.
    pub ty: JsonType,
    /// Whether it has the type because of what was seen in the heads of the files.
    pub inferred: bool,
    /// Whether the key is one of the properties of features.
    pub(crate) is_property: bool,
}

impl JsonColumn {
    /// It as the column of the key that has its name, or, if there is none, of the only key that has it in another case and is not declared
    /// itself.
    fn of_key_among(self, keys: &[&str], declared: &[(String, JsonType)]) -> Self {
        let is_declared = |key: &str| declared.iter().any(|(name, _)| name == key);
        let is_alike = |key: &&&str| key.eq_ignore_ascii_case(&self.name) && !is_declared(key);
        let mut alike = keys.iter().filter(is_alike);
        match (keys.contains(&self.name.as_str()), alike.next(), alike.next()) {
            (false, Some(key), None) => Self { key: (*key).to_owned(), ..self },
            _ => self,
        }
    }

    /// The type that the column, or a member inside of it, is to have for a value that does not fit, if its type was guessed and
    /// there is one.
    fn wider_type(&self, inside: &[String], value: &str, times: &TimeFormats) -> Option<ColumnType> {
        let ty = self.ty.of_member(inside)?;
        wider_type(ty, value.as_bytes(), NumberSigns::USUAL, times)
    }
}

/// What all files of a glob together are read as: plain data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonTable {
    columns: Vec<JsonColumn>,
    /// Whether records are no objects, but values of the one column.
    is_bare: bool,
    /// Whether records are features of GeoJSON.
    has_features: bool,
    /// Files in which a line is not always an object.
    documents: BTreeSet<PathBuf>,
    /// Those of them that are one object around the features.
    collections: BTreeSet<PathBuf>,
    /// Those of files that are in UTF-16 without a mark.
    encodings: BTreeMap<PathBuf, Encoding>,
    options: JsonOptions,
    estimated_rows: Option<u64>,
}

impl JsonTable {
    /// The columns, in order.
    pub fn columns(&self) -> &[JsonColumn] {
        &self.columns
    }

    /// The columns as Arrow has them.
    pub fn schema(&self) -> Schema {
        Schema::new(
            self.columns.iter().map(|column| builder::field(&column.name, &column.ty)).collect::<Vec<_>>(),
        )
    }

    /// How many rows all files have, if each goes on as it begins.
    pub fn estimated_rows(&self) -> Option<u64> {
        self.estimated_rows
    }

    /// How the files were asked to be read.
    pub fn options(&self) -> &JsonOptions {
        &self.options
    }

    /// The same table with a wider type for a column whose type was guessed, or for a member inside of it (`column.member`); `None`
    /// if there is no such column, or it is as wide already.
    pub fn widened(&self, column: &str, ty: ColumnType) -> Option<Self> {
        let mut table = self.clone();
        let mut guessed = table.columns.iter_mut().filter(|column| column.inferred);
        let is_widened = guessed
            .any(|known| column.strip_prefix(&known.name).is_some_and(|inside| known.ty.widen(inside, ty)));
        is_widened.then_some(table)
    }

    /// Whether records are values of the one column, also those that are objects.
    pub(crate) fn takes_objects_for_values(&self) -> bool {
        self.is_bare && (self.options.is_bare || self.options.max_depth == Some(0))
    }

    /// What is expected on each line of a file that is no document.
    fn what_a_line_has(&self) -> &'static str {
        if self.is_bare { "one value a line" } else { "one object a line" }
    }

    /// The encoding of a file's text, where the file itself does not tell it.
    pub(crate) fn encoding_of(&self, path: &Path) -> Encoding {
        self.encodings.get(path).copied().unwrap_or(self.options.text.encoding)
    }

    /// Whether a line of the file is not always an object.
    pub(crate) fn is_document(&self, path: &Path) -> bool {
        self.documents.contains(path)
    }

    /// Whether the file is one object around the features that are its records.
    pub(crate) fn is_collection(&self, path: &Path) -> bool {
        self.collections.contains(path)
    }
}

/// The column of a table whose records are no objects.
const BARE_COLUMN: &str = "json";

/// Finds columns and types by looking at the first 512 KiB of every file.
///
/// Where no record is an object, but each a scalar or a list, on a line of its own or in one array, they are one column, `json`.
///
/// Files may have different keys: the table has all that stand in a head, in the order in which they first appear.
///
/// # Errors
/// Those of opening and decoding; what begins with no object, if no other file has any. What is wrong further on is told when it is read.
pub fn infer_json(files: &[SourceFile], options: &JsonOptions) -> Result<JsonTable> {
    let (mut documents, mut collections, mut encodings) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
    let (mut all, mut rows) = (JsonType::Nothing, 0_u64);
    let mut first_other = None;
    let asks_for_values = options.is_bare || options.max_depth == Some(0);
    let may_be_bare = asks_for_values || options.on_error == OnError::Fail;
    let mut bare = may_be_bare.then_some(JsonType::Nothing);
    let may_be_features = !asks_for_values
        && options.features.unwrap_or_else(|| files.iter().all(|file| features::is_named_so(&file.path)));
    for file in files {
        let is_collection = may_be_features && Head::begins_collection(file, &options.text)?;
        let rewrite = || is_collection.then(Rewrite::of_features);
        if is_collection {
            collections.insert(file.path.clone());
        }
        let head = Head::read(file, &options.text, rewrite())?;
        if head.encoding != options.text.encoding {
            encodings.insert(file.path.clone(), head.encoding);
        }
        let is_document = head.is_document();
        if is_document {
            documents.insert(file.path.clone());
        }
        let is_lenient = options.on_error != OnError::Fail && !is_document;
        let (ty, objects) = match is_lenient {
            _ if options.whole_files && options.columns.is_none() && !head.whole => {
                columns_of_file(file, options, (head.encoding, rewrite()), is_lenient)?
            }
            true => head.columns_of_lines(&options.times),
            false => head.columns(&options.times),
        };
        let ty = head.with_maps(ty);
        if asks_for_values {
            let (ty, values) = head.all_values(&options.times);
            bare = bare.map(|all| all.merge(ty));
            rows = rows.saturating_add(values);
            continue;
        }
        if objects == 0 && first_other.is_none() {
            first_other = head.what_is_no_object(&file.path, options.on_error);
        }
        bare = bare.filter(|_| objects == 0).and_then(|all| {
            let (ty, values) = head.bare_values(&options.times)?;
            rows = rows.saturating_add(values);
            Some(all.merge(ty))
        });
        all = match (all, ty) {
            (all @ JsonType::Struct(_), other) if !matches!(other, JsonType::Struct(_)) => all,
            (all, ty) => all.merge(ty),
        };
        let is_counted = head.whole || options.whole_files && options.columns.is_none();
        let times =
            if is_counted { 1.0 } else { file.len_bytes as f64 / head.compressed_bytes.max(1) as f64 };
        rows = rows.saturating_add((objects as f64 * times.max(1.0)) as u64);
    }
    let declared = |(name, ty): &(String, JsonType)| JsonColumn {
        name: name.clone(),
        key: name.clone(),
        ty: ty.clone(),
        inferred: false,
        is_property: false,
    };
    let is_bare = asks_for_values || first_other.is_some() && bare.is_some();
    if let (true, Some(ty)) = (is_bare, bare) {
        all = JsonType::Struct(vec![(BARE_COLUMN.to_owned(), ty)]);
    }
    let found = if may_be_features { features::columns_of(&all) } else { None };
    // Of features, a column is known by its name, and else one of the properties.
    let as_found = |column: JsonColumn| match &found {
        Some(found) => match found.iter().find(|known| known.name.eq_ignore_ascii_case(&column.name)) {
            Some(known) => JsonColumn { key: known.key.clone(), is_property: known.is_property, ..column },
            None => JsonColumn { is_property: true, ..column },
        },
        None => column,
    };
    let mut columns: Vec<JsonColumn> = match (&options.columns, all) {
        (Some(columns), _) if found.is_some() => columns.iter().map(declared).map(as_found).collect(),
        (Some(columns), JsonType::Struct(fields)) => {
            let keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_str()).collect();
            columns.iter().map(|column| declared(column).of_key_among(&keys, columns)).collect()
        }
        (Some(columns), _) => columns.iter().map(declared).collect(),
        (None, JsonType::Struct(fields)) => {
            let depth_inside = options.max_depth.map(|depth| depth.saturating_sub(usize::from(!is_bare)));
            let of_key = |(key, ty): (String, JsonType)| JsonColumn {
                ty,
                inferred: true,
                ..declared(&(key, JsonType::Nothing))
            };
            let found = found.clone().unwrap_or_else(|| fields.into_iter().map(of_key).collect());
            let down = |column: JsonColumn| match depth_inside {
                Some(depth) => JsonColumn { ty: column.ty.down_to(depth), ..column },
                None => column,
            };
            found.into_iter().map(down).collect()
        }
        (None, _) => Vec::new(),
    };
    for given in options.types.iter().map(declared) {
        let keys: Vec<&str> = columns.iter().map(|column| column.key.as_str()).collect();
        let given = as_found(given.of_key_among(&keys, &options.types));
        match columns
            .iter_mut()
            .find(|column| (column.is_property, &column.key) == (given.is_property, &given.key))
        {
            Some(column) => *column = JsonColumn { name: column.name.clone(), ..given },
            None => columns.push(given),
        }
    }
    if asks_for_values && columns.len() != 1 {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let problem = format!("whole records are values of one column, and not of {}", names.join(", "));
        let option = if options.is_bare { "records" } else { "maximum_depth" };
        let hint = format!("columns = {{'{BARE_COLUMN}': 'text'}} names the one");
        return Err(Error::bad_option_hint(option, problem, hint));
    }
    let is_bare = is_bare && columns.len() == 1;
    // Else it is told when it is read.
    if let (false, true, Some(error)) = (is_bare, columns.is_empty(), first_other) {
        return Err(error);
    }
    Ok(JsonTable {
        columns,
        is_bare,
        has_features: found.is_some(),
        documents,
        collections,
        encodings,
        options: options.clone(),
        estimated_rows: Some(rows),
    })
}

/// Whether files whose names do not tell begin as JSON does: with an object that is alone on its lines, or a list of
/// objects. The first file that is not empty tells; one that cannot be read tells nothing here.
pub fn begins_as_json(files: &[SourceFile], options: &TextOptions) -> bool {
    // A pipe tells by what has come when its writer pauses.
    let head = |file: &SourceFile| -> Result<Head> {
        let (bytes, is_paused) = open_head(&file.path, options.decode(), FIRST_LEN_BYTES)?;
        let head = Head::of(bytes, options, options.encoding, FIRST_LEN_BYTES, None)?;
        if let (Encoding::Utf8, Looks::Wide(found)) = (options.encoding, head.looks) {
            return Head::read_in(file, options, found, FIRST_LEN_BYTES, None);
        }
        Ok(Head { whole: head.whole && !is_paused, ..head })
    };
    let heads = files.iter().take(FILES_TO_TELL).map(head);
    let first = heads.flatten().find(|head| !head.text.trim().is_empty());
    first.is_some_and(|head| looks_like_json(&head.text, head.whole))
}

/// The first bytes of a file.
struct Head {
    text: String,
    /// The one that was asked for, or that of UTF-16, which no JSON in UTF-8 looks like.
    encoding: Encoding,
    looks: Looks,
    whole: bool,
    compressed_bytes: u64,
}

impl Head {
    /// Reads the head of a file, or of what is made of it.
    fn read(file: &SourceFile, options: &TextOptions, rewrite: Option<Rewrite>) -> Result<Self> {
        Self::read_in(file, options, options.encoding, SAMPLE_LEN_BYTES, rewrite)
    }

    fn read_in(
        file: &SourceFile,
        options: &TextOptions,
        encoding: Encoding,
        len_bytes: usize,
        rewrite: Option<Rewrite>,
    ) -> Result<Self> {
        // What is to be noted is noted when the file is read.
        let bytes = Decompressor::open(&file.path, options.decode(), &Notes::default())?;
        let head = Self::of(bytes, options, encoding, len_bytes, rewrite.clone())?;
        match (encoding, head.looks) {
            (Encoding::Utf8, Looks::Wide(found)) => Self::read_in(file, options, found, len_bytes, rewrite),
            _ => Ok(head),
        }
    }

    /// Whether a file begins as a collection of features does.
    fn begins_collection(file: &SourceFile, options: &TextOptions) -> Result<bool> {
        let bytes = Decompressor::open(&file.path, options.decode(), &Notes::default())?;
        let stream = TextStream::new(bytes, options.encoding)?;
        let mut buffer = RecordBuffer::new(stream, options.max_record_bytes.max(FIRST_LEN_BYTES));
        let len = fill_head(&mut buffer, FIRST_LEN_BYTES, |_| true)?;
        Ok(features::begins_collection(&String::from_utf8_lossy(&buffer.data()[..len])))
    }

    fn of(
        bytes: Decompressor,
        options: &TextOptions,
        encoding: Encoding,
        len_bytes: usize,
        rewrite: Option<Rewrite>,
    ) -> Result<Self> {
        let stream = TextStream::new(bytes, encoding)?.rewritten(rewrite);
        let mut buffer = RecordBuffer::new(stream, options.max_record_bytes.max(len_bytes));
        // An array of objects may be one line, and one object may have more lines than there are in a head.
        let tells = |sample: &[u8]| has_whole_value(sample) || sample.contains(&b'\n') && !is_cut(sample);
        let len = fill_head(&mut buffer, len_bytes, tells)?;
        let compressed_bytes = buffer.decompressor().compressed_offset_bytes();
        check_head(&mut buffer)?;
        let data = &buffer.data()[..len];
        let share = data.len() as f64 / buffer.data().len().max(1) as f64;
        let compressed_bytes = (compressed_bytes as f64 * share) as u64;
        let looks = encoding_of(data);
        // A character may be cut.
        let text = match buffer.encoding() {
            Encoding::Utf8 => String::from_utf8_lossy(data).into_owned(),
            other => other.decode(data).unwrap_or_default().into_owned(),
        };
        let whole = buffer.is_whole() && data.len() == buffer.data().len();
        Ok(Self { text, encoding, looks, whole, compressed_bytes })
    }

    /// Whether it has something else than an object on each line: neither the first line is one, nor are most.
    fn is_document(&self) -> bool {
        let text = self.text.trim_start();
        if text.starts_with('[') {
            return !self.has_list_on_each_line();
        }
        if !text.starts_with('{') {
            return false;
        }
        let is_object = |line: &&str| {
            let mut cursor = Cursor::of_file(line, 0);
            cursor.peek() == Some(b'{') && cursor.skip().is_ok() && cursor.peek().is_none()
        };
        let lines = || text.lines().filter(|line| !line.trim_ascii().is_empty()).take(LINES_TO_TELL);
        !lines().next().is_some_and(|line| is_object(&line))
            && 2 * lines().filter(is_object).count() <= lines().count()
    }

    /// Whether there are several lines and on each a list, but none of objects, which are records.
    fn has_list_on_each_line(&self) -> bool {
        // The last line may be cut.
        let len = if self.whole { self.text.len() } else { self.text.rfind('\n').unwrap_or_default() };
        let lines = || self.text[..len].lines().filter(|line| !line.trim_ascii().is_empty());
        let is_list = |line: &str| {
            let mut cursor = Cursor::of_file(line, 0);
            let ty = JsonType::of_next(&mut cursor, 1, &TimeFormats::default());
            let is_whole = cursor.peek().is_none();
            is_whole && matches!(ty, Ok(JsonType::List(item)) if !matches!(*item, JsonType::Struct(_)))
        };
        lines().nth(1).is_some() && lines().take(LINES_TO_TELL).all(is_list)
    }

    /// The type of all values together and how many there are, if they stand one on each line, or in one array.
    fn bare_values(&self, times: &TimeFormats) -> Option<(JsonType, u64)> {
        let (mut all, mut values) = (JsonType::Nothing, 0);
        let mut add = |cursor: &mut Cursor<'_>| add_next(&mut all, &mut values, cursor, times);
        if self.is_document() {
            let mut cursor = Cursor::of_file(&self.text, 0);
            cursor.value().ok()?;
            let mut first = true;
            // The last one may be cut.
            while cursor.at < self.text.len() && cursor.next_item(first).is_ok_and(|has_more| has_more) {
                if cursor.peek() == Some(b'{') {
                    return None;
                }
                let start = cursor.at;
                if add(&mut cursor).is_none() {
                    return (!self.whole && is_cut(&self.text.as_bytes()[start..])).then_some((all, values));
                }
                first = false;
            }
            let is_end = self.text[..cursor.at].ends_with(']') && cursor.peek().is_none();
            return (is_end || !self.whole && cursor.at == self.text.len()).then_some((all, values));
        }
        let len = if self.whole { self.text.len() } else { self.text.rfind('\n')? };
        for line in self.text[..len].lines() {
            let mut cursor = Cursor::of_file(line, 0);
            if let Some(first) = cursor.peek() {
                (first != b'{').then_some(())?;
                add(&mut cursor)?;
                cursor.peek().is_none().then_some(())?;
            }
        }
        Some((all, values))
    }

    /// The type of all values together and how many there are, whatever they are: on a line of their own, in one array, or one after the other. What
    /// is wrong is for the scan to tell.
    fn all_values(&self, times: &TimeFormats) -> (JsonType, u64) {
        let (mut all, mut values) = (JsonType::Nothing, 0);
        let mut add = |cursor: &mut Cursor<'_>| add_next(&mut all, &mut values, cursor, times);
        if self.is_document() {
            let mut cursor = Cursor::of_file(&self.text, 0);
            if cursor.peek() == Some(b'[') {
                cursor.at += 1;
            }
            loop {
                while matches!(cursor.peek(), Some(b']' | b',')) {
                    cursor.at += 1;
                }
                if cursor.peek().is_none() || add(&mut cursor).is_none() {
                    return (all, values);
                }
            }
        }
        for line in self.text.lines() {
            add(&mut Cursor::of_file(line, 0));
        }
        (all, values)
    }

    /// The error of a file that begins with something else than an object or a list, or with an object that is none.
    fn what_is_no_object(&self, path: &Path, on_error: OnError) -> Option<Error> {
        let cursor = &mut Cursor::of_file(&self.text, 0);
        while matches!(cursor.peek(), Some(b'[' | b']' | b',')) {
            cursor.at += 1;
        }
        let expected = match cursor.peek()? {
            // What is left out is counted when it is read.
            b'{' if on_error != OnError::Fail => return None,
            b'{' if !self.whole && is_cut(&self.text.as_bytes()[cursor.at..]) => return None,
            b'{' => {
                let problem = Cursor::of_file(&self.text, cursor.at).skip().err()?;
                // What is not closed is told by whoever comes to the end of the file.
                (!self.text[problem.at..].trim().is_empty()).then_some(problem.expected)?
            }
            _ => "an object",
        };
        let line = 1 + self.text[..cursor.at].bytes().filter(|byte| *byte == b'\n').count() as u64;
        let location = Location { path: path.to_owned(), line, byte_offset: cursor.at as u64 };
        let found = self.text[cursor.at..].lines().next().unwrap_or_default();
        Some(no_json(location, expected, found.as_bytes()))
    }

    /// The same of a file with an object on each line, leaving out lines that have none.
    fn columns_of_lines(&self, times: &TimeFormats) -> (JsonType, u64) {
        let of_line = |line: &str| {
            let mut cursor = Cursor::of_file(line, 0);
            cursor.peek().filter(|first| *first == b'{')?;
            let ty = JsonType::of_next(&mut cursor, 0, times).ok()?;
            cursor.peek().is_none().then_some(ty)
        };
        let objects = self.text.lines().filter_map(of_line);
        objects.fold((JsonType::Nothing, 0), |(all, count), ty| (all.merge(ty), count + 1))
    }

    /// The type of all objects together, with maps in place of those whose keys are values.
    fn with_maps(&self, ty: JsonType) -> JsonType {
        let mut many = ManyKeys::of(&ty);
        if many.is_empty() {
            return ty;
        }
        let mut cursor = Cursor::of_file(&self.text, 0);
        while let Some(next) = cursor.peek() {
            // Brackets and commas of an array around them are nothing, and neither is what is no JSON, or cut.
            if next != b'{' || many.count(&mut cursor).is_err() {
                cursor.at = self.text.len().min(cursor.at + 1);
            }
        }
        many.as_maps(ty)
    }

    /// The type of all objects together, and how many there are.
    fn columns(&self, times: &TimeFormats) -> (JsonType, u64) {
        let mut cursor = Cursor::of_file(&self.text, 0);
        let (mut all, mut objects) = (JsonType::Nothing, 0);
        loop {
            // Brackets and commas of an array around them are nothing.
            while matches!(cursor.peek(), Some(b'[' | b']' | b',')) {
                cursor.at += 1;
            }
            let start = cursor.at;
            // What is cut, and what is wrong, is for the scan to tell.
            match cursor.value() {
                Ok(Value::Object) => {}
                Ok(Value::Null) => continue,
                _ => return (all, objects),
            }
            cursor.at = start;
            let Ok(ty) = JsonType::of_next(&mut cursor, 0, times) else { return (all, objects) };
            all = all.merge(ty);
            objects += 1;
        }
    }
}

/// Takes the next value into the type of all and their number; `None` if it is no value.
fn add_next(
    all: &mut JsonType,
    values: &mut u64,
    cursor: &mut Cursor<'_>,
    times: &TimeFormats,
) -> Option<()> {
    let ty = JsonType::of_next(cursor, 1, times).ok()?;
    *all = std::mem::replace(all, JsonType::Nothing).merge(ty);
    *values += 1;
    Some(())
}

/// Whether a text ends within its first value, which is JSON as far as it goes.
fn is_cut(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let Err(problem) = Cursor::of_file(&text, 0).skip() else { return false };
    let rest = &text[problem.at..];
    !rest.trim_ascii_end().contains('\n')
}

/// Whether the head of a file begins as JSON does: with an object that is alone on its lines, or a list of objects.
/// `whole` is whether the file ends with it.
pub(crate) fn looks_like_json(head: &str, whole: bool) -> bool {
    let text = head.trim_start();
    let list = text.strip_prefix('[');
    let object = list.map_or(text, str::trim_start);
    let Some(first) = object.strip_prefix('{') else { return false };
    let mut cursor = Cursor::of_file(object, 0);
    if cursor.skip().is_err() {
        // It may be longer than the head.
        return !whole && first.trim_start().starts_with('"');
    }
    let rest = object[cursor.at..].trim_start_matches([' ', '\t', '\r']);
    match list {
        Some(_) => matches!(rest.trim_start().bytes().next(), None | Some(b',' | b']')),
        None => rest.is_empty() || rest.starts_with('\n'),
    }
}

/// An error of a value that is no JSON, or no object.
pub(crate) fn no_json(location: Location, expected: &'static str, found: &[u8]) -> Error {
    let found = super::bad::shown(found);
    ErrorKind::Json { location, expected, found }.into()
}

#[cfg(test)]
mod lenient_tests;
#[cfg(test)]
mod tests;
