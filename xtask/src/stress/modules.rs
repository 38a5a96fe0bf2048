//! The builds that programs are run in.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::marks::Case;
use crate::shell::{self, Done};

/// A kind of build.
#[derive(Debug)]
pub(super) struct Build {
    pub(super) name: &'static str,
    pub(super) traced: bool,
    options: &'static [&'static str],
}

/// All of them, optimised.
pub(super) const BUILDS: &[Build] = &[
    Build {
        name: "crate",
        traced: false,
        options: &["--std", "plain"],
    },
    Build {
        name: "crate traced",
        traced: true,
        options: &["--std", "plain", "--features", "tracing"],
    },
    Build {
        name: "std",
        traced: false,
        options: &["--std", "threaded"],
    },
    Build {
        name: "std traced",
        traced: true,
        options: &["--std", "threaded", "--features", "tracing"],
    },
];

impl Build {
    /// Whether the program can be built so: those of std alone need a std that has threads.
    pub(super) fn has(&self, case: &Case) -> bool {
        case.package != "std-guests" || self.options.contains(&"threaded")
    }
}

/// Builds a program, and returns a copy that no later build writes over.
pub(super) fn build(threadlink: &Path, folder: &Path, build: &Build, case: &Case) -> Done<PathBuf> {
    let name = case.bin.as_ref().unwrap_or(&case.package);
    let kept = folder.join(format!("{name}, {}.wasm", build.name).replace([',', ' '], "-"));
    let mut command = Command::new(threadlink);
    command.current_dir(crate::project::root());
    command.args(["build", "--release", "--panic", "abort", "-p", &case.package]);
    if let Some(bin) = &case.bin {
        command.args(["--bin", bin]);
    }
    let printed = shell::output(command.args(build.options))?;
    let module = printed.lines().last().ok_or("threadlink build printed nothing")?;
    std::fs::copy(module, &kept).map_err(|error| format!("{module} cannot be copied: {error}"))?;
    Ok(kept)
}
