//! Whose a file or a folder is, and who else could write it.

#[cfg(not(unix))]
mod none;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use none::{create, folder, make, open};
#[cfg(unix)]
pub(super) use unix::{create, folder, make, open};
