//! What `--features` means for a package.

use cargo_metadata::{DependencyKind, Package};

/// The crate that guests link.
pub(super) const RUNTIME: &str = "threadlink";
/// The feature that makes locks visible.
pub(super) const TRACING: &str = "tracing";

/// The features to give to cargo. `tracing`, where the package has no such feature, becomes that of the runtime
/// crate, by the name under which the package depends on it. Where std's own locks are traced, a package needs neither.
pub(super) fn resolve(
    requested: &[String],
    package: &Package,
    std_is_traced: bool,
) -> Result<Vec<String>, String> {
    let mut resolved = Vec::new();
    // Cargo also accepts blanks between features.
    for feature in requested
        .iter()
        .flat_map(|list| list.split([',', ' ']))
        .filter(|name| !name.is_empty())
    {
        if feature != TRACING || package.features.contains_key(TRACING) {
            resolved.push(feature.to_owned());
            continue;
        }
        let dependency = package
            .dependencies
            .iter()
            .find(|dependency| dependency.name == RUNTIME && dependency.kind == DependencyKind::Normal);
        match dependency {
            Some(dependency) => {
                let name = dependency.rename.as_deref().unwrap_or(RUNTIME);
                resolved.push(format!("{name}/{TRACING}"));
            }
            None if std_is_traced => {}
            None => {
                return Err(format!(
                    "package `{}` has neither a feature `{TRACING}` nor a dependency on {RUNTIME}: add \
                     `{RUNTIME} = \"{}\"` to [dependencies] in {}",
                    package.name,
                    env!("CARGO_PKG_VERSION"),
                    package.manifest_path
                ));
            }
        }
    }
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    use cargo_metadata::MetadataCommand;

    /// Resolves `requested` for a package with this end of its Cargo.toml, over a plain std.
    fn resolved(rest: &str, requested: &[&str]) -> Result<Vec<String>, String> {
        resolved_over(rest, requested, false)
    }

    fn resolved_over(rest: &str, requested: &[&str], std_is_traced: bool) -> Result<Vec<String>, String> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let manifest = dir.path().join("Cargo.toml");
        fs::create_dir_all(dir.path().join("src")).expect("directories");
        fs::write(dir.path().join("src/main.rs"), "fn main() {}").expect("files");
        let text =
            format!("[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n{rest}");
        fs::write(&manifest, text).expect("files");
        let metadata = MetadataCommand::new()
            .manifest_path(&manifest)
            .no_deps()
            .exec()
            .expect("cargo reads the project");
        let requested: Vec<String> = requested.iter().map(|name| (*name).to_owned()).collect();
        resolve(&requested, metadata.workspace_packages()[0], std_is_traced)
    }

    #[test]
    fn tracing_is_the_runtimes_unless_the_package_has_its_own() {
        let plain = "[dependencies]\nthreadlink = \"0.1\"\n";
        assert_eq!(
            resolved(plain, &["tracing"]),
            Ok(vec!["threadlink/tracing".to_owned()])
        );
        let own = format!("[features]\ntracing = []\n{plain}");
        assert_eq!(resolved(&own, &["tracing"]), Ok(vec!["tracing".to_owned()]));
    }

    #[test]
    fn the_runtime_is_found_under_another_name() {
        let renamed = "[dependencies]\nthreads = { package = \"threadlink\", version = \"0.1\" }\n";
        assert_eq!(
            resolved(renamed, &["a b", "tracing"]),
            Ok(["a", "b", "threads/tracing"].map(str::to_owned).into())
        );
    }

    #[test]
    fn without_the_runtime_tracing_is_an_error_that_says_what_to_add() {
        for rest in ["", "[dev-dependencies]\nthreadlink = \"0.1\"\n"] {
            let error = resolved(rest, &["tracing"]).expect_err("no runtime");
            assert!(
                error.contains("threadlink = \"") && error.contains("Cargo.toml"),
                "{error}"
            );
        }
        assert_eq!(resolved("", &["other"]), Ok(vec!["other".to_owned()]));
    }

    #[test]
    fn a_std_that_is_traced_needs_no_feature() {
        assert_eq!(resolved_over("", &["tracing"], true), Ok(vec![]));
        let plain = "[dependencies]\nthreadlink = \"0.1\"\n";
        assert_eq!(
            resolved_over(plain, &["tracing"], true),
            Ok(vec!["threadlink/tracing".to_owned()])
        );
    }
}
