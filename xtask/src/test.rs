//! `cargo xtask test`: every test of the workspace, with the toolchain that the guests among them need.

use crate::programs::{Program, need};
use crate::project::{Threadlink, cargo};
use crate::setup::setup;
use crate::shell::{self, Done, step};

/// Hosts and pages of the tests run in these.
const PROGRAMS: [Program; 3] = [
    Program("node", "nodejs"),
    Program("chromium", "chromium"),
    Program("firefox-esr", "firefox-esr"),
];

pub(crate) fn test() -> Done {
    setup()?;
    need(&PROGRAMS)?;
    step("1/5 build the threadlink command, which the end-to-end tests use");
    Threadlink::build()?;

    step("2/5 unit tests, documentation examples and end-to-end tests (these build guests: several minutes)");
    shell::run(cargo().args(["test", "--workspace"]))?;

    // A run of its own: in one build with the rest, cargo would switch the feature on for all of them.
    step("3/5 the runtime with lock events, natively");
    shell::run(cargo().args([
        "test",
        "--package",
        "threadlink",
        "--features",
        "tracing,std-unstable",
    ]))?;
    shell::run(cargo().args([
        "test",
        "--package",
        "threadlink-macros",
        "--package",
        "threadlink",
        "--features",
        "threadlink/tracing",
        "--test",
        "names",
    ]))?;

    step("4/5 models of the runtime's lock-free parts, whole and with weakened orderings");
    shell::run(
        cargo()
            .args([
                "test",
                "--package",
                "threadlink-rt",
                "--package",
                "threadlink",
                "--lib",
                "--release",
                "models",
            ])
            // A target directory of its own: with other flags, cargo would build everything again.
            .args(["--target-dir", "target/loom"])
            .env("RUSTFLAGS", "--cfg loom"),
    )?;

    step("5/5 the documentation, without warnings");
    shell::run(
        cargo()
            .args(["doc", "--workspace", "--no-deps", "--quiet"])
            .env("RUSTDOCFLAGS", "--deny warnings"),
    )?;
    eprintln!("\nAll tests passed.");
    Ok(())
}
