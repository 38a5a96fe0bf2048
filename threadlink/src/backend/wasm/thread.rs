//! A started thread, in std's terms: errors are `io::Error`s, and what a dead thread said is a string.

use std::io;
use std::panic::Location;

use super::{panic_hook, stdio, tls_dtors};
use threadlink_abi::errno;
use threadlink_rt::{self as runtime, Request, Shell};

/// What `join` says of a thread that died without a message.
const NO_MESSAGE: &str = "thread died: the program replaced the panic hook or the thread trapped";

/// What surrounds the program's code on each thread.
pub(super) static SHELL: Shell = Shell {
    begin: tls_dtors::find,
    destructors: tls_dtors::RUN,
};

/// The program's code has returned or panicked on the thread that calls, and what follows is the end of its work.
pub(crate) fn closure_returned() {
    panic_hook::caught();
    runtime::closure_returned();
}

/// The right to join a thread of ours. Dropping it detaches the thread.
pub(crate) struct Handle(runtime::Handle);

impl Handle {
    /// Starts a thread.
    ///
    /// # Safety
    /// - The name lives until `kept` is released.
    /// - What the work borrows outlives the thread. If not all of it is `'static`, `borrows` is true.
    pub(crate) unsafe fn spawn(request: Request<'_>) -> io::Result<Self> {
        panic_hook::install();
        // SAFETY: as the caller promises.
        unsafe { runtime::Handle::spawn(request, &SHELL) }
            .map(Self)
            .map_err(refusal)
    }

    /// Waits for the thread to end, and gives its memory back.
    pub(crate) fn join(self, site: &'static Location<'static>) -> Result<(), String> {
        self.0.join(site).map_err(|died| {
            stdio::has_died(died.thread, died.name);
            match (died.message, died.missed_allocation) {
                // What std says of it natively, where it is the end of the whole program.
                (_, Some(bytes)) => format!("memory allocation of {bytes} bytes failed"),
                (Some(message), None) => String::from_utf8_lossy(message).into_owned(),
                (None, None) => NO_MESSAGE.to_owned(),
            }
        })
    }

    /// The program has dropped its handle; a scope keeps this.
    pub(crate) fn keep(&self) {
        self.0.keep();
    }

    /// Whether the thread has run everything, destructors of thread-locals included.
    pub(crate) fn has_finished(&self) -> bool {
        self.0.has_finished()
    }

    /// Takes a thread that has finished back. It is a join like any other, also for a trace: what the thread did
    /// happens before the end of its scope.
    pub(crate) fn take_back(self, site: &'static Location<'static>) {
        self.0.take_back(site);
    }

    /// Whether the thread is known to have died of a panic.
    pub(crate) fn has_died(&self) -> bool {
        self.0.has_died()
    }
}

/// Why there is no new thread, as std would say it.
fn refusal(number: i32) -> io::Error {
    let kind = match number {
        errno::TOO_MANY_THREADS | errno::HOST_OUT_OF_THREADS | errno::ENDING => io::ErrorKind::WouldBlock,
        errno::OUT_OF_MEMORY => io::ErrorKind::OutOfMemory,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, format!("{} (error {number})", errno::describe(number)))
}
