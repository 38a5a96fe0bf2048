//! What a `main` becomes.
//!
//! The user's `main` moves, whole, into a `main` of ours: so it keeps its name in backtraces, and `self::`
//! and `super::` in it mean what they meant.
//!
//! Nothing here is `unsafe` in the user's eyes: lints on the user's crate, `#![forbid(unsafe_code)]`
//! included, do not look into tokens that come from an attribute.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use super::options::EntryOptions;
use super::parse::EntryFn;
use crate::emit::{first_span, own_threads, start};
use crate::options::CratePath;

pub(crate) fn expand(options: &EntryOptions, function: &EntryFn) -> TokenStream {
    let EntryOptions { krate, stack_size } = options;
    let EntryFn {
        attrs,
        vis,
        sig,
        body: inner,
    } = function;
    let name = &sig.ident;
    let cfgs: Vec<_> = function.cfgs().collect();
    // The outer function is the item that lints about documentation look at.
    let (docs, attrs): (Vec<_>, Vec<_>) = attrs
        .iter()
        .filter(|attr| !attr.path().is_ident("cfg"))
        .partition(|attr| attr.path().is_ident("doc"));
    let run_native = start(krate, sig, "run_main_native");
    let run_guest = start(krate, sig, "run_main");
    let stack_size = stack_size.as_ref().map(|size| set_stack_size(krate, size));
    let once = once(name.span());
    let body = own_threads(
        &krate.hidden(name.span()),
        // rustc wants a `main` in every program, also where the host calls `_start`; they do the same.
        // Not in a test build: there a runner must not take the program for its tests.
        &quote! {
            {
                #[cfg(not(test))]
                {
                    // SAFETY: no other item has this name: `once` below, and the runtime exports no `_start`.
                    #[unsafe(export_name = "_start")]
                    extern "C" fn start() {
                        #stack_size
                        #run_guest;
                    }
                    start();
                }
                ::std::process::ExitCode::SUCCESS
            }
        },
        &quote! {
            {
                #stack_size
                #run_native
            }
        },
    );
    quote! {
        #(#cfgs)*
        #(#docs)*
        #vis fn #name() -> ::std::process::ExitCode {
            // Clippy spares a program's `main` these two, which it takes the inner one for no longer.
            #[allow(clippy::unnecessary_wraps, clippy::missing_const_for_fn)]
            #(#attrs)*
            #sig #inner

            #body
        }

        #(#cfgs)*
        #once
    }
}

/// The statement that sets the default for threads, before there can be any.
fn set_stack_size(krate: &CratePath, size: &Expr) -> TokenStream {
    let place = first_span(size);
    let krate = krate.hidden(place);
    quote_spanned! {Span::mixed_site().located_at(place)=>
        {
            const STACK_SIZE: usize = #size;
            #krate::__private::set_stack_size(STACK_SIZE);
        }
    }
}

/// A definition that can exist once in a crate: a second `#[threadlink::main]`, in another module, fails here
/// rather than in the linker.
fn once(place: Span) -> TokenStream {
    let name = syn::Ident::new(
        "threadlink_main_is_allowed_once",
        Span::call_site().located_at(place),
    );
    quote! {
        #[doc(hidden)]
        #[macro_export]
        macro_rules! #name {
            () => {};
        }
    }
}
