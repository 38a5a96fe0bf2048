//! The four calls around every operation of a traced lock.
//!
//! | hook | when |
//! |---|---|
//! | `start_lock` | before the attempt to acquire |
//! | `finish_lock` | once the lock is held |
//! | `start_unlock` | while it is still held |
//! | `finish_unlock` | after it was released |
//!
//! So a log of *acquire* at `finish_lock` and *release* at `start_unlock` never shows a lock held twice. A
//! `try_lock` that succeeds calls `start_lock` and `finish_lock` after the fact, one that fails calls nothing.
//!
//! With the cargo feature `tracing` a hook is a call to the host on wasm, and to a sink natively (`set_sink`).
//! Without it every hook is an empty function: `on.rs` and `off.rs` define the same names.

#[cfg(feature = "tracing")]
mod on;
#[cfg(feature = "tracing")]
pub(crate) use self::on::*;

#[cfg(not(feature = "tracing"))]
mod off;
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

/// How a lock was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Op {
    /// A blocking acquire.
    Blocking,
    /// A `try_lock` that has succeeded.
    Try,
}
