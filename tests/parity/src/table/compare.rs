//! std's items beside threadlink's.

use std::collections::BTreeSet;

use threadlink_toolchain::Version;

use super::MODULES;
use super::items::Member;
use super::notes::{Note, Notes};
use super::own::{Found, Ours};
use super::rustdoc::Docs;
use super::standard::{Known, Theirs};

/// What became of an item of std.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// threadlink has its own, with the same signature.
    Same,
    /// threadlink gives std's item on.
    Std,
    /// How it differs.
    Differs(String),
    /// Why it is not there.
    Absent(String),
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Row {
    /// The module, without `std::`.
    pub module: &'static str,
    /// The item: `Mutex`, `Mutex::lock`, `impl Debug for Mutex<T>`.
    pub item: String,
    /// `struct`, `function` and so on; nothing for members of a type.
    pub kind: &'static str,
    /// The release it came with.
    pub since: Version,
    /// The release that advised against it.
    pub deprecated: Option<Version>,
    /// What became of it.
    pub status: Status,
    /// For a type that is std's own, or absent, what belongs to it: there is nothing to compare.
    pub members: Vec<(String, Version, Option<Version>)>,
}

/// The comparison.
#[derive(Debug, Clone)]
pub struct Table {
    /// The release of std.
    pub version: Version,
    /// In std's order of modules and items.
    pub rows: Vec<Row>,
    /// What threadlink's modules have besides.
    pub extra: Vec<(&'static str, Vec<String>)>,
    /// What is wrong, a sentence each, with the release of the item that it is about.
    pub problems: Vec<(Version, String)>,
    /// Notes on items that std does not have, or not in this release.
    pub idle_notes: Vec<String>,
}

/// How an item of threadlink compares to std's, in one kind of build.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Match {
    Same,
    Std,
    /// std's signature and ours.
    Unequal(String, String),
    Missing,
}

impl Table {
    pub(crate) fn new(
        version: Version,
        std: &[Docs],
        ours: [&Docs; 2],
        notes: &Notes,
    ) -> Result<Table, String> {
        let theirs = Theirs { crates: std, version };
        let names = theirs.names()?;
        let [wasm, native] = ours.map(|docs| Ours::read(docs, &names));
        let mut comparison = Comparison {
            notes,
            ours: [wasm?, native?],
            rows: Vec::new(),
            problems: Vec::new(),
            used: BTreeSet::new(),
        };
        let mut extra = Vec::new();
        for module in MODULES {
            for known in theirs.macros(module, &names)? {
                comparison.root_macro(module, &known)?;
            }
            let items = theirs.items(module, &names)?;
            for known in &items {
                comparison.entry(module, known)?;
            }
            let known: BTreeSet<&String> = items.iter().map(|known| &known.name).collect();
            let more: BTreeSet<&String> = comparison
                .ours
                .iter()
                .flat_map(|ours| ours.modules[module].iter().flatten())
                .map(|(name, _)| name)
                .filter(|name| !known.contains(name))
                .collect();
            extra.push((module, more.into_iter().cloned().collect()));
        }
        let idle = notes.items().filter(|item| !comparison.used.contains(*item));
        Ok(Table {
            version,
            idle_notes: idle.map(str::to_owned).collect(),
            rows: comparison.rows,
            problems: comparison.problems,
            extra,
        })
    }

    /// The row about an item, as `sync::Mutex::lock`.
    #[must_use]
    pub fn row(&self, item: &str) -> Option<&Row> {
        self.rows
            .iter()
            .find(|row| format!("{}::{}", row.module, row.item) == item)
    }
}

struct Comparison<'a> {
    notes: &'a Notes,
    ours: [Ours<'a>; 2],
    rows: Vec<Row>,
    problems: Vec<(Version, String)>,
    used: BTreeSet<String>,
}

impl Comparison<'_> {
    fn root_macro(&mut self, module: &'static str, known: &Known) -> Result<(), String> {
        let Known { name, defined, entry } = known;
        let mut matches = [const { Match::Missing }; 2];
        for (at, ours) in self.ours.iter().enumerate() {
            matches[at] = match ours.found(ours.root.get(name))? {
                Some(Found::Outside(path)) if path == *defined => Match::Std,
                // A macro has no signature; its rules are tested, not compared.
                Some(_) => Match::Same,
                None => Match::Missing,
            };
        }
        let item = format!("{name}!");
        let status = self.status(&format!("std::{module}::{item}"), entry.since, &matches);
        self.push(module, item, entry.kind, (entry.since, entry.deprecated), status);
        Ok(())
    }

    fn entry(&mut self, module: &'static str, known: &Known) -> Result<(), String> {
        let Known { name, defined, entry } = known;
        let [wasm, native] = self.ours.each_ref().map(|ours| ours.find(module, name, defined));
        let found = [wasm?, native?];
        let matches = found.each_ref().map(|found| match found {
            None => Match::Missing,
            Some(Found::Outside(theirs)) if theirs == defined => Match::Std,
            Some(Found::Outside(theirs)) => Match::Unequal(defined.clone(), theirs.clone()),
            Some(Found::Here(ours)) if ours.kind != entry.kind => {
                Match::Unequal(entry.kind.to_owned(), ours.kind.to_owned())
            }
            Some(Found::Here(ours)) => equal(&entry.shape, &ours.shape),
        });
        let status = self.status(&format!("std::{module}::{name}"), entry.since, &matches);
        let at = self.rows.len();
        self.push(
            module,
            name.clone(),
            entry.kind,
            (entry.since, entry.deprecated),
            status,
        );
        let built = found.iter().any(|found| matches!(found, Some(Found::Here(_))));
        for member in &entry.members {
            let item = if member.label.starts_with("impl ") {
                member.label.clone()
            } else {
                format!("{name}::{}", member.label)
            };
            let key = format!("std::{module}::{item}");
            let matches = found.each_ref().map(|found| match found {
                None => Match::Missing,
                Some(Found::Outside(_)) => Match::Std,
                Some(Found::Here(ours)) => find(&ours.members, member),
            });
            if built || self.notes.get(&key).is_some() {
                let status = self.status(&key, member.since, &matches);
                self.push(module, item, "", (member.since, member.deprecated), status);
            } else {
                self.rows[at]
                    .members
                    .push((member.label.clone(), member.since, member.deprecated));
            }
        }
        Ok(())
    }

    fn push(
        &mut self,
        module: &'static str,
        item: String,
        kind: &'static str,
        (since, deprecated): (Version, Option<Version>),
        status: Status,
    ) {
        self.rows.push(Row {
            module,
            item,
            kind,
            since,
            deprecated,
            status,
            members: Vec::new(),
        });
    }

    /// What the comparison says, with the note that it needs.
    fn status(&mut self, item: &str, since: Version, matches: &[Match; 2]) -> Status {
        let note = self.notes.get(item).cloned();
        self.used.insert(item.to_owned());
        let mut problem = |text: String| self.problems.push((since, text));
        let missing = |at: usize| matches[at] == Match::Missing;
        if missing(0) || missing(1) {
            let place = match (missing(0), missing(1)) {
                (true, true) => "",
                (true, false) => " on wasm",
                _ => " natively",
            };
            return match note {
                Some(Note::Absent(why)) => Status::Absent(why),
                _ => {
                    problem(format!("{item} is absent{place}, and no note says why"));
                    Status::Absent("nobody has said why".to_owned())
                }
            };
        }
        if let Some(Match::Unequal(std, ours)) =
            matches.iter().find(|found| matches!(found, Match::Unequal(..)))
        {
            return match note {
                Some(Note::Differs(how)) => Status::Differs(how),
                _ => {
                    let [std, ours] = from_the_difference(std, ours);
                    problem(format!(
                        "{item} differs, and no note says how:\n  std   {std}\n  ours  {ours}"
                    ));
                    Status::Differs("nobody has said how".to_owned())
                }
            };
        }
        match note {
            Some(Note::Differs(how)) => Status::Differs(how),
            Some(Note::Absent(_)) => {
                problem(format!("{item} is there, but a note says that it is absent"));
                Status::Same
            }
            None if matches.iter().all(|found| *found == Match::Std) => Status::Std,
            None => Status::Same,
        }
    }
}

fn find(ours: &[Member], member: &Member) -> Match {
    // A name can occur twice: `LocalKey::set` of a `Cell` and of a `RefCell`.
    let mut named = ours.iter().filter(|own| own.key == member.key).peekable();
    let first = named.peek().map(|own| own.shape.clone());
    match first {
        Some(_) if named.any(|own| own.shape == member.shape) => Match::Same,
        Some(first) => Match::Unequal(member.shape.clone(), first),
        None => Match::Missing,
    }
}

fn equal(std: &str, ours: &str) -> Match {
    if std == ours {
        Match::Same
    } else {
        Match::Unequal(std.to_owned(), ours.to_owned())
    }
}

/// Two texts without the most of what they begin with alike.
fn from_the_difference<'t>(one: &'t str, other: &'t str) -> [&'t str; 2] {
    const SHOWN: usize = 80;
    let pairs = one.char_indices().zip(other.chars());
    let alike = pairs
        .take_while(|((_, a), b)| a == b)
        .map(|((at, _), _)| at)
        .collect::<Vec<usize>>();
    let start = alike.iter().rev().nth(SHOWN).copied().unwrap_or_default();
    [&one[start..], &other[start..]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_in_front_is_cut() {
        let front = "ä".repeat(200);
        let [one, other] = [format!("{front}x"), format!("{front}yz")];
        let [one, other] = from_the_difference(&one, &other);
        assert!(one.ends_with("äx") && other.ends_with("äyz"), "{one} {other}");
        assert_eq!((one.chars().count(), other.chars().count()), (82, 83));
        assert_eq!(from_the_difference("a", "b"), ["a", "b"]);
    }
}
