//! Waiting for async work in code that is not async.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// Runs a future to its end on this thread, which sleeps while there is nothing to do.
///
/// Unlike the executor of the crate `futures`, it may be called inside another one: a blocking method of a
/// frame, called in an async function, is slow for others there, but no panic.
///
/// On a thread that drives other queries, as where the closure of a bag computes another bag, its work goes to
/// another thread meanwhile: what is waited for may need it.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => {
            block_in_place(|| wait(future))
        }
        _ => wait(future),
    }
}

fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            // A wake-up that comes before is not lost: the next park returns at once.
            Poll::Pending => thread::park(),
        }
    }
}

/// Wakes a thread that sleeps.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_may_stand_in_another_one() {
        let inner = async { block_on(async { 1 }) };
        assert_eq!(futures::executor::block_on(inner), 1);
        let (send, receive) = futures::channel::oneshot::channel();
        let sender = thread::spawn(move || send.send(2));
        assert_eq!(block_on(receive), Ok(2));
        assert_eq!(sender.join().unwrap(), Ok(()));
    }
}
