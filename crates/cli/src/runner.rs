//! `threadlink runner`: what cargo runs a module with, be it a program or a build of tests.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use threadlink_host::{EngineConfig, Input, RunConfig};

use crate::allowed::{arguments, seed_variable, variables};
use crate::code_cache::with_cache;
use crate::failure::{Done, Failure};
use crate::harness;
use crate::run::{Loading, read, run};
use crate::size::OWN_HOST_MEMORY;
use crate::test_traces::Folder;

/// Run a module as cargo's `runner` does: everything after FILE.wasm is the program's. The variable THREADLINK_SEED stands for
/// the `--seed` of `threadlink run`. The program has the environment variables that begin with RUST_, and those that the
/// variable THREADLINK_ENV names, separated by commas.
///
/// If the module was built by `cargo test`, run its tests: the arguments are then options as libtest has them, and `--help`
/// lists them.
#[derive(Debug, Args)]
pub(crate) struct Runner {
    /// The module, and the program's arguments
    // One list: so everything after its first word is taken as it is, `--help` included.
    #[arg(
        value_names = ["FILE.wasm", "ARGS"],
        required = true,
        num_args = 1..,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) command: Vec<OsString>,
}

impl Runner {
    pub(crate) fn execute(self) -> Done {
        let mut words = self.command.into_iter();
        let file = words.next().map(PathBuf::from).unwrap_or_default();
        let words: Vec<OsString> = words.collect();
        let bytes = read(&file)?;
        if let Some(done) = harness::run_tests(&file, &bytes, &words) {
            return done;
        }
        let args = words
            .into_iter()
            .map(OsString::into_string)
            .collect::<Result<Vec<String>, OsString>>()
            .map_err(|word| {
                let shown = word.to_string_lossy();
                Failure::usage(format!(
                    "the argument {shown:?} is not UTF-8, which arguments of a guest must be"
                ))
            })?;
        let loaded = bytes.clone();
        harness::run_under_schedules(&file, &bytes, &args, || run_plainly(&file, loaded, args.clone()))
    }
}

/// Runs the module as a program.
fn run_plainly(file: &Path, bytes: Vec<u8>, args: Vec<String>) -> Done {
    let mut config = RunConfig::new()
        .args(arguments(file, args))
        .max_host_memory(OWN_HOST_MEMORY)
        .stdin(Input::inherit());
    for (name, value) in variables(std::env::vars_os())? {
        config = config.env(name, value);
    }
    if let Some(seed) = seed_variable(|name| std::env::var_os(name))? {
        config = config.seed(seed);
    }
    run(
        file,
        move || Ok(bytes),
        Loading {
            // Of a module that cargo has built here.
            engine: with_cache(EngineConfig::new().max_compile_memory(u64::MAX))?,
            verbose: false,
            quiet: false,
        },
        |_, config| Ok(config),
        config,
        None,
        Folder::of(file).map(|folder| folder.whole()),
    )
}
