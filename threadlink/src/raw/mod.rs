//! Raw locks: what [`lock_api`](https://docs.rs/lock_api) builds mutexes from.
//!
//! [`RawTracing`] wraps any of them so that its operations are seen by the host.

mod tracing;

pub use self::tracing::RawTracing;
