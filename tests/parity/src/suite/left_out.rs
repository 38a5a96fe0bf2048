//! Which of std's tests are not run, and why.
//!
//! The rule: a test that mentions one of [`WORDS`] is left out. [`LEFT_OUT`] lists what that comes to; a test of this
//! package compares the two, so that nothing is left out unseen. [`PANIC`] is what a build with abort leaves out.

/// Names that only unstable or inner parts of std have, and what they are.
pub const WORDS: [(&str, &str); 10] = [
    (
        "nonpoison",
        "std::sync::nonpoison is not stable: the other half, with poison, is run",
    ),
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

/// What the rule leaves out: the case, and the word that it mentions.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("condvar::nonpoison_notify_all", "nonpoison"),
    ("condvar::nonpoison_notify_one", "nonpoison"),
    ("condvar::nonpoison_test_mutex_arc_condvar", "nonpoison"),
    ("condvar::nonpoison_timeout_nanoseconds", "nonpoison"),
    ("condvar::nonpoison_wait_timeout_wait", "nonpoison"),
    ("condvar::nonpoison_wait_timeout_wake", "nonpoison"),
    (
        "condvar::nonpoison_wait_timeout_while_instant_satisfy",
        "nonpoison",
    ),
    ("condvar::nonpoison_wait_timeout_while_wait", "nonpoison"),
    ("condvar::nonpoison_wait_timeout_while_wake", "nonpoison"),
    ("condvar::nonpoison_wait_while", "nonpoison"),
    ("mpsc_sync::send_timeout", "send_timeout"),
    ("mutex::test_mutex_with_mut", "nonpoison"),
    ("rwlock::nonpoison_test_rwlock_try_write", "nonpoison"),
    ("rwlock::test_rwlock_with", "nonpoison"),
    ("rwlock::test_rwlock_with_mut", "nonpoison"),
    ("thread::sleep_until", "sleep_until"),
    ("thread_unit::scope_join_race", "miri"),
    ("thread_unit::test_named_thread_truncation", "libc"),
    ("thread_unit::test_thread_os_id_not_equal", "current_os_id"),
    (
        "time::system_time_duration_since_max_range_on_unix",
        "SystemTime :: MAX",
    ),
    ("time::system_time_max_min", "SystemTime :: MAX"),
    ("time::system_time_saturating", "SystemTime :: MAX"),
];

/// Cases that have to panic. A build with abort has no way to go on behind them: they are left out there, beside those
/// that std's own attributes leave out.
pub const PANIC: &[&str] = &[
    "lazy_lock::lazy_lock_deref_mut_panic",
    "thread_unit::test_invalid_named_thread",
];
