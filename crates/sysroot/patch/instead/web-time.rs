//! The crate web-time stands for std's time, and is that wherever std has the time. On this target it asks JavaScript in its
//! place; a threaded std has the time.

#![no_std]

extern crate std;

pub use std::time::*;
