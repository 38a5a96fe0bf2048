//! The public items of a module, with their members, each with a canonical signature.

use serde_json::{Value, json};
use threadlink_toolchain::Version;

use super::label::label;
use super::rustdoc::{Docs, Item, id, ids};
use super::shape::{self, Names};
use super::stability::{self, Level};

/// What a name of a module stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// An item of the crate.
    Here(u32),
    /// Another crate's, by the path where it is defined; its kind as rustdoc calls it.
    Outside { path: String, kind: String },
}

/// A public name of a module.
pub(crate) struct Export<'a> {
    pub(crate) name: String,
    pub(crate) target: Target,
    /// The `use` that gives the name, if one does.
    pub(crate) given: Option<&'a Item>,
}

/// A public item.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) kind: &'static str,
    pub(crate) since: Version,
    pub(crate) deprecated: Option<Version>,
    pub(crate) shape: String,
    pub(crate) members: Vec<Member>,
}

/// Something that belongs to a type: a method, an associated constant, a variant, an implementation of a trait.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// What tells it from the type's other members.
    pub(crate) key: String,
    /// For people.
    pub(crate) label: String,
    pub(crate) since: Version,
    pub(crate) deprecated: Option<Version>,
    pub(crate) shape: String,
}

/// All public names of a module, hidden ones aside.
pub(crate) fn exports(docs: &Docs, module: u32) -> Result<Vec<Export<'_>>, String> {
    let content = docs.item(module).and_then(|item| item.of("module"));
    let content = content.ok_or_else(|| docs.unknown("no module of the number", &Value::from(module)))?;
    let mut found = Vec::new();
    for at in ids(&content["items"]) {
        let Some(item) = docs.item(at) else { continue };
        let Some(import) = item.of("use") else {
            // A block has no name.
            found.extend(item.name.clone().map(|name| Export {
                name,
                target: Target::Here(at),
                given: None,
            }));
            continue;
        };
        let to = id(&import["id"]).ok_or_else(|| docs.unknown("a `use` of nothing", import))?;
        let target = match docs.item(to) {
            Some(_) => Target::Here(to),
            None => Target::Outside {
                path: docs.path(to)?,
                kind: docs.kind(to)?,
            },
        };
        match (import["is_glob"] == true, target) {
            (true, Target::Here(other)) => found.extend(exports(docs, other)?),
            // All of another crate goes by the name `*`: so a table with such a module shows it.
            (all, target) => found.push(Export {
                name: if all {
                    "*"
                } else {
                    import["name"].as_str().unwrap_or_default()
                }
                .to_owned(),
                target,
                given: Some(item),
            }),
        }
    }
    Ok(found)
}

/// How to read one side's items.
pub(crate) struct Reader<'a> {
    /// The crate, and for std those that it is made of.
    pub(crate) crates: Vec<&'a Docs>,
    pub(crate) names: &'a Names,
    /// The release of std. `None` for threadlink, whose items carry no stability.
    pub(crate) release: Option<Version>,
}

impl Reader<'_> {
    /// Since when an item may be used, by what it says or else what stands around it; `None` if it is not stable.
    pub(crate) fn since(&self, item: &Item, around: Option<Version>) -> Result<Option<Version>, String> {
        let Some(now) = self.release else {
            return Ok(Some(Version::OLDEST));
        };
        Ok(match stability::level(item, now)? {
            Some(Level::Stable(since)) => Some(since),
            Some(Level::Unstable) => None,
            None => around,
        })
    }

    fn deprecated(&self, item: &Item) -> Option<Version> {
        stability::deprecated(item, self.release?)
    }

    /// An item; `None` if it is not stable. `around`: since when what it is in, or the `use` that gives it, is stable.
    pub(crate) fn entry(
        &self,
        docs: &Docs,
        own: u32,
        around: Option<Version>,
    ) -> Result<Option<Entry>, String> {
        let item = docs
            .item(own)
            .ok_or_else(|| docs.unknown("no item of the number", &Value::from(own)))?;
        let Some(since) = self.since(item, around)? else {
            return Ok(None);
        };
        let names = self.names;
        let (kind, value) = item.kind();
        let mut members = Vec::new();
        let (kind, shape) = match kind {
            "function" => {
                let constant = self.constant(item)?;
                ("function", shape::function(docs, names, None, value, constant)?)
            }
            "struct" => {
                members = self.members(docs, own, value, since)?;
                let fields = shape::fields(docs, &value["kind"])?;
                ("struct", self.definition(docs, value, &fields)?)
            }
            "enum" => {
                members = self.variants(docs, value, since)?;
                members.extend(self.members(docs, own, value, since)?);
                ("enum", self.definition(docs, value, &Value::Null)?)
            }
            "type_alias" => ("type", self.definition(docs, value, &value["type"])?),
            "constant" => {
                let none = json!({ "generics": { "params": [], "where_predicates": [] } });
                ("constant", self.definition(docs, &none, &value["type"])?)
            }
            // Of what it consists are rows of their own; a macro has no signature, its rules are tested.
            "module" => ("module", String::new()),
            "macro" => ("macro", String::new()),
            other => return Err(docs.unknown("an item", &Value::from(other))),
        };
        Ok(Some(Entry {
            kind,
            since,
            deprecated: self.deprecated(item),
            shape,
            members,
        }))
    }

    fn definition(&self, docs: &Docs, content: &Value, body: &Value) -> Result<String, String> {
        shape::definition(docs, self.names, &content["generics"], body)
    }

    /// Whether the word `const` of a function is stable.
    fn constant(&self, item: &Item) -> Result<bool, String> {
        Ok(match self.release {
            Some(now) => stability::constant(item, now)? != Some(Level::Unstable),
            None => true,
        })
    }

    fn variants(&self, docs: &Docs, content: &Value, around: Version) -> Result<Vec<Member>, String> {
        let mut found = Vec::new();
        for item in ids(&content["variants"]).filter_map(|id| docs.item(id)) {
            let (Some(name), Some(variant)) = (&item.name, item.of("variant")) else {
                continue;
            };
            if let Some(since) = self.since(item, Some(around))? {
                let shape = self.definition(docs, content, &shape::fields(docs, &variant["kind"])?)?;
                found.push(self.member(item, name, name, since, shape));
            }
        }
        Ok(found)
    }

    /// Methods, associated constants and implementations of traits.
    fn members(
        &self,
        docs: &Docs,
        own: u32,
        content: &Value,
        around: Version,
    ) -> Result<Vec<Member>, String> {
        let (mut members, mut traits) = (Vec::new(), Vec::new());
        for item in ids(&content["impls"]).filter_map(|id| docs.item(id)) {
            // rustdoc also lists what has the type in it: `From<PoisonError<T>> for TryLockError<T>`.
            let Some(block) = item
                .of("impl")
                .filter(|block| subject(&block["for"]) == Some(own))
            else {
                continue;
            };
            if block["trait"].is_null() {
                members.extend(self.inherent(docs, block, around)?);
                continue;
            }
            let written = block["is_synthetic"] == false && block["blanket_impl"].is_null();
            if !written || block["is_negative"] != false || !self.counts(docs, &block["trait"])? {
                continue;
            }
            if let Some(since) = self.since(item, Some(around))? {
                let [key, shape] = shape::implementation(docs, self.names, block)?;
                traits.push(self.member(item, &key, &label(block), since, shape));
            }
        }
        traits.sort_by(|a, b| a.label.cmp(&b.label));
        members.extend(traits);
        Ok(members)
    }

    fn inherent(&self, docs: &Docs, block: &Value, around: Version) -> Result<Vec<Member>, String> {
        let mut found = Vec::new();
        for item in ids(&block["items"]).filter_map(|id| docs.item(id)) {
            let (Some(name), true) = (&item.name, item.visibility == "public") else {
                continue;
            };
            let Some(since) = self.since(item, Some(around))? else {
                continue;
            };
            let shape = match item.kind() {
                ("function", value) => {
                    shape::function(docs, self.names, Some(block), value, self.constant(item)?)?
                }
                ("assoc_const", value) => shape::constant(docs, self.names, block, &value["type"])?,
                (kind, _) => return Err(docs.unknown("a member", &Value::from(kind))),
            };
            found.push(self.member(item, name, name, since, shape));
        }
        Ok(found)
    }

    fn member(&self, item: &Item, key: &str, label: &str, since: Version, shape: String) -> Member {
        Member {
            key: key.to_owned(),
            label: label.to_owned(),
            since,
            deprecated: self.deprecated(item),
            shape,
        }
    }

    /// Whether a trait is compared: it is stable, and a type does not have it by what it consists of. `Drop` is not:
    /// nobody can ask for it.
    fn counts(&self, docs: &Docs, path: &Value) -> Result<bool, String> {
        let at = id(&path["id"]).ok_or_else(|| docs.unknown("a trait", path))?;
        let path = docs.path(at)?;
        let known = self.crates.iter().find_map(|docs| docs.find(&path, "trait"));
        // Of threadlink's traits nothing is asked: std's are looked for among them.
        let Some((_, item)) = known else { return Ok(true) };
        let auto = item.of("trait").is_some_and(|content| content["is_auto"] == true);
        Ok(!auto && path != "core::ops::drop::Drop" && self.since(item, Some(Version::OLDEST))?.is_some())
    }
}

/// The type that a block is for, or for references to which it is.
fn subject(mut ty: &Value) -> Option<u32> {
    while !ty["borrowed_ref"].is_null() {
        ty = &ty["borrowed_ref"]["type"];
    }
    id(&ty["resolved_path"]["id"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::rustdoc::snippet;

    const STAGED: &str = r#"
        #![feature(staged_api, negative_impls)]
        #![stable(feature = "all", since = "1.0.0")]
        #[stable(feature = "a", since = "1.2.0")]
        pub struct A;
        #[stable(feature = "b", since = "1.63.0")]
        impl Clone for A { fn clone(&self) -> A { A } }
        #[unstable(feature = "c", issue = "none")]
        impl Copy for A {}
        #[stable(feature = "d", since = "1.3.0")]
        impl !Send for A {}
        #[stable(feature = "d2", since = "1.3.0")]
        impl From<A> for u8 { fn from(_: A) -> u8 { 0 } }
        impl A {
            #[stable(feature = "e", since = "1.4.0")]
            #[rustc_const_unstable(feature = "f", issue = "none")]
            pub const fn not_yet_constant() {}
            #[stable(feature = "g", since = "1.4.0")]
            #[rustc_const_stable(feature = "h", since = "1.5.0")]
            pub const fn constant() {}
            #[stable(feature = "i", since = "1.4.0")]
            #[deprecated(since = "1.6.0", note = "use another")]
            pub const N: u8 = 0;
            #[unstable(feature = "j", issue = "none")]
            pub fn unstable() {}
            #[stable(feature = "k", since = "1.4.0")]
            #[doc(hidden)]
            pub fn hidden() {}
        }
        #[unstable(feature = "l", issue = "none")]
        pub mod inside {
            #[unstable(feature = "l", issue = "none")]
            pub struct B;
        }
        #[unstable(feature = "l", issue = "none")]
        pub use inside::B;"#;

    #[test]
    fn what_is_not_stable_is_not_seen() {
        let docs = snippet("staged", STAGED);
        let names = Names::new();
        let reader = Reader {
            crates: vec![&docs],
            names: &names,
            release: Some(Version::OLDEST),
        };
        let (id, _) = docs.find("staged::A", "struct").expect("it is in the snippet");
        let entry = reader.entry(&docs, id, None).expect("known").expect("stable");
        let seen: Vec<String> = entry
            .members
            .iter()
            .map(|member| {
                let deprecated = member.deprecated.map(|since| format!(", not {since}"));
                format!(
                    "{} {}{}",
                    member.label,
                    member.since,
                    deprecated.unwrap_or_default()
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                "not_yet_constant 1.4.0",
                "constant 1.4.0",
                "N 1.4.0, not 1.6.0",
                "impl Clone for A 1.63.0"
            ]
        );
        let constant = |at: usize| entry.members[at].shape.contains("\"is_const\":true");
        assert!(!constant(0) && constant(1), "{:?}", entry.members);
        let (id, _) = docs
            .find("staged::inside::B", "struct")
            .expect("it is in the snippet");
        assert!(reader.entry(&docs, id, None).expect("known").is_none());
        let exports = exports(&docs, docs.root()).expect("known");
        let mut names: Vec<&str> = exports.iter().map(|export| export.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["A", "B", "inside"]);
    }
}
