//! Raw locks: what [`lock_api`](https://docs.rs/lock_api) builds mutexes and read-write locks from.
//!
//! [`RawTracing`] wraps any raw mutex, [`RawTracingRw`] any raw read-write lock, so that their operations are seen
//! by the host.

mod held;
mod mutex;
mod rwlock;
mod timed;
mod upgrade;

pub use self::held::Held;
pub use self::mutex::RawTracing;
pub use self::rwlock::RawTracingRw;
