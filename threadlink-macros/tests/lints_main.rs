//! The strictest lints say no more of `#[threadlink::main]` than of a plain `main`. The test is that this
//! file compiles, and that `cargo clippy --all-targets` finds nothing in it.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    unused,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]

/// Does nothing, in a way that clippy would call too complicated in any other function.
#[threadlink::main(crate = ::threadlink)]
#[cfg(not(any()))]
#[allow(clippy::non_minimal_cfg)]
pub fn main() -> Result<(), String> {
    Ok(())
}
