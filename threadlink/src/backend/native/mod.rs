//! The native backend: std, and a sink for the hooks.
//!
//! It is also that of guests whose std has threads (`--cfg threadlink_std`). There is no sink there: hooks are calls to the
//! host, as over the runtime, and so are wait and notify.

mod allocator;
#[cfg(not(threadlink_std))]
pub(crate) mod futex;
#[cfg(feature = "tracing")]
#[cfg_attr(threadlink_std, path = "../wasm/hooks.rs")]
pub(crate) mod hooks;
pub(crate) mod stdio;

use std::ffi::OsString;
use std::io;
use std::num::NonZero;
use std::panic::Location;
use std::sync::OnceLock;
use std::time::Instant;

pub(crate) use self::allocator::allocator;
#[cfg(not(threadlink_std))]
pub(crate) use self::allocator::heap_counts;
use super::stream::Stream;
use crate::thread::stats::Stats;
use threadlink_abi::errno;
use threadlink_rt::{Request, default_stack};
#[cfg(threadlink_std)]
pub(crate) use threadlink_rt::{futex, heap_counts};

/// std ends its threads by itself, so the handle is kept by a thread-local.
pub(crate) const KEEPS_THREAD: bool = false;

/// A thread that std started; std detaches it on drop.
pub(crate) struct Handle(std::thread::JoinHandle<()>);

impl Handle {
    /// Starts a thread.
    ///
    /// # Safety
    /// What the work borrows outlives the thread.
    pub(crate) unsafe fn spawn(request: Request<'_>) -> io::Result<Self> {
        let Request {
            work,
            kept: _kept,
            name,
            stack_size,
            borrows: _borrows,
            site: _site,
        } = request;
        let mut builder = std::thread::Builder::new();
        if let Some(name) = name {
            builder = builder.name(name.to_owned());
        }
        if let Some(size) = stack_size.or_else(default_stack::get) {
            builder = builder.stack_size(size);
        }
        builder.spawn(|| work.run()).map(Self)
    }

    pub(crate) fn join(self, _site: &'static Location<'static>) -> Result<(), String> {
        self.0
            .join()
            .map_err(|_| "thread died outside its closure".to_owned())
    }

    /// A native thread cannot die without unwinding through its closure, except together with the process.
    #[allow(clippy::unused_self)]
    pub(crate) fn has_died(&self) -> bool {
        false
    }

    /// Only a thread that ends cares whether a scope keeps its handle, and std ends it.
    #[allow(clippy::unused_self)]
    pub(crate) fn keep(&self) {}

    pub(crate) fn has_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// std takes a detached thread back by itself. The destructors of its thread-locals may still run, and may wait
    /// for whoever calls this: so this doesn't join.
    pub(crate) fn take_back(self, _site: &'static Location<'static>) {}
}

/// std knows by itself when a thread ends.
pub(crate) fn closure_returned() {}

/// std takes ended threads back by itself.
pub(crate) fn await_ending() {}

/// Ends the program where a panic has nowhere to go.
pub(crate) fn abort(message: &str) -> ! {
    try_write_error(&format!("fatal error: {message}, aborting\n"));
    std::process::abort()
}

pub(crate) fn foreign_name() -> Option<String> {
    std::thread::current().name().map(str::to_owned)
}

/// Writes through std's macros, so that `cargo test` captures it; they lock once for the whole text.
#[track_caller]
pub(crate) fn write(stream: Stream, text: &str) {
    match stream {
        Stream::Stdout => std::print!("{text}"),
        Stream::Stderr => std::eprint!("{text}"),
    }
}

/// Writes to the standard error if that is possible.
pub(crate) fn try_write_error(text: &str) {
    // There is no other place to say that it was not.
    let _ = std::io::Write::write_all(&mut std::io::stderr().lock(), text.as_bytes());
}

pub(crate) fn args() -> Vec<String> {
    let args = args_os().into_iter();
    args.map(|arg| arg.to_string_lossy().into_owned()).collect()
}

pub(crate) fn args_os() -> Vec<OsString> {
    std::env::args_os().collect()
}

pub(crate) fn exit(code: i32) -> ! {
    std::process::exit(code)
}

/// Ends the program with this code: natively nobody returns to who asks for it.
pub(crate) fn set_exit_code(code: i32) {
    exit(code)
}

/// A broken promise inside the runtime: nothing that goes on is worth trusting.
#[track_caller]
pub(crate) fn fatal(number: i32) -> ! {
    panic!("threadlink runtime: {}", errno::describe(number))
}

/// Nanoseconds since the first call.
pub(crate) fn monotonic_nanos() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds since 1970-01-01 00:00 UTC. Natively std's clock serves programs; this one tests ours.
#[cfg(test)]
pub(crate) fn realtime_nanos() -> i64 {
    let nanos = std::time::UNIX_EPOCH.elapsed().map_or_else(
        |error| -(error.duration().as_nanos() as i128),
        |elapsed| elapsed.as_nanos() as i128,
    );
    i64::try_from(nanos).expect("a clock between the years 1677 and 2262")
}

pub(crate) fn yield_now() {
    std::thread::yield_now();
}

pub(crate) fn available_parallelism() -> io::Result<NonZero<usize>> {
    std::thread::available_parallelism()
}

pub(crate) fn stats() -> Stats {
    Stats {
        blocks: 0,
        leaked_blocks: 0,
        cached_blocks: 0,
        tls_destructors: Some(true),
    }
}
