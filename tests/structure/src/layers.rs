//! Which crate may depend on which. The plan stands here once; a crate that has no place in it is an error, and so is a
//! place without a crate.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, Package, PackageId};

/// What one crate may depend on.
struct Layer {
    name: &'static str,
    /// Crates of ours.
    ours: &'static [&'static str],
    /// Crates of others; `None` if it is free to choose.
    others: Option<&'static [&'static str]>,
    /// What must not be among its dependencies, however far away.
    never: &'static [&'static str],
}

/// A crate without an engine: it reads what happened, or watches while it happens, for any host.
const ENGINES: &[&str] = &["wasmtime", "cranelift-codegen"];

/// Of crates that a std is built on: their own source as data, which they do not need themselves.
const SOURCE: &[&str] = &["include_dir"];

/// All crates that are published. The rest are tests, examples and tools, which depend on what they like.
const PLAN: &[Layer] = &[
    Layer {
        name: "threadlink-abi",
        ours: &[],
        others: Some(SOURCE),
        never: &[],
    },
    // Stands below std as well, so nothing that needs std may come with it.
    Layer {
        name: "threadlink-rt",
        ours: &["threadlink-abi"],
        others: Some(SOURCE),
        never: &[],
    },
    Layer {
        name: "threadlink-macros",
        ours: &[],
        others: Some(&["proc-macro2", "quote", "syn"]),
        never: &[],
    },
    Layer {
        name: "threadlink",
        ours: &["threadlink-abi", "threadlink-macros", "threadlink-rt"],
        others: Some(&["lock_api", "parking_lot", "parking_lot_core", "rayon-core"]),
        never: ENGINES,
    },
    Layer {
        name: "threadlink-trace",
        ours: &["threadlink-abi"],
        others: None,
        never: ENGINES,
    },
    Layer {
        name: "threadlink-analysis",
        ours: &["threadlink-trace"],
        others: None,
        never: ENGINES,
    },
    Layer {
        name: "threadlink-report",
        ours: &["threadlink-analysis", "threadlink-trace"],
        others: None,
        never: ENGINES,
    },
    Layer {
        name: "threadlink-export",
        ours: &["threadlink-trace"],
        others: None,
        never: ENGINES,
    },
    Layer {
        name: "threadlink-watch",
        ours: &["threadlink-abi", "threadlink-trace"],
        others: None,
        never: ENGINES,
    },
    Layer {
        name: "threadlink-races",
        ours: &[],
        others: Some(&[]),
        never: ENGINES,
    },
    // Runs as a module beside a guest.
    Layer {
        name: "threadlink-follow",
        ours: &["threadlink-abi", "threadlink-trace", "threadlink-watch"],
        others: None,
        never: ENGINES,
    },
    // Knows threads by number alone.
    Layer {
        name: "threadlink-schedule",
        ours: &[],
        others: Some(&["thiserror"]),
        never: ENGINES,
    },
    Layer {
        name: "threadlink-host",
        ours: &[
            "threadlink-abi",
            "threadlink-races",
            "threadlink-schedule",
            "threadlink-trace",
            "threadlink-watch",
        ],
        others: None,
        never: &[],
    },
    Layer {
        name: "threadlink-serve",
        ours: &[],
        others: None,
        never: ENGINES,
    },
    // The first thing that a fresh clone builds.
    Layer {
        name: "threadlink-toolchain",
        ours: &[],
        others: Some(&[]),
        never: &[],
    },
    // Stands in for a compiler, which starts for every crate.
    Layer {
        name: "threadlink-sysroot",
        ours: &["threadlink-abi", "threadlink-rt", "threadlink-toolchain"],
        others: None,
        never: ENGINES,
    },
    Layer {
        name: "threadlink-shim",
        ours: &["threadlink-sysroot", "threadlink-toolchain"],
        others: None,
        never: ENGINES,
    },
    // Scripts, as data.
    Layer {
        name: "threadlink-js",
        ours: &[],
        others: Some(SOURCE),
        never: &[],
    },
    Layer {
        name: "threadlink-cli",
        ours: &[
            "threadlink-abi",
            "threadlink-analysis",
            "threadlink-export",
            "threadlink-host",
            "threadlink-js",
            "threadlink-report",
            "threadlink-schedule",
            "threadlink-serve",
            "threadlink-shim",
            "threadlink-sysroot",
            "threadlink-toolchain",
            "threadlink-trace",
            "threadlink-watch",
        ],
        others: None,
        never: &[],
    },
];

/// The packages that are meant for a registry.
pub fn published(metadata: &Metadata) -> impl Iterator<Item = &Package> {
    metadata
        .workspace_packages()
        .into_iter()
        // `publish = false` is an empty list of registries.
        .filter(|package| {
            package
                .publish
                .as_ref()
                .is_none_or(|registries| !registries.is_empty())
        })
}

/// Whether a package is built with an engine.
#[must_use]
pub fn needs_engine(metadata: &Metadata, package: &Package) -> bool {
    let reached = reached(metadata, &package.id);
    ENGINES.iter().any(|engine| reached.contains_key(engine))
}

/// What about the workspace's dependencies is not as planned, one sentence each.
#[must_use]
pub fn problems(metadata: &Metadata) -> Vec<String> {
    let mut packages: BTreeMap<&str, &Package> = BTreeMap::new();
    for package in metadata.workspace_packages() {
        // `publish = false` is an empty list of registries.
        if package
            .publish
            .as_ref()
            .is_none_or(|registries| !registries.is_empty())
        {
            packages.insert(package.name.as_str(), package);
        }
    }
    let workspace: BTreeSet<&str> = metadata
        .workspace_packages()
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let mut problems = Vec::new();
    for layer in PLAN {
        match packages.remove(layer.name) {
            Some(package) => of_package(metadata, package, layer, &workspace, &mut problems),
            None => problems.push(format!(
                "{} has a place in the plan, but is no published crate",
                layer.name
            )),
        }
    }
    problems.extend(packages.keys().map(|name| {
        format!("{name} has no place in the plan of tests/structure/src/layers.rs: what may it depend on?")
    }));
    problems
}

fn of_package(
    metadata: &Metadata,
    package: &Package,
    layer: &Layer,
    workspace: &BTreeSet<&str>,
    problems: &mut Vec<String>,
) {
    let needed = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        // Models of lock-free parts are tests, but their loom replaces what the code itself uses.
        .filter(|dependency| {
            dependency
                .target
                .as_ref()
                .is_none_or(|target| target.to_string() != "cfg(loom)")
        });
    let names: BTreeSet<&str> = needed.map(|dependency| dependency.name.as_str()).collect();
    for name in names {
        let allowed = if workspace.contains(name) {
            layer.ours.contains(&name)
        } else {
            layer.others.is_none_or(|others| others.contains(&name))
        };
        if !allowed {
            problems.push(format!("{} may not depend on {name}", layer.name));
        }
    }
    let reached = reached(metadata, &package.id);
    for never in layer.never {
        if let Some(line) = reached.get(*never) {
            problems.push(format!(
                "{} may not reach {never}: {}",
                layer.name,
                line.join(" -> ")
            ));
        }
    }
}

/// All crates that a package is built with, each with a way to it.
fn reached<'a>(metadata: &'a Metadata, from: &PackageId) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut ways = BTreeMap::new();
    let Some(graph) = &metadata.resolve else {
        return ways;
    };
    let mut seen = BTreeSet::new();
    let mut open = vec![(from, Vec::new())];
    while let Some((id, way)) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let name = metadata[id].name.as_str();
        let way: Vec<&str> = way.into_iter().chain([name]).collect();
        let node = graph.nodes.iter().find(|node| node.id == *id);
        for next in node.into_iter().flat_map(|node| &node.deps) {
            if next
                .dep_kinds
                .iter()
                .any(|kind| kind.kind != DependencyKind::Development)
            {
                open.push((&next.pkg, way.clone()));
            }
        }
        ways.insert(name, way);
    }
    ways
}
