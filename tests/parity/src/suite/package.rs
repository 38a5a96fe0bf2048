//! The package that std's tests become.

use std::fmt::Write;
use std::path::PathBuf;

use super::rewrite::rewrite;
use super::{SOURCES, Source};
use crate::put::put;
use crate::source::{StdSource, workspace};

/// What the tests are run against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// std itself: shows that the rewriting leaves the tests what they are.
    Std,
    /// threadlink.
    Threadlink,
}

/// A package that was written.
#[derive(Debug)]
pub struct Package {
    /// Its Cargo.toml.
    pub manifest: PathBuf,
    /// The cases in it, as `module::function`; which of them exist in a build, `#[cfg]` decides.
    pub cases: Vec<String>,
    /// The cases that were left out by the rule, with the word that they mention.
    pub left_out: Vec<(String, &'static str)>,
}

/// Unstable parts of std that tests use without naming them in what is compared.
const FEATURES: &str = "#![allow(unused_features)]\n\
                        #![feature(duration_constants, once_cell_try, cfg_target_thread_local)]\n\
                        #![feature(mapped_lock_guards, lock_value_accessors)]\n";

/// As in the workspace, so that both share one std that was compiled for wasm.
const PROFILE: &str = "[profile.dev.package.\"*\"]\nopt-level = 1\ndebug = false\n";

/// Writes the package below `target/std-tests`.
///
/// # Errors
/// A sentence for people: a file that cannot be read, understood or written.
pub fn write(source: &StdSource, against: Against) -> Result<Package, String> {
    let (name, root) = match against {
        Against::Std => ("std-tests-of-std", "std"),
        Against::Threadlink => ("std-tests", "threadlink"),
    };
    let dir = workspace().join("target/std-tests").join(name);
    let (mut cases, mut left_out) = (Vec::new(), Vec::new());
    let mut modules = String::new();
    let mut tables = String::new();
    for file @ Source { module, path, .. } in SOURCES {
        let path = source.library.join("std").join(path);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let rewritten = rewrite(file, &text, root)?;
        put(&dir.join(format!("src/{module}.rs")), &rewritten.text)?;
        let _ = writeln!(modules, "mod {module};");
        let _ = writeln!(tables, "    {module}::CASES,");
        cases.extend(rewritten.cases);
        left_out.extend(rewritten.left_out);
    }
    let main = include_str!("template/main.rs.txt");
    let platform = match against {
        Against::Std => include_str!("template/platform_std.rs.txt"),
        Against::Threadlink => include_str!("template/platform_threadlink.rs.txt"),
    };
    let main = main
        .replace("{{FEATURES}}", FEATURES)
        .replace("{{PLATFORM}}", platform)
        .replace("{{MODULES}}", &modules)
        .replace("{{TABLES}}", &tables)
        .replace("{{ROOT}}", root);
    put(&dir.join("src/main.rs"), &main)?;
    put(&dir.join("src/rand.rs"), include_str!("template/rand.rs.txt"))?;
    let dependency = match against {
        Against::Std => String::new(),
        // A literal string of TOML, which a path is unless it has a quote in it.
        Against::Threadlink => format!(
            "threadlink = {{ path = '{}', features = ['std-unstable'] }}\n",
            workspace().join("threadlink").display()
        ),
    };
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [workspace]\n\n[dependencies]\n{dependency}\n{PROFILE}"
    );
    put(&dir.join("Cargo.toml"), &manifest)?;
    if against == Against::Threadlink {
        // The same versions of everything as in the workspace; cargo drops what is not needed.
        let lock = workspace().join("Cargo.lock");
        let text = std::fs::read_to_string(&lock)
            .map_err(|error| format!("cannot read {}: {error}", lock.display()))?;
        put(&dir.join("Cargo.lock"), &text)?;
    }
    Ok(Package {
        manifest: dir.join("Cargo.toml"),
        cases,
        left_out,
    })
}
