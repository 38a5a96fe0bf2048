//! The tables of docs/crates.md and docs/explore.md, each between its markers. The text around them is written by people.

use std::fmt::Write;

use crate::lock::Lock;
use crate::place;
use crate::programs::{List, State};

/// A document, and what writes its tables.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Document {
    Crates,
    Explore,
}

impl Document {
    fn path(self) -> &'static str {
        match self {
            Document::Crates => "docs/crates.md",
            Document::Explore => "docs/explore.md",
        }
    }

    fn written_by(self) -> &'static str {
        match self {
            Document::Crates => "cargo xtask crates",
            Document::Explore => "cargo xtask explore-crates",
        }
    }
}

/// Puts a table between the markers of this name, or only looks whether it stands there.
pub(crate) fn put(document: Document, name: &str, table: &str, check: bool) -> Result<(), String> {
    let path = place::root().join(document.path());
    let old = place::read(&path)?;
    let new = between(&old, name, table).ok_or(format!("{} has no markers for {name}", document.path()))?;
    if check && new != old {
        return Err(format!(
            "{} is not what was found: run `{}` ({name})",
            document.path(),
            document.written_by()
        ));
    }
    place::write(&path, &new)
}

/// The text with something else between the markers of this name.
fn between(text: &str, name: &str, table: &str) -> Option<String> {
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = text.split_once(&start)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{start}{table}{end}{after}"))
}

/// The table of programs.
pub(crate) fn programs(list: &List, lock: &Lock) -> Result<String, String> {
    let mut rows: Vec<String> = Vec::new();
    for program in &list.programs {
        let version = lock
            .version(&program.name, &program.version)
            .ok_or_else(|| format!("the lock file has no {} {}", program.name, program.version))?;
        let features = match (program.features.as_slice(), program.default_features) {
            ([], true) => String::new(),
            ([], false) => " without default features".to_owned(),
            (features, _) => format!(" with `{}`", features.join("`, `")),
        };
        let state = match program.state {
            State::Works => "works",
            State::With => "in part",
            State::Fails => "fails",
        };
        rows.push(format!(
            "| {}{features} | {version} | {state} | {} |\n",
            program.name, program.remark
        ));
    }
    rows.sort_by_key(|row| row.to_lowercase());
    let count = |state| {
        list.programs
            .iter()
            .filter(|program| program.state == state)
            .count()
    };
    let mut text = String::new();
    let _ = writeln!(
        text,
        "Of {} programs {} work, {} in part, {} not.\n",
        rows.len(),
        count(State::Works),
        count(State::With),
        count(State::Fails)
    );
    text.push_str("| crate | version | | |\n|---|---|---|---|\n");
    text.extend(rows);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::LOCK;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let text = "a\n<!-- x -->\nold\n<!-- end of x -->\nb\n";
        let new = between(text, "x", "new\n").expect("there are markers");
        assert_eq!(new, "a\n<!-- x -->\nnew\n<!-- end of x -->\nb\n");
        assert_eq!(between(text, "y", ""), None);
    }

    #[test]
    fn the_document_has_what_the_list_says() {
        let list = List::read().expect("the list");
        let lock = place::read(&place::own().join(LOCK)).and_then(|text| Lock::read(&text));
        let table = programs(&list, &lock.expect("the lock file")).expect("a table");
        put(Document::Crates, "programs", &table, true).expect("the document is up to date");
    }
}
