//! std's items beside threadlink's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use threadlink_toolchain::Version;

use super::MODULES;
use super::cfg::Build;
use super::items::{Entry, Found, Member, Side};
use super::notes::{Note, Notes};
use super::resolve::{Target, World};
use super::tree::Module;
use crate::source::StdSource;

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

/// threadlink's items, in one kind of build.
struct Ours {
    modules: BTreeMap<&'static str, Option<BTreeMap<String, Found>>>,
    root: BTreeMap<String, Found>,
}

impl Ours {
    fn read(file: &Path, build: Build) -> Result<Ours, String> {
        let root = Module::root("threadlink", file, build)?;
        let mut side = Side::new(
            World::new(vec![("threadlink".to_owned(), Rc::clone(&root))]),
            None,
        );
        let mut targets = BTreeMap::new();
        for name in MODULES {
            let target = side.world.module("threadlink", name)?;
            if let Some(Target::Module(module)) = &target {
                side.learn_renames(module);
            }
            targets.insert(name, target);
        }
        let mut modules = BTreeMap::new();
        for (name, target) in targets {
            let listed = match target {
                Some(Target::Module(module)) => Some(side.list(&module)?.into_iter().collect()),
                // A module that is std's as a whole has no list; its items are found through it.
                Some(Target::Outside(_) | Target::Item(..)) | None => None,
            };
            modules.insert(name, listed);
        }
        let mut top: BTreeMap<String, Found> = side.macros(&root)?.into_iter().collect();
        top.extend(side.list(&root)?);
        Ok(Ours { modules, root: top })
    }

    /// What threadlink has in place of an item of std.
    fn find(&self, module: &str, name: &str) -> Option<Found> {
        if let Some(listed) = self.modules.get(module).and_then(Option::as_ref) {
            return listed.get(name).cloned();
        }
        // `std::sync::mpsc::Sender` by way of a `threadlink::sync::mpsc` that is std's.
        let (parent, last) = module.rsplit_once("::")?;
        match self.find(parent, last)? {
            Found::Std(path) => Some(Found::Std(format!("{path}::{name}"))),
            Found::Here(_) => None,
        }
    }
}

impl Table {
    pub(crate) fn new(source: &StdSource, threadlink: &Path, notes: &Notes) -> Result<Table, String> {
        let mut roots = Vec::new();
        for name in ["std", "alloc", "core"] {
            let file = source.library.join(name).join("src/lib.rs");
            roots.push((name.to_owned(), Module::root(name, &file, Build::Wasm)?));
        }
        let std = Side::new(World::new(roots), Some(source.version));
        let ours = [
            Ours::read(threadlink, Build::Wasm)?,
            Ours::read(threadlink, Build::Native)?,
        ];
        let mut comparison = Comparison {
            notes,
            ours,
            rows: Vec::new(),
            problems: Vec::new(),
            used: BTreeSet::new(),
        };
        let mut extra = Vec::new();
        for name in MODULES {
            let Some(Target::Module(module)) = std.world.module("std", name)? else {
                return Err(format!("std has no module {name}"));
            };
            let mut items = std.list(&module)?;
            if !name.contains("::") {
                for (macro_name, found) in std.macros(&module)? {
                    if let Found::Here(entry) = found {
                        comparison.root_macro(name, &macro_name, &entry);
                    }
                }
            }
            items.sort_by_key(|(name, _)| name.chars().next().is_none_or(char::is_uppercase));
            for (item, found) in &items {
                if let Found::Here(entry) = found {
                    comparison.entry(name, item, entry);
                }
            }
            let known: BTreeSet<&String> = items.iter().map(|(name, _)| name).collect();
            let more = comparison
                .ours
                .iter()
                .flat_map(|ours| ours.modules[name].iter().flatten());
            let more: BTreeSet<String> = more
                .map(|(name, _)| name)
                .filter(|name| !known.contains(name))
                .cloned()
                .collect();
            extra.push((name, more.into_iter().collect()));
        }
        let idle = notes.items().filter(|item| !comparison.used.contains(*item));
        Ok(Table {
            version: source.version,
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
    ours: [Ours; 2],
    rows: Vec<Row>,
    problems: Vec<(Version, String)>,
    used: BTreeSet<String>,
}

impl Comparison<'_> {
    fn root_macro(&mut self, module: &'static str, name: &str, entry: &Entry) {
        let matches = self.ours.each_ref().map(|ours| match ours.root.get(name) {
            Some(Found::Std(path)) if *path == format!("std::{name}") => Match::Std,
            // A macro has no signature; its rules are tested, not compared.
            Some(_) => Match::Same,
            None => Match::Missing,
        });
        let item = format!("{name}!");
        let status = self.status(&format!("std::{module}::{item}"), entry.since, &matches);
        self.push(module, item, "macro", (entry.since, entry.deprecated), status);
    }

    fn entry(&mut self, module: &'static str, name: &str, entry: &Entry) {
        let path = format!("std::{module}::{name}");
        let found = self.ours.each_ref().map(|ours| ours.find(module, name));
        let matches = found.each_ref().map(|found| match found {
            None => Match::Missing,
            Some(Found::Std(theirs)) if *theirs == path => Match::Std,
            Some(Found::Std(theirs)) => Match::Unequal(path.clone(), theirs.clone()),
            Some(Found::Here(ours)) if ours.kind != entry.kind => {
                Match::Unequal(entry.kind.to_owned(), ours.kind.to_owned())
            }
            Some(Found::Here(ours)) => equal(&entry.shape, &ours.shape),
        });
        let status = self.status(&path, entry.since, &matches);
        let at = self.rows.len();
        self.push(
            module,
            name.to_owned(),
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
                Some(Found::Std(_)) => Match::Std,
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
