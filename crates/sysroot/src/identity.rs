//! The name of a sysroot. Cargo cannot see into one, so what it is made from is in its name: it is never changed in place.

use std::fmt;

use include_dir::{Dir, DirEntry};
use sha2::{Digest, Sha256};
use threadlink_toolchain::{Panic, flags};

use crate::build;
use crate::compiler::Compiler;
use crate::patch;
use crate::variant::{Std, Variant};

/// What all sysroots of a compiler and a kind of std have in common: with [`Variant`], the name of one.
///
/// Its text (`plain-0123456789abcdef`) is another as soon as anything is that they are made from.
///
/// ```
/// use threadlink_sysroot::{Identity, Std};
///
/// let identity = Identity::parse("plain-0123456789abcdef").expect("well formed");
/// assert_eq!(identity.std(), Std::Plain);
/// assert!(Identity::parse("../plain-0123456789abcdef").is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    std: Std,
    hash: String,
}

/// Of the hash's 64 digits: enough to tell apart what one user ever has.
const DIGITS: usize = 16;

impl Identity {
    /// That of what this compiler makes.
    #[must_use]
    pub fn of(compiler: &Compiler, std: Std) -> Identity {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        part(env!("CARGO_PKG_VERSION").as_bytes());
        part(std.to_string().as_bytes());
        part(compiler.verbose.as_bytes());
        for panic in [Panic::Abort, Panic::Unwind] {
            part(flags::compile(panic).join(" ").as_bytes());
        }
        for setting in build::settings() {
            part(setting.as_bytes());
        }
        if std == Std::Threaded {
            files(&threadlink_abi::source::FILES, &mut part);
            files(&threadlink_rt::source::FILES, &mut part);
            let (folders, edits) = patch::parts();
            for folder in folders {
                files(folder, &mut part);
            }
            for edits in edits {
                part(edits.as_bytes());
            }
        }
        let mut text = String::new();
        for byte in hash.finalize() {
            text.push_str(&format!("{byte:02x}"));
        }
        text.truncate(DIGITS);
        Identity { std, hash: text }
    }

    /// Reads its text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Identity> {
        let (std, hash) = text.split_once('-')?;
        let digits = hash.len() == DIGITS && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.then_some(Identity {
            std: Std::parse(std)?,
            hash: hash.to_owned(),
        })
    }

    /// Which std it is.
    #[must_use]
    pub fn std(&self) -> Std {
        self.std
    }

    /// The name of the folder.
    pub(crate) fn folder(&self, variant: Variant) -> String {
        format!("{self}-{variant}")
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.std, self.hash)
    }
}

/// All files below a folder, by path and content.
fn files(folder: &Dir<'_>, part: &mut impl FnMut(&[u8])) {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(inner) => files(inner, part),
            DirEntry::File(file) => {
                part(file.path().as_os_str().as_encoded_bytes());
                part(file.contents());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_compiler_or_std_has_another_name() {
        let stable = Compiler::saying("release: 1.95.0\n");
        let name = Identity::of(&stable, Std::Plain);
        assert_eq!(name, Identity::of(&stable, Std::Plain));
        assert_eq!(Identity::parse(&name.to_string()), Some(name.clone()));
        let threaded = Identity::of(&stable, Std::Threaded);
        assert_ne!(threaded.hash, name.hash);
        let nightly = Compiler::saying("release: 1.97.0-nightly\n");
        assert_ne!(Identity::of(&nightly, Std::Plain), name);
    }

    #[test]
    fn a_name_from_outside_is_a_name_or_nothing() {
        for text in [
            "",
            "plain",
            "plain-",
            "other-0123456789abcdef",
            "plain-0123456789abcde/",
            "plain-0123",
        ] {
            assert_eq!(Identity::parse(text), None, "{text}");
        }
    }
}
