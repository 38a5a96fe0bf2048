//! Where hooks go natively: to a function that the program sets.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};

use super::op::Op;
use threadlink_abi::Hook as Called;

/// Which hook was called.
///
/// ```
/// use threadlink::hooks::Hook;
///
/// /// Whether the thread holds the lock when this is called.
/// fn holds(hook: Hook) -> bool {
///     matches!(hook, Hook::FinishLock | Hook::StartUnlock | Hook::FinishRead | Hook::StartReadUnlock)
/// }
/// assert!(!holds(Hook::Notify { all: true }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hook {
    /// Before the thread waits to acquire, or, where it need not wait, when it has ([`Op`] says which).
    StartLock,
    /// The lock is held.
    FinishLock,
    /// The lock is still held.
    StartUnlock,
    /// The lock was released.
    FinishUnlock,
    /// Before the thread waits to acquire a read-write lock for reading, or, where it need not wait, when it has.
    StartRead,
    /// The lock is held for reading.
    FinishRead,
    /// The lock is still held for reading.
    StartReadUnlock,
    /// A reader has released the lock.
    FinishReadUnlock,
    /// Before a wait for a condition variable; the mutex is still held.
    StartWait {
        /// The mutex's address, as in its own events.
        mutex: usize,
    },
    /// After the wait; the mutex is not locked again yet.
    FinishWait {
        /// Whether the wait ended because the time was over.
        timed_out: bool,
    },
    /// Before waiting threads are woken.
    Notify {
        /// Whether all of them are, not one.
        all: bool,
    },
    /// Before a thread waits for its token; the address is the token's.
    StartPark {
        /// Whether the wait has a time limit.
        timed: bool,
    },
    /// After that wait.
    FinishPark {
        /// Whether there was no token when the time was over.
        timed_out: bool,
    },
    /// Before a thread is left its token.
    Unpark,
}

impl Hook {
    /// The hook that was called, with what it was told besides the lock's address.
    fn new(hook: Called, second: usize) -> Self {
        match hook {
            Called::StartLock => Self::StartLock,
            Called::FinishLock => Self::FinishLock,
            Called::StartUnlock => Self::StartUnlock,
            Called::FinishUnlock => Self::FinishUnlock,
            Called::StartRead => Self::StartRead,
            Called::FinishRead => Self::FinishRead,
            Called::StartReadUnlock => Self::StartReadUnlock,
            Called::FinishReadUnlock => Self::FinishReadUnlock,
            Called::StartWait => Self::StartWait { mutex: second },
            Called::FinishWait => Self::FinishWait {
                timed_out: second != 0,
            },
            Called::Notify => Self::Notify { all: second != 0 },
            Called::StartPark => Self::StartPark { timed: second != 0 },
            Called::FinishPark => Self::FinishPark {
                timed_out: second != 0,
            },
            Called::Unpark => Self::Unpark,
        }
    }
}

/// One call of a hook.
///
/// ```
/// use threadlink::hooks::{Event, Hook};
///
/// /// The line that asked for a lock.
/// fn line(event: &Event) -> Option<u32> {
///     let (_, site) = event.request?;
///     (event.hook == Hook::StartLock).then(|| site.line())
/// }
/// # let _ = line;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Which hook.
    pub hook: Hook,
    /// The address of the lock, condition variable or token, which tells it from all others that exist at the time.
    pub lock: usize,
    /// A number that tells the calling thread from all others that exist at the time.
    pub thread: usize,
    /// How and where the program asked for it; only at [`Hook::StartLock`], [`Hook::StartRead`],
    /// [`Hook::StartWait`], [`Hook::Notify`], [`Hook::StartPark`] and [`Hook::Unpark`].
    pub request: Option<(Op, &'static Location<'static>)>,
}

/// What takes the events: it is called on the thread that locks or unlocks.
///
/// It may use traced locks: nobody is told of what it does with them. It must not wait for one that the program holds, as
/// the thread that it is called on may be the holder. A panic in it is printed and goes no further: the lock is acquired or
/// released as if it had returned.
///
/// ```
/// use threadlink::hooks::Sink;
///
/// let silent: Sink = std::sync::Arc::new(|_| ());
/// threadlink::hooks::set_sink(silent);
/// # threadlink::hooks::clear_sink();
/// ```
pub type Sink = Arc<dyn Fn(&Event) + Send + Sync>;

static SINK: RwLock<Option<Sink>> = RwLock::new(None);

/// Sends the events of all traced locks of the process to `sink`, and no longer to the one before.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// let events = Arc::new(AtomicUsize::new(0));
/// let counter = Arc::clone(&events);
/// threadlink::hooks::set_sink(Arc::new(move |_| {
///     counter.fetch_add(1, Ordering::Relaxed);
/// }));
/// drop(threadlink::sync::Mutex::new(()).lock());
/// assert_eq!(events.load(Ordering::Relaxed), 4);
/// threadlink::hooks::clear_sink();
/// ```
pub fn set_sink(sink: Sink) {
    replace(Some(sink));
}

/// Sends the events nowhere, which is how a process starts.
///
/// ```
/// threadlink::hooks::clear_sink();
/// ```
pub fn clear_sink() {
    replace(None);
}

fn replace(sink: Option<Sink>) {
    let mut place = SINK.write().unwrap_or_else(PoisonError::into_inner);
    let before = std::mem::replace(&mut *place, sink);
    drop(place);
    // After the lock: what a sink owns may use a traced lock when it goes.
    drop(before);
}

thread_local! {
    /// Whether the thread that asks is in a call of the sink. It has no destructor, so that it is there until the thread's
    /// end.
    static IN_SINK: Cell<bool> = const { Cell::new(false) };
}

/// Gives the sink, if there is one, the event of a call. Never unwinds, since a lock is half acquired or released meanwhile.
pub(crate) fn emit(
    hook: Called,
    second: usize,
    lock: usize,
    thread: usize,
    request: Option<(Op, &'static Location<'static>)>,
) {
    if IN_SINK.replace(true) {
        // Its own locks: telling it of these would never end.
        return;
    }
    // Cloned, so that a sink may be replaced while it runs.
    let sink = SINK.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(sink) = sink {
        let event = Event {
            hook: Hook::new(hook, second),
            lock,
            thread,
            request,
        };
        // Moved in: if it was replaced meanwhile, this is its end, which is the program's code as well.
        let called = catch_unwind(AssertUnwindSafe(move || sink(&event)));
        if let Err(payload) = called {
            // The panic hook has printed it. Not dropped: that could panic again.
            std::mem::forget(payload);
        }
    }
    IN_SINK.set(false);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Mutex;

    /// A sink that locks when it goes, as the last owner of something that does.
    struct LocksAtItsEnd(Mutex<u32>);

    impl Drop for LocksAtItsEnd {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }

    #[test]
    fn a_sink_that_is_replaced_may_lock_in_its_destructor() {
        let (done, wait) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let sink = || -> Sink {
                let owned = LocksAtItsEnd(Mutex::new(0));
                Arc::new(move |_| {
                    let _ = owned.0.is_poisoned();
                })
            };
            set_sink(sink());
            set_sink(sink());
            clear_sink();
            done.send(()).unwrap();
        });
        wait.recv_timeout(std::time::Duration::from_secs(60))
            .expect("the sink's end waits for itself");
    }
}
