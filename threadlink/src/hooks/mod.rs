//! The calls around every operation of a traced lock.
//!
//! | hook | when |
//! |---|---|
//! | `start_lock` | before the thread waits to acquire, or when it has acquired without waiting |
//! | `finish_lock` | once the lock is held |
//! | `start_unlock` | while it is still held |
//! | `finish_unlock` | after it was released |
//!
//! Whoever wants a lock tries first: one that gets it calls `start_lock` and `finish_lock` after the fact, with
//! `Op::AtOnce`, so that a `start_lock` with `Op::Blocking` tells of a thread that has found the lock taken.
//!
//! A read-write lock calls these four when it is locked for writing. Readers, who can be many, have their own:
//! `start_read`, `finish_read`, `start_read_unlock` and `finish_read_unlock`, at the same moments; the kind of a reader that
//! did not wait is `Op::Try`.
//!
//! A condition variable has `start_wait`, while the mutex is still held, `finish_wait`, before it is locked again,
//! and `notify`, before waiting threads are woken. The mutex that a wait releases and locks again calls its own
//! hooks: for the release after `start_wait`, for the lock after `finish_wait`.
//!
//! A thread's token has `start_park` and `finish_park` around a wait for it, and `unpark`, before it is left.
//!
//! What a lock knows of itself stands in its memory, before the lock inside: who holds it, where it was made and
//! its name.
//!
//! So a log of *acquire* at `finish_lock` and *release* at `start_unlock` never shows a lock held twice. A
//! `try_lock` that succeeds calls `start_lock` and `finish_lock` after the fact, one that fails calls nothing.
//!
//! With the cargo feature `tracing` a hook is a call to the host on wasm, and to a sink natively (`set_sink`).
//! Without it nothing is called: `on.rs` and `off.rs` define the same names.
//!
//! Which moments there are, what each tells and which import it calls stands in `threadlink_abi::hook` alone. A lock names
//! the moment by its type, so that a program imports the hooks of what it uses and no others.

mod op;
pub use self::op::Op;

#[cfg(feature = "tracing")]
mod on;
#[cfg(feature = "tracing")]
pub use self::on::LockName;
#[cfg(feature = "tracing")]
pub(crate) use self::on::*;

#[cfg(not(feature = "tracing"))]
mod off;
#[cfg(not(feature = "tracing"))]
pub use self::off::LockName;
#[cfg(not(feature = "tracing"))]
pub(crate) use self::off::*;

#[cfg(all(feature = "tracing", not(all(target_arch = "wasm32", target_os = "unknown"))))]
mod sink;
#[cfg(all(feature = "tracing", not(all(target_arch = "wasm32", target_os = "unknown"))))]
pub(crate) use self::sink::emit;
#[cfg(all(feature = "tracing", not(all(target_arch = "wasm32", target_os = "unknown"))))]
pub use self::sink::{Event, Hook, Sink, clear_sink, set_sink};

/// Whether this build of the crate calls hooks: whether the cargo feature `tracing` is on.
///
/// ```
/// assert_eq!(threadlink::hooks::ENABLED, cfg!(feature = "tracing"));
/// ```
pub const ENABLED: bool = cfg!(feature = "tracing");
