//! What `#[traced]` cannot stand on, and what to do instead.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::Item;

use crate::errors::Errors;

/// Refuses every item but structs and `impl` blocks.
pub(crate) fn check(item: &Item, errors: &mut Errors) {
    let refusal = |why: &str| format!("`#[traced]` works on a struct and on an `impl` block, {why}");
    match item {
        Item::Struct(_) | Item::Impl(_) => {}
        Item::Enum(item) => errors.at(
            item.enum_token,
            refusal(
                "not yet on an enum: put the locks in a struct, or name `threadlink::sync::Mutex` in the \
                 variants",
            ),
        ),
        Item::Union(item) => {
            errors.at(
                item.union_token,
                refusal("not on a union: put the locks in a struct that the union holds"),
            );
        }
        Item::Fn(item) => errors.at(
            item.sig.fn_token,
            refusal(
                "not yet on a function: for a method, put it on the whole `impl`; in a free function, `use \
                 threadlink::sync::Mutex`",
            ),
        ),
        Item::Mod(item) if item.content.is_none() => errors.at(
            item,
            refusal(
                "and sees nothing of a module in a file of its own: import `threadlink::sync` instead of \
                 `std::sync` in that file",
            ),
        ),
        Item::Mod(item) => errors.at(
            item.mod_token,
            refusal(
                "not yet on a module: import `threadlink::sync` instead of `std::sync` in it, or put the \
                 attribute on its structs and `impl`s",
            ),
        ),
        Item::Trait(item) => errors.at(
            item.trait_token,
            refusal("not yet on a trait: name `threadlink::sync::Mutex` in its signatures"),
        ),
        Item::Static(item) => errors.at(
            item.static_token,
            refusal("not yet on a static: give it the type `threadlink::sync::Mutex`"),
        ),
        other => errors.at(
            other,
            refusal("not on this item: name `threadlink::sync` here instead of `std::sync`"),
        ),
    }
}

/// Refuses an item in which there was nothing to do.
pub(crate) fn nothing_found(item: TokenStream, errors: &mut Errors) {
    let rw_lock = if mentions(item, "RwLock") {
        "; an `RwLock` is not traced"
    } else {
        ""
    };
    errors.push(syn::Error::new(
        Span::call_site(),
        format!(
            "`#[traced]` found nothing to trace here{rw_lock}. It looks for `Mutex`, `MutexGuard`, `Condvar` and \
             `WaitTimeoutResult` of std, with `std::sync::`, `sync::` or nothing in front: remove the attribute, \
             or spell the type in one of these ways"
        ),
    ));
}

fn mentions(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(group.stream(), word),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
