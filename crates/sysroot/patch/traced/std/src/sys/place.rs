//! Where in the program an operation stands that std carries out with others of its own: a channel parks its threads, and
//! what a report is to name is the `recv`.

use crate::cell::Cell;
use crate::panic::Location;

#[thread_local]
static OUTER: Cell<Option<&'static Location<'static>>> = Cell::new(None);

/// For as long as this lives, what the calling thread does is done for the program's operation at this place: the outermost
/// counts.
#[must_use]
pub fn enter(place: &'static Location<'static>) -> Entered {
    let outermost = OUTER.get().is_none();
    if outermost {
        OUTER.set(Some(place));
    }
    Entered { outermost }
}

pub struct Entered {
    outermost: bool,
}

impl Drop for Entered {
    fn drop(&mut self) {
        if self.outermost {
            OUTER.set(None);
        }
    }
}

/// The place of the program's operation that the calling thread carries out, which is `place` if there is no other.
pub fn of(place: &'static Location<'static>) -> &'static Location<'static> {
    OUTER.get().unwrap_or(place)
}
