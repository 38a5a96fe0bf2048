//! Sleep while a word has a value: wasm's own wait and notify.

use core::arch::wasm32;
use core::sync::atomic::AtomicU32;
use core::time::Duration;

/// What `memory.atomic.wait32` says when the time is over.
const TIMED_OUT: i32 = 2;

/// Nanoseconds, 146 years, that are as good as any longer time: to Firefox (version 140) 292 years are over at once.
const LONGEST: i64 = 1 << 62;

/// Sleeps while `*word == expected`, until woken or for `timeout`. False means that the time is over.
///
/// As with every futex, true says nothing about the word's value now.
pub fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) -> bool {
    // A negative timeout is none.
    let nanos = timeout.map_or(-1, |timeout| {
        i64::try_from(timeout.as_nanos()).map_or(LONGEST, |nanos| nanos.min(LONGEST))
    });
    // SAFETY: the word is borrowed, aligned, and in shared memory, like all memory of this module.
    let outcome =
        unsafe { wasm32::memory_atomic_wait32(word.as_ptr().cast(), expected.cast_signed(), nanos) };
    outcome != TIMED_OUT
}

/// Wakes one thread that sleeps on `word`, if there is one.
pub fn wake_one(word: &AtomicU32) {
    notify(word, 1);
}

/// Wakes every thread that sleeps on `word`.
pub fn wake_all(word: &AtomicU32) {
    notify(word, u32::MAX);
}

fn notify(word: &AtomicU32, count: u32) {
    // SAFETY: as in `wait`.
    unsafe { wasm32::memory_atomic_notify(word.as_ptr().cast(), count) };
}
