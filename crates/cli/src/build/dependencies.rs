//! Which crates a program has for the runtime alone, by its `Cargo.lock`: what those leave out of std, the runtime does without.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::{DocumentMut, Table};

use crate::linked::is_runtime;

/// The crates that `package` depends on by nothing but the runtime. Versions are not told apart: a crate that the program has in
/// one of them is its own. Nothing, if the lock file cannot be read.
pub(super) fn of_runtime_alone(lock_file: &str, package: &str) -> BTreeSet<String> {
    let depends = dependencies(lock_file).unwrap_or_default();
    let all = reached(&depends, package, |_| true);
    let without = reached(&depends, package, |name| !is_runtime(&krate(name)));
    all.difference(&without).map(|name| krate(name)).collect()
}

/// The packages in a lock file, with those that each depends on.
fn dependencies(lock_file: &str) -> Option<BTreeMap<String, BTreeSet<String>>> {
    let lock: DocumentMut = lock_file.parse().ok()?;
    let mut depends: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in lock.get("package")?.as_array_of_tables()? {
        let name = package.get("name")?.as_str()?;
        let on = depends.entry(name.to_owned()).or_default();
        on.extend(names(package));
    }
    Some(depends)
}

/// What a package depends on: `name`, `name version` or `name version (source)`.
fn names(package: &Table) -> impl Iterator<Item = String> {
    let list = package.get("dependencies").and_then(|list| list.as_array());
    let texts = list.into_iter().flatten().filter_map(|name| name.as_str());
    texts.filter_map(|text| text.split(' ').next().map(str::to_owned))
}

/// What is reached from a package through packages of which `through` is true.
fn reached(
    depends: &BTreeMap<String, BTreeSet<String>>,
    package: &str,
    through: impl Fn(&str) -> bool,
) -> BTreeSet<String> {
    let mut seen = BTreeSet::from([package.to_owned()]);
    let mut next = vec![package];
    while let Some(name) = next.pop() {
        for on in depends.get(name).into_iter().flatten() {
            if seen.insert(on.clone()) && through(on) {
                next.push(on);
            }
        }
    }
    seen
}

/// A package's crate in symbols.
fn krate(package: &str) -> String {
    package.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lock file of these packages and what they depend on.
    fn lock(packages: &[(&str, &str)]) -> String {
        let mut text = "version = 4\n".to_owned();
        for (name, on) in packages {
            let on: Vec<String> = on
                .split_whitespace()
                .map(|name| format!("{:?}", name.replace('@', " ")))
                .collect();
            text += &format!(
                "\n[[package]]\nname = {name:?}\nversion = \"1.0.0\"\ndependencies = [{}]\n",
                on.join(", ")
            );
        }
        text
    }

    fn alone(packages: &[(&str, &str)]) -> Vec<String> {
        of_runtime_alone(&lock(packages), "app").into_iter().collect()
    }

    #[test]
    fn what_the_runtime_brings_is_its_own() {
        let runtime = ("threadlink", "lock_api parking_lot@0.12.5 threadlink-rt");
        let below = ("parking_lot", "parking_lot_core@0.9.1@(registry+x)");
        let app = ("app", "threadlink rand");
        assert_eq!(
            alone(&[app, runtime, below]),
            ["lock_api", "parking_lot", "parking_lot_core", "threadlink_rt"]
        );
    }

    #[test]
    fn what_the_program_has_as_well_is_not() {
        let runtime = ("threadlink", "lock_api parking_lot");
        let below = ("parking_lot", "parking_lot_core");
        // By itself, in some version, or through a crate of others, in a circle or not.
        assert_eq!(
            alone(&[("app", "threadlink parking_lot@0.11.0"), runtime, below]),
            ["lock_api"]
        );
        assert_eq!(
            alone(&[
                ("app", "threadlink pool"),
                ("pool", "app parking_lot"),
                runtime,
                below
            ]),
            ["lock_api"]
        );
    }

    #[test]
    fn without_a_lock_file_nothing_is_known() {
        for text in ["", "version = 4\n", "no lock file", "[[package]]\nname = 1\n"] {
            assert!(of_runtime_alone(text, "app").is_empty(), "{text}");
        }
    }
}
