//! What a thread leaves behind when it panics or has no memory, for whoever joins it and for the host.

use core::panic::Location;

use super::current::current;

/// Keeps the message of a panic of the thread that calls, and where it happened, for whoever joins the thread and for
/// the host. The last one counts.
pub fn panicked(message: &str, site: Option<&Location<'_>>) {
    current().set_panic_site(site);
    current().set_panic_message(message);
}

/// Keeps where a panic of the thread that calls happened, whose message the layer above has printed. It may be caught.
pub fn panicked_and_said(site: Option<&Location<'_>>) {
    current().set_panic_site(site);
}

/// Keeps the message of the last panic that the layer above has printed, for a host that is about to see the thread trap
/// because nothing in the program has caught it.
pub fn unwound(message: &str) {
    let block = current();
    block.set_panic_message(message);
    block.set_said();
}

/// Says that an allocation of this many bytes has failed, and that the thread that calls traps next because of it. Takes no
/// memory.
pub fn out_of_memory(bytes: usize) {
    current().set_out_of_memory(bytes);
}
