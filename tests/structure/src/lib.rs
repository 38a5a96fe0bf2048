//! Holds the workspace to the plan of `docs/architecture.md`: no file needs another that needs it back ([`circles`]),
//! each crate depends only on those that it may depend on ([`layers`]), and no crate is compiled twice for its [`features`].
//! `cargo xtask structure` runs all of them.
//! `cargo xtask package` makes the [`packages`].
//!
//! # What is seen
//! All paths in the code: imports with their braces, globs and new names, paths in expressions, types, patterns and
//! attributes, and what looks like a path among the tokens of a macro. Re-exports are followed to the file that defines the
//! item. A method is seen through the trait that had to be imported for it, and
//! where one of a type's own methods calls another, in an `impl` in some other file, on `self`. Another call of such a method
//! is not seen, as no path leads there. Code for tests alone is left out, and needs under conditions that exclude each
//! other make no circle.

#![forbid(unsafe_code)]

pub mod circles;
mod condition;
pub mod features;
mod graph;
pub mod layers;
pub mod packages;
mod paths;
mod resolve;
mod strays;
mod tokens;
mod tree;
pub mod workspace;

use std::path::Path;

/// How the text of a file is found.
pub type Read<'a> = &'a dyn Fn(&Path) -> Option<String>;
