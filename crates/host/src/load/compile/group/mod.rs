//! A process group of its own: Ctrl-C is for the host, which then decides about its children.

#[cfg(not(unix))]
mod none;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use none::of_its_own;
#[cfg(unix)]
pub(super) use unix::of_its_own;
