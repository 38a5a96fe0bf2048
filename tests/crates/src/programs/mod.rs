//! A program for each crate, built and run as a guest.

mod list;
mod outcome;
mod workspace;

use crate::document::{self, Document};
use crate::guest::Guest;
use crate::lock::Lock;
use crate::options::Options;
use crate::place;
use crate::seen::{self, Seen};

use list::Program;
pub(crate) use list::{List, State};
use outcome::Outcome;
use workspace::Workspace;

/// Which versions the programs are built with.
pub(crate) const LOCK: &str = "programs.lock";

/// Builds and runs those that are meant and were not yet seen to be as expected, and writes the document once all are.
pub(crate) fn run(guest: &Guest, options: &Options) -> Result<(), String> {
    let list = List::read()?;
    let workspace = Workspace::make(&list)?;
    let versions = place::read(&place::own().join(LOCK)).unwrap_or_default();
    let of = |program: &Program| seen::of(&[&guest.which(), &versions, &format!("{program:?}")]);
    let mut seen = Seen::read("programs", options.again);
    let mut wrong = Vec::new();
    let meant: Vec<_> = list
        .programs
        .iter()
        .filter(|program| options.means(&program.id()))
        .collect();
    for (number, program) in meant.iter().enumerate() {
        let (id, of) = (program.id(), of(program));
        let place = format!("{:3}/{} {id}", number + 1, meant.len());
        if let Some(found) = seen.found(&id, of) {
            println!("{place} {found}, as was seen before");
            continue;
        }
        let outcome = workspace.try_out(guest, program)?;
        if outcome.is(program) {
            println!("{place} {outcome}");
            seen.keep(&id, of, &outcome.to_string())?;
            continue;
        }
        println!("{place} {outcome}  <- not as expected");
        if let Outcome::Fails(said) = &outcome {
            println!("{said}");
        }
        wrong.push(id);
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
    let unseen = |program: &&Program| seen.found(&program.id(), of(program)).is_none();
    let unseen = list.programs.iter().filter(unseen).count();
    if unseen > 0 {
        println!("{unseen} others are still to be tried before the document is written");
        return Ok(());
    }
    document::put(
        Document::Crates,
        "programs",
        &document::programs(&list, &Lock::read(&place::read(&place::own().join(LOCK))?)?)?,
        options.check,
    )
}
