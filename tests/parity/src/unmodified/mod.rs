//! std's own integration tests as they are, run on a guest: by std's own libtest, on the std with threads.
//!
//! [`project`] writes a project below `target/` whose tests are std's files, read where the toolchain has them. [`run`] builds
//! and runs it through the `threadlink` command, a suite after the other. [`expected`] says which tests do not pass, and why;
//! one that passes though it is on that list is as wrong as one that fails and is not.

pub mod expected;
pub mod outcome;
pub mod project;
pub mod run;

/// Tests that are one crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suite {
    /// The crate.
    pub name: &'static str,
    /// Its file, from the folder that has all of std's source.
    pub path: &'static str,
    /// What has to stand before the file: unstable parts of std that std's own build switches on.
    pub before: &'static str,
    /// How many of its tests pass at least, where panics unwind.
    pub least: usize,
}

/// The suites, the shortest last.
pub const SUITES: [Suite; 10] = [
    Suite {
        before: "#![feature(sync_poison_mod)]\n",
        ..suite("sync", "std/tests/sync/lib.rs", 335)
    },
    suite("thread", "std/tests/thread.rs", 5),
    suite("thread_local", "std/tests/thread_local/lib.rs", 12),
    suite("time", "std/tests/time.rs", 13),
    suite("alloctests", "alloctests/tests/lib.rs", 1300),
    suite("panic", "std/tests/panic.rs", 1),
    suite("env", "std/tests/env.rs", 4),
    suite("env_modify", "std/tests/env_modify.rs", 6),
    suite("error", "std/tests/error.rs", 14),
    suite("num", "std/tests/num.rs", 25),
];

const fn suite(name: &'static str, path: &'static str, least: usize) -> Suite {
    Suite {
        name,
        path,
        before: "",
        least,
    }
}

/// The suites that are about threads and what they wait for.
#[must_use]
pub fn of_threads() -> Vec<Suite> {
    let names = ["sync", "thread", "thread_local", "time"];
    SUITES
        .into_iter()
        .filter(|suite| names.contains(&suite.name))
        .collect()
}
