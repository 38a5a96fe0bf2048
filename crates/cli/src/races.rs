//! Data races: how a module is loaded that is to tell of them, and how they are told.

use serde::Serialize;
use threadlink_host::{Explorable, Library, Race, RaceAccess};
use threadlink_toolchain::{Machine, System as _, detect};

use crate::output;

/// The exit code of a program that has raced, as with `ThreadSanitizer`.
pub(crate) const RACED: i32 = 66;

/// Where the source of std is, as far as that is known: of the compiler that guests are built with.
pub(crate) fn libraries() -> Vec<Library> {
    let found = || {
        let toolchain = detect(&Machine::new()).ok()?;
        let version = Machine::new().output(&toolchain.rustc, &["-vV"])?;
        let commit = version
            .lines()
            .find_map(|line| line.strip_prefix("commit-hash: "))?;
        Some(Library {
            commit: commit.trim().to_owned(),
            folder: toolchain.library()?,
        })
    };
    found().into_iter().collect()
}

/// Says what is not known of a module.
pub(crate) fn note(program: &Explorable) {
    for sentence in program.unknown_of_races() {
        output::tell(format_args!("note: {sentence} (docs/races.md)"));
    }
}

/// A race, as JSON has it.
#[derive(Serialize)]
pub(crate) struct Told {
    address: u32,
    memory: Option<String>,
    accesses: [ToldAccess; 2],
    nearby: Vec<String>,
}

#[derive(Serialize)]
struct ToldAccess {
    kind: String,
    bytes: Option<u32>,
    order: Option<String>,
    thread: String,
    place: Option<String>,
    backtrace: Vec<String>,
    locks: Vec<ToldLock>,
}

/// A lock that a thread had.
#[derive(Serialize)]
struct ToldLock {
    address: u32,
    place: String,
}

impl Told {
    pub(crate) fn of(race: &Race) -> Self {
        Self {
            address: race.address,
            memory: race.memory.clone(),
            accesses: [ToldAccess::of(&race.earlier), ToldAccess::of(&race.later)],
            nearby: race.nearby.clone(),
        }
    }
}

impl ToldAccess {
    fn of(access: &RaceAccess) -> Self {
        Self {
            kind: access.kind.clone(),
            bytes: access.bytes,
            order: access.order.clone(),
            thread: access.thread.clone(),
            place: access.place.clone(),
            backtrace: access
                .backtrace
                .iter()
                .map(|line| line.trim().to_owned())
                .collect(),
            locks: access
                .locks
                .iter()
                .map(|(address, place)| ToldLock {
                    address: *address,
                    place: place.clone(),
                })
                .collect(),
        }
    }
}
