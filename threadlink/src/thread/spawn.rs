//! What happens to a closure on its way to a thread: it is wrapped so that its result lands in a packet, and
//! handed to the backend.

use std::io;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;

use super::Result;
use super::current::{self, Thread};
use super::packet::{Missing, Receiver, packet};
use super::scope_data::ScopeData;
use super::work::work;
use crate::backend;
use threadlink_abi::errno;
use threadlink_rt::Request;

/// What the program chose for a thread.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) name: Option<String>,
    pub(super) stack_size: Option<usize>,
}

/// A thread that was started, as its handle has it.
pub(super) struct Started<T> {
    pub(super) native: backend::Handle,
    pub(super) thread: Thread,
    pub(super) packet: Receiver<T>,
}

/// A closure that may outlive what it borrows, once it has run.
///
/// The work is a closure that owns the program's. While a closure runs, the compiler takes the references in it for
/// valid until it returns; but a scope may end as soon as its last thread has said that it is done, which is before.
/// References in a `MaybeUninit` promise nothing.
struct MayDangle<F>(MaybeUninit<F>);

impl<F> MayDangle<F> {
    fn new(f: F) -> Self {
        Self(MaybeUninit::new(f))
    }

    fn into_inner(self) -> F {
        let this = ManuallyDrop::new(self);
        // SAFETY: initialised by `new`, and read out once, since the drop is suppressed.
        unsafe { this.0.assume_init_read() }
    }
}

impl<F> Drop for MayDangle<F> {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`; `into_inner` suppresses this drop.
        unsafe { self.0.assume_init_drop() };
    }
}

/// Starts a thread that runs `f`, as one of `scope` if there is one.
///
/// # Safety
/// What `f` and its result borrow outlives the thread, or the scope sees to that. If it is not all `'static`,
/// `borrows` is true.
///
/// # Panics
/// If the name contains a NUL.
pub(super) unsafe fn start<F, T>(
    settings: Settings,
    borrows: bool,
    scope: Option<Arc<ScopeData>>,
    f: F,
    site: &'static Location<'static>,
) -> io::Result<Started<T>>
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    if let Some(name) = &settings.name {
        assert!(
            !name.contains('\0'),
            "thread name may not contain interior null bytes: {name:?}"
        );
    }
    let thread = Thread::new(settings.name);
    let (sender, receiver) = packet();
    let theirs = thread.clone();
    let f = MayDangle::new(f);
    let run = move || {
        // SAFETY: a backend that has KEEPS_THREAD keeps `Request::kept`, which is a clone of this.
        unsafe { current::enter(&theirs) };
        drop(theirs);
        let f = f.into_inner();
        // With panic = "abort" this is a plain call: a panic ends in a trap, which the joiner learns from the
        // host.
        let result = catch_unwind(AssertUnwindSafe(f));
        backend::closure_returned();
        let panicked = result.is_err();
        match scope {
            None => sender.send(result),
            Some(scope) => {
                if panicked {
                    scope.panicked();
                }
                sender.send(result);
                // From here on the scope may be over.
                scope.finish_one();
            }
        }
    };
    let request = Request {
        // SAFETY: the caller promises that what the closure borrows lives for as long as the closure uses it. It catches
        // panics, and what comes after them doesn't.
        work: unsafe { work(run) },
        kept: thread.keep(),
        name: thread.name(),
        stack_size: settings.stack_size,
        borrows,
        site,
    };
    // SAFETY: what is kept is the thread's handle, which owns the name; the rest is as the caller promises.
    let native = unsafe { backend::Handle::spawn(request) }?;
    Ok(Started {
        native,
        thread,
        packet: receiver,
    })
}

/// Waits for a thread and takes its result.
pub(super) fn join<T>(
    native: backend::Handle,
    packet: Receiver<T>,
    site: &'static Location<'static>,
) -> Result<T> {
    if let Err(message) = native.join(site) {
        // The dead thread still owns its reference to the packet, which therefore leaks with its stack.
        return Err(Box::new(message));
    }
    match packet.take() {
        Ok(result) => result,
        Err(Missing::NoResult) => backend::fatal(errno::NO_RESULT),
        Err(Missing::Shared) => backend::fatal(errno::RESULT_SHARED),
    }
}
