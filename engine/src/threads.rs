//! The threads that compute.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

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

    /// Runs a future on the threads. A panic in it goes on in whoever waits for it.
    pub(crate) async fn run<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        unwind(self.spawn(future).await)
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
