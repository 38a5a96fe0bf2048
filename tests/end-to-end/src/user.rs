//! Somebody who has just installed the command: a home of their own, no variable for the build, no config file.

use std::path::PathBuf;
use std::process::Command;

use crate::{Ran, copies, link, run, rustup_at, std_folder, threadlink};

/// What tells cargo to build guests.
pub const TARGET: [&str; 2] = ["--target", "wasm32-unknown-unknown"];

/// Somebody with a home that nobody else has.
#[derive(Debug)]
pub struct User {
    /// Their home.
    pub home: PathBuf,
    /// Which std is wanted, where it is not the usual one.
    pub std: &'static str,
}

impl User {
    /// One with this name, on a path with blanks.
    ///
    /// # Panics
    /// If the home cannot be made.
    #[must_use]
    pub fn new(name: &str, std: &'static str) -> User {
        let home = copies().join(format!("the home of {name}"));
        let cargo_home = home.join(".cargo");
        std::fs::create_dir_all(&cargo_home).expect("target/ can be written to");
        rustup_at(&home.join(".rustup"));
        // What was downloaded need not be downloaded again.
        let real = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let real = real.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
        if let Some(registry) = real
            .map(|real| real.join("registry"))
            .filter(|registry| registry.is_dir())
        {
            link(&registry, &cargo_home.join("registry"));
        }
        User { home, std }
    }

    /// A program with this user's environment, and nothing else of whoever runs the tests.
    ///
    /// # Panics
    /// If there is a colon in a path.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>, project: &str) -> Command {
        let mut command = Command::new(program);
        let bin = PathBuf::from(threadlink().get_program());
        let mut path = vec![bin.parent().expect("it stands in a folder").to_owned()];
        if self.command_finds_rustup().is_none() {
            path.insert(0, std_folder().join("toolchains/threadlink/bin"));
        }
        path.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        command
            .env_clear()
            .env("HOME", &self.home)
            .env("CARGO_HOME", self.home.join(".cargo"))
            .env("RUSTUP_HOME", self.home.join(".rustup"))
            .env("PATH", std::env::join_paths(path).expect("no colons"))
            .env("THREADLINK_CACHE", std_folder())
            .env("THREADLINK_STD", self.std)
            .env("CARGO_NET_OFFLINE", "true")
            .current_dir(self.home.join(project));
        command
    }

    /// Whether rustup chooses toolchains here; else `PATH` does.
    fn command_finds_rustup(&self) -> Option<PathBuf> {
        std::env::split_paths(&std::env::var_os("PATH")?)
            .map(|dir| dir.join("rustup"))
            .find(|file| file.is_file())
    }

    /// Cargo, as a shell finds it.
    #[must_use]
    pub fn cargo(&self, project: &str, words: &[&[&str]]) -> Ran {
        run(self.command("cargo", project).args(words.concat()))
    }

    /// The command.
    #[must_use]
    pub fn threadlink(&self, project: &str, words: &[&str]) -> Ran {
        run(self.command(threadlink().get_program(), project).args(words))
    }

    /// Writes a file of theirs.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.home.join(file);
        std::fs::create_dir_all(path.parent().expect("it is in the home")).expect("folders");
        std::fs::write(path, text).expect("files");
    }
}

/// It has ended well, and without a warning that nobody can do anything about.
///
/// # Panics
/// If not.
#[track_caller]
pub fn well(ran: &Ran) -> &Ran {
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert!(!ran.stderr.contains("unstable feature"), "{}", ran.stderr);
    ran
}

/// Nothing was compiled.
///
/// # Panics
/// If anything was.
#[track_caller]
pub fn compiles_nothing(ran: &Ran) {
    well(ran);
    for word in ["Compiling", "Checking", "building std"] {
        assert!(!ran.stderr.contains(word), "{}", ran.stderr);
    }
}

/// The manifest of a project that stands alone.
#[must_use]
pub fn manifest(name: &str, more: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}\n[workspace]\n")
}
