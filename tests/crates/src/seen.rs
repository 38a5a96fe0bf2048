//! What earlier runs have seen to be as expected: a run that was cut off goes on where it was, and a table can be made in pieces.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::place;

/// It, on disk.
#[derive(Debug)]
pub(crate) struct Seen {
    path: PathBuf,
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Entry {
    /// All that it depends on: what was seen of something else says nothing.
    of: u64,
    found: String,
}

impl Seen {
    /// What is known of this kind of thing; nothing if all of it is to be tried once more.
    pub(crate) fn read(kind: &str, afresh: bool) -> Seen {
        let path = place::made("seen").join(format!("{kind}.json"));
        let entries = known(&path).filter(|_| !afresh).unwrap_or_default();
        Seen { path, entries }
    }

    /// What was found of this one, if nothing that it depends on is another since.
    pub(crate) fn found(&self, id: &str, of: u64) -> Option<&str> {
        let entry = self.entries.get(id).filter(|entry| entry.of == of);
        entry.map(|entry| entry.found.as_str())
    }

    /// Keeps what was found of one, at once.
    pub(crate) fn keep(&mut self, id: &str, of: u64, found: &str) -> Result<(), String> {
        // What another run has kept meanwhile stays.
        let mut all = known(&self.path).unwrap_or_default();
        for entries in [&mut all, &mut self.entries] {
            let found = found.to_owned();
            entries.insert(id.to_owned(), Entry { of, found });
        }
        let text = serde_json::to_string_pretty(&all)
            .map_err(|error| format!("what was seen cannot be written: {error}"))?;
        // Aside first, so that being cut off here loses nothing.
        let aside = self.path.with_extension(format!("part-{}", std::process::id()));
        place::write(&aside, &text)?;
        std::fs::rename(&aside, &self.path)
            .map_err(|error| format!("cannot rename {}: {error}", aside.display()))
    }
}

/// What a file knows. One that cannot be read is one of an earlier form of it, or none: then all of it is tried.
fn known(path: &Path) -> Option<BTreeMap<String, Entry>> {
    serde_json::from_str(&place::read(path).ok()?).ok()
}

/// A number for all that something depends on.
pub(crate) fn of(parts: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_known_to_the_next_run_and_holds_for_that_alone() {
        let kind = format!("test-{}", std::process::id());
        let mut seen = Seen::read(&kind, false);
        assert_eq!(seen.found("a", of(&["1"])), None);
        seen.keep("a", of(&["1"]), "works").expect("it is kept");
        seen.keep("b", of(&["2"]), "fails").expect("it is kept");
        let next = Seen::read(&kind, false);
        assert_eq!(next.found("a", of(&["1"])), Some("works"));
        assert_eq!(next.found("b", of(&["2"])), Some("fails"));
        assert_eq!(next.found("a", of(&["2"])), None, "something else was tried");
        assert_eq!(Seen::read(&kind, true).found("a", of(&["1"])), None);
        std::fs::remove_file(&next.path).expect("it is there");
    }
}
