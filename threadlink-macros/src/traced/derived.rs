//! `#[derive(Default)]` on a struct with locks: written out, so that the locks that it makes have the names of their
//! fields.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Attribute, Field, Generics, Item, ItemStruct, Meta, Path, Token, Type, parse_quote, parse_quote_spanned,
};

use super::names::{self, PlaceName};
use super::rewrite::Rewriter;
use super::skip;
use super::spelling::Spelled;

/// A derived `Default` that is to be written out: of each field, the lock that it is.
pub(super) struct DerivedDefault {
    fields: Vec<Option<Spelled>>,
    at: Span,
}

impl Rewriter<'_> {
    /// Takes `Default` from the list of what is derived, if one of the struct's fields is a lock.
    pub(super) fn take_default(&self, item: &mut ItemStruct) -> Option<DerivedDefault> {
        let fields: Vec<_> = item.fields.iter().map(|field| self.lock_in(field)).collect();
        if self.skipping || fields.iter().all(Option::is_none) || !can_be_written_out(item) {
            return None;
        }
        let mut found = None;
        for attr in item
            .attrs
            .iter_mut()
            .filter(|attr| attr.path().is_ident("derive"))
        {
            let Ok(mut list) = attr.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated) else {
                continue;
            };
            let Some(default) = list.iter().find(|path| path.is_ident("Default")).cloned() else {
                continue;
            };
            let ident = default.get_ident()?;
            if self.scope.meaning(ident).is_some() {
                return None;
            }
            found = Some(ident.span());
            list = list.into_iter().filter(|path| *path != default).collect();
            *attr = parse_quote!(#[derive(#list)]);
        }
        item.attrs.retain(|attr| !is_empty_derive(attr));
        found.map(|at| DerivedDefault { fields, at })
    }

    /// The lock that a field is.
    fn lock_in(&self, field: &Field) -> Option<Spelled> {
        match &field.ty {
            Type::Path(ty) if ty.qself.is_none() && !skip::is_skipped(&field.attrs) => self
                .traced_lock(&ty.path)
                .filter(|found| found.segments == ty.path.segments.len()),
            _ => None,
        }
    }

    /// The implementation, once the types in the item are what they are to be.
    pub(super) fn write_default(&self, default: &DerivedDefault, item: &ItemStruct) -> Item {
        let hidden = Span::mixed_site().located_at(default.at);
        let owner = names::plain(&item.ident);
        let values = item.fields.members().zip(&item.fields).zip(&default.fields);
        let values = values.map(|((member, field), lock)| {
            let cfgs = field.attrs.iter().filter(|attr| super::is_cfg(attr));
            let value = self.default_of(field, *lock, &PlaceName::field(&owner, &member));
            quote_spanned!(hidden=> #(#cfgs)* #member: #value)
        });
        let values: Vec<TokenStream> = values.collect();
        let mut generics = item.generics.clone();
        for param in generics.type_params_mut() {
            param
                .bounds
                .push(parse_quote_spanned!(hidden=> ::core::default::Default));
        }
        let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
        let (cfgs, name) = (item.attrs.iter().filter(|attr| super::is_cfg(attr)), &item.ident);
        parse_quote_spanned! {hidden=>
            #(#cfgs)*
            #[automatically_derived]
            impl #impl_generics ::core::default::Default for #name #type_generics #where_clause {
                #[inline]
                fn default() -> Self {
                    Self { #(#values),* }
                }
            }
        }
    }

    /// What a field begins with. A lock says that it was made where the field is.
    fn default_of(&self, field: &Field, lock: Option<Spelled>, name: &PlaceName) -> TokenStream {
        let ty = &field.ty;
        let place = field.ident.as_ref().map_or_else(|| ty.span(), Ident::span);
        let hidden = Span::mixed_site().located_at(place);
        let value = quote_spanned!(hidden=> ::core::default::Default::default());
        let Some(found) = lock else { return value };
        let name = self.lock_name(name, place);
        if !found.name.is_std() {
            let raw = self.raw_lock(found, place);
            return quote_spanned!(place=> <#ty>::from_raw(#raw(#name), #value));
        }
        let value = (found.name.arity().1 == 1).then(|| quote_spanned!(hidden=> #value,));
        quote_spanned!(place=> <#ty>::with_name(#value #name))
    }
}

/// Whether an attribute derives nothing, of which the compiler would complain.
fn is_empty_derive(attr: &Attribute) -> bool {
    matches!(&attr.meta, Meta::List(list) if list.path.is_ident("derive") && list.tokens.is_empty())
}

/// Whether the implementation that std would derive can be told from the tokens.
fn can_be_written_out(item: &ItemStruct) -> bool {
    let has = |field: &Field, name: &str| {
        field
            .attrs
            .iter()
            .any(|attr: &Attribute| attr.path().is_ident(name))
    };
    item.fields.iter().all(|field| {
        // With `#[default(..)]` on a field it is another crate's `Default`; conditions change a tuple's numbers; and
        // what a type parameter's own types must be depends on where they stand.
        !has(field, "default")
            && (field.ident.is_some() || !has(field, "cfg"))
            && !has_projection(field.ty.to_token_stream(), &item.generics)
    })
}

/// Whether a type mentions `T::Type` or `<T as Trait>::Type`.
fn has_projection(tokens: TokenStream, generics: &Generics) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(group) => has_projection(group.stream(), generics),
        TokenTree::Ident(ident) if ident == "as" => true,
        TokenTree::Ident(ident) => {
            generics.type_params().any(|param| param.ident == *ident)
                && matches!(tokens.get(at + 1), Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
        }
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
