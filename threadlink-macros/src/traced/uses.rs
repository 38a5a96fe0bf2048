//! `use` declarations inside what is traced: the names in them are replaced, the rest of them stays.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Attribute, Ident, Item, ItemUse, Path, PathSegment, UseTree, parse_quote};

use super::scope::{Meaning, Scope};
use super::spelling::{self, Spelling};
use super::table::{self, Name};
use super::verify;
use crate::options::CratePath;

/// A name that a `use` brought, now replaced.
pub(crate) struct Import {
    pub(crate) name: &'static Name,
    /// Where it was imported from.
    pub(crate) path: Path,
    /// What it is called here.
    binding: Ident,
    /// The conditions of the `use`.
    pub(crate) attrs: Vec<Attribute>,
}

/// What the `use` declarations of one block or module bring.
#[derive(Default)]
pub(crate) struct Imports {
    pub(crate) replaced: Vec<Import>,
    /// The glob imports.
    pub(crate) globs: Vec<ItemUse>,
    /// The places of glob imports of `std::sync`.
    pub(crate) std_globs: Vec<Span>,
    /// Where parking_lot's `Condvar` is imported.
    pub(crate) parking_lot_condvars: Vec<Ident>,
    /// What the bindings mean.
    pub(crate) meanings: Vec<(Ident, Meaning)>,
}

impl Imports {
    /// Replaces the names in one `use`; returns what to put in its place.
    pub(crate) fn split(&mut self, mut item: ItemUse, scope: &Scope<'_>, krate: &CratePath) -> Vec<Item> {
        let mut output = Vec::new();
        let mut leaves = Leaves {
            scope,
            prefix: Path {
                leading_colon: item.leading_colon,
                segments: Default::default(),
            },
            imports: self,
            taken: Vec::new(),
            globs: Vec::new(),
        };
        let rest = leaves.take(item.tree);
        let Leaves { taken, globs, .. } = leaves;
        let cfgs: Vec<Attribute> = item
            .attrs
            .iter()
            .filter(|attr| super::is_cfg(attr))
            .cloned()
            .collect();
        for tree in globs {
            self.globs.push(parse_quote!(#(#cfgs)* use #tree;));
        }
        for mut import in taken {
            import.attrs.clone_from(&cfgs);
            let (attrs, vis) = (&item.attrs, &item.vis);
            let tree = verify::import(import.name, &import.binding, krate);
            output.push(parse_quote!(#(#attrs)* #vis use #tree;));
            self.replaced.push(import);
        }
        if let Some(tree) = rest {
            item.tree = tree;
            output.push(Item::Use(item));
        }
        output
    }
}

/// The walk through one `use`.
struct Leaves<'a> {
    scope: &'a Scope<'a>,
    prefix: Path,
    imports: &'a mut Imports,
    taken: Vec<Import>,
    globs: Vec<TokenStream>,
}

impl Leaves<'_> {
    /// Moves the names from `tree` away; returns what is left of it.
    fn take(&mut self, tree: UseTree) -> Option<UseTree> {
        match tree {
            UseTree::Path(mut path) => {
                self.prefix.segments.push(PathSegment::from(path.ident.clone()));
                let rest = self.take(*path.tree);
                self.prefix.segments.pop();
                // A separator is left behind the last segment, which belonged to the one taken away.
                self.prefix.segments.pop_punct();
                path.tree = Box::new(rest?);
                Some(UseTree::Path(path))
            }
            UseTree::Name(leaf) => self.leaf(&leaf.ident, &leaf.ident).then_some(UseTree::Name(leaf)),
            UseTree::Rename(leaf) => self
                .leaf(&leaf.ident, &leaf.rename)
                .then_some(UseTree::Rename(leaf)),
            UseTree::Glob(glob) => {
                let prefix = &self.prefix;
                if is_module(prefix) == Some("sync") {
                    self.imports.std_globs.push(glob.star_token.spans[0]);
                }
                let colons = (!prefix.segments.is_empty()).then(|| quote!(::));
                self.globs.push(quote!(#prefix #colons #glob));
                Some(UseTree::Glob(glob))
            }
            UseTree::Group(mut group) => {
                let before = group.items.len();
                group.items = group
                    .items
                    .into_iter()
                    .filter_map(|tree| self.take(tree))
                    .collect();
                (before == 0 || !group.items.is_empty()).then_some(UseTree::Group(group))
            }
        }
    }

    /// Deals with one imported thing; `false` if it was taken away.
    fn leaf(&mut self, ident: &Ident, binding: &Ident) -> bool {
        let mut path = self.prefix.clone();
        if ident == "self" {
            path.segments.pop_punct();
        } else {
            path.segments.push(PathSegment::from(ident.clone()));
        }
        let binding = match path.segments.last() {
            Some(last) if binding == "self" => last.ident.clone(),
            _ => binding.clone(),
        };
        let condvar = spelling::parking_lot_condvar(&path).cloned();
        self.imports.parking_lot_condvars.extend(condvar);
        let Some(name) = self.name(&path, &binding) else {
            let module = is_module(&path).or_else(|| {
                let last = path.segments.last().filter(|_| is_from_around(&path))?;
                table::module(&last.ident)
            });
            let meaning = module.map_or(Meaning::Other, Meaning::Module);
            self.imports.meanings.push((binding, meaning));
            return true;
        };
        self.imports.meanings.push((binding.clone(), Meaning::Twin(name)));
        self.taken.push(Import {
            name,
            path,
            binding,
            attrs: Vec::new(),
        });
        false
    }

    /// The name that an imported thing is: std's own, by its path. From a module around this one, what is called
    /// like it is taken for its import of std's, and the check says so if it is not one.
    fn name(&self, path: &Path, binding: &Ident) -> Option<&'static Name> {
        if let Some(found) = spelling::in_path(self.scope, path)
            && found.spelling == Spelling::Qualified
            && found.segments == path.segments.len()
        {
            return Some(found.name);
        }
        let last = path.segments.last()?;
        let by_name = || {
            let bare = |ident| table::bare(ident).filter(|name| self.scope.has(name.switch));
            bare(binding).or_else(|| bare(&last.ident))
        };
        self.scope
            .told(binding)
            .or_else(|| is_from_around(path).then(by_name).flatten())
    }
}

/// What a `use` calls the things that it brings.
pub(crate) fn bindings(tree: &UseTree) -> Vec<Ident> {
    match tree {
        UseTree::Path(path) => match &*path.tree {
            UseTree::Name(leaf) if leaf.ident == "self" => vec![path.ident.clone()],
            tree => bindings(tree),
        },
        UseTree::Name(leaf) => vec![leaf.ident.clone()],
        UseTree::Rename(leaf) => vec![leaf.rename.clone()],
        UseTree::Glob(_) => Vec::new(),
        UseTree::Group(group) => group.items.iter().flat_map(bindings).collect(),
    }
}

/// Whether there is a glob import in it.
pub(crate) fn has_glob(tree: &UseTree) -> bool {
    match tree {
        UseTree::Path(path) => has_glob(&path.tree),
        UseTree::Glob(_) => true,
        UseTree::Group(group) => group.items.iter().any(has_glob),
        UseTree::Name(_) | UseTree::Rename(_) => false,
    }
}

/// Whether a path takes something straight from a module around this one. That is how a module gets at its
/// parent's imports; anything deeper is somebody's own path.
fn is_from_around(path: &Path) -> bool {
    let mut prefix = path.segments.iter().rev().skip(1).peekable();
    prefix.peek().is_some()
        && prefix.all(|segment| {
            ["crate", "self", "super"]
                .iter()
                .any(|word| segment.ident == word)
        })
}

/// The module of std that a path names.
fn is_module(path: &Path) -> Option<&'static str> {
    let mut segments = path.segments.iter().map(|segment| &segment.ident);
    let first = segments.next()?;
    let outermost = if first == "std" {
        table::module_in(None, segments.next()?)?
    } else if path.leading_colon.is_none() {
        table::module(first)?
    } else {
        return None;
    };
    segments.try_fold(outermost, |outer, module| table::module_in(Some(outer), module))
}

#[cfg(test)]
mod tests;
