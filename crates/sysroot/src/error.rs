//! Why there is no sysroot.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a sysroot could not be made. Its `Display` is for people, and says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No variable names a folder for a cache.
    NoCache,
    /// A compiler that says nothing of itself.
    Compiler(PathBuf),
    /// The compiler came without std's source, which would be here.
    Source(PathBuf),
    /// A file or a folder that cannot be read or written.
    File(PathBuf, io::Error),
    /// Std's source is not as expected.
    Unexpected(String),
    /// Std's own dependencies are neither on this machine nor to be had; what cargo says.
    Offline(String),
    /// Std did not compile; what cargo says.
    Build(String),
}

impl Error {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |error| Error::File(path, error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoCache => write!(
                f,
                "there is no folder to keep std in: set THREADLINK_CACHE to one, or HOME"
            ),
            Error::Compiler(path) => write!(f, "`{} -vV` fails", path.display()),
            Error::Source(path) => {
                write!(
                    f,
                    "the compiler has no source of std, the component rust-src (there is no {}): ",
                    path.display()
                )?;
                match rustups_name(path) {
                    Some(name) => write!(f, "run `rustup component add rust-src --toolchain {name}`"),
                    None => write!(f, "install it, or run `threadlink setup`"),
                }
            }
            Error::File(path, error) => write!(f, "cannot make std: {}: {error}", path.display()),
            Error::Unexpected(what) => write!(f, "cannot make std: {what}"),
            Error::Offline(said) => write!(
                f,
                "the crates that std is built with are not on this machine and cannot be downloaded: run `threadlink setup` \
                 once with a network; cargo says:\n{said}"
            ),
            Error::Build(said) => write!(f, "std does not compile; cargo says:\n{said}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::File(_, error) => Some(error),
            _ => None,
        }
    }
}

/// The name of the toolchain that a path is in, if it is one of rustup's.
fn rustups_name(path: &Path) -> Option<String> {
    let mut parts = path.components().map(|part| part.as_os_str().to_string_lossy());
    parts.find(|part| part == "toolchains")?;
    parts.next().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_source_is_to_be_had_by_the_toolchains_name() {
        let said = |path: &str| Error::Source(PathBuf::from(path)).to_string();
        let rustup = said("/h/.rustup/toolchains/nightly-x/lib/rustlib/src/rust/library");
        assert!(
            rustup.ends_with("add rust-src --toolchain nightly-x`"),
            "{rustup}"
        );
        assert!(said("/usr/lib/rustlib/src/rust/library").contains("threadlink setup"));
    }
}
