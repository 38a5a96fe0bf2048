//! The tools that are stood in for, by their names.

use std::ffi::OsStr;
use std::path::Path;

/// Something that compiles a crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compiler {
    Rustc,
    Rustdoc,
    /// Rustc with lints. Cargo gives it the path of rustc as its first argument.
    Clippy,
}

/// What this process was called as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Cargo,
    /// Runs cargo with a compiler that stands beside itself, so beside the real one.
    CargoClippy,
    Compiler(Compiler),
    /// One that has nothing to do with targets.
    Other(String),
}

impl Compiler {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Compiler::Rustc => "rustc",
            Compiler::Rustdoc => "rustdoc",
            Compiler::Clippy => "clippy-driver",
        }
    }
}

impl Tool {
    /// The tool of a program's path.
    pub(crate) fn called(program: &OsStr) -> Tool {
        let name = Path::new(program)
            .file_stem()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        match name.as_str() {
            "cargo" => Tool::Cargo,
            "cargo-clippy" => Tool::CargoClippy,
            // Under its own name it is what it stands in for most.
            "rustc" | "threadlink-rustc" => Tool::Compiler(Compiler::Rustc),
            "rustdoc" => Tool::Compiler(Compiler::Rustdoc),
            "clippy-driver" => Tool::Compiler(Compiler::Clippy),
            _ => Tool::Other(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_does_not_matter() {
        for program in ["rustc", "/a b/bin/rustc", "bin/rustc.exe"] {
            assert_eq!(Tool::called(OsStr::new(program)), Tool::Compiler(Compiler::Rustc));
        }
        assert_eq!(
            Tool::called(OsStr::new("/b/cargo-fmt")),
            Tool::Other("cargo-fmt".to_owned())
        );
    }
}
