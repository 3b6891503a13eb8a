//! A line through points: numbers over time or over numbers.
//!
//! Points go into bins of their x, of which the first, the last, the lowest and the highest point are kept. Drawn on
//! no more columns than there are bins, that is the same line as that of all points: M4, by Jugel, Jerzak,
//! Hackenbroich and Markl (VLDB 2014).

use std::io;

use swath::arrow::array::{Array, AsArray, Float64Array, RecordBatch};
use swath::arrow::compute::cast;
use swath::arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};

use super::bins::{Bin, Bins};
use super::histogram::counted;
use super::scale::{Step, Tick, short};
use super::{Shape, numbers, time};

/// The points of a line.
pub struct Line {
    bins: Bins<Extremes>,
    x: Axis,
    points: u64,
    /// Rows without a place: null, NaN, infinities.
    left_out: u64,
}

/// What the points are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    Numbers,
    /// Seconds since 1970.
    Time,
}

/// A place, x and y.
pub type Point = (f64, f64);

/// The points of a line in the order of x, and what x is.
#[derive(Debug)]
pub struct Points {
    /// In order.
    pub points: Vec<Point>,
    x: Axis,
}

/// Of the points of a bin the first, the last, the lowest and the highest.
#[derive(Debug, Default)]
struct Extremes(Option<[Point; 4]>);

impl Bin for Extremes {
    fn absorb(&mut self, other: Self) {
        let (Some(mine), Some(others)) = (&mut self.0, other.0) else {
            self.0 = self.0.take().or(other.0);
            return;
        };
        let takes_over: [fn(Point, Point) -> bool; 4] = [
            |mine, other| other.0 < mine.0,
            |mine, other| other.0 >= mine.0,
            |mine, other| other.1 < mine.1,
            |mine, other| other.1 > mine.1,
        ];
        for ((mine, other), takes_over) in mine.iter_mut().zip(others).zip(takes_over) {
            if takes_over(*mine, other) {
                *mine = other;
            }
        }
    }
}

impl Line {
    /// A line over dates or times.
    pub fn over_time() -> Self {
        Self { bins: Bins::new(Step::FINEST), x: Axis::Time, points: 0, left_out: 0 }
    }

    /// A line over numbers, perhaps whole ones.
    pub fn over_numbers(whole: bool) -> Self {
        let finest = if whole { Step::ONE } else { Step::FINEST };
        Self { bins: Bins::new(finest), x: Axis::Numbers, points: 0, left_out: 0 }
    }

    /// Takes in rows.
    pub fn take(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let x = match self.x {
            Axis::Numbers => numbers(batch.column(0))?,
            Axis::Time => seconds(batch.column(0))?,
        };
        for point in x.iter().zip(&numbers(batch.column(1))?) {
            match point {
                (Some(x), Some(y)) if x.is_finite() && y.is_finite() => {
                    self.points += 1;
                    self.bins.add(x, Extremes(Some([(x, y); 4])));
                }
                _ => self.left_out += 1,
            }
        }
        Ok(())
    }

    /// The points, and what stands below them.
    pub fn finish(&mut self) -> (Shape, Vec<String>) {
        let bins = std::mem::replace(&mut self.bins, Bins::new(Step::ONE)).into_bins();
        let mut points: Vec<Point> = bins.into_iter().filter_map(|bin| bin.0).flatten().collect();
        points.sort_by(|left, right| left.0.total_cmp(&right.0));
        points.dedup();
        let points = Points { points, x: self.x };
        let mut parts = vec![match (points.points.first(), points.points.last()) {
            (Some(first), Some(last)) => {
                let (first, last) = (points.x_text(first.0), points.x_text(last.0));
                format!("{} from {first} to {last}", counted(self.points, "point"))
            }
            _ => "no points".to_owned(),
        }];
        if self.left_out > 0 {
            parts.push(format!("{} left out", counted(self.left_out, "row without a number")));
        }
        (Shape::Line(points), parts)
    }
}

impl Points {
    /// A place on the lower axis.
    pub fn x_text(&self, at: f64) -> String {
        match self.x {
            Axis::Numbers => short(at),
            Axis::Time => time::date_or_moment(at),
        }
    }

    /// The marks of the lower axis, about so many.
    pub fn x_ticks(&self, most: usize) -> Vec<Tick> {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else { return Vec::new() };
        match self.x {
            Axis::Numbers => Step::for_span(first.0, last.0, most).ticks(first.0, last.0),
            Axis::Time => time::ticks(first.0, last.0, most),
        }
    }

    /// The marks of the axis on the left, about so many; the line is between the first and the last.
    ///
    /// Where the line is nearer to zero than to its other end, the axis begins at zero.
    pub fn y_ticks(&self, most: usize) -> Vec<Tick> {
        let fold =
            |fold: fn(f64, f64) -> f64, start| self.points.iter().fold(start, |y, point| fold(y, point.1));
        let (mut low, mut high) = (fold(f64::min, f64::MAX), fold(f64::max, f64::MIN));
        if low > 0.0 && low < high / 2.0 {
            low = 0.0;
        } else if high < 0.0 && high > low / 2.0 {
            high = 0.0;
        } else if low == high {
            // A level line is in the middle.
            let around = if low == 0.0 { 1.0 } else { low.abs() / 2.0 };
            (low, high) = (low - around, high + around);
        }
        let step = Step::for_span(low, high, most);
        let (first, last) = (step.index(low), -step.index(-high));
        step.ticks(step.multiple(first), step.multiple(last))
    }
}

/// Dates and times as seconds since 1970; those with a zone in UTC.
fn seconds(column: &dyn Array) -> io::Result<Float64Array> {
    let zone = match column.data_type() {
        DataType::Timestamp(_, zone) => zone.clone(),
        _ => None,
    };
    let times = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, zone)).map_err(io::Error::other)?;
    Ok(times.as_primitive::<TimestampMicrosecondType>().unary(|time| time as f64 / 1e6))
}
