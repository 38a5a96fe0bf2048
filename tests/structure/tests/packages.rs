//! What is in the packages that are published.

use std::process::Command;

use structure::{layers, workspace};

#[test]
fn each_package_has_its_licences_a_readme_and_what_registries_want() {
    let metadata = workspace::metadata().expect("cargo knows the workspace");
    let mut wrong = Vec::new();
    for package in layers::published(&metadata) {
        let name = &package.name;
        let listed = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args([
                "package",
                "--list",
                "--allow-dirty",
                "--offline",
                "--package",
                name.as_str(),
            ])
            .current_dir(&metadata.workspace_root)
            .output()
            .expect("cargo runs");
        assert!(
            listed.status.success(),
            "{}",
            String::from_utf8_lossy(&listed.stderr)
        );
        let files = String::from_utf8_lossy(&listed.stdout).into_owned();
        for file in ["LICENSE-APACHE", "LICENSE-MIT", "README.md"] {
            if !files.lines().any(|line| line == file) {
                wrong.push(format!("{name}: the package has no {file}"));
            }
        }
        // A link that points nowhere, or a copy that has grown old.
        let dir = package
            .manifest_path
            .parent()
            .expect("a manifest stands in a directory");
        for file in ["LICENSE-APACHE", "LICENSE-MIT"] {
            if std::fs::read(dir.join(file)).ok() != std::fs::read(metadata.workspace_root.join(file)).ok() {
                wrong.push(format!("{name}: {file} is not the one of the workspace"));
            }
        }
        let said = [
            ("description", package.description.is_some()),
            ("license", package.license.is_some()),
            ("repository", package.repository.is_some()),
            ("rust-version", package.rust_version.is_some()),
            ("readme", package.readme.is_some()),
            ("keywords", (1..=5).contains(&package.keywords.len())),
            ("categories", (1..=5).contains(&package.categories.len())),
        ];
        wrong.extend(
            said.iter()
                .filter(|(_, said)| !said)
                .map(|(field, _)| format!("{name}: {field} is missing")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
