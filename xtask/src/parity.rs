//! `cargo xtask parity`: writes `docs/std-parity.md`. The work is done by a package of its own, so that xtask stays small.

use crate::project::cargo;
use crate::shell::{self, Done};

pub(crate) fn parity() -> Done {
    shell::run(cargo().args(["run", "--quiet", "--package", "threadlink-parity"]))
}
