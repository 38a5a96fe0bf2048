//! The workspace of all programs: one lock file and one target directory, so that what they share is built once.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::guest::{Guest, TARGET};
use crate::limited;
use crate::lock::Kept;
use crate::place;

use super::LOCK;
use super::list::{List, Program};
use super::outcome::Outcome;

/// The longest that a crate and its dependencies may take to build.
const BUILD: Duration = Duration::from_secs(600);
/// The longest that a program may run.
const RUN: Duration = Duration::from_secs(60);
/// What a program says when it has got to its end.
const DONE: &str = "all of it was done";

/// It, on disk.
#[derive(Debug)]
pub(crate) struct Workspace {
    folder: PathBuf,
    pub(crate) lock: Kept,
}

#[derive(Serialize)]
struct Root {
    workspace: Members,
    profile: Profiles,
}

#[derive(Serialize)]
struct Members {
    resolver: &'static str,
    members: Vec<String>,
}

#[derive(Serialize)]
struct Profiles {
    dev: Profile,
}

#[derive(Serialize)]
struct Profile {
    debug: bool,
}

impl Workspace {
    /// Writes all of it.
    pub(crate) fn make(list: &List) -> Result<Workspace, String> {
        let folder = place::made("programs");
        let root = Root {
            workspace: Members {
                resolver: "3",
                members: list.programs.iter().map(Program::id).collect(),
            },
            profile: Profiles {
                dev: Profile { debug: false },
            },
        };
        place::write(&folder.join("Cargo.toml"), &text(&root)?)?;
        for program in &list.programs {
            let own = folder.join(program.id());
            place::write(&own.join("Cargo.toml"), &text(&manifest(program))?)?;
            place::write(&own.join("src/main.rs"), &source(&program.code))?;
        }
        let lock = Kept::put(LOCK, &folder)?;
        Ok(Workspace { folder, lock })
    }

    /// Builds and runs one.
    pub(crate) fn try_out(&self, guest: &Guest, program: &Program) -> Result<Outcome, String> {
        let log = self.folder.join(program.id()).join("log");
        let cargo = |verb: &str| {
            let mut cargo = guest.cargo(&self.folder);
            cargo.args([verb, "--package", &program.id(), "--target", TARGET]);
            cargo
        };
        let built = limited::run(&mut cargo("build"), BUILD, &log)?;
        if !built.succeeded() {
            return Ok(Outcome::failed(&built, "to build"));
        }
        let ran = limited::run(&mut cargo("run"), RUN, &log)?;
        if ran.succeeded() && ran.said.lines().any(|line| line == DONE) {
            return Ok(Outcome::Works {
                built: built.took,
                ran: ran.took,
            });
        }
        Ok(Outcome::failed(&ran, "to run"))
    }
}

fn text(value: &impl Serialize) -> Result<String, String> {
    toml::to_string(value).map_err(|error| format!("a Cargo.toml cannot be written: {error}"))
}

fn manifest(program: &Program) -> toml::Table {
    let table = |pairs: Vec<(&str, toml::Value)>| -> toml::Table {
        pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    };
    let tried = table(vec![
        ("version", program.version.clone().into()),
        ("features", program.features.clone().into()),
        ("default-features", program.default_features.into()),
    ]);
    let mut dependencies = program.also.clone();
    dependencies.insert(program.name.clone(), tried.into());
    let package = table(vec![
        ("name", program.id().into()),
        ("version", "0.0.0".into()),
        ("edition", "2024".into()),
    ]);
    table(vec![
        ("package", package.into()),
        ("dependencies", dependencies.into()),
    ])
}

fn source(code: &str) -> String {
    format!(
        "fn main() -> Result<(), Box<dyn std::error::Error>> {{\n{code}println!(\"{DONE}\");\nOk(())\n}}\n"
    )
}
