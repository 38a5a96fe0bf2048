//! `threadlink build --web --bindgen`: a module that talks with JavaScript through wasm-bindgen, whose own command makes the glue.
//!
//! - `tool`: finds the command that fits the project's lock file;
//! - `prepared`: what the module needs before that command sees it;
//! - `waits`: waiting on a thread that may not wait, a part of the former;
//! - `glue`: what the glue needs before workers can import it;
//! - `scripts`: what stands beside it in the package.

mod glue;
mod prepared;
mod scripts;
mod tool;
mod waits;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use threadlink_abi::imports::{CORE_MODULE, EXT_MODULE, MEMORY_MODULE};
use wasmparser::{Parser, Payload};

pub(super) use self::scripts::{declarations, host_glue, script};
use super::files::{failed, write};
use crate::failure::Failure;
use crate::output::tell;

/// The folder of the glue, inside the package.
pub(super) const FOLDER: &str = "bindgen";

/// What a module imports before its glue is made comes from a module whose name begins so.
const PLACEHOLDER: &str = "__wbindgen_placeholder__";

/// Where the imports of the ABI come from.
const OURS: [&str; 3] = [CORE_MODULE, EXT_MODULE, MEMORY_MODULE];

/// Makes the folder with the glue and the module that belongs to it, whose path is returned.
pub(super) fn make(module: &Path, name: &str, lock_file: &Path, package: &Path) -> Result<PathBuf, Failure> {
    let tool = tool::find(lock_file)?;
    let bytes = crate::run::read(module)?;
    let prepared = prepared::prepare(&bytes)
        .map_err(|error| Failure::usage(format!("{} is no module: {error}", module.display())))?;
    let folder = package.join(FOLDER);
    // What an older version had there, and this one has not.
    if let Err(error) = fs::remove_dir_all(&folder)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(failed(&folder, &error));
    }
    let aside = tempfile::tempdir()
        .map_err(|error| Failure::usage(format!("cannot make a temporary directory: {error}")))?;
    let input = aside.path().join(format!("{name}.wasm"));
    write(&input, &prepared)?;
    let mut command = Command::new(&tool);
    command.arg(&input).args(["--target", "web", "--out-name", name]);
    let output = command.arg("--out-dir").arg(&folder).output();
    let output = output.map_err(|error| Failure::usage(format!("cannot run {}: {error}", tool.display())))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(Failure::usage(format!(
            "{} does not take {}:\n{}",
            tool.display(),
            module.display(),
            said.trim_end()
        )));
    }
    if !said.trim().is_empty() {
        tell(said.trim_end());
    }
    let script = folder.join(format!("{name}.js"));
    let text = fs::read_to_string(&script)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", script.display())))?;
    let text = glue::rewrite(&text).map_err(|lacks| {
        Failure::usage(format!(
            "{} is not as the glue of any wasm-bindgen that is known here: {lacks}; depend on another version",
            script.display()
        ))
    })?;
    write(&script, text.as_bytes())?;
    Ok(folder.join(format!("{name}_bg.wasm")))
}

/// Whether a module has been compiled with the crate `wasm-bindgen`, and its command has not seen it yet.
pub(super) fn is_wanted(module: &[u8]) -> wasmparser::Result<bool> {
    Ok(provided(module)?.iter().any(|name| name.starts_with(PLACEHOLDER)))
}

/// Modules that imports come from besides those of the ABI.
pub(super) fn provided(module: &[u8]) -> wasmparser::Result<Vec<String>> {
    let mut found = BTreeSet::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                found.insert(import?.module.to_owned());
            }
        }
    }
    Ok(found
        .into_iter()
        .filter(|name| !OURS.contains(&name.as_str()))
        .collect())
}
