//! What an exported function becomes: itself, and beside it an `extern "C"` function of the same name that the
//! host calls, with the types of wasm.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{FnArg, LitStr, ReturnType, Type};

use super::parse::EntryFn;
use crate::emit::{first_span, guest};
use crate::options::CratePath;

pub(crate) fn expand(krate: &CratePath, function: &EntryFn) -> TokenStream {
    let EntryFn {
        attrs,
        vis,
        sig,
        body,
    } = function;
    let cfgs = function.cfgs();
    let name = &sig.ident;
    let exported = LitStr::new(&name.unraw().to_string(), name.span());
    let types: Vec<&Type> = sig
        .inputs
        .iter()
        .filter_map(|parameter| match parameter {
            FnArg::Typed(parameter) => Some(&*parameter.ty),
            FnArg::Receiver(_) => None,
        })
        .collect();
    let names: Vec<_> = (0..types.len())
        .map(|index| format_ident!("p{index}", span = Span::mixed_site()))
        .collect();
    let parameters = types.iter().zip(&names).map(|(ty, name)| {
        let wasm = wasm_type(krate, ty, "ExportParameter");
        quote!(#name: #wasm)
    });
    let checks = types.iter().map(|ty| check(krate, ty, "export_parameter"));
    let (result, result_check) = match &sig.output {
        ReturnType::Default => (None, None),
        // This type cannot be named in other places.
        ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)) => (None, None),
        ReturnType::Type(_, ty) => {
            let wasm = wasm_type(krate, ty, "ExportResult");
            (Some(quote!(-> #wasm)), Some(check(krate, ty, "export_result")))
        }
    };
    let private = krate.hidden(name.span());
    let guest = guest();
    quote! {
        #(#attrs)*
        #vis #sig #body

        #(#cfgs)*
        const _: () = {
            // The demands on the types, also natively.
            #(#checks)*
            #result_check
            // SAFETY: validation keeps the runtime's and the linker's names out; a name that two functions of
            // the program share is an error of the linker.
            #[cfg(#guest)]
            #[unsafe(export_name = #exported)]
            extern "C" fn entry(#(#parameters),*) #result {
                #private::__private::run_export(|| {
                    #name(#(#private::__private::ExportParameter::from_wasm(#names)),*)
                })
            }
        };
    }
}

/// The type that the host sees for one of the user's.
fn wasm_type(krate: &CratePath, ty: &Type, of: &str) -> TokenStream {
    let place = Span::mixed_site().located_at(first_span(ty));
    let krate = krate.hidden(place);
    let of = syn::Ident::new(of, place);
    quote_spanned!(place=> <#ty as #krate::__private::#of>::Wasm)
}

/// Code that compiles only if the type can be passed. It points at the type.
fn check(krate: &CratePath, ty: &Type, function: &str) -> TokenStream {
    let place = Span::mixed_site().located_at(first_span(ty));
    let krate = krate.hidden(place);
    let function = syn::Ident::new(function, place);
    quote_spanned!(place=> const _: fn() = #krate::__private::#function::<#ty>;)
}
