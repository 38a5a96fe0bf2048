//! A crate with the strictest lints has nothing to say about what the attributes emit. The test is that this
//! file compiles, and that `cargo clippy --all-targets` finds nothing in it.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    unused,
    unused_qualifications,
    unreachable_pub,
    single_use_lifetimes
)]
#![deny(clippy::all, clippy::pedantic)]

use std::sync::{self, Arc, Condvar, Mutex};

use threadlink::traced;

/// Locks in all positions.
#[traced]
#[derive(Debug, Default)]
pub struct Locks {
    /// A lock.
    pub public: Mutex<u8>,
    /// Shared.
    pub shared: Arc<sync::Mutex<String>>,
    /// A bell.
    pub bell: Condvar,
}

#[traced]
impl Locks {
    /// Makes one.
    #[must_use]
    pub fn new(value: u8) -> Self {
        Self {
            public: Mutex::new(value),
            shared: Arc::new(sync::Mutex::new(String::new())),
            bell: Condvar::new(),
        }
    }

    /// Only the lock.
    #[must_use]
    pub const fn public(&self) -> &Mutex<u8> {
        &self.public
    }

    /// Another one, by a name that the body imports.
    #[must_use]
    pub fn more() -> Vec<Mutex<u8>> {
        use std::sync::Mutex;
        vec![Mutex::new(0)]
    }

    /// Locks in variables, made in all ways.
    #[must_use]
    pub fn variables() -> u8 {
        static TOTAL: Mutex<u8> = Mutex::new(1);
        let made = Mutex::new(1);
        let default = Mutex::<u8>::default();
        let converted = sync::RwLock::from(1);
        let list: Vec<_> = (0..1).map(|number| Arc::new(Mutex::new(number + 1))).collect();
        let mapped = Some(1).map(Mutex::new).unwrap_or_default();
        let default_or_not = list.first().map_or_else(Mutex::<u8>::default, |_| Mutex::new(1));
        let bell = Condvar::default();
        let fast = parking_lot::Mutex::new(1);
        let fast_default = parking_lot::RwLock::<u8>::default();
        bell.notify_all();
        let std = [&TOTAL, &made, &default, &mapped, &default_or_not, &*list[0]]
            .map(|lock| lock.lock().map_or(0, |value| *value));
        let converted = converted.read().map_or(0, |value| *value);
        std.iter().sum::<u8>() + converted + *fast.lock() + *fast_default.read()
    }

    /// Text.
    #[must_use]
    pub fn text() -> &'static str {
        stringify!(Mutex::new)
    }
}

/// One of two locks.
#[traced]
#[derive(Debug)]
pub enum Either {
    /// This one.
    One(Mutex<u8>),
    /// The other.
    Other(sync::RwLock<u8>),
}

/// A lock for all.
#[traced]
pub static GLOBAL: Mutex<u8> = Mutex::new(0);

/// A module, with everything turned over.
#[traced(std)]
pub mod whole {
    use std::sync::{self, Arc, Mutex, RwLock};
    use std::thread;
    use std::time::Instant;

    /// Counts on a thread.
    ///
    /// # Panics
    /// If the thread does.
    #[must_use]
    pub fn count() -> u8 {
        let start = Instant::now();
        let count = Arc::new(Mutex::new(RwLock::new(1)));
        let theirs = Arc::clone(&count);
        let thread = thread::spawn(move || *theirs.lock().unwrap().read().unwrap());
        let more = sync::Mutex::new(thread.join().unwrap());
        println!("{:?} {:?}", start.elapsed(), thread::current().id());
        *more.lock().unwrap()
    }
}

mod around {
    pub(super) use std::sync::Mutex;
}

#[traced]
mod behind_a_glob {
    #[allow(clippy::wildcard_imports)]
    use super::around::*;

    pub(super) const fn make() -> Mutex<u8> {
        Mutex::new(1)
    }
}

/// An entry point.
#[threadlink::export]
pub fn entry() {
    drop(Locks::new(1));
}

/// An entry point with numbers.
///
/// # Errors
/// If the sum is too big.
#[threadlink::export]
pub fn add(one: u32, other: u32, saturate: bool) -> Result<u32, String> {
    match one.checked_add(other) {
        Some(sum) => Ok(sum),
        None if saturate => Ok(u32::MAX),
        None => Err("too big".to_owned()),
    }
}

mod program {
    /// A module may have its `main`.
    #[threadlink::main]
    pub(super) fn main() -> Result<(), String> {
        let locks = super::Locks::new(2);
        let value = *locks.public().lock().map_err(|error| error.to_string())?;
        if value == 2 {
            Ok(())
        } else {
            Err(format!("{value} {}", super::Locks::text()))
        }
    }
}

#[test]
fn what_was_emitted_works() {
    entry();
    assert_eq!(add(1, 2, false), Ok(3));
    assert_eq!(whole::count() + *GLOBAL.lock().unwrap(), 1);
    assert_eq!(*behind_a_glob::make().lock().unwrap(), 1);
    let either = [
        Either::One(threadlink::sync::Mutex::new(1)),
        Either::Other(threadlink::sync::RwLock::new(2)),
    ];
    assert!(format!("{either:?}").contains("One"));
    assert_eq!(program::main(), std::process::ExitCode::SUCCESS);
    assert_eq!(Locks::more().len(), 1);
    assert_eq!(Locks::variables(), 7);
}

#[threadlink::test]
fn a_test_of_ours_is_an_ordinary_one() -> Result<(), String> {
    let locks = Locks::new(3);
    let value = *locks.public().lock().map_err(|error| error.to_string())?;
    assert_eq!(value, 3);
    Ok(())
}

#[should_panic(expected = "as it should")]
#[threadlink::test]
fn a_test_may_panic() {
    assert_eq!(Locks::more().len(), 2, "as it should");
}
