//! Stands in for the tools of a Rust toolchain, so that plain cargo builds guests.
//!
//! | file | |
//! |---|---|
//! | `tool.rs` | by which name it was called |
//! | `choice.rs` | which std is wanted: what is said by the environment, or by the folder that it was called from |
//! | `cargo.rs` | runs the real cargo, and tells it how to run modules; `config.rs` reads cargo's own files |
//! | `compile.rs` | runs a real compiler: unchanged, or with what guests need |
//! | `arguments.rs` | what a compiler was asked for; `added.rs` is what is added to it, `known.rs` what single crates need |
//! | `messages.rs` | leaves out one warning that nobody can do anything about |
//! | `dep_info.rs` | makes cargo build again what another std was used for |
//! | `stand_in.rs` | makes the folder of links that is a toolchain for rustup |
//! | `say.rs`, `exec/` | speaks to the user past cargo; becomes another program |

#![forbid(unsafe_code)]

mod added;
mod arguments;
mod cargo;
mod choice;
mod compile;
mod config;
mod dep_info;
mod exec;
mod known;
mod messages;
mod say;
mod stand_in;
mod tool;

use std::ffi::OsString;

pub use choice::STD_VAR;
pub use stand_in::{StandIn, TRACE_CFG};

use crate::say::say;
use crate::tool::Tool;

/// Does what the program does under whose name this process was started, and ends the process.
///
/// ```no_run
/// // All that the binary `threadlink-rustc` does.
/// threadlink_shim::main()
/// ```
pub fn main() -> ! {
    let mut words = std::env::args_os();
    let called = words.next().unwrap_or_default();
    let words: Vec<OsString> = words.collect();
    let done = match Tool::called(&called) {
        Tool::Cargo => cargo::run(&called, &words),
        Tool::CargoClippy => cargo::clippy(&called, words),
        Tool::Compiler(compiler) => compile::run(compiler, &called, words),
        Tool::Other(name) => compile::hand_on(&name, &words),
    };
    match done {
        Ok(code) => std::process::exit(code),
        Err(why) => {
            say(&format!("error: {why}"));
            std::process::exit(1);
        }
    }
}

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
