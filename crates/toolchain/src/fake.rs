//! An invented machine for tests: files, variables and what programs print.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::system::System;

/// Tells from a whole command line and the machine what becomes of the machine, or why the program failed.
type Effect = dyn Fn(&str, Fake) -> Result<Box<Fake>, String>;

#[derive(Clone, Default)]
pub(crate) struct Fake {
    vars: BTreeMap<String, String>,
    files: BTreeSet<PathBuf>,
    /// Directory entries that are no files: dangling links.
    entries: BTreeSet<PathBuf>,
    texts: BTreeMap<PathBuf, String>,
    current: Option<PathBuf>,
    /// Keyed by program and its last argument.
    outputs: BTreeMap<(PathBuf, String), String>,
}

impl Fake {
    pub(crate) fn new() -> Fake {
        Fake::default()
    }

    pub(crate) fn with_var(mut self, name: &str, value: &str) -> Fake {
        self.vars.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn file(mut self, path: &str) -> Fake {
        self.files.insert(path.into());
        self
    }

    /// A file with this text.
    pub(crate) fn text_file(mut self, path: &str, text: &str) -> Fake {
        self.texts.insert(path.into(), text.to_owned());
        self.file(path)
    }

    /// The user is in this directory.
    pub(crate) fn in_dir(mut self, dir: &str) -> Fake {
        self.current = Some(dir.into());
        self
    }

    pub(crate) fn entry(mut self, path: &str) -> Fake {
        self.entries.insert(path.into());
        self
    }

    /// A program that prints `output` when its last argument is `last`.
    pub(crate) fn program(mut self, path: &str, last: &str, output: &str) -> Fake {
        self.outputs
            .insert((path.into(), last.to_owned()), output.to_owned());
        self.file(path)
    }

    /// A cargo and rustc in `bin`, of this release, with this sysroot.
    pub(crate) fn compiler(self, bin: &str, release: &str, sysroot: &str) -> Fake {
        let rustc = format!("{bin}/rustc");
        let verbose = format!("rustc {release}\nhost: x86_64-unknown-linux-gnu\nrelease: {release}\n");
        self.file(&format!("{bin}/cargo"))
            .program(&rustc, "-vV", &verbose)
            .program(&rustc, "sysroot", &format!("{sysroot}\n"))
    }

    /// A rustup toolchain with its own linker, with or without its source.
    pub(crate) fn rustup(self, name: &str, release: &str, source: bool) -> Fake {
        let root = format!("/home/u/.rustup/toolchains/{name}-x86_64-unknown-linux-gnu");
        let fake = self
            .with_var("HOME", "/home/u")
            .compiler(&format!("{root}/bin"), release, &root)
            .file(&format!(
                "{root}/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld"
            ));
        if source { fake.source(&root) } else { fake }
    }

    pub(crate) fn source(self, sysroot: &str) -> Fake {
        self.file(&format!("{sysroot}/lib/rustlib/src/rust/library/std/Cargo.toml"))
    }
}

impl System for Fake {
    fn var(&self, name: &str) -> Option<OsString> {
        self.vars.get(name).map(OsString::from)
    }

    fn is_file(&self, path: &Path) -> bool {
        self.files.contains(path)
    }

    fn text(&self, path: &Path) -> Option<String> {
        self.texts.get(path).cloned()
    }

    fn current_dir(&self) -> Option<PathBuf> {
        self.current.clone()
    }

    fn children(&self, dir: &Path) -> Vec<PathBuf> {
        let all = self.files.iter().chain(&self.entries);
        let mut found: Vec<PathBuf> = all
            .filter_map(|path| path.strip_prefix(dir).ok())
            .filter_map(|rest| rest.components().next())
            .map(|first| dir.join(first))
            .collect();
        found.sort();
        found.dedup();
        found
    }

    fn output(&self, program: &Path, args: &[&str]) -> Option<String> {
        let last = (*args.last()?).to_owned();
        self.outputs.get(&(program.to_owned(), last)).cloned()
    }

    fn show(&self, program: &Path, _args: &[&str], _limit: Duration) -> Result<(), String> {
        Err(format!(
            "nothing can be installed here, not even by {}",
            program.display()
        ))
    }
}

/// A machine on which installing works, or fails, as the test says.
pub(crate) struct Installing {
    now: RefCell<Fake>,
    effect: Box<Effect>,
    /// Every command line that was shown.
    pub(crate) shown: RefCell<Vec<String>>,
}

impl Installing {
    pub(crate) fn new(
        start: Fake,
        effect: impl Fn(&str, Fake) -> Result<Box<Fake>, String> + 'static,
    ) -> Installing {
        Installing {
            now: RefCell::new(start),
            effect: Box::new(effect),
            shown: RefCell::new(Vec::new()),
        }
    }
}

impl System for Installing {
    fn var(&self, name: &str) -> Option<OsString> {
        self.now.borrow().var(name)
    }

    fn is_file(&self, path: &Path) -> bool {
        self.now.borrow().is_file(path)
    }

    fn text(&self, path: &Path) -> Option<String> {
        self.now.borrow().text(path)
    }

    fn current_dir(&self) -> Option<PathBuf> {
        self.now.borrow().current_dir()
    }

    fn children(&self, dir: &Path) -> Vec<PathBuf> {
        self.now.borrow().children(dir)
    }

    fn output(&self, program: &Path, args: &[&str]) -> Option<String> {
        self.now.borrow().output(program, args)
    }

    fn show(&self, program: &Path, args: &[&str], _limit: Duration) -> Result<(), String> {
        let line = format!("{} {}", program.display(), args.join(" "));
        self.shown.borrow_mut().push(line.clone());
        let before = self.now.borrow().clone();
        let after = (self.effect)(&line, before)?;
        *self.now.borrow_mut() = *after;
        Ok(())
    }
}
