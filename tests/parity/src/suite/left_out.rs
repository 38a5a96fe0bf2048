//! Which of std's tests are not run, and why.
//!
//! The rule: a test that mentions one of [`WORDS`] is left out. [`LEFT_OUT`] lists what that comes to; a test of this
//! package compares the two, so that nothing is left out unseen. The two other lists are of cases that are built
//! everywhere, but cannot pass in one kind of build.

/// Names that only unstable or inner parts of std have, and what they are.
pub(super) const WORDS: [(&str, &str); 10] = [
    ("nonpoison", "std::sync::nonpoison is not stable: the other half, with poison, is run"),
    ("mpmc", "std::sync::mpmc is not stable"),
    ("send_timeout", "SyncSender::send_timeout is not stable"),
    ("sleep_until", "std::thread::sleep_until is not stable"),
    ("current_os_id", "an inner function of std"),
    ("libc", "asks the C library for a thread's name"),
    ("SystemTime :: MAX", "SystemTime::MAX is not stable"),
    ("SystemTime :: MIN", "SystemTime::MIN is not stable"),
    ("saturating_add", "SystemTime::saturating_add is not stable"),
    ("miri", "is compiled by Miri only"),
];

/// A case that is not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// `module::function`.
    pub case: &'static str,
    /// Why, for people.
    pub reason: &'static str,
}

const fn case(case: &'static str, reason: &'static str) -> LeftOut {
    LeftOut { case, reason }
}

/// What the rule leaves out.
pub const LEFT_OUT: &[LeftOut] = &[];

/// Cases that cannot pass on wasm with abort, though std's attributes don't say so.
pub const ABORT: &[LeftOut] = &[];

/// Cases that cannot pass on wasm at all.
pub const NATIVE_ONLY: &[LeftOut] = &[];
