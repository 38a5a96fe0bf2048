//! What a copy calls of the host that tells of accesses, and what it has besides: a memory and globals.

use wasm_encoder::ValType;

use crate::load::rewrite::calls::MODULE;

/// The memory that says of which bytes a thread has told already: see [`super::seen`].
pub(crate) const SEEN: &str = "race.seen";

/// The export by which a copy shows the moment that it is at.
pub(crate) fn moment_name() -> String {
    format!("{MODULE}.race.moment")
}

/// One of these functions. `site` is a number of [`super::Sites`], `path` says by which calls the thread came there. Those
/// that return something return the moment from which on the thread goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// `(address, site, path)`: a plain access of one operand's size.
    Access,
    /// `(destination, source, len, site, path)`.
    Range,
    /// `(address, site, path) -> moment`: an atomic access is about to be made.
    Atomic,
    /// `(address, site, succeeded, path) -> moment`: a compare-exchange was made.
    Exchanged,
    /// `(site) -> moment`.
    Fence,
    /// What follows is the allocator's business.
    Enter,
    /// `() -> moment`: that is over.
    Leave,
    /// `(address, len, site, path) -> moment`: that is over, and these bytes were allocated.
    Allocated,
    /// `(address, len, site, path)`: these bytes are given back; what follows is the allocator's business.
    Freed,
}

impl Call {
    pub(crate) const ALL: [Self; 9] = [
        Self::Access,
        Self::Range,
        Self::Atomic,
        Self::Exchanged,
        Self::Fence,
        Self::Enter,
        Self::Leave,
        Self::Allocated,
        Self::Freed,
    ];

    /// Its name in the module of the host's own functions.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Access => "race.access",
            Self::Range => "race.range",
            Self::Atomic => "race.atomic",
            Self::Exchanged => "race.exchanged",
            Self::Fence => "race.fence",
            Self::Enter => "race.enter",
            Self::Leave => "race.leave",
            Self::Allocated => "race.allocated",
            Self::Freed => "race.freed",
        }
    }

    pub(super) fn params(self) -> &'static [ValType] {
        use ValType::{I32, I64};
        match self {
            Self::Access | Self::Atomic => &[I32, I32, I64],
            Self::Range => &[I32, I32, I32, I32, I64],
            Self::Exchanged | Self::Allocated | Self::Freed => &[I32, I32, I32, I64],
            Self::Fence => &[I32],
            Self::Enter | Self::Leave => &[],
        }
    }

    pub(super) fn results(self) -> &'static [ValType] {
        match self {
            Self::Access | Self::Range | Self::Enter | Self::Freed => &[],
            Self::Atomic | Self::Exchanged | Self::Fence | Self::Leave | Self::Allocated => &[ValType::I64],
        }
    }
}
