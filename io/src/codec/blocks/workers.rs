//! Threads that compress blocks.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{Block, BlockCodec};

/// Threads that end when this is dropped, with what they are at; they are not waited for.
#[derive(Debug)]
pub(super) struct Workers {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Buffers of blocks that are compressed.
    buffers: Vec<Vec<u8>>,
    is_closed: bool,
}

#[derive(Debug)]
struct Job {
    codec: BlockCodec,
    plain: Vec<u8>,
    result: Sender<io::Result<Block>>,
}

/// A block that is being compressed.
#[derive(Debug)]
pub(super) struct Waiting(Receiver<io::Result<Block>>);

impl Waiting {
    /// Waits for the block.
    pub(super) fn take(self) -> io::Result<Block> {
        self.0.recv().unwrap_or_else(|_| Err(lost()))
    }

    /// The block, if it is compressed.
    pub(super) fn take_ready(&mut self) -> Option<io::Result<Block>> {
        match self.0.try_recv() {
            Ok(block) => Some(block),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(lost())),
        }
    }
}

fn lost() -> io::Error {
    io::Error::other("a thread that compresses has ended")
}

impl Workers {
    /// Begins so many threads, or as many as there can be.
    ///
    /// # Errors
    /// There can be none.
    pub(super) fn new(threads: usize) -> io::Result<Self> {
        let workers = Self { shared: Arc::new(Shared::default()) };
        for number in 0..threads {
            let shared = Arc::clone(&workers.shared);
            let begun = thread::Builder::new()
                .name("swath-compress".to_owned())
                .spawn(move || while shared.work() {});
            match begun {
                Err(error) if number == 0 => return Err(error),
                Err(_) => break,
                Ok(_) => {}
            }
        }
        Ok(workers)
    }

    #[cfg(test)]
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// An empty buffer for a block.
    pub(super) fn buffer(&self) -> Vec<u8> {
        self.shared.queue().buffers.pop().unwrap_or_default()
    }

    /// Compresses a block that is not the last one.
    pub(super) fn compress(&self, codec: BlockCodec, plain: Vec<u8>) -> Waiting {
        let (result, waiting) = mpsc::channel();
        self.shared.queue().jobs.push_back(Job { codec, plain, result });
        self.shared.changed.notify_one();
        Waiting(waiting)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        let mut queue = self.shared.queue();
        queue.jobs.clear();
        queue.is_closed = true;
        drop(queue);
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Compresses the next block; `false` when there will be none.
    fn work(&self) -> bool {
        let idle = |queue: &mut Queue| queue.jobs.is_empty() && !queue.is_closed;
        let mut queue = self.changed.wait_while(self.queue(), idle).unwrap_or_else(PoisonError::into_inner);
        let Some(Job { codec, mut plain, result }) = queue.jobs.pop_front() else { return false };
        drop(queue);
        let block = codec.compress(&plain, false);
        plain.clear();
        self.queue().buffers.push(plain);
        // Nobody may wait any more.
        drop(result.send(block));
        true
    }
}
