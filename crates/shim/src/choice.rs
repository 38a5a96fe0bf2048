//! Which std is wanted.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use threadlink_sysroot::{Identity, Std};
use threadlink_toolchain::rustup::STAND_IN;
use threadlink_toolchain::{Machine, System};

/// The variable that says which std guests are built on: `threaded` or `plain`. The cargo that stands in for another gives the
/// compilers more than that: which one exactly, so that cargo builds again what another was used for.
pub const STD_VAR: &str = "THREADLINK_STD";

/// What is known of the std that is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Any of this kind that the compiler has.
    Kind(Std),
    /// This one, which an outer process has found for the compiler.
    Exact(Identity),
}

impl Choice {
    /// What the environment says, or the folder of the toolchain that this process was called from.
    pub(crate) fn of(called: &OsStr) -> Choice {
        let said = std::env::var(STD_VAR).ok();
        Choice::from(said.as_deref(), || noted(called))
    }

    fn from(said: Option<&str>, noted: impl FnOnce() -> Option<String>) -> Choice {
        if let Some(identity) = said.and_then(Identity::parse) {
            return Choice::Exact(identity);
        }
        let kind = said.and_then(Std::parse);
        let kind = kind.or_else(|| noted().and_then(|text| Std::parse(text.trim())));
        Choice::Kind(kind.unwrap_or(Std::DEFAULT))
    }

    pub(crate) fn kind(&self) -> Std {
        match self {
            Choice::Kind(std) => *std,
            Choice::Exact(identity) => identity.std(),
        }
    }
}

/// The root of the toolchain of which this process was called as a tool.
pub(crate) fn root(called: &OsStr) -> Option<PathBuf> {
    let path = Path::new(called);
    let is_root = |root: &Path| root.join(STAND_IN).is_file();
    if path.components().count() > 1 {
        let root = path.parent()?.parent()?;
        return is_root(root).then(|| root.to_owned());
    }
    Machine::new()
        .path_dirs()
        .iter()
        .filter_map(|dir| dir.parent())
        .find(|root| is_root(root))
        .map(Path::to_owned)
}

fn noted(called: &OsStr) -> Option<String> {
    fs::read_to_string(root(called)?.join(STAND_IN)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_comes_before_the_folder() {
        let plain = || Some("plain\n".to_owned());
        assert_eq!(Choice::from(Some("threaded"), plain), Choice::Kind(Std::Threaded));
        assert_eq!(Choice::from(None, plain), Choice::Kind(Std::Plain));
        assert_eq!(Choice::from(Some("nonsense"), plain), Choice::Kind(Std::Plain));
        assert_eq!(
            Choice::from(None, || Some(String::new())),
            Choice::Kind(Std::DEFAULT)
        );
        let exact = Choice::from(Some("plain-0123456789abcdef"), || None);
        assert!(matches!(exact, Choice::Exact(_)) && exact.kind() == Std::Plain);
    }

    #[test]
    fn a_tool_is_in_the_folder_of_its_toolchain() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let tool = dir.path().join("bin/rustc");
        assert_eq!(root(tool.as_os_str()), None);
        fs::write(dir.path().join(STAND_IN), "plain\n").expect("a file");
        assert_eq!(root(tool.as_os_str()).as_deref(), Some(dir.path()));
        assert_eq!(noted(tool.as_os_str()).as_deref(), Some("plain\n"));
    }
}
