//! Which lock an address means: its name, and where it was made. An address can mean one lock after the other.

use std::fmt;

use serde::Serialize;

use super::Place;
use super::units::printable;
use crate::reader::Trace;

/// A lock's address, and the time from which on it means this lock: what tells locks apart.
pub(super) type Key = (u32, u64);

/// The lock that `addr` means at `time`.
pub(super) fn key(trace: &Trace, addr: u32, time: u64) -> Key {
    (addr, trace.lock(addr, time).map_or(0, |info| info.since))
}

/// What a trace says of a lock or condition variable itself. Its `Display` is the name, if there is one, and the
/// address.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Identity {
    /// Its address in guest memory.
    pub id: u32,
    /// Its name: of the field or static that it stands in, if `#[traced]` saw that, or what the program calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<Place>,
}

impl Identity {
    pub(super) fn of(trace: &Trace, (addr, since): Key) -> Identity {
        let info = trace.lock(addr, since);
        Identity {
            id: addr,
            name: info.and_then(|info| info.name.clone()),
            made: info
                .filter(|info| info.made != 0)
                .map(|info| Place::of(trace, info.made)),
        }
    }

    /// The one that the address meant last.
    pub(super) fn at_end(trace: &Trace, addr: u32) -> Identity {
        Identity::of(trace, key(trace, addr, u64::MAX))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{} ", printable(name))?;
        }
        write!(f, "{:#x}", self.id)
    }
}
