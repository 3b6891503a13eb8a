//! Queries that failed and are begun once more.
//!
//! Outputs that began together and read the same files have to do with each other here, too. Where the type of a
//! column turns out to be too narrow, all who read it fail, each when it comes to the value; if each began again by
//! itself, the files would be read once more for each of them. So whoever fails for this reason waits until the
//! others have ended or failed, and then all who wait begin together and share a read again.

use std::sync::{Arc, Mutex};

use datafusion::logical_expr::LogicalPlan;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use crate::error::{Error, Result};
use crate::output::Query;
use crate::session::Session;
use crate::threads::lock;
use crate::widen::widen;

/// A way to run a plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// It may read what is computed for other plans, too.
    pub(crate) shares: bool,
    /// With less memory than is usual.
    pub(crate) frugal: bool,
}

/// Begins a query that failed once more, where that may help: one that shares a computation with others may
/// have failed because of what they ask for, one that did not fit into its memory can be run in another way, and
/// the columns of one that met a value of a wider type than was guessed can have this type.
pub(crate) struct Again {
    session: Session,
    plan: LogicalPlan,
    /// How it was run.
    way: Way,
    member: Option<Member>,
}

impl Again {
    pub(crate) fn new(session: &Session, plan: LogicalPlan, way: Way, member: Option<Member>) -> Self {
        Self { session: session.clone(), plan, way, member }
    }

    /// Begins the query after an error, maybe later, when those that it began with can begin, too; nothing if that
    /// does not help.
    pub(crate) fn after(self, error: &Error) -> Option<BoxFuture<'static, Result<Query>>> {
        let Self { session, plan, way, member } = self;
        let turns_frugal = error.is_out_of_memory() && !way.frugal;
        let is_wider = widen(&plan, error, session.notes());
        match member {
            Some(member) if is_wider && !way.frugal => return Some(member.begin_again(plan).boxed()),
            // Nobody needs to wait for it.
            member => drop(member),
        }
        let next = Way { shares: false, frugal: way.frugal || turns_frugal };
        (way.shares || turns_frugal || is_wider)
            .then(|| async move { session.begin_again(plan, next).await }.boxed())
    }

    /// Takes it out of those that it began with: it will begin by itself, or not at all.
    pub(crate) fn part(&mut self) {
        self.member = None;
    }
}

/// One of several outputs that began together. While it lives, those that are to begin once more wait for it.
pub(crate) struct Member(Arc<Group>);

struct Group {
    session: Session,
    state: Mutex<State>,
}

struct State {
    /// Members that neither ended nor wait.
    running: usize,
    waiting: Vec<Waiting>,
}

struct Waiting {
    plan: LogicalPlan,
    begun: oneshot::Sender<Result<Query>>,
}

impl Member {
    /// Makes members for outputs; those with the same number belong together, and one that is alone needs nobody.
    pub(crate) fn of_groups(session: &Session, numbers: &[usize]) -> Vec<Option<Self>> {
        let mut members: Vec<Option<Self>> = numbers.iter().map(|_| None).collect();
        for first in 0..numbers.len() {
            let same: Vec<usize> =
                (first..numbers.len()).filter(|at| numbers[*at] == numbers[first]).collect();
            if members[first].is_some() || same.len() < 2 {
                continue;
            }
            let state = Mutex::new(State { running: same.len(), waiting: Vec::new() });
            let group = Arc::new(Group { session: session.clone(), state });
            same.into_iter().for_each(|at| members[at] = Some(Self(Arc::clone(&group))));
        }
        members
    }

    /// Begins a plan once more, with those of the others that are to begin, too.
    fn begin_again(self, plan: LogicalPlan) -> impl Future<Output = Result<Query>> + Send + 'static {
        let (begun, query) = oneshot::channel();
        lock(&self.0.state).waiting.push(Waiting { plan, begun });
        drop(self);
        async {
            let broken_off = || {
                let hint = "run the statement again".to_owned();
                Err(Error::query("the session has ended before the query could begin again", hint))
            };
            query.await.unwrap_or_else(|_| broken_off())
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let waiting = {
            let mut state = lock(&self.0.state);
            state.running -= 1;
            if state.running > 0 { Vec::new() } else { std::mem::take(&mut state.waiting) }
        };
        // Nobody wants the rows of those that do not wait any more.
        let wanted = waiting.into_iter().filter(|waiting| !waiting.begun.is_closed());
        let (plans, begun): (Vec<_>, Vec<_>) = wanted.map(|waiting| (waiting.plan, waiting.begun)).unzip();
        if plans.is_empty() {
            return;
        }
        let session = self.0.session.clone();
        self.0.session.threads().spawn(async move {
            let queries = session.begin_plans(plans, None).await;
            // One that is not received is dropped, which ends it.
            begun.into_iter().zip(queries).for_each(|(begun, query)| drop(begun.send(query)));
        });
    }
}
