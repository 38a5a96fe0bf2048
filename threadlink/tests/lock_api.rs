//! The raw locks around parking_lot's implement what these implement of lock_api's traits for locks: all that this
//! version of lock_api has, as its source says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether a type implements a trait of lock_api's, as a constant.
macro_rules! implements {
    ($type:ty: $bound:ident) => {{
        #[allow(dead_code, reason = "one of the two answers")]
        struct Probe<T>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "one of the two answers")]
        trait Otherwise {
            const ANSWER: bool = false;
        }
        impl<T> Otherwise for Probe<T> {}
        // An item of the type goes before one of a trait, where it applies.
        #[allow(dead_code, reason = "one of the two answers")]
        impl<T: lock_api::$bound> Probe<T> {
            const ANSWER: bool = true;
        }
        <Probe<$type>>::ANSWER
    }};
}

/// What a lock says of each of these traits.
macro_rules! answers {
    ($lock:ty, [$($bound:ident),* $(,)?]) => {
        [$((stringify!($bound), implements!($lock: $bound))),*]
    };
}

/// The answers of a lock of parking_lot's, and of ours around it.
macro_rules! pairs {
    ($($ours:ident<$inner:path>),* $(,)? => $traits:tt) => {
        [$((
            stringify!($inner),
            answers!($inner, $traits),
            answers!(threadlink::raw::$ours<$inner>, $traits),
        )),*]
    };
}

macro_rules! of_all_traits {
    ($($bound:ident)*) => {
        /// The traits that this test asks for.
        const ASKED: &[&str] = &[$(stringify!($bound)),*];

        #[test]
        fn what_the_lock_inside_implements_the_lock_around_it_does() {
            for (lock, inner, ours) in pairs!(
                RawTracing<parking_lot::RawMutex>,
                RawTracing<parking_lot::RawFairMutex>,
                RawTracingRw<parking_lot::RawRwLock>,
                RawTracingRw<parking_lot::RawRwLockRecursive>,
                => [$($bound),*]
            ) {
                assert!(inner.iter().any(|(_, yes)| *yes), "{lock} implements nothing");
                assert_eq!(ours, inner, "around {lock}");
            }
        }
    };
}

of_all_traits! {
    RawMutex
    RawMutexFair
    RawMutexTimed
    RawRwLock
    RawRwLockDowngrade
    RawRwLockFair
    RawRwLockTimed
    RawRwLockUpgrade
    RawRwLockUpgradeDowngrade
    RawRwLockUpgradeFair
    RawRwLockUpgradeTimed
}

/// Where the source of the lock_api is that this package is built with.
fn source_of_lock_api() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // Of what this package depends on, directly: another version may be elsewhere in the graph.
    let output = Command::new(cargo)
        .args([
            "tree",
            "--offline",
            "--depth",
            "1",
            "--edges",
            "normal",
            "--prefix",
            "none",
        ])
        .args(["--package", "threadlink", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text
        .lines()
        .find_map(|line| line.strip_prefix("lock_api v"))
        .unwrap_or_else(|| {
            panic!(
                "lock_api is no dependency: {text}{}",
                String::from_utf8_lossy(&output.stderr)
            )
        });
    let version = version.split(' ').next().expect("a version");
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cargo"),
        PathBuf::from,
    );
    let registries = std::fs::read_dir(home.join("registry/src")).expect("cargo has its sources there");
    registries
        .map(|registry| {
            registry
                .expect("it can be read")
                .path()
                .join(format!("lock_api-{version}/src"))
        })
        .find(|source| source.is_dir())
        .expect("the source of lock_api")
}

/// The public traits that the files of a folder define, and where.
fn traits(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for file in std::fs::read_dir(folder).expect("it can be read") {
        let path = file.expect("it can be read").path();
        if path.ends_with("condvar.rs") || path.ends_with("remutex.rs") {
            // Of condition variables, and of who a thread is: no lock implements them.
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("it is text");
        for line in text.lines() {
            let rest = line
                .strip_prefix("pub unsafe trait ")
                .or_else(|| line.strip_prefix("pub trait "));
            if let Some(rest) = rest {
                let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
                found.insert(rest[..end].to_owned(), path.clone());
            }
        }
    }
    found
}

#[test]
fn no_trait_of_lock_apis_is_left_out() {
    let found = traits(&source_of_lock_api());
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(names, ASKED);
}
