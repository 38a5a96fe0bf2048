//! `cargo xtask crates`: what becomes of other people's crates on a guest.
//!
//! | file | |
//! |---|---|
//! | `options.rs` | what was asked for |
//! | `guest.rs` | the cargo that builds and runs guests: all that is known of it is here |
//! | `limited.rs` | runs a command that may take so long and no longer |
//! | `seen.rs` | what earlier runs have seen, so that one that was cut off goes on where it was |
//! | `place.rs` | where files are; `lock.rs` which versions are meant |
//! | `programs/` | a program for each crate: the list, the workspace that is made of it, what became of one |
//! | `suites/` | crates' own tests: the list, their sources, what passed natively and on a guest |
//! | `explored/` | these tests under schedules, and the examples: the list, what was found in which |
//! | `document.rs` | docs/crates.md, and a table of docs/explore.md |

#![forbid(unsafe_code)]

mod document;
mod explored;
mod guest;
mod limited;
mod lock;
mod options;
mod place;
mod programs;
mod seen;
mod suites;

use std::process::ExitCode;

use crate::guest::Guest;
use crate::options::Options;

fn main() -> ExitCode {
    let done = Options::read(std::env::args().skip(1)).and_then(|options| {
        let guest = Guest::new(&options)?;
        if options.explored {
            explored::run(&guest, &options)
        } else if options.suites {
            suites::run(&guest, &options)
        } else {
            programs::run(&guest, &options)
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
