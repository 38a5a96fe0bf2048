//! `#[traced]`: std's locks in an item become threadlink's.
//!
//! A macro sees spellings, not what they stand for. So the work is split: [`names`] recognises a spelling,
//! [`rewrite`] replaces it where it stands, and [`verify`] emits code beside it that compiles only if it did
//! stand for std's type.
//!
//! In types and signatures the tokens are replaced. In bodies a bare name is not touched: `use` of the traced
//! type at the head of the body gives it its new meaning, which reaches into macros' arguments and leaves
//! `stringify!(Mutex)` and the places that locks remember ([`std::panic::Location`]) as they were. [`uses`]
//! does the same for imports that the body has itself.

mod names;
mod rewrite;
mod scope;
mod tokens;
mod uses;
mod valid;
mod verify;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit_mut::VisitMut;
use syn::{Attribute, Item};

use crate::errors::Errors;
use crate::options::{CratePath, Options};
use rewrite::Rewriter;

pub(crate) fn traced(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse("traced", args, &mut errors);
    let expansion = errors.take(syn::parse2(item.clone())).and_then(|parsed| {
        valid::check(&parsed, &mut errors);
        errors
            .is_empty()
            .then(|| expand(&options.krate, parsed, &mut errors))
    });
    match expansion {
        Some(expansion) if errors.is_empty() => expansion,
        // The item as it was: its own errors show, and whoever uses it finds it.
        _ => {
            let errors = errors.into_tokens();
            quote!(#item #errors)
        }
    }
}

fn expand(krate: &CratePath, mut item: Item, errors: &mut Errors) -> TokenStream {
    let before = item.to_token_stream();
    let mut rewriter = Rewriter::new(krate, errors);
    match &mut item {
        Item::Struct(item) => rewriter.visit_item_struct_mut(item),
        Item::Impl(item) => rewriter.visit_item_impl_mut(item),
        _ => unreachable!("validation let no other item pass"),
    }
    let found = rewriter.finish();
    if !found.anything && errors.is_empty() {
        valid::nothing_found(before, errors);
    }
    let checks = found.checks.to_items(krate);
    quote!(#item #(#checks)*)
}

fn is_cfg(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg")
}

#[cfg(test)]
mod tests;
