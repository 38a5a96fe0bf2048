//! Code that is emitted beside what was replaced: it compiles only if the spelling stood for std's type, and
//! it keeps the `use` that gave it its meaning from being reported as unused.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Ident, Item, ItemUse, Path, PathArguments, parse_quote};

use super::spelling::Spelled;
use super::table::{Kind, Name};
use crate::options::CratePath;

/// One spelling to be checked in one place.
pub(crate) struct Check {
    name: &'static Name,
    /// The user's tokens, without generic arguments.
    path: Path,
    /// How many types the user gave to it.
    types: usize,
    /// The conditions (`#[cfg]`s) under which it stands there.
    cfgs: Vec<Attribute>,
}

impl Check {
    /// The check of the name at the head of `path`, to which the user gave `types` types.
    pub(crate) fn new(path: &Path, found: Spelled, types: usize, cfgs: Vec<Attribute>) -> Self {
        let mut head = Path {
            leading_colon: path.leading_colon,
            segments: Default::default(),
        };
        for segment in path.segments.iter().take(found.segments) {
            let mut segment = segment.clone();
            segment.arguments = PathArguments::None;
            head.segments.push(segment);
        }
        Self::of_path(found.name, head, types, cfgs)
    }

    /// The check of a path without arguments, which names the whole of it.
    pub(crate) fn of_path(name: &'static Name, mut path: Path, types: usize, cfgs: Vec<Attribute>) -> Self {
        if let Kind::Value { marker, .. } = name.kind
            && let Some(last) = path.segments.last_mut()
        {
            last.ident = Ident::new(marker, last.ident.span());
        }
        Self {
            name,
            path,
            types,
            cfgs,
        }
    }

    /// The check as an item, which exists if the spelling does.
    fn to_item(&self, krate: &CratePath) -> Item {
        let Self {
            name,
            path,
            types,
            cfgs,
        } = self;
        let place = path
            .segments
            .last()
            .map_or_else(Span::call_site, |segment| segment.ident.span());
        let hidden = Span::mixed_site().located_at(place);
        let check = Ident::new(name.check, hidden);
        let krate = krate.hidden(place);
        let args = arguments(name.arity().0, *types, hidden);
        let call = quote_spanned!(hidden=> #krate::__private::std_types::#check::<#path #args>);
        // Natively some twins are std's, and a `use` beside this then makes the path longer than it has
        // to be.
        let allow = name
            .is_std_natively()
            .then(|| quote_spanned!(hidden=> #[allow(unused_qualifications)]));
        parse_quote! {
            #(#cfgs)*
            #allow
            const _: fn() = #call;
        }
    }
}

/// `<'static, ()>`, or nothing if the type takes nothing.
fn arguments(lifetimes: usize, types: usize, span: Span) -> TokenStream {
    if lifetimes + types == 0 {
        return TokenStream::new();
    }
    let lifetimes = (0..lifetimes).map(|_| quote_spanned!(span=> 'static));
    let types = (0..types).map(|_| quote_spanned!(span=> ()));
    let all = lifetimes.chain(types);
    quote_spanned!(span=> <#(#all),*>)
}

/// The checks that belong in one place, each once.
#[derive(Default)]
pub(crate) struct Checks {
    list: Vec<Check>,
    seen: HashSet<String>,
}

impl Checks {
    pub(crate) fn add(&mut self, check: Check) {
        let Check {
            path, types, cfgs, ..
        } = &check;
        if self.seen.insert(format!(
            "{types} {} {}",
            path.to_token_stream(),
            quote!(#(#cfgs)*)
        )) {
            self.list.push(check);
        }
    }

    /// The items to emit.
    pub(crate) fn to_items(&self, krate: &CratePath) -> Vec<Item> {
        self.list.iter().map(|check| check.to_item(krate)).collect()
    }

    /// One item to emit, in which the names mean what these imports make of them, whatever they mean around it.
    pub(crate) fn behind(&self, globs: &[ItemUse], krate: &CratePath) -> Option<Item> {
        if self.list.is_empty() {
            return None;
        }
        let checks = self.to_items(krate);
        Some(parse_quote! {
            const _: () = {
                #(
                    #[allow(unused_imports, clippy::wildcard_imports)]
                    #globs
                )*
                #(#checks)*
            };
        })
    }
}

/// Items for the head of a body: the twin takes over the bare name `ident`. The second one uses it, so that no
/// body can be warned of an unused import that its author does not see.
pub(crate) fn shadow(name: &'static Name, ident: &Ident, krate: &CratePath) -> [Item; 2] {
    let hidden = Span::mixed_site().located_at(ident.span());
    let import = import(name, ident, krate);
    let (lifetimes, types) = name.arity();
    let args = arguments(lifetimes, types, hidden);
    let usage = quote_spanned!(hidden=>
        const _: ::core::marker::PhantomData<#ident #args> = ::core::marker::PhantomData;
    );
    [parse_quote!(use #import;), parse_quote!(#usage)]
}

/// The tree of a `use` that imports the twin of `name` as `binding`.
pub(crate) fn import(name: &Name, binding: &Ident, krate: &CratePath) -> TokenStream {
    let krate = krate.hidden(binding.span());
    // The last segment has the binding's span, by which it is found in scope.
    let twin = name.twin.iter().map(|part| Ident::new(part, binding.span()));
    let rename = (name.twin.last().is_none_or(|last| binding != last)).then(|| quote!(as #binding));
    quote!(#krate #(::#twin)* #rename)
}

/// The tree of a `use` of threadlink's likeness of a module of std: of itself, called `binding`, or of all in it.
pub(crate) fn import_module(
    facade: &str,
    binding: Option<&Ident>,
    span: Span,
    krate: &CratePath,
) -> TokenStream {
    let (krate, module) = (krate.hidden(span), Ident::new(facade, span));
    let end = match binding {
        None => quote_spanned!(span=> ::*),
        Some(binding) if binding == facade => TokenStream::new(),
        Some(binding) => quote!(as #binding),
    };
    let hidden = Span::mixed_site().located_at(span);
    quote_spanned!(hidden=> #krate::__private::std_facade::#module #end)
}
