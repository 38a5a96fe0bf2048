//! [`scope`]: threads that may borrow from the one that starts them, because it waits for them.
//!
//! How it knows that they are gone stands in `scope_data.rs`.
//!
//! A scoped thread that dies by a trap ends the program, because what it borrowed may be torn: see `backend`.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::builder::Builder;
use super::packet::Receiver;
use super::scope_data::ScopeData;
use super::spawn::{self, Started};
use super::{Result, Thread};
use crate::backend;

/// A scope to start threads in: see [`scope`].
///
/// ```
/// use threadlink::thread::{Scope, ScopedJoinHandle, scope};
///
/// fn sum<'scope>(s: &'scope Scope<'scope, '_>, part: &'scope [u32]) -> ScopedJoinHandle<'scope, u32> {
///     s.spawn(|| part.iter().sum())
/// }
/// let numbers = [1, 2, 3, 4];
/// let total: u32 = scope(|s| {
///     let (left, right) = numbers.split_at(2);
///     [sum(s, left), sum(s, right)].map(|worker| worker.join().unwrap()).iter().sum()
/// });
/// assert_eq!(total, 10);
/// ```
pub struct Scope<'scope, 'env: 'scope> {
    data: Arc<ScopeData>,
    // Invariant in both: a longer `'scope` would let threads borrow what the scope does not wait for, a shorter
    // `'env` what lives inside its closure.
    _scope: PhantomData<&'scope mut &'scope ()>,
    _env: PhantomData<&'env mut &'env ()>,
}

/// The right to join a scoped thread. The scope joins it if this is dropped.
///
/// ```
/// let text = String::from("borrowed");
/// threadlink::thread::scope(|s| {
///     let worker = s.spawn(|| text.len());
///     assert_eq!(worker.join().unwrap(), 8);
/// });
/// ```
pub struct ScopedJoinHandle<'scope, T> {
    native: Kept<'scope>,
    thread: Thread,
    packet: Receiver<T>,
}

/// A native handle that goes to its scope if it is dropped.
struct Kept<'scope> {
    /// There until it is joined.
    native: Option<backend::Handle>,
    scope: &'scope ScopeData,
}

/// Runs `f` with a scope in which it can start threads that borrow: the scope waits for all of them.
///
/// `'env` is how long the things live that the threads may borrow, `'scope` how long the scope itself does. Threads
/// can start more threads in the scope. All that they did happens before `scope` returns; destructors of their
/// thread-locals are included, except natively for threads whose handle was dropped long before the end.
///
/// # Panics
/// - With the panic of `f`, if that panics, once all threads have ended.
/// - Else, if a thread has panicked and nobody joined it through its handle.
///
/// In a wasm program built with `panic = "abort"` a panic of a scoped thread ends the program, as does, in every
/// wasm program, a trap: what the thread borrowed may be torn, and there is no way to keep others from it.
///
/// ```
/// let mut numbers = vec![3, 1, 2];
/// let mut greeting = String::from("hello");
/// let longest = threadlink::thread::scope(|s| {
///     s.spawn(|| numbers.sort());
///     let worker = s.spawn(|| {
///         greeting.push_str(", world");
///         greeting.len()
///     });
///     worker.join().unwrap()
/// });
/// assert_eq!((numbers, longest), (vec![1, 2, 3], 12));
/// ```
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let site = Location::caller();
    let scope = Scope {
        data: Arc::new(ScopeData::new()),
        _scope: PhantomData,
        _env: PhantomData,
    };
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    scope.data.wait(site);
    match result {
        Err(payload) => resume_unwind(payload),
        // All threads have ended before.
        Ok(_) if scope.data.unhandled.load(Ordering::Relaxed) != 0 => panic!("a scoped thread panicked"),
        Ok(value) => value,
    }
}

impl<'scope, 'env> Scope<'scope, 'env> {
    /// Starts a thread in this scope with the defaults and returns the handle to it.
    ///
    /// # Panics
    /// If the host or the system gives no thread, or there is no memory for its stack: use
    /// [`Builder::spawn_scoped`] to handle that.
    ///
    /// ```
    /// let words = ["one", "three"];
    /// let letters: usize = threadlink::thread::scope(|s| {
    ///     let workers: Vec<_> = words.iter().map(|word| s.spawn(|| word.len())).collect();
    ///     workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    /// });
    /// assert_eq!(letters, 8);
    /// ```
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        match Builder::new().spawn_scoped(self, f) {
            Ok(handle) => handle,
            Err(error) => panic!("failed to spawn thread: {error}"),
        }
    }
}

impl Builder {
    /// Starts the thread in a scope.
    ///
    /// # Errors
    /// As [`Builder::spawn`].
    ///
    /// # Panics
    /// If the name contains a NUL.
    ///
    /// ```
    /// use threadlink::thread::{self, Builder};
    ///
    /// let data = [1, 2, 3];
    /// let sum: i32 = thread::scope(|s| {
    ///     let adder = Builder::new().name("adder".into()).spawn_scoped(s, || data.iter().sum())?;
    ///     Ok::<_, std::io::Error>(adder.join().unwrap())
    /// })?;
    /// assert_eq!(sum, 6);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_scoped<'scope, 'env, F, T>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let site = Location::caller();
        let data = &scope.data;
        data.sweep(site);
        data.start_one();
        // Lowers the count again if nothing was started.
        let unstarted = Unstarted(data);
        // SAFETY: the scope waits until the closure has ended and its result is stored or dropped, before `'scope`
        // ends. A result that is stored lies in the packet, and is dropped with the handle, within `'scope`.
        let started = unsafe { spawn::start(self.into_settings(), true, Some(Arc::clone(data)), f, site) };
        let Started {
            native,
            thread,
            packet,
        } = started?;
        std::mem::forget(unstarted);
        Ok(ScopedJoinHandle {
            native: Kept {
                native: Some(native),
                scope: data,
            },
            thread,
            packet,
        })
    }
}

/// Counts out a thread that did not start.
struct Unstarted<'a>(&'a ScopeData);

impl Drop for Unstarted<'_> {
    fn drop(&mut self) {
        self.0.finish_one();
    }
}

impl<T> ScopedJoinHandle<'_, T> {
    /// The thread's handle.
    ///
    /// ```
    /// threadlink::thread::scope(|s| {
    ///     let worker = s.spawn(threadlink::thread::park);
    ///     worker.thread().unpark();
    /// });
    /// ```
    #[must_use]
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// Waits for the thread to end and returns its closure's value, as [`JoinHandle::join`](super::JoinHandle::join)
    /// does.
    ///
    /// # Errors
    /// The thread panicked: the error is the payload of the panic. The scope itself doesn't panic for it then.
    ///
    /// ```
    /// threadlink::thread::scope(|s| {
    ///     let worker = s.spawn(|| -> u32 { panic!("no luck") });
    ///     assert!(worker.join().is_err());
    /// });
    /// ```
    #[track_caller]
    pub fn join(self) -> Result<T> {
        let Self {
            mut native, packet, ..
        } = self;
        let scope = native.scope;
        let Some(handle) = native.native.take() else {
            unreachable!("a handle is there until it is joined, which consumes it");
        };
        let result = spawn::join(handle, packet, Location::caller());
        if result.is_err() {
            scope.handled();
        }
        result
    }

    /// Whether the thread's closure has returned or panicked, so that [`join`](Self::join) won't wait long.
    ///
    /// ```
    /// threadlink::thread::scope(|s| {
    ///     let worker = s.spawn(|| ());
    ///     while !worker.is_finished() {
    ///         threadlink::thread::yield_now();
    ///     }
    ///     worker.join().unwrap();
    /// });
    /// ```
    pub fn is_finished(&self) -> bool {
        self.packet.is_ready() || self.native.native.as_ref().is_some_and(backend::Handle::has_died)
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        if let Some(native) = self.native.take() {
            self.scope.keep(native);
        }
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ScopeData {
            running,
            unhandled,
            owner,
            ..
        } = &*self.data;
        f.debug_struct("Scope")
            .field("num_running_threads", &running.load(Ordering::Relaxed))
            .field("a_thread_panicked", &(unhandled.load(Ordering::Relaxed) != 0))
            .field("main_thread", owner)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::scope_data::LOOKS;
    use super::*;
    use crate::thread::current;
    use crate::thread::spawn;
    use std::panic::panic_any;
    use std::sync::atomic::{AtomicBool, AtomicUsize};
    use std::sync::mpsc;
    use std::sync::{Barrier, Mutex};

    /// Runs `f` on a thread of its own and fails if it takes too long: a hang is the likeliest mistake here.
    fn watched<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> std::thread::Result<T> {
        let (done, wait) = mpsc::channel();
        std::thread::spawn(move || done.send(catch_unwind(AssertUnwindSafe(f))));
        wait.recv_timeout(std::time::Duration::from_secs(120))
            .expect("the scope hangs")
    }

    fn text(payload: &(dyn std::any::Any + Send)) -> Option<&'static str> {
        payload.downcast_ref::<&'static str>().copied()
    }

    #[test]
    fn threads_borrow_and_are_waited_for() {
        let mut left = vec![1, 2, 3];
        let right = AtomicUsize::new(0);
        let sum = scope(|s| {
            s.spawn(|| left.push(4));
            for _ in 0..10 {
                s.spawn(|| right.fetch_add(1, Ordering::Relaxed));
            }
            s.spawn(|| 7).join().unwrap()
        });
        assert_eq!((left.len(), right.load(Ordering::Relaxed), sum), (4, 10, 7));
    }

    #[test]
    fn threads_start_threads_in_their_scope_and_in_their_own() {
        let count = AtomicUsize::new(0);
        scope(|s| {
            s.spawn(|| {
                s.spawn(|| {
                    s.spawn(|| count.fetch_add(1, Ordering::Relaxed));
                    scope(|inner| {
                        // A thread of the inner scope may hold handles of the outer one.
                        let outer = s.spawn(|| count.fetch_add(1, Ordering::Relaxed));
                        inner.spawn(|| outer.join().unwrap());
                    });
                    count.fetch_add(1, Ordering::Relaxed);
                });
            });
        });
        assert_eq!(count.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn a_panic_that_nobody_joins_is_the_scopes() {
        let ran = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&ran);
        let payload = watched(move || {
            scope(|s| {
                s.spawn(|| panic!("unseen"));
                s.spawn(|| theirs.store(true, Ordering::Relaxed));
            });
        })
        .unwrap_err();
        assert_eq!(text(&*payload), Some("a scoped thread panicked"));
        assert!(ran.load(Ordering::Relaxed));
    }

    #[test]
    fn a_panic_that_is_joined_is_the_joiners() {
        let number = scope(|s| {
            let payload = s.spawn(|| panic_any(7_u8)).join().unwrap_err();
            *payload.downcast::<u8>().unwrap()
        });
        assert_eq!(number, 7);
    }

    #[test]
    fn the_closures_own_panic_comes_first_and_only_after_all_threads() {
        let ended = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&ended);
        let payload = watched(move || {
            let (go, gate) = mpsc::channel::<()>();
            scope(|s| {
                s.spawn(move || {
                    // Ends when the sender is gone, which the panic below unwinds.
                    assert!(gate.recv().is_err());
                    theirs.store(true, Ordering::Relaxed);
                    panic!("of a thread");
                });
                let _go = go;
                panic!("of the closure");
            });
        })
        .unwrap_err();
        assert_eq!(text(&*payload), Some("of the closure"));
        assert!(ended.load(Ordering::Relaxed));
    }

    #[test]
    fn a_forgotten_handle_is_waited_for_and_its_panic_counts() {
        let ran = AtomicBool::new(false);
        scope(|s| {
            let barrier = Arc::new(Barrier::new(2));
            let theirs = Arc::clone(&barrier);
            let ran = &ran;
            std::mem::forget(s.spawn(move || {
                theirs.wait();
                ran.store(true, Ordering::Relaxed);
            }));
            barrier.wait();
        });
        assert!(ran.load(Ordering::Relaxed));
        let payload = watched(|| scope(|s| std::mem::forget(s.spawn(|| panic!("unseen"))))).unwrap_err();
        assert_eq!(text(&*payload), Some("a scoped thread panicked"));
    }

    #[test]
    fn a_handle_held_by_a_forgotten_thread_is_waited_for() {
        let ran = AtomicUsize::new(0);
        scope(|s| {
            let ran = &ran;
            let (go, gate) = mpsc::channel::<()>();
            let slow = s.spawn(move || {
                assert!(gate.recv().is_err());
                ran.fetch_add(1, Ordering::Relaxed);
            });
            // Drops the handle while the scope is waiting, and the thread ends after that.
            std::mem::forget(s.spawn(move || {
                drop(slow);
                drop(go);
                ran.fetch_add(1, Ordering::Relaxed);
            }));
        });
        assert_eq!(ran.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_result_that_is_dropped_may_still_start_threads() {
        struct Starts<'scope, 'env>(&'scope Scope<'scope, 'env>, &'env AtomicBool);
        impl Drop for Starts<'_, '_> {
            fn drop(&mut self) {
                let ended = self.1;
                self.0.spawn(move || ended.store(true, Ordering::Relaxed));
            }
        }
        for _ in 0..100 {
            let ended = AtomicBool::new(false);
            scope(|s| {
                s.spawn(|| Starts(s, &ended));
            });
            assert!(ended.load(Ordering::Relaxed));
        }
    }

    #[test]
    fn a_spawn_joins_some_of_the_threads_that_have_finished() {
        scope(|s| {
            // Kept without a spawn in between, so that none is swept yet.
            let handles: Vec<_> = (0..3 * LOOKS).map(|_| s.spawn(|| ())).collect();
            drop(handles);
            let kept = || s.data.let_go().handles.len();
            let finished = || {
                let let_go = s.data.let_go();
                let_go.handles.iter().all(backend::Handle::has_finished)
            };
            while !finished() {
                std::thread::yield_now();
            }
            assert_eq!(kept(), 3 * LOOKS);
            let one_more = s.spawn(|| ());
            assert_eq!(kept(), 2 * LOOKS);
            one_more.join().unwrap();
        });
    }

    #[test]
    fn a_look_passes_over_threads_that_run() {
        let (go, gate) = mpsc::channel::<()>();
        let gate = Mutex::new(gate);
        scope(|s| {
            drop(s.spawn(|| gate.lock().unwrap().recv().is_err()));
            drop(s.spawn(|| ()));
            while !s.data.let_go().handles[1].has_finished() {
                std::thread::yield_now();
            }
            drop(s.spawn(|| ()));
            // The first is there still, the second is gone, the third has come.
            assert_eq!(s.data.let_go().handles.len(), 2);
            assert!(!s.data.let_go().handles[0].has_finished());
            drop(go);
        });
    }

    #[test]
    fn builder_errors_leave_the_scope_usable() {
        scope(|s| {
            let refused = catch_unwind(AssertUnwindSafe(|| {
                let _ = Builder::new().name("a\0b".into()).spawn_scoped(s, || ());
            }));
            assert!(refused.is_err());
            let name = Builder::new()
                .name("scoped".into())
                .spawn_scoped(s, || current().name().map(str::to_owned))
                .unwrap();
            assert_eq!(name.thread().name(), Some("scoped"));
            assert_eq!(name.join().unwrap().as_deref(), Some("scoped"));
        });
    }

    #[test]
    fn is_finished_follows_the_closure() {
        scope(|s| {
            let (go, gate) = mpsc::channel::<()>();
            let worker = s.spawn(move || gate.recv().is_err());
            assert!(!worker.is_finished());
            drop(go);
            while !worker.is_finished() {
                std::thread::yield_now();
            }
            assert!(worker.join().unwrap());
        });
    }

    #[test]
    fn stress_of_many_small_scopes() {
        watched(|| {
            for round in 0..1_000 {
                let count = AtomicUsize::new(0);
                scope(|s| {
                    let first = s.spawn(|| count.fetch_add(1, Ordering::Relaxed));
                    s.spawn(|| count.fetch_add(1, Ordering::Relaxed));
                    s.spawn(|| first.join().map(drop).unwrap());
                });
                assert_eq!(count.load(Ordering::Relaxed), 2, "round {round}");
            }
        })
        .unwrap();
    }

    #[test]
    fn scopes_work_on_threads_of_ours() {
        let sum = spawn(|| {
            let numbers = [1, 2, 3];
            scope(|s| s.spawn(|| numbers.iter().sum::<i32>()).join().unwrap())
        });
        assert_eq!(sum.join().unwrap(), 6);
    }
}
