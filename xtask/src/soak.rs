//! `cargo xtask soak`: what the tests do a few times, very often, with figures.

use crate::project::cargo;
use crate::shell::{self, Done, step};

/// Runs that fit into half a minute, with the start of each.
const RUNS: u32 = 100;
/// Schedules that fit into a few seconds: a million for the usual twenty minutes.
const SCHEDULES: u32 = 50_000;
/// What may come in at random.
const WAYS_IN: u32 = 4;

/// Takes about as many minutes, compiling aside: half of them for runs that end, half for inputs at random.
pub(crate) fn soak(minutes: u32) -> Done {
    let runs = minutes.saturating_mul(RUNS).max(1);
    let seconds = (minutes.saturating_mul(30) / WAYS_IN).max(1);
    step(&format!(
        "{runs} runs that are cut short by their time limit, with 200 threads asleep"
    ));
    shell::run(
        test("threadlink-tests")
            .args(["--test", "leftovers", "--", "--nocapture"])
            .env("THREADLINK_SOAK_RUNS", runs.to_string()),
    )?;
    let schedules = minutes.saturating_mul(SCHEDULES).max(20_000);
    step(&format!(
        "{schedules} schedules of one program, and what memory they leave"
    ));
    shell::run(
        test("threadlink-host")
            .args(["--test", "explored_memory", "--", "--nocapture"])
            .env("THREADLINK_SOAK_SCHEDULES", schedules.to_string()),
    )?;
    step(&format!(
        "modules, guests, traces and the input of macros at random, {seconds} s each"
    ));
    shell::run(
        test("threadlink-fuzz")
            .args(["--", "--nocapture", "--test-threads", "1"])
            .env("THREADLINK_SOAK_SECONDS", seconds.to_string()),
    )
}

fn test(package: &str) -> std::process::Command {
    let mut cargo = cargo();
    cargo.args(["test", "--package", package]);
    cargo
}
