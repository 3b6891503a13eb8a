//! The values of a window over partitions that are at hand as a whole.
//!
//! What is asked most is computed for all rows at once: numbers of rows and ranks, values some rows away, the first value, and aggregates
//! whose frames are short, of which each is a group of its own. For others the relational core is asked, partition by partition.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, UInt32Array};
use arrow::compute::{concat, partition, take};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::functions_window::lead_lag::{lag_udwf, lead_udwf};
use datafusion::functions_window::nth_value::{first_value_udwf, last_value_udwf};
use datafusion::logical_expr::window_state::WindowFrameContext;
use datafusion::logical_expr::{EmitTo, WindowFrame, WindowFrameBound, WindowFrameUnits};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_expr::window::{
    PlainAggregateWindowExpr, SlidingAggregateWindowExpr, StandardWindowExpr, WindowExpr,
};
use datafusion::physical_plan::windows::WindowUDFExpr;

use super::super::group_parts::accumulator;
use super::super::windows::{evaluate, has_no_filter};
use crate::dialect::{WindowNumber, window_number};

/// Rows of whole partitions.
pub(super) struct Rows<'a> {
    pub(super) batch: &'a RecordBatch,
    pub(super) keys: &'a [Arc<dyn PhysicalExpr>],
    pub(super) partitions: &'a [Range<usize>],
}

/// The values of one expression of a window, and how they are computed.
#[derive(Debug)]
pub(super) struct Values {
    window: Arc<dyn WindowExpr>,
    way: Way,
}

#[derive(Debug)]
enum Way {
    RowNumbers,
    Ranks,
    DenseRanks,
    /// The value of the row so many rows before each one, or behind it if that is below zero; another one if there is none.
    Before(Arc<dyn PhysicalExpr>, i64, ScalarValue),
    /// The first value of the frame of each row.
    First(Arc<dyn PhysicalExpr>, Frames),
    /// The last one.
    Last(Arc<dyn PhysicalExpr>, Frames),
    /// An aggregate of the frame of each row.
    Framed(Arc<AggregateFunctionExpr>, Frames),
    ByPartition,
}

/// The frames of rows, as far as they are in their partition.
#[derive(Debug, Clone, Copy)]
enum Frames {
    /// From so many rows behind each row to so many, before it if that is below zero; `None` is the end of the partition.
    Rows { start: Option<i64>, end: Option<i64> },
    /// From the first row to the last one of those that are equal to each row in the window's order.
    ToPeers,
    /// By values of the window's order.
    Others,
}

/// Frames of no more rows than so many are groups of their own, for which each row is copied as often as it is in one.
const MOST_COPIES: usize = 32;

impl Values {
    pub(super) fn of(window: &Arc<dyn WindowExpr>) -> Self {
        let way = of_function(window.as_ref()).or_else(|| of_aggregate(window.as_ref()));
        Self { window: Arc::clone(window), way: way.unwrap_or(Way::ByPartition) }
    }

    /// A value of each row.
    pub(super) fn evaluate(&self, rows: &Rows<'_>) -> Result<ArrayRef> {
        let window = self.window.as_ref();
        match &self.way {
            Way::RowNumbers => {
                let numbers = rows.partitions.iter().flat_map(|partition| 1..=partition.len() as i64);
                Ok(Arc::new(Int64Array::from_iter_values(numbers)))
            }
            Way::Ranks => rows.ranks(window, |partition, peers, _| peers.start - partition.start),
            Way::DenseRanks => rows.ranks(window, |_, _, number| number),
            Way::Before(value, offset, default) => rows.before(value, *offset, default),
            Way::First(value, frames) => {
                rows.taken(value, rows.frames(*frames, window)?.into_iter().map(|frame| frame.start))
            }
            Way::Last(value, frames) => {
                rows.taken(value, rows.frames(*frames, window)?.into_iter().map(|frame| frame.end - 1))
            }
            Way::Framed(aggregate, frames) => rows.framed(aggregate, *frames, window),
            Way::ByPartition => rows.by_partition(window),
        }
    }
}

fn of_function(window: &dyn WindowExpr) -> Option<Way> {
    let standard = window.as_any().downcast_ref::<StandardWindowExpr>()?;
    let call = standard.get_standard_func_expr().as_any().downcast_ref::<WindowUDFExpr>()?;
    if let Some(number) = window_number(call.fun()) {
        return Some(match number {
            WindowNumber::Row => Way::RowNumbers,
            WindowNumber::Rank => Way::Ranks,
            WindowNumber::DenseRank => Way::DenseRanks,
        });
    }
    // Both are told by nothing but this. Where it looks otherwise one day, the core computes it.
    if !format!("{call:?}").ends_with("is_reversed: false, ignore_nulls: false }") {
        return None;
    }
    let value = Arc::clone(call.args().first()?);
    let sign = match call.fun() {
        fun if *fun == lag_udwf() => 1,
        fun if *fun == lead_udwf() => -1,
        fun if *fun == first_value_udwf() => {
            return Some(Way::First(value, frames_of(window.get_window_frame())?));
        }
        fun if *fun == last_value_udwf() => {
            return Some(Way::Last(value, frames_of(window.get_window_frame())?));
        }
        _ => return None,
    };
    let (offset, default) = match call.args() {
        [_] => (1, ScalarValue::Null),
        [_, offset] => (integer(offset)?, ScalarValue::Null),
        [_, offset, default] => (integer(offset)?, constant(default)?.clone()),
        _ => return None,
    };
    Some(Way::Before(value, offset.checked_mul(sign)?, default))
}

fn constant(expr: &Arc<dyn PhysicalExpr>) -> Option<&ScalarValue> {
    Some(expr.downcast_ref::<Literal>()?.value())
}

fn integer(expr: &Arc<dyn PhysicalExpr>) -> Option<i64> {
    match constant(expr)? {
        ScalarValue::Int64(value) => *value,
        _ => None,
    }
}

fn of_aggregate(window: &dyn WindowExpr) -> Option<Way> {
    let any = window.as_any();
    let growing = any.downcast_ref().map(PlainAggregateWindowExpr::get_aggregate_expr);
    let aggregate =
        growing.or_else(|| any.downcast_ref().map(SlidingAggregateWindowExpr::get_aggregate_expr))?;
    let is_plain = has_no_filter(window) && aggregate.order_bys().is_empty();
    let frames = frames_of(window.get_window_frame()).filter(|_| is_plain)?;
    Some(Way::Framed(Arc::new(aggregate.clone()), frames))
}

/// The frames of rows, if each has its row in it: groups without rows have no value.
fn frames_of(frame: &WindowFrame) -> Option<Frames> {
    if frame.units != WindowFrameUnits::Rows {
        let is_start =
            matches!(frame.start_bound, WindowFrameBound::Preceding(_) | WindowFrameBound::CurrentRow);
        let is_end = matches!(frame.end_bound, WindowFrameBound::CurrentRow | WindowFrameBound::Following(_));
        let frames = if is_up_to_each(frame) { Frames::ToPeers } else { Frames::Others };
        return (is_start && is_end).then_some(frames);
    }
    let away = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::CurrentRow => Some(Some(0)),
        bound if bound.is_unbounded() => Some(None),
        WindowFrameBound::Preceding(ScalarValue::UInt64(Some(rows))) => {
            Some(Some(-i64::try_from(*rows).ok()?))
        }
        WindowFrameBound::Following(ScalarValue::UInt64(Some(rows))) => {
            Some(Some(i64::try_from(*rows).ok()?))
        }
        _ => None,
    };
    let (start, end) = (away(&frame.start_bound)?, away(&frame.end_bound)?);
    (start.unwrap_or(0) <= 0 && end.unwrap_or(0) >= 0).then_some(Frames::Rows { start, end })
}

/// Whether a frame is from the first row of a partition to each row.
fn is_up_to_each(frame: &WindowFrame) -> bool {
    let is_start = matches!(&frame.start_bound, WindowFrameBound::Preceding(rows) if rows.is_null());
    is_start && matches!(frame.end_bound, WindowFrameBound::CurrentRow)
}

impl Frames {
    /// Whether no frame of a partition of so many rows has too many to copy them.
    fn are_short(self, partition_rows: usize) -> bool {
        let most = match self {
            Self::Rows { start: Some(start), end: Some(end) } => {
                usize::try_from(end.saturating_sub(start)).unwrap_or(0).saturating_add(1)
            }
            _ => usize::MAX,
        };
        partition_rows.min(most) <= MOST_COPIES
    }
}

impl Rows<'_> {
    /// The values that a window orders by.
    fn order(&self, window: &dyn WindowExpr) -> Result<Vec<ArrayRef>> {
        let order: Vec<_> = window.order_by().iter().map(|by| Arc::clone(&by.expr)).collect();
        evaluate(&order, self.batch)
    }

    /// Rows of one partition that are equal in the order of a window.
    fn peers(&self, window: &dyn WindowExpr) -> Result<Vec<Range<usize>>> {
        let mut columns = evaluate(self.keys, self.batch)?;
        columns.extend(self.order(window)?);
        Ok(partition(&columns)?.ranges())
    }

    /// Numbers from 1 on, one of equal rows, by their partition, their places, and how many of its ranges are before them.
    fn ranks(
        &self,
        window: &dyn WindowExpr,
        rank: impl Fn(&Range<usize>, &Range<usize>, usize) -> usize,
    ) -> Result<ArrayRef> {
        let mut peers = self.peers(window)?.into_iter().peekable();
        let mut ranks = Vec::with_capacity(self.batch.num_rows());
        for partition in self.partitions {
            let mut number = 0;
            while let Some(equal) = peers.next_if(|equal| equal.end <= partition.end) {
                let rank = rank(partition, &equal, number) as i64 + 1;
                ranks.extend(std::iter::repeat_n(rank, equal.len()));
                number += 1;
            }
        }
        Ok(Arc::new(Int64Array::from(ranks)))
    }

    /// Values of other rows, by their places.
    fn taken(&self, value: &Arc<dyn PhysicalExpr>, others: impl Iterator<Item = usize>) -> Result<ArrayRef> {
        let values = value.evaluate(self.batch)?.into_array(self.batch.num_rows())?;
        Ok(take(&values, &UInt32Array::from_iter_values(others.map(number)), None)?)
    }

    /// For each row the value of the row so many rows before it.
    fn before(&self, value: &Arc<dyn PhysicalExpr>, offset: i64, default: &ScalarValue) -> Result<ArrayRef> {
        let rows = self.batch.num_rows();
        let values = value.evaluate(self.batch)?.into_array(rows)?;
        // The default stands behind all rows.
        let default = default.cast_to(values.data_type())?.to_array()?;
        let values = concat(&[values.as_ref(), default.as_ref()])?;
        let others = self.partitions.iter().flat_map(|partition| {
            partition.clone().map(move |row| {
                let other = i64::try_from(row).ok().and_then(|row| row.checked_sub(offset));
                let other = other.and_then(|other| usize::try_from(other).ok());
                number(other.filter(|other| partition.contains(other)).unwrap_or(rows))
            })
        });
        Ok(take(&values, &UInt32Array::from_iter_values(others), None)?)
    }

    /// An aggregate of the frame of each row.
    fn framed(
        &self,
        aggregate: &Arc<AggregateFunctionExpr>,
        frames: Frames,
        window: &dyn WindowExpr,
    ) -> Result<ArrayRef> {
        let are_short = |partition: &Range<usize>| frames.are_short(partition.len());
        let runs = self.partitions.chunk_by(|one, next| are_short(one) == are_short(next));
        let values = runs.map(|partitions| match are_short(&partitions[0]) {
            true => self.with_partitions(partitions, |rows| rows.by_frame(aggregate, frames, window)),
            false => self.with_partitions(partitions, |rows| rows.by_partition(window)),
        });
        in_a_row(&values.collect::<Result<Vec<_>>>()?)
    }

    /// Some of the partitions, which are not none, and their rows.
    fn with_partitions<T>(&self, partitions: &[Range<usize>], f: impl FnOnce(Rows<'_>) -> T) -> T {
        let (start, end) = (partitions[0].start, partitions[partitions.len() - 1].end);
        let moved = |partition: &Range<usize>| partition.start - start..partition.end - start;
        let partitions: Vec<_> = partitions.iter().map(moved).collect();
        let batch = self.batch.slice(start, end - start);
        f(Rows { batch: &batch, keys: self.keys, partitions: &partitions })
    }

    /// An aggregate of the frame of each row, of which each is a group.
    fn by_frame(
        &self,
        aggregate: &Arc<AggregateFunctionExpr>,
        frames: Frames,
        window: &dyn WindowExpr,
    ) -> Result<ArrayRef> {
        // Rows that are equal have one frame.
        let peers = match frames {
            Frames::ToPeers => Some(self.peers(window)?).filter(|peers| peers.len() < self.batch.num_rows()),
            Frames::Rows { .. } | Frames::Others => None,
        };
        let frames = match &peers {
            Some(peers) => self.frames_to(peers),
            None => self.frames(frames, window)?,
        };
        let copies = UInt32Array::from_iter_values(frames.iter().cloned().flatten().map(number));
        let groups = frames.iter().enumerate();
        let groups: Vec<usize> =
            groups.flat_map(|(group, frame)| std::iter::repeat_n(group, frame.len())).collect();
        let args = evaluate(&aggregate.expressions(), self.batch)?;
        let args = args.iter().map(|arg| take(arg, &copies, None)).collect::<Result<Vec<_>, _>>()?;
        let mut states = accumulator(aggregate)?;
        states.update_batch(&args, &groups, None, frames.len())?;
        let values = states.evaluate(EmitTo::All)?;
        let Some(peers) = peers else { return Ok(values) };
        let numbers = peers.iter().zip(0..);
        let of_rows = numbers.flat_map(|(equal, number)| std::iter::repeat_n(number, equal.len()));
        Ok(take(&values, &UInt32Array::from_iter_values(of_rows), None)?)
    }

    /// The frame of each row.
    fn frames(&self, frames: Frames, window: &dyn WindowExpr) -> Result<Vec<Range<usize>>> {
        match frames {
            Frames::Rows { start, end } => Ok(self.frames_of_rows(start, end)),
            Frames::ToPeers => {
                let peers = self.peers(window)?;
                let frames = self.frames_to(&peers).into_iter().zip(&peers);
                Ok(frames.flat_map(|(frame, equal)| std::iter::repeat_n(frame, equal.len())).collect())
            }
            Frames::Others => self.frames_by_value(window),
        }
    }

    /// The frame of each row as the relational core finds it.
    fn frames_by_value(&self, window: &dyn WindowExpr) -> Result<Vec<Range<usize>>> {
        let order = self.order(window)?;
        let options: Vec<_> = window.order_by().iter().map(|by| by.options).collect();
        let mut frames = Vec::with_capacity(self.batch.num_rows());
        for partition in self.partitions {
            let (start, len) = (partition.start, partition.len());
            let order: Vec<ArrayRef> = order.iter().map(|values| values.slice(start, len)).collect();
            let mut finder = WindowFrameContext::new(Arc::clone(window.get_window_frame()), options.clone());
            let mut last = 0..0;
            for row in 0..len {
                last = finder.calculate_range(&order, &last, len, row)?;
                frames.push(start + last.start..start + last.end);
            }
        }
        Ok(frames)
    }

    /// The frame of each row, by how far from it that begins and ends.
    fn frames_of_rows(&self, start: Option<i64>, end: Option<i64>) -> Vec<Range<usize>> {
        let away = |row: usize, by: i64| {
            let rows = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
            if by < 0 { row.saturating_sub(rows) } else { row.saturating_add(rows) }
        };
        let frames = self.partitions.iter().flat_map(|partition| {
            let within = |row: usize| row.clamp(partition.start, partition.end);
            partition.clone().map(move |row| {
                let start = within(start.map_or(partition.start, |by| away(row, by)));
                start..within(end.map_or(partition.end, |by| away(row + 1, by))).max(start)
            })
        });
        frames.collect()
    }

    /// From the first row of its partition to the end of each range.
    fn frames_to(&self, ends: &[Range<usize>]) -> Vec<Range<usize>> {
        let mut ends = ends.iter().peekable();
        let mut frames = Vec::with_capacity(ends.len());
        for partition in self.partitions {
            while let Some(equal) = ends.next_if(|equal| equal.end <= partition.end) {
                frames.push(partition.start..equal.end);
            }
        }
        frames
    }

    /// What the relational core's expression gives for one partition after the other.
    fn by_partition(&self, window: &dyn WindowExpr) -> Result<ArrayRef> {
        let rows_of = |partition: &Range<usize>| self.batch.slice(partition.start, partition.len());
        let values = self.partitions.iter().map(|partition| window.evaluate(&rows_of(partition)));
        in_a_row(&values.collect::<Result<Vec<_>>>()?)
    }
}

fn number(row: usize) -> u32 {
    u32::try_from(row).expect("a batch has no more rows")
}

/// All values, one array's behind the other's.
fn in_a_row(values: &[ArrayRef]) -> Result<ArrayRef> {
    match values {
        [values] => Ok(Arc::clone(values)),
        values => Ok(concat(&values.iter().map(AsRef::as_ref).collect::<Vec<_>>())?),
    }
}
