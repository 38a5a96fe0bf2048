//! A program for each crate, built and run as a guest.

mod list;
mod outcome;
mod workspace;

use crate::document;
use crate::guest::Guest;
use crate::lock::Lock;
use crate::options::Options;
use crate::place;

pub(crate) use list::{List, State};
use outcome::Outcome;
use workspace::Workspace;

/// Which versions the programs are built with.
pub(crate) const LOCK: &str = "programs.lock";

/// Builds and runs those that are meant, and writes the document if all were.
pub(crate) fn run(guest: &Guest, options: &Options) -> Result<(), String> {
    let list = List::read()?;
    let workspace = Workspace::make(&list)?;
    let mut wrong = Vec::new();
    let meant: Vec<_> = list
        .programs
        .iter()
        .filter(|program| options.means(&program.id()))
        .collect();
    for (number, program) in meant.iter().enumerate() {
        let outcome = workspace.try_out(guest, program)?;
        let as_expected = outcome.is(program);
        println!(
            "{:3}/{} {} {outcome}{}",
            number + 1,
            meant.len(),
            program.id(),
            if as_expected { "" } else { "  <- not as expected" }
        );
        if !as_expected {
            if let Outcome::Fails(said) = &outcome {
                println!("{said}");
            }
            wrong.push(program.id());
        }
    }
    workspace.lock.keep()?;
    if !wrong.is_empty() {
        return Err(format!(
            "{} of {} are not as expected: {}",
            wrong.len(),
            meant.len(),
            wrong.join(", ")
        ));
    }
    if options.filter.is_some() {
        return Ok(());
    }
    document::put(
        "programs",
        &document::programs(&list, &Lock::read(&place::read(&place::own().join(LOCK))?)?)?,
        options.check,
    )
}
