//! `cargo xtask gate`: how many instructions locks, spawns and allocations take, against stored numbers. Valgrind counts them.

use crate::programs::{Program, need};
use crate::project::{Threadlink, cargo};
use crate::shell::{self, Done};

pub(crate) fn gate(words: &[&str]) -> Done {
    need(&[Program("valgrind", "valgrind")])?;
    let threadlink = Threadlink::build()?;
    let mut run = cargo();
    run.args([
        "run",
        "--quiet",
        "--package",
        "threadlink-benches",
        "--bin",
        "bench",
        "--",
        "gate",
    ]);
    shell::run(run.arg(threadlink.path()).args(words))
}
