//! What the command is made of has the same features in `cargo build --workspace` as in `cargo test --workspace`. Cargo compiles a crate
//! once for each choice of features that it or one of its dependencies has. If a crate that tests alone need asks for one more, even of
//! a small one, the engine and all that stands on it are compiled twice, for minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cargo_metadata::Metadata;

/// The package of the command.
const COMMAND: &str = "threadlink-cli";

/// Crates with their versions, and the features that any copy of each has: one for this computer, and one for what runs while others
/// are compiled.
type Features = BTreeMap<String, BTreeSet<String>>;

/// Crates of the command that have other features with the tests, a sentence each.
///
/// # Errors
/// If cargo cannot say.
pub fn problems(metadata: &Metadata) -> Result<Vec<String>, String> {
    let tree = |what: &[&str]| tree(metadata, what).map(|lines| features(&lines));
    let of_command = tree(&["--package", COMMAND, "--edges", "normal,build"])?;
    let without = tree(&["--workspace", "--edges", "normal,build"])?;
    let with = tree(&["--workspace", "--edges", "normal,build,dev"])?;
    let of_command = of_command.into_keys();
    Ok(of_command
        .filter_map(|name| difference(&name, &without, &with))
        .collect())
}

fn difference(name: &str, without: &Features, with: &Features) -> Option<String> {
    let nothing = BTreeSet::new();
    let [without, with] = [without, with].map(|all| all.get(name).unwrap_or(&nothing));
    let more: Vec<&str> = with.difference(without).map(String::as_str).collect();
    (!more.is_empty()).then(|| {
        format!(
            "{name} has {} for tests alone: let something under [dependencies] of a package below tests/ ask for that as well, or the \
             command is compiled once more",
            more.join(", ")
        )
    })
}

/// What `cargo tree` prints of each crate: its name and version, and its features behind a bracket.
fn features(lines: &str) -> Features {
    let mut found = Features::new();
    for line in lines.lines() {
        let Some((name, features)) = line.split_once(" [") else {
            continue;
        };
        let features = features.split(']').next().unwrap_or_default();
        let features = features.split(',').filter(|feature| !feature.is_empty());
        found
            .entry(name.to_owned())
            .or_default()
            .extend(features.map(str::to_owned));
    }
    found
}

fn tree(metadata: &Metadata, what: &[&str]) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--prefix", "none", "--format", "{p} [{f}]"])
        .args(what)
        .current_dir(&metadata.workspace_root)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_for_tests_alone_is_named() {
        let without = features("a v1.0.0 [std]\n\nb v1.0.0 [std] (*)\nb v1.0.0 []\n");
        let with = features("a v1.0.0 [std]\na v1.0.0 [more,std]\nb v1.0.0 [std]\nc v1.0.0 [std]\n");
        let found = difference("a v1.0.0", &without, &with).expect("it has more");
        assert!(found.starts_with("a v1.0.0 has more for tests alone"), "{found}");
        assert_eq!(difference("b v1.0.0", &without, &with), None);
    }
}
