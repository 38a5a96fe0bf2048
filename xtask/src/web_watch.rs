//! `cargo xtask web-watch`: builds what follows a program in JavaScript, and puts it beside `hosts/js/src`, where a checkout's own
//! host looks for it. `threadlink build --web` makes its own, smaller one.

use std::process::Stdio;

use crate::project::{self, Threadlink};
use crate::shell::Done;

/// Its package.
const PACKAGE: &str = "follow-module";

pub(crate) fn web_watch() -> Done<()> {
    let threadlink = Threadlink::build()?;
    let built = std::process::Command::new(threadlink.path())
        .current_dir(project::root())
        .args(["build", "--release", "--lib", "--panic", "abort", "-p", PACKAGE])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start {}: {error}", threadlink.path().display()))?;
    if !built.status.success() {
        return Err(format!("{PACKAGE} cannot be built"));
    }
    let said = String::from_utf8_lossy(&built.stdout);
    let module = said.lines().last().unwrap_or_default();
    let to = project::root().join("hosts/js/follow.wasm");
    std::fs::copy(module, &to)
        .map_err(|error| format!("cannot copy {module} to {}: {error}", to.display()))?;
    println!("{}", to.display());
    Ok(())
}
