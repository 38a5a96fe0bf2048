//! Locks, condition variables, channels and clocks of guests: what they need of a host, and that they work.

use std::collections::BTreeSet;
use std::path::Path;

use harness::{Guest, run_module};
use threadlink_abi::imports::{self as abi, Import};
use wasmparser::{Parser, Payload};

/// Every import but the memory, as `module.name`.
fn imports(module: &Path) -> BTreeSet<String> {
    let bytes = std::fs::read(module).unwrap();
    let mut found = BTreeSet::new();
    for payload in Parser::new(0).parse_all(&bytes) {
        if let Payload::ImportSection(section) = payload.unwrap() {
            for import in section.into_imports() {
                let import = import.unwrap();
                found.insert(format!("{}.{}", import.module, import.name));
            }
        }
    }
    assert!(found.remove("env.memory"));
    found
}

fn names(lists: &[&[Import]]) -> BTreeSet<String> {
    let name = |import: &Import| format!("{}.{}", import.module, import.name);
    lists.iter().copied().flatten().map(name).collect()
}

const SPAWN: [Import; 3] = [abi::THREAD_CREATE, abi::THREAD_JOIN, abi::PANIC];
const LOCK: [Import; 4] = [
    abi::START_LOCK,
    abi::FINISH_LOCK,
    abi::START_UNLOCK,
    abi::FINISH_UNLOCK,
];
const READ: [Import; 4] = [
    abi::START_READ,
    abi::FINISH_READ,
    abi::START_READ_UNLOCK,
    abi::FINISH_READ_UNLOCK,
];
const WAIT: [Import; 3] = [abi::START_WAIT, abi::FINISH_WAIT, abi::NOTIFY];

fn runs(guest: &Guest) {
    let ran = run_module(&guest.build(), &[]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, ""),
        "{guest:?}: {}{}",
        ran.stdout,
        ran.stderr
    );
}

#[test]
fn untraced_locks_need_part_a_and_nothing_else() {
    for guest in ["locks", "waits"] {
        for profile in [&[][..], &["--release"]] {
            let guest = Guest::bin(guest).with(profile);
            assert_eq!(imports(&guest.build()), names(&[&SPAWN]), "{guest:?}");
        }
    }
}

#[test]
fn traced_locks_need_the_hooks_that_they_call() {
    let waits = Guest::bin("waits").traced();
    assert_eq!(imports(&waits.build()), names(&[&SPAWN, &LOCK, &WAIT]));
    let locks = Guest::bin("locks").traced();
    assert_eq!(imports(&locks.build()), names(&[&SPAWN, &LOCK, &READ, &WAIT]));
}

#[test]
fn each_clock_is_needed_by_what_asks_for_it() {
    let channels = Guest::bin("channels").build();
    assert_eq!(imports(&channels), names(&[&SPAWN, &[abi::CLOCK]]));
    let day = Guest::bin("day").build();
    assert_eq!(imports(&day), names(&[&[abi::PANIC, abi::CLOCK_REALTIME]]));
}

#[test]
fn locks_and_waits_work() {
    for profile in [&[][..], &["--release"]] {
        runs(&Guest::bin("locks").with(profile));
        runs(&Guest::bin("waits").with(profile));
    }
}

#[test]
fn locks_work_with_unwinding_and_are_poisoned_by_it() {
    runs(&Guest::bin("locks").with(&["--panic", "unwind"]));
}

#[test]
fn channels_and_one_time_initialisation_work() {
    for profile in [&[][..], &["--release"]] {
        runs(&Guest::bin("channels").with(profile));
    }
}
