//! std's own tests, run on threadlink.
//!
//! The tests are read where the toolchain has them. `rewrite.rs` changes the paths in them (`std::sync` becomes
//! `threadlink::sync`), turns the test functions into a table of cases, and takes out those that need what is not
//! stable: `left_out.rs` has the rule and the list. `package.rs` writes a package below `target/`, for which
//! `template/` has the rest: a main function and a random generator. `run.rs` runs it, a case after the other, and
//! goes on behind a case that brings the program down.

mod imports;
mod left_out;
mod package;
mod rewrite;
mod run;

pub use left_out::{LEFT_OUT, PANIC, WORDS};
pub use package::{Against, Package, write};
pub use run::{Report, Verdict, run};

/// A file of std's tests.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// The module that it becomes.
    pub module: &'static str,
    /// Where it is, from `library/std`.
    pub path: &'static str,
    /// Whether it stands inside of std, in `std::thread`: there `crate` is std and `super` is `std::thread`.
    pub inside: bool,
}

/// The files: what std's public tests say on threads, locks and time.
pub const SOURCES: [Source; 14] = [
    outside("barrier", "tests/sync/barrier.rs"),
    outside("condvar", "tests/sync/condvar.rs"),
    outside("lazy_lock", "tests/sync/lazy_lock.rs"),
    outside("mpsc", "tests/sync/mpsc.rs"),
    outside("mpsc_sync", "tests/sync/mpsc_sync.rs"),
    outside("mutex", "tests/sync/mutex.rs"),
    outside("once", "tests/sync/once.rs"),
    outside("once_lock", "tests/sync/once_lock.rs"),
    outside("rwlock", "tests/sync/rwlock.rs"),
    outside("thread", "tests/thread.rs"),
    outside("thread_local", "tests/thread_local/tests.rs"),
    outside("thread_local_dynamic", "tests/thread_local/dynamic_tests.rs"),
    Source {
        module: "thread_unit",
        path: "src/thread/tests.rs",
        inside: true,
    },
    outside("time", "tests/time.rs"),
];

const fn outside(module: &'static str, path: &'static str) -> Source {
    Source {
        module,
        path,
        inside: false,
    }
}
