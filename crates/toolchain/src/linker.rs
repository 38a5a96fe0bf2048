//! The search for a wasm linker.

use std::path::{Path, PathBuf};

use crate::program::program;
use crate::rustup;
use crate::system::System;
use crate::toolchain::{Linker, Toolchain};
use crate::version::Version;

/// Older ones do not know all that today's compilers put in an object file.
const OLDEST_LLD: u32 = 19;

/// A linker for the rustc with this sysroot, host triple and version.
///
/// In order: what the user chose by cargo's variable; rustc's own; the rust-lld of another rustup toolchain;
/// LLVM's wasm-ld in `PATH`, newest first.
///
/// ```
/// use std::path::Path;
/// use threadlink_toolchain::{Machine, linker};
///
/// let found = linker(&Machine::new(), Path::new("/usr"), "x86_64-unknown-linux-gnu");
/// println!("{found:?}");
/// ```
#[must_use]
pub fn linker(system: &dyn System, sysroot: &Path, host: &str) -> Option<Linker> {
    if let Some(chosen) = system.var(Toolchain::LINKER_VAR).map(PathBuf::from) {
        let found = if chosen.components().count() > 1 {
            system.is_file(&chosen).then_some(chosen)
        } else {
            chosen.to_str().and_then(|name| system.in_path(name))
        };
        if let Some(path) = found {
            return Some(Linker::At(path));
        }
    }
    if system.is_file(&rust_lld(sysroot, host)) {
        return Some(Linker::Own);
    }
    rustup::toolchains(system)
        .into_iter()
        .map(|toolchain| rust_lld(&toolchain, host))
        .find(|path| system.is_file(path))
        .or_else(|| wasm_ld(system))
        .map(Linker::At)
}

fn rust_lld(sysroot: &Path, host: &str) -> PathBuf {
    program(&sysroot.join("lib/rustlib").join(host).join("bin"), "rust-lld")
}

/// LLVM's: `wasm-ld` or `wasm-ld-22` as distributions name them, or a system's `rust-lld`. The newest that
/// runs and is not too old.
fn wasm_ld(system: &dyn System) -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for dir in system.path_dirs() {
        for file in system.children(&dir) {
            let Some(name) = file.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            let version_args: &[&str] = match name {
                "wasm-ld" => &["--version"],
                "rust-lld" => &["-flavor", "wasm", "--version"],
                _ if numbered(name) => &["--version"],
                _ => continue,
            };
            if !system.is_file(&file) {
                continue;
            }
            let version = system
                .output(&file, version_args)
                .as_deref()
                .and_then(lld_version);
            if let Some(version) = version.filter(|version| *version >= OLDEST_LLD)
                && found.iter().all(|(other, _)| *other != version)
            {
                found.push((version, file));
            }
        }
    }
    found
        .into_iter()
        .max_by_key(|(version, _)| *version)
        .map(|(_, path)| path)
}

/// `wasm-ld-22` and its like, not `wasm-ld-wrapper`.
fn numbered(name: &str) -> bool {
    name.strip_prefix("wasm-ld-")
        .is_some_and(|rest| rest.parse::<u32>().is_ok())
}

/// The major version in `LLD 22.1.8 (...)` or `Debian LLD 22.1.8`.
fn lld_version(output: &str) -> Option<u32> {
    let (_, rest) = output.split_once("LLD ")?;
    Version::parse(rest.lines().next()?).map(|version| version.major)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    const HOST: &str = "x86_64-unknown-linux-gnu";

    fn lld(fake: Fake, path: &str, version: &str) -> Fake {
        fake.program(path, "--version", &format!("Debian LLD {version}\n"))
    }

    #[test]
    fn newest_numbered_linker_wins_and_old_ones_do_not_count() {
        let fake = Fake::new().with_var("PATH", "/a:/usr/bin");
        let fake = lld(fake, "/usr/bin/wasm-ld-14", "14.0.6");
        assert_eq!(linker(&fake, Path::new("/usr"), HOST), None);
        let fake = lld(
            lld(fake, "/usr/bin/wasm-ld-19", "19.1.7"),
            "/usr/bin/wasm-ld-22",
            "22.1.8",
        );
        assert_eq!(
            linker(&fake, Path::new("/usr"), HOST),
            Some(Linker::At("/usr/bin/wasm-ld-22".into()))
        );
    }

    #[test]
    fn a_dangling_link_is_no_linker() {
        // Debian's rust-web-llvm leaves /usr/bin/rust-lld pointing to a package that may not be installed.
        let fake = Fake::new()
            .with_var("PATH", "/usr/bin")
            .entry("/usr/bin/rust-lld");
        assert_eq!(linker(&fake, Path::new("/usr"), HOST), None);
    }

    #[test]
    fn the_users_choice_comes_first_by_path_or_by_name() {
        let own = format!("/rustup/lib/rustlib/{HOST}/bin/rust-lld");
        let fake = Fake::new()
            .with_var("PATH", "/a:/b")
            .file(&own)
            .file("/b/my-ld")
            .file("/c/their-ld");
        let with = |value| {
            linker(
                &fake.clone().with_var(Toolchain::LINKER_VAR, value),
                Path::new("/rustup"),
                HOST,
            )
        };
        assert_eq!(with("my-ld"), Some(Linker::At("/b/my-ld".into())));
        assert_eq!(with("/c/their-ld"), Some(Linker::At("/c/their-ld".into())));
        assert_eq!(with("/c/deleted-ld"), Some(Linker::Own));
    }

    #[test]
    fn another_rustup_toolchain_lends_its_linker() {
        let lent = format!("/home/u/.rustup/toolchains/stable-{HOST}/lib/rustlib/{HOST}/bin/rust-lld");
        let fake = Fake::new().with_var("HOME", "/home/u").file(&lent);
        assert_eq!(
            linker(&fake, Path::new("/usr"), HOST),
            Some(Linker::At(lent.into()))
        );
    }

    #[test]
    fn names_that_only_look_like_linkers_are_not_run() {
        assert!(numbered("wasm-ld-22"));
        assert!(!numbered("wasm-ld-wrapper"));
        assert_eq!(lld_version("LLD 22.1.2 (/checkout 1cb4)\n"), Some(22));
        assert_eq!(lld_version("lld is a generic driver."), None);
    }
}
