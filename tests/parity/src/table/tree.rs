//! A crate's modules, each read from its file when it is first asked for.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};

use syn::{Attribute, Expr, ExprLit, ImplItem, Item, Lit, Meta};

use super::cfg::Build;
use super::expand::expand;
use super::read;
use super::syntax::without_const_traits;

/// Modules that are one line of the table as a whole: macros make their items, so there is nothing here to read.
const UNREAD: [&str; 1] = ["core::sync::atomic"];

/// A module and its items that exist in the build.
#[derive(Debug)]
pub(crate) struct Module {
    /// `std::sync::poison`.
    pub(crate) path: String,
    pub(crate) items: Vec<Item>,
    /// Attributes inside the module's file.
    pub(crate) inner: Vec<Attribute>,
    pub(crate) parent: Option<Weak<Module>>,
    /// Why the module's file could not be read. Some of core is in syntax that is not Rust's yet; that is no matter as
    /// long as a path leads past such a file, and an error when its items are asked for.
    broken: Option<String>,
    build: Build,
    /// Where files of child modules are.
    dir: PathBuf,
    children: RefCell<BTreeMap<String, Rc<Module>>>,
    this: OnceCell<Weak<Module>>,
}

impl Module {
    /// The root of a crate.
    pub(crate) fn root(name: &str, file: &Path, build: Build) -> Result<Rc<Module>, String> {
        let dir = file.parent().unwrap_or(Path::new("")).to_owned();
        Module::from_file(name.to_owned(), file, dir, None, build)
    }

    fn from_file(
        path: String,
        file: &Path,
        dir: PathBuf,
        parent: Option<Weak<Module>>,
        build: Build,
    ) -> Result<Rc<Module>, String> {
        let text = read(file)?;
        let parsed = text
            .parse()
            .map_err(syn::Error::from)
            .and_then(|tokens| syn::parse2::<syn::File>(without_const_traits(tokens)));
        Ok(match parsed {
            Ok(parsed) => Module::new(path, parsed.items, parsed.attrs, dir, parent, build, None),
            Err(error) => {
                let at = error.span().start();
                let error = format!(
                    "cannot parse {}:{}:{}: {error}",
                    file.display(),
                    at.line,
                    at.column
                );
                Module::new(path, Vec::new(), Vec::new(), dir, parent, build, Some(error))
            }
        })
    }

    /// An error, if the module's items are not known.
    pub(crate) fn readable(&self) -> Result<(), String> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    fn new(
        path: String,
        items: Vec<Item>,
        inner: Vec<Attribute>,
        dir: PathBuf,
        parent: Option<Weak<Module>>,
        build: Build,
        broken: Option<String>,
    ) -> Rc<Module> {
        let mut items: Vec<Item> = expand(items)
            .into_iter()
            .filter(|item| build.keeps(attributes(item)))
            .collect();
        for item in &mut items {
            if let Item::Impl(block) = item {
                block.items.retain(|item| match item {
                    ImplItem::Fn(item) => build.keeps(&item.attrs),
                    ImplItem::Const(item) => build.keeps(&item.attrs),
                    ImplItem::Type(item) => build.keeps(&item.attrs),
                    _ => true,
                });
            }
        }
        let module = Rc::new(Module {
            path,
            items,
            inner,
            parent,
            broken,
            build,
            dir,
            children: RefCell::default(),
            this: OnceCell::new(),
        });
        // A new cell is empty.
        let _ = module.this.set(Rc::downgrade(&module));
        module
    }

    /// A child module.
    ///
    /// # Errors
    /// If its file cannot be read or parsed. `Ok(None)` if there is no such module.
    pub(crate) fn child(&self, name: &str) -> Result<Option<Rc<Module>>, String> {
        if let Some(module) = self.children.borrow().get(name) {
            return Ok(Some(Rc::clone(module)));
        }
        let found = self.items.iter().find_map(|item| match item {
            Item::Mod(item) if item.ident == name => Some(item),
            _ => None,
        });
        let Some(item) = found else { return Ok(None) };
        let path = format!("{}::{name}", self.path);
        let parent = self.this.get().cloned();
        let module = if UNREAD.contains(&path.as_str()) {
            Module::new(
                path,
                Vec::new(),
                item.attrs.clone(),
                PathBuf::new(),
                parent,
                self.build,
                None,
            )
        } else if let Some((_, items)) = &item.content {
            Module::new(
                path,
                items.clone(),
                item.attrs.clone(),
                self.dir.join(name),
                parent,
                self.build,
                None,
            )
        } else if let Some(other) = path_attribute(&item.attrs) {
            let file = self.dir.join(other);
            let dir = file.parent().unwrap_or(Path::new("")).to_owned();
            Module::from_file(path, &file, dir, parent, self.build)?
        } else {
            let mut file = self.dir.join(format!("{name}.rs"));
            if !file.is_file() {
                file = self.dir.join(name).join("mod.rs");
            }
            Module::from_file(path, &file, self.dir.join(name), parent, self.build)?
        };
        self.children
            .borrow_mut()
            .insert(name.to_owned(), Rc::clone(&module));
        Ok(Some(module))
    }

    /// This module and all below it.
    ///
    /// # Errors
    /// If a file cannot be read or parsed.
    pub(crate) fn with_descendants(self: &Rc<Module>) -> Result<Vec<Rc<Module>>, String> {
        self.readable()?;
        let mut found = vec![Rc::clone(self)];
        for item in &self.items {
            if let Item::Mod(item) = item
                && let Some(child) = self.child(&item.ident.to_string())?
            {
                found.extend(child.with_descendants()?);
            }
        }
        Ok(found)
    }
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

/// The attributes of an item of any kind.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
