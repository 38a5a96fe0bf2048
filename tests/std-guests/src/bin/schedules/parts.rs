//! What the programs are made of: variables that any thread may read and write, and threads that are started together.

use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::thread::{self, Builder};

/// A program.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// `panic` or `deadlock`, as it has a bug that shows like that under some schedules, or `well`.
    pub(crate) ends: &'static str,
    pub(crate) main: fn(),
}

/// One that panics under some schedules.
pub(crate) const fn panics(name: &'static str, main: fn()) -> Program {
    let ends = "panic";
    Program { name, ends, main }
}

/// One that comes to a deadlock under some.
pub(crate) const fn deadlocks(name: &'static str, main: fn()) -> Program {
    let ends = "deadlock";
    Program { name, ends, main }
}

/// One that ends well under all.
pub(crate) const fn well(name: &'static str, main: fn()) -> Program {
    let ends = "well";
    Program { name, ends, main }
}

/// A variable without a lock.
#[derive(Default)]
pub(crate) struct Var(AtomicI64);

impl Var {
    pub(crate) const fn new(value: i64) -> Self {
        Self(AtomicI64::new(value))
    }

    pub(crate) fn get(&self) -> i64 {
        self.0.load(SeqCst)
    }

    pub(crate) fn set(&self, value: i64) {
        self.0.store(value, SeqCst);
    }

    /// Reads, adds, and writes: not as one.
    pub(crate) fn bump(&self, by: i64) {
        self.set(self.get() + by);
    }

    /// Adds as one; returns what there was.
    pub(crate) fn add(&self, by: i64) -> i64 {
        self.0.fetch_add(by, SeqCst)
    }

    pub(crate) fn swap(&self, value: i64) -> i64 {
        self.0.swap(value, SeqCst)
    }

    pub(crate) fn replace(&self, old: i64, new: i64) -> bool {
        self.0.compare_exchange(old, new, SeqCst, SeqCst).is_ok()
    }
}

pub(crate) type Work<'a> = (String, Box<dyn FnOnce() + Send + 'a>);

/// What a thread of this name does.
pub(crate) fn work<'a>(name: &str, work: impl FnOnce() + Send + 'a) -> Work<'a> {
    (name.to_owned(), Box::new(work))
}

/// Starts these, in this order, and waits for all.
pub(crate) fn together<'a>(works: impl IntoIterator<Item = Work<'a>>) {
    thread::scope(|scope| {
        for (name, work) in works {
            let started = Builder::new().name(name).spawn_scoped(scope, work);
            started.expect("a thread starts");
        }
    });
}
