//! `cargo xtask parity`: writes `docs/std-parity.md`, and says what is wrong with it.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use parity::source::{StdSource, workspace};
use parity::table;

fn main() -> ExitCode {
    match write() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the document; whether nothing is wrong with it.
fn write() -> Result<bool, String> {
    let (source, toolchain) = StdSource::find()?;
    let table = table::build(&source, &toolchain)?;
    let path = workspace().join(table::DOCUMENT);
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    if let Some(made) = table::made_with(&old) {
        for row in table.rows.iter().filter(|row| row.since > made) {
            eprintln!(
                "new since {made}: std::{}::{} ({})",
                row.module, row.item, row.since
            );
        }
    }
    std::fs::write(&path, table::render(&table))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    eprintln!("wrote {} ({} rows)", table::DOCUMENT, table.rows.len());
    for (_, problem) in &table.problems {
        eprintln!("problem: {problem}");
    }
    for item in &table.idle_notes {
        eprintln!("problem: a note is about {item}, which std doesn't have");
    }
    Ok(table.problems.is_empty() && table.idle_notes.is_empty())
}
