//! What a thread says of locks that it has dropped: words in its control block, which a host reads when the thread calls a
//! hook. `on.rs` and `off.rs` define the same names; untraced builds have neither the words nor the code.

#[cfg(feature = "tracing")]
mod on;
#[cfg(feature = "tracing")]
pub(super) use self::on::Ended;

#[cfg(not(feature = "tracing"))]
mod off;
#[cfg(not(feature = "tracing"))]
pub(super) use self::off::Ended;
