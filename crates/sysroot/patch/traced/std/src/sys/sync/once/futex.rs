//! std's own `Once`, which says what is done with it: who runs the initialisation has it locked, and who waits for the end of
//! that is a reader. Who finds it done comes after who did it, and says so the first time, as of a message.

#[path = "untraced.rs"]
mod untraced;

use crate::cell::Cell;
use crate::sync as public;
use crate::sync::once::OnceExclusiveState;
use crate::sys::{guest, message};
use threadlink_rt::traced::{LockWords, OP_BLOCKING, OP_TRY};

pub use untraced::OnceState;

/// The `Once` inside.
pub type QuietOnce = untraced::Once;

#[repr(C)]
pub struct Once {
    // Hosts know it by their address.
    words: LockWords,
    inner: untraced::Once,
}

impl Once {
    #[inline]
    #[track_caller]
    #[rustc_allow_const_fn_unstable(rustc_private)]
    pub const fn new() -> Once {
        Once { words: LockWords::part_of(guest::SOURCE, "std::sync::Once"), inner: untraced::Once::new() }
    }

    // Asked for since 1.97.
    #[inline]
    #[track_caller]
    #[allow(dead_code)]
    #[rustc_allow_const_fn_unstable(rustc_private)]
    pub const fn new_complete() -> Once {
        Once { words: LockWords::part_of(guest::SOURCE, "std::sync::Once"), inner: untraced::Once::done() }
    }

    #[inline]
    pub fn is_completed(&self) -> bool {
        let completed = self.inner.is_completed();
        if completed {
            self.found();
        }
        completed
    }

    /// The calling thread has found it done.
    #[inline]
    fn found(&self) {
        if is_news(&self.words) {
            message::found(self.words.address());
        }
    }

    #[inline]
    pub(crate) fn state(&mut self) -> OnceExclusiveState {
        self.inner.state()
    }

    #[inline]
    pub(crate) fn set_state(&mut self, new_state: OnceExclusiveState) {
        self.inner.set_state(new_state);
    }

    #[cold]
    #[track_caller]
    pub fn wait(&self, ignore_poisoning: bool) {
        let waits = Waits::if_it_runs(&self.words);
        self.inner.wait(ignore_poisoning);
        drop(waits);
        self.found();
    }

    #[cold]
    #[track_caller]
    pub fn call(&self, ignore_poisoning: bool, f: &mut dyn FnMut(&public::OnceState)) {
        let waits = Waits::if_it_runs(&self.words);
        let place = crate::panic::Location::caller();
        self.inner.call(ignore_poisoning, &mut |state| {
            waits.end();
            let _runs = Runs::here(&self.words, place);
            f(state);
        });
        drop(waits);
        self.found();
    }
}

/// The numbers of those that the calling thread has told of, each at a place of its own: a forgotten one is told of again.
#[thread_local]
static TOLD: [Cell<u32>; 16] = [const { Cell::new(0) }; 16];

/// Whether the calling thread has not told before that this one is done. One that nobody has run has no number, nor has std's own.
#[inline]
fn is_news(words: &LockWords) -> bool {
    let number = words.number();
    // Numbers are even.
    let told = &TOLD[number as usize / 2 % TOLD.len()];
    number != 0 && told.replace(number) != number
}

/// The calling thread runs the initialisation, until this is dropped.
struct Runs<'a>(&'a LockWords);

impl<'a> Runs<'a> {
    fn here(words: &'a LockWords, place: &'static crate::panic::Location<'static>) -> Self {
        words.start_lock_at(OP_TRY, place);
        words.finish_lock();
        Runs(words)
    }
}

impl Drop for Runs<'_> {
    fn drop(&mut self) {
        // Also of one that panics: whoever runs it next comes after that.
        if self.0.number() != 0 {
            is_news(self.0);
            message::sends(self.0.address());
        }
        self.0.start_unlock().tell();
    }
}

/// The calling thread waits for the one that runs the initialisation, until this is dropped.
struct Waits<'a> {
    words: &'a LockWords,
    told: Cell<bool>,
}

impl<'a> Waits<'a> {
    #[track_caller]
    fn if_it_runs(words: &'a LockWords) -> Self {
        let told = words.is_held();
        if told {
            words.start_read(OP_BLOCKING);
        }
        Waits { words, told: Cell::new(told) }
    }

    fn end(&self) {
        if self.told.replace(false) {
            self.words.finish_read();
            self.words.start_read_unlock().tell();
        }
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.end();
    }
}
