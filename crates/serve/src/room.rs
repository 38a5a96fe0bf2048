//! [`Room`]: how many may be in it at once.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Room for so many.
#[derive(Debug)]
pub(crate) struct Room {
    left: Mutex<usize>,
    leaves: Condvar,
}

/// A place in it, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<Room>);

impl Room {
    pub(crate) fn of(many: usize) -> Arc<Room> {
        Arc::new(Room {
            left: Mutex::new(many),
            leaves: Condvar::new(),
        })
    }

    /// Waits until there is a place.
    pub(crate) fn enter(self: &Arc<Self>) -> Place {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.leaves.wait_while(left, |left| *left == 0);
        *left.unwrap_or_else(PoisonError::into_inner) -= 1;
        Place(Arc::clone(self))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.left.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.leaves.notify_one();
    }
}
