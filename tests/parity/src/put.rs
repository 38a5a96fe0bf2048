//! Writing files of generated projects.

use std::path::Path;

/// Writes a file, unless it says that already: cargo goes by the time of the last change.
///
/// # Errors
/// A sentence that names it.
pub(crate) fn put(path: &Path, text: &str) -> Result<(), String> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}
