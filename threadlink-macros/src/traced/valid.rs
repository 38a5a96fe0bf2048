//! What `#[traced]` cannot stand on, and what to do instead.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Item;
use syn::visit_mut::{self, VisitMut};

use super::options::TracedOptions;
use super::skip;
use super::table::Switches;
use crate::errors::Errors;

/// Refuses items that have no types and no bodies, or none that can be seen.
pub(crate) fn check(item: &Item, errors: &mut Errors) {
    match item {
        Item::Mod(item) if item.content.is_none() => errors.at(
            item,
            "`#[traced]` sees nothing of a module in a file of its own: put it on the items in that file, or write \
             the module here, in braces",
        ),
        Item::Use(item) => errors.at(
            item,
            "`#[traced]` does not stand on an import: put it on the items that use the name, or on the module in \
             braces that both are in",
        ),
        Item::Macro(item) => errors.at(
            item,
            "`#[traced]` cannot see what a macro makes: put it on an item in the macro's definition",
        ),
        Item::ForeignMod(_) | Item::ExternCrate(_) | Item::TraitAlias(_) | Item::Verbatim(_) => errors.at(
            item,
            "`#[traced]` stands on a struct, enum, union, type alias, static, const, trait, `impl`, function or \
             module in braces",
        ),
        _ => {}
    }
}

/// Refuses an item in which there was nothing to do.
pub(crate) fn nothing_found(item: TokenStream, options: &TracedOptions, errors: &mut Errors) {
    let more = if options.switches == Switches::default() && mentions_the_rest_of_std(item) {
        ". For `thread`, `time` and `println!`, say so: `#[traced(std)]`"
    } else {
        ""
    };
    errors.push(syn::Error::new(
        Span::call_site(),
        format!(
            "`#[traced]` found nothing to trace here. It looks for the `Mutex`, `RwLock`, `Condvar` and guards of \
             std (with `std::sync::`, `sync::` or nothing in front) and of parking_lot (with `parking_lot::`): \
             remove the attribute, or spell the type in one of these ways{more}"
        ),
    ));
}

/// Refuses a condition variable that would no longer fit its mutex.
pub(crate) fn parking_lot_condvars(condvars: &[Ident], errors: &mut Errors) {
    for condvar in condvars {
        errors.at(
            condvar,
            "parking_lot's `Condvar` waits with parking_lot's own `Mutex` only, which `#[traced]` replaces: use std's \
             `Mutex` and `Condvar`, or put `#[traced(skip)]` on both",
        );
    }
}

/// Refuses names that the user told of, and that are nowhere.
pub(crate) fn told_but_not_found(options: &TracedOptions, found: &[Ident], errors: &mut Errors) {
    for told in &options.told {
        if !found.contains(&told.ident) {
            errors.at(
                &told.ident,
                format!(
                    "`{}` stands nowhere in this item: remove it from the list",
                    told.ident
                ),
            );
        }
    }
}

/// Whether what is switched off by default is mentioned.
fn mentions_the_rest_of_std(item: TokenStream) -> bool {
    const WORDS: [&str; 10] = [
        "thread",
        "mpsc",
        "stdout",
        "stderr",
        "println",
        "print",
        "eprintln",
        "eprint",
        "Instant",
        "SystemTime",
    ];
    item.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => WORDS.iter().any(|word| ident == word),
        TokenTree::Group(group) => mentions_the_rest_of_std(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// An item for a build that fails anyway: without `#[traced(skip)]` on its parts, of which the compiler would
/// complain.
pub(crate) fn without_ours(item: TokenStream) -> TokenStream {
    let Ok(mut parsed) = syn::parse2::<Item>(item.clone()) else {
        return item;
    };
    Strip.visit_item_mut(&mut parsed);
    parsed.into_token_stream()
}

struct Strip;

impl VisitMut for Strip {
    fn visit_attributes_mut(&mut self, attrs: &mut Vec<syn::Attribute>) {
        skip::strip(attrs);
        for attr in attrs {
            visit_mut::visit_attribute_mut(self, attr);
        }
    }
}
