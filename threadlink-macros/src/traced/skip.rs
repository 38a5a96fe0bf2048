//! `#[traced(skip)]` and `#[traced(only)]` on parts of what is traced.

use syn::punctuated::Punctuated;
use syn::{Attribute, Field, Ident, ImplItem, Item, Meta, Token, TraitItem};

use crate::errors::Errors;

/// What an attribute of ours on a part of the item says.
enum Word {
    Skip,
    Only,
}

/// Reads `#[traced(skip)]` or `#[traced(only)]`; `None` for all other attributes.
fn word(attr: &Attribute) -> Option<Word> {
    let Meta::List(list) = &attr.meta else { return None };
    if !is_ours(attr) {
        return None;
    }
    let words = list
        .parse_args_with(Punctuated::<Ident, Token![,]>::parse_terminated)
        .ok()?;
    let mut words = words.iter();
    match (words.next()?, words.next()) {
        (word, None) if word == "skip" => Some(Word::Skip),
        (word, None) if word == "only" => Some(Word::Only),
        _ => None,
    }
}

fn is_ours(attr: &Attribute) -> bool {
    attr.path()
        .segments
        .last()
        .is_some_and(|last| last.ident == "traced")
}

/// Takes `#[traced(skip)]` from the attributes; `true` if it was there.
pub(crate) fn take(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> bool {
    let mut skip = false;
    attrs.retain(|attr| match word(attr) {
        Some(Word::Skip) => {
            skip = true;
            false
        }
        Some(Word::Only) => {
            errors.at(attr, "`only` belongs on a field of a struct, an enum or a union");
            false
        }
        None => true,
    });
    skip
}

/// Whether `#[traced(skip)]` is among the attributes.
pub(crate) fn is_skipped(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| matches!(word(attr), Some(Word::Skip)))
}

/// Takes our attributes on parts away, whatever they say.
pub(crate) fn strip(attrs: &mut Vec<Attribute>) {
    attrs.retain(|attr| word(attr).is_none());
}

/// Turns `#[traced(only)]` on some of the fields into `#[traced(skip)]` on the others.
pub(crate) fn only(mut fields: Vec<&mut Field>, errors: &mut Errors) {
    let mut any_skip = None;
    let mut any_only = false;
    let mut chosen = vec![false; fields.len()];
    for (field, chosen) in fields.iter_mut().zip(&mut chosen) {
        field.attrs.retain(|attr| match word(attr) {
            Some(Word::Only) => {
                *chosen = true;
                false
            }
            Some(Word::Skip) => {
                any_skip = Some(attr.clone());
                true
            }
            None => true,
        });
        any_only |= *chosen;
    }
    if !any_only {
        return;
    }
    if let Some(skip) = any_skip {
        errors.at(
            skip,
            "with `only` on a field, all that have none are skipped: remove this `skip`",
        );
    }
    for (field, _) in fields.iter_mut().zip(chosen).filter(|(_, chosen)| !chosen) {
        field.attrs.push(syn::parse_quote!(#[traced(skip)]));
    }
}

/// Whether an attribute of ours stands on the item itself, which then deals with it.
pub(crate) fn has_own(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| is_ours(attr) && word(attr).is_none())
}

/// The attributes of an item.
pub(crate) fn of_item(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    Some(match item {
        Item::Const(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::Fn(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Macro(item) => &mut item.attrs,
        Item::Mod(item) => &mut item.attrs,
        Item::Static(item) => &mut item.attrs,
        Item::Struct(item) => &mut item.attrs,
        Item::Trait(item) => &mut item.attrs,
        Item::Type(item) => &mut item.attrs,
        Item::Union(item) => &mut item.attrs,
        Item::Use(item) => &mut item.attrs,
        _ => return None,
    })
}

/// The attributes of a member of an `impl` block.
pub(crate) fn of_impl_item(item: &mut ImplItem) -> Option<&mut Vec<Attribute>> {
    Some(match item {
        ImplItem::Const(item) => &mut item.attrs,
        ImplItem::Fn(item) => &mut item.attrs,
        ImplItem::Type(item) => &mut item.attrs,
        ImplItem::Macro(item) => &mut item.attrs,
        _ => return None,
    })
}

/// The attributes of a member of a trait.
pub(crate) fn of_trait_item(item: &mut TraitItem) -> Option<&mut Vec<Attribute>> {
    Some(match item {
        TraitItem::Const(item) => &mut item.attrs,
        TraitItem::Fn(item) => &mut item.attrs,
        TraitItem::Type(item) => &mut item.attrs,
        TraitItem::Macro(item) => &mut item.attrs,
        _ => return None,
    })
}
