//! Threads of threadlink's runtime, as std's own.

use crate::ffi::CStr;
use crate::io;
use crate::num::NonZero;
use crate::panic::Location;
use crate::sync::atomic::AtomicU32;
use crate::sys::guest::SHELL;
use crate::thread::ThreadInit;
use crate::time::Duration;

use threadlink_abi::errno;
use threadlink_rt::{self as rt, Died, Handle, Kept, Request, Work};

/// The runtime's own: what a thread gets that says nothing else.
pub const DEFAULT_MIN_STACK_SIZE: usize = rt::DEFAULT_STACK;

/// What a join says of a thread that trapped without a panic.
const NO_MESSAGE: &str = "thread died: it trapped";

/// The right to join a thread. Dropping it detaches the thread.
pub struct Thread(Handle);

impl Thread {
    // unsafe: see thread::Builder::spawn_unchecked for safety requirements; `scoped` is whether the thread may borrow.
    pub unsafe fn new(
        stack: usize,
        init: Box<ThreadInit>,
        scoped: bool,
        site: &'static Location<'static>,
    ) -> io::Result<Thread> {
        let handle = init.handle.clone();
        // SAFETY: the clone that `kept` owns keeps the name where it is, until `kept` is released.
        let name = unsafe { crate::mem::transmute::<Option<&str>, Option<&'static str>>(handle.name()) };
        let request = Request {
            // SAFETY: the pointer is that of the box, which one of the functions gets; a `ThreadInit` may move to another
            // thread, and its closure catches panics.
            work: unsafe { Work::new(Box::into_raw(init).cast(), run, discard) },
            // SAFETY: the pointer stands for a reference of its own.
            kept: unsafe { Kept::new(handle.into_raw().cast_mut().cast(), release) },
            name,
            stack_size: Some(stack),
            borrows: scoped,
            site,
        };
        // SAFETY: the name as above; what the closure borrows is the caller's matter.
        unsafe { Handle::spawn(request, &SHELL) }.map(Thread).map_err(refusal)
    }

    /// Waits for the thread. An error is what it said when it died, where a death unwinds nothing.
    pub fn join(self, site: &'static Location<'static>) -> Result<(), String> {
        self.0.join(site).map_err(last_words)
    }

    /// Whether the thread is known to have died without unwinding.
    pub fn has_died(&self) -> bool {
        self.0.has_died()
    }
}

/// # Safety
/// `init` comes from a box that was given up.
unsafe fn run(init: *mut ()) {
    // SAFETY: as the caller promises.
    let init = unsafe { Box::from_raw(init.cast::<ThreadInit>()) };
    init.init()();
}

/// # Safety
/// As for `run`.
unsafe fn discard(init: *mut ()) {
    // SAFETY: as the caller promises.
    drop(unsafe { Box::from_raw(init.cast::<ThreadInit>()) });
}

/// # Safety
/// `handle` comes from `Thread::into_raw` and stands for a reference of its own.
unsafe fn release(handle: *mut ()) {
    // SAFETY: as the caller promises.
    drop(unsafe { crate::thread::Thread::from_raw(handle.cast_const().cast()) });
}

fn last_words(died: Died) -> String {
    match (died.message, died.missed_allocation) {
        (_, Some(bytes)) => format!("memory allocation of {bytes} bytes failed"),
        (Some(message), None) => String::from_utf8_lossy(message).into_owned(),
        (None, None) => NO_MESSAGE.to_owned(),
    }
}

/// Why there is no new thread.
fn refusal(number: i32) -> io::Error {
    let kind = match number {
        errno::TOO_MANY_THREADS | errno::HOST_OUT_OF_THREADS | errno::ENDING => io::ErrorKind::WouldBlock,
        errno::OUT_OF_MEMORY => io::ErrorKind::OutOfMemory,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, errno::describe(number))
}

pub fn available_parallelism() -> io::Result<NonZero<usize>> {
    NonZero::new(rt::imports::available_parallelism() as usize).ok_or(io::Error::UNKNOWN_THREAD_COUNT)
}

pub fn current_os_id() -> Option<u64> {
    match rt::id() {
        0 => None,
        id => Some(id.into()),
    }
}

pub fn yield_now() {
    // A word that nobody else knows: the wait ends by its timeout, and lets others run meanwhile.
    rt::futex::wait(&AtomicU32::new(0), 0, Some(Duration::from_nanos(1)));
}

pub fn set_name(_name: &CStr) {
    // The host reads it where the spawner has left it.
}

/// The module that stands beside this one sleeps: what std expects here is that something is left over.
pub fn sleep(_dur: Duration) {}
