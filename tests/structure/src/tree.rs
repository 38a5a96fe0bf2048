//! The modules of one crate, read from its files: what each of them names, imports and declares.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, Item, Meta, UseTree, Visibility};

use crate::Read;
use crate::condition::Condition;

/// Namespaces: a name may stand for a module and a function at once.
pub(crate) const TYPES: u8 = 1;
pub(crate) const VALUES: u8 = 2;
pub(crate) const MACROS: u8 = 4;

pub(crate) type FileId = usize;
pub(crate) type ModuleId = usize;
pub(crate) type ItemId = usize;

pub(crate) struct File {
    pub(crate) path: PathBuf,
    /// The files of the modules that this one declares.
    pub(crate) declares: BTreeSet<FileId>,
}

pub(crate) struct Module {
    pub(crate) file: FileId,
    pub(crate) parent: Option<ModuleId>,
    /// The names of inline modules between the file and this one, each with `::` after it.
    pub(crate) within: String,
    pub(crate) names: Vec<Named>,
    pub(crate) imports: Vec<Import>,
}

/// A name that a module defines; its imports name more.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) spaces: u8,
    pub(crate) private: bool,
    pub(crate) what: What,
    pub(crate) condition: Condition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    Module(ModuleId),
    Item(ItemId),
}

/// One leaf of a `use`.
#[derive(Clone)]
pub(crate) struct Import {
    /// With `crate`, `self` and `super` as written; starts with an empty segment if `::` stood first.
    pub(crate) path: Vec<String>,
    /// What it is known as; none for a glob.
    pub(crate) name: Option<String>,
    /// Of a brace's `self`, which imports a module and no function of its name.
    pub(crate) spaces: u8,
    pub(crate) private: bool,
    pub(crate) condition: Condition,
    pub(crate) line: usize,
}

pub(crate) struct ItemInfo {
    pub(crate) module: ModuleId,
    /// Empty for an `impl` and what else has no name.
    pub(crate) name: String,
    pub(crate) code: Item,
    pub(crate) condition: Condition,
}

/// A crate.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
    pub(crate) modules: Vec<Module>,
    pub(crate) items: Vec<ItemInfo>,
}

impl Tree {
    /// The crate with this root file.
    pub(crate) fn read(root: &Path, read: Read<'_>) -> Result<Tree, String> {
        let mut tree = Tree::default();
        let dir = root.parent().unwrap_or(Path::new("")).to_owned();
        let file = tree.file(root);
        tree.file_module(None, file, &dir, &Condition::default(), read)?;
        Ok(tree)
    }

    fn file(&mut self, path: &Path) -> FileId {
        if let Some(id) = self.files.iter().position(|file| file.path == path) {
            return id;
        }
        self.files.push(File {
            path: path.to_owned(),
            declares: BTreeSet::new(),
        });
        self.files.len() - 1
    }

    fn file_module(
        &mut self,
        parent: Option<ModuleId>,
        file: FileId,
        dir: &Path,
        condition: &Condition,
        read: Read<'_>,
    ) -> Result<ModuleId, String> {
        let path = self.files[file].path.clone();
        let text = read(&path).ok_or_else(|| format!("cannot read {}", path.display()))?;
        let parsed = syn::parse_file(&text)
            .map_err(|error| format!("{}:{}: {error}", path.display(), error.span().start().line))?;
        let condition = condition.and(&Condition::of(&parsed.attrs));
        self.module(parent, (file, String::new()), dir, &condition, parsed.items, read)
    }

    fn module(
        &mut self,
        parent: Option<ModuleId>,
        (file, within): (FileId, String),
        dir: &Path,
        condition: &Condition,
        items: Vec<Item>,
        read: Read<'_>,
    ) -> Result<ModuleId, String> {
        let id = self.modules.len();
        self.modules.push(Module {
            file,
            parent,
            within,
            names: Vec::new(),
            imports: Vec::new(),
        });
        for item in items {
            let own = Condition::of(&attributes(&item));
            let condition = condition.and(&own);
            if condition.never() {
                continue;
            }
            match item {
                Item::Use(item) => {
                    let private = matches!(item.vis, Visibility::Inherited);
                    self.modules[id]
                        .imports
                        .extend(imports(&item, private, &condition));
                }
                Item::Mod(item) => {
                    let private = matches!(item.vis, Visibility::Inherited);
                    for child in self.child(id, item.clone(), dir, &condition, read)? {
                        self.modules[id].names.push(Named {
                            name: item.ident.to_string(),
                            spaces: TYPES,
                            private,
                            what: What::Module(child),
                            condition: condition.clone(),
                        });
                    }
                }
                item => self.item(id, item, condition),
            }
        }
        Ok(id)
    }

    /// The modules that a declaration stands for: one, or more where `#[cfg_attr(..., path = "...")]` chooses its file.
    fn child(
        &mut self,
        parent: ModuleId,
        item: syn::ItemMod,
        dir: &Path,
        condition: &Condition,
        read: Read<'_>,
    ) -> Result<Vec<ModuleId>, String> {
        let (name, file) = (item.ident.to_string(), self.modules[parent].file);
        if let Some((_, items)) = item.content {
            let within = format!("{}{name}::", self.modules[parent].within);
            let dir = dir.join(&name);
            let module = self.module(Some(parent), (file, within), &dir, condition, items, read)?;
            return Ok(vec![module]);
        }
        // `#[path]` is relative to the file's own directory, or within an inline module to that module's.
        let base = if self.modules[parent].within.is_empty() {
            self.files[file].path.parent().unwrap_or(Path::new("")).to_owned()
        } else {
            dir.to_owned()
        };
        let (fixed, chosen) = path_attributes(&item.attrs);
        // Each with whether its own modules stand beside it.
        let mut candidates: Vec<(PathBuf, bool)> = fixed
            .iter()
            .chain(&chosen)
            .map(|path| (base.join(path), true))
            .collect();
        if fixed.is_none() {
            let usual = [dir.join(format!("{name}.rs")), dir.join(&name).join("mod.rs")];
            let found = usual.iter().find(|path| read(path).is_some());
            if found.is_none() && chosen.is_empty() {
                return Err(format!(
                    "{}: the file of `mod {name}` is neither {} nor {}",
                    self.files[file].path.display(),
                    usual[0].display(),
                    usual[1].display()
                ));
            }
            candidates.extend(found.map(|path| (path.clone(), path == &usual[1])));
        }
        let mut modules = Vec::new();
        for (path, beside) in candidates {
            let dir = if beside {
                path.parent().unwrap_or(Path::new("")).to_owned()
            } else {
                path.with_extension("")
            };
            let child = self.file(&path);
            self.files[file].declares.insert(child);
            modules.push(self.file_module(Some(parent), child, &dir, condition, read)?);
        }
        Ok(modules)
    }

    fn item(&mut self, module: ModuleId, code: Item, condition: Condition) {
        let id = self.items.len();
        let names = names(&code);
        let exported = matches!(&code, Item::Macro(item) if item.attrs.iter().any(|attr| attr.path().is_ident("macro_export")));
        for (index, (name, spaces, private)) in names.iter().enumerate() {
            let homes = if exported && index == 0 && module != 0 {
                vec![module, 0]
            } else {
                vec![module]
            };
            for home in homes {
                self.modules[home].names.push(Named {
                    name: name.clone(),
                    spaces: *spaces,
                    private: *private && !exported,
                    what: What::Item(id),
                    condition: condition.clone(),
                });
            }
        }
        let name = names
            .into_iter()
            .next()
            .map(|(name, ..)| name)
            .unwrap_or_default();
        self.items.push(ItemInfo {
            module,
            name,
            code,
            condition,
        });
    }
}

/// The attributes of anything that has some.
pub(crate) fn attributes(code: &impl ToTokens) -> Vec<Attribute> {
    let parser = |input: syn::parse::ParseStream<'_>| {
        let attrs = Attribute::parse_outer(input)?;
        input.parse::<TokenStream>()?;
        Ok(attrs)
    };
    syn::parse::Parser::parse2(parser, code.to_token_stream()).unwrap_or_default()
}

/// The file that `#[path]` names, and those that `#[cfg_attr(..., path = "...")]` do.
fn path_attributes(attrs: &[Attribute]) -> (Option<String>, Vec<String>) {
    let text = |meta: &Meta| match meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    let fixed = attrs.iter().find_map(|attr| text(&attr.meta));
    let chosen = attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg_attr"))
        .filter_map(|attr| {
            attr.parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated)
                .ok()
        })
        .flat_map(|metas| metas.iter().filter_map(text).collect::<Vec<_>>())
        .collect();
    (fixed, chosen)
}

/// The names that an item defines, with their namespaces, and whether each is private.
pub(crate) fn names(item: &Item) -> Vec<(String, u8, bool)> {
    let one = |ident: &syn::Ident, spaces: u8, vis: &Visibility| {
        vec![(ident.to_string(), spaces, matches!(vis, Visibility::Inherited))]
    };
    match item {
        Item::Const(item) => one(&item.ident, VALUES, &item.vis),
        Item::Static(item) => one(&item.ident, VALUES, &item.vis),
        Item::Fn(item) => one(&item.sig.ident, VALUES, &item.vis),
        Item::Struct(item) if matches!(item.fields, syn::Fields::Named(_)) => {
            one(&item.ident, TYPES, &item.vis)
        }
        Item::Struct(item) => one(&item.ident, TYPES | VALUES, &item.vis),
        Item::Enum(item) => one(&item.ident, TYPES, &item.vis),
        Item::Union(item) => one(&item.ident, TYPES, &item.vis),
        Item::Type(item) => one(&item.ident, TYPES, &item.vis),
        Item::Trait(item) => one(&item.ident, TYPES, &item.vis),
        Item::TraitAlias(item) => one(&item.ident, TYPES, &item.vis),
        Item::ForeignMod(item) => item
            .items
            .iter()
            .flat_map(|item| match item {
                syn::ForeignItem::Fn(item) => one(&item.sig.ident, VALUES, &item.vis),
                syn::ForeignItem::Static(item) => one(&item.ident, VALUES, &item.vis),
                syn::ForeignItem::Type(item) => one(&item.ident, TYPES, &item.vis),
                _ => Vec::new(),
            })
            .collect(),
        Item::Macro(item) => match &item.ident {
            Some(name) => vec![(name.to_string(), MACROS, true)],
            None => names_in(item.mac.tokens.clone()),
        },
        _ => Vec::new(),
    }
}

/// What a call of a macro seems to define: `thread_local! { pub(crate) static NAME: ... }`.
fn names_in(tokens: TokenStream) -> Vec<(String, u8, bool)> {
    let mut names = Vec::new();
    let mut defines = 0;
    for token in tokens {
        let TokenTree::Ident(ident) = token else {
            defines = 0;
            continue;
        };
        match ident.to_string().as_str() {
            "static" | "const" | "fn" => defines = VALUES,
            "struct" | "enum" | "union" | "type" | "trait" => defines = TYPES | VALUES,
            "mut" | "unsafe" => {}
            name if defines != 0 => {
                names.push((name.to_owned(), defines, false));
                defines = 0;
            }
            _ => {}
        }
    }
    names
}

/// The leaves of a `use`.
pub(crate) fn imports(item: &syn::ItemUse, private: bool, condition: &Condition) -> Vec<Import> {
    let prefix = if item.leading_colon.is_some() {
        vec![String::new()]
    } else {
        Vec::new()
    };
    let mut leaves = Vec::new();
    leaves_of(&item.tree, &prefix, &mut |path, name, spaces, line| {
        leaves.push(Import {
            path,
            name,
            spaces,
            private,
            condition: condition.clone(),
            line,
        });
    });
    leaves
}

fn leaves_of(
    tree: &UseTree,
    prefix: &[String],
    leaf: &mut dyn FnMut(Vec<String>, Option<String>, u8, usize),
) {
    let all = TYPES | VALUES | MACROS;
    let line = tree.span().start().line;
    let mut named = |ident: &syn::Ident, name: &syn::Ident| {
        let mut path = prefix.to_vec();
        if ident == "self" && !prefix.is_empty() {
            // In braces, `self` is the module itself.
            let name = if name == "self" {
                prefix.last().cloned().unwrap_or_default()
            } else {
                name.to_string()
            };
            leaf(path, Some(name), TYPES, line);
        } else {
            path.push(ident.to_string());
            leaf(path, Some(name.to_string()), all, line);
        }
    };
    match tree {
        UseTree::Path(tree) => {
            let mut prefix = prefix.to_vec();
            prefix.push(tree.ident.to_string());
            leaves_of(&tree.tree, &prefix, leaf);
        }
        UseTree::Name(tree) => named(&tree.ident, &tree.ident),
        UseTree::Rename(tree) => named(&tree.ident, &tree.rename),
        UseTree::Glob(_) => leaf(prefix.to_vec(), None, all, line),
        UseTree::Group(group) => {
            for tree in &group.items {
                leaves_of(tree, prefix, leaf);
            }
        }
    }
}
