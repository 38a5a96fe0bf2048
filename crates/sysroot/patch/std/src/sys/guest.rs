//! What std tells threadlink's runtime besides spawning and joining: panics, ends, and what goes round a thread's code.

use crate::panic::Location;
use threadlink_abi::errno;
use threadlink_rt::{self as rt, Shell};

/// What the names of std's own files begin with.
#[allow(dead_code, reason = "only a traced std asks")]
pub const SOURCE: &str = file!().split_at(file!().len() - "sys/guest.rs".len()).0;

/// What surrounds the program's code on each thread.
pub static SHELL: Shell = Shell { begin: || (), destructors: Some(run_destructors) };

fn run_destructors() {
    // SAFETY: the thread's own code has returned.
    unsafe { crate::sys::thread_local::destructors::run() };
    crate::rt::thread_cleanup();
}

/// The program's closure has returned on the thread that calls.
pub fn closure_returned() {
    rt::closure_returned();
}

/// How much stack threads get that ask for nothing, if whoever runs the program has said so, in bytes.
pub fn min_stack() -> Option<usize> {
    rt::default_stack::get()
}

/// `main` has returned: runs the destructors of its thread-locals, and leaves the exit code to the host.
pub fn main_returned(code: i32) {
    rt::end_of_main(&SHELL);
    crate::sys::stdio::at_end();
    if code != 0 {
        rt::set_exit_code(code);
    }
}

/// Keeps the message of a panic that nobody has printed, for the joiner and the host.
pub fn panicked(message: &str, location: &Location<'_>) {
    rt::panicked(message, Some(location));
}

/// Keeps the message and the place of a panic that was printed, or that the program's own hook has seen.
pub fn panicked_and_said(message: &str, location: &Location<'_>) {
    rt::panicked_and_said(Some(location));
    if cfg!(panic = "abort") {
        rt::unwound(message);
    }
}

/// The program has no memory for something that it cannot do without.
pub fn out_of_memory(bytes: usize) {
    rt::out_of_memory(bytes);
}

/// A panic has left a destructor that another panic ran.
pub fn cannot_unwind() -> ! {
    rt::imports::panic(errno::CANNOT_UNWIND)
}
