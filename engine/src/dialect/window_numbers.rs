//! `row_number()`, `rank()`, `dense_rank()` and `ntile(n)` as integers with a sign.
//!
//! The relational core's have none: `-rank() OVER (…)`, `rank() - 5` below zero and `substr(s, row_number() OVER (…))` would be errors.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::{SortOptions, cast};
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::functions_window::ntile::ntile_udwf;
use datafusion::functions_window::rank::{dense_rank_udwf, rank_udwf};
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::function::{ExpressionArgs, PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::window_state::WindowAggState;
use datafusion::logical_expr::{
    Documentation, Expr, LimitEffect, PartitionEvaluator, ReversedUDWF, Signature, WindowUDF, WindowUDFImpl,
};
use datafusion::physical_expr::PhysicalExpr;

/// The number of each row in its window, from 1 on.
pub fn row_number() -> Expr {
    signed(row_number_udwf()).call(Vec::new())
}

/// The place of each row in the order of its window; rows that are equal have one, and leave out the next ones.
pub fn rank() -> Expr {
    signed(rank_udwf()).call(Vec::new())
}

/// The place of each row in the order of its window; rows that are equal have one, and the next rows the next one.
pub fn dense_rank() -> Expr {
    signed(dense_rank_udwf()).call(Vec::new())
}

/// In which of so many parts of its window each row is, from 1 on.
pub fn ntile(parts: Expr) -> Expr {
    signed(ntile_udwf()).call(vec![parts])
}

/// All of them, for statements.
pub(crate) fn window_numbers() -> [Arc<WindowUDF>; 4] {
    [row_number_udwf(), rank_udwf(), dense_rank_udwf(), ntile_udwf()].map(|core| Arc::new(signed(core)))
}

/// Which number of each row a function gives, of those that are told by the rows up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WindowNumber {
    Row,
    Rank,
    DenseRank,
}

/// The number that a function gives, if it is one of ours.
pub(crate) fn window_number(function: &WindowUDF) -> Option<WindowNumber> {
    let numbers = [
        (row_number_udwf(), WindowNumber::Row),
        (rank_udwf(), WindowNumber::Rank),
        (dense_rank_udwf(), WindowNumber::DenseRank),
    ];
    numbers.into_iter().find(|(core, _)| *function == signed(Arc::clone(core))).map(|(_, number)| number)
}

fn signed(core: Arc<WindowUDF>) -> WindowUDF {
    WindowUDF::from(Signed { core })
}

/// A function of the core, whose numbers get a sign.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Signed {
    core: Arc<WindowUDF>,
}

impl WindowUDFImpl for Signed {
    fn name(&self) -> &str {
        self.core.name()
    }

    fn aliases(&self) -> &[String] {
        self.core.aliases()
    }

    fn signature(&self) -> &Signature {
        self.core.signature()
    }

    fn expressions(&self, args: ExpressionArgs) -> Vec<Arc<dyn PhysicalExpr>> {
        self.core.expressions(args)
    }

    fn partition_evaluator(&self, args: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(SignedNumbers(self.core.partition_evaluator_factory(args)?)))
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        let field = self.core.field(args)?;
        Ok(Arc::new(field.as_ref().clone().with_data_type(DataType::Int64)))
    }

    fn sort_options(&self) -> Option<SortOptions> {
        self.core.sort_options()
    }

    fn reverse_expr(&self) -> ReversedUDWF {
        match self.core.reverse_expr() {
            ReversedUDWF::Reversed(core) => ReversedUDWF::Reversed(Arc::new(signed(core))),
            other => other,
        }
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.core.documentation()
    }

    fn limit_effect(&self, args: &[Arc<dyn PhysicalExpr>]) -> LimitEffect {
        self.core.inner().limit_effect(args)
    }
}

/// What computes the numbers of a partition.
#[derive(Debug)]
struct SignedNumbers(Box<dyn PartitionEvaluator>);

impl PartitionEvaluator for SignedNumbers {
    fn memoize(&mut self, state: &mut WindowAggState) -> Result<()> {
        self.0.memoize(state)
    }

    fn get_range(&self, row: usize, rows: usize) -> Result<Range<usize>> {
        self.0.get_range(row, rows)
    }

    fn is_causal(&self) -> bool {
        self.0.is_causal()
    }

    fn evaluate_all(&mut self, values: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        Ok(cast(&self.0.evaluate_all(values, rows)?, &DataType::Int64)?)
    }

    fn evaluate(&mut self, values: &[ArrayRef], range: &Range<usize>) -> Result<ScalarValue> {
        self.0.evaluate(values, range)?.cast_to(&DataType::Int64)
    }

    fn evaluate_all_with_rank(&self, rows: usize, ranks: &[Range<usize>]) -> Result<ArrayRef> {
        Ok(cast(&self.0.evaluate_all_with_rank(rows, ranks)?, &DataType::Int64)?)
    }

    fn supports_bounded_execution(&self) -> bool {
        self.0.supports_bounded_execution()
    }

    fn uses_window_frame(&self) -> bool {
        self.0.uses_window_frame()
    }

    fn include_rank(&self) -> bool {
        self.0.include_rank()
    }
}

#[cfg(test)]
mod tests {
    use crate::functions::window;
    use crate::prelude::*;

    #[test]
    fn numbers_of_frames_have_a_sign() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        std::fs::write(&path, "a\n3\n1\n2\n").unwrap();
        let all = [] as [&str; 0];
        let frame = crate::read_csv(&path).scan().unwrap().select([
            (-window::rank().over_sorted(all, [asc("a")])).alias("rank"),
            (-window::ntile(lit(2)).over_sorted(all, [asc("a")])).alias("half"),
            (window::row_number().over_sorted(all, [asc("a")]) - lit(5)).alias("number"),
        ]);
        assert_eq!(frame.min("rank").get().unwrap(), Some(-3.0));
        assert_eq!(frame.min("half").get().unwrap(), Some(-2.0));
        assert_eq!(frame.min("number").get().unwrap(), Some(-4.0));
    }
}
