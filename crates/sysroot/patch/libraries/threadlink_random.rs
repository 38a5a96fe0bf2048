//! Random bytes for crates that leave out on this target what they draw with elsewhere. Each is told that it has a dependency, and
//! is given this crate under that one's name.
//!
//! - fastrand calls `fill` of getrandom, which before 0.3 was called `getrandom`.
//! - uuid calls the same function of a crate of its own that hands getrandom on.

#![no_std]

use core::error::Error as ErrorTrait;
use core::fmt;

#[link(wasm_import_module = "threadlink")]
unsafe extern "C" {
    fn random_get(bytes: *mut u8, count: usize) -> i32;
}

/// The host gave none.
#[derive(Clone, Copy, Debug)]
pub struct Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host gave no random bytes")
    }
}

impl ErrorTrait for Error {}

/// Fills all of it.
///
/// # Errors
/// The host gives none.
pub fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    // SAFETY: there are as many bytes.
    match unsafe { random_get(bytes.as_mut_ptr(), bytes.len()) } {
        0 => Ok(()),
        _ => Err(Error),
    }
}

/// The same by its older name.
///
/// # Errors
/// The host gives none.
pub fn getrandom(bytes: &mut [u8]) -> Result<(), Error> {
    fill(bytes)
}

/// As uuid's own crate has it.
#[doc(hidden)]
pub mod __private {
    /// What that hands on.
    pub mod getrandom {
        pub use crate::fill;
    }
}
