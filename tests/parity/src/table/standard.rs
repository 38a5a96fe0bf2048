//! std's stable items, wherever among its crates they are defined.

use threadlink_toolchain::Version;

use super::MODULES;
use super::items::{Entry, Export, Reader, Target, exports};
use super::rustdoc::Docs;
use super::shape::Names;

/// A stable item of std: its public name, where it is defined, and what is known of it.
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) defined: String,
    pub(crate) entry: Entry,
}

/// std's stable items, module by module.
pub(crate) struct Theirs<'a> {
    /// core, alloc and, as the last, std.
    pub(crate) crates: &'a [Docs],
    pub(crate) version: Version,
}

impl<'a> Theirs<'a> {
    fn std(&self) -> Result<&'a Docs, String> {
        self.crates.last().ok_or_else(|| "std is missing".to_owned())
    }

    /// The names of a module, each with where it is defined, and the crate (core, alloc or std) that has it by a number.
    fn listed(&self, module: &str) -> Result<Vec<(Export<'a>, String, &'a Docs, u32)>, String> {
        let std = self.std()?;
        let path = format!("std::{module}");
        let (id, _) = std
            .find(&path, "module")
            .ok_or_else(|| format!("there is no {path}"))?;
        let mut found = Vec::new();
        for export in exports(std, id)? {
            let (defined, docs, id) = match &export.target {
                Target::Here(id) => (std.path(*id)?, std, *id),
                Target::Outside {
                    path: defined, kind, ..
                } => {
                    let find = |docs: &'a Docs| Some((docs, docs.find(defined, kind)?.0));
                    let (docs, id) =
                        self.crates.iter().find_map(find).ok_or_else(|| {
                            format!("{path}::{}: no crate has {kind} {defined}", export.name)
                        })?;
                    (defined.clone(), docs, id)
                }
            };
            found.push((export, defined, docs, id));
        }
        Ok(found)
    }

    /// The public names, also of what is not stable: signatures may mention it.
    pub(crate) fn names(&self) -> Result<Names, String> {
        let mut names = Names::new();
        for module in MODULES {
            for (export, defined, ..) in self.listed(module)? {
                names
                    .entry(defined)
                    .or_insert_with(|| format!("std::{module}::{}", export.name));
            }
        }
        Ok(names)
    }

    fn reader<'n>(&'n self, names: &'n Names) -> Reader<'n> {
        Reader {
            crates: self.crates.iter().collect(),
            names,
            release: Some(self.version),
        }
    }

    /// The stable items of a module: functions and modules, then types; as std lists them.
    pub(crate) fn items(&self, module: &str, names: &Names) -> Result<Vec<Known>, String> {
        let reader = self.reader(names);
        let mut found = Vec::new();
        for (export, defined, docs, id) in self.listed(module)? {
            let around = match export.given {
                Some(given) => match reader.since(given, None)? {
                    None => continue,
                    since => since,
                },
                None => None,
            };
            if let Some(entry) = reader.entry(docs, id, around)? {
                let name = export.name;
                found.push(Known { name, defined, entry });
            }
        }
        found.sort_by_key(|known| known.name.chars().next().is_none_or(char::is_uppercase));
        Ok(found)
    }

    /// The macros of std's root whose source is in a module.
    pub(crate) fn macros(&self, module: &str, names: &Names) -> Result<Vec<Known>, String> {
        let (std, mut found) = (self.std()?, Vec::new());
        for export in exports(std, std.root())? {
            let Target::Here(id) = export.target else { continue };
            let Some(item) = std.item(id).filter(|item| item.of("macro").is_some()) else {
                continue;
            };
            let file = item
                .span
                .as_ref()
                .map(|span| span.filename.with_extension(""))
                .unwrap_or_default();
            let here = file
                .components()
                .skip_while(|part| part.as_os_str() != "src")
                .any(|part| part.as_os_str() == module);
            if here && let Some(entry) = self.reader(names).entry(std, id, None)? {
                found.push(Known {
                    name: export.name,
                    defined: std.path(id)?,
                    entry,
                });
            }
        }
        Ok(found)
    }
}
