//! The time that a query may take.

use std::convert::Infallible;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use futures::future::{Either, select};
use tokio::sync::watch;

use crate::error::{Error, Result};
use crate::threads::spawn;

/// The moment at which queries that were begun together have to be done. Clones are of the same moment.
///
/// A thread of its own keeps the time: those that compute may be busy, and whoever waits for a result may do so in
/// any executor, or in none.
#[derive(Debug, Clone)]
pub(crate) struct Deadline {
    limit: Duration,
    passed: watch::Receiver<bool>,
    /// The thread ends when nobody is left who has one.
    _held: Sender<Infallible>,
}

impl Deadline {
    /// The moment that is `limit` from now.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub(crate) fn after(limit: Duration) -> Result<Self> {
        let (held, released) = mpsc::channel::<Infallible>();
        let (tell, passed) = watch::channel(false);
        let keep_time = move || {
            if released.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                tell.send_replace(true);
            }
        };
        spawn("swath-deadline", "keep the time limit", keep_time)?;
        Ok(Self { limit, passed, _held: held })
    }

    /// Waits for work, which is dropped at the deadline.
    ///
    /// # Errors
    /// The deadline has passed.
    async fn bound<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        let mut passed = self.passed.clone();
        // The sender lives until it has told, as this is one of those who are told.
        let passed = std::pin::pin!(async move { passed.wait_for(|passed| *passed).await.is_ok() });
        match select(passed, std::pin::pin!(work)).await {
            Either::Left(_) => Err(Error::TimedOut { limit: self.limit }),
            Either::Right((done, _)) => Ok(done),
        }
    }
}

/// Waits for work, up to the deadline if there is one.
///
/// # Errors
/// The deadline has passed.
pub(crate) async fn bound<T>(deadline: Option<&Deadline>, work: impl Future<Output = T>) -> Result<T> {
    match deadline {
        Some(deadline) => deadline.bound(work).await,
        None => Ok(work.await),
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    #[test]
    fn work_ends_at_the_deadline() {
        let deadline = Deadline::after(Duration::from_millis(20)).unwrap();
        assert_eq!(block_on(deadline.bound(async { 1 })).unwrap(), 1);
        let error = block_on(deadline.bound(std::future::pending::<()>())).unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert!(block_on(bound(Some(&deadline), async {})).is_err(), "what begins late is not begun");
        assert!(block_on(bound(None, async {})).is_ok());
    }

    #[test]
    fn the_thread_ends_with_the_last_clone() {
        let deadline = Deadline::after(Duration::from_secs(3600)).unwrap();
        let mut passed = deadline.passed.clone();
        drop(deadline);
        assert!(block_on(passed.changed()).is_err());
    }
}
