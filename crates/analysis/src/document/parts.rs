//! What several parts of the document have: places, names, modes, shares.

use serde::Serialize;
use threadlink_trace::{LockOrigin, Site};

/// The longest name or file in a document, in bytes.
const LONGEST: usize = 512;

/// As much of a name or file as a document has.
pub(super) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

/// What a lock or condition variable is called, and where it was made.
#[derive(Debug, Default, Serialize)]
pub(super) struct Origin<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<u32>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    Exclusive,
    Shared,
}

impl<'a> Origin<'a> {
    pub(super) fn of(lock: &'a LockOrigin) -> Self {
        Self {
            name: lock.name.as_deref().map(cut),
            made: lock.made.as_ref().map(|site| site.address),
        }
    }
}

/// A part of a whole, from 0 to 1, with four decimals.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    (part as f64 / whole as f64 * 1e4).round() / 1e4
}

/// What the trace calls a place; 0 is an unknown one.
pub(super) fn number(site: Option<&Site>) -> u32 {
    site.map_or(0, |site| site.address)
}

impl Mode {
    pub(super) fn of(mode: threadlink_trace::Mode) -> Self {
        match mode {
            threadlink_trace::Mode::Exclusive => Self::Exclusive,
            threadlink_trace::Mode::Shared => Self::Shared,
        }
    }
}
