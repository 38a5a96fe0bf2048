//! The bytes of a trace file: chunks ([`chunk`]), what is in them ([`encode`], [`decode`]) and the numbers and
//! strings that those are made of ([`wire`]). `docs/trace-format.md` is the prose.
//!
//! Nothing here does I/O or knows of threads.

pub(crate) mod chunk;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod wire;

/// The version of the format that this crate writes, and the newest that it reads. It reads all from 1 on.
pub const FORMAT_VERSION: u16 = 3;

/// Values of the tag bytes: an event's kind in the low four bits, its flags above; a deadlock edge's likewise.
pub(crate) mod tag {
    pub(crate) const START: u8 = 0;
    pub(crate) const END: u8 = 1;
    pub(crate) const FORK: u8 = 2;
    pub(crate) const JOIN_REQUEST: u8 = 3;
    pub(crate) const JOIN: u8 = 4;
    pub(crate) const REQUEST: u8 = 5;
    pub(crate) const ACQUIRE: u8 = 6;
    pub(crate) const RELEASE: u8 = 7;
    /// From version 2 on, as the two that follow.
    pub(crate) const WAIT: u8 = 8;
    pub(crate) const WAKE: u8 = 9;
    pub(crate) const NOTIFY: u8 = 10;

    /// From version 3 on: an event with its kind and length, so that readers can pass over it.
    pub(crate) const LONG: u8 = 15;

    /// Of an `END`.
    pub(crate) const DIED: u8 = 0x10;
    /// Of a `JOIN`.
    pub(crate) const REAPED: u8 = 0x10;
    /// Of a `JOIN`.
    pub(crate) const FAILED: u8 = 0x20;
    /// Of a `REQUEST`.
    pub(crate) const CONTENDED: u8 = 0x10;
    /// Of an `ACQUIRE`.
    pub(crate) const TRY: u8 = 0x10;
    /// Of an `ACQUIRE`; never with `TRY`.
    pub(crate) const TIMED: u8 = 0x20;
    /// Of a `REQUEST`, from version 2 on.
    pub(crate) const SHARED_REQUEST: u8 = 0x20;
    /// Of an `ACQUIRE`, from version 2 on.
    pub(crate) const SHARED_ACQUIRE: u8 = 0x40;
    /// Of a `RELEASE`, from version 2 on.
    pub(crate) const SHARED_RELEASE: u8 = 0x10;
    /// Of a `WAIT`.
    pub(crate) const TIMED_WAIT: u8 = 0x10;
    /// Of a `WAKE`.
    pub(crate) const TIMED_OUT: u8 = 0x10;
    /// Of a `NOTIFY`.
    pub(crate) const ALL: u8 = 0x10;

    /// Kinds of `LONG` events.
    pub(crate) const INSTANCE: u8 = 1;
    pub(crate) const INSTANCE_END: u8 = 2;
    pub(crate) const SLEEP: u8 = 3;
    pub(crate) const AWAKE: u8 = 4;
    pub(crate) const WAKEN: u8 = 5;
    pub(crate) const PARK: u8 = 6;
    pub(crate) const PARK_END: u8 = 7;
    pub(crate) const UNPARK: u8 = 8;

    pub(crate) const WAITS_DEAD: u8 = 0;
    pub(crate) const WAITS_LOCK: u8 = 1;
    pub(crate) const WAITS_THREAD: u8 = 2;
    /// From version 2 on, as the flags that follow `HOLDS`.
    pub(crate) const WAITS_CONDVAR: u8 = 3;
    /// From version 3 on.
    pub(crate) const WAITS_ADDRESS: u8 = 4;
    pub(crate) const HOLDS: u8 = 0x10;
    /// Only with `HOLDS`.
    pub(crate) const HOLDS_SHARED: u8 = 0x20;
    /// Only with `WAITS_LOCK`.
    pub(crate) const WAITS_SHARED: u8 = 0x40;
}
