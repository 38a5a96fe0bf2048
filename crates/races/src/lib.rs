//! Data races by happens-before: the part of a race detector that needs no engine.
//!
//! Whoever runs a program, one thread at a time, tells a [`Detector`] what its threads do with memory. Two accesses of a byte by
//! two threads are a [`Race`] if one of them writes, not both are atomic, and nothing orders them: no release that an acquire has
//! seen, no start or end of a thread. It does not matter how far apart they were, so a race is found in an execution in which
//! nothing went wrong.
//!
//! Each thread has a clock that counts its own releases, and knows how far it has seen those of the others
//! (vector clocks). Of each byte those accesses are remembered, each with its thread and count, that a later one could
//! race with: as a rule one, the last write. All that has a [budget](Detector::new): where it is used up, what is remembered of
//! accesses is forgotten, so that a race may be missed, and none is told that is none.

mod access;
mod clock;
mod detector;
mod held;
mod order;
mod shadow;
mod slot;
mod threads;
mod words;

pub use access::{Access, Nearby, Place, Race};
pub use detector::{Detector, Step};
pub use order::Order;
pub use slot::Slot;
