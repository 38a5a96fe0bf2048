//! `cargo xtask crates`: what becomes of other people's crates on a guest, for `docs/crates.md`. The work is done by a package
//! of its own, so that xtask stays small.

use crate::project::{Threadlink, cargo};
use crate::shell::{self, Done};

pub(crate) fn crates(words: &[&str]) -> Done {
    let mut run = cargo();
    run.args(["run", "--quiet", "--package", "threadlink-crates", "--"]);
    if !words.contains(&"--cargo") && !words.contains(&"--threadlink") {
        let threadlink = Threadlink::build()?;
        run.arg("--threadlink").arg(threadlink.command(&[]).get_program());
    }
    shell::run(run.args(words))
}
