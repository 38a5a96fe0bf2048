//! The toolchain that a project's native builds use: a stand-in for it has to be the same to them.

use std::path::{Path, PathBuf};

use crate::detect::{CARGO_VAR, RUSTC_VAR, system_dirs};
use crate::program::program;
use crate::project::{Asked, What};
use crate::rustup::{self, Settings};
use crate::system::System;

/// A real cargo and a real rustc: neither rustup's proxies nor stand-ins.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Own {
    /// The cargo.
    pub cargo: PathBuf,
    /// The rustc.
    pub rustc: PathBuf,
}

impl Own {
    fn in_bin(bin: &Path) -> Own {
        Own {
            cargo: program(bin, "cargo"),
            rustc: program(bin, "rustc"),
        }
    }

    /// The tool of this name that belongs to the compiler.
    ///
    /// ```
    /// use threadlink_toolchain::{Machine, own};
    ///
    /// if let Ok(own) = own(&Machine::new()) {
    ///     println!("{}", own.tool("rustdoc").display());
    /// }
    /// ```
    #[must_use]
    pub fn tool(&self, name: &str) -> PathBuf {
        match name {
            "cargo" => self.cargo.clone(),
            "rustc" => self.rustc.clone(),
            _ => program(self.rustc.parent().unwrap_or(Path::new("")), name),
        }
    }
}

/// The toolchain for native builds in the current directory.
///
/// In order: what [`CARGO_VAR`] and [`RUSTC_VAR`] name; what the project asks for (`rust-toolchain.toml`, `rustup override`);
/// rustup's default; another one of rustup's; the system's.
///
/// # Errors
/// A sentence for people, if there is none or the one that the project asks for is not installed.
pub fn own(system: &dyn System) -> Result<Own, String> {
    let named = |variable: &str| system.var(variable).map(PathBuf::from);
    let beside = |other: &Path, name: &str| program(other.parent().unwrap_or(Path::new("")), name);
    match (named(CARGO_VAR), named(RUSTC_VAR)) {
        (Some(cargo), Some(rustc)) => return Ok(Own { cargo, rustc }),
        (Some(cargo), None) => {
            let rustc = beside(&cargo, "rustc");
            return Ok(Own { cargo, rustc });
        }
        (None, Some(rustc)) => {
            let cargo = beside(&rustc, "cargo");
            return Ok(Own { cargo, rustc });
        }
        (None, None) => {}
    }
    let roots = rustup::toolchains(system);
    let name_of = |root: &PathBuf| {
        let name = root.file_name();
        name.map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    if let Some(asked) = Asked::find(system) {
        let root = match &asked.what {
            What::Path(root) => Some(root.clone()),
            What::Channel(_) => roots.iter().find(|root| asked.is(&name_of(root))).cloned(),
        };
        match (root, roots.is_empty(), &asked.what) {
            (Some(root), ..) => return Ok(Own::in_bin(&root.join("bin"))),
            (None, false, What::Channel(channel)) => {
                return Err(format!(
                    "{} asks for the toolchain `{channel}`, which is not installed: run `rustup toolchain install {channel}`",
                    asked.file.display()
                ));
            }
            // Nobody but rustup knows channels: without it the file means nothing.
            (None, ..) => {}
        }
    }
    let default = Settings::read(system).default;
    let chosen = roots
        .iter()
        .find(|root| default.as_ref().is_some_and(|name| *name == name_of(root)))
        .or(roots.first());
    if let Some(root) = chosen {
        return Ok(Own::in_bin(&root.join("bin")));
    }
    match system_dirs(system).first() {
        Some(dir) => Ok(Own::in_bin(dir)),
        None => Err("there is no Rust toolchain here: run `threadlink setup`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    const TOOLCHAINS: &str = "/home/u/.rustup/toolchains";

    fn rustc(fake: &Fake) -> String {
        own(fake).map_or_else(|why| why, |own| own.rustc.display().to_string())
    }

    #[test]
    fn the_project_then_the_default_then_stable() {
        let fake = Fake::new()
            .rustup("stable", "1.96.0", false)
            .rustup("nightly", "1.97.0-nightly", false)
            .file(&format!("{TOOLCHAINS}/threadlink/threadlink-std"))
            .in_dir("/p");
        assert!(rustc(&fake).contains("/stable-"), "{}", rustc(&fake));
        let settings = "default_toolchain = \"nightly-x86_64-unknown-linux-gnu\"\n[overrides]\n\"/p\" = \"threadlink\"\n";
        let fake = fake.text_file("/home/u/.rustup/settings.toml", settings);
        assert!(rustc(&fake).contains("/nightly-"), "{}", rustc(&fake));
        let fake = fake.text_file("/p/rust-toolchain.toml", "[toolchain]\nchannel = \"stable\"\n");
        assert!(rustc(&fake).contains("/stable-"), "{}", rustc(&fake));
        let fake = fake.text_file("/p/rust-toolchain.toml", "[toolchain]\nchannel = \"1.90\"\n");
        assert!(
            rustc(&fake).contains("rustup toolchain install 1.90"),
            "{}",
            rustc(&fake)
        );
        let fake = fake.with_var(RUSTC_VAR, "/mine/rustc");
        assert_eq!(
            own(&fake).map(|own| own.tool("cargo")),
            Ok(PathBuf::from("/mine/cargo"))
        );
    }

    #[test]
    fn without_rustup_the_systems_and_never_a_stand_in() {
        let fake = Fake::new()
            .with_var("PATH", "/ours/bin:/usr/bin")
            .compiler("/ours/bin", "1.96.0", "/ours")
            .file("/ours/threadlink-std")
            .compiler("/usr/bin", "1.96.0", "/usr")
            .text_file("/p/rust-toolchain", "1.90")
            .in_dir("/p");
        assert_eq!(rustc(&fake), "/usr/bin/rustc");
        assert!(rustc(&Fake::new()).contains("threadlink setup"));
    }
}
