//! A dependency that the plan forbids is seen.

use structure::{layers, workspace};

/// The workspace with one thing more, put in by `change`, and what is wrong with that and was not before.
fn new_problems(change: impl FnOnce(&mut cargo_metadata::Metadata)) -> Vec<String> {
    let mut metadata = workspace::metadata().expect("cargo knows the workspace");
    let before = layers::problems(&metadata);
    change(&mut metadata);
    let mut after = layers::problems(&metadata);
    after.retain(|problem| !before.contains(problem));
    after
}

/// Gives one package the dependencies that another has.
fn as_if_dependent(metadata: &mut cargo_metadata::Metadata, package: &str, like: &str) {
    let of = |name: &str| {
        metadata
            .packages
            .iter()
            .position(|package| package.name == name)
            .expect("it is there")
    };
    let (package, like) = (of(package), of(like));
    let dependencies = metadata.packages[like].dependencies.clone();
    metadata.packages[package].dependencies.extend(dependencies);
    let (package, like) = (
        metadata.packages[package].id.clone(),
        metadata.packages[like].id.clone(),
    );
    let graph = metadata.resolve.as_mut().expect("cargo resolves");
    let deps = graph
        .nodes
        .iter()
        .find(|node| node.id == like)
        .expect("it is there")
        .deps
        .clone();
    let node = graph
        .nodes
        .iter_mut()
        .find(|node| node.id == package)
        .expect("it is there");
    node.deps.extend(deps);
}

#[test]
fn a_direct_dependency() {
    let problems =
        new_problems(|metadata| as_if_dependent(metadata, "threadlink-toolchain", "threadlink-macros"));
    assert_eq!(
        problems,
        ["proc-macro2", "quote", "syn"].map(|name| format!("threadlink-toolchain may not depend on {name}"))
    );
}

#[test]
fn an_engine_far_away() {
    let problems = new_problems(|metadata| as_if_dependent(metadata, "threadlink-trace", "threadlink-cli"));
    for problem in [
        "threadlink-trace may not depend on threadlink-host",
        "threadlink-trace may not reach wasmtime: threadlink-trace -> threadlink-host -> wasmtime",
    ] {
        assert!(
            problems.iter().any(|found| found == problem),
            "{problem}: {problems:#?}"
        );
    }
}

#[test]
fn a_crate_without_a_place() {
    let problems = new_problems(|metadata| {
        let tests = metadata
            .packages
            .iter_mut()
            .find(|package| package.name == "threadlink-tests");
        tests.expect("it is there").publish = None;
    });
    assert_eq!(
        problems,
        [
            "threadlink-tests has no place in the plan of tests/structure/src/layers.rs: what may it depend on?"
        ]
    );
}

#[test]
fn a_place_without_a_crate() {
    let problems = new_problems(|metadata| {
        let abi = metadata
            .packages
            .iter_mut()
            .find(|package| package.name == "threadlink-abi");
        abi.expect("it is there").publish = Some(Vec::new());
    });
    assert_eq!(
        problems,
        ["threadlink-abi has a place in the plan, but is no published crate"]
    );
}
