//! The module that follows a program in a page: `threadlink-follow`, built as guests are. It is a package of its own in the user's
//! cache, so that cargo builds it once for all programs.

use std::fs;
use std::path::{Path, PathBuf};

use threadlink_toolchain::{Machine, places};

use super::{OnPanic, Options, Verbosity, Wanted, module};
use crate::failure::Failure;
use crate::new::Dependency;

/// The folder in the user's cache.
const FOLDER: &str = "follow";

/// Nothing but what the crate exports.
const SOURCE: &str = "//! The crate as a module.\n\nextern crate threadlink_follow;\n";

/// Builds it: where it is.
pub(super) fn follower(options: &Options, verbosity: Verbosity) -> Result<PathBuf, Failure> {
    let folder = places::cache(&Machine::new())
        .ok_or_else(|| Failure::usage("no variable names a folder for it".to_owned()))?
        .join(FOLDER);
    let dependency = Dependency::of_command("crates/follow");
    let manifest = format!(
        "[package]\nname = \"follow\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n\
         [dependencies]\nthreadlink-follow = {}\n\n[profile.release]\nopt-level = \"s\"\nlto = \"fat\"\n\
         codegen-units = 1\nstrip = true\n\n[workspace]\n",
        dependency.to_toml()
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    write(&folder.join("src/lib.rs"), SOURCE)?;
    let wanted = Wanted {
        lib: true,
        panic: Some(OnPanic::Abort),
        ..Wanted::default()
    };
    let own = Options {
        manifest_path: Some(folder.join("Cargo.toml")),
        release: true,
        target_dir: Some(folder.join("target")),
        offline: options.offline || options.frozen,
        jobs: options.jobs.clone(),
        ..Options::default()
    };
    module(&wanted, &own, verbosity)
}

/// Writes a file, unless that is what it has: cargo goes by times.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder
        .and_then(|()| fs::write(path, text))
        .map_err(|error| Failure::usage(format!("cannot write {}: {error}", path.display())))
}
