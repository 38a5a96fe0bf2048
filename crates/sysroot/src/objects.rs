//! What there is besides std, compiled from the patch's own crates on the std that was just made: object files that programs are
//! linked with, libraries for single crates.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use include_dir::File;
use threadlink_toolchain::Panic;
use threadlink_toolchain::flags::{self, TARGET};

use crate::compiler::Compiler;
use crate::error::Error;
use crate::layout;
use crate::patch;

/// The one that has a program's entry point. All others are for libraries as well.
const ENTRY: &str = "start";

/// Compiles all of them into the sysroot, and the libraries for single crates. `aside` is a folder for their source.
pub(crate) fn compile(compiler: &Compiler, panic: Panic, aside: &Path, sysroot: &Path) -> Result<(), Error> {
    let to = layout::objects(sysroot);
    fs::create_dir_all(&to).map_err(Error::file(&to))?;
    for file in patch::objects().files() {
        let source = extract(file, &aside.join("objects"))?;
        let object = to.join(file.path()).with_extension("o");
        let mut flags = flags::compile(panic);
        flags.retain(|flag| flag != "-Cpanic=unwind");
        flags.extend(["--crate-type=lib", "--emit=obj", "-Cpanic=abort"].map(str::to_owned));
        rustc(compiler, &flags, &source, &object, sysroot)?;
    }
    for file in patch::libraries().files() {
        let source = extract(file, &aside.join("libraries"))?;
        let name = file.path().file_stem().unwrap_or_default().to_string_lossy();
        let mut flags = flags::compile(panic);
        flags.push("--crate-type=rlib".to_owned());
        rustc(
            compiler,
            &flags,
            &source,
            &layout::library(sysroot, &name),
            sysroot,
        )?;
    }
    let instead = layout::instead(sysroot);
    fs::create_dir_all(&instead).map_err(Error::file(&instead))?;
    patch::instead().extract(&instead).map_err(Error::file(&instead))
}

/// Writes a file of the patch into a folder.
fn extract(file: &File<'_>, folder: &Path) -> Result<PathBuf, Error> {
    let source = folder.join(file.path());
    fs::create_dir_all(folder).map_err(Error::file(folder))?;
    fs::write(&source, file.contents()).map_err(Error::file(&source))?;
    Ok(source)
}

/// Compiles a crate on the std that was just made.
fn rustc(
    compiler: &Compiler,
    flags: &[String],
    source: &Path,
    output: &Path,
    sysroot: &Path,
) -> Result<(), Error> {
    let said = Command::new(&compiler.rustc)
        .args(["--edition=2024", "-Copt-level=3", "--target", TARGET, "--sysroot"])
        .arg(sysroot)
        .args(flags)
        .arg("-o")
        .arg(output)
        .arg(source)
        .stdin(Stdio::null())
        .output()
        .map_err(Error::file(&compiler.rustc))?;
    if said.status.success() {
        return Ok(());
    }
    Err(Error::Build(String::from_utf8_lossy(&said.stderr).into_owned()))
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
