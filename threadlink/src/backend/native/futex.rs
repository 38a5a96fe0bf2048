//! Sleep while a word has a value: wasm's wait and notify, over parking_lot's table of sleeping threads.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use parking_lot_core::{DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, ParkResult};

/// Sleeps while `*word == expected`, until woken or for `timeout`. False means that the time is over.
///
/// As with every futex, true says nothing about the word's value now.
pub(crate) fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) -> bool {
    // A duration too long to be an instant is as good as none.
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    // SAFETY: the key is the address of a word that the caller borrows, so nobody else's; the callbacks neither
    // panic nor call into parking_lot.
    let result = unsafe {
        parking_lot_core::park(
            word.as_ptr().addr(),
            || word.load(Ordering::SeqCst) == expected,
            || {},
            |_, _| {},
            DEFAULT_PARK_TOKEN,
            deadline,
        )
    };
    result != ParkResult::TimedOut
}

/// Wakes one thread that sleeps on `word`, if there is one.
pub(crate) fn wake_one(word: &AtomicU32) {
    // SAFETY: the key as above; the callback does nothing.
    unsafe { parking_lot_core::unpark_one(word.as_ptr().addr(), |_| DEFAULT_UNPARK_TOKEN) };
}

/// Wakes every thread that sleeps on `word`.
pub(crate) fn wake_all(word: &AtomicU32) {
    // SAFETY: the key as above.
    unsafe { parking_lot_core::unpark_all(word.as_ptr().addr(), DEFAULT_UNPARK_TOKEN) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_value_returns_at_once_and_time_runs_out() {
        let word = AtomicU32::new(1);
        assert!(wait(&word, 0, None));
        assert!(!wait(&word, 1, Some(Duration::from_millis(1))));
    }

    #[test]
    fn a_wake_after_the_change_is_never_lost() {
        let word = AtomicU32::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while word.load(Ordering::Acquire) == 0 {
                    wait(&word, 0, None);
                }
            });
            word.store(1, Ordering::Release);
            wake_all(&word);
        });
        assert_eq!(word.load(Ordering::Relaxed), 1);
    }
}
