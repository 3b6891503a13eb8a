//! Scans files without a query above it, to see what reading alone costs:
//!
//! ```text
//! cargo run --release -p swath-io --example scan -- 2 DepDelay,Dest 'air/*.csv.gz'
//! ```
//!
//! The arguments are the number of workers, the columns (none: rows are counted; `lines`: the files are lines),
//! the files, and perhaps the length of a chunk.
#![allow(missing_docs)]

use std::error::Error;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

use swath_io::{
    CsvOptions, Notes, Scan, ScanFormat, ScanItem, ScanRequest, TextOptions, Worker, expand, infer_csv,
};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Rows and bytes in memory of what a worker gives.
fn drive(mut worker: Worker) -> swath_io::Result<(usize, usize)> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let (mut rows, mut bytes) = (0, 0);
    loop {
        match worker.poll_next(&Context::from_waker(&waker)) {
            Poll::Ready(Some(item)) => {
                if let ScanItem::Batch { batch, .. } = item? {
                    rows += batch.num_rows();
                    bytes += batch.get_array_memory_size();
                }
            }
            Poll::Ready(None) => return Ok((rows, bytes)),
            Poll::Pending => thread::park(),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [workers, columns, pattern, rest @ ..] = arguments.as_slice() else {
        return Err("usage: scan WORKERS COLUMNS FILES [CHUNK_BYTES]".into());
    };
    let workers: usize = workers.parse()?;
    let start = Instant::now();
    let files = expand(&[pattern])?;
    let (format, columns) = match columns.as_str() {
        "lines" => (ScanFormat::Text(TextOptions::default()), vec![0]),
        "count" => (ScanFormat::Text(TextOptions::default()), vec![]),
        names => {
            let table = infer_csv(&files, &CsvOptions::default())?;
            let place = |name: &str| table.columns().iter().position(|column| column.name == name);
            let places: Option<Vec<usize>> =
                names.split(',').filter(|name| !name.is_empty()).map(place).collect();
            let places = places.ok_or("there is no such column")?;
            (ScanFormat::Csv(table), places)
        }
    };
    let inferred = start.elapsed();
    let request = ScanRequest { columns, batch_rows: 8192, ..Default::default() };
    let mut scan = Scan::new(files, &format, request, workers, &Notes::default());
    if let [chunk_len, ..] = rest {
        scan = scan.with_chunk_len(chunk_len.parse()?);
    }
    let scan = Arc::new(scan);
    let results: Vec<_> = thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(|| drive(scan.worker()))).collect();
        handles.into_iter().map(|handle| handle.join().expect("no worker panics")).collect()
    });
    let (mut rows, mut bytes) = (0, 0);
    for result in results {
        let (more_rows, more_bytes) = result?;
        rows += more_rows;
        bytes += more_bytes;
    }
    println!(
        "{rows} rows, {bytes} bytes, {:.3} s, of which looking {:.3} s",
        start.elapsed().as_secs_f64(),
        inferred.as_secs_f64()
    );
    Ok(())
}
