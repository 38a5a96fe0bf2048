//! Links to folders of the compiler, so that a sysroot has what is not ours.

#[cfg(unix)]
#[path = "unix.rs"]
mod imp;
#[cfg(not(unix))]
#[path = "other.rs"]
mod imp;

pub(crate) use self::imp::folder;
