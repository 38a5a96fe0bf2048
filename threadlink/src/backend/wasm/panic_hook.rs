//! The panic hook: it keeps the message where the joiner and the host find it.
//!
//! It costs no import and prints nothing: the host prints, when a thread has died of the panic.

use std::panic::{self, PanicHookInfo};
use std::sync::Once;

/// What stands for a payload that is no text; std says the same.
const NO_TEXT: &str = "Box<dyn Any>";

/// Puts the hook in front of the program's own. The first call does it: before `main`, or else at the first spawn.
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    if INSTALLED.is_completed() || std::thread::panicking() {
        // Hooks cannot be changed during a panic: a later spawn will do it.
        return;
    }
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            keep(info);
            previous(info);
        }));
    });
}

fn keep(info: &PanicHookInfo<'_>) {
    threadlink_rt::panicked(info.payload_as_str().unwrap_or(NO_TEXT), info.location());
}
