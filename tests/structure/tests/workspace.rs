//! The workspace as it is, held to the plan.

use structure::{circles, features, layers, workspace};

#[test]
fn no_file_needs_another_that_needs_it_back() {
    let metadata = workspace::metadata().expect("cargo knows the workspace");
    let root = metadata.workspace_root.as_std_path();
    let roots = workspace::roots(&metadata);
    assert!(
        roots.iter().any(|root| root.ends_with("threadlink/src/lib.rs")),
        "{roots:?}"
    );
    let found: Vec<String> = roots
        .iter()
        .flat_map(|file| {
            circles::circles(file, &|path| std::fs::read_to_string(root.join(path)).ok())
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
        })
        .map(|circle| circle.to_string())
        .collect();
    assert!(found.is_empty(), "{}", found.concat());
}

#[test]
fn each_crate_depends_on_what_it_may() {
    let metadata = workspace::metadata().expect("cargo knows the workspace");
    let problems = layers::problems(&metadata);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn no_crate_is_compiled_once_more_for_tests() {
    let metadata = workspace::metadata().expect("cargo knows the workspace");
    let problems = features::problems(&metadata).expect("cargo knows the features");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Cargo puts programs of one name in the same place, and their documentation as well.
#[test]
fn no_two_programs_have_one_name() {
    let metadata = workspace::metadata().expect("cargo knows the workspace");
    let mut names: Vec<&str> = metadata
        .workspace_packages()
        .iter()
        .flat_map(|package| &package.targets)
        .filter(|target| target.is_bin())
        .map(|target| target.name.as_str())
        .collect();
    names.sort_unstable();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(names.len() > 1 && twice.is_empty(), "{twice:?}");
}
