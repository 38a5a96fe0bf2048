//! What several parts of the document have: threads, places, names.

use serde::Serialize;
use threadlink_trace::{LockOrigin, Site, ThreadLabel};

use crate::report;

/// The longest name or file in a document, in bytes. A trace defines each once, a document has it wherever it is meant.
const LONGEST: usize = 512;

/// As much of a name or file as a document has.
pub(super) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

#[derive(Debug, Serialize)]
pub(super) struct Thread<'a> {
    pub(super) thread: u32,
    pub(super) thread_name: Option<&'a str>,
}

/// What a lock or condition variable is called, and where it was made.
#[derive(Debug, Default, Serialize)]
pub(super) struct Origin<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<Place<'a>>,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Place<'a> {
    site: u32,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    Exclusive,
    Shared,
}

impl<'a> Thread<'a> {
    pub(super) fn of(label: &'a ThreadLabel) -> Self {
        Self {
            thread: label.id,
            thread_name: label.name.as_deref().map(cut),
        }
    }
}

impl<'a> Origin<'a> {
    pub(super) fn of(lock: &'a LockOrigin) -> Self {
        let made = lock.made.as_ref();
        Self {
            name: lock.name.as_deref().map(cut),
            made: made.map(|site| Place::at(Some(site))),
        }
    }
}

impl<'a> Place<'a> {
    pub(super) fn of(place: &'a report::Place) -> Self {
        Self {
            site: place.site,
            file: place.file.as_deref().map(cut),
            line: place.line,
            column: place.column,
        }
    }

    pub(super) fn at(site: Option<&'a Site>) -> Self {
        site.map_or_else(Self::default, |site| Self {
            site: site.address,
            file: Some(cut(&site.file)),
            line: Some(site.line),
            column: Some(site.column),
        })
    }
}

impl Mode {
    pub(super) fn of(mode: threadlink_trace::Mode) -> Self {
        match mode {
            threadlink_trace::Mode::Exclusive => Self::Exclusive,
            threadlink_trace::Mode::Shared => Self::Shared,
        }
    }
}
