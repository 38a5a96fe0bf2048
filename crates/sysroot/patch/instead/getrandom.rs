//! The crate getrandom 0.1 has no random bytes on this target but JavaScript's, and no way to be told of others, as its later versions
//! have. rand 0.7 uses it.

#![no_std]

#[cfg(feature = "std")]
extern crate std;

use core::fmt;
use core::num::NonZeroU32;

#[link(wasm_import_module = "threadlink")]
unsafe extern "C" {
    fn random_get(bytes: *mut u8, count: usize) -> i32;
}

/// Why there are none: a number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(NonZeroU32);

impl Error {
    #[deprecated(since = "0.1.7")]
    pub const UNKNOWN: Error = NONE;
    #[deprecated(since = "0.1.7")]
    pub const UNAVAILABLE: Error = NONE;
    /// Numbers below are the system's.
    pub const INTERNAL_START: u32 = 1 << 31;
    /// Numbers from here on are anybody's.
    pub const CUSTOM_START: u32 = Self::INTERNAL_START + (1 << 30);

    /// The system's number, if it is one.
    pub fn raw_os_error(self) -> Option<i32> {
        let code = self.0.get();
        if code < Self::INTERNAL_START { Some(code as i32) } else { None }
    }

    /// The number.
    pub fn code(self) -> NonZeroU32 {
        self.0
    }
}

/// The host gave none.
const NONE: Error = Error(NonZeroU32::new(Error::INTERNAL_START).unwrap());

impl From<NonZeroU32> for Error {
    fn from(code: NonZeroU32) -> Self {
        Self(code)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Error").field(&self.0).finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == NONE {
            f.write_str("the host gave no random bytes")
        } else {
            write!(f, "error {}", self.0)
        }
    }
}

#[cfg(feature = "std")]
impl std::error::Error for Error {}

#[cfg(feature = "std")]
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        match error.raw_os_error() {
            Some(code) => Self::from_raw_os_error(code),
            None => Self::other(error),
        }
    }
}

/// Fills all of it.
///
/// # Errors
/// The host gives none.
pub fn getrandom(bytes: &mut [u8]) -> Result<(), Error> {
    // SAFETY: there are as many bytes.
    match unsafe { random_get(bytes.as_mut_ptr(), bytes.len()) } {
        0 => Ok(()),
        _ => Err(NONE),
    }
}
