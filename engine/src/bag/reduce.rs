//! A state for each partition, combined at the end: what every lazy value of a bag is made of.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt64Type};
use datafusion::error::Result as DataFusionResult;

use super::Bag;
use super::open::{Need, Opened};
use super::sink::{Flow, MORE, Outbox, Sink};
use super::site::Site;
use super::value::BagValue;
use crate::compute::{Pending, Requests};
use crate::error::{Error, Result};

/// How elements become a state.
pub(crate) struct Reduce<T: ?Sized, S> {
    pub(crate) site: Site,
    pub(crate) need: Need,
    pub(crate) init: Arc<dyn Fn() -> S + Send + Sync>,
    pub(crate) step: Step<T, S>,
}

type Step<T, S> = Arc<dyn Fn(&Site, &mut S, &T) -> Flow + Send + Sync>;

impl<T: ?Sized + 'static> Bag<T> {
    /// Makes a state of each partition and a value of the states, which come in the order of the
    /// partitions, those of one branch before those of the next.
    #[track_caller]
    pub(super) fn reduce<S: Send + 'static, V: 'static>(
        &self,
        operation: &'static str,
        need: Need,
        init: impl Fn() -> S + Send + Sync + 'static,
        step: impl Fn(&Site, &mut S, &T) -> Flow + Send + Sync + 'static,
        end: impl Fn(Vec<S>) -> Result<V> + Send + Sync + 'static,
    ) -> BagValue<V> {
        let bag = self.clone();
        let reduce =
            Arc::new(Reduce { site: Site::new(operation), need, init: Arc::new(init), step: Arc::new(step) });
        let end = Arc::new(end);
        BagValue::new(move |requests| {
            let mut pending = Vec::new();
            for branch in &bag.branches {
                pending.push(request_states(branch.open(reduce.need)?, &reduce, requests)?);
            }
            let (end, site) = (Arc::clone(&end), reduce.site);
            Ok(Box::new(move |answers| {
                let mut states = Vec::new();
                for pending in pending {
                    states.append(&mut pending(answers)?);
                }
                site.run(|| end(states))?
            }))
        })
    }

    /// Like [`reduce`](Self::reduce), for steps that cannot fail and want every element.
    #[track_caller]
    pub(super) fn reduce_all<S: Send + 'static, V: 'static>(
        &self,
        operation: &'static str,
        init: impl Fn() -> S + Send + Sync + 'static,
        step: impl Fn(&mut S, &T) + Send + Sync + 'static,
        end: impl Fn(Vec<S>) -> V + Send + Sync + 'static,
    ) -> BagValue<V> {
        self.reduce(
            operation,
            Need::Nothing,
            init,
            move |site, state, element| site.run(|| step(state, element)).map(|()| MORE),
            move |states| Ok(end(states)),
        )
    }
}

/// Asks for the states of one branch.
pub(super) fn request_states<T: ?Sized + 'static, S: Send + 'static>(
    opened: Opened<T>,
    reduce: &Arc<Reduce<T, S>>,
    requests: &mut Requests,
) -> Result<Pending<Vec<S>>> {
    let session = opened.session.clone();
    let slots = Arc::new(Slots::default());
    let (reduce, filled) = (Arc::clone(reduce), Arc::clone(&slots));
    let plan = opened.into_plan(&reduce.site.to_string(), &slot_schema(), move |partition, outbox| {
        Box::new(Reducing {
            state: Some((reduce.init)()),
            site: reduce.site,
            step: Arc::clone(&reduce.step),
            partition,
            slots: Arc::clone(&filled),
            outbox,
        })
    })?;
    let id = requests.add(&session, plan)?;
    Ok(Box::new(move |answers| slots.take(&answers.take(id)?)))
}

/// States of partitions that have ended, each under a number. A row of the plan tells the number, so
/// that the states of a run that failed count for nothing when the plan is run again.
struct Slots<S> {
    states: Mutex<HashMap<u64, S>>,
    next_slot: AtomicU64,
}

impl<S> Default for Slots<S> {
    fn default() -> Self {
        Self { states: Mutex::default(), next_slot: AtomicU64::new(0) }
    }
}

impl<S> Slots<S> {
    fn put(&self, state: S) -> u64 {
        let slot = self.next_slot.fetch_add(1, Ordering::Relaxed);
        self.states.lock().unwrap_or_else(PoisonError::into_inner).insert(slot, state);
        slot
    }

    /// The states that the rows name, in the order of the partitions.
    fn take(&self, rows: &[RecordBatch]) -> Result<Vec<S>> {
        let mut named = Vec::new();
        for batch in rows {
            let partitions = batch.column(0).as_primitive::<UInt64Type>().values();
            let slots = batch.column(1).as_primitive::<UInt64Type>().values();
            named.extend(partitions.iter().copied().zip(slots.iter().copied()));
        }
        named.sort_unstable();
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = || Error::query("the state of a partition was lost on its way", None);
        named.iter().map(|(_, slot)| states.remove(slot).ok_or_else(missing)).collect()
    }
}

fn slot_schema() -> SchemaRef {
    let field = |name| Field::new(name, DataType::UInt64, false);
    Arc::new(Schema::new(vec![field("partition"), field("slot")]))
}

/// The state of one partition.
struct Reducing<T: ?Sized, S> {
    /// Taken when the partition has ended.
    state: Option<S>,
    site: Site,
    step: Step<T, S>,
    partition: usize,
    slots: Arc<Slots<S>>,
    outbox: Outbox,
}

impl<T: ?Sized, S: Send> Sink<T> for Reducing<T, S> {
    fn begin(&mut self, _piece: u64) -> Flow {
        Ok(MORE)
    }

    fn push(&mut self, element: &T) -> Flow {
        match &mut self.state {
            Some(state) => (self.step)(&self.site, state, element),
            None => Ok(ControlFlow::Break(())),
        }
    }

    fn finish(&mut self) -> DataFusionResult<()> {
        if let Some(state) = self.state.take() {
            let number = |number: u64| -> ArrayRef { Arc::new(UInt64Array::from(vec![number])) };
            let row = vec![number(self.partition as u64), number(self.slots.put(state))];
            self.outbox.add(RecordBatch::try_new(slot_schema(), row)?);
        }
        Ok(())
    }
}
