//! The list of programs, `crates.toml`.

use serde::Deserialize;

use crate::place;

/// All programs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    #[serde(rename = "crate")]
    pub(crate) programs: Vec<Program>,
}

/// A crate, and a program that uses it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Program {
    #[serde(rename = "crate")]
    pub(crate) name: String,
    /// How the version begins.
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) features: Vec<String>,
    #[serde(default = "yes")]
    pub(crate) default_features: bool,
    /// Other crates that the program needs, as cargo has them.
    #[serde(default)]
    pub(crate) also: toml::Table,
    #[serde(default)]
    pub(crate) state: State,
    /// What is said where it fails.
    pub(crate) says: Option<String>,
    #[serde(default)]
    pub(crate) remark: String,
    /// The body of its `main`.
    pub(crate) code: String,
}

fn yes() -> bool {
    true
}

/// What is expected of a program.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// As it does natively.
    #[default]
    Works,
    /// With what the remark says.
    With,
    /// It is not built, or fails.
    Fails,
}

impl List {
    pub(crate) fn read() -> Result<List, String> {
        let text = place::read(&place::own().join("crates.toml"))?;
        toml::from_str(&text).map_err(|error| format!("crates.toml: {error}"))
    }
}

impl Program {
    /// The name of its package: the crate's, and the version.
    pub(crate) fn id(&self) -> String {
        format!("{}-{}", self.name, self.version.replace('.', "_"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The crates and versions that the stand-in compiler tells something, as its table spells them.
    fn told() -> Vec<(String, String)> {
        let table = place::read(&place::root().join("crates/shim/src/known.rs")).expect("the table");
        let mut told = Vec::new();
        for entry in table.split("package: \"").skip(1) {
            let (package, rest) = entry.split_once('"').expect("a name ends");
            let versions = rest
                .split_once("versions: &[")
                .and_then(|(_, rest)| rest.split_once(']'));
            let (versions, _) = versions.expect("a name is followed by versions");
            let starts: Vec<&str> = versions.split('"').skip(1).step_by(2).collect();
            let any = [""];
            let starts = if starts.is_empty() { &any[..] } else { &starts };
            told.extend(
                starts
                    .iter()
                    .map(|start| (package.to_owned(), (*start).to_owned())),
            );
        }
        told
    }

    #[test]
    fn what_the_compiler_knows_of_is_tried() {
        let lock = place::read(&place::own().join(super::super::LOCK)).expect("the lock file");
        let told = told();
        assert!(told.len() >= 8, "{told:?}");
        for (package, start) in told {
            let tried = format!("name = \"{package}\"\nversion = \"{start}");
            assert!(
                package.starts_with("threadlink") || lock.contains(&tried),
                "no program uses {package} {start}"
            );
        }
    }

    #[test]
    fn every_entry_shows_something_and_says_why() {
        let list = List::read().expect("the list");
        assert!(list.programs.len() >= 60);
        let mut ids = BTreeSet::new();
        for program in &list.programs {
            let id = program.id();
            assert!(program.code.contains("assert"), "{id} asserts nothing");
            assert_eq!(
                program.remark.is_empty(),
                program.state == State::Works,
                "{id}: what does not simply work needs a remark, what does none"
            );
            assert_eq!(
                program.says.is_some(),
                program.state == State::Fails,
                "{id}: what does it say?"
            );
            assert!(
                !program.remark.contains('|'),
                "{id}: the remark stands in a table"
            );
            assert!(ids.insert(id.clone()), "{id} is there twice");
        }
    }
}
