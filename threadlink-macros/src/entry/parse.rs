//! Reading the annotated function. Its body stays a heap of tokens: whether it is Rust is the compiler's
//! affair, and an editor in the middle of a line keeps its completions.

use proc_macro2::{Delimiter, Group, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Signature, Visibility};

use super::Kind;

/// A function whose body was not parsed.
pub(crate) struct EntryFn {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: Group,
}

impl EntryFn {
    /// Fails if `item` is anything but one function with a body.
    pub(crate) fn parse(kind: Kind, item: TokenStream) -> syn::Result<Self> {
        let whole = item.clone();
        Self::parse_function.parse2(item).map_err(|_| {
            syn::Error::new_spanned(whole, format!("`#[{}]` stands on a function", kind.attribute()))
        })
    }

    fn parse_function(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = input.parse()?;
        let body: Group = input.parse()?;
        if body.delimiter() != Delimiter::Brace {
            return Err(syn::Error::new(body.span(), "a function has a body in braces"));
        }
        Ok(Self {
            attrs,
            vis,
            sig,
            body,
        })
    }

    /// The conditions under which the function exists: they hold for all that is emitted for it.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
    }
}
