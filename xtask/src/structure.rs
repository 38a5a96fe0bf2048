//! `cargo xtask structure`: whether files and crates stand as `docs/architecture.md` says; `cargo xtask package`: whether the
//! crates can be packaged. The work is done by a package of its own, so that xtask stays small.

use crate::project::cargo;
use crate::shell::{self, Done};

pub(crate) fn structure() -> Done {
    shell::run(cargo().args(["run", "--quiet", "--package", "threadlink-structure"]))
}

pub(crate) fn package() -> Done {
    shell::run(cargo().args([
        "run",
        "--quiet",
        "--package",
        "threadlink-structure",
        "--",
        "package",
    ]))
}
