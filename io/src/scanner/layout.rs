//! Where a file has the columns that are asked for.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use super::bad::location;
use super::column::ColumnBuilder;
use super::csv::CsvRequest;
use super::fields::{FieldRules, Fields, Span};
use super::infer::{Column, ColumnPlaces, CsvTable, HeaderRule, column_name, find_by_place, header_names};
use super::lenient::Leniency;
use super::record::{
    Dialect, Field, FieldForm, Parsed, has_odd_quotes, is_blank_line, parse_record, unescape,
};
use crate::chunk::PADDING_LEN_BYTES;
use crate::encoding::Encoding;
use crate::error::{ErrorKind, Result};
use crate::options::ColumnType;
use crate::simd::InstructionSet;
use crate::splitter::Records;

/// Where one file has its columns.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Fields that every record has.
    pub(super) width: usize,
    /// For each column asked for: the field that holds it, if the file has it.
    pub(super) sources: Vec<Option<usize>>,
    /// The same for columns that are only looked at.
    pub(super) checked: Vec<Option<usize>>,
    pub(crate) rules: FieldRules,
    pub(super) dialect: Dialect,
    /// Whether records may end with a delimiter, as those of `.tbl` files do: the columns are declared, so that it is known that nothing is
    /// to stand behind it.
    pub(super) may_end_open: bool,
}

impl Layout {
    /// Whether so many fields are those of a record, given the last one.
    pub(super) fn takes(&self, count: usize, last: &[u8]) -> bool {
        count == self.width || self.may_end_open && count == self.width + 1 && matches!(last, b"" | b"\r")
    }

    /// Fields that every record has.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Takes so many records off the front, and gives how many are still to be taken off those that follow.
    pub(crate) fn pass_over(&self, records: &mut Records, count: u64) -> u64 {
        let (mut fields, mut left) = (Vec::new(), count);
        while left > 0 {
            let data = records.chunk.bytes();
            match parse_record(data, &self.dialect, true, &mut fields) {
                Parsed::Record { len, lines } => {
                    left -= u64::from(self.width == 1 || !is_blank_line(data, &fields));
                    records.advance(len, lines);
                }
                Parsed::Blank { len } | Parsed::Comment { len } => records.advance(len, 1),
                Parsed::Incomplete | Parsed::Unclosed => break,
            }
        }
        left
    }

    /// Looks at the first record of a file, and takes it off if it is a header. `None` if there is no record
    /// among the lines at hand: then all of them are taken off.
    ///
    /// # Errors
    /// A first record of another width than that of the table, in a file without a header.
    pub(crate) fn of_head(
        request: &CsvRequest,
        path: &Path,
        encoding: Encoding,
        records: &mut Records,
    ) -> Result<Option<Self>> {
        let table = &request.table;
        let (columns, options) = (&table.columns, &table.options);
        let form = table.form_of(path);
        let dialect = &form.dialect;
        let Some(first) = FirstRecord::find(records, dialect, columns.len() > 1) else { return Ok(None) };
        let data = records.chunk.bytes();
        let mut names = first.names(data, dialect, encoding);
        form.add_unnamed(&mut names);
        let (width, names) = (names.len(), header_names(&names));
        let mut of_names = ColumnPlaces::of(columns.iter().map(|column| column.header.as_str())).find(&names);
        let rules = FieldRules::of(options, table.times.clone(), dialect, encoding);
        let is_header = first.is_header(table, path, &of_names, |field, ty| {
            fits_type(&field_value(data, field, dialect), ty, &rules, dialect)
        });
        let by_name = matches!(table.header, HeaderRule::Names | HeaderRule::NamesIfKnown)
            && is_header
            && options.columns.is_none();
        let may_end_open = options.columns.is_some() && dialect.delim.len_bytes() == 1;
        let ends_open = may_end_open && width == columns.len() + 1 && first.ends_with_nothing();
        let is_lenient = Leniency::of(options).is_some();
        if !by_name && !is_lenient && width != columns.len() && !ends_open {
            let location = location(path, records, 0);
            let (expected, found) = (columns.len(), width);
            let has_odd_quotes = has_odd_quotes(data, dialect);
            return Err(ErrorKind::FieldCount { location, expected, found, has_odd_quotes }.into());
        }
        if is_header {
            records.advance(first.len, first.lines);
        }
        find_by_place(&mut of_names, options.names.len());
        let places: HashMap<usize, usize> =
            of_names.iter().enumerate().filter_map(|(at, column)| Some(((*column)?, at))).collect();
        let place = |index: &usize| match by_name {
            true => places.get(index).copied(),
            false => Some(*index),
        };
        let sources = request.wanted.iter().map(place).collect();
        let checked = request.checked.iter().map(place).collect();
        let width = if by_name { width } else { columns.len() };
        Ok(Some(Self { width, sources, checked, rules, dialect: dialect.clone(), may_end_open }))
    }
}

/// The first record of a file, which may be its header.
struct FirstRecord {
    fields: Vec<Field>,
    /// Its length in bytes, with its line end.
    len: usize,
    lines: u64,
}

impl FirstRecord {
    /// Takes off what stands before it: comments, empty lines, and lines of blanks, if these are none.
    fn find(records: &mut Records, dialect: &Dialect, passes_blanks: bool) -> Option<Self> {
        let mut fields = Vec::new();
        loop {
            let data = records.chunk.bytes();
            match parse_record(data, dialect, true, &mut fields) {
                Parsed::Record { len, .. } if passes_blanks && is_blank_line(data, &fields) => {
                    records.advance(len, 1);
                }
                Parsed::Record { len, lines } => return Some(Self { fields, len, lines }),
                Parsed::Blank { len } | Parsed::Comment { len } => records.advance(len, 1),
                Parsed::Incomplete | Parsed::Unclosed => return None,
            }
        }
    }

    /// Its fields as names of columns.
    fn names(&self, data: &[u8], dialect: &Dialect, encoding: Encoding) -> Vec<String> {
        self.fields.iter().map(|field| column_name(&field_value(data, field, dialect), encoding)).collect()
    }

    /// Whether nothing stands behind its last delimiter.
    fn ends_with_nothing(&self) -> bool {
        self.fields.last().is_some_and(|field| field.start == field.end)
    }

    /// Whether it is a header, given the columns that its fields name, and what tells whether a field fits a type.
    fn is_header(
        &self,
        table: &CsvTable,
        path: &Path,
        of_names: &[Option<usize>],
        fits: impl Fn(&Field, ColumnType) -> bool,
    ) -> bool {
        let was_seen = || table.headed.contains(path);
        match table.header {
            HeaderRule::Names | HeaderRule::Skipped => true,
            HeaderRule::SkippedIn => was_seen(),
            HeaderRule::NamesIfKnown if !table.options.names.is_empty() => was_seen(),
            HeaderRule::NamesIfKnown if of_names.iter().all(Option::is_some) => true,
            // Columns were declared under other names: a record of words where other types are declared is no record. Where all are text, it
            // is one of words above other values.
            HeaderRule::NamesIfKnown if table.options.columns.is_some() => {
                let is_typed = |(_, column): &(&Field, &Column)| column.ty != ColumnType::Text;
                let mut typed = self.fields.iter().zip(&table.columns).filter(is_typed).peekable();
                match typed.peek() {
                    Some(_) => typed.all(|(field, column)| {
                        let types = [column.ty, ColumnType::Float64, ColumnType::Timestamp];
                        types.iter().all(|ty| !fits(field, *ty))
                    }),
                    None => was_seen(),
                }
            }
            HeaderRule::NamesIfKnown | HeaderRule::Data => false,
        }
    }
}

/// Whether a value is of a type, or missing.
fn fits_type(value: &[u8], ty: ColumnType, rules: &FieldRules, dialect: &Dialect) -> bool {
    let padded = [value, &[0; PADDING_LEN_BYTES]].concat();
    let fields =
        Fields { padded: &padded, dialect, has_quotes: false, text: None, set: InstructionSet::Portable };
    let span = Span { start: 0, end: value.len() as u32 };
    ColumnBuilder::new(ty, 1).append(&fields, &[span], rules).is_ok()
}

/// The value of a field that the grammar found.
fn field_value<'a>(data: &'a [u8], field: &Field, dialect: &Dialect) -> Cow<'a, [u8]> {
    let raw = &data[field.start..field.end];
    match field.form {
        FieldForm::Bare | FieldForm::Quoted => raw.into(),
        FieldForm::Escaped => {
            let mut value = Vec::new();
            unescape(raw, dialect, &mut value);
            value.into()
        }
    }
}
