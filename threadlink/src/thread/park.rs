//! Parking: one token a thread, which `unpark` leaves and `park` takes.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::current::current;
use crate::backend::futex;

/// The token of one thread, and whether the thread sleeps for it.
pub(super) struct Token(AtomicU32);

const EMPTY: u32 = 0;
const PRESENT: u32 = 1;
const PARKED: u32 = 2;

impl Token {
    pub(super) const fn new() -> Self {
        Self(AtomicU32::new(EMPTY))
    }

    /// Leaves the token. A release: what was done before is visible to whoever takes it.
    pub(super) fn unpark(&self) {
        if self.0.swap(PRESENT, Ordering::Release) == PARKED {
            futex::wake_one(&self.0);
        }
    }

    /// Takes the token, waiting for it until the timeout. Only the thread that owns the token calls this.
    fn park(&self, timeout: Option<Duration>) {
        if self.0.swap(EMPTY, Ordering::Acquire) == PRESENT {
            return;
        }
        if self
            .0
            .compare_exchange(EMPTY, PARKED, Ordering::Relaxed, Ordering::Acquire)
            .is_ok()
        {
            // May wake up early: `park` may too.
            futex::wait(&self.0, PARKED, timeout);
        }
        self.0.swap(EMPTY, Ordering::Acquire);
    }
}

/// Blocks until this thread's token is there, and takes it; may also return for no reason, as std's does.
///
/// ```
/// let me = threadlink::thread::current();
/// let waker = threadlink::spawn(move || me.unpark());
/// threadlink::thread::park();
/// waker.join().unwrap();
/// ```
pub fn park() {
    current().token().park(None);
}

/// Like [`park`], but no longer than `timeout`.
///
/// ```
/// use std::time::Duration;
///
/// threadlink::thread::current().unpark();
/// threadlink::thread::park_timeout(Duration::from_secs(3600)); // returns at once
/// ```
pub fn park_timeout(timeout: Duration) {
    current().token().park(Some(timeout));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_left_before_is_taken_at_once_and_only_once() {
        let token = Token::new();
        token.unpark();
        token.unpark();
        token.park(None);
        assert_eq!(token.0.load(Ordering::Relaxed), EMPTY);
        token.park(Some(Duration::from_millis(1)));
        assert_eq!(token.0.load(Ordering::Relaxed), EMPTY);
    }

    #[test]
    fn ping_pong_loses_no_wakeup() {
        let ping = Token::new();
        let pong = Token::new();
        let turns = AtomicU32::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for turn in 0..1_000 {
                    while turns.load(Ordering::Acquire) != turn * 2 + 1 {
                        ping.park(None);
                    }
                    turns.fetch_add(1, Ordering::Release);
                    pong.unpark();
                }
            });
            for turn in 0..1_000 {
                turns.fetch_add(1, Ordering::Release);
                ping.unpark();
                while turns.load(Ordering::Acquire) != turn * 2 + 2 {
                    pong.park(None);
                }
            }
        });
        assert_eq!(turns.load(Ordering::Relaxed), 2_000);
    }
}
