//! What is left behind when the program has no memory for something that it cannot do without.
//!
//! std says so natively, and aborts. Here nobody hears it, and what is left is a trap like any other: so the size of the
//! allocation is kept where the joiner and the host find it. That takes no memory and no import.

use std::alloc::{Layout, set_alloc_error_hook, take_alloc_error_hook};
use std::sync::OnceLock;

/// The hook that was there before ours.
static PREVIOUS: OnceLock<fn(Layout)> = OnceLock::new();

/// Puts our hook in front of the program's own. To be called once.
pub(super) fn install() {
    let previous = take_alloc_error_hook();
    // Empty until now, as there is one call.
    let _ = PREVIOUS.set(previous);
    set_alloc_error_hook(failed);
}

fn failed(layout: Layout) {
    threadlink_rt::out_of_memory(layout.size());
    if let Some(previous) = PREVIOUS.get() {
        previous(layout);
    }
}
