//! threadlink's items, as what may stand in place of std's.

use std::collections::BTreeMap;

use super::MODULES;
use super::items::{Entry, Reader, Target, exports};
use super::rustdoc::{self, Docs};
use super::shape::Names;

/// What threadlink has in place of an item of std.
pub(crate) enum Found {
    Here(Entry),
    /// Another crate's item, by the path where it is defined.
    Outside(String),
}

/// threadlink's items, in one kind of build.
pub(crate) struct Ours<'a> {
    docs: &'a Docs,
    names: Names,
    /// A module's names, or the path of the module that it is.
    pub(crate) modules: BTreeMap<&'static str, Result<BTreeMap<String, Target>, String>>,
    pub(crate) root: BTreeMap<String, Target>,
}

impl<'a> Ours<'a> {
    /// `std`: the public names of std's items.
    pub(crate) fn read(docs: &'a Docs, std: &Names) -> Result<Ours<'a>, String> {
        let root = targets(docs, docs.root())?;
        let mut modules = BTreeMap::new();
        let mut names = std.clone();
        for name in MODULES {
            let mut at = Ok(Target::Here(docs.root()));
            for part in name.split("::") {
                at = match at? {
                    Target::Here(module) => targets(docs, module)?
                        .remove(part)
                        .ok_or_else(|| format!("threadlink has no module {name}")),
                    Target::Outside { path, kind } => Ok(Target::Outside {
                        path: format!("{path}::{part}"),
                        kind,
                    }),
                };
            }
            let module = match at? {
                Target::Here(module) => Ok(targets(docs, module)?),
                Target::Outside { path, .. } => Err(path),
            };
            for (item, target) in module.iter().flatten() {
                let public = format!("std::{name}::{item}");
                // A type that has two names has the one that std knows.
                if let Target::Here(id) = target
                    && std.values().any(|known| *known == public)
                {
                    names.insert(docs.path(*id)?, public);
                }
            }
            modules.insert(name, module);
        }
        Ok(Ours {
            docs,
            names,
            modules,
            root,
        })
    }

    /// What there is in place of the item that std's module has under a name, and that std defines under that path.
    pub(crate) fn find(&self, module: &str, name: &str, defined: &str) -> Result<Option<Found>, String> {
        match &self.modules[module] {
            Ok(listed) => self.found(listed.get(name)),
            // `std::sync::mpsc::Sender` by way of a `threadlink::sync::mpsc` that is std's.
            Err(path) if *path == format!("std::{module}") => Ok(Some(Found::Outside(defined.to_owned()))),
            Err(path) => Ok(Some(Found::Outside(format!("{path}::{name}")))),
        }
    }

    pub(crate) fn found(&self, target: Option<&Target>) -> Result<Option<Found>, String> {
        let id = match target {
            None => return Ok(None),
            Some(Target::Outside { path, .. }) => return Ok(Some(Found::Outside(path.clone()))),
            Some(Target::Here(id)) => *id,
        };
        // A type alias of another crate's item is that item.
        if let Some(alias) = self.docs.item(id).and_then(|item| item.of("type_alias"))
            && let Some(to) = rustdoc::id(&alias["type"]["resolved_path"]["id"])
            && self.docs.item(to).is_none()
        {
            return Ok(Some(Found::Outside(self.docs.path(to)?)));
        }
        let reader = Reader {
            crates: vec![self.docs],
            names: &self.names,
            release: None,
        };
        Ok(reader.entry(self.docs, id, None)?.map(Found::Here))
    }
}

fn targets(docs: &Docs, module: u32) -> Result<BTreeMap<String, Target>, String> {
    let exports = exports(docs, module)?.into_iter();
    Ok(exports.map(|export| (export.name, export.target)).collect())
}
