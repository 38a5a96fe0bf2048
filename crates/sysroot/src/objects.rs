//! What programs are linked with besides std: object files, compiled from the patch's own crates on the std that was just made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use threadlink_toolchain::Panic;
use threadlink_toolchain::flags::{self, TARGET};

use crate::compiler::Compiler;
use crate::error::Error;
use crate::layout;
use crate::patch;

/// The one that has a program's entry point. All others are for libraries as well.
const ENTRY: &str = "start";

/// Compiles all of them into the sysroot. `aside` is a folder for their source.
pub(crate) fn compile(compiler: &Compiler, panic: Panic, aside: &Path, sysroot: &Path) -> Result<(), Error> {
    let (from, to) = (aside.join("objects"), layout::objects(sysroot));
    for folder in [&from, &to] {
        fs::create_dir_all(folder).map_err(Error::file(folder))?;
    }
    for file in patch::objects().files() {
        let source = from.join(file.path());
        fs::write(&source, file.contents()).map_err(Error::file(&source))?;
        let object = to.join(file.path()).with_extension("o");
        let output = Command::new(&compiler.rustc)
            .args([
                "--crate-type=lib",
                "--edition=2024",
                "--emit=obj",
                "-Copt-level=3",
                "-Cpanic=abort",
            ])
            .args(["--target", TARGET, "--sysroot"])
            .arg(sysroot)
            .args(
                flags::compile(panic)
                    .into_iter()
                    .filter(|flag| flag != "-Cpanic=unwind"),
            )
            .arg("-o")
            .arg(&object)
            .arg(&source)
            .stdin(Stdio::null())
            .output()
            .map_err(Error::file(&compiler.rustc))?;
        if !output.status.success() {
            return Err(Error::Build(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
    }
    Ok(())
}

/// Those in a sysroot that a program is linked with, or a library.
pub(crate) fn all(sysroot: &Path, program: bool) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(layout::objects(sysroot))
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| program || path.file_stem().is_none_or(|name| name != ENTRY))
        .collect();
    found.sort();
    found
}
