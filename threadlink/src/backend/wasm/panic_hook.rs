//! The panic hook.
//!
//! Where every panic is a thread's end (`panic = "abort"`), it keeps the message where the joiner and the host find it. That
//! costs no import and prints nothing: the host prints, when the thread has died.
//!
//! Where panics unwind, they may be caught, and nobody would ever learn of them. So it prints each when it happens, as std
//! does natively.

use std::panic::{self, PanicHookInfo};
use std::sync::Once;

use super::out_of_memory;

#[cfg(panic = "unwind")]
use self::unwind::panicked;
#[cfg(not(panic = "unwind"))]
use super::{stdio, stream_lock::this_thread};

#[cfg(panic = "unwind")]
pub(super) use self::unwind::{caught, uncaught};

/// What stands for a payload that is no text; std says the same.
const NO_TEXT: &str = "Box<dyn Any>";

/// Puts the hook in front of the program's own, and that for failed allocations. The first call does it: before `main`, or else at the first spawn.
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    if INSTALLED.is_completed() || std::thread::panicking() {
        // Hooks cannot be changed during a panic: a later spawn will do it.
        return;
    }
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| panicked(info, &previous)));
        out_of_memory::install();
    });
}

/// The text of a panic.
fn text<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    info.payload_as_str().unwrap_or(NO_TEXT)
}

#[cfg(not(panic = "unwind"))]
fn panicked(info: &PanicHookInfo<'_>, previous: &dyn Fn(&PanicHookInfo<'_>)) {
    threadlink_rt::panicked(text(info), info.location());
    previous(info);
    // What is left of the thread is the trap.
    stdio::has_died(this_thread(), crate::thread::current().name().map(str::as_bytes));
}

/// There is nothing to catch.
#[cfg(not(panic = "unwind"))]
pub(super) fn caught() {}

/// No panic gets that far.
#[cfg(not(panic = "unwind"))]
pub(super) fn uncaught(_payload: &(dyn std::any::Any + Send)) {}

#[cfg(panic = "unwind")]
mod unwind {
    use std::any::Any;
    use std::panic::PanicHookInfo;

    use super::super::super::stream::Stream;
    use super::super::stdio;
    use super::{NO_TEXT, text};
    use threadlink_abi::errno;

    pub(super) fn panicked(info: &PanicHookInfo<'_>, previous: &dyn Fn(&PanicHookInfo<'_>)) {
        let thread = crate::thread::current();
        let label = thread
            .name()
            .map_or_else(|| format!("#{}", threadlink_rt::id()), |name| format!("'{name}'"));
        let place = info
            .location()
            .map(|location| format!(" at {location}"))
            .unwrap_or_default();
        let message = format!("thread {label} panicked{place}:\n{}\n", text(info));
        // No waiting for a lock: the panic may come from inside of what has it. And nowhere else to complain.
        let _ = stdio::write_unlocked(Stream::Stderr, message.as_bytes());
        threadlink_rt::panicked_and_said(info.location());
        previous(info);
        if !info.can_unwind() {
            // What follows is a trap, which would be the thread's end and not, as it must be, the program's.
            threadlink_rt::imports::panic(errno::CANNOT_UNWIND);
        }
    }

    /// Called where panics come out of the program's code, whether one has or not.
    ///
    /// A panic that leaves a destructor during the unwinding of another has to end the program. On wasm nothing stops it, and
    /// it takes the place of the other, which is never caught: so the thread counts as panicking afterwards.
    pub(in super::super) fn caught() {
        if std::thread::panicking() {
            threadlink_rt::imports::panic(errno::CANNOT_UNWIND);
        }
    }

    /// A panic that was printed has come out of the program's code with this payload.
    pub(in super::super) fn uncaught(payload: &(dyn Any + Send)) {
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        threadlink_rt::unwound(text.unwrap_or(NO_TEXT));
    }
}
