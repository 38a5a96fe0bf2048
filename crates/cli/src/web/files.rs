//! What all that writes into a package shares: its host's folder, and files and texts as they are there.

use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// The folder of the host in JavaScript, inside the package.
pub(super) const HOST: &str = "threadlink";

/// Why there is no package.
pub(super) fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot write {}: {error}", path.display()))
}

/// Writes a file, and makes its folder.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
    }
    fs::write(path, bytes).map_err(|error| failed(path, &error))
}

/// A text as JavaScript has it.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
