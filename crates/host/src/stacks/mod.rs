//! Native stacks of threads that take turns, kept for the next ones. A schedule has a few threads, each with a stack that the system
//! has to map, to guard and to unmap: without this, a schedule of a small program takes twice the time.

#[cfg(not(unix))]
mod none;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use none::reuse;
#[cfg(unix)]
pub(crate) use unix::reuse;
