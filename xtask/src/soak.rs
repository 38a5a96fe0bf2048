//! `cargo xtask soak`: what the tests do a few times, very often, with figures.

use crate::project::cargo;
use crate::shell::{self, Done, step};

/// Runs of each kind.
const RUNS: &str = "2000";

pub(crate) fn soak() -> Done {
    step("runs that are cut short by their time limit, with 200 threads asleep (some ten minutes)");
    shell::run(
        cargo()
            .args([
                "test",
                "--package",
                "threadlink-tests",
                "--test",
                "leftovers",
                "--",
                "--nocapture",
            ])
            .env("THREADLINK_SOAK_RUNS", RUNS),
    )
}
