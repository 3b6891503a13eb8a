//! The aggregate that summarizes all columns at once.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};

use super::column::{ColumnStatistics, ColumnSummary};
use super::statistics;

/// A column that is summarized, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SummarizedColumn {
    pub(super) name: String,
    pub(super) type_name: String,
}

/// `summarize(a, b, …)`: a list with a struct of statistics for each column.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Summarize {
    columns: Arc<[SummarizedColumn]>,
    signature: Signature,
}

impl Summarize {
    pub(super) fn new(columns: Vec<SummarizedColumn>) -> Self {
        Self { columns: columns.into(), signature: Signature::variadic_any(Volatility::Immutable) }
    }

    fn summary(&self, fields: &[FieldRef]) -> Result<Summary> {
        let columns = fields.iter().map(|field| ColumnSummary::new(field.data_type()));
        Ok(Summary { told: Arc::clone(&self.columns), columns: columns.collect::<Result<_>>()?, rows: 0 })
    }
}

impl AggregateUDFImpl for Summarize {
    fn name(&self) -> &'static str {
        "summarize"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(list_item()))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let state = self.summary(args.input_fields)?.state()?;
        let field = |(at, value): (usize, &ScalarValue)| {
            Arc::new(Field::new(format!("{}[{at}]", args.name), value.data_type(), true))
        };
        Ok(state.iter().enumerate().map(field).collect())
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(self.summary(args.expr_fields)?))
    }
}

fn list_item() -> FieldRef {
    Arc::new(Field::new_list_field(DataType::Struct(statistics()), true))
}

/// What was seen so far.
#[derive(Debug)]
struct Summary {
    told: Arc<[SummarizedColumn]>,
    columns: Vec<ColumnSummary>,
    rows: i64,
}

impl Accumulator for Summary {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.rows += values.first().map_or(0, |values| values.len() as i64);
        self.columns.iter_mut().zip(values).try_for_each(|(column, values)| column.push(values))
    }

    /// The rows, and behind them what each column has.
    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut state = vec![ScalarValue::from(self.rows)];
        for column in &mut self.columns {
            column.push_state(&mut state)?;
        }
        Ok(state)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let (rows, mut states) = states.split_at(1);
        self.rows += arrow::compute::sum(rows[0].as_primitive::<Int64Type>()).unwrap_or(0);
        for column in &mut self.columns {
            states = column.join(states)?;
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut rows = ColumnStatistics::default();
        for (told, column) in self.told.iter().zip(&mut self.columns) {
            rows.push(told, column.statistics()?, self.rows);
        }
        let rows = StructArray::new(statistics(), rows.into_arrays(), None);
        let list =
            ListArray::new(list_item(), OffsetBuffer::from_lengths([rows.len()]), Arc::new(rows), None);
        Ok(ScalarValue::List(Arc::new(list)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.columns.iter().map(ColumnSummary::size).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Float64Array, StringArray};
    use arrow::util::display::array_value_to_string;

    use super::*;

    fn fields() -> [FieldRef; 2] {
        [DataType::Float64, DataType::Utf8].map(|ty| Arc::new(Field::new("value", ty, true)))
    }

    fn summarize() -> Summarize {
        let column = |name: &str| SummarizedColumn { name: name.to_owned(), type_name: "T".to_owned() };
        Summarize::new(vec![column("number"), column("text")])
    }

    fn batch(numbers: &[Option<f64>], texts: &[Option<&str>]) -> [ArrayRef; 2] {
        [Arc::new(Float64Array::from(numbers.to_vec())), Arc::new(StringArray::from(texts.to_vec()))]
    }

    fn shown(summary: &mut Summary) -> String {
        let summary = summary.evaluate().unwrap().to_array().unwrap();
        array_value_to_string(&summary, 0).unwrap()
    }

    #[test]
    fn parts_make_what_the_whole_makes() {
        let (left, right) = (
            batch(&[Some(1.0), None, Some(4.0)], &[Some("b"), Some("a"), None]),
            batch(&[Some(-2.0), Some(4.0)], &[None, Some("c")]),
        );
        let summarize = summarize();
        let mut whole = summarize.summary(&fields()).unwrap();
        let mut joined = summarize.summary(&fields()).unwrap();
        for part in [&left, &right] {
            whole.update_batch(part).unwrap();
            let mut seen = summarize.summary(&fields()).unwrap();
            seen.update_batch(part).unwrap();
            let state = seen.state().unwrap();
            let state = state.iter().map(|value| value.to_array().unwrap());
            joined.merge_batch(&state.collect::<Vec<_>>()).unwrap();
        }
        let joined = shown(&mut joined);
        assert_eq!(joined, shown(&mut whole));
        let number = "{column_name: number, column_type: T, min: -2.0, max: 4.0, approx_unique: 3, avg: 1.75, \
                      std: 2.8722813232690143, q25: -0.5, q50: 3.25, q75: 4.0, count: 5, null_percentage: 20.0}";
        let text = "{column_name: text, column_type: T, min: a, max: c, approx_unique: 3, avg: , std: , \
                    q25: , q50: , q75: , count: 5, null_percentage: 40.0}";
        assert_eq!(joined, format!("[{number}, {text}]"));
    }

    #[test]
    fn no_rows() {
        let mut joined = summarize().summary(&fields()).unwrap();
        let state = summarize().summary(&fields()).unwrap().state().unwrap();
        let state: Vec<ArrayRef> = state.iter().map(|value| value.to_array().unwrap()).collect();
        joined.merge_batch(&state).unwrap();
        let nothing = |name| {
            format!(
                "{{column_name: {name}, column_type: T, min: , max: , approx_unique: 0, avg: , std: , \
                 q25: , q50: , q75: , count: 0, null_percentage: }}"
            )
        };
        assert_eq!(shown(&mut joined), format!("[{}, {}]", nothing("number"), nothing("text")));
    }
}
