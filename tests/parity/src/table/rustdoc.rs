//! What the compiler says about a crate: rustdoc's JSON, made by cargo below `target/parity` and read from there.
//!
//! cargo makes it anew when the crate or the compiler has changed, and only then. The format is the compiler's own
//! and may change with it: nothing is read but what is needed, what is not understood is an error, and the tests of
//! `shape.rs` and `items.rs` show, with the compiler at hand, that nothing which matters gets lost.

use std::collections::{BTreeMap, HashMap};
use std::env::consts::EXE_SUFFIX;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use threadlink_toolchain::flags::{TARGET, rustflags};
use threadlink_toolchain::{Panic, Toolchain};

use crate::source::{StdSource, workspace};

/// The crates of std, as the parts of a path begin.
const LIBRARY: [&str; 3] = ["core", "alloc", "std"];

/// A crate.
#[derive(Deserialize)]
pub(crate) struct Docs {
    root: u32,
    format_version: u32,
    index: HashMap<u32, Item>,
    paths: HashMap<u32, Summary>,
    /// The crate's own items by path.
    #[serde(skip)]
    ids: BTreeMap<String, Vec<u32>>,
}

/// An item of the crate.
#[derive(Debug, Deserialize)]
pub(crate) struct Item {
    pub(crate) name: Option<String>,
    pub(crate) span: Option<Span>,
    pub(crate) visibility: Value,
    pub(crate) attrs: Vec<Value>,
    pub(crate) deprecation: Option<Deprecation>,
    inner: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Span {
    pub(crate) filename: PathBuf,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Deprecation {
    pub(crate) since: Option<String>,
}

/// An item of this or another crate.
#[derive(Deserialize)]
struct Summary {
    crate_id: u32,
    path: Vec<String>,
    kind: String,
}

/// What is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// For guests.
    Wasm,
    /// For this computer.
    Native,
}

/// core, alloc and std, as guests have them.
pub(crate) fn library(source: &StdSource, toolchain: &Toolchain) -> Result<Vec<Docs>, String> {
    let manifest = source.library.join("sysroot/Cargo.toml");
    let read = |name| document(toolchain, Build::Wasm, &manifest, name, &["--locked"]);
    LIBRARY.into_iter().map(read).collect()
}

/// threadlink.
pub(crate) fn threadlink(toolchain: &Toolchain, build: Build) -> Result<Docs, String> {
    let manifest = workspace().join("threadlink/Cargo.toml");
    let standard = format!("-Zbuild-std={}", Panic::Abort.build_std().join(","));
    let arguments: &[&str] = match build {
        Build::Wasm => &[&standard],
        Build::Native => &[],
    };
    document(toolchain, build, &manifest, "threadlink", arguments)
}

/// Has cargo document a crate, if that has not been done, and reads it.
fn document(
    toolchain: &Toolchain,
    build: Build,
    manifest: &Path,
    name: &str,
    arguments: &[&str],
) -> Result<Docs, String> {
    let rustdoc = toolchain.rustc.with_file_name(format!("rustdoc{EXE_SUFFIX}"));
    if !rustdoc.is_file() {
        return Err(format!(
            "there is no {}: the table is made from what rustdoc says, and it has to be the one of the compiler that \
             builds guests. Install it, or name a toolchain that has it (THREADLINK_CARGO, THREADLINK_RUSTC)",
            rustdoc.display()
        ));
    }
    let target = workspace().join("target/parity");
    let flags = match build {
        Build::Wasm => rustflags(Panic::Abort),
        Build::Native => Vec::new(),
    };
    let mut command = toolchain.command();
    command
        .args([
            "rustdoc",
            "--quiet",
            "--lib",
            "--package",
            name,
            "--manifest-path",
        ])
        .arg(manifest)
        .args(["-Zunstable-options", "--output-format=json"])
        .args(arguments)
        .arg("--target-dir")
        .arg(&target)
        .env("RUSTDOC", &rustdoc)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        // No lint's warning is about the table.
        .env(
            "CARGO_ENCODED_RUSTDOCFLAGS",
            [&flags[..], &["--cap-lints=allow".to_owned()]]
                .concat()
                .join("\x1f"),
        );
    if build == Build::Wasm {
        command.args(["--target", TARGET]);
    }
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        let complaints = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?}: {}\n{complaints}", output.status));
    }
    let folder = match build {
        Build::Wasm => target.join(TARGET),
        Build::Native => target,
    };
    Docs::read(&folder.join("doc").join(format!("{name}.json")))
}

impl Docs {
    fn read(path: &Path) -> Result<Docs, String> {
        let file = File::open(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let docs: Docs = serde_json::from_reader(BufReader::new(file)).map_err(|error| {
            format!(
                "{} is not in the format that is known here: {error}",
                path.display()
            )
        })?;
        Ok(docs.indexed())
    }

    fn indexed(mut self) -> Docs {
        for (id, summary) in self.paths.iter().filter(|(_, summary)| summary.crate_id == 0) {
            self.ids.entry(summary.path.join("::")).or_default().push(*id);
        }
        self
    }

    pub(crate) fn root(&self) -> u32 {
        self.root
    }

    /// An item of the crate; `None` if it is another crate's.
    pub(crate) fn item(&self, id: u32) -> Option<&Item> {
        self.index.get(&id)
    }

    /// Where an item is defined, whichever crate's it is.
    pub(crate) fn path(&self, id: u32) -> Result<String, String> {
        Ok(self.summary(id)?.path.join("::"))
    }

    /// Its kind.
    pub(crate) fn kind(&self, id: u32) -> Result<String, String> {
        Ok(self.summary(id)?.kind.clone())
    }

    fn summary(&self, id: u32) -> Result<&Summary, String> {
        let summary = self.paths.get(&id);
        summary.ok_or_else(|| self.unknown("an item without a path", &Value::from(id)))
    }

    /// The crate's own item of this path and kind: a macro and a module may share a name.
    pub(crate) fn find(&self, path: &str, kind: &str) -> Option<(u32, &Item)> {
        let mut ids = self.ids.get(path)?.iter();
        let id = *ids.find(|id| self.paths.get(id).is_some_and(|summary| summary.kind == kind))?;
        Some((id, self.item(id)?))
    }

    /// What to say of something that was not expected.
    pub(crate) fn unknown(&self, what: &str, value: &Value) -> String {
        format!(
            "rustdoc's JSON (format {}) has {what}: {value}. tests/parity/src/table has to learn what that means",
            self.format_version
        )
    }
}

impl Item {
    /// The kind, as rustdoc calls it, and what it says about an item of the kind.
    pub(crate) fn kind(&self) -> (&str, &Value) {
        let first = self.inner.iter().next();
        first.map_or(("", &Value::Null), |(kind, value)| (kind.as_str(), value))
    }

    /// What it says, if it is of this kind.
    pub(crate) fn of(&self, kind: &str) -> Option<&Value> {
        self.inner.get(kind)
    }
}

/// A number that stands for an item.
pub(crate) fn id(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}

/// Those of a list.
pub(crate) fn ids(value: &Value) -> impl Iterator<Item = u32> {
    value.as_array().into_iter().flatten().filter_map(id)
}

/// Of a text instead of a package, by the same rustdoc.
#[cfg(test)]
pub(crate) fn snippet(name: &str, text: &str) -> Docs {
    let (_, toolchain) = StdSource::find().expect("a toolchain with std's source");
    let folder = workspace().join("target/parity/snippets").join(name);
    std::fs::create_dir_all(&folder).expect("target/ can be written to");
    let file = folder.join("lib.rs");
    std::fs::write(&file, text).expect("target/ can be written to");
    let output = std::process::Command::new(toolchain.rustc.with_file_name(format!("rustdoc{EXE_SUFFIX}")))
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["-Zunstable-options", "--output-format=json", "--edition=2024"])
        .args(["--crate-name", name, "--out-dir"])
        .args([&folder, &file])
        .output()
        .expect("rustdoc runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Docs::read(&folder.join(format!("{name}.json"))).expect("rustdoc has written it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_without_its_rustdoc_is_a_sentence() {
        let (_, toolchain) = StdSource::find().expect("a toolchain with std's source");
        let mut other = toolchain;
        other.rustc = "/nowhere/rustc".into();
        let error = threadlink(&other, Build::Native)
            .err()
            .expect("there is no such file");
        assert!(error.starts_with("there is no /nowhere/rustdoc"), "{error}");
    }
}
