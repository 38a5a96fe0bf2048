//! Which package, and which of its targets, a build means.

use std::path::Path;

use cargo_metadata::{Metadata, Package, Target, TargetKind};

use super::features::RUNTIME;

/// What the command line says.
pub(super) struct Wanted<'a> {
    pub(super) package: Option<&'a str>,
    pub(super) bin: Option<&'a str>,
    pub(super) example: Option<&'a str>,
    pub(super) lib: bool,
}

/// The one package and target to build.
#[derive(Debug)]
pub(super) struct Selected<'a> {
    pub(super) package: &'a Package,
    pub(super) target: &'a Target,
}

impl Selected<'_> {
    /// How to tell cargo.
    pub(super) fn cargo_args(&self) -> Vec<String> {
        let name = self.target.name.clone();
        if self.target.is_bin() {
            vec!["--bin".to_owned(), name]
        } else if self.target.is_example() {
            vec!["--example".to_owned(), name]
        } else {
            vec!["--lib".to_owned()]
        }
    }
}

/// Chooses, or says in a sentence what there is to choose from. `manifest` is the Cargo.toml that cargo starts
/// from.
pub(super) fn select<'a>(
    metadata: &'a Metadata,
    manifest: &Path,
    wanted: &Wanted<'_>,
) -> Result<Selected<'a>, String> {
    let package = package(metadata, manifest, wanted.package)?;
    let target = target(package, wanted)?;
    Ok(Selected { package, target })
}

/// The package of this name, or the one of `manifest`, or the only one that there is to build.
pub(super) fn package<'a>(
    metadata: &'a Metadata,
    manifest: &Path,
    name: Option<&str>,
) -> Result<&'a Package, String> {
    let members = metadata.workspace_packages();
    let candidates = candidates(&members);
    let buildable = || list(candidates.iter().map(|package| package.name.as_str()));
    if let Some(name) = name {
        return members
            .iter()
            .copied()
            .find(|package| package.name.as_str() == name)
            .ok_or_else(|| {
                format!(
                    "no package `{name}` in the workspace at {}; packages with something to build: {}",
                    metadata.workspace_root,
                    buildable()
                )
            });
    }
    let same_file = |package: &&&Package| {
        let path = package.manifest_path.as_std_path();
        path == manifest
            || path
                .canonicalize()
                .ok()
                .is_some_and(|path| manifest.canonicalize().ok() == Some(path))
    };
    if let Some(package) = members.iter().find(same_file) {
        return Ok(package);
    }
    match candidates.as_slice() {
        [only] => Ok(only),
        [] => Err(format!(
            "the workspace at {} has no package with a binary or a cdylib: nothing to build",
            metadata.workspace_root
        )),
        _ => Err(format!(
            "the workspace at {} has several packages: choose one with -p: {}",
            metadata.workspace_root,
            buildable()
        )),
    }
}

/// The packages that somebody may want as a module: those that use the runtime, or, where none does, all that have a
/// binary or a cdylib.
fn candidates<'a>(members: &[&'a Package]) -> Vec<&'a Package> {
    let buildable: Vec<&Package> = members
        .iter()
        .copied()
        .filter(|package| has_module(package))
        .collect();
    let guests: Vec<&Package> = buildable
        .iter()
        .copied()
        .filter(|package| {
            package
                .dependencies
                .iter()
                .any(|dependency| dependency.name == RUNTIME)
        })
        .collect();
    if guests.is_empty() { buildable } else { guests }
}

fn target<'a>(package: &'a Package, wanted: &Wanted<'_>) -> Result<&'a Target, String> {
    let name = &package.name;
    let bins: Vec<&Target> = package.targets.iter().filter(|target| target.is_bin()).collect();
    let bin_names = || list(bins.iter().map(|target| target.name.as_str()));
    if wanted.lib {
        return library(package);
    }
    if let Some(example) = wanted.example {
        let examples = || package.targets.iter().filter(|target| target.is_example());
        return examples().find(|target| target.name == example).ok_or_else(|| {
            let names = list(examples().map(|target| target.name.as_str()));
            format!("package `{name}` has no example `{example}`; it has: {names}")
        });
    }
    if let Some(bin) = wanted.bin {
        return bins
            .iter()
            .copied()
            .find(|target| target.name == bin)
            .ok_or_else(|| {
                if bins.is_empty() {
                    format!("package `{name}` has no binaries, so none called `{bin}`")
                } else {
                    format!("package `{name}` has no binary `{bin}`; it has: {}", bin_names())
                }
            });
    }
    match bins.as_slice() {
        [] => library(package),
        [only] => Ok(only),
        _ => bins
            .iter()
            .copied()
            .find(|target| Some(&target.name) == package.default_run.as_ref())
            .ok_or_else(|| {
                format!(
                    "package `{name}` has several binaries: choose one with --bin: {} (or set `default-run` in \
                     its Cargo.toml)",
                    bin_names()
                )
            }),
    }
}

fn library(package: &Package) -> Result<&Target, String> {
    let name = &package.name;
    let is_library = |target: &&Target| {
        !target.is_bin()
            && !target.is_example()
            && (target.is_cdylib()
                || target.is_lib()
                || target.is_rlib()
                || target.is_dylib()
                || target.is_staticlib()
                || target.kind.contains(&TargetKind::ProcMacro))
    };
    match package.targets.iter().find(is_library) {
        Some(target) if target.is_cdylib() => Ok(target),
        Some(_) => Err(format!(
            "the library of package `{name}` is no cdylib, so it cannot become a wasm module: add `crate-type = \
             [\"cdylib\", \"rlib\"]` under `[lib]` in {}",
            package.manifest_path
        )),
        None => Err(format!(
            "package `{name}` has no library and no binary: nothing to build"
        )),
    }
}

/// Has this package anything that can become a module?
fn has_module(package: &Package) -> bool {
    package
        .targets
        .iter()
        .any(|target| target.is_bin() || (target.is_cdylib() && !target.is_example()))
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    use cargo_metadata::MetadataCommand;
    use tempfile::TempDir;

    /// A project on disk, and what cargo says about it.
    struct Project {
        dir: TempDir,
        metadata: Metadata,
    }

    impl Project {
        fn new(files: &[(&str, &str)]) -> Project {
            let dir = tempfile::tempdir().expect("a temporary directory");
            for (path, content) in files {
                let path = dir.path().join(path);
                fs::create_dir_all(path.parent().expect("inside the project")).expect("directories");
                fs::write(&path, content).expect("files");
            }
            let metadata = MetadataCommand::new()
                .manifest_path(dir.path().join("Cargo.toml"))
                .no_deps()
                .exec()
                .expect("cargo reads the project");
            Project { dir, metadata }
        }

        fn select(&self, start: &str, wanted: &Wanted<'_>) -> Result<String, String> {
            let manifest: PathBuf = self.dir.path().join(start);
            let selected = select(&self.metadata, &manifest, wanted)?;
            Ok(format!(
                "{} {}",
                selected.package.name,
                selected.cargo_args().join(" ")
            ))
        }
    }

    const ANY: Wanted<'static> = Wanted {
        package: None,
        bin: None,
        example: None,
        lib: false,
    };
    const BIN: &str = "fn main() {}";

    fn manifest(name: &str, rest: &str) -> String {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}")
    }

    #[test]
    fn a_virtual_workspace_lists_what_can_be_built() {
        let project = Project::new(&[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"a\", \"b\", \"c\"]\nresolver = \"3\"\n",
            ),
            ("a/Cargo.toml", &manifest("a", "")),
            ("a/src/main.rs", BIN),
            (
                "b/Cargo.toml",
                &manifest("b", "[lib]\ncrate-type = [\"cdylib\"]\n"),
            ),
            ("b/src/lib.rs", ""),
            ("c/Cargo.toml", &manifest("c", "")),
            ("c/src/lib.rs", ""),
        ]);
        let error = project.select("Cargo.toml", &ANY).expect_err("several");
        assert!(error.contains("choose one with -p: a, b"), "{error}");
        let error = project
            .select(
                "Cargo.toml",
                &Wanted {
                    package: Some("z"),
                    ..ANY
                },
            )
            .expect_err("no such package");
        assert!(
            error.contains("no package `z`") && error.contains("a, b"),
            "{error}"
        );
        assert_eq!(project.select("a/Cargo.toml", &ANY).as_deref(), Ok("a --bin a"));
        assert_eq!(
            project
                .select(
                    "Cargo.toml",
                    &Wanted {
                        package: Some("b"),
                        ..ANY
                    }
                )
                .as_deref(),
            Ok("b --lib")
        );
        let error = project.select("c/Cargo.toml", &ANY).expect_err("no module in c");
        assert!(
            error.contains("no cdylib") && error.contains("crate-type"),
            "{error}"
        );
    }

    #[test]
    fn tools_of_a_workspace_are_not_offered_as_guests() {
        let project = Project::new(&[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"guest\", \"tool\"]\nresolver = \"3\"\n",
            ),
            (
                "guest/Cargo.toml",
                &manifest("guest", "[dependencies]\nthreadlink = \"0.1\"\n"),
            ),
            ("guest/src/main.rs", BIN),
            ("tool/Cargo.toml", &manifest("tool", "")),
            ("tool/src/main.rs", BIN),
        ]);
        assert_eq!(
            project.select("Cargo.toml", &ANY).as_deref(),
            Ok("guest --bin guest")
        );
        assert_eq!(
            project.select("tool/Cargo.toml", &ANY).as_deref(),
            Ok("tool --bin tool")
        );
    }

    #[test]
    fn several_binaries_are_named() {
        let project = Project::new(&[
            ("Cargo.toml", &manifest("tools", "[workspace]\n")),
            ("src/bin/one.rs", BIN),
            ("src/bin/two.rs", BIN),
            ("src/lib.rs", ""),
        ]);
        let error = project.select("Cargo.toml", &ANY).expect_err("two binaries");
        assert!(error.contains("--bin: one, two"), "{error}");
        assert_eq!(
            project
                .select(
                    "Cargo.toml",
                    &Wanted {
                        bin: Some("two"),
                        ..ANY
                    }
                )
                .as_deref(),
            Ok("tools --bin two")
        );
        let error = project
            .select(
                "Cargo.toml",
                &Wanted {
                    bin: Some("three"),
                    ..ANY
                },
            )
            .expect_err("no such binary");
        assert!(
            error.contains("no binary `three`") && error.contains("one, two"),
            "{error}"
        );
        let error = project
            .select("Cargo.toml", &Wanted { lib: true, ..ANY })
            .expect_err("an rlib");
        assert!(error.contains("no cdylib"), "{error}");
    }

    #[test]
    fn an_example_is_built_if_it_is_named() {
        let project = Project::new(&[
            ("Cargo.toml", &manifest("tools", "[workspace]\n")),
            ("src/main.rs", BIN),
            ("examples/one.rs", BIN),
        ]);
        let example = |name| {
            let wanted = Wanted {
                example: Some(name),
                ..ANY
            };
            project.select("Cargo.toml", &wanted)
        };
        assert_eq!(example("one").as_deref(), Ok("tools --example one"));
        let error = example("two").expect_err("no such example");
        assert!(error.contains("no example `two`; it has: one"), "{error}");
    }

    #[test]
    fn default_run_decides_between_binaries() {
        let with_default = manifest("tools", "default-run = \"two\"\n[workspace]\n");
        let project = Project::new(&[
            ("Cargo.toml", &with_default),
            ("src/bin/one.rs", BIN),
            ("src/bin/two.rs", BIN),
        ]);
        assert_eq!(
            project.select("Cargo.toml", &ANY).as_deref(),
            Ok("tools --bin two")
        );
    }

    #[test]
    fn a_cdylib_beside_a_binary_needs_to_be_asked_for() {
        let with_lib = manifest(
            "both",
            "[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n[workspace]\n",
        );
        let project = Project::new(&[
            ("Cargo.toml", &with_lib),
            ("src/lib.rs", ""),
            ("src/main.rs", BIN),
        ]);
        assert_eq!(
            project.select("Cargo.toml", &ANY).as_deref(),
            Ok("both --bin both")
        );
        assert_eq!(
            project
                .select("Cargo.toml", &Wanted { lib: true, ..ANY })
                .as_deref(),
            Ok("both --lib")
        );
    }
}
