//! What a path means: follows `mod`, `use` and re-exports, through the crates of one side of the comparison.

use std::rc::{Rc, Weak};

use syn::{Item, ItemUse, UseTree, Visibility};

use super::tree::Module;

/// How many re-exports a name may pass through. A limit only because imports can be circular.
const DEPTH: u32 = 16;

/// The crates that paths may lead into.
pub(crate) struct World {
    roots: Vec<(String, Rc<Module>)>,
}

/// What a path leads to.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Module(Rc<Module>),
    /// The item of this name in this module; never a `use`.
    Item(Rc<Module>, String),
    /// Something in a crate that is not in the world: its full path.
    Outside(Vec<String>),
}

/// One name that a `use` brings in.
pub(crate) struct Import {
    /// `None`: everything of the module (`*`).
    pub(crate) name: Option<String>,
    pub(crate) path: Vec<String>,
}

impl World {
    pub(crate) fn new(roots: Vec<(String, Rc<Module>)>) -> World {
        World { roots }
    }

    fn root(&self, name: &str) -> Option<&Rc<Module>> {
        // std's own name for alloc.
        let name = if name == "alloc_crate" { "alloc" } else { name };
        self.roots
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, module)| module)
    }

    /// The module at a path below a crate's root.
    pub(crate) fn module(&self, krate: &str, path: &str) -> Result<Option<Target>, String> {
        let Some(root) = self.root(krate) else {
            return Ok(None);
        };
        let segments: Vec<String> = path.split("::").map(str::to_owned).collect();
        self.walk(Target::Module(Rc::clone(root)), &segments, 0)
    }

    /// What `path` means inside of `from`; `None` if that is not known (a name of the prelude, a parameter).
    pub(crate) fn resolve(&self, from: &Rc<Module>, path: &[String]) -> Result<Option<Target>, String> {
        self.resolve_at(from, path, 0)
    }

    fn resolve_at(&self, from: &Rc<Module>, path: &[String], depth: u32) -> Result<Option<Target>, String> {
        let Some((first, rest)) = path.split_first() else {
            return Ok(Some(Target::Module(Rc::clone(from))));
        };
        let parent = || from.parent.as_ref().and_then(Weak::upgrade);
        let start = match first.as_str() {
            "self" => Target::Module(Rc::clone(from)),
            "super" => match parent() {
                Some(parent) => Target::Module(parent),
                None => return Ok(None),
            },
            "crate" => {
                let name = from.path.split("::").next().unwrap_or_default();
                match self.root(name) {
                    Some(root) => Target::Module(Rc::clone(root)),
                    None => return Ok(None),
                }
            }
            name => {
                if let Some(root) = self.root(name) {
                    Target::Module(Rc::clone(root))
                } else if ["std", "core", "alloc"].contains(&name) {
                    Target::Outside(vec!["std".to_owned()])
                } else {
                    match self.lookup(from, name, depth + 1)? {
                        Some(target) => target,
                        None => return Ok(None),
                    }
                }
            }
        };
        self.walk(start, rest, depth)
    }

    fn walk(&self, start: Target, path: &[String], depth: u32) -> Result<Option<Target>, String> {
        let mut at = start;
        for name in path {
            at = match at {
                Target::Module(module) => {
                    let next = if name == "super" || name == "self" {
                        self.resolve_at(&module, std::slice::from_ref(name), depth + 1)?
                    } else {
                        self.lookup(&module, name, depth + 1)?
                    };
                    match next {
                        Some(target) => target,
                        None => return Ok(None),
                    }
                }
                Target::Outside(mut path) => {
                    path.push(name.clone());
                    Target::Outside(path)
                }
                // Of an item's insides nothing is looked up.
                Target::Item(..) => return Ok(None),
            };
        }
        Ok(Some(at))
    }

    /// What a name means in a module: its own items first, then what it imports by name, then everything else.
    fn lookup(&self, module: &Rc<Module>, name: &str, depth: u32) -> Result<Option<Target>, String> {
        if depth > DEPTH {
            return Ok(None);
        }
        if module.readable().is_err() {
            // Good enough to say that a path does not lead to an item that is compared.
            return Ok(Some(Target::Outside(vec![module.path.clone(), name.to_owned()])));
        }
        if let Some(child) = module.child(name)? {
            return Ok(Some(Target::Module(child)));
        }
        if module
            .items
            .iter()
            .any(|item| defines(item).is_some_and(|own| own == name))
        {
            return Ok(Some(Target::Item(Rc::clone(module), name.to_owned())));
        }
        let imports: Vec<Import> = uses(module).flat_map(imports).collect();
        for import in &imports {
            let itself = import.path.len() == 1 && import.path[0] == name;
            if import.name.as_deref() == Some(name) && !itself {
                return self.resolve_at(module, &import.path, depth + 1);
            }
        }
        for import in imports.iter().filter(|import| import.name.is_none()) {
            match self.resolve_at(module, &import.path, depth + 1)? {
                Some(Target::Module(other)) if !Rc::ptr_eq(&other, module) => {
                    if let Some(found) = self.lookup(&other, name, depth + 1)? {
                        return Ok(Some(found));
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

pub(crate) fn uses(module: &Module) -> impl Iterator<Item = &ItemUse> {
    module.items.iter().filter_map(|item| match item {
        Item::Use(item) => Some(item),
        _ => None,
    })
}

/// The names that one `use` brings in.
pub(crate) fn imports(item: &ItemUse) -> Vec<Import> {
    fn flatten(tree: &UseTree, prefix: &[String], found: &mut Vec<Import>) {
        match tree {
            UseTree::Path(tree) => {
                let mut prefix = prefix.to_vec();
                prefix.push(tree.ident.to_string());
                flatten(&tree.tree, &prefix, found);
            }
            UseTree::Name(tree) => push(&tree.ident.to_string(), None, prefix, found),
            UseTree::Rename(tree) => {
                push(
                    &tree.ident.to_string(),
                    Some(tree.rename.to_string()),
                    prefix,
                    found,
                );
            }
            UseTree::Glob(_) => found.push(Import {
                name: None,
                path: prefix.to_vec(),
            }),
            UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, prefix, found)),
        }
    }
    fn push(ident: &str, rename: Option<String>, prefix: &[String], found: &mut Vec<Import>) {
        let mut path = prefix.to_vec();
        if ident != "self" || prefix.is_empty() {
            path.push(ident.to_owned());
        }
        let name = rename.or_else(|| path.last().cloned());
        found.push(Import { name, path });
    }
    let mut found = Vec::new();
    flatten(&item.tree, &[], &mut found);
    found
}

/// The name that an item (no `use`, no `mod`) defines.
pub(crate) fn defines(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Union(item) => item.ident.to_string(),
        _ => return None,
    })
}

/// Whether an item is `pub`, without restriction.
pub(crate) fn is_public(item: &Item) -> bool {
    let visibility = match item {
        Item::Const(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Mod(item) => &item.vis,
        Item::Static(item) => &item.vis,
        Item::Struct(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        Item::Union(item) => &item.vis,
        Item::Use(item) => &item.vis,
        _ => return false,
    };
    matches!(visibility, Visibility::Public(_))
}
