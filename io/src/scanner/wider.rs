//! Values of a chunk that need a wider type than was guessed for their column.
//!
//! Files change in many columns at once, so that one value that does not fit is seldom alone. Each of them ends what
//! reads its column, and all that was read before is read again: so what the rest of the chunk has is found with the
//! first.

use super::bad::{location, shown};
use super::column::{ColumnBuilder, Rejected};
use super::csv::{CsvScanner, Source, next_record, span_of};
use super::infer::Column;
use super::values::wider_type;
use crate::error::WiderValue;

/// A column whose values are looked at.
struct Checked<'a> {
    column: &'a Column,
    /// The field that holds it.
    field: usize,
    builder: ColumnBuilder,
}

impl CsvScanner {
    /// The first such value of the chunk in each column that is read, in records of the right width.
    #[cold]
    pub(super) fn wider_values(&self, source: &Source<'_>) -> Vec<WiderValue> {
        let (data, rules) = (source.records.chunk.bytes(), &source.layout.rules);
        let mut columns = self.guessed_columns(source);
        let (mut found, mut fields, mut at) = (Vec::new(), Vec::new(), 0);
        // What else is wrong is told by who reads it.
        while let Ok(Some((start, _))) = next_record(source, &mut at, &mut fields) {
            if fields.len() != source.layout.width {
                continue;
            }
            columns.retain_mut(|Checked { column, field, builder }| {
                let span = span_of(&fields[*field], start, data, source.fields.dialect.quote);
                let Err((_, Rejected::Value)) = builder.append(&source.fields, &[span], rules) else {
                    return true;
                };
                let (value, _) = source.fields.value(span);
                let fits = wider_type(column.ty, &value, rules.signs, &rules.times);
                found.extend(fits.map(|fits| WiderValue {
                    location: location(source.path, source.records, start),
                    column: column.name.clone(),
                    found: shown(&value),
                    fits,
                }));
                fits.is_none()
            });
            if columns.is_empty() {
                break;
            }
        }
        found
    }

    /// The columns that are read, or looked at, whose types were guessed.
    fn guessed_columns<'a>(&'a self, source: &Source<'_>) -> Vec<Checked<'a>> {
        let request = &self.request;
        let wanted = request.wanted.iter().zip(&source.layout.sources).zip(&self.forgone);
        let wanted = wanted.filter(|(_, forgone)| !**forgone).map(|(read, _)| read);
        let all = wanted.chain(request.checked.iter().zip(&source.layout.checked));
        let guessed = all.filter_map(|(number, field)| {
            let column = &request.table.columns[*number];
            let builder = ColumnBuilder::of(column);
            column.inferred.then_some(Checked { column, field: (*field)?, builder })
        });
        guessed.collect()
    }
}
