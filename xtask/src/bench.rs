//! `cargo xtask bench`: what guests cost beside native programs of the same source. The work is done by a package of its own,
//! so that xtask stays small.

use crate::project::{cargo, root};
use crate::shell::{self, Done, step};

pub(crate) fn bench(words: &[&str]) -> Done {
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
    if !words.contains(&"--threadlink") && !words.contains(&"--list") {
        step("build the command as it is released: some minutes the first time");
        shell::run(cargo().args(["build", "--release", "--package", "threadlink-cli"]))?;
        let name = format!("threadlink{}", std::env::consts::EXE_SUFFIX);
        run.arg("--threadlink")
            .arg(root().join("target/release").join(name));
    }
    shell::run(run.args(words))
}
