//! Which targets of a package are meant, where several can be: options of cargo's.

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
