//! Ending runs from outside: a handle that an embedder keeps, and any thread can use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

/// Ends runs, and [loads](crate::Engine::load_stoppable), from another thread. Clones are handles to the same.
///
/// A handle is given to any number of runs, at once or one after the other
/// ([`RunConfig::stop_handle`](crate::RunConfig::stop_handle)). When it is used, each of them ends as
/// [`End::Stopped`](crate::End::Stopped), and so does each that it is given to afterwards.
///
/// ```
/// use threadlink_host::{End, Engine, EngineConfig, RunConfig, StopHandle};
///
/// // A program that waits for something for an hour.
/// let module = wat::parse_str(
///     r#"(module
///         (import "env" "memory" (memory 1 1 shared))
///         (func (export "thread_start") (param i32))
///         (func (export "_start")
///             (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 3600000000000)))))"#,
/// )?;
/// let program = Engine::new(&EngineConfig::new())?.load(&module)?;
///
/// let stop = StopHandle::new();
/// let config = RunConfig::new().stop_handle(stop.clone());
/// let running = std::thread::spawn(move || program.run(config));
/// stop.stop();
/// let outcome = running.join().expect("run does not panic")?;
/// assert!(matches!(outcome.end, End::Stopped { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct StopHandle {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    stopped: AtomicBool,
    /// What has to be told, by number.
    listeners: Mutex<Listeners>,
}

#[derive(Default)]
struct Listeners {
    next: u64,
    all: Vec<(u64, Box<dyn Fn() + Send>)>,
}

impl StopHandle {
    /// A handle that no run has.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends all runs that have this handle. Returns at once, before they are over. A second call does nothing.
    pub fn stop(&self) {
        self.inner.stopped.store(true, Ordering::SeqCst);
        for (_, listener) in &self.inner.listeners.lock().all {
            listener();
        }
    }

    /// Whether [`stop`](Self::stop) was called.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.inner.stopped.load(Ordering::SeqCst)
    }

    /// Calls this when somebody stops, and at once if somebody has; until the guard that is returned is dropped.
    pub(crate) fn listen(&self, listener: impl Fn() + Send + 'static) -> Listening<'_> {
        let mut listeners = self.inner.listeners.lock();
        let number = listeners.next;
        listeners.next += 1;
        if self.is_stopped() {
            listener();
        }
        listeners.all.push((number, Box::new(listener)));
        Listening { handle: self, number }
    }
}

impl std::fmt::Debug for StopHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StopHandle")
            .field("stopped", &self.is_stopped())
            .finish_non_exhaustive()
    }
}

/// Somebody is told of a stop, as long as this lives.
pub(crate) struct Listening<'a> {
    handle: &'a StopHandle,
    number: u64,
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        let mut listeners = self.handle.inner.listeners.lock();
        listeners.all.retain(|(number, _)| *number != self.number);
    }
}
