//! Runs scripts over `browser.mjs`, which drives a headless Chromium, and makes traces for pages to show.

pub mod traces;

use std::path::Path;
use std::process::Command;

/// Runs one of the scripts beside this crate with these arguments, and fails with what it says if it fails: also where there is
/// no Node, or no Chromium.
pub fn run_script(name: &str, arguments: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let output = Command::new("node").arg(&script).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("cannot start `node`, which runs {name}: {error}"));
    assert!(
        output.status.success(),
        "{name} {arguments:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
