//! The handle of a thread: its name, its id, and which one is running.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::num::NonZeroU64;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::token::Token;
use crate::backend;
use crate::hooks::{self, Op};
use threadlink_abi::moment::Unpark;
use threadlink_rt::Kept;

/// A handle to a thread: its name and id, and a way to [`unpark`](Thread::unpark) it.
///
/// ```
/// let worker = threadlink::thread::Builder::new()
///     .name("worker".into())
///     .spawn(|| threadlink::thread::current().name().map(str::to_owned))
///     .unwrap();
/// assert_eq!(worker.thread().name(), Some("worker"));
/// assert_eq!(worker.join().unwrap().as_deref(), Some("worker"));
/// ```
#[derive(Clone)]
pub struct Thread(Arc<Inner>);

pub(super) struct Inner {
    name: Option<Box<str>>,
    id: ThreadId,
    pub(super) token: Token,
}

/// What tells one thread from all others that this program ever runs.
///
/// It has nothing to do with the number that the host gives a thread.
///
/// ```
/// let here = threadlink::thread::current().id();
/// let there = threadlink::spawn(|| threadlink::thread::current().id()).join().unwrap();
/// assert_ne!(here, there);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ThreadId(NonZeroU64);

impl ThreadId {
    fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        // 2^64 threads are out of reach, so this neither wraps nor repeats.
        let id = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        Self(NonZeroU64::new(id).expect("more than 2^64 threads"))
    }
}

impl fmt::Debug for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ThreadId({})", self.0)
    }
}

impl Thread {
    pub(super) fn new(name: Option<String>) -> Self {
        Self::with_id(ThreadId::next(), name)
    }

    fn with_id(id: ThreadId, name: Option<String>) -> Self {
        let name = name.map(String::into_boxed_str);
        Self(Arc::new(Inner {
            name,
            id,
            token: Token::new(),
        }))
    }

    /// The thread's name, if it was given one; the main thread's is `main`.
    ///
    /// ```
    /// assert_eq!(threadlink::spawn(|| ()).thread().name(), None);
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// The thread's id.
    ///
    /// ```
    /// let worker = threadlink::spawn(|| threadlink::thread::current().id());
    /// let id = worker.thread().id();
    /// assert_eq!(worker.join().unwrap(), id);
    /// ```
    #[must_use]
    pub fn id(&self) -> ThreadId {
        self.0.id
    }

    /// Makes the thread's current or next [`park`](super::park()) return at once.
    ///
    /// ```
    /// let sleeper = threadlink::spawn(threadlink::thread::park);
    /// sleeper.thread().unpark();
    /// sleeper.join().unwrap();
    /// ```
    #[cfg_attr(feature = "tracing", track_caller)]
    pub fn unpark(&self) {
        hooks::request(Unpark, self.0.token.address(), Op::Blocking);
        self.0.token.unpark();
    }

    /// A reference to the handle, for a backend to keep.
    pub(super) fn keep(&self) -> Kept {
        /// # Safety
        /// `inner` stands for a reference, which is given up.
        unsafe fn release(inner: *mut ()) {
            // SAFETY: as the caller promises.
            drop(unsafe { Arc::from_raw(inner.cast_const().cast::<Inner>()) });
        }
        let inner = Arc::into_raw(Arc::clone(&self.0));
        // SAFETY: the pointer stands for the reference that was just made, and handles may be dropped anywhere.
        unsafe { Kept::new(inner.cast_mut().cast(), release) }
    }

    pub(super) fn token(&self) -> &Token {
        &self.0.token
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("id", &self.id())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

thread_local! {
    // A plain pointer without a destructor, which costs a thread nothing; used where the backend keeps the
    // handle alive for as long as the thread can run code.
    static BORROWED: Cell<*const Inner> = const { Cell::new(ptr::null()) };
    // Everywhere else.
    static OWNED: OnceCell<Thread> = const { OnceCell::new() };
    // What is left when that one is destroyed.
    static ID: Cell<Option<ThreadId>> = const { Cell::new(None) };
}

/// Makes `thread` the answer to [`current`] on the thread that calls, until it ends.
///
/// # Safety
/// Where [`backend::KEEPS_THREAD`] is true, a clone of `thread` outlives the calling thread.
pub(super) unsafe fn enter(thread: &Thread) {
    if backend::KEEPS_THREAD {
        BORROWED.with(|borrowed| borrowed.set(Arc::as_ptr(&thread.0)));
    } else {
        // Registered before any thread-local of the program, so it is destroyed after all of them.
        OWNED.with(|owned| owned.set(thread.clone()).expect("a new thread has no handle yet"));
        ID.set(Some(thread.id()));
    }
}

/// The handle of the thread that calls.
///
/// Natively, on a thread that this crate did not start, the handle is destroyed with the thread-locals. Their
/// destructors may come after it: they get a new handle each time, with the same id and name and a token of its own.
///
/// ```
/// let me = threadlink::thread::current();
/// assert_eq!(me.id(), threadlink::thread::current().id());
/// ```
#[must_use]
pub fn current() -> Thread {
    let borrowed = BORROWED.with(Cell::get);
    if borrowed.is_null() {
        return foreign();
    }
    // SAFETY: the pointer comes from an `Arc` that outlives this thread, as `enter`'s caller promised; the count
    // is raised for the handle that is returned.
    let inner = unsafe {
        Arc::increment_strong_count(borrowed);
        Arc::from_raw(borrowed)
    };
    Thread(inner)
}

/// The handle of a thread that carries none of ours in `BORROWED`.
fn foreign() -> Thread {
    let new = || Thread::new(backend::foreign_name());
    if backend::KEEPS_THREAD {
        // Every thread of ours has one there, so this is the main thread. Its handle outlives its thread-locals.
        static MAIN: OnceLock<Thread> = OnceLock::new();
        return MAIN.get_or_init(new).clone();
    }
    OWNED
        .try_with(|owned| {
            let first = || {
                let thread = new();
                ID.set(Some(thread.id()));
                thread
            };
            owned.get_or_init(first).clone()
        })
        .unwrap_or_else(|_destroyed| {
            let id = ID.get().unwrap_or_else(ThreadId::next);
            ID.set(Some(id));
            Thread::with_id(id, backend::foreign_name())
        })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::sync::mpsc::{self, Sender};

    #[test]
    fn a_thread_keeps_its_id_and_name_in_destructors_of_thread_locals() {
        struct Asks(Option<Sender<Thread>>);
        impl Drop for Asks {
            fn drop(&mut self) {
                crate::thread::park_timeout(std::time::Duration::ZERO);
                // More than one, which need not be the same.
                for _ in 0..2 {
                    let _ = self.0.as_ref().map(|answers| answers.send(current()));
                }
            }
        }
        thread_local! {
            static ASKS: RefCell<Asks> = const { RefCell::new(Asks(None)) };
        }
        let (answers, all) = mpsc::channel();
        let ask = |answers: Sender<Thread>| {
            // First, so that it is destroyed after what `current` leaves behind.
            ASKS.with_borrow_mut(|asks| asks.0 = Some(answers.clone()));
            answers.send(current()).unwrap();
        };
        let theirs = answers.clone();
        let builder = std::thread::Builder::new().name("theirs".into());
        builder.spawn(move || ask(theirs)).unwrap().join().unwrap();
        let theirs: Vec<Thread> = all.try_iter().collect();
        let builder = crate::thread::Builder::new().name("ours".into());
        builder.spawn(move || ask(answers)).unwrap().join().unwrap();
        let ours: Vec<Thread> = all.try_iter().collect();
        for (handles, name) in [(theirs, "theirs"), (ours, "ours")] {
            assert_eq!(handles.len(), 3);
            for handle in &handles {
                assert_eq!((handle.id(), handle.name()), (handles[0].id(), Some(name)));
            }
        }
    }

    #[test]
    fn a_foreign_thread_has_stds_name() {
        let name = std::thread::Builder::new()
            .name("theirs".into())
            .spawn(|| current().name().map(str::to_owned))
            .unwrap()
            .join()
            .unwrap();
        assert_eq!(name.as_deref(), Some("theirs"));
    }

    #[test]
    fn ids_differ() {
        assert_ne!(Thread::new(None).id(), Thread::new(None).id());
    }
}
