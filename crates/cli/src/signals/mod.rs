//! The signals that end a run: Ctrl-C and SIGTERM, where there are signals.

#[cfg(not(unix))]
mod none;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use none::Signals;
#[cfg(unix)]
pub(crate) use unix::Signals;
