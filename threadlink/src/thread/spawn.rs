//! What happens to a closure on its way to a thread: it is wrapped so that its result lands in a packet, and
//! handed to the backend.

use std::io;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use super::current::{self, Thread};
use super::default_stack;
use super::join_handle::JoinHandle;
use super::packet::packet;
use crate::backend;

/// What a backend runs on the new thread: the wrapped closure. It never unwinds.
pub(crate) type Work = Box<dyn FnOnce() + Send + 'static>;

/// What a backend needs to know to start a thread, besides the work.
pub(crate) struct Request {
    /// The new thread's handle.
    pub(crate) thread: Thread,
    /// Bytes of stack, if the program said how many.
    pub(crate) stack_size: Option<usize>,
    /// Where in the source the spawn stands.
    pub(crate) site: &'static Location<'static>,
}

/// Starts a thread that runs `f`.
pub(super) fn start<F, T>(
    name: Option<String>,
    stack_size: Option<usize>,
    f: F,
    site: &'static Location<'static>,
) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let thread = Thread::new(name);
    let (sender, receiver) = packet();
    let theirs = thread.clone();
    let work: Work = Box::new(move || {
        // SAFETY: a backend that has KEEPS_THREAD keeps `Request::thread`, of which this is a clone.
        unsafe { current::enter(&theirs) };
        drop(theirs);
        // With panic = "abort" this is a plain call: a panic ends in a trap, which the joiner learns from the
        // host.
        let result = catch_unwind(AssertUnwindSafe(f));
        backend::closure_returned();
        sender.send(result);
    });
    let native = backend::Handle::spawn(
        Request {
            thread: thread.clone(),
            stack_size: stack_size.or_else(default_stack::get),
            site,
        },
        work,
    )?;
    Ok(JoinHandle::new(native, thread, receiver))
}
