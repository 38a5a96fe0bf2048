//! `use` declarations inside bodies: the names in them are replaced, the rest of them stays.

use proc_macro2::Span;
use syn::{Attribute, Ident, Item, ItemUse, Path, PathSegment, Stmt, UseRename, UseTree, parse_quote};

use super::names::{self, Name, Spelling};
use crate::options::CratePath;

/// A name that a `use` brought into a body, now replaced.
pub(crate) struct Import {
    pub(crate) name: &'static Name,
    /// Where it was imported from.
    pub(crate) path: Path,
    /// What it is called in the body.
    pub(crate) binding: Ident,
    /// The conditions of the `use`.
    pub(crate) attrs: Vec<Attribute>,
}

/// What the `use` declarations of one block bring.
#[derive(Default)]
pub(crate) struct Imports {
    pub(crate) replaced: Vec<Import>,
    /// There is a glob import.
    pub(crate) has_glob: bool,
    /// The places of glob imports of `std::sync`.
    pub(crate) std_globs: Vec<Span>,
}

/// Replaces the names in the `use` declarations among `stmts`.
///
/// A leaf that is called like one of the names is taken for std's, wherever it comes from: the check that is
/// emitted for it says so if it is not.
pub(crate) fn replace(stmts: &mut Vec<Stmt>, krate: &CratePath) -> Imports {
    let mut imports = Imports::default();
    let mut output = Vec::with_capacity(stmts.len());
    for stmt in stmts.drain(..) {
        match stmt {
            Stmt::Item(Item::Use(item)) => split(item, krate, &mut imports, &mut output),
            other => output.push(other),
        }
    }
    *stmts = output;
    imports
}

fn split(mut item: ItemUse, krate: &CratePath, imports: &mut Imports, output: &mut Vec<Stmt>) {
    let first = imports.replaced.len();
    let mut prefix = Path {
        leading_colon: item.leading_colon,
        segments: Default::default(),
    };
    let rest = take(item.tree, &mut prefix, imports);
    for import in &mut imports.replaced[first..] {
        import.attrs = item
            .attrs
            .iter()
            .filter(|attr| super::is_cfg(attr))
            .cloned()
            .collect();
        let (attrs, vis, binding) = (&item.attrs, &item.vis, &import.binding);
        let name = Ident::new(import.name.ident, binding.span());
        let krate = krate.hidden(binding.span());
        let rename = (*binding != name).then(|| quote::quote!(as #binding));
        output.push(parse_quote!(#(#attrs)* #vis use #krate::sync::#name #rename;));
    }
    if let Some(tree) = rest {
        item.tree = tree;
        output.push(Stmt::Item(Item::Use(item)));
    }
}

/// Moves the names from `tree` into `imports`; returns what is left of it.
fn take(tree: UseTree, prefix: &mut Path, imports: &mut Imports) -> Option<UseTree> {
    match tree {
        UseTree::Path(mut path) => {
            prefix.segments.push(PathSegment::from(path.ident.clone()));
            let rest = take(*path.tree, prefix, imports);
            prefix.segments.pop();
            // A separator is left behind the last segment, which belonged to the one taken away.
            prefix.segments.pop_punct();
            path.tree = Box::new(rest?);
            Some(UseTree::Path(path))
        }
        UseTree::Name(leaf) => match names::by_ident(&leaf.ident) {
            Some(name) => {
                let path = joined(prefix, &leaf.ident);
                imports.replaced.push(Import {
                    name,
                    path,
                    binding: leaf.ident,
                    attrs: Vec::new(),
                });
                None
            }
            None => Some(UseTree::Name(leaf)),
        },
        UseTree::Rename(leaf) => match renamed(prefix, &leaf) {
            Some(name) => {
                let path = joined(prefix, &leaf.ident);
                imports.replaced.push(Import {
                    name,
                    path,
                    binding: leaf.rename,
                    attrs: Vec::new(),
                });
                None
            }
            None => Some(UseTree::Rename(leaf)),
        },
        UseTree::Glob(glob) => {
            imports.has_glob = true;
            let prefix: Vec<String> = prefix
                .segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect();
            if matches!(
                prefix.iter().map(String::as_str).collect::<Vec<_>>()[..],
                ["std", "sync"] | ["sync"]
            ) {
                imports.std_globs.push(glob.star_token.spans[0]);
            }
            Some(UseTree::Glob(glob))
        }
        UseTree::Group(mut group) => {
            let before = group.items.len();
            group.items = group
                .items
                .into_iter()
                .filter_map(|tree| take(tree, prefix, imports))
                .collect();
            (before == 0 || !group.items.is_empty()).then_some(UseTree::Group(group))
        }
    }
}

/// The name that a renamed leaf stands for: by what it is called here, or because it is std's.
fn renamed(prefix: &Path, leaf: &UseRename) -> Option<&'static Name> {
    names::by_ident(&leaf.rename).or_else(|| {
        let path = joined(prefix, &leaf.ident);
        let found = names::in_path(&path)?;
        (found.spelling == Spelling::Qualified && found.segments == path.segments.len()).then_some(found.name)
    })
}

fn joined(prefix: &Path, ident: &Ident) -> Path {
    let mut path = prefix.clone();
    path.segments.push(PathSegment::from(ident.clone()));
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::{ToTokens, quote};

    #[track_caller]
    fn same(before: &ItemUse, after: &proc_macro2::TokenStream) {
        let mut stmts = vec![Stmt::Item(Item::Use(before.clone()))];
        replace(&mut stmts, &CratePath::default());
        assert_eq!(quote!(#(#stmts)*).to_string(), after.to_string());
    }

    #[test]
    fn only_the_names_leave_a_use() {
        same(
            &parse_quote!(
                use std::sync::Mutex;
            ),
            &quote!(
                use ::threadlink::sync::Mutex;
            ),
        );
        same(
            &parse_quote!(
                #[cfg(x)]
                use std::{
                    fmt,
                    sync::{Arc, Condvar, Mutex},
                };
            ),
            &quote! {
                #[cfg(x)] use ::threadlink::sync::Condvar;
                #[cfg(x)] use ::threadlink::sync::Mutex;
                #[cfg(x)] use std::{fmt, sync::{Arc}};
            },
        );
        same(
            &parse_quote!(
                use std::sync::Mutex as Lock;
            ),
            &quote!(
                use ::threadlink::sync::Mutex as Lock;
            ),
        );
        same(
            &parse_quote!(
                use other::Lock as Mutex;
            ),
            &quote!(
                use ::threadlink::sync::Mutex;
            ),
        );
        same(
            &parse_quote!(
                use {};
            ),
            &quote!(
                use {};
            ),
        );
    }

    #[test]
    fn other_imports_stay() {
        for item in [
            parse_quote!(
                use std::sync::{Arc, RwLock};
            ),
            parse_quote!(
                use parking_lot::Mutex as Fair;
            ),
            parse_quote!(
                use super::*;
            ),
        ] {
            let item: ItemUse = item;
            let unchanged = item.to_token_stream();
            same(&item, &unchanged);
        }
    }

    #[test]
    fn paths_to_check_are_whole() {
        let mut stmts = vec![parse_quote!(
            use ::std::{
                sync::{Mutex, Condvar as Bell},
                io,
            };
        )];
        let imports = replace(&mut stmts, &CratePath::default());
        let paths: Vec<String> = imports
            .replaced
            .iter()
            .map(|import| import.path.to_token_stream().to_string())
            .collect();
        assert_eq!(paths, [":: std :: sync :: Mutex", ":: std :: sync :: Condvar"]);
        assert!(!imports.has_glob);
    }

    #[test]
    fn globs_are_seen() {
        let mut stmts = vec![
            parse_quote!(
                use std::sync::*;
            ),
            parse_quote!(
                use super::*;
            ),
        ];
        let imports = replace(&mut stmts, &CratePath::default());
        assert!(imports.has_glob);
        assert_eq!(imports.std_globs.len(), 1);
    }
}
