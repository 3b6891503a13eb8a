//! Flights in the layout of the "Airline on-time performance 1987-2008" CSVs.
//!
//! A year has a timetable (`schedule.rs`) of flights between real airports by real
//! carriers. Each day some of them take place, late, early, cancelled or diverted
//! (`flight.rs`), and become lines of 29 fields (`record.rs`). The numbers of a line
//! agree with each other as in the real data:
//!
//! - `ArrDelay - DepDelay = ActualElapsedTime - CRSElapsedTime`
//! - `ActualElapsedTime = TaxiOut + AirTime + TaxiIn`
//! - `DepTime = CRSDepTime + DepDelay` and `ArrTime = CRSArrTime + ArrDelay` on the clock
//! - the five causes of delay add up to `ArrDelay` where a flight is 15 minutes late

use std::io::{self, Write};

use crate::calendar::{Date, days_of};
use crate::dataset::{Dataset, Emit, split};
use crate::error::{Error, Result};
use crate::random::Random;

use flight::Day;
use record::{TailNumber, day_prefix, push_record};
use schedule::{timetable, timetable_count};

pub use record::HEADER;

mod airports;
mod carriers;
mod flight;
mod record;
mod schedule;

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Lines of all files together, headers not counted.
    pub rows: u64,
    /// Files, one a year, the last one 2008.
    pub files: usize,
    /// Other seeds, other flights.
    pub seed: u64,
    /// Puts a few bytes that are not UTF-8 into the file of 2001, as the real one has.
    pub latin1: bool,
}

/// The flights of some years.
#[derive(Debug, Clone)]
pub struct Airline(Options);

impl Airline {
    /// Checks the options.
    ///
    /// # Errors
    ///
    /// If there is no file, a year before 1987, or no file to hold the latin1 bytes.
    pub fn new(options: Options) -> Result<Self> {
        const YEARS: usize = (LAST_YEAR - FIRST_YEAR + 1) as usize;
        if !(1..=YEARS).contains(&options.files) {
            return Err(Error::Options(format!(
                "expected 1 to {YEARS} files, one a year back from {LAST_YEAR}, found {}",
                options.files
            )));
        }
        let airline = Self(options);
        if options.latin1 && airline.year(0) > LATIN1_YEAR {
            return Err(Error::Options(format!(
                "latin1 bytes go to the file of {LATIN1_YEAR}: expected at least {} files, found {}",
                LAST_YEAR - LATIN1_YEAR + 1,
                options.files
            )));
        }
        Ok(airline)
    }

    fn year(&self, file: usize) -> i32 {
        LAST_YEAR - (self.0.files - 1 - file) as i32
    }
}

impl Dataset for Airline {
    fn files(&self) -> usize {
        self.0.files
    }

    fn rows(&self) -> u64 {
        self.0.rows
    }

    fn name(&self, file: usize) -> String {
        format!("air_{}.csv", self.year(file))
    }

    fn generate(&self, file: usize, emit: &mut Emit<'_>) -> io::Result<()> {
        let Options { rows, files, seed, latin1 } = self.0;
        let year = self.year(file);
        let days: Vec<Date> = days_of(year).collect();
        let rows_of_day = spread(split(rows, files as u64, file as u64), &days);
        let busiest = rows_of_day.iter().copied().max().unwrap_or(0);
        let flights = timetable(seed, year, timetable_count(busiest));

        emit(HEADER.as_bytes(), 0)?;
        let mut text = Vec::with_capacity(CHUNK_LEN_BYTES + 1024);
        let mut unsent = 0;
        for (&date, &rows) in days.iter().zip(&rows_of_day) {
            let day = Day::new(seed, date);
            let prefix = day_prefix(date);
            let mut random = Random::new(&[seed, day.day_number]);
            let odd = (latin1 && year == LATIN1_YEAR && date.day.rem_euclid(10) == 1).then_some(rows / 2);
            for row in 0..rows {
                // One of each `rows`-th part of the timetable, so that order is kept and no
                // flight comes twice.
                let first = flights.len() as u64 * row / rows;
                let end = flights.len() as u64 * (row + 1) / rows;
                let scheduled = flights[(first + random.below(end - first)) as usize];
                let flight = day.fly(scheduled, &mut random);
                let tail = if Some(row) == odd { TailNumber::Latin1 } else { TailNumber::Usual };
                push_record(&mut text, prefix.as_bytes(), &day, &flight, tail);
                unsent += 1;
                if text.len() >= CHUNK_LEN_BYTES {
                    emit(&text, unsent)?;
                    text.clear();
                    unsent = 0;
                }
            }
        }
        emit(&text, unsent)
    }
}

/// Writes one file of the data as plain CSV, header first.
///
/// The same options give the same bytes, on any number of threads and through any codec.
///
/// ```
/// use swath_datasets::airline::{HEADER, Options, write_csv};
///
/// let options = Options { rows: 100, files: 1, seed: 1, latin1: false };
/// let mut text = Vec::new();
/// write_csv(options, 0, &mut text)?;
/// assert!(text.starts_with(HEADER.as_bytes()));
/// assert_eq!(text.iter().filter(|&&byte| byte == b'\n').count(), 101);
/// # Ok::<(), swath_datasets::Error>(())
/// ```
///
/// # Errors
///
/// If the options are refused, see [`Airline::new`], or `out` does not take the bytes.
///
/// # Panics
///
/// If there is no such file.
pub fn write_csv(options: Options, file: usize, out: &mut dyn Write) -> Result<()> {
    assert!(file < options.files, "file {file} of {}", options.files);
    Airline::new(options)?.generate(file, &mut |text, _| out.write_all(text)).map_err(Error::Write)
}

/// Years of the real data.
const FIRST_YEAR: i32 = 1987;
const LAST_YEAR: i32 = 2008;

/// The year whose real file has latin1 bytes.
const LATIN1_YEAR: i32 = 2001;

/// Text that is gathered before it is handed on: large enough that compressing is not
/// interrupted often, small enough for the second-level cache.
const CHUNK_LEN_BYTES: usize = 256 * 1024;

/// Spreads rows over days: fewer on Saturdays and in winter, more in summer.
fn spread(rows: u64, days: &[Date]) -> Vec<u64> {
    let weight = |date: &Date| {
        let of_weekday = if date.weekday() == 6 { 85 } else { 100 };
        let of_month = [96, 98, 101, 100, 100, 104, 106, 106, 97, 100, 96, 96];
        of_weekday * of_month[(date.month - 1) as usize]
    };
    let total: u128 = days.iter().map(weight).sum();
    let mut before = 0;
    let upto = |sum: u128| (u128::from(rows) * sum / total) as u64;
    days.iter()
        .map(|date| {
            let start = upto(before);
            before += weight(date);
            upto(before) - start
        })
        .collect()
}

#[cfg(test)]
mod tests;
