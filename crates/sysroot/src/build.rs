//! Runs the compiler's cargo on a copy of std's source. What the user has set for programs must not reach std: neither flags, nor
//! wrappers, nor folders.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use threadlink_toolchain::flags::{self, TARGET};
use threadlink_toolchain::{Machine, places};

use crate::compiler::Compiler;
use crate::error::Error;
use crate::variant::Variant;

/// How std is compiled, for cargo's environment. Lines in the debug information name places in backtraces; cargo strips them
/// from what it builds without debug information. With several units and nothing across them, the functions that fail on this
/// target stay functions: it is by their names that a finished module is looked through for them.
const PROFILE: [(&str, &str); 9] = [
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "limited"),
    ("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "false"),
    ("CARGO_PROFILE_RELEASE_INCREMENTAL", "false"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "false"),
    ("CARGO_PROFILE_RELEASE_RPATH", "false"),
    ("CARGO_PROFILE_RELEASE_STRIP", "none"),
];

/// Users' link-time optimisation needs the bitcode; the second is how rustc tells std's own crates from a program's. No flag
/// about warnings: cargo learns from one which kinds of crates there are.
const FLAGS: [&str; 2] = ["-Cembed-bitcode=yes", "-Zforce-unstable-if-unmarked"];

/// How many lines of a failed build are shown.
const SHOWN: usize = 40;

/// All settings that a std depends on besides its source.
pub(crate) fn settings() -> Vec<String> {
    let mut all: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
    all.extend(PROFILE.iter().map(|(name, value)| format!("{name}={value}")));
    all
}

/// Compiles the workspace `library`, and returns the libraries that came out. Without the network first: mostly, what is
/// needed is there.
pub(crate) fn run(
    compiler: &Compiler,
    library: &Path,
    variant: Variant,
    salt: &str,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<PathBuf>, Error> {
    let target_dir = library.with_file_name("target");
    let command = || {
        let mut cargo = clean(&compiler.cargo);
        cargo
            .current_dir(library)
            .args(["build", "--release", "--package", "sysroot", "--target", TARGET])
            .arg("--target-dir")
            .arg(&target_dir)
            .env("RUSTC", &compiler.rustc)
            .env("RUSTC_BOOTSTRAP", "1")
            // The names of std's own copies of crates differ from those in programs, and from those of other sysroots.
            .env("__CARGO_DEFAULT_LIB_METADATA", salt)
            .env(
                "CARGO_ENCODED_RUSTFLAGS",
                flags_for(compiler, library, variant).join("\u{1f}"),
            )
            .envs(PROFILE);
        cargo
    };
    let offline = output(command().arg("--offline"))?;
    if let Some(said) = offline {
        if said.contains("could not compile") {
            return Err(Error::Build(errors(&said)));
        }
        say("threadlink: downloading the crates that std is built with");
        if let Some(said) = output(&mut command())? {
            return Err(if said.contains("could not compile") {
                Error::Build(errors(&said))
            } else {
                Error::Offline(errors(&said))
            });
        }
    }
    libraries(&target_dir.join(TARGET).join("release/deps"))
}

fn flags_for(compiler: &Compiler, library: &Path, variant: Variant) -> Vec<String> {
    let mut all = flags::compile(variant.panic);
    all.extend(FLAGS.map(str::to_owned));
    // As in the compiler's own std: nothing of this machine is in it, and readers of backtraces know what is std's.
    let root = compiler.virtual_root();
    let registry =
        places::folder(&Machine::new(), "CARGO_HOME", ".cargo").map(|home| home.join("registry/src"));
    for (real, shown) in [(Some(library.to_owned()), "library"), (registry, "registry")] {
        if let Some(real) = real {
            all.push(format!("--remap-path-prefix={}={root}/{shown}", real.display()));
        }
    }
    all
}

/// What cargo said if it failed.
fn output(cargo: &mut Command) -> Result<Option<String>, Error> {
    let program = PathBuf::from(cargo.get_program());
    let output = cargo
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::File(program, error))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((!output.status.success()).then_some(said))
}

/// A command without what an outer cargo, or the user, has set for the build of a program.
fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_about_builds) {
            command.env_remove(name);
        }
    }
    // An empty one counts as none, and goes before one in a config file.
    for wrapper in ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"] {
        command.env(wrapper, "");
    }
    command
}

fn is_about_builds(name: &str) -> bool {
    /// Where crates come from.
    const KEPT: [&str; 5] = [
        "CARGO_HOME",
        "CARGO_NET_",
        "CARGO_HTTP_",
        "CARGO_REGISTR",
        "CARGO_SOURCE_",
    ];
    const REMOVED: [&str; 5] = ["CARGO", "__CARGO", "RUSTC", "RUSTFLAGS", "RUSTDOC"];
    /// The outer cargo's tokens are taken: whoever waits for this build holds them.
    const JOBS: [&str; 2] = ["MAKEFLAGS", "MFLAGS"];
    JOBS.contains(&name)
        || REMOVED.iter().any(|start| name.starts_with(start))
            && !KEPT.iter().any(|start| name.starts_with(start))
}

/// The libraries in the folder, but the one that only names the others.
fn libraries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        let is_named = |name: &str| {
            path.file_name()
                .is_some_and(|file| file.to_string_lossy().starts_with(name))
        };
        if path.extension().is_some_and(|ending| ending == "rlib") && !is_named("libsysroot-") {
            found.push(path);
        }
    }
    Ok(found)
}

/// What went wrong: the lines from the first error on, but not for pages.
fn errors(said: &str) -> String {
    let lines: Vec<&str> = said.trim_end().lines().collect();
    let first = lines.iter().position(|line| line.starts_with("error"));
    let shown = &lines[first.unwrap_or(0)..];
    shown[..shown.len().min(SHOWN)].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_where_crates_come_from_is_inherited() {
        for name in [
            "RUSTFLAGS",
            "RUSTC_WRAPPER",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_TARGET",
            "CARGO_MAKEFLAGS",
            "CARGO",
            "RUSTC",
            "MAKEFLAGS",
        ] {
            assert!(is_about_builds(name), "{name}");
        }
        for name in [
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "HOME",
            "PATH",
            "CARGO_REGISTRIES_X_TOKEN",
            "RUSTUP_HOME",
        ] {
            assert!(!is_about_builds(name), "{name}");
        }
    }

    #[test]
    fn errors_are_shown_and_not_what_came_before() {
        assert_eq!(errors("warning: a\n  b\nerror[E1]: c\n d\n"), "error[E1]: c\n d");
        assert_eq!(errors("no such command\n"), "no such command");
        let many = errors(&"error: x\n".repeat(100));
        assert_eq!(many.lines().count(), SHOWN);
    }
}
