//! Thread-locals without the feature `tls-destructors`: their destructors don't run, as std has it on wasm.
//!
//! So a TLS area is never used again: what leaked may have left pointers into it elsewhere.

pub(super) fn find() {}

pub(super) const RUN: Option<fn()> = None;

pub(super) fn work() -> Option<bool> {
    Some(false)
}
