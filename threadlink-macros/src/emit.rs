//! What functions become on the guest and natively has this in common: the condition of the guest, and the call of the
//! runtime that starts the function.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Path, ReturnType, Signature};

use crate::options::CratePath;

/// The target on which a program is a guest.
pub(crate) fn guest() -> TokenStream {
    quote!(all(target_arch = "wasm32", target_os = "unknown"))
}

/// Code for guests whose threads are the runtime's, and code for everywhere else: natively, and where std itself has the
/// threads. It is the runtime's build that knows which it is.
pub(crate) fn own_threads(krate: &Path, guest: &TokenStream, otherwise: &TokenStream) -> TokenStream {
    quote!(#krate::__own_threads! { { #guest } { #otherwise } })
}

/// The call of one of the runtime's starters. It points at the return type, which is what can be wrong about it.
pub(crate) fn start(krate: &CratePath, sig: &Signature, starter: &str) -> TokenStream {
    let mut name = sig.ident.clone();
    let place = match &sig.output {
        ReturnType::Default => name.span(),
        ReturnType::Type(_, ty) => first_span(ty),
    };
    name.set_span(name.span().located_at(place));
    let krate = krate.hidden(place);
    let starter = syn::Ident::new(starter, Span::mixed_site().located_at(place));
    quote_spanned!(Span::mixed_site().located_at(place)=> #krate::__private::#starter(#name))
}

/// Where these tokens begin.
pub(crate) fn first_span(tokens: &impl ToTokens) -> Span {
    tokens
        .to_token_stream()
        .into_iter()
        .next()
        .map_or_else(Span::call_site, |token| token.span())
}
