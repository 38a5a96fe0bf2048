//! Makes a number of the source that this crate is built from, so that code which another host has compiled and kept is never
//! taken for this one's. Nobody has to remember to raise a version: whatever is changed in here makes another number.

use std::env;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

fn main() {
    let folder = variable("CARGO_MANIFEST_DIR");
    let mut files = Vec::new();
    sources(&folder.join("src"), &mut files);
    files.push(folder.join("build.rs"));
    files.push(folder.join("Cargo.toml"));
    // What the versions of all dependencies stand in: the workspace's, or that of whoever builds this crate as one of many.
    let folders = [folder.as_path(), &variable("OUT_DIR")].map(Path::to_owned);
    let locks = folders.iter().filter_map(|folder| {
        let named = folder.ancestors().map(|folder| folder.join("Cargo.lock"));
        named.into_iter().find(|lock| lock.is_file())
    });
    files.extend(locks);
    files.sort();
    files.dedup();

    let mut hasher = DefaultHasher::new();
    env::var("CARGO_PKG_VERSION").ok().hash(&mut hasher);
    for file in &files {
        // Cargo looks at them too: if one is another, this runs again.
        println!("cargo::rerun-if-changed={}", file.display());
        file.strip_prefix(&folder).unwrap_or(file).hash(&mut hasher);
        std::fs::read(file).ok().hash(&mut hasher);
    }
    println!("cargo::rerun-if-changed={}", folder.join("src").display());
    println!("cargo::rustc-env=THREADLINK_HOST_SOURCE={:016x}", hasher.finish());
}

fn variable(name: &str) -> PathBuf {
    env::var_os(name).map(PathBuf::from).unwrap_or_default()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}
