//! A session and a folder that its statements can name.

use std::fs;

use swath::arrow::array::RecordBatch;
use swath::arrow::util::display::array_value_to_string;
use swath::{Error, Session};
use tempfile::TempDir;

pub struct Scratch {
    pub dir: TempDir,
    pub session: Session,
}

impl Scratch {
    /// An empty folder.
    pub fn with_threads(threads: usize) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            session: Session::builder().threads(threads).build().unwrap(),
        }
    }

    pub fn file(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).unwrap();
    }

    pub fn folder(&self) -> String {
        self.dir.path().display().to_string()
    }

    /// `$` in the statement is the folder.
    pub fn rows(&self, sql: &str) -> Result<Vec<String>, Error> {
        Ok(rows(&self.session.collect_blocking(&sql.replace('$', &self.folder()))?))
    }

    #[track_caller]
    pub fn check(&self, sql: &str, expected: &[&str]) {
        assert_eq!(self.rows(sql).unwrap(), expected, "{sql}");
    }
}

/// Each row as its values with bars between them.
pub fn rows(batches: &[RecordBatch]) -> Vec<String> {
    let row = |batch: &RecordBatch, row| {
        let cells = batch.columns().iter().map(|column| array_value_to_string(column, row).unwrap());
        cells.collect::<Vec<_>>().join("|")
    };
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |at| row(batch, at))).collect()
}
