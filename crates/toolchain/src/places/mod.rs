//! Where this kind of system keeps compilers and the user's files.

#[cfg(unix)]
#[path = "unix.rs"]
mod imp;
#[cfg(not(unix))]
#[path = "other.rs"]
mod imp;

use std::path::PathBuf;

pub(crate) use self::imp::{HOME, system_dirs};
use crate::system::System;

/// The variable that names one folder for all that threadlink keeps for a user, cache or not.
pub const CACHE_VAR: &str = "THREADLINK_CACHE";

/// The user's folder for what can be made again: what [`CACHE_VAR`] names, else a part of the system's own. `None` where no
/// variable names any.
///
/// ```
/// use threadlink_toolchain::{Machine, places};
///
/// if let Some(folder) = places::cache(&Machine::new()) {
///     println!("{}", folder.display());
/// }
/// ```
#[must_use]
pub fn cache(system: &dyn System) -> Option<PathBuf> {
    chosen(system).or_else(|| first(system, &imp::CACHE))
}

/// The user's folder for what has to stay, though a cache is emptied: what [`CACHE_VAR`] names, else a part of the system's
/// own.
///
/// ```
/// use threadlink_toolchain::{Machine, places};
///
/// if let Some(folder) = places::data(&Machine::new()) {
///     println!("{}", folder.display());
/// }
/// ```
#[must_use]
pub fn data(system: &dyn System) -> Option<PathBuf> {
    chosen(system).or_else(|| first(system, &imp::DATA))
}

fn chosen(system: &dyn System) -> Option<PathBuf> {
    let named = PathBuf::from(system.var(CACHE_VAR)?);
    // Programs run in many folders, and all of them have to find the same one.
    if named.is_absolute() {
        return Some(named);
    }
    Some(system.current_dir()?.join(named))
}

fn first(system: &dyn System, folders: &[(&str, &str)]) -> Option<PathBuf> {
    folders.iter().find_map(|(variable, inner)| {
        let folder = PathBuf::from(system.var(variable)?);
        // A relative one is to be ignored, says the XDG's rule.
        folder.is_absolute().then(|| folder.join(inner))
    })
}

/// A directory that a variable names, or one in the user's home directory.
///
/// ```
/// use threadlink_toolchain::{Machine, places};
///
/// println!("{:?}", places::folder(&Machine::new(), "CARGO_HOME", ".cargo"));
/// ```
#[must_use]
pub fn folder(system: &dyn System, variable: &str, in_home: &str) -> Option<PathBuf> {
    let named = system.var(variable).map(PathBuf::from);
    named.or_else(|| system.var(HOME).map(|home| PathBuf::from(home).join(in_home)))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn what_the_user_names_comes_before_the_systems_own() {
        let home = Fake::new().with_var("HOME", "/h");
        assert_eq!(cache(&home), Some("/h/.cache/threadlink".into()));
        assert_eq!(data(&home), Some("/h/.local/share/threadlink".into()));
        let xdg = home
            .with_var("XDG_CACHE_HOME", "/c")
            .with_var("XDG_DATA_HOME", "relative");
        assert_eq!(cache(&xdg), Some("/c/threadlink".into()));
        assert_eq!(data(&xdg), Some("/h/.local/share/threadlink".into()));
        let named = xdg.with_var(CACHE_VAR, "mine").in_dir("/p");
        assert_eq!(cache(&named), Some("/p/mine".into()));
        assert_eq!(data(&named), cache(&named));
        assert_eq!(cache(&Fake::new()), None);
    }
}
