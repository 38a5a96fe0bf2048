//! Makes the standard library that guests are built on, from the compiler's own source, and keeps it in the user's cache.
//!
//! A [`Compiler`] and a [`Variant`] name a sysroot; a [`Cache`] has it, or makes it.
//!
//! | file | |
//! |---|---|
//! | `variant.rs` | which std it is: threaded or plain, how it panics, whether its locks are traced |
//! | `compiler.rs` | what a compiler says of itself, and where its source is |
//! | `identity.rs` | the name of a sysroot: a hash of all that it is made from |
//! | `cache.rs` | finds it, or has it made by one process while the others wait |
//! | `layout.rs` | where things are in a sysroot |
//! | `stamp.rs` | the list of what belongs to it |
//! | `make.rs` | the steps from source to sysroot; `source.rs` copies, `runtime.rs` puts our crates beside std, `build.rs` runs cargo, `objects.rs` compiles what is linked besides std |
//! | `patch/` | what makes std a std with threads |
//! | `link/` | links to the compiler's own folders |

#![forbid(unsafe_code)]

mod build;
mod cache;
mod compiler;
mod error;
mod identity;
mod layout;
mod link;
mod make;
mod objects;
mod patch;
mod runtime;
mod source;
mod stamp;
mod variant;

pub use cache::{Cache, Kept, Made};
pub use compiler::Compiler;
pub use error::Error;
pub use identity::Identity;
pub use patch::Misfit;
pub use variant::{Std, Variant};

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
