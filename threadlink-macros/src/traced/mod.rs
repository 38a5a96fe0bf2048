//! `#[traced]`: std's locks in an item become threadlink's.
//!
//! A macro sees spellings, not what they stand for. So the work is split: [`table`] lists the names, [`spelling`]
//! recognises them, [`visit`] walks through the item, [`rewrite`] replaces them where they stand, and [`verify`]
//! emits code beside them that compiles only if they did stand for std's.
//!
//! In types and signatures the tokens are replaced. In bodies a bare name is not touched: `use` of the traced
//! type at the head of the body gives it its new meaning, which reaches into macros' arguments and leaves
//! `stringify!(Mutex)` and the places that locks remember ([`std::panic::Location`]) as they were. [`uses`]
//! does the same for imports that a body or a module has itself.
//!
//! Where a lock is made for a field, a static or a variable, the call gets the lock's [name](names). [`reach`] says which
//! calls those are, [`derived`] makes one of a derived `Default`.

mod derived;
mod frame;
mod names;
mod options;
mod reach;
mod rewrite;
mod scope;
mod skip;
mod spelling;
mod table;
mod tokens;
mod uses;
mod valid;
mod verify;
mod visit;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Item};

use crate::errors::Errors;
use crate::options::Options;
use options::TracedOptions;
use rewrite::Rewriter;

pub(crate) fn traced(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(args, &mut errors);
    let expansion = errors.take(syn::parse2(item.clone())).and_then(|parsed| {
        valid::check(&parsed, &mut errors);
        errors.is_empty().then(|| expand(&options, parsed, &mut errors))
    });
    match expansion {
        Some(expansion) if errors.is_empty() => expansion,
        // The item as it was: its own errors show, and whoever uses it finds it.
        _ => {
            let item = valid::without_ours(item.clone());
            let errors = errors.into_tokens();
            quote!(#item #errors)
        }
    }
}

fn expand(options: &Options<TracedOptions>, mut item: Item, errors: &mut Errors) -> TokenStream {
    let krate = &options.krate;
    let before = item.to_token_stream();
    let mut rewriter = Rewriter::new(krate, &options.own, errors);
    rewriter.visit_whole(&mut item);
    let found = rewriter.finish();
    if found.parking_lot_mutex {
        valid::parking_lot_condvars(&found.parking_lot_condvars, errors);
    }
    if errors.is_empty() {
        if found.anything {
            valid::told_but_not_found(&options.own, &found.told, errors);
        } else {
            valid::nothing_found(before, &options.own, errors);
        }
    }
    let checks = found.checks.to_items(krate);
    let beside = found.beside;
    quote!(#item #(#beside)* #(#checks)*)
}

fn is_cfg(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg")
}

#[cfg(test)]
mod tests;
