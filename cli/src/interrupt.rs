//! Interrupts: Ctrl-C, and being asked to end. They are heard on a thread of their own, at any point of the work: the
//! main thread may be writing to a pipe that nobody reads, and those that compute may be in the middle of a sort.

use std::fs;
use std::pin::pin;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

use crate::exit_codes::{HUNG_UP, INTERRUPTED, TERMINATED};
use crate::progress;
use crate::report::Report;

/// Sent where a file becomes longer than `ulimit -f` allows; the same on Linux and macOS, for which tokio has no name.
const SIGXFSZ: i32 = 25;

/// What Ctrl-C does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CtrlC {
    /// Ends the program.
    Ends,
    /// Tells whoever waits in [`told`]. If nobody was told by the next one, that ends the program.
    Tells,
}

/// Whether an interrupt was told that nobody has heard yet.
static UNHEARD: AtomicBool = AtomicBool::new(false);
static TELL: Notify = Notify::const_new();
/// Other programs that use the terminal. They are interrupted by the terminal themselves, and mean something else by
/// it.
static GUESTS: AtomicUsize = AtomicUsize::new(0);

/// Another program that uses the terminal, as long as this is not dropped.
#[derive(Debug)]
pub struct Guest(());

impl Guest {
    /// The terminal is lent.
    pub fn new() -> Self {
        GUESTS.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        GUESTS.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Begins to listen.
///
/// # Errors
/// The operating system gives no thread, or no signals.
pub fn listen(ctrl_c: CtrlC) -> Result<(), Report> {
    let failed = |error| {
        let hint = "raise the limits on open files (ulimit -n) and processes (ulimit -u)";
        Report::with_hint(format!("cannot wait for interrupts: {error}"), hint)
    };
    let runtime = Builder::new_current_thread().enable_io().build().map_err(failed)?;
    let signals = {
        let _entered = runtime.enter();
        Signals::new().map_err(failed)?
    };
    // A prompt changes how the terminal takes keys.
    let terminal = tcgetattr(std::io::stdin()).ok();
    let hear = move || runtime.block_on(signals.hear(ctrl_c, terminal));
    thread::Builder::new().name("swath-interrupts".into()).spawn(hear).map_err(failed)?;
    Ok(())
}

/// Waits until there is an interrupt; not at all if there was one since [`forget`], which nobody has heard yet.
pub async fn told() {
    loop {
        let mut next = pin!(TELL.notified());
        // From here on none is missed.
        next.as_mut().enable();
        if UNHEARD.swap(false, Ordering::SeqCst) {
            return;
        }
        next.await;
    }
}

/// What came until now was meant for what is done. To be called when there is something new to do.
pub fn forget() {
    UNHEARD.store(false, Ordering::SeqCst);
}

/// Tells whoever waits, now or later. Whether the one before is still unheard.
fn tell() -> bool {
    let unheard = UNHEARD.swap(true, Ordering::SeqCst);
    TELL.notify_waiters();
    unheard
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// Not waited for: as it is heard, a write that is too long fails, where it would end the program.
    _file_too_large: Signal,
    /// None where the program was begun to outlive its terminal, as by `nohup`.
    hang_up: Option<Signal>,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        let hang_up = SignalKind::hangup();
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            _file_too_large: signal(SignalKind::from_raw(SIGXFSZ))?,
            hang_up: if is_ignored(hang_up) { None } else { Some(signal(hang_up)?) },
        })
    }

    async fn hear(mut self, ctrl_c: CtrlC, terminal: Option<Termios>) {
        loop {
            let hung_up = async {
                match &mut self.hang_up {
                    Some(signal) => signal.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = self.interrupt.recv() => {
                    if GUESTS.load(Ordering::SeqCst) > 0 {
                        continue;
                    }
                    if ctrl_c == CtrlC::Ends || tell() {
                        end(INTERRUPTED, terminal.as_ref());
                    }
                }
                _ = self.terminate.recv() => end(TERMINATED, terminal.as_ref()),
                _ = hung_up => end(HUNG_UP, terminal.as_ref()),
            }
        }
    }
}

/// Ends the program and leaves nothing behind.
pub fn end(code: u8, terminal: Option<&Termios>) -> ! {
    swath::remove_unfinished_files();
    progress::erase();
    if let Some(terminal) = terminal {
        // It may be gone.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, terminal);
    }
    process::exit(code.into())
}

/// Whether the program was begun with the signal ignored; `false` if the system does not tell.
fn is_ignored(kind: SignalKind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0);
    ignored >> (kind.as_raw_value() - 1) & 1 == 1
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    /// Whether who begins to wait now is told at once.
    fn is_told() -> bool {
        pin!(told()).poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn an_interrupt_before_the_query_stops_it_and_no_other() {
        assert!(!is_told());
        // Between the line and the wait for its query: heard once.
        assert!(!tell());
        assert!(is_told() && !is_told());
        // Nobody hears it: the next one ends the program, unless something new was begun in between.
        assert!(!tell() && tell());
        forget();
        assert!(!is_told() && !tell());
        forget();
        // While it is waited for.
        let mut waiting = pin!(told());
        let mut context = Context::from_waker(Waker::noop());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        assert!(!tell());
        assert!(waiting.poll(&mut context).is_ready() && !is_told());
    }
}
