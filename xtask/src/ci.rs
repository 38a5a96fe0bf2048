//! `cargo xtask ci`: everything that has to hold before a change is accepted.

use crate::project::cargo;
use crate::shell::{self, Done, step};
use crate::{demo, test};

pub(crate) fn ci() -> Done {
    step("formatting");
    shell::run(cargo().args(["fmt", "--all", "--check"]))?;
    step("lints");
    shell::run(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))?;
    step("the demo");
    demo::demo()?;
    step("the tests");
    test::test()
}
