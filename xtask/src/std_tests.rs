//! `cargo xtask std-tests`: std's own tests on the guest. The work is done by a package of its own, so that xtask stays small.

use crate::project::{Threadlink, cargo};
use crate::shell::{self, Done};

pub(crate) fn std_tests(options: &[&str]) -> Done {
    let threadlink = Threadlink::build()?;
    let mut command = cargo();
    command.args([
        "run",
        "--quiet",
        "--package",
        "threadlink-parity",
        "--",
        "std-tests",
    ]);
    shell::run(command.arg(threadlink.path()).args(options))
}
