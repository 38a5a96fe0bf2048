//! The texts and places that the page names: each stands there once, and the rest of the page has numbers.

use std::collections::HashMap;

use threadlink_analysis::Place;
use threadlink_trace::{Printable, Site, Trace};

use crate::json::{List, Object};

/// Bytes of all texts together.
const TEXT_BYTES: usize = 400 << 10;
/// Bytes of all places together.
const PLACE_BYTES: usize = 200 << 10;
/// Characters of one text.
const LONGEST: usize = 200;

/// A place in a file, as a trace has it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Spot {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// What the page names. Place 0 is not known, or found no room.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    trace: &'a Trace,
    texts: List,
    known_texts: HashMap<String, u64>,
    places: List,
    known_places: HashMap<Spot, u64>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(trace: &'a Trace) -> Self {
        let mut names = Self {
            trace,
            texts: List::of_at_most(TEXT_BYTES),
            known_texts: HashMap::new(),
            places: List::of_at_most(PLACE_BYTES),
            known_places: HashMap::new(),
        };
        names.places.push(&None::<u8>);
        names
    }

    /// The number of a text, if there is one and there is room: what has no name is told apart by its place or its number.
    pub(crate) fn text(&mut self, text: Option<&str>) -> Option<u64> {
        self.add(cut(text?, false))
    }

    fn add(&mut self, text: String) -> Option<u64> {
        if let Some(&number) = self.known_texts.get(&text) {
            return Some(number);
        }
        if !self.texts.push(&text) {
            return None;
        }
        let number = self.texts.shown - 1;
        self.known_texts.insert(text, number);
        Some(number)
    }

    /// The number of a place of the report.
    pub(crate) fn place(&mut self, place: &Place) -> u64 {
        match (&place.file, place.line, place.column) {
            (Some(file), Some(line), Some(column)) => self.at(file, line, column),
            _ => 0,
        }
    }

    /// The number of a place of the trace.
    pub(crate) fn site(&mut self, site: Option<&Site>) -> u64 {
        site.map_or(0, |site| self.at(&site.file, site.line, site.column))
    }

    /// The number of the place that events call `address`.
    pub(crate) fn address(&mut self, address: u32) -> u64 {
        let trace = self.trace;
        self.site(trace.site(address).filter(|_| address != 0))
    }

    /// The number of a thread's name.
    pub(crate) fn thread(&mut self, id: u32) -> Option<u64> {
        let trace = self.trace;
        self.text(trace.thread(id).and_then(|info| info.name.as_deref()))
    }

    fn at(&mut self, file: &str, line: u32, column: u32) -> u64 {
        let spot = Spot {
            file: file.to_owned(),
            line,
            column,
        };
        if let Some(&number) = self.known_places.get(&spot) {
            return number;
        }
        if self.places.is_full() {
            return 0;
        }
        let Some(file) = self.add(cut(file, true)) else {
            return 0;
        };
        if !self.places.push(&(file, line, column)) {
            return 0;
        }
        let number = self.places.shown - 1;
        self.known_places.insert(spot, number);
        number
    }

    /// The places named so far, each with its number, in that order.
    pub(crate) fn spots(&self) -> Vec<(u64, Spot)> {
        let known = self.known_places.iter();
        let mut spots: Vec<(u64, Spot)> = known.map(|(spot, &number)| (number, spot.clone())).collect();
        spots.sort_unstable_by_key(|(number, _)| *number);
        spots
    }

    pub(crate) fn write(&self, page: Object) -> Object {
        page.part("texts", &self.texts.items())
            .part("places", &self.places.items())
    }
}

/// A text of bounded length, with what could steer whatever shows it made visible. A path keeps its end.
pub(crate) fn cut(text: &str, path: bool) -> String {
    // No more than is shown is looked at.
    let part: String = if path {
        let start = text.char_indices().rev().nth(LONGEST).map_or(0, |(at, _)| at);
        text[start..].to_owned()
    } else {
        text.chars().take(LONGEST + 1).collect()
    };
    let shown = Printable(&part).to_string();
    let long = shown.chars().count();
    match long.checked_sub(LONGEST) {
        None | Some(0) => shown,
        Some(more) if path => format!("\u{2026}{}", shown.chars().skip(more).collect::<String>()),
        Some(_) => format!("{}\u{2026}", shown.chars().take(LONGEST).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_where_it_hurts_least() {
        assert_eq!(cut("short", false), "short");
        assert_eq!(cut("a\u{202e}b", false), "a\\u{202e}b");
        let long = "x".repeat(300) + "main.rs";
        assert!(cut(&long, true).ends_with("xmain.rs"));
        assert!(cut(&long, false).ends_with("xx\u{2026}"));
        assert_eq!(cut(&long, true).chars().count(), LONGEST + 1);
        assert_eq!(cut(&long, false).chars().count(), LONGEST + 1);
    }
}
