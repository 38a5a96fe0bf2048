//! std's time, which on wasm asks the host's clocks.
//!
//! std's own `Instant::now` and `SystemTime::now` panic on `wasm32-unknown-unknown`. There, [`Instant`],
//! [`SystemTime`] and [`UNIX_EPOCH`] are types of this crate with std's methods and semantics; they reach as far as
//! std's on Unix, 2^63 seconds in both directions. Natively they are std's. Everything else here is std's
//! everywhere: an error of ours is an error of std's.
//!
//! A program that asks for the time needs a host with Threadlink's extensions.
//!
//! ```
//! use threadlink::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
//!
//! let start = Instant::now();
//! assert!(SystemTime::now().duration_since(UNIX_EPOCH).unwrap() > Duration::from_secs(1_000_000_000));
//! assert!(Instant::now() - start >= Duration::ZERO);
//! ```

// Natively these are compiled for their tests only.
#[cfg(any(test, all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))))]
#[cfg_attr(not(target_arch = "wasm32"), allow(unreachable_pub))]
mod instant;
#[cfg(any(test, all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))))]
mod moment;
#[cfg(any(test, all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))))]
#[cfg_attr(not(target_arch = "wasm32"), allow(unreachable_pub))]
mod system_time;

#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
pub use self::{
    instant::Instant,
    system_time::{SystemTime, UNIX_EPOCH},
};

pub use std::time::{Duration, SystemTimeError, TryFromFloatSecsError};
#[cfg(not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))))]
pub use std::time::{Instant, SystemTime, UNIX_EPOCH};

#[cfg(test)]
mod markers {
    //! Compile-time tests: our types are `Copy`, `Ord` and so on like std's.
    same_markers!(super::instant::Instant, std::time::Instant);
    same_markers!(super::system_time::SystemTime, std::time::SystemTime);
}
