//! Reads files into rows of text, as a user of the crate does.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use arrow_array::Array;
use arrow_cast::display::array_value_to_string;
use swath_io::{CsvOptions, Notes, Result, Scan, ScanFormat, ScanItem, ScanRequest};

/// A table of text: the names, then the rows. Missing values are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub names: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn of(names: &[&str], rows: &[&[&str]]) -> Self {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Self { names: owned(names), rows: rows.iter().map(|row| owned(row)).collect() }
    }
}

/// Reads a file with one worker, all columns as text.
pub fn read(path: &Path, options: &CsvOptions) -> Result<Table> {
    let options = CsvOptions { all_varchar: true, ..options.clone() };
    let files = swath_io::expand(&[path.to_str().unwrap()])?;
    let table = swath_io::infer_csv(&files, &options)?;
    let names: Vec<String> = table.columns().iter().map(|column| column.name.clone()).collect();
    let request = ScanRequest { columns: (0..names.len()).collect(), batch_rows: 8192, ..Default::default() };
    let scan = Scan::new(files, &ScanFormat::Csv(table), request, 1, &Notes::default());
    let mut worker = Arc::new(scan).worker();
    let mut rows = Vec::new();
    loop {
        match worker.poll_next(&Context::from_waker(Waker::noop())) {
            Poll::Ready(None) => return Ok(Table { names, rows }),
            Poll::Pending => {}
            Poll::Ready(Some(item)) => {
                let ScanItem::Batch { batch, .. } = item? else { panic!("no column is forgone") };
                for row in 0..batch.num_rows() {
                    let cell = |column: &arrow_array::ArrayRef| match column.is_null(row) {
                        true => String::new(),
                        false => array_value_to_string(column, row).unwrap(),
                    };
                    rows.push(batch.columns().iter().map(cell).collect());
                }
            }
        }
    }
}
