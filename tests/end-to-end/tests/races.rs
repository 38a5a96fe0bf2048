//! Data races: each program that has one is told of, at its places, and none that has none; in debug and optimised builds.

use std::path::Path;
use std::sync::{Arc, Mutex};

use harness::{Guest, run, threadlink};
use threadlink_host::{Engine, EngineConfig, Explorable, Library, Points, RunConfig, StopHandle, Stream};
use threadlink_toolchain::{Machine, System as _, detect};

fn libraries() -> Vec<Library> {
    let toolchain = detect(&Machine::new()).expect("guests can be built");
    let version = Machine::new().output(&toolchain.rustc, &["-vV"]);
    let version = version.expect("rustc says what it is");
    let commit = version
        .lines()
        .find_map(|line| line.strip_prefix("commit-hash: "));
    vec![Library {
        commit: commit.expect("it has a commit").to_owned(),
        folder: toolchain.library().expect("its source is there"),
    }]
}

/// Loads a module once, for any number of runs.
fn load(module: &Path) -> Explorable {
    let bytes = std::fs::read(module).expect("the module is there");
    let engine = Engine::new(&EngineConfig::new().max_compile_memory(u64::MAX)).expect("there is an engine");
    engine
        .load_explorable_for_races(bytes, Points::All, &libraries(), &StopHandle::new())
        .expect("it can be loaded")
}

/// Runs one of the programs: what it prints, how it ended, and its races as texts.
fn races(program: &Explorable, arguments: &[&str]) -> (String, i32, Vec<String>) {
    let config = RunConfig::new()
        .args(
            std::iter::once("races")
                .chain(arguments.iter().copied())
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
        .stdout(Stream::capture());
    let found = Arc::new(Mutex::new(Vec::new()));
    let told = found.clone();
    let outcome = program
        .run_for_races(config, move |race| {
            told.lock().expect("nobody panicked").push(race.to_string());
        })
        .expect("it can be run");
    let found = std::mem::take(&mut *found.lock().expect("nobody panicked"));
    assert_eq!(outcome.races, found.len() as u64);
    assert_eq!(outcome.forgotten, 0);
    let printed = String::from_utf8(outcome.stdout).expect("it prints text");
    (printed, outcome.end.exit_code(), found)
}

fn table(profile: &str) {
    let guest =
        Guest::package("std-guests").with(&["--bin", "races", "--std", "threaded", "--profile", profile]);
    let program = load(&guest.build());
    let (list, ..) = races(&program, &[]);
    let programs: Vec<(&str, &str)> = list.lines().filter_map(|line| line.split_once(' ')).collect();
    let count = |kind| programs.iter().filter(|(known, _)| *known == kind).count();
    assert!(count("clean") >= 20 && count("racy") >= 15, "{list}");
    let mut wrong = String::new();
    for (kind, name) in programs {
        let (_, code, found) = races(&program, &[name]);
        assert_eq!(code, 0, "{profile} {name}");
        if found.is_empty() != (kind == "clean") {
            wrong += &format!("{profile} {kind} {name}:\n{}\n", found.join("\n"));
        }
        // Whatever the place in std is, both sides have one of the program's own.
        for race in &found {
            let sides: Vec<&str> = race.split("  first: ").collect();
            let own = sides.iter().filter(|side| side.contains("src/bin/races/"));
            assert_eq!(own.count(), 2, "{profile} {name}: {race}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn racy_programs_are_told_from_clean_ones_in_debug_builds() {
    table("dev");
}

#[test]
fn racy_programs_are_told_from_clean_ones_in_optimised_builds() {
    table("explored");
}

#[test]
fn the_command_tells_of_races_and_a_token_shows_one_again() {
    let guest = Guest::package("std-guests").with(&["--bin", "races", "--std", "threaded"]);
    let module = guest.build();
    let ran = run(threadlink()
        .arg("run")
        .arg("--races")
        .arg(&module)
        .args(["--", "relaxed-flag"]));
    assert_eq!(ran.code, 66, "{}", ran.stderr);
    for part in [
        "data race at ",
        "Shared<u32>>::set",
        "Shared<u32>>::get",
        "1 data race\n",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("without acquiring"), "{}", ran.stderr);

    // It is released, and what reads it acquires nothing.
    let ran = run(threadlink()
        .args(["run", "--races"])
        .arg(&module)
        .args(["--", "release-relaxed"]));
    assert!(
        ran.stderr.contains(" had read without acquiring it at "),
        "{}",
        ran.stderr
    );

    // Each thread has a lock, and not the same.
    let ran = run(threadlink()
        .args(["run", "--races"])
        .arg(&module)
        .args(["--", "two-mutexes"]));
    let count = |part: &str| ran.stderr.matches(part).count();
    let races = count("data race at ");
    assert!(races > 0, "{}", ran.stderr);
    assert_eq!(count("    with the lock at "), 2 * races, "{}", ran.stderr);
    assert!(
        ran.stderr
            .lines()
            .filter(|line| line.contains("with the lock at "))
            .all(|line| line.contains("races/racy.rs:")),
        "{}",
        ran.stderr
    );

    let explored = run(threadlink().arg("explore").arg(&module).args([
        "--races",
        "--json",
        "--jobs",
        "1",
        "--schedules",
        "20",
        "--",
        "stack-variable",
    ]));
    assert_eq!(explored.code, 1, "{}{}", explored.stdout, explored.stderr);
    let document: serde_json::Value = serde_json::from_str(&explored.stdout).expect("it is JSON");
    let failure = &document["failures"][0];
    assert_eq!(failure["kind"], "race");
    let accesses = failure["races"][0]["accesses"].as_array().expect("there are two");
    let mut kinds: Vec<&str> = accesses
        .iter()
        .filter_map(|access| access["kind"].as_str())
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["read", "write"]);
    for access in accesses {
        assert_eq!(access["bytes"], 1);
        assert!(
            access["place"]
                .as_str()
                .expect("it has one")
                .contains("races/shared.rs:")
        );
        assert!(access["backtrace"].to_string().contains("stack_variable"));
        assert!(access["locks"].is_array());
    }
    let token = failure["replay"].as_str().expect("it has a token");
    let again = run(threadlink().arg("explore").arg(&module).args([
        "--json",
        "--replay",
        token,
        "--",
        "stack-variable",
    ]));
    assert_eq!(again.code, 1, "{}", again.stderr);
    let again: serde_json::Value = serde_json::from_str(&again.stdout).expect("it is JSON");
    assert_eq!(again["failures"][0]["races"], failure["races"]);
}
