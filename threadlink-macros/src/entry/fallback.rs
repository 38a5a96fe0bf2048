//! What is emitted beside the errors: as much of the user's code as lets its own errors show, and no new
//! ones.

use proc_macro2::TokenStream;
use quote::quote;

use super::Kind;
use super::parse::EntryFn;
use crate::errors::Errors;

/// The item was no function.
pub(crate) fn not_a_function(item: &TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    quote!(#item #errors)
}

/// The function cannot be an entry point.
pub(crate) fn refused(kind: Kind, function: &EntryFn, errors: Errors) -> TokenStream {
    let EntryFn {
        attrs,
        vis,
        sig,
        body,
    } = function;
    let name = &sig.ident;
    let errors = errors.into_tokens();
    if kind == Kind::Main && name == "main" {
        // rustc would refuse such a `main` in its own words, or miss it: it gets a plain one around the
        // user's.
        let cfgs = function.cfgs();
        let attrs = attrs.iter().filter(|attr| !attr.path().is_ident("cfg"));
        quote! {
            #(#cfgs)*
            #vis fn #name() {
                #(#attrs)*
                #[allow(dead_code)]
                #sig #body
            }
            #errors
        }
    } else {
        quote!(#(#attrs)* #vis #sig #body #errors)
    }
}
