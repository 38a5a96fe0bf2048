//! What parking waits for: one token a thread, which `unpark` leaves and `park` takes.
//!
//! | state | means | `unpark` makes of it | `park` makes of it |
//! |---|---|---|---|
//! | `EMPTY` | no token, nobody sleeps | `PRESENT` | `PARKED`, and sleeps |
//! | `PRESENT` | the token is there | `PRESENT` | `EMPTY`, and returns |
//! | `PARKED` | the owner sleeps or is about to | `PRESENT`, and wakes it | cannot be: one owner |
//!
//! # Ordering
//! Every `unpark` writes, also where the token was there before: its swap is a release, and being a
//! read-modify-write it continues the release sequences of those before it. So the `park` that takes the token
//! synchronises with all of them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::primitive::{const_unless_loom, futex, needed};

/// The token of one thread, and whether the thread sleeps for it.
pub(super) struct Token(futex::Word);

const EMPTY: u32 = 0;
const PRESENT: u32 = 1;
const PARKED: u32 = 2;

impl Token {
    const_unless_loom! {
        pub(super) const fn new() -> Self {
            Self(futex::Word::new(EMPTY))
        }
    }

    /// What the hooks call it.
    #[inline]
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Leaves the token. A release: what was done before is visible to whoever takes it.
    pub(super) fn unpark(&self) {
        if self.0.swap(PRESENT, needed("token-unpark", Ordering::Release)) == PARKED {
            futex::wake_one(&self.0);
        }
    }

    /// Takes the token, waiting for it until the timeout. Only the thread that owns the token calls this.
    ///
    /// Without a timeout it returns with the token only. With one it may return early: the time that is left after
    /// a wake-up for no reason is not known on every platform. Says whether it has the token.
    pub(super) fn park(&self, timeout: Option<Duration>) -> bool {
        loop {
            if self.take() {
                return true;
            }
            if self
                .0
                .compare_exchange(EMPTY, PARKED, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
            {
                futex::wait(&self.0, PARKED, timeout);
                let taken = self.take();
                if taken || timeout.is_some() {
                    return taken;
                }
            }
        }
    }

    /// Leaves `EMPTY`; whether the token was there.
    fn take(&self) -> bool {
        self.0.swap(EMPTY, needed("token-park", Ordering::Acquire)) == PRESENT
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

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
    fn no_time_and_all_the_time_are_timeouts() {
        let token = Token::new();
        token.park(Some(Duration::ZERO));
        // A token that is there is taken whatever the timeout; and nothing overflows.
        for timeout in [Duration::ZERO, Duration::MAX] {
            token.unpark();
            token.park(Some(timeout));
            assert_eq!(token.0.load(Ordering::Relaxed), EMPTY);
        }
        std::thread::scope(|scope| {
            let sleeper = scope.spawn(|| token.park(Some(Duration::MAX)));
            token.unpark();
            sleeper.join().unwrap();
        });
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
