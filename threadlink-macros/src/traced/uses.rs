//! `use` declarations inside what is traced: the names in them are replaced, the rest of them stays.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{
    Attribute, Ident, Item, ItemExternCrate, ItemUse, Path, PathSegment, UseGlob, UseTree, parse_quote,
};

use super::scope::{Meaning, Scope};
use super::spelling::{self, Spelling};
use super::table::{self, Facade, Home, MODULES, NAMES, Name};
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

/// What a `use` makes of an identifier.
pub(crate) struct Binding {
    pub(crate) ident: Ident,
    pub(crate) meaning: Meaning,
    /// The `use` stands under a condition.
    conditional: bool,
}

/// What the `use` declarations of one block or module bring.
#[derive(Default)]
pub(crate) struct Imports {
    pub(crate) replaced: Vec<Import>,
    /// The glob imports of which nobody knows what they bring.
    pub(crate) globs: Vec<ItemUse>,
    /// Those among them that seem to be of a module of std.
    pub(crate) std_globs: Vec<Span>,
    /// Where std itself is imported by an attribute that has some of its options only.
    pub(crate) partly: Vec<Span>,
    /// Where parking_lot's `Condvar` is imported.
    pub(crate) parking_lot_condvars: Vec<Ident>,
    /// What the bindings mean.
    pub(crate) bindings: Vec<Binding>,
    /// What glob imports bring; a binding hides it.
    from_globs: Vec<Binding>,
    /// A module of std was imported, and threadlink's likeness of it is now.
    pub(crate) leads_elsewhere: bool,
}

impl Imports {
    /// Replaces the names in one `use`; returns what to put in its place.
    pub(crate) fn split(&mut self, mut item: ItemUse, scope: &Scope<'_>, krate: &CratePath) -> Vec<Item> {
        let mut output = Vec::new();
        let cfgs: Vec<Attribute> = item
            .attrs
            .iter()
            .filter(|attr| super::is_cfg(attr))
            .cloned()
            .collect();
        let mut leaves = Leaves {
            scope,
            krate,
            prefix: Path {
                leading_colon: item.leading_colon,
                segments: Default::default(),
            },
            conditional: !cfgs.is_empty(),
            imports: self,
            taken: Vec::new(),
            globs: Vec::new(),
            elsewhere: Vec::new(),
        };
        let rest = leaves.take(item.tree);
        let Leaves {
            taken,
            globs,
            elsewhere,
            ..
        } = leaves;
        let (attrs, vis) = (&item.attrs, &item.vis);
        for tree in globs {
            self.globs.push(parse_quote!(#(#cfgs)* use #tree;));
        }
        for tree in elsewhere {
            self.leads_elsewhere = true;
            output.push(parse_quote!(#(#attrs)* #vis use #tree;));
        }
        for mut import in taken {
            import.attrs.clone_from(&cfgs);
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

    /// Notes the names of a `use` that stays as it is.
    pub(crate) fn leave(&mut self, item: &ItemUse) {
        let conditional = item.attrs.iter().any(super::is_cfg);
        let names = bindings(&item.tree).into_iter();
        self.bindings.extend(names.map(|ident| Binding {
            ident,
            meaning: Meaning::Other,
            conditional,
        }));
    }

    /// What is certain of the bindings, what hides others last. A name that stands for this or that, as conditions
    /// will have it, stands for nothing that is known. Whatever is replaced is so by its import, and that has the
    /// condition.
    pub(crate) fn settled(&self, is_module: bool) -> Vec<(Ident, Meaning)> {
        let globs = self.from_globs.iter().map(|known| {
            let meaning = if known.conditional {
                Meaning::Other
            } else {
                known.meaning
            };
            (known.ident.clone(), meaning)
        });
        let bindings = self.bindings.iter().map(|known| {
            let mut others = self.bindings.iter().filter(|other| other.ident == known.ident);
            let from_elsewhere = known.conditional && (!is_module || !self.globs.is_empty());
            let is_certain = !from_elsewhere && others.all(|other| other.meaning == known.meaning);
            let meaning = if is_certain { known.meaning } else { Meaning::Other };
            (known.ident.clone(), meaning)
        });
        globs.chain(bindings).collect()
    }
}

/// The walk through one `use`.
struct Leaves<'a> {
    scope: &'a Scope<'a>,
    krate: &'a CratePath,
    prefix: Path,
    conditional: bool,
    imports: &'a mut Imports,
    taken: Vec<Import>,
    globs: Vec<TokenStream>,
    /// Imports of std's modules, which lead to threadlink's likenesses.
    elsewhere: Vec<TokenStream>,
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
            UseTree::Glob(glob) => self.glob(&glob).then_some(UseTree::Glob(glob)),
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

    /// Deals with a glob import; `false` if it was taken away.
    fn glob(&mut self, glob: &UseGlob) -> bool {
        let prefix = self.prefix.clone();
        let span = glob.star_token.spans[0];
        if let Some(module) = std_module(self.scope, &prefix)
            && let Some(facade) = self.facade(module, span)
        {
            self.elsewhere
                .push(verify::import_module(facade, None, span, self.krate));
            self.brought(module);
            return false;
        }
        let levels = levels_up(prefix.segments.iter().map(|segment| &segment.ident));
        if let Some(levels) = levels {
            for (ident, meaning) in self.scope.module_around(levels) {
                self.imports.from_globs.push(Binding {
                    ident: ident.clone(),
                    meaning: *meaning,
                    conditional: self.conditional,
                });
            }
        }
        let module = is_module(&prefix);
        if let Some(module) = module
            && table::facade(Some(module), self.scope.switches()) != Facade::None
        {
            let first = prefix
                .segments
                .first()
                .map(|first| self.scope.meaning(&first.ident));
            if matches!(first, Some(Some(Meaning::Module(_)))) {
                self.brought(Some(module));
                return true;
            }
            self.imports.std_globs.push(span);
        }
        let colons = (!prefix.segments.is_empty()).then(|| quote!(::));
        self.globs.push(quote!(#prefix #colons #glob));
        true
    }

    /// Notes what a glob import brings from a module of std, or from std.
    fn brought(&mut self, module: Option<&'static str>) {
        let conditional = self.conditional;
        let names = NAMES.iter().filter(|name| {
            module.is_some_and(|module| name.home == Home::Std(module)) && self.scope.has(name.switch)
        });
        let names = names.map(|name| (name.ident, Meaning::Twin(name)));
        let modules = MODULES.into_iter().filter(|(_, within)| *within == module);
        let modules = modules.map(|(inner, _)| (inner, Meaning::Module(inner)));
        let brought = names.chain(modules).map(|(ident, meaning)| Binding {
            ident: Ident::new(ident, Span::call_site()),
            meaning,
            conditional,
        });
        self.imports.from_globs.extend(brought);
    }

    /// Threadlink's likeness of a module of std, if there is one.
    fn facade(&mut self, module: Option<&'static str>, span: Span) -> Option<&'static str> {
        match table::facade(module, self.scope.switches()) {
            Facade::Module(facade) => Some(facade),
            Facade::None => None,
            Facade::NeedsAll => {
                self.imports.partly.push(span);
                None
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
        if let Some(meaning) = self.said_around(&path) {
            self.bind(binding, meaning);
            return true;
        }
        let idents: Vec<&Ident> = path.segments.iter().map(|segment| &segment.ident).collect();
        if let Some((name, segments)) = table::ours_in(&idents)
            && segments == idents.len()
        {
            self.bind(binding, Meaning::Twin(name));
            return true;
        }
        if let Some(name) = self.name(&path, &binding) {
            self.bind(binding.clone(), Meaning::Twin(name));
            self.taken.push(Import {
                name,
                path,
                binding,
                attrs: Vec::new(),
            });
            return false;
        }
        if let Some(module) = std_module(self.scope, &path) {
            let is_std_by_its_name = module.is_none() && binding == "std";
            if is_std_by_its_name {
                return true;
            }
            let facade = self.facade(module, binding.span());
            self.bind(binding.clone(), module.map_or(Meaning::Other, Meaning::Module));
            if let Some(facade) = facade {
                let tree = verify::import_module(facade, Some(&binding), binding.span(), self.krate);
                self.elsewhere.push(tree);
            }
            return facade.is_none();
        }
        let module = is_module(&path).or_else(|| {
            let last = path.segments.last().filter(|_| is_from_around(&path))?;
            table::module(&last.ident)
        });
        self.bind(binding, module.map_or(Meaning::Other, Meaning::Module));
        true
    }

    fn bind(&mut self, ident: Ident, meaning: Meaning) {
        self.imports.bindings.push(Binding {
            ident,
            meaning,
            conditional: self.conditional,
        });
    }

    /// What the item says of something that is imported from a module around this one. It is traced there.
    fn said_around(&self, path: &Path) -> Option<Meaning> {
        let idents: Vec<&Ident> = path.segments.iter().map(|segment| &segment.ident).collect();
        let (last, prefix) = idents.split_last()?;
        self.scope
            .meaning_around(levels_up(prefix.iter().copied())?, last)
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

/// How many modules up a path leads that is made of `super` alone.
fn levels_up<'i>(path: impl IntoIterator<Item = &'i Ident>) -> Option<usize> {
    let mut levels = 0;
    for (at, ident) in path.into_iter().enumerate() {
        match () {
            () if ident == "super" => levels += 1,
            () if ident == "self" && at == 0 => {}
            () => return None,
        }
    }
    (levels > 0).then_some(levels)
}

/// The module of std that a path from the root names, or with `Some(None)` std itself.
fn std_module(scope: &Scope<'_>, path: &Path) -> Option<Option<&'static str>> {
    let first = path.segments.first()?;
    let is_crate = path.leading_colon.is_some() || scope.meaning(&first.ident).is_none();
    if !is_crate || first.ident != "std" {
        return None;
    }
    if path.segments.len() == 1 {
        return Some(None);
    }
    is_module(path).map(Some)
}

/// `extern crate std as name` as a `use`; anything else as it was.
pub(crate) fn as_use(item: Item) -> Item {
    match item {
        Item::ExternCrate(ItemExternCrate {
            attrs,
            vis,
            ident,
            rename: Some((_, rename)),
            ..
        }) if ident == "std" => parse_quote!(#(#attrs)* #vis use ::std as #rename;),
        item => item,
    }
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
