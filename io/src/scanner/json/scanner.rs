//! Turns a chunk of JSON into a batch.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow_schema::{Schema, SchemaRef};
use memchr::{memchr, memchr_iter};

use super::builder::{JsonBuilder, Trouble, field};
use super::cursor::{Cursor, Problem, Value};
use super::keys::{Keys, Member};
use super::lenient::Lenient;
use super::text::decode;
use super::{JsonTable, no_json};
use crate::encoding::Encoding;
use crate::error::{Error, ErrorKind, Location};
use crate::notes::Notes;
use crate::scanner::ScanRequest;
use crate::scanner::bad::{Bad, shown};
use crate::scanner::filter::RawFilter;
use crate::scanner::lenient::Findings;
use crate::scanner::text::matching_lines;
use crate::splitter::Records;

/// One worker's tools for JSON.
#[derive(Debug)]
pub(crate) struct JsonScanner {
    pub(super) table: Arc<JsonTable>,
    pub(super) keys: Keys,
    /// The columns of the table that are read, each once.
    read: Vec<usize>,
    /// For each column of the table: its builder among those that are read.
    slots: Vec<Option<usize>>,
    /// For each column that was asked for: its builder; nothing if it is gone on without.
    places: Vec<Option<usize>>,
    asked: Vec<usize>,
    pub(super) builders: Vec<JsonBuilder>,
    /// For each builder: the last object that had its key.
    last: Vec<u64>,
    objects: u64,
    schema: SchemaRef,
    filter: Option<RawFilter>,
    /// What to do about what does not fit, if it is not an error.
    lenient: Option<Box<Lenient>>,
    notes: Notes,
    /// Keys that were noted.
    unknown: HashSet<String>,
}

/// What is wrong with an object, or with its value of a column of the table.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) trouble: Trouble,
    pub(super) column: Option<usize>,
}

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Self {
        Self { trouble: problem.into(), column: None }
    }
}

impl Wrong {
    /// Whether it is a value of a type that its column takes as soon as somebody says so.
    pub(super) fn is_of_wider_type(&self, table: &JsonTable) -> bool {
        let (Trouble::Type { found, inside, .. }, Some(column)) = (&self.trouble, self.column) else {
            return false;
        };
        let column = &table.columns[column];
        column.inferred && column.wider_type(inside, found, &table.options.times).is_some()
    }

    /// It as an error, with the line on which the object begins.
    pub(super) fn error(&self, location: Location, table: &JsonTable, line: &[u8]) -> Error {
        match (&self.trouble, self.column) {
            (Trouble::Type { expected, found, inside }, Some(column)) => {
                let column = &table.columns[column];
                let fits = column.wider_type(inside, found, &table.options.times);
                // What can be said of a column is said of one of the table, but that a value inside of it has a wider type.
                let inside = fits.map_or(&[][..], |_| inside);
                let kind = ErrorKind::Value {
                    location,
                    column: [std::slice::from_ref(&column.name), inside].concat().join("."),
                    expected: (*expected).into(),
                    found: shown(found.as_bytes()),
                    inferred: column.inferred,
                    fits,
                    also: Vec::new(),
                    may_be_null: false,
                };
                kind.into()
            }
            (Trouble::Type { expected, .. } | Trouble::Grammar(Problem { expected, .. }), _) => {
                no_json(location, expected, line)
            }
        }
    }
}

impl JsonScanner {
    pub(crate) fn new(table: &Arc<JsonTable>, request: &ScanRequest, notes: &Notes) -> Self {
        let fields = |columns: &[usize]| {
            let of = |column: &usize| field(&table.columns[*column].name, &table.columns[*column].ty);
            Arc::new(Schema::new(columns.iter().map(of).collect::<Vec<_>>()))
        };
        let lenient = Lenient::new(table).map(Box::new);
        let mut scanner = Self {
            table: Arc::clone(table),
            keys: Keys::of(table),
            read: Vec::new(),
            slots: Vec::new(),
            places: request.columns.iter().map(|_| Some(0)).collect(),
            asked: request.columns.clone(),
            builders: Vec::new(),
            last: Vec::new(),
            objects: 0,
            schema: fields(&request.columns),
            // What a filter leaves out is not counted, and all that does not fit has to be.
            filter: request.filter.raw.clone().filter(|_| lenient.is_none()),
            lenient,
            notes: notes.clone(),
            unknown: HashSet::new(),
        };
        scanner.prepare();
        scanner
    }

    /// Makes the builders of the columns that are read.
    fn prepare(&mut self) {
        self.read.clear();
        for (place, column) in self.places.iter_mut().zip(&self.asked) {
            if place.is_some() {
                let known = self.read.iter().position(|read| read == column);
                *place = Some(known.unwrap_or(self.read.len()));
                if known.is_none() {
                    self.read.push(*column);
                }
            }
        }
        let slot = |column: usize| self.read.iter().position(|read| *read == column);
        self.slots = (0..self.table.columns.len()).map(slot).collect();
        self.empty();
    }

    /// Empty builders.
    fn empty(&mut self) {
        self.builders = self
            .read
            .iter()
            .map(|column| {
                let column = &self.table.columns[*column];
                JsonBuilder::new(&column.ty, column.inferred, &self.table.options.times)
            })
            .collect();
        self.last = vec![0; self.read.len()];
        self.objects = 0;
    }

    /// The schema of the batches.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// From here on, reads nulls in the place of a column that was asked for.
    pub(crate) fn forgo(&mut self, column: usize) {
        self.places[column] = None;
        self.prepare();
    }

    /// Makes a batch of whole objects.
    ///
    /// # Errors
    /// What is no JSON or no object, values of another type, as far as the options do not say to go on.
    pub(crate) fn scan(
        &mut self,
        path: &Path,
        records: &Records,
        encoding: Encoding,
    ) -> Result<(RecordBatch, Option<Findings>), Bad> {
        let data = records.chunk.bytes();
        let location = |at: usize| Location {
            path: path.to_owned(),
            line: records.lines + memchr_iter(b'\n', &data[..at.min(data.len())]).count() as u64 + 1,
            byte_offset: records.byte_offset + at as u64,
        };
        let is_document = self.table.is_document(path);
        // Where lines may be passed over, each is decoded alone.
        let text = match is_document || self.lenient.is_none() {
            true => Some(decode(encoding, data).ok_or_else(|| {
                let at = std::str::from_utf8(data).map_or_else(|error| error.valid_up_to(), str::len);
                let found = shown(first_line(&data[at..]));
                let error = ErrorKind::Encoding { location: location(at), column: None, found }.into();
                Bad { error, column: None }
            })?),
            false => None,
        };
        let mut lenient = self.lenient.take();
        let scanned = match (&text, &mut lenient) {
            (Some(text), lenient) if is_document && self.table.is_bare => {
                self.push_items(text, records.byte_offset == 0, lenient.as_deref_mut())
            }
            (Some(text), lenient) if is_document => self.push_document(text, lenient.as_deref_mut()),
            (None, Some(lenient)) => self.push_lines_leniently(lenient, data, encoding),
            (text, _) => self.push_lines(text.as_deref().unwrap_or_default()),
        };
        let findings = lenient.as_mut().and_then(|lenient| lenient.findings(&self.table, data, location));
        let is_lenient = lenient.is_some();
        self.lenient = lenient;
        match scanned {
            Ok(rows) => Ok((self.finish(rows), findings)),
            Err((at, wrong)) => {
                self.empty();
                let error = wrong.error(location(at), &self.table, first_line(&data[at..]));
                // Who leaves out what does not fit cannot go on without the column: more would fit.
                let column = wrong.column.filter(|_| !is_lenient).and_then(|column| self.asked_place(column));
                Err(Bad { error, column })
            }
        }
    }

    /// The place of a column of the table among those that were asked for and are read.
    fn asked_place(&self, column: usize) -> Option<usize> {
        let mut asked = self.asked.iter().zip(&self.places);
        asked.position(|(asked, place)| *asked == column && place.is_some())
    }

    fn finish(&mut self, rows: usize) -> RecordBatch {
        for builder in 0..self.builders.len() {
            let (unknown, column) = (self.builders[builder].take_unknown(), self.read[builder]);
            // Who gives a type says which keys are wanted.
            if self.table.columns[column].inferred {
                unknown.iter().for_each(|key| self.note_unknown_inside(column, key));
            }
        }
        let built: Vec<ArrayRef> = self.builders.iter_mut().map(JsonBuilder::finish).collect();
        let columns = self.places.iter().zip(self.schema.fields()).map(|(place, field)| match place {
            Some(builder) => Arc::clone(&built[*builder]),
            None => new_null_array(field.data_type(), rows),
        });
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns.collect(), &options);
        batch.expect("each column has a value for each object")
    }

    /// Adds the objects of lines; how many. An error has the place where its object begins.
    fn push_lines(&mut self, text: &str) -> Result<usize, (usize, Wrong)> {
        let data = text.as_bytes();
        // A literal may be written otherwise where there is an escape.
        let filter = self.filter.clone().filter(|_| memchr(b'\\', data).is_none());
        let spans = filter.map(|filter| matching_lines(data, &filter, b'\n').0);
        let (mut rows, mut at, mut next) = (0, 0, 0);
        while at < text.len() {
            let (start, end) = match &spans {
                Some(spans) => {
                    let Some(span) = spans.get(next) else { break };
                    next += 1;
                    (span.start as usize, span.end as usize)
                }
                None => (at, memchr(b'\n', &data[at..]).map_or(text.len(), |len| at + len)),
            };
            at = end + 1;
            let mut cursor = Cursor::of_file(&text[..end], start);
            if cursor.peek().is_none() {
                continue;
            }
            let start = cursor.at;
            self.push_record(&mut cursor, &[]).map_err(|wrong| (start, wrong))?;
            if cursor.peek().is_some() {
                let problem = Problem { at: cursor.at, expected: self.table.what_a_line_has() };
                return Err((start, problem.into()));
            }
            rows += 1;
        }
        Ok(rows)
    }

    /// Adds values of one array, of which this is a part, or that stand one after the other; how many. Among scalars and lists there are
    /// no objects, unless these are to be values, too.
    fn push_items(
        &mut self,
        text: &str,
        is_start: bool,
        mut lenient: Option<&mut Lenient>,
    ) -> Result<usize, (usize, Wrong)> {
        let takes_objects = self.table.takes_objects_for_values();
        let mut cursor = Cursor::of_file(text, 0);
        let mut rows = 0;
        if is_start && cursor.peek() == Some(b'[') {
            cursor.at += 1;
        }
        loop {
            while matches!(cursor.peek(), Some(b']' | b',')) {
                cursor.at += 1;
            }
            let start = cursor.at;
            match cursor.peek() {
                None => return Ok(rows),
                Some(b'{') if !takes_objects => {
                    let expected = "a scalar or a list, as before it";
                    return Err((start, Problem { at: start, expected }.into()));
                }
                Some(_) => {
                    let pushed = match &mut lenient {
                        None => self.push_record(&mut cursor, &[]).map(|()| 1),
                        Some(lenient) => self.push_record_leniently(lenient, &mut cursor, start),
                    };
                    rows += pushed.map_err(|wrong| (start, wrong))?;
                }
            }
        }
    }

    /// Adds the record that begins here: an object, or a value of the one column.
    pub(super) fn push_record(&mut self, cursor: &mut Cursor<'_>, nulled: &[usize]) -> Result<(), Wrong> {
        match self.table.is_bare {
            true if nulled.is_empty() => self.push_bare(cursor),
            true => {
                self.builders.iter_mut().for_each(JsonBuilder::push_null);
                Ok(())
            }
            false => self.push_object(cursor, nulled),
        }
    }

    /// Adds the value that begins here to the one column.
    fn push_bare(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Wrong> {
        let Some(builder) = self.builders.first_mut() else { return Ok(cursor.skip().map(|_| ())?) };
        let pushed = match self.table.options.max_depth {
            Some(0) => builder.push_as_written(cursor),
            _ => builder.push(cursor),
        };
        pushed.map_err(|trouble| Wrong { trouble, column: Some(0) })
    }

    /// Adds objects that stand one after the other, perhaps in an array; how many.
    fn push_document(
        &mut self,
        text: &str,
        mut lenient: Option<&mut Lenient>,
    ) -> Result<usize, (usize, Wrong)> {
        let mut cursor = Cursor::of_file(text, 0);
        let mut rows = 0;
        loop {
            while matches!(cursor.peek(), Some(b'[' | b']' | b',')) {
                cursor.at += 1;
            }
            if cursor.at == text.len() {
                return Ok(rows);
            }
            let start = cursor.at;
            let pushed = match &mut lenient {
                None => self.push_object(&mut cursor, &[]).map(|()| 1),
                Some(lenient) => self.push_record_leniently(lenient, &mut cursor, start),
            };
            rows += pushed.map_err(|wrong| (start, wrong))?;
        }
    }

    /// Adds the object that begins here, with nulls in place of its values of some columns of the table. `null` has no values.
    fn push_object(&mut self, cursor: &mut Cursor<'_>, nulled: &[usize]) -> Result<(), Wrong> {
        let at = cursor.at;
        match cursor.value()? {
            Value::Object => {}
            Value::Null => {
                self.builders.iter_mut().for_each(JsonBuilder::push_null);
                return Ok(());
            }
            _ => return Err(Problem { at, expected: "an object" }.into()),
        }
        self.objects += 1;
        let keys = std::mem::take(&mut self.keys);
        let pushed = self.push_members(&keys, at, cursor, nulled);
        self.keys = keys;
        pushed?;
        for (builder, last) in self.builders.iter_mut().zip(&self.last) {
            if *last != self.objects {
                builder.push_null();
            }
        }
        Ok(())
    }

    /// Adds the values of an object whose `{` was read, in a record that begins at some place.
    fn push_members(
        &mut self,
        keys: &Keys,
        at: usize,
        cursor: &mut Cursor<'_>,
        nulled: &[usize],
    ) -> Result<(), Wrong> {
        let (mut first, mut next) = (true, 0);
        while let Some((key, escaped)) = cursor.next_key(first)? {
            first = false;
            let column = match keys.find(key, escaped, &mut next) {
                Some(Member::Column(column)) => *column,
                Some(Member::Object(keys)) => {
                    if is_object(cursor)? {
                        self.push_members(keys, at, cursor, nulled)?;
                    }
                    continue;
                }
                Some(Member::Constant) => {
                    cursor.skip()?;
                    continue;
                }
                None => {
                    self.note_unknown(key);
                    cursor.skip()?;
                    continue;
                }
            };
            let Some(builder) = self.slots[column].filter(|_| !nulled.contains(&column)) else {
                cursor.skip()?;
                continue;
            };
            let wrong = |trouble| Wrong { trouble, column: Some(column) };
            if std::mem::replace(&mut self.last[builder], self.objects) == self.objects {
                return Err(Problem { at, expected: "each key once" }.into());
            }
            self.builders[builder].push(cursor).map_err(wrong)?;
        }
        Ok(())
    }

    /// A key of an object in a column that no head has is told once.
    #[cold]
    fn note_unknown_inside(&mut self, column: usize, key: &str) {
        let column = &self.table.columns[column].key;
        let key = format!("{column}.{key}");
        if self.unknown.insert(key.clone()) {
            self.notes.add(format!(
                "the key \"{key}\" is in the head of no file, and passed over: types = {{'{column}': 'text'}} reads \"{column}\" as it is written"
            ));
        }
    }

    /// A key that is no column is told once.
    #[cold]
    fn note_unknown(&mut self, key: &str) {
        if self.unknown.contains(key) {
            return;
        }
        if self.table.options.columns.is_some() {
            // Who says which columns there are hardly ever means that another case is another key.
            let mut known = self.table.columns.iter().map(|column| &column.key);
            if let Some(column) = known.find(|known| known.eq_ignore_ascii_case(key)) {
                self.notes.add(format!("the key \"{key}\" is passed over: the column is \"{column}\""));
                self.unknown.insert(key.to_owned());
            }
        } else {
            self.unknown.insert(key.to_owned());
            self.notes.add(format!(
                "the key \"{key}\" is in the head of no file, and no column: types = {{'{key}': 'text'}} makes it one"
            ));
        }
    }
}

/// Reads the `{` of an object that is a member of a record; whether there is one, and not `null` in its place.
pub(super) fn is_object(cursor: &mut Cursor<'_>) -> Result<bool, Problem> {
    let at = cursor.at;
    match cursor.value()? {
        Value::Object => Ok(true),
        Value::Null => Ok(false),
        _ => Err(Problem { at, expected: "an object" }),
    }
}

/// The first line of some bytes, without its end.
pub(super) fn first_line(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end()
}
