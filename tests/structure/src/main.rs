//! `cargo xtask structure` prints what in the workspace does not stand where it should; `cargo xtask package`, which is
//! this with the word `package`, makes the packages.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use structure::{circles, features, layers, packages, workspace};

fn main() -> ExitCode {
    let word = std::env::args().nth(1);
    let done = workspace::metadata().and_then(|metadata| match word.as_deref() {
        None => check(&metadata),
        Some("package") => packages::package(&metadata).map(|()| 0),
        Some(other) => Err(format!("no such word: {other}")),
    });
    match done {
        Ok(0) => ExitCode::SUCCESS,
        Ok(count) => {
            eprintln!("error: {count} things stand where they should not");
            ExitCode::FAILURE
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Prints what is wrong; how many things are.
fn check(metadata: &cargo_metadata::Metadata) -> Result<usize, String> {
    let root = metadata.workspace_root.as_std_path();
    let mut count = 0;
    for file in workspace::roots(metadata) {
        for circle in circles::circles(&file, &|path| std::fs::read_to_string(root.join(path)).ok())? {
            println!("{circle}");
            count += 1;
        }
    }
    for problem in layers::problems(metadata)
        .into_iter()
        .chain(features::problems(metadata)?)
    {
        println!("{problem}");
        count += 1;
    }
    Ok(count)
}
