//! What a compiler was asked for, as far as it matters here. Everything is handed on as it was given.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use threadlink_toolchain::Panic;
use threadlink_toolchain::flags::TARGET;

use crate::stand_in::TRACE_CFG;

/// The arguments of a compiler.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    /// As they were given, but for files of arguments, in whose place is what they have.
    words: Vec<String>,
}

impl Arguments {
    /// Takes arguments apart. `read` is how the text of a file is found.
    pub(crate) fn of(given: &[OsString], read: impl Fn(&Path) -> Option<String>) -> Arguments {
        let mut words = Vec::with_capacity(given.len());
        for word in given {
            let text = word.to_string_lossy();
            match text.strip_prefix('@').and_then(|file| read(Path::new(file))) {
                Some(lines) => words.extend(lines.lines().map(str::to_owned)),
                None => words.push(text.into_owned()),
            }
        }
        Arguments { words }
    }

    /// The values of an option: `--name value` or `--name=value`.
    fn long<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.words.iter().enumerate().filter_map(move |(at, word)| {
            let rest = word.strip_prefix(name)?;
            match rest.strip_prefix('=') {
                Some(value) => Some(value),
                None if rest.is_empty() => self.words.get(at + 1).map(String::as_str),
                None => None,
            }
        })
    }

    /// The values of `-C name=value`, in any spelling.
    fn codegen<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.words.iter().enumerate().filter_map(move |(at, word)| {
            let option = match word.as_str() {
                "-C" | "--codegen" => self.words.get(at + 1)?.as_str(),
                _ => word
                    .strip_prefix("-C")
                    .or_else(|| word.strip_prefix("--codegen="))?,
            };
            option.trim_start().strip_prefix(name)?.strip_prefix('=')
        })
    }

    /// Whether it is about a guest.
    pub(crate) fn is_guest(&self) -> bool {
        self.long("--target").last() == Some(TARGET)
    }

    /// Whether a crate is compiled: not if something is only to be printed.
    pub(crate) fn compiles(&self) -> bool {
        const ASKS: [&str; 6] = ["-V", "-vV", "-Vv", "--version", "-h", "--help"];
        self.long("--print").next().is_none() && !self.words.iter().any(|word| ASKS.contains(&word.as_str()))
    }

    /// What a panic does. Cargo says so only where it does not unwind, whatever the target's own default is.
    pub(crate) fn panic(&self) -> Panic {
        match self.codegen("panic").last() {
            Some("abort") => Panic::Abort,
            _ => Panic::Unwind,
        }
    }

    /// Whether std's locks are to be traced.
    pub(crate) fn is_traced(&self) -> bool {
        self.long("--cfg").any(|cfg| cfg == TRACE_CFG)
    }

    /// Whether it is given a dependency of this name.
    pub(crate) fn has_extern(&self, name: &str) -> bool {
        self.long("--extern").any(|given| {
            let (given, _) = given.split_once('=').unwrap_or((given, ""));
            // Options of the dependency stand before its name.
            given.rsplit(':').next() == Some(name)
        })
    }

    /// All of them, but for these conditions, and with another file for the source if there is one.
    pub(crate) fn changed(&self, without: &[&str], source: Option<&Path>) -> Vec<OsString> {
        let is_taken = |cfg: &str| without.contains(&cfg);
        let mut changed: Vec<OsString> = Vec::with_capacity(self.words.len());
        let mut source = source;
        let mut words = self.words.iter().peekable();
        while let Some(word) = words.next() {
            if word == "--cfg" && words.peek().is_some_and(|cfg| is_taken(cfg)) {
                words.next();
            } else if word.strip_prefix("--cfg=").is_some_and(is_taken) {
                // Nor that.
            } else if !word.starts_with('-') && word.ends_with(".rs") && source.is_some() {
                changed.extend(source.take().map(OsString::from));
            } else {
                changed.push(word.into());
            }
        }
        changed
    }

    /// Whether somebody has chosen a sysroot already.
    pub(crate) fn has_sysroot(&self) -> bool {
        self.long("--sysroot").next().is_some()
    }

    /// Whether somebody has chosen a linker already.
    pub(crate) fn has_linker(&self) -> bool {
        self.codegen("linker").next().is_some()
    }

    /// Whether somebody has chosen how symbols are written.
    pub(crate) fn has_mangling(&self) -> bool {
        self.codegen("symbol-mangling-version").next().is_some()
    }

    /// Whether a program comes out, with a `main`.
    pub(crate) fn is_program(&self) -> bool {
        self.words.iter().any(|word| word == "--test")
            || match self.kinds().last() {
                Some(kind) => kind == "bin",
                None => true,
            }
    }

    /// Whether a module comes out.
    pub(crate) fn links(&self) -> bool {
        self.is_program() || self.kinds().any(|kind| kind == "cdylib")
    }

    fn kinds(&self) -> impl Iterator<Item = &str> {
        self.long("--crate-type").flat_map(|kinds| kinds.split(','))
    }

    /// Whether messages are for people, and nobody has said whether they are coloured.
    pub(crate) fn is_for_people(&self) -> bool {
        self.long("--color").next().is_none()
            && self.long("--error-format").next().is_none()
            && self.long("--json").next().is_none()
    }

    /// All flags for code generation and linking, one word each.
    pub(crate) fn flags(&self) -> &[String] {
        &self.words
    }

    /// The file in which the compiler says what it has read, if it was asked for one.
    pub(crate) fn dep_info(&self) -> Option<PathBuf> {
        let kinds = || self.long("--emit").flat_map(|kinds| kinds.split(','));
        if let Some(named) = kinds().find_map(|kind| kind.strip_prefix("dep-info=")) {
            return Some(PathBuf::from(named));
        }
        if !kinds().any(|kind| kind == "dep-info") {
            return None;
        }
        let named_output = self
            .words
            .iter()
            .position(|word| word == "-o")
            .and_then(|at| self.words.get(at + 1));
        if let Some(output) = named_output {
            return Some(Path::new(output).with_extension("d"));
        }
        let name = self.long("--crate-name").last()?;
        let extra = self.codegen("extra-filename").last().unwrap_or_default();
        let folder = self.long("--out-dir").last().unwrap_or_default();
        Some(Path::new(folder).join(format!("{name}{extra}.d")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Arguments {
        let given: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        Arguments::of(&given, |_| None)
    }

    #[test]
    fn only_the_one_target_is_a_guest() {
        assert!(of("--crate-name a --target wasm32-unknown-unknown").is_guest());
        assert!(of("--target=wasm32-unknown-unknown a.rs").is_guest());
        for line in [
            "a.rs",
            "--target wasm32-wasip1 a.rs",
            "--targets wasm32-unknown-unknown",
            "--target",
        ] {
            assert!(!of(line).is_guest(), "{line}");
        }
    }

    #[test]
    fn a_file_of_arguments_counts_as_what_it_has() {
        let arguments = Arguments::of(&["@f".into(), "x".into()], |path| {
            (path == Path::new("f")).then(|| "--target\nwasm32-unknown-unknown\n".to_owned())
        });
        assert!(arguments.is_guest());
        assert!(!of("@f").is_guest());
    }

    #[test]
    fn cargo_says_only_that_it_aborts() {
        assert_eq!(of("a.rs").panic(), Panic::Unwind);
        for line in [
            "-C panic=abort",
            "-Cpanic=abort",
            "--codegen panic=abort",
            "--codegen=panic=abort",
        ] {
            assert_eq!(of(line).panic(), Panic::Abort, "{line}");
        }
        assert_eq!(of("-C panic=abort -Cpanic=unwind").panic(), Panic::Unwind);
    }

    #[test]
    fn what_comes_out() {
        assert!(of("a.rs").is_program());
        assert!(of("--crate-type bin").links());
        assert!(of("--crate-type lib --test").is_program());
        let library = of("--crate-type cdylib --crate-type rlib");
        assert!(library.links() && !library.is_program());
        assert!(!of("--crate-type lib").links());
        assert!(of("--print=cfg -").compiles() == of("-vV").compiles());
        assert!(of("--crate-name a a.rs").compiles());
    }

    #[test]
    fn the_file_of_dependencies_is_where_the_compiler_writes_it() {
        let cargo =
            of("--crate-name a --emit=dep-info,metadata,link -C extra-filename=-12 --out-dir /t/deps");
        assert_eq!(cargo.dep_info(), Some("/t/deps/a-12.d".into()));
        assert_eq!(
            of("--emit dep-info=/t/x.d,link").dep_info(),
            Some("/t/x.d".into())
        );
        assert_eq!(of("--emit dep-info -o /t/y").dep_info(), Some("/t/y.d".into()));
        assert_eq!(of("--crate-name a --emit=link").dep_info(), None);
    }

    #[test]
    fn dependencies_have_names() {
        let arguments = of("--extern a=/p/liba.rmeta --extern=priv,noprelude:b=/p/b=c.rlib --extern d");
        assert!(arguments.has_extern("a") && arguments.has_extern("b") && arguments.has_extern("d"));
        assert!(!arguments.has_extern("c") && !arguments.has_extern("/p/liba.rmeta"));
    }

    #[test]
    fn conditions_are_taken_away_and_the_source_is_another() {
        let arguments = of("--crate-name a src/lib.rs --cfg x --cfg y --cfg=x -o x --cfg");
        let changed =
            |without: &[&str], source| arguments.changed(without, source).join(std::ffi::OsStr::new(" "));
        assert_eq!(
            changed(&["x"], None),
            "--crate-name a src/lib.rs --cfg y -o x --cfg"
        );
        assert_eq!(
            changed(&[], Some(Path::new("/s/b.rs"))),
            "--crate-name a /s/b.rs --cfg x --cfg y --cfg=x -o x --cfg"
        );
    }

    #[test]
    fn the_rest_that_is_asked() {
        let arguments =
            of("--cfg threadlink_trace --sysroot=/s -Clinker=x -C symbol-mangling-version=legacy");
        assert!(arguments.is_traced() && arguments.has_sysroot());
        assert!(arguments.has_linker() && arguments.has_mangling());
        let none = of("--cfg other -C link-arg=x");
        assert!(!none.is_traced() && !none.has_sysroot() && !none.has_linker() && !none.has_mangling());
    }
}
