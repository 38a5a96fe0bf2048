//! Machine code that is kept on disk, so that a module is compiled once and not at each start.
//!
//! A file is named after all that the code follows from ([`key`]), and belongs to that alone ([`entry`]). It is machine code, and is
//! run as it is: so nobody but this user may be able to write it, nor the [`folder`] that it is in ([`owner`]).

mod entry;
mod folder;
mod key;
mod owner;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

pub(super) use entry::{Found, Kept};
pub(super) use key::Key;

use folder::Folder;

/// Bytes that all files may have together.
const MOST: u64 = 512 << 20;

/// A folder in which machine code is kept, so that a module is compiled once: given to
/// [`EngineConfig::code_cache`](crate::EngineConfig::code_cache). Any number of processes may use one at once.
///
/// What is in it is run as it is. So a folder that is not this user's own, that others can write to or that stands in one to which
/// they can, is not used, and neither is such a file: modules are compiled then as without it, and
/// [`Program::code_source`](crate::Program::code_source) says why. Where the system does not tell whose a file is (all but Unix),
/// no folder is used. A file that is damaged or of another version of this host is made anew.
///
/// ```no_run
/// use threadlink_host::{CodeCache, CodeSource, Engine, EngineConfig};
///
/// let cache = CodeCache::at("/var/cache/our-service/code").max_bytes(1 << 30);
/// let engine = Engine::new(&EngineConfig::new().code_cache(cache))?;
/// let program = engine.load(&std::fs::read("bank.wasm")?)?;
/// if let CodeSource::Refused(why) = program.code_source() {
///     eprintln!("{why}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct CodeCache {
    folder: PathBuf,
    max_bytes: u64,
}

/// What is in a [`CodeCache`].
///
/// ```
/// use threadlink_host::CodeCache;
///
/// let contents = CodeCache::at("/nowhere").contents()?;
/// assert_eq!((contents.modules, contents.bytes), (0, 0));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CodeCacheContents {
    /// For how many modules there is code. One that is loaded with several settings counts as often.
    pub modules: usize,
    /// Bytes that it has.
    pub bytes: u64,
}

impl CodeCache {
    /// The one in this folder, which is made when there is something to keep, and is this user's alone then. At most 512 MiB.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            max_bytes: MOST,
        }
    }

    /// How many bytes all of it may have (default: 512 MiB). When more are to be kept, what was not used for the longest time
    /// goes first.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Where it is.
    ///
    /// ```
    /// use threadlink_host::CodeCache;
    ///
    /// let cache = CodeCache::at("/var/cache/our-service/code");
    /// assert!(cache.folder().ends_with("code"));
    /// ```
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is in it. A folder that is not there has nothing.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn contents(&self) -> io::Result<CodeCacheContents> {
        let files = Folder::new(&self.folder).files()?;
        Ok(CodeCacheContents {
            modules: files.len(),
            bytes: files.iter().map(|file| file.bytes).sum(),
        })
    }

    /// Removes all of it, and returns what there was. Programs that run go on.
    ///
    /// ```no_run
    /// use threadlink_host::CodeCache;
    ///
    /// let removed = CodeCache::at("/var/cache/our-service/code").clear()?;
    /// println!("{} bytes are free again", removed.bytes);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// If something cannot be removed.
    pub fn clear(&self) -> io::Result<CodeCacheContents> {
        let contents = self.contents()?;
        Folder::new(&self.folder).clear()?;
        Ok(contents)
    }

    /// Looks for the code of what this key stands for.
    pub(super) fn find(&self, key: &Key) -> Found {
        Folder::new(&self.folder).find(key)
    }

    /// Keeps code for what this key stands for, and makes room for it.
    pub(super) fn keep(&self, key: &Key, kept: &Kept, code: wasmtime::Result<Vec<u8>>) -> CodeSource {
        let code = code.map_err(io::Error::other);
        match code.and_then(|code| Folder::new(&self.folder).keep(key, kept, &code, self.max_bytes)) {
            Ok(Ok(())) => CodeSource::CompiledAndKept,
            Ok(Err(refused)) => CodeSource::Refused(refused),
            Err(error) => CodeSource::NotKept(format!(
                "compiled code is not kept in {}: {error}",
                self.folder.display()
            )),
        }
    }
}

/// Where the machine code of a program comes from: [`Program::code_source`](crate::Program::code_source). Its text is a sentence.
///
/// ```
/// use threadlink_host::{CodeSource, Engine, EngineConfig};
///
/// let module = wat::parse_str(r#"(module (import "env" "memory" (memory 1 1 shared)))"#)?;
/// let program = Engine::new(&EngineConfig::new())?.load(&module)?;
/// assert_eq!(program.code_source(), &CodeSource::Compiled);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodeSource {
    /// It was compiled, and nobody wanted it kept.
    Compiled,
    /// It was compiled, and is kept for the next time.
    CompiledAndKept,
    /// It was in the [`CodeCache`].
    Cache,
    /// It was compiled, since what is in the [`CodeCache`] may not be this user's: why, and what to do about it.
    Refused(String),
    /// It was compiled, and could not be kept: why.
    NotKept(String),
}

impl fmt::Display for CodeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compiled => write!(f, "the module was compiled"),
            Self::CompiledAndKept => write!(f, "the module was compiled, and its code is kept"),
            Self::Cache => write!(f, "the module's code was kept from an earlier time"),
            Self::Refused(why) | Self::NotKept(why) => write!(f, "{why}"),
        }
    }
}
