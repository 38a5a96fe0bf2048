//! The public items of a module, with their members, each with a canonical signature.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{Attribute, Fields, Generics, ImplItem, Item, ItemImpl, Path, Token, Type, parse_quote};
use threadlink_toolchain::Version;

use super::canon::{self, Renames};
use super::resolve::{Import, Target, World, defines, imports, is_public, uses};
use super::stability::{Level, Stability};
use super::tree::{Module, attributes};

/// Traits that are not compared: a type has them by what it consists of. `Drop` likewise: nobody can ask for it.
const AUTO: [&str; 7] = [
    "Send",
    "Sync",
    "Unpin",
    "UnwindSafe",
    "RefUnwindSafe",
    "Freeze",
    "Drop",
];

/// What a name of a module stands for.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    Here(Entry),
    /// An item of std, by its path.
    Std(String),
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

/// One side of the comparison.
pub(crate) struct Side {
    pub(crate) world: World,
    /// The release of std's source. `None` for threadlink, whose items carry no stability.
    pub(crate) release: Option<Version>,
    renames: Renames,
    blocks: RefCell<BTreeMap<String, Rc<Vec<Block>>>>,
}

/// An `impl` block and the type that it is for.
struct Block {
    subject: String,
    block: ItemImpl,
}

impl Side {
    pub(crate) fn new(world: World, release: Option<Version>) -> Side {
        Side {
            world,
            release,
            renames: Renames::new(),
            blocks: RefCell::default(),
        }
    }

    /// From now on the names under which a module publishes renamed types are the types' names.
    pub(crate) fn learn_renames(&mut self, module: &Rc<Module>) {
        for item in uses(module) {
            for Import { name, path } in imports(item) {
                if let (Some(name), Some(original)) = (name, path.last())
                    && is_public(&Item::Use(item.clone()))
                    && name != *original
                {
                    self.renames.insert(original.clone(), name);
                }
            }
        }
    }

    /// All public items of a module by name; of std only the stable ones.
    pub(crate) fn list(&self, module: &Rc<Module>) -> Result<Vec<(String, Found)>, String> {
        module.readable()?;
        let mut found: Vec<(String, Found)> = Vec::new();
        let default = self.stability(&module.inner);
        for item in &module.items {
            if let Item::Use(item) = item {
                if !is_public(&Item::Use(item.clone())) || self.skips(&item.attrs) {
                    continue;
                }
                let said = self.stability(&item.attrs);
                for import in imports(item) {
                    let target = self.world.resolve(module, &import.path)?;
                    let Some(name) = import.name else {
                        if let Some(Target::Module(other)) = target {
                            found.extend(self.list(&other)?);
                        } else if self.release.is_some() {
                            return Err(format!("{}: `*` of what is not known", module.path));
                        }
                        // Of threadlink's, that is its macros: attributes, which std has none of here.
                        continue;
                    };
                    match target {
                        Some(target) => found.extend(self.entry(name, target, said)?),
                        None => {
                            return Err(format!(
                                "{}: `{}` leads nowhere",
                                module.path,
                                import.path.join("::")
                            ));
                        }
                    }
                }
            } else if let Item::Mod(item) = item {
                let name = item.ident.to_string();
                if is_public(&Item::Mod(item.clone()))
                    && !self.skips(&item.attrs)
                    && let Some(child) = module.child(&name)?
                {
                    found.extend(self.entry(name, Target::Module(child), self.stability(&item.attrs))?);
                }
            } else if let Some(name) = defines(item)
                && is_public(item)
            {
                found.extend(self.entry(name.clone(), Target::Item(Rc::clone(module), name), default)?);
            }
        }
        Ok(found)
    }

    /// The macros that a module or one below it exports from the crate's root.
    pub(crate) fn macros(&self, module: &Rc<Module>) -> Result<Vec<(String, Found)>, String> {
        let mut found = Vec::new();
        for module in module.with_descendants()? {
            for item in &module.items {
                if let Item::Macro(item) = item
                    && let Some(name) = &item.ident
                    && item
                        .attrs
                        .iter()
                        .any(|attribute| attribute.path().is_ident("macro_export"))
                {
                    let target = Target::Item(Rc::clone(&module), name.to_string());
                    found.extend(self.entry(name.to_string(), target, Stability::default())?);
                }
            }
        }
        Ok(found)
    }

    fn stability(&self, attributes: &[Attribute]) -> Stability {
        Stability::of(attributes, self.release.unwrap_or(Version::OLDEST))
    }

    /// Whether attributes keep an item out of the list.
    fn skips(&self, attributes: &[Attribute]) -> bool {
        let said = self.stability(attributes);
        self.release.is_some() && (said.hidden || said.level == Some(Level::Unstable))
    }

    /// Since when, if at all: by what the item says, or else what stands around it.
    fn since(&self, said: Stability, around: Option<Version>) -> Option<Version> {
        match (self.release, said.level) {
            (None, _) => Some(Version {
                major: 0,
                minor: 0,
                patch: 0,
            }),
            (Some(_), Some(Level::Stable(since))) => Some(since),
            (Some(_), Some(Level::Unstable)) => None,
            (Some(_), None) => around,
        }
    }

    fn entry(
        &self,
        name: String,
        target: Target,
        around: Stability,
    ) -> Result<Option<(String, Found)>, String> {
        let around_since = self.since(around, None);
        let (module, own) = match target {
            Target::Outside(path) => return Ok(Some((name, Found::Std(path.join("::"))))),
            Target::Module(module) => {
                let said = self.stability(&module.inner);
                let since = match around_since {
                    Some(since) if self.release.is_none() => Some(since),
                    _ => self.since(said, around_since),
                };
                return Ok(since.map(|since| {
                    let entry = Entry {
                        kind: "module",
                        since,
                        deprecated: None,
                        shape: String::new(),
                        members: Vec::new(),
                    };
                    (name, Found::Here(entry))
                }));
            }
            Target::Item(module, own) => (module, own),
        };
        let Some(item) = module
            .items
            .iter()
            .find(|item| defines(item).as_ref() == Some(&own))
        else {
            return Err(format!("{}::{own} is not there", module.path));
        };
        let said = self.stability(attributes(item));
        let Some(since) = self.since(said, around_since) else {
            return Ok(None);
        };
        if self.release.is_some() && said.hidden {
            return Ok(None);
        }
        let mut members = Vec::new();
        let renames = &self.renames;
        let (kind, shape) = match item {
            Item::Fn(item) => {
                let constant = self.constant(item.sig.constness.is_some(), said);
                ("function", canon::function(None, &item.sig, constant, renames))
            }
            Item::Struct(item) => {
                members = self.members(&module, &own, &item.attrs, &item.generics, since)?;
                (
                    "struct",
                    canon::definition(&item.generics, public_fields(&item.fields), renames),
                )
            }
            Item::Enum(item) => {
                for variant in &item.variants {
                    let said = self.stability(&variant.attrs);
                    if let Some(since) = self.since(said, Some(since)) {
                        let fields = bare_fields(&variant.fields);
                        members.push(Member {
                            key: variant.ident.to_string(),
                            label: variant.ident.to_string(),
                            since,
                            deprecated: said.deprecated,
                            shape: canon::definition(&item.generics, fields, renames),
                        });
                    }
                }
                members.extend(self.members(&module, &own, &item.attrs, &item.generics, since)?);
                ("enum", canon::definition(&item.generics, quote!(), renames))
            }
            Item::Type(item) => {
                if let Some(path) = self.std_alias(&module, &item.ty)? {
                    return Ok(Some((name, Found::Std(path))));
                }
                (
                    "type",
                    canon::definition(&item.generics, item.ty.to_token_stream(), renames),
                )
            }
            Item::Const(item) => (
                "constant",
                canon::definition(&item.generics, item.ty.to_token_stream(), renames),
            ),
            Item::Trait(item) => (
                "trait",
                canon::definition(&item.generics, item.supertraits.to_token_stream(), renames),
            ),
            Item::Macro(_) => ("macro", String::new()),
            other => {
                return Err(format!(
                    "{}: no rule for `{}`",
                    module.path,
                    other.to_token_stream()
                ));
            }
        };
        let shape = shape.replace(&format!("fn {own} "), "fn ");
        let entry = Entry {
            kind,
            since,
            deprecated: said.deprecated,
            shape,
            members,
        };
        Ok(Some((name, Found::Here(entry))))
    }

    /// The path of the item of std that a type alias stands for.
    fn std_alias(&self, module: &Rc<Module>, ty: &Type) -> Result<Option<String>, String> {
        if let (None, Type::Path(ty)) = (self.release, ty)
            && let Some(Target::Outside(path)) = self.world.resolve(module, &segments(&ty.path))?
        {
            return Ok(Some(path.join("::")));
        }
        Ok(None)
    }

    fn constant(&self, word: bool, said: Stability) -> bool {
        word && said.constant != Some(Level::Unstable)
    }

    /// Methods, associated constants and implementations of traits.
    fn members(
        &self,
        module: &Rc<Module>,
        name: &str,
        attributes: &[Attribute],
        generics: &Generics,
        since: Version,
    ) -> Result<Vec<Member>, String> {
        let subject = format!("{}::{name}", module.path);
        let mut members = Vec::new();
        let mut traits = derived(name, attributes, generics)
            .into_iter()
            .map(|block| self.implementation(&block, since, &Stability::default()))
            .collect::<Vec<_>>();
        for Block { block, .. } in self
            .blocks(module)?
            .iter()
            .filter(|block| block.subject == subject)
        {
            let said = self.stability(&block.attrs);
            if said.level == Some(Level::Unstable) && self.release.is_some() {
                continue;
            }
            if let Some((path, _)) = &block.trait_ {
                let name = path
                    .segments
                    .last()
                    .map(|last| last.ident.to_string())
                    .unwrap_or_default();
                // Without stability it is of a trait that only std itself knows.
                let known = self.release.is_none() || said.level.is_some();
                if AUTO.contains(&name.as_str()) || block.modifiers.polarity.is_some() || !known {
                    continue;
                }
                if let Some(since) = self.since(said, Some(since)) {
                    traits.push(self.implementation(block, since, &said));
                }
            } else {
                members.extend(self.inherent(block, since));
            }
        }
        traits.sort_by(|a, b| a.label.cmp(&b.label));
        members.extend(traits);
        Ok(members)
    }

    fn inherent(&self, block: &ItemImpl, since: Version) -> Vec<Member> {
        let public = |visibility: &syn::Visibility| matches!(visibility, syn::Visibility::Public(_));
        let mut found = Vec::new();
        for item in &block.items {
            let (attributes, name, shape): (_, _, Box<dyn Fn(Stability) -> String>) = match item {
                ImplItem::Fn(item) if public(&item.vis) => (
                    &item.attrs,
                    item.sig.ident.to_string(),
                    Box::new(|said| {
                        let constant = self.constant(item.sig.constness.is_some(), said);
                        canon::function(Some(block), &item.sig, constant, &self.renames)
                    }),
                ),
                ImplItem::Const(item) if public(&item.vis) => (
                    &item.attrs,
                    item.ident.to_string(),
                    Box::new(|_| canon::constant(block, item.ty.to_token_stream(), &self.renames)),
                ),
                _ => continue,
            };
            let said = self.stability(attributes);
            // std needs an attribute on each; where there is none, a lint of std's has been switched off.
            if let Some(since) = self.since(said, Some(since))
                && !(self.release.is_some() && said.hidden)
            {
                let deprecated = said.deprecated;
                found.push(Member {
                    key: name.clone(),
                    label: name,
                    since,
                    deprecated,
                    shape: shape(said),
                });
            }
        }
        found
    }

    fn implementation(&self, block: &ItemImpl, since: Version, said: &Stability) -> Member {
        let assigned: Vec<_> = block
            .items
            .iter()
            .filter_map(|item| match item {
                ImplItem::Type(item) => Some((item.ident.to_string(), item.ty.to_token_stream())),
                _ => None,
            })
            .collect();
        let (key, shape) = canon::implementation(block, &assigned, &self.renames);
        let label = format!("impl {}", canon::label(block, &self.renames));
        Member {
            key,
            label,
            since,
            deprecated: said.deprecated,
            shape,
        }
    }

    /// The `impl` blocks of the part of the crate that a module belongs to: in std, `sync` or `thread` or `time`.
    fn blocks(&self, module: &Rc<Module>) -> Result<Rc<Vec<Block>>, String> {
        let mut top = Rc::clone(module);
        while let Some(parent) = top.parent.as_ref().and_then(std::rc::Weak::upgrade) {
            if self.release.is_some() && parent.parent.is_none() {
                break;
            }
            top = parent;
        }
        if let Some(blocks) = self.blocks.borrow().get(&top.path) {
            return Ok(Rc::clone(blocks));
        }
        let mut found = Vec::new();
        for module in top.with_descendants()? {
            for item in &module.items {
                let Item::Impl(block) = item else { continue };
                let mut ty: &Type = &block.self_ty;
                while let Type::Reference(reference) = ty {
                    ty = &reference.elem;
                }
                if let Type::Path(path) = ty
                    && let Some(Target::Item(home, name)) =
                        self.world.resolve(&module, &segments(&path.path))?
                {
                    let subject = format!("{}::{name}", home.path);
                    found.push(Block {
                        subject,
                        block: block.clone(),
                    });
                }
            }
        }
        let found = Rc::new(found);
        self.blocks
            .borrow_mut()
            .insert(top.path.clone(), Rc::clone(&found));
        Ok(found)
    }
}

fn segments(path: &Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect()
}

/// What `#[derive]` makes, as far as callers see it.
fn derived(name: &str, attributes: &[Attribute], generics: &Generics) -> Vec<ItemImpl> {
    let name = quote::format_ident!("{name}");
    let mut found = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"))
    {
        let Ok(traits) = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated) else {
            continue;
        };
        for path in traits {
            let mut bounded = generics.clone();
            for parameter in bounded.type_params_mut() {
                parameter.bounds.push(parse_quote!(#path));
                parameter.default = None;
            }
            let (parameters, arguments, predicates) = bounded.split_for_impl();
            found.push(parse_quote!(impl #parameters #path for #name #arguments #predicates {}));
        }
    }
    found
}

fn public_fields(fields: &Fields) -> proc_macro2::TokenStream {
    let public = fields
        .iter()
        .filter(|field| matches!(field.vis, syn::Visibility::Public(_)))
        .map(|field| {
            let (name, ty) = (&field.ident, &field.ty);
            quote!(#name : #ty ,)
        });
    quote!({ #(#public)* })
}

fn bare_fields(fields: &Fields) -> proc_macro2::TokenStream {
    let bare = fields.iter().map(|field| {
        let (name, ty) = (&field.ident, &field.ty);
        quote!(#name : #ty ,)
    });
    match fields {
        Fields::Named(_) => quote!({ #(#bare)* }),
        Fields::Unnamed(_) => quote!(( #(#bare)* )),
        Fields::Unit => quote!(),
    }
}
