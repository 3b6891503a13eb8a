//! An aggregate over values of another type than it is given and asked for.

use std::fmt;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};

/// How values get into an aggregate, and its results out of it.
#[derive(Clone, Copy)]
pub(crate) struct Conversion {
    /// What is given, as the aggregate takes it: all columns.
    pub(crate) values: fn(&[ArrayRef]) -> Result<Vec<ArrayRef>>,
    /// Results in the type that is asked for.
    pub(crate) results: fn(&ArrayRef, &DataType) -> Result<ArrayRef>,
}

/// An aggregate behind a conversion. Its states are its own.
pub(crate) struct Converted<A> {
    inner: A,
    conversion: Conversion,
    /// The type of results.
    ty: DataType,
}

impl<A> Converted<A> {
    pub(crate) fn new(inner: A, conversion: Conversion, ty: &DataType) -> Self {
        Self { inner, conversion, ty: ty.clone() }
    }

    fn values(&self, values: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
        (self.conversion.values)(values)
    }

    fn results(&self, results: &ArrayRef) -> Result<ArrayRef> {
        (self.conversion.results)(results, &self.ty)
    }
}

impl<A: fmt::Debug> fmt::Debug for Converted<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Converted").field("inner", &self.inner).field("ty", &self.ty).finish_non_exhaustive()
    }
}

impl Accumulator for Converted<Box<dyn Accumulator>> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = self.values(values)?;
        self.inner.update_batch(&values)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let result = self.inner.evaluate()?.to_array()?;
        ScalarValue::try_from_array(&self.results(&result)?, 0)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.inner.state()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.inner.merge_batch(states)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = self.values(values)?;
        self.inner.retract_batch(&values)
    }

    fn supports_retract_batch(&self) -> bool {
        self.inner.supports_retract_batch()
    }
}

impl GroupsAccumulator for Converted<Box<dyn GroupsAccumulator>> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        group_count: usize,
    ) -> Result<()> {
        let values = self.values(values)?;
        self.inner.update_batch(&values, group_indices, filter, group_count)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let results = self.inner.evaluate(emit_to)?;
        self.results(&results)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.inner.state(emit_to)
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        group_indices: &[usize],
        group_count: usize,
    ) -> Result<()> {
        self.inner.merge_batch(states, group_indices, group_count)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let values = self.values(values)?;
        self.inner.convert_to_state(&values, filter)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }
}
