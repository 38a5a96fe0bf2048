//! `cargo xtask bench`: what guests cost beside native programs of the same source. The work is done by a package of its own,
//! so that xtask stays small.

use std::path::PathBuf;
use std::process::Command;

use crate::project::{cargo, root};
use crate::shell::{self, Done, step};

pub(crate) fn bench(words: &[&str]) -> Done {
    let mut run = tool();
    if !words.contains(&"--threadlink") && !words.contains(&"--list") {
        run.arg("--threadlink").arg(released()?);
    }
    shell::run(run.args(words))
}

/// `cargo xtask curves`: what more threads and more events cost, as pictures.
pub(crate) fn curves(words: &[&str]) -> Done {
    let (threadlink, words) = match words {
        ["--threadlink", path, words @ ..] => (PathBuf::from(path), words),
        _ => (released()?, words),
    };
    shell::run(tool().arg("curves").arg(threadlink).args(words))
}

fn tool() -> Command {
    let mut run = cargo();
    run.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "threadlink-benches",
        "--bin",
        "bench",
        "--",
    ]);
    run
}

/// The command as it is released.
pub(crate) fn released() -> Done<PathBuf> {
    step("build the command as it is released: some minutes the first time");
    shell::run(cargo().args(["build", "--release", "--package", "threadlink-cli"]))?;
    let name = format!("threadlink{}", std::env::consts::EXE_SUFFIX);
    Ok(root().join("target/release").join(name))
}
