//! `threadlink new`: a project that builds, runs, is tested and traced at once. What its package may be called is in
//! `name`, where it takes the runtime from in `dependency`, and its files are in `template/`.

mod dependency;
mod name;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use threadlink_sysroot::Std;
use threadlink_toolchain::{Machine, detect};
use toml_edit::{Array, DocumentMut, Item, Table, value};

use crate::failure::{Done, Failure};
use crate::output;
use crate::stand_in::{self, Rustup};
pub(crate) use dependency::Dependency;

/// Make a new project: a small threaded program with a test, ready to be built, run and traced.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// Name of the project, or the path of its folder, which ends in the name; nothing may be there yet
    #[arg(value_name = "NAME")]
    folder: PathBuf,

    /// Folder of the crate `threadlink` to depend on (default: the clone that this command was built in, if it is still
    /// there, else this version from crates.io)
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,

    /// With a page that runs the program: index.html and page.js
    #[arg(long)]
    web: bool,

    /// Git repository with the crate `threadlink` to depend on
    #[arg(long, value_name = "URL", conflicts_with = "path")]
    git: Option<String>,
}

impl New {
    pub(crate) fn execute(self) -> Done {
        let folder = &self.folder;
        let name = folder
            .file_name()
            .ok_or_else(|| Failure::usage(format!("{} ends in no name for a project", folder.display())))?
            .to_string_lossy()
            .into_owned();
        name::check(&name).map_err(Failure::usage)?;
        if folder.symlink_metadata().is_ok() {
            return Err(Failure::usage(format!(
                "{} exists already: choose another name, or run `threadlink init {}` to prepare the project that is \
                 there",
                folder.display(),
                folder.display()
            )));
        }
        let dependency = Dependency::choose(self.path.as_deref(), self.git)?;
        let toolchain = detect(&Machine::new()).ok();

        let mut manifest = manifest(&name, &dependency);
        if enclosing_workspace(folder).is_some() {
            stand_alone(&mut manifest);
        }
        for (path, text) in [
            ("Cargo.toml", manifest.to_string().as_str()),
            (".gitignore", include_str!("template/gitignore")),
            ("src/main.rs", include_str!("template/main.rs")),
        ] {
            write(&folder.join(path), text)?;
        }
        if self.web {
            for (path, text) in [
                ("index.html", include_str!("template/index.html")),
                ("page.js", include_str!("template/page.js")),
            ] {
                write(&folder.join(path), &text.replace("{{name}}", &name))?;
            }
        }
        // Where `threadlink setup` was run, plain cargo works in the new project as well.
        let stand_in = stand_in::ready(Std::DEFAULT)?;
        if Rustup::of(&stand_in) == Rustup::Linked {
            stand_in::choose(&stand_in, folder)?;
        }
        output::print(&next_steps(
            folder,
            &name,
            &dependency,
            toolchain.is_some(),
            self.web,
        ))?;
        Ok(0)
    }
}

fn manifest(name: &str, dependency: &Dependency) -> DocumentMut {
    let mut manifest = DocumentMut::new();
    let mut package = Table::new();
    package.insert("name", value(name));
    package.insert("version", value("0.1.0"));
    package.insert("edition", value("2024"));
    manifest.insert("package", Item::Table(package));
    let mut features = Table::new();
    let tracing: Array = ["threadlink/tracing"].into_iter().collect();
    features.insert("tracing", value(tracing));
    if let Some(mut key) = features.key_mut("tracing") {
        key.leaf_decor_mut()
            .set_prefix("# The host sees what locks do.\n");
    }
    manifest.insert("features", Item::Table(features));
    let mut dependencies = Table::new();
    dependencies.insert("threadlink", value(dependency.to_toml()));
    manifest.insert("dependencies", Item::Table(dependencies));
    manifest
}

/// Keeps cargo from taking the project for a part of the workspace that its folder lies in.
fn stand_alone(manifest: &mut DocumentMut) {
    let mut workspace = Table::new();
    workspace
        .decor_mut()
        .set_prefix("\n# Not a member of the workspace in a folder above: remove this to make it one.\n");
    manifest.insert("workspace", Item::Table(workspace));
}

/// The Cargo.toml in a folder above that makes a workspace, if there is one.
fn enclosing_workspace(folder: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(folder).ok()?;
    whole
        .ancestors()
        .skip(1)
        .map(|above| above.join("Cargo.toml"))
        .find(|path| {
            let manifest = fs::read_to_string(path).ok();
            manifest
                .and_then(|text| text.parse::<DocumentMut>().ok())
                .is_some_and(|manifest| manifest.contains_key("workspace"))
        })
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::usage(format!("cannot write {}: {error}", path.display()));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

fn next_steps(folder: &Path, name: &str, dependency: &Dependency, has_toolchain: bool, web: bool) -> String {
    let setup = if has_toolchain {
        ""
    } else {
        "  threadlink setup                         # first: no toolchain for guests was found here\n"
    };
    let page = if web {
        "  threadlink build --web --release         # makes pkg/, which the page imports\n  threadlink serve                         # \
         then open the address that it says\n"
    } else {
        ""
    };
    format!(
        "made {name}, which depends on threadlink {dependency}\n\n  cd {}\n{setup}  threadlink run                           # \
         builds it first\n  threadlink run --trace {name}.trace\n  threadlink analyze {name}.trace\n  threadlink \
         test\n{page}",
        folder.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_is_what_cargo_expects() {
        let dependency =
            Dependency::choose(None, Some("https://example.org/t".to_owned())).expect("no check");
        let mut manifest = manifest("counter", &dependency);
        stand_alone(&mut manifest);
        let text = manifest.to_string();
        let parsed: DocumentMut = text.parse().expect("TOML");
        assert_eq!(parsed["package"]["name"].as_str(), Some("counter"));
        assert_eq!(
            parsed["features"]["tracing"][0].as_str(),
            Some("threadlink/tracing")
        );
        assert_eq!(
            parsed["dependencies"]["threadlink"]["git"].as_str(),
            Some("https://example.org/t")
        );
        assert!(parsed.contains_key("workspace"), "{text}");
    }

    #[test]
    fn a_workspace_above_is_found() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        assert_eq!(enclosing_workspace(&dir.path().join("a/b")), None);
        fs::write(dir.path().join("Cargo.toml"), "[workspace]\n").expect("a file");
        let found = enclosing_workspace(&dir.path().join("a/b")).expect("there is one");
        assert!(found.ends_with("Cargo.toml"), "{found:?}");
    }
}
