//! A copy of a copy, in which a thread can be stopped: points, for whoever [explores](crate::explore) schedules.
//!
//! A point is a few instructions that take one from a budget, a global of the instance's, and call the host when that was the
//! last. So what a point costs is what it costs to count. Which instructions get one in front of them is asked in
//! [`choose`]; [`insert`] puts it there. All that waits or wakes is a call of the host's already.
//!
//! This takes what [`rewrite`](super::rewrite) leaves, and leads from its own offsets to those.

mod choose;
mod insert;

use std::str::FromStr;

use super::LoadError;
use super::rewrite::{OffsetMap, Origin, calls::MODULE};
use crate::symbols::Symbols;

/// The function that a copy calls when its budget is used up.
pub(crate) const POINT: &str = "point";

/// The export by which a copy shows its budget.
pub(crate) fn budget_name() -> String {
    format!("{MODULE}.budget")
}

/// At which instructions a thread may be stopped, besides those that wait, wake, start and join.
///
/// ```
/// use threadlink_host::Points;
///
/// assert_eq!("user".parse(), Ok(Points::User));
/// assert_eq!(Points::Loops.to_string(), "loops");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Points {
    /// At the atomic accesses of the program's own code, and where it calls a library that does some.
    #[default]
    User,
    /// At all atomic accesses, those of libraries and of the runtime included.
    All,
    /// At those of [`User`](Self::User), and at all other accesses of memory by the program's own code.
    Plain,
    /// At those of [`User`](Self::User), and at the loops of the program's own code.
    Loops,
}

impl Points {
    const NAMES: [(Self, &'static str); 4] = [
        (Self::User, "user"),
        (Self::All, "all"),
        (Self::Plain, "plain"),
        (Self::Loops, "loops"),
    ];
}

impl FromStr for Points {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::NAMES.into_iter().find(|(_, name)| *name == text);
        found.map(|(points, _)| points).ok_or_else(|| {
            format!("there are no points called {text:?}: there are user, all, plain and loops")
        })
    }
}

impl std::fmt::Display for Points {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = Self::NAMES.iter().find(|(points, _)| points == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

/// A copy with points.
pub(crate) struct Pointed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) way_back: WayBack,
    /// How many points it has.
    pub(crate) count: usize,
    /// Whether they are all that there could be, as nothing told whose code is whose.
    pub(crate) unknown: bool,
}

/// What leads from a copy with points to what it was made from.
#[derive(Debug)]
pub(crate) struct WayBack {
    offsets: OffsetMap,
    imported_functions: u32,
}

impl WayBack {
    /// The offset of what stands at this offset of the copy.
    pub(crate) fn offset(&self, of_copy: usize) -> usize {
        self.offsets.original(of_copy)
    }

    /// The index of the function that has this one in the copy.
    pub(crate) fn function(&self, index: u32) -> u32 {
        if index > self.imported_functions {
            index - 1
        } else {
            index
        }
    }
}

/// Puts points into `module`, which `origin` leads back from to what `symbols` speak of.
pub(super) fn insert(
    module: &[u8],
    origin: Option<&Origin>,
    symbols: &Symbols,
    wanted: Points,
) -> Result<Pointed, LoadError> {
    let refused = |message: String| LoadError::Invalid {
        message: format!("no points can be put into it: {message}"),
    };
    let chosen =
        choose::choose(module, origin, symbols, wanted).map_err(|error| refused(error.to_string()))?;
    let (bytes, way_back) = insert::insert(module, &chosen.offsets).map_err(refused)?;
    Ok(Pointed {
        bytes,
        way_back,
        count: chosen.offsets.len(),
        unknown: chosen.unknown,
    })
}
