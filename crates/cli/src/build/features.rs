//! What `--features` means for a package.

use cargo_metadata::{DependencyKind, Package};
use threadlink_sysroot::Std;

/// The crate that guests link.
pub(super) const RUNTIME: &str = "threadlink";
/// The feature that makes locks visible.
pub(super) const TRACING: &str = "tracing";

/// The single features of lists: cargo also accepts blanks between them.
fn each(requested: &[String]) -> impl Iterator<Item = &str> {
    requested
        .iter()
        .flat_map(|list| list.split([',', ' ']))
        .filter(|name| !name.is_empty())
}

/// Whether lock events are wanted: of the package, or of a crate that it depends on (`threadlink/tracing`).
pub(super) fn has_tracing(requested: &[String]) -> bool {
    each(requested).any(|feature| feature.rsplit('/').next() == Some(TRACING))
}

/// The features to give to cargo. `tracing`, where the package has no such feature, becomes that of the runtime
/// crate, by the name under which the package depends on it; a package without the runtime needs none over a std that has
/// threads, whose own locks are traced.
pub(super) fn resolve(requested: &[String], package: &Package, std: Std) -> Result<Vec<String>, String> {
    let mut resolved = Vec::new();
    for feature in each(requested) {
        if feature != TRACING || package.features.contains_key(TRACING) {
            resolved.push(feature.to_owned());
            continue;
        }
        let dependency = package
            .dependencies
            .iter()
            .find(|dependency| dependency.name == RUNTIME && dependency.kind == DependencyKind::Normal);
        let Some(dependency) = dependency else {
            if std == Std::Threaded {
                continue;
            }
            return Err(format!(
                "package `{}` has neither a feature `{TRACING}` nor a dependency on {RUNTIME}: add \
                     `{RUNTIME} = \"{}\"` to [dependencies] in {}",
                package.name,
                env!("CARGO_PKG_VERSION"),
                package.manifest_path
            ));
        };
        let name = dependency.rename.as_deref().unwrap_or(RUNTIME);
        resolved.push(format!("{name}/{TRACING}"));
    }
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    use cargo_metadata::MetadataCommand;

    /// Resolves `requested` for a package with this end of its Cargo.toml.
    fn resolved(rest: &str, requested: &[&str]) -> Result<Vec<String>, String> {
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
        resolve(&requested, metadata.workspace_packages()[0], Std::Plain)
            .inspect(|resolved| {
                let threaded = resolve(&requested, metadata.workspace_packages()[0], Std::Threaded);
                assert_eq!(
                    threaded.as_ref(),
                    Ok(resolved),
                    "the runtime's feature is for its own locks"
                );
            })
            .inspect_err(|_| {
                let threaded = resolve(&requested, metadata.workspace_packages()[0], Std::Threaded);
                assert_eq!(threaded, Ok(Vec::new()), "std's own locks are traced");
            })
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
    fn a_dependencys_feature_asks_for_lock_events_too() {
        let asks = |feature: &str| has_tracing(&[feature.to_owned()]);
        for feature in ["tracing", "threadlink/tracing", "a, link/tracing"] {
            assert!(asks(feature), "{feature}");
        }
        for feature in ["", "a", "tracing/a", "tracing-core"] {
            assert!(!asks(feature), "{feature}");
        }
    }
}
