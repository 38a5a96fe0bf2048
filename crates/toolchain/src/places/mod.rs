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

/// A directory that a variable names, or one in the user's home directory.
pub(crate) fn folder(system: &dyn System, variable: &str, in_home: &str) -> Option<PathBuf> {
    let named = system.var(variable).map(PathBuf::from);
    named.or_else(|| system.var(HOME).map(|home| PathBuf::from(home).join(in_home)))
}
