//! Becomes another program, and ends as one did.

#[cfg(unix)]
#[path = "unix.rs"]
mod imp;
#[cfg(not(unix))]
#[path = "other.rs"]
mod imp;

pub(crate) use self::imp::{code, exec, link};
