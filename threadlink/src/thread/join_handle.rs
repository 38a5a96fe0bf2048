//! [`JoinHandle`]: the right to wait for a thread and to take its result.

use std::fmt;
use std::panic::Location;

use super::packet::Receiver;
use super::spawn::{self, Started};
use super::{Result, Thread};
use crate::backend;

/// The right to join a thread. Dropping it detaches the thread, which then runs on by itself.
///
/// ```
/// let worker = threadlink::spawn(|| "hello".len());
/// assert_eq!(worker.join().unwrap(), 5);
/// ```
pub struct JoinHandle<T> {
    native: backend::Handle,
    thread: Thread,
    packet: Receiver<T>,
}

// SAFETY: a handle exists only for a thread whose result is `Send`, whatever `T` is called here: every way to start
// a thread asks for that. So its owner may take the result on any thread.
unsafe impl<T> Send for JoinHandle<T> {}
// SAFETY: as above; and a shared handle only reads atomic words.
unsafe impl<T> Sync for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    pub(super) fn new(started: Started<T>) -> Self {
        let Started {
            native,
            thread,
            packet,
        } = started;
        Self {
            native,
            thread,
            packet,
        }
    }

    /// Waits for the thread to end and returns its closure's value.
    ///
    /// Everything that the thread did happens before this returns.
    ///
    /// # Errors
    /// The thread panicked: the error is the payload of the panic. In a wasm program built with
    /// `panic = "abort"` it is a [`String`] with the panic's message, or with a sentence that says that there is
    /// none: because the thread trapped, or because the program replaced the panic hook.
    ///
    /// # Panics
    /// If a thread joins itself, natively; on wasm the host ends the program with a report.
    ///
    /// ```
    /// let worker = threadlink::spawn(|| -> u32 { panic!("no luck") });
    /// let payload = worker.join().unwrap_err();
    /// assert_eq!(payload.downcast_ref::<&str>(), Some(&"no luck"));
    /// ```
    #[track_caller]
    pub fn join(self) -> Result<T> {
        let Self { native, packet, .. } = self;
        spawn::join(native, packet, Location::caller())
    }

    /// Whether the thread's closure has returned or panicked, so that [`join`](JoinHandle::join) won't wait long.
    ///
    /// On wasm this stays false for a thread that died by a trap without a panic: only joining it tells.
    ///
    /// ```
    /// let worker = threadlink::spawn(|| ());
    /// while !worker.is_finished() {
    ///     threadlink::thread::yield_now();
    /// }
    /// worker.join().unwrap();
    /// ```
    pub fn is_finished(&self) -> bool {
        self.packet.is_ready() || self.native.has_died()
    }

    /// The thread's handle.
    ///
    /// ```
    /// let worker = threadlink::spawn(threadlink::thread::park);
    /// worker.thread().unpark();
    /// worker.join().unwrap();
    /// ```
    #[must_use]
    pub fn thread(&self) -> &Thread {
        &self.thread
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use crate::thread::{Builder, spawn};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    #[test]
    fn a_payload_of_any_type_comes_back() {
        let payload = spawn(|| std::panic::panic_any(7_u64)).join().unwrap_err();
        assert_eq!(payload.downcast_ref::<u64>(), Some(&7));
    }

    #[test]
    fn a_dropped_handle_detaches() {
        let (done, wait) = mpsc::channel();
        let (go, gate) = mpsc::channel::<()>();
        drop(spawn(move || {
            gate.recv().unwrap();
            done.send(1).unwrap();
        }));
        go.send(()).unwrap();
        assert_eq!(wait.recv(), Ok(1));
    }

    #[test]
    fn is_finished_follows_the_closure() {
        let (go, gate) = mpsc::channel::<()>();
        let worker = spawn(move || gate.recv());
        assert!(!worker.is_finished());
        go.send(()).unwrap();
        while !worker.is_finished() {
            std::thread::yield_now();
        }
        assert!(worker.join().unwrap().is_ok());
    }

    #[test]
    fn what_a_closure_owns_is_dropped_before_join_returns() {
        struct Bomb(Arc<AtomicUsize>);
        impl Drop for Bomb {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let drops = Arc::new(AtomicUsize::new(0));
        for panics in [false, true] {
            let bomb = Bomb(Arc::clone(&drops));
            let result = Builder::new().name("bomb".into()).spawn(move || {
                let _bomb = bomb;
                assert!(!panics, "boom");
            });
            assert_eq!(result.unwrap().join().is_err(), panics);
        }
        assert_eq!(drops.load(Ordering::Relaxed), 2);
    }
}
