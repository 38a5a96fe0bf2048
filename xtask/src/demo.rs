//! `cargo xtask demo`: the whole line once, for people to watch. Source with two attributes, a module, a run, a trace,
//! a report; then a deadlock that ends with an explanation, and one that did not happen and is predicted.

use crate::project::{Threadlink, root};
use crate::setup::setup;
use crate::shell::{self, Done, step};

/// What `threadlink run` exits with when it has found a deadlock.
const DEADLOCK: i32 = 3;
/// What it exits with when a deadlock did not happen, but could have, and `--fail-on predicted` is given.
const PREDICTED: i32 = 4;

pub(crate) fn demo() -> Done {
    setup()?;
    step("1/7 build the threadlink command (the first time: a few minutes, mostly wasmtime)");
    let threadlink = Threadlink::build()?;

    step("2/7 build the example `bank` as a wasm module, with lock events (the first time: std too)");
    let bank = threadlink.build_traced("bank")?;
    let bank = bank.to_string_lossy();
    let dir = root().join("target/demo");
    std::fs::create_dir_all(&dir).map_err(|error| format!("cannot make {}: {error}", dir.display()))?;
    let trace = dir.join("bank.tltrace");
    let trace = trace.to_string_lossy();

    step("3/7 run it, and record what its locks do");
    shell::run(&mut threadlink.command(&["run", &bank, "--trace", &trace, "--timeout", "120"]))?;

    step("4/7 report on the recording");
    shell::run(&mut threadlink.command(&["analyze", &trace]))?;
    let page = dir.join("bank.html");
    shell::run(&mut threadlink.command(&["report", &trace, "-o", &page.to_string_lossy()]))?;

    step("5/7 build the example `deadlock`");
    let deadlock = threadlink.build_traced("deadlock")?;
    let deadlock = deadlock.to_string_lossy();

    step("6/7 run it: two threads take two locks in opposite order");
    let status = shell::status(&mut threadlink.command(&["run", &deadlock, "--timeout", "120"]))?;
    if status.code() != Some(DEADLOCK) {
        return Err(format!(
            "the deadlock was not found: {status} instead of exit code {DEADLOCK}"
        ));
    }

    step(
        "7/7 run the philosophers who take their left forks first: nothing happens, and what could have is told",
    );
    let hasty = [
        "run",
        "-p",
        "philosophers",
        "--analyze",
        "--fail-on",
        "predicted",
        "--",
        "hasty",
    ];
    let status = shell::status(&mut threadlink.command(&hasty))?;
    if status.code() != Some(PREDICTED) {
        return Err(format!(
            "the deadlock was not predicted: {status} instead of exit code {PREDICTED}"
        ));
    }
    eprintln!(
        "\nThe deadlock ended by itself, with exit code {DEADLOCK} and a report; the philosophers all ate, and yet the command ended \
         with exit code {PREDICTED}, for the prediction above. That was the demo."
    );
    Ok(())
}
