//! Which lock an address means: its name, and where it was made. An address can mean one lock after the other.

use threadlink_trace::{LockOrigin, Trace};

/// A lock's address, and the time from which on it means this lock: what tells locks apart.
pub(crate) type Key = (u32, u64);

/// The lock that `addr` means at `time`.
pub(crate) fn key(trace: &Trace, addr: u32, time: u64) -> Key {
    (addr, trace.lock(addr, time).map_or(0, |info| info.since))
}

/// What the trace says of a lock or condition variable itself.
pub(crate) fn origin(trace: &Trace, (addr, since): Key) -> LockOrigin {
    let mut origin = LockOrigin::new(addr);
    if let Some(info) = trace.lock(addr, since) {
        origin.name.clone_from(&info.name);
        origin.made = trace.site(info.made).filter(|site| site.address != 0).cloned();
    }
    origin
}
