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

    /// Text.
    #[must_use]
    pub fn text() -> &'static str {
        stringify!(Mutex::new)
    }
}

/// An entry point.
#[threadlink::export]
pub fn entry() {
    drop(Locks::new(1));
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
    assert_eq!(program::main(), std::process::ExitCode::SUCCESS);
    assert_eq!(Locks::more().len(), 1);
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
