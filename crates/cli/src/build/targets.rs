//! Which targets of a package are meant, where several can be: options of cargo's.

use std::path::Path;
use std::process::Command;

use clap::Args;

/// Targets, by name or by kind.
#[derive(Debug, Default, Args)]
pub(crate) struct Targets {
    /// The package's library
    #[arg(long)]
    lib: bool,

    /// This binary; can be given several times
    #[arg(long, value_name = "NAME")]
    bin: Vec<String>,

    /// All binaries
    #[arg(long)]
    bins: bool,

    /// This example; can be given several times
    #[arg(long, value_name = "NAME")]
    example: Vec<String>,

    /// All examples
    #[arg(long)]
    examples: bool,

    /// This integration test; can be given several times
    #[arg(long, value_name = "NAME")]
    test: Vec<String>,

    /// Library, binaries and integration tests, built as tests
    #[arg(long)]
    tests: bool,
}

impl Targets {
    /// Whether any is named.
    pub(crate) fn are_chosen(&self) -> bool {
        let Self {
            lib,
            bin,
            bins,
            example,
            examples,
            test,
            tests,
        } = self;
        *lib || *bins || *examples || *tests || [bin, example, test].iter().any(|names| !names.is_empty())
    }

    /// Hands them on.
    pub(crate) fn apply(&self, cargo: &mut Command) {
        for (flag, given) in [
            ("--lib", self.lib),
            ("--bins", self.bins),
            ("--examples", self.examples),
            ("--tests", self.tests),
        ] {
            if given {
                cargo.arg(flag);
            }
        }
        for (flag, names) in [
            ("--bin", &self.bin),
            ("--example", &self.example),
            ("--test", &self.test),
        ] {
            for name in names {
                cargo.args([flag, name]);
            }
        }
    }
}

/// The crate that a module is, by its file: cargo puts a hash behind the names of tests.
pub(crate) fn crate_in(module: &Path) -> String {
    let name = module.file_stem().unwrap_or_default().to_string_lossy();
    let is_hash = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let name = match name.rsplit_once('-') {
        Some((name, hash)) if is_hash(hash) => name,
        _ => &name,
    };
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_named_for_its_crate() {
        for (file, name) in [
            ("debug/hello.wasm", "hello"),
            ("debug/two-words.wasm", "two_words"),
            ("deps/two_words-8fce6d98eba6e1a0.wasm", "two_words"),
            ("deps/two-8fce6d98eba6e1a.wasm", "two_8fce6d98eba6e1a"),
        ] {
            assert_eq!(crate_in(Path::new(file)), name);
        }
    }
}
