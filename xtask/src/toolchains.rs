//! `cargo xtask toolchains`: the tests that need two toolchains, of those that rustup has.

use std::path::Path;
use std::process::Command;

use crate::project::{Threadlink, cargo};
use crate::shell::{self, Done, step};

/// Runs the tests with these toolchains, or with the first two that will do.
pub(crate) fn toolchains(named: Option<[&str; 2]>) -> Done {
    let [first, second] = match named {
        Some(names) => names.map(str::to_owned),
        None => usable()?,
    };
    step(&format!("two toolchains side by side: {first} and {second}"));
    Threadlink::build()?;
    shell::run(
        cargo()
            .args(["test", "--workspace", "--features", "threadlink-tests/toolchains"])
            .args(["--test", "toolchains"])
            .env("THREADLINK_TOOLCHAINS", format!("{first} {second}")),
    )
}

/// The first two of rustup's that have their source and are not the same compiler.
fn usable() -> Done<[String; 2]> {
    let listed = said(Command::new("rustup").args(["toolchain", "list", "--quiet"]))?;
    let mut found: Vec<(String, String)> = Vec::new();
    for name in listed.lines().map(str::trim) {
        // One that cannot be run is of no use.
        let (Ok(compiler), Ok(root)) = (ask(name, "--version"), ask(name, "--print=sysroot")) else {
            continue;
        };
        let source = Path::new(root.trim()).join("lib/rustlib/src/rust/library/std");
        let ours = name.starts_with("threadlink");
        if !ours && source.is_dir() && found.iter().all(|(_, other)| *other != compiler) {
            found.push((name.to_owned(), compiler));
        }
    }
    let names: Vec<String> = found.into_iter().map(|(name, _)| name).take(2).collect();
    names.try_into().map_err(|names: Vec<String>| {
        format!(
            "two toolchains are needed that are not the same and have their source; rustup has {}: `rustup toolchain \
             install nightly --component rust-src`, or `rustup toolchain link NAME FOLDER`",
            if names.is_empty() { "none".to_owned() } else { names.join(" ") }
        )
    })
}

fn ask(toolchain: &str, what: &str) -> Done<String> {
    said(Command::new("rustup").args(["run", toolchain, "rustc", what]))
}

/// What a program says that succeeds.
fn said(command: &mut Command) -> Done<String> {
    match Command::output(command) {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(output) => Err(format!("{command:?} failed: {}", output.status)),
        Err(error) => Err(format!("{command:?} cannot be run: {error}")),
    }
}
