//! The search for a toolchain, without changing anything.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::linker::linker;
use crate::places;
use crate::program::program;
use crate::project::{Asked, What};
use crate::rustup::{self, Settings};
use crate::system::System;
use crate::toolchain::{LIBRARY, Toolchain};
use crate::version::Version;

/// Names a cargo and overrides the search; the rustc beside it is used unless [`RUSTC_VAR`] names another.
pub const CARGO_VAR: &str = "THREADLINK_CARGO";
/// Names a rustc and overrides the search; the cargo beside it is used unless [`CARGO_VAR`] names another.
pub const RUSTC_VAR: &str = "THREADLINK_RUSTC";

/// No toolchain can build guests; every candidate, and what each lacks.
///
/// Its `Display` is a list for people, a candidate a line, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotFound {
    /// In the order of the search.
    pub candidates: Vec<Rejected>,
}

/// A toolchain that lacks something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejected {
    /// Where it is, for people.
    pub origin: String,
    /// The name to give to rustup, if it is one of rustup's.
    pub rustup_name: Option<String>,
    /// What it lacks.
    pub lacks: Lacks,
}

/// What a toolchain lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lacks {
    /// A cargo or a rustc, at this path.
    Program(PathBuf),
    /// A rustc that runs: this one says nothing about itself.
    WorkingCompiler(PathBuf),
    /// A newer rustc: this is its version.
    Newer(Version),
    /// The source of the standard library, which would be at this path.
    Source(PathBuf),
    /// A wasm linker, its own or another's.
    Linker,
}

impl fmt::Display for Lacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lacks::Program(path) => write!(f, "there is no {}", path.display()),
            Lacks::WorkingCompiler(path) => write!(f, "`{} -vV` fails", path.display()),
            Lacks::Newer(version) => {
                write!(
                    f,
                    "rustc {version} is too old: {} or newer is needed",
                    Version::OLDEST
                )
            }
            Lacks::Source(path) => {
                write!(
                    f,
                    "it has no source of the standard library (rust-src) at {}",
                    path.display()
                )
            }
            Lacks::Linker => write!(
                f,
                "no wasm linker was found for it (neither a rust-lld of a rustup toolchain nor LLVM's wasm-ld)"
            ),
        }
    }
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "no Rust toolchain here can build threaded wasm guests:")?;
        for Rejected { origin, lacks, .. } in &self.candidates {
            writeln!(f, "  {origin}: {lacks}")?;
        }
        if self
            .candidates
            .iter()
            .any(|one| one.origin.contains(RUSTC_VAR) || one.origin.contains(CARGO_VAR))
        {
            return write!(
                f,
                "Nothing else is tried while {RUSTC_VAR} or {CARGO_VAR} is set: correct it, or unset it and run `threadlink setup`."
            );
        }
        if self.candidates.is_empty() {
            writeln!(
                f,
                "  neither rustup's toolchains nor a cargo and rustc in PATH were found"
            )?;
        }
        write!(
            f,
            "Run `threadlink setup` (in this project's clone: `cargo xtask setup`) to install what is missing."
        )
    }
}

impl std::error::Error for NotFound {}

/// A cargo and a rustc that may do.
struct Candidate {
    origin: String,
    rustup_name: Option<String>,
    cargo: PathBuf,
    rustc: PathBuf,
}

impl Candidate {
    /// The toolchain whose root this directory is.
    fn below(root: &Path, origin: String, rustup_name: Option<String>) -> Self {
        Self {
            origin,
            rustup_name,
            cargo: program(&root.join("bin"), "cargo"),
            rustc: program(&root.join("bin"), "rustc"),
        }
    }
}

/// The first toolchain that can build guests.
///
/// In order: what [`CARGO_VAR`] and [`RUSTC_VAR`] name (then nothing else is tried); what the project's
/// `rust-toolchain.toml` asks for, or `rustup override`; rustup's default; its other toolchains, stable ones before nightly
/// ones, since these change under one's feet; the system's, from `PATH` and the usual places. If the project's wish cannot be fulfilled, the toolchain says so
/// ([`Toolchain::neglects`]).
///
/// # Errors
/// [`NotFound`] tells of every candidate what it lacks.
pub fn detect(system: &dyn System) -> Result<Toolchain, NotFound> {
    let mut rejected = Vec::new();
    let mut candidates = candidates(system);
    let asked = Asked::find(system).filter(|_| !is_named(system));
    if let Some(Asked {
        file,
        what: What::Path(root),
    }) = &asked
    {
        let origin = format!("named by {}", file.display());
        candidates.insert(0, Candidate::below(root, origin, None));
    }
    let is_asked = |candidate: &Candidate| {
        let name = candidate.rustup_name.as_deref();
        asked.as_ref().is_some_and(|asked| match &asked.what {
            What::Channel(_) => name.is_some_and(|name| asked.is(name)),
            What::Path(root) => candidate.cargo.starts_with(root),
        })
    };
    let default = Settings::read(system).default;
    let is_default = |candidate: &Candidate| {
        let name = candidate.rustup_name.as_deref();
        name.is_some_and(|name| Some(name) == default.as_deref())
    };
    candidates.sort_by_key(|candidate| (!is_asked(candidate), !is_default(candidate)));
    for candidate in candidates {
        match examine(system, &candidate) {
            Ok(mut toolchain) => {
                if let Some(asked) = &asked
                    && !is_asked(&candidate)
                    && !asked.is_like(toolchain.version, toolchain.nightly)
                {
                    toolchain.neglects = Some(neglect(asked, &rejected, &candidate.origin));
                }
                return Ok(toolchain);
            }
            Err(lacks) => rejected.push(Rejected {
                origin: candidate.origin,
                rustup_name: candidate.rustup_name,
                lacks,
            }),
        }
    }
    Err(NotFound { candidates: rejected })
}

/// Whether the user names the toolchain.
pub(crate) fn is_named(system: &dyn System) -> bool {
    system.var(CARGO_VAR).is_some() || system.var(RUSTC_VAR).is_some()
}

/// Why a project does not get the toolchain that it asks for.
fn neglect(asked: &Asked, rejected: &[Rejected], origin: &str) -> String {
    let name = match &asked.what {
        What::Channel(channel) => format!("`{channel}`"),
        What::Path(root) => root.display().to_string(),
    };
    let of_that = |one: &&Rejected| match &asked.what {
        What::Channel(_) => one.rustup_name.as_deref().is_some_and(|name| asked.is(name)),
        What::Path(_) => one.origin.contains(&asked.file.display().to_string()),
    };
    let why = rejected.iter().find(of_that).map_or_else(
        || "is not installed".to_owned(),
        |one| format!("cannot be used: {}", one.lacks),
    );
    format!(
        "{} asks for the toolchain {name}, which {why}; guests are built with {origin}",
        asked.file.display()
    )
}

fn candidates(system: &dyn System) -> Vec<Candidate> {
    let cargo = system.var(CARGO_VAR).map(PathBuf::from);
    let rustc = system.var(RUSTC_VAR).map(PathBuf::from);
    if is_named(system) {
        let beside = |other: &Option<PathBuf>, name: &str| {
            let folder = other.as_deref().and_then(Path::parent);
            program(folder.unwrap_or(Path::new("")), name)
        };
        let named = |name: &str, path: &Option<PathBuf>| {
            let path = path.as_ref()?;
            Some(format!("{name} ({})", path.display()))
        };
        let names = [named(CARGO_VAR, &cargo), named(RUSTC_VAR, &rustc)];
        let origin = format!(
            "named by {}",
            names.into_iter().flatten().collect::<Vec<_>>().join(" and ")
        );
        let cargo_path = cargo.clone().unwrap_or_else(|| beside(&rustc, "cargo"));
        let rustc_path = rustc.unwrap_or_else(|| beside(&cargo, "rustc"));
        return vec![Candidate {
            origin,
            rustup_name: None,
            cargo: cargo_path,
            rustc: rustc_path,
        }];
    }

    let mut found: Vec<Candidate> = rustup::toolchains(system)
        .into_iter()
        .filter_map(|root| {
            let name = root.file_name()?.to_string_lossy().into_owned();
            let origin = format!("rustup toolchain {name}");
            Some(Candidate::below(&root, origin, Some(name)))
        })
        .collect();
    for dir in system_dirs(system) {
        found.push(Candidate {
            origin: format!("system toolchain in {}", dir.display()),
            rustup_name: None,
            cargo: program(&dir, "cargo"),
            rustc: program(&dir, "rustc"),
        });
    }
    found
}

/// Directories outside rustup that have both a cargo and a rustc.
pub(crate) fn system_dirs(system: &dyn System) -> Vec<PathBuf> {
    let mut dirs = system.path_dirs();
    dirs.extend(places::system_dirs(system));
    let mut kept: Vec<PathBuf> = Vec::new();
    for dir in dirs {
        let has = |name: &str| system.is_file(&program(&dir, name));
        let complete = has("cargo") && has("rustc");
        // rustup's own directory holds proxies, which stand for a toolchain already looked at.
        let proxies = has("rustup");
        let stands_in = dir.parent().is_some_and(|root| rustup::stands_in(system, root));
        // /bin is often a link to /usr/bin.
        let dir = system.real_path(&dir);
        if complete && !proxies && !stands_in && !kept.contains(&dir) {
            kept.push(dir);
        }
    }
    kept
}

fn examine(system: &dyn System, candidate: &Candidate) -> Result<Toolchain, Lacks> {
    // The compiler first: it is what a user names, and the cargo beside it follows from that.
    for program in [&candidate.rustc, &candidate.cargo] {
        if !system.is_file(program) {
            return Err(Lacks::Program(program.clone()));
        }
    }
    let broken = || Lacks::WorkingCompiler(candidate.rustc.clone());
    let about = system.output(&candidate.rustc, &["-vV"]).ok_or_else(broken)?;
    let field = |name: &str| {
        about
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .map(str::trim)
    };
    let release = field("release:").ok_or_else(broken)?;
    let version = Version::parse(release).ok_or_else(broken)?;
    let host = field("host:").ok_or_else(broken)?;
    if version < Version::OLDEST {
        return Err(Lacks::Newer(version));
    }
    let sysroot = system
        .output(&candidate.rustc, &["--print", "sysroot"])
        .ok_or_else(broken)?;
    let sysroot = Path::new(sysroot.trim());
    let source = sysroot.join(LIBRARY);
    if !system.is_file(&source.join("std/Cargo.toml")) {
        return Err(Lacks::Source(source));
    }
    let linker = linker(system, sysroot, host).ok_or(Lacks::Linker)?;
    Ok(Toolchain {
        origin: candidate.origin.clone(),
        cargo: candidate.cargo.clone(),
        rustc: candidate.rustc.clone(),
        version,
        release: release.to_owned(),
        nightly: release.ends_with("-nightly") || release.ends_with("-dev"),
        linker,
        neglects: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;
    use crate::toolchain::Linker;

    fn origin(fake: &Fake) -> String {
        detect(fake)
            .map(|toolchain| toolchain.origin)
            .unwrap_or_else(|missing| missing.to_string())
    }

    #[test]
    fn stable_with_source_comes_before_nightly_and_the_system() {
        let fake = Fake::new()
            .rustup("nightly", "1.97.0-nightly", true)
            .rustup("stable", "1.96.0", true)
            .with_var("PATH", "/usr/bin")
            .compiler("/usr/bin", "1.96.0", "/usr")
            .source("/usr");
        assert!(origin(&fake).contains("stable-"), "{}", origin(&fake));
    }

    #[test]
    fn rustups_default_comes_before_its_other_toolchains() {
        let fake = Fake::new()
            .rustup("stable", "1.96.0", true)
            .rustup("nightly", "1.97.0-nightly", true)
            .text_file(
                "/home/u/.rustup/settings.toml",
                "default_toolchain = \"nightly-x86_64-unknown-linux-gnu\"\n",
            );
        assert!(origin(&fake).contains("nightly-"), "{}", origin(&fake));
    }

    #[test]
    fn a_stable_without_source_gives_way_to_a_nightly_with_it() {
        let fake = Fake::new()
            .rustup("stable", "1.96.0", false)
            .rustup("nightly", "1.97.0-nightly", true);
        assert!(origin(&fake).contains("nightly-"), "{}", origin(&fake));
        assert!(detect(&fake).is_ok_and(|toolchain| toolchain.nightly));
    }

    #[test]
    fn debian_borrows_the_linker_of_a_rustup_toolchain_without_source() {
        let fake = Fake::new()
            .rustup("stable", "1.95.0", false)
            .with_var("PATH", "/home/u/.cargo/bin:/usr/bin")
            .file("/home/u/.cargo/bin/cargo")
            .file("/home/u/.cargo/bin/rustc")
            .file("/home/u/.cargo/bin/rustup")
            .compiler("/usr/bin", "1.96.0", "/usr")
            .source("/usr");
        let toolchain = detect(&fake).expect("complete");
        assert_eq!(toolchain.cargo, Path::new("/usr/bin/cargo"));
        assert!(matches!(toolchain.linker, Linker::At(path) if path.ends_with("rust-lld")));
    }

    #[test]
    fn every_candidate_says_what_it_lacks() {
        let fake = Fake::new()
            .rustup("stable", "1.90.0", true)
            .rustup("nightly", "1.97.0-nightly", false)
            .with_var("PATH", "/usr/bin")
            .compiler("/usr/bin", "1.96.0", "/usr")
            .file("/opt/broken/rustc");
        let missing = detect(&fake).expect_err("nothing is complete");
        let text = missing.to_string();
        assert_eq!(missing.candidates.len(), 3, "{text}");
        assert!(text.contains("1.90.0 is too old: 1.95.0"), "{text}");
        assert!(
            text.contains("nightly-x86_64-unknown-linux-gnu: it has no source"),
            "{text}"
        );
        assert!(
            text.contains("system toolchain in /usr/bin: it has no source"),
            "{text}"
        );
        assert!(text.contains("threadlink setup"), "{text}");
    }

    #[test]
    fn a_complete_compiler_without_any_linker_says_so() {
        let fake = Fake::new()
            .with_var("PATH", "/usr/bin")
            .compiler("/usr/bin", "1.96.0", "/usr")
            .source("/usr");
        assert_eq!(
            detect(&fake).expect_err("no linker").candidates[0].lacks,
            Lacks::Linker
        );
    }

    #[test]
    fn an_override_is_the_only_candidate() {
        let fake = Fake::new()
            .rustup("stable", "1.96.0", true)
            .compiler("/mine", "1.96.0", "/mine");
        let named = fake.clone().with_var(RUSTC_VAR, "/mine/rustc");
        let missing = detect(&named).expect_err("/mine has no source");
        assert_eq!(missing.candidates.len(), 1);
        assert_eq!(
            missing.candidates[0].lacks,
            Lacks::Source("/mine/lib/rustlib/src/rust/library".into())
        );
        let complete = detect(&named.source("/mine")).expect("complete, with the linker of stable");
        assert_eq!(complete.cargo, Path::new("/mine/cargo"));
        let wrong = fake.with_var(CARGO_VAR, "/nowhere/cargo");
        let missing = detect(&wrong).expect_err("no such cargo");
        assert_eq!(
            missing.candidates[0].lacks,
            Lacks::Program("/nowhere/rustc".into())
        );
    }

    #[test]
    fn a_project_gets_the_toolchain_that_it_asks_for_or_is_told() {
        let file = "/p/rust-toolchain.toml";
        let asks = |channel: &str| {
            let fake = Fake::new()
                .rustup("stable", "1.96.0", true)
                .rustup("nightly", "1.97.0-nightly", true)
                .rustup("beta", "1.97.0-beta.1", false);
            let text = format!("[toolchain]\nchannel = \"{channel}\"\n");
            detect(&fake.text_file(file, &text).in_dir("/p/src")).expect("stable is complete")
        };
        let nightly = asks("nightly");
        assert!(nightly.origin.contains("nightly-") && nightly.neglects.is_none());
        assert!(asks("stable").neglects.is_none() && asks("1.96").neglects.is_none());
        for (channel, why) in [
            ("beta", "no source"),
            ("1.80", "not installed"),
            ("nightly-2020-01-01", "not installed"),
        ] {
            let toolchain = asks(channel);
            let said = toolchain.neglects.clone().expect(channel);
            assert!(
                said.contains(file)
                    && said.contains(channel)
                    && said.contains(why)
                    && said.contains("stable-"),
                "{said}"
            );
            assert!(toolchain.to_string().contains(&said));
        }
    }

    #[test]
    fn a_project_may_bring_its_own_toolchain() {
        let fake = Fake::new()
            .rustup("stable", "1.96.0", true)
            .compiler("/p/mine/bin", "1.97.0", "/p/mine")
            .text_file("/p/rust-toolchain", "[toolchain]\npath = \"mine\"\n")
            .in_dir("/p");
        let without = detect(&fake).expect("stable is complete");
        assert!(without.neglects.is_some_and(|said| said.contains("/p/mine")));
        let with = detect(&fake.source("/p/mine")).expect("both are complete");
        assert_eq!(
            (with.cargo.as_path(), with.neglects),
            (Path::new("/p/mine/bin/cargo"), None)
        );
    }

    #[test]
    fn a_variable_that_names_no_compiler_is_named_with_its_value() {
        let fake = Fake::new().rustup("stable", "1.96.0", true);
        for (variable, value) in [(RUSTC_VAR, "/nowhere/rustc"), (CARGO_VAR, "/nowhere/cargo")] {
            let text = origin(&fake.clone().with_var(variable, value));
            assert!(
                text.contains(&format!("{variable} ({value})"))
                    && text.contains("there is no /nowhere/rustc"),
                "{text}"
            );
            assert!(text.contains("unset it"), "{text}");
        }
    }

    #[test]
    fn a_rustc_that_does_not_run_is_named() {
        let fake = Fake::new()
            .with_var("PATH", "/bin2")
            .file("/bin2/cargo")
            .file("/bin2/rustc");
        assert!(
            origin(&fake).contains("`/bin2/rustc -vV` fails"),
            "{}",
            origin(&fake)
        );
    }

    #[test]
    fn an_empty_machine_gets_a_sentence_too() {
        assert!(origin(&Fake::new()).contains("threadlink setup"));
    }
}
