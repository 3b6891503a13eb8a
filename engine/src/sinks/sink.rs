//! Sinks of the library: rows of a frame on their way into files.

use std::path::{Path, PathBuf};

use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;

use super::options::{FileFormat, WriteOptions};
use super::spec::WriteSpec;
use crate::compute::{Computable, Pending, Requests, compute, compute_async};
use crate::error::Result;
use crate::frame::Frame;
use crate::operators::write::Write;

/// A lazy write of a frame's rows; its value is how many rows were written.
///
/// Nothing is written until it is computed, alone by [`Sink::run`] or together with other results by
/// [`compute`](crate::compute()), where it shares their pass over the sources. The codec follows from the
/// name: `.gz`, `.bz2`, `.zst`, `.xz`, `.lz4`. A name with a `*` or `{}` in it, or a folder's, gets one
/// file a partition: `part-0000.csv.gz`, `part-0001.csv.gz`, …
///
/// A file has its name only when all files of the write are whole; when anything fails, what was there
/// before stays. One file has the rows in the order of the frame or of its files; in one file a partition
/// they come as partitions take them.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("flights.csv");
/// std::fs::write(&path, "Dest,DepDelay\nBOS,12\nACV,NA\nBOS,20\n")?;
///
/// let flights = swath::read_csv(&path).scan()?;
/// let options = swath::WriteOptions::default().delim(b';').nullstr("NA");
/// let (rows, lines) = swath::compute((
///     flights.to_csv(dir.path().join("flights.csv.gz")).options(options),
///     flights.to_json(dir.path().join("flights.jsonl")),
/// ))?;
/// assert_eq!((rows, lines), (3, 3));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is written until the sink is computed"]
pub struct Sink {
    frame: Frame,
    path: PathBuf,
    /// The format that was asked for.
    format: FileFormat,
    options: WriteOptions,
}

impl Sink {
    fn new(frame: &Frame, path: &Path, format: FileFormat) -> Self {
        Self { frame: frame.clone(), path: path.to_owned(), format, options: WriteOptions::default() }
    }

    /// Sets how it is written.
    pub fn options(mut self, options: WriteOptions) -> Self {
        self.options = options;
        self
    }

    /// Writes the rows and returns how many there were.
    ///
    /// # Errors
    /// Options that the format does not have, a file that cannot be written, and whatever the query
    /// meets.
    pub fn run(&self) -> Result<u64> {
        compute(self)
    }

    /// Like [`Sink::run`], for async code.
    ///
    /// # Errors
    /// As of [`Sink::run`].
    pub async fn run_async(&self) -> Result<u64> {
        compute_async(self).await
    }
}

impl Computable for Sink {
    type Value = u64;

    fn request(&self, requests: &mut Requests) -> Result<Pending<u64>> {
        self.frame.session().resources().refuse_writes()?;
        let mut options = self.options.clone();
        options.format.get_or_insert(self.format);
        let spec = WriteSpec::new(&self.path, &options)?;
        let plan = Write::plan(self.frame.plan()?.clone(), spec)?;
        let id = requests.add(self.frame.session(), plan)?;
        Ok(Box::new(move |answers| {
            let batches = answers.take(id)?;
            Ok(batches.iter().flat_map(|batch| batch.column(0).as_primitive::<UInt64Type>().values()).sum())
        }))
    }
}

impl Frame {
    /// Writes the rows as CSV, or as TSV if the name ends in `.tsv`.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Sink {
        let path = path.as_ref();
        let format = match FileFormat::of_name(path) {
            Some(FileFormat::Tsv) => FileFormat::Tsv,
            _ => FileFormat::Csv,
        };
        Sink::new(self, path, format)
    }

    /// Writes the rows as JSON: as one array if the name ends in `.json`, else one object a line.
    pub fn to_json(&self, path: impl AsRef<Path>) -> Sink {
        let path = path.as_ref();
        let format = match FileFormat::of_name(path) {
            Some(FileFormat::Json) => FileFormat::Json,
            _ => FileFormat::JsonLines,
        };
        Sink::new(self, path, format)
    }

    /// Writes the rows as Parquet, its columns compressed with Zstandard.
    pub fn to_parquet(&self, path: impl AsRef<Path>) -> Sink {
        Sink::new(self, path.as_ref(), FileFormat::Parquet)
    }

    /// Writes the values of the only column, one a line. A null, and a text with a line end in it, is an
    /// error.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = |name: &str| dir.path().join(name);
    /// # std::fs::write(path("air.csv"), "Dest,DepDelay\nACV,12\nBOS,\nACV,-3\n").unwrap();
    /// let air = swath::read_csv(path("air.csv")).scan()?;
    /// let rows = air.select(["Dest"]).distinct().sort(["Dest"]).to_text(path("airports.txt")).run()?;
    /// assert_eq!((rows, std::fs::read_to_string(path("airports.txt")).unwrap().as_str()), (2, "ACV\nBOS\n"));
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn to_text(&self, path: impl AsRef<Path>) -> Sink {
        Sink::new(self, path.as_ref(), FileFormat::Text)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use swath_planner::{SourceCall, SourceFunction};

    use super::*;
    use crate::error::Error;
    use crate::session::Session;

    fn frame(session: &Session, path: &Path) -> Frame {
        let paths = vec![path.display().to_string()];
        let call = SourceCall { function: SourceFunction::Path, paths, options: Vec::new() };
        Frame::new(session, session.scan(&call).unwrap())
    }

    #[test]
    fn sinks_are_computed_together_with_others() -> Result<(), Error> {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("a.csv"), "Id,Name\n1,x\n2,\n").unwrap();
        let session = Session::new()?;
        let frame = frame(&session, &path("a.csv"));
        let options = WriteOptions::default().delim(b';').nullstr("NA").header(false);
        let sinks = (
            frame.to_csv(path("b.csv")).options(options),
            frame.to_csv(path("b.tsv")),
            vec![frame.to_json(path("b.json")), frame.to_json(path("b.jsonl.gz"))],
            frame.to_parquet(path("b.parquet")),
            &frame,
        );
        let (csv, tsv, json, parquet, rows) = compute(sinks)?;
        assert_eq!((csv, tsv, json, parquet), (2, 2, vec![2, 2], 2));
        assert_eq!(rows.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>(), 2);
        assert_eq!(fs::read_to_string(path("b.csv")).unwrap(), "1;x\n2;NA\n");
        assert_eq!(fs::read_to_string(path("b.tsv")).unwrap(), "Id\tName\n1\tx\n2\t\n");
        assert!(fs::read_to_string(path("b.json")).unwrap().starts_with("[\n"));
        Ok(())
    }

    #[test]
    fn a_sink_that_cannot_be_is_told_before_anything_runs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        fs::write(&path, "Id,Name\n1,x\n2,\n").unwrap();
        let frame = frame(&Session::new().unwrap(), &path);
        let error = |sink: Sink| sink.run().unwrap_err().to_string();
        let text = error(frame.to_text(dir.path().join("a.txt")));
        assert_eq!(text, "text has one value a line, and the rows have 2 columns: Id, Name");
        let options = WriteOptions::default().header(true);
        assert_eq!(
            error(frame.to_parquet(dir.path().join("a.parquet")).options(options)),
            "option header: parquet has no such option"
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
