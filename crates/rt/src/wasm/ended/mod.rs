//! What a control block has in traced builds only: what a thread says of locks that it has dropped, words that a host reads
//! when the thread calls a hook, and room for hosts. `on.rs` and `off.rs` define the same names; untraced builds have neither
//! the words nor the code.

#[cfg(feature = "tracing")]
mod on;
#[cfg(feature = "tracing")]
pub(super) use self::on::{Ended, Room};

#[cfg(not(feature = "tracing"))]
mod off;
#[cfg(not(feature = "tracing"))]
pub(super) use self::off::{Ended, Room};
