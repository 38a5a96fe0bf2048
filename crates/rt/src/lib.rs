//! The runtime of a threadlink guest: threads on `wasm32-unknown-unknown`, without std.

#![no_std]

mod request;
mod work;

pub use self::request::{Request, Shell};
pub use self::work::{Kept, Work};
