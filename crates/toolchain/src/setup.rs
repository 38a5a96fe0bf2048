//! Set-up: installs what guest builds lack, by the first way that works.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::detect::{Lacks, NotFound, detect};
use crate::rustup;
use crate::system::System;
use crate::toolchain::Toolchain;

/// Packages of Debian 12 that form a complete toolchain with source.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm"];
/// Package of Debian 12 with a wasm linker.
const DEBIAN_LINKER: &str = "lld-22";

/// A component is some 5 MB: a server that takes longer than this does not answer at all.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);
/// The packages are some 300 MB.
const APT_LIMIT: Duration = Duration::from_secs(1200);

/// Nothing that was tried gave a toolchain that builds guests.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SetupError {
    /// What is there, and what each candidate still lacks.
    pub missing: NotFound,
    /// What was tried and how it failed, a sentence each.
    pub tried: Vec<String>,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for attempt in &self.tried {
            writeln!(f, "tried: {attempt}")?;
        }
        for candidate in &self.missing.candidates {
            writeln!(f, "found: {}: {}", candidate.origin, candidate.lacks)?;
        }
        write!(
            f,
            "Set-up failed: install rustup (https://rustup.rs) and run `rustup toolchain install stable --component \
             rust-src`; or on Debian 12, as root, `apt-get install {} {DEBIAN_LINKER}`; or name a toolchain that \
             has its source with THREADLINK_RUSTC=/path/to/bin/rustc. Then run this again.",
            DEBIAN_PACKAGES.join(" ")
        )
    }
}

impl std::error::Error for SetupError {}

/// The toolchain for guests, after installing what is missing.
///
/// Tries, one after the other and only until a toolchain is complete: rustup's component `rust-src`, for each
/// toolchain that lacks nothing else; Debian's packages; Debian's linker. `say` gets a line for each step,
/// before it is done; what the programs print goes to standard error.
///
/// # Errors
/// [`SetupError`] says what was tried, what is still missing and what to do by hand.
pub fn setup(system: &dyn System, say: &mut dyn FnMut(&str)) -> Result<Toolchain, SetupError> {
    let mut tried = Vec::new();
    let mut missing = match detect(system) {
        Ok(toolchain) => return Ok(toolchain),
        Err(missing) => missing,
    };
    let overridden = system
        .var(crate::detect::CARGO_VAR)
        .or(system.var(crate::detect::RUSTC_VAR))
        .is_some();
    if overridden {
        // The user has chosen: installing something else would not be used.
        return Err(SetupError { missing, tried });
    }

    for plan in [rustup_plan, debian_plan, debian_linker_plan] {
        for Step { why, program, args } in plan(system, &missing) {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            say(&format!("{why}: {} {}", program.display(), args.join(" ")));
            let limit = if program.ends_with("rustup") {
                RUSTUP_LIMIT
            } else {
                APT_LIMIT
            };
            if let Err(failure) = system.show(&program, &args, limit) {
                say(&format!("that did not work: {failure}"));
                tried.push(format!("`{} {}`: {failure}", program.display(), args.join(" ")));
                continue;
            }
            match detect(system) {
                Ok(toolchain) => return Ok(toolchain),
                Err(still) => missing = still,
            }
        }
    }
    Err(SetupError { missing, tried })
}

/// A program to run for its effect.
struct Step {
    why: &'static str,
    program: PathBuf,
    args: Vec<String>,
}

fn rustup_plan(system: &dyn System, missing: &NotFound) -> Vec<Step> {
    let Some(rustup) = rustup::command(system) else {
        return Vec::new();
    };
    missing
        .candidates
        .iter()
        .filter(|candidate| matches!(candidate.lacks, Lacks::Source(_)))
        .filter_map(|candidate| candidate.rustup_name.as_deref())
        .map(|name| Step {
            why: "adding the source of the standard library",
            program: rustup.clone(),
            args: ["component", "add", "rust-src", "--toolchain", name]
                .map(str::to_owned)
                .into(),
        })
        .collect()
}

fn debian_plan(system: &dyn System, missing: &NotFound) -> Vec<Step> {
    let complete_but_linker = missing
        .candidates
        .iter()
        .any(|candidate| candidate.lacks == Lacks::Linker);
    if complete_but_linker {
        return Vec::new();
    }
    apt(
        system,
        "installing Debian's Rust toolchain with its source",
        &DEBIAN_PACKAGES,
    )
}

fn debian_linker_plan(system: &dyn System, missing: &NotFound) -> Vec<Step> {
    let needs_linker = missing
        .candidates
        .iter()
        .any(|candidate| candidate.lacks == Lacks::Linker);
    if needs_linker {
        apt(system, "installing a wasm linker", &[DEBIAN_LINKER])
    } else {
        Vec::new()
    }
}

/// Steps that install packages, if this is a system with apt where it can be used without asking anybody.
fn apt(system: &dyn System, why: &'static str, packages: &[&str]) -> Vec<Step> {
    let Some(apt_get) = system.in_path("apt-get") else {
        return Vec::new();
    };
    let is_root = system
        .in_path("id")
        .and_then(|id| system.output(&id, &["-u"]))
        .is_some_and(|user| user.trim() == "0");
    let apt_get = apt_get.to_string_lossy().into_owned();
    let (program, prefix) = if is_root {
        (
            Path::new("/usr/bin/env").to_owned(),
            vec!["DEBIAN_FRONTEND=noninteractive".to_owned(), apt_get],
        )
    } else {
        let Some(sudo) = system.in_path("sudo") else {
            return Vec::new();
        };
        // -n: fails rather than asks for a password.
        (
            sudo,
            vec![
                "-n".to_owned(),
                "DEBIAN_FRONTEND=noninteractive".to_owned(),
                apt_get,
            ],
        )
    };
    let step = |why, args: &[&str]| Step {
        why,
        program: program.clone(),
        args: prefix
            .iter()
            .cloned()
            .chain(args.iter().map(|arg| (*arg).to_owned()))
            .collect(),
    };
    let install: Vec<&str> = ["install", "--yes", "--no-install-recommends"]
        .iter()
        .chain(packages)
        .copied()
        .collect();
    vec![
        step("asking for the list of packages", &["update", "--quiet"]),
        step(why, &install),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, Installing};

    const RUSTUP: &str = "/home/u/.cargo/bin/rustup";

    fn debian() -> Fake {
        Fake::new()
            .with_var("PATH", "/usr/bin")
            .file("/usr/bin/apt-get")
            .program("/usr/bin/id", "-u", "0\n")
            .file(RUSTUP)
    }

    fn run(machine: &Installing) -> (Result<Toolchain, SetupError>, String) {
        let mut said = String::new();
        let result = setup(machine, &mut |line| {
            said.push_str(line);
            said.push('\n');
        });
        (result, said)
    }

    fn offline(line: &str, _: Fake) -> Result<Box<Fake>, String> {
        Err(format!("no network for {line}"))
    }

    #[test]
    fn nothing_is_installed_where_nothing_is_missing() {
        let machine = Installing::new(debian().rustup("stable", "1.96.0", true), offline);
        assert!(run(&machine).0.is_ok());
        assert!(machine.shown.borrow().is_empty());
    }

    #[test]
    fn rustup_is_asked_first() {
        let machine = Installing::new(debian().rustup("stable", "1.96.0", false), |line, fake| {
            assert!(
                line.contains("component add rust-src --toolchain stable-x86_64"),
                "{line}"
            );
            Ok(Box::new(fake.rustup("stable", "1.96.0", true)))
        });
        let (result, said) = run(&machine);
        assert!(result.is_ok_and(|toolchain| toolchain.origin.contains("stable")));
        assert!(said.contains("adding the source"), "{said}");
        assert_eq!(machine.shown.borrow().len(), 1);
    }

    #[test]
    fn debian_packages_follow_when_rustups_servers_do_not_answer() {
        let start = debian()
            .rustup("stable", "1.95.0", false)
            .rustup("nightly", "1.97.0-nightly", false);
        let machine = Installing::new(start, |line, fake| {
            if line.contains("rustup") {
                Err("it did not finish within 180 s".to_owned())
            } else if line.contains("install") {
                Ok(Box::new(
                    fake.compiler("/usr/bin", "1.96.0", "/usr").source("/usr"),
                ))
            } else {
                Ok(Box::new(fake))
            }
        });
        let (result, said) = run(&machine);
        let toolchain = result.expect("Debian's is complete with the linker of stable");
        assert!(toolchain.origin.contains("/usr/bin"), "{toolchain}");
        assert!(said.contains("that did not work: it did not finish"), "{said}");
        let shown = machine.shown.borrow();
        assert_eq!(shown.len(), 4, "{shown:?}");
        assert!(
            shown[3].contains("rustc-web cargo-web rust-web-src rust-web-llvm"),
            "{shown:?}"
        );
    }

    #[test]
    fn the_linker_is_installed_if_only_it_is_missing() {
        let start = debian().compiler("/usr/bin", "1.96.0", "/usr").source("/usr");
        let machine = Installing::new(start, |line, fake| {
            let done = if line.contains("install") {
                assert!(line.ends_with(" lld-22"), "{line}");
                fake.program("/usr/bin/wasm-ld-22", "--version", "Debian LLD 22.1.8\n")
            } else {
                fake
            };
            Ok(Box::new(done))
        });
        assert!(run(&machine).0.is_ok());
        assert_eq!(machine.shown.borrow().len(), 2);
    }

    #[test]
    fn without_root_sudo_must_not_ask_for_a_password() {
        let start = debian().program("/usr/bin/id", "-u", "1000\n");
        let machine = Installing::new(start.clone(), offline);
        assert!(run(&machine).0.is_err());
        assert!(machine.shown.borrow().is_empty(), "neither root nor sudo");
        let machine = Installing::new(start.file("/usr/bin/sudo"), offline);
        assert!(run(&machine).0.is_err());
        let shown = machine.shown.borrow();
        assert!(
            !shown.is_empty() && shown.iter().all(|line| line.starts_with("/usr/bin/sudo -n ")),
            "{shown:?}"
        );
    }

    #[test]
    fn failure_names_what_was_tried_and_the_remedy() {
        let machine = Installing::new(debian().rustup("stable", "1.96.0", false), offline);
        let text = run(&machine).0.expect_err("offline").to_string();
        assert!(text.contains("no network for"), "{text}");
        assert!(text.contains("it has no source"), "{text}");
        assert!(
            text.contains("rustup toolchain install stable --component rust-src"),
            "{text}"
        );
    }

    #[test]
    fn an_override_is_never_worked_around() {
        let start = debian()
            .rustup("stable", "1.96.0", false)
            .with_var(crate::detect::RUSTC_VAR, "/x/rustc");
        let machine = Installing::new(start, offline);
        assert!(run(&machine).0.is_err());
        assert!(machine.shown.borrow().is_empty());
    }
}
