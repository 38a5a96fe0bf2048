//! Runs cargo and learns from its messages where the module is.

use std::io::BufReader;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use cargo_metadata::{Artifact, Message};

use super::select::Selected;
use crate::failure::Failure;
use crate::output::tell;

/// The module that this cargo command builds. Cargo's progress and the compiler's messages go to standard error.
pub(super) fn run(cargo: &mut Command, selected: &Selected<'_>) -> Result<PathBuf, Failure> {
    let program = cargo.get_program().to_string_lossy().into_owned();
    let mut child = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Failure::build(None, format!("cannot run {program}: {error}")))?;
    let mut module = None;
    if let Some(stdout) = child.stdout.take() {
        for message in Message::parse_stream(BufReader::new(stdout)) {
            match message {
                Ok(Message::CompilerArtifact(artifact)) if is_selected(&artifact, selected) => {
                    module = wasm_file(&artifact).or(module);
                }
                // A build script's stray line: people may want to see it.
                Ok(Message::TextLine(line)) => tell(&line),
                Ok(_) => {}
                Err(error) => {
                    return Err(Failure::build(
                        None,
                        format!("cannot read what cargo says: {error}"),
                    ));
                }
            }
        }
    }
    let status = child
        .wait()
        .map_err(|error| Failure::build(None, format!("cannot wait for {program}: {error}")))?;
    let name = &selected.target.name;
    if !status.success() {
        return Err(Failure::build(
            status.code(),
            format!("`{name}` was not built: {}", explain(status.code())),
        ));
    }
    module.ok_or_else(|| {
        Failure::build(
            None,
            format!("cargo built `{name}` but named no .wasm file for it: is it of kind bin or cdylib?"),
        )
    })
}

/// All modules that this cargo command builds, as far as it gets; what it says otherwise is left out.
pub(crate) fn modules(cargo: &mut Command) -> Vec<PathBuf> {
    let output = cargo.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let messages = output.map(|output| output.stdout).unwrap_or_default();
    let module = |message| match message {
        Ok(Message::CompilerArtifact(artifact)) => artifact.executable.map(PathBuf::from),
        _ => None,
    };
    Message::parse_stream(messages.as_slice())
        .filter_map(module)
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect()
}

fn explain(code: Option<i32>) -> &'static str {
    match code {
        Some(_) => "cargo's messages above say why",
        None => "cargo was killed",
    }
}

fn is_selected(artifact: &Artifact, selected: &Selected<'_>) -> bool {
    artifact.package_id == selected.package.id
        && artifact.target.name == selected.target.name
        && artifact.target.kind == selected.target.kind
}

fn wasm_file(artifact: &Artifact) -> Option<PathBuf> {
    artifact
        .filenames
        .iter()
        .find(|path| path.extension() == Some("wasm"))
        .map(|path| path.clone().into_std_path_buf())
}
