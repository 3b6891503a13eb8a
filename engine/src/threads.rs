//! The threads that compute.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};
use std::thread;

use swath_planner::STACK_LEN_BYTES;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{AbortHandle, JoinHandle};

use crate::error::{Error, Result};

/// Threads for planning, decoding, scanning and computing, apart from the threads of the caller: an
/// operator may compute for long without a pause, and whoever waits for it has to stay able to hear
/// an interrupt or a closed connection.
///
/// Clones share the threads. When the last clone is dropped they end, as soon as each comes to a
/// pause; nobody waits for them.
#[derive(Debug, Clone)]
pub(crate) struct ComputeThreads(Arc<Threads>);

#[derive(Debug)]
struct Threads(Option<Runtime>);

impl ComputeThreads {
    /// Starts `threads` threads.
    pub(crate) fn start(threads: usize) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("swath-compute")
            // Plans are as deep as statements, and expressions are evaluated by recursion.
            .thread_stack_size(STACK_LEN_BYTES)
            .enable_all()
            .build()
            .map_err(|error| {
                let hint = "raise the limit on processes (ulimit -u), or use fewer threads".to_owned();
                Error::query(format!("cannot start {threads} threads: {error}"), hint)
            })?;
        Ok(Self(Arc::new(Threads(Some(runtime)))))
    }

    /// Whether these are the same threads.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.0.as_ref().map_or(1, |runtime| runtime.metrics().num_workers())
    }

    /// Runs a future on the threads, as long as somebody waits for it. A panic in it goes on in whoever waits.
    pub(crate) async fn run<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        let task = self.spawn(future);
        let _wanted = Wanted(task.abort_handle());
        unwind(task.await)
    }

    /// Runs a function that blocks, apart from the threads that drive queries.
    pub(crate) async fn run_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        unwind(self.runtime().spawn_blocking(function).await)
    }

    /// Begins to run a future on the threads.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime().spawn(future)
    }

    fn runtime(&self) -> &Runtime {
        self.0.0.as_ref().expect("the runtime is taken out only when the last clone is dropped")
    }
}

/// A waker of a task that any thread may run next.
///
/// The runtime keeps the task that was woken last for the thread that woke it, where no other thread can take
/// it: good where the two take turns, but a thread that goes on decoding would keep to itself the task that is
/// to scan meanwhile. Waking another task, here one that does nothing, moves the first one to where all can see
/// it. (The runtime can be built without that place, but by an option that is not stable.)
pub(crate) struct SharedWaker(Waker);

impl SharedWaker {
    /// A waker that does what `waker` does, and shares the task.
    pub(crate) fn of(waker: &Waker) -> Waker {
        Waker::from(Arc::new(Self(waker.clone())))
    }
}

impl Wake for SharedWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake_by_ref();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(std::future::ready(()));
        }
    }
}

/// Stops a task when it is dropped.
struct Wanted(AbortHandle);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn unwind<T>(result: Result<T, tokio::task::JoinError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Starts a thread for something else than computing; `purpose` is what cannot be done without it.
///
/// # Errors
/// The operating system gives no thread.
pub(crate) fn spawn(
    name: &str,
    purpose: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<thread::JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(|error| {
        let hint = "raise the limit on processes (ulimit -u)".to_owned();
        Error::query(format!("cannot {purpose}: {error}"), hint)
    })
}

/// Locks, also behind a thread that panicked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
