//! A place in the source, as reports name it: [`Place`].

use std::fmt;
use std::sync::Arc;

use threadlink_trace::{Printable, Trace};

/// A place in the source.
///
/// # Examples
/// ```
/// # fn show(place: &threadlink_analysis::Place) {
/// println!("{place}"); // src/main.rs:12:20
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Place {
    /// What the trace calls it; 0 is unknown.
    pub site: u32,
    /// The file, if the trace says which.
    pub file: Option<Arc<str>>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1.
    pub column: Option<u32>,
}

impl Place {
    pub(crate) fn of(trace: &Trace, site: u32) -> Place {
        let info = trace.site(site);
        Place {
            site,
            file: info.map(|info| info.file.clone()),
            line: info.map(|info| info.line),
            column: info.map(|info| info.column),
        }
    }
}

impl fmt::Display for Place {
    /// As `file:line:column`, so that terminals and editors make a link of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line, self.column) {
            (Some(file), Some(line), Some(column)) => {
                write!(f, "{}:{line}:{column}", Printable(file))
            }
            _ if self.site == 0 => write!(f, "an unknown place"),
            _ => write!(f, "unnamed place {:#x}", self.site),
        }
    }
}
