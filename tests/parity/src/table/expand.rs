//! Expands calls of a module's own simple macros, so that the items that they make are seen: one rule, no repetition,
//! each parameter a single token (a name or a literal).

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::{Item, ItemMacro};

/// The module's items, with what its macros make in place of their calls. Calls of other macros stay.
pub(crate) fn expand(items: Vec<Item>) -> Vec<Item> {
    let rules: Vec<(String, Vec<TokenTree>, TokenStream)> = items.iter().filter_map(rule).collect();
    let mut expanded = Vec::with_capacity(items.len());
    for item in items {
        let made = match &item {
            Item::Macro(ItemMacro { ident: None, mac, .. }) => rules
                .iter()
                .filter(|(name, ..)| mac.path.is_ident(name))
                .find_map(|(_, pattern, body)| apply(pattern, body, mac.tokens.clone())),
            _ => None,
        };
        match made {
            Some(made) => expanded.extend(made),
            None => expanded.push(item),
        }
    }
    expanded
}

/// The name, the pattern and the body of a macro with one rule.
fn rule(item: &Item) -> Option<(String, Vec<TokenTree>, TokenStream)> {
    let Item::Macro(ItemMacro {
        ident: Some(name),
        mac,
        ..
    }) = item
    else {
        return None;
    };
    let mut tokens = mac.tokens.clone().into_iter().filter(|token| !is(token, ';'));
    let pattern = group(tokens.next()?)?;
    let (dash, tip) = (tokens.next()?, tokens.next()?);
    let body = group(tokens.next()?)?;
    let arrow = is(&dash, '=') && is(&tip, '>');
    (arrow && tokens.next().is_none()).then(|| {
        (
            name.to_string(),
            pattern.stream().into_iter().collect(),
            body.stream(),
        )
    })
}

fn group(token: TokenTree) -> Option<Group> {
    match token {
        TokenTree::Group(group) => Some(group),
        _ => None,
    }
}

fn is(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// The items that a call makes; `None` if the rule is not a simple one or does not fit.
fn apply(pattern: &[TokenTree], body: &TokenStream, arguments: TokenStream) -> Option<Vec<Item>> {
    let mut bound: Vec<(String, TokenTree)> = Vec::new();
    let mut arguments = arguments.into_iter().peekable();
    let mut at = 0;
    while at < pattern.len() {
        if is(&pattern[at], '$') {
            // `$name:kind`
            let (TokenTree::Ident(name), true) = (pattern.get(at + 1)?, is(pattern.get(at + 2)?, ':')) else {
                return None;
            };
            bound.push((name.to_string(), arguments.next()?));
            at += 4;
        } else if arguments.peek().is_some() {
            let argument = arguments.next()?;
            if argument.to_string() != pattern[at].to_string() {
                return None;
            }
            at += 1;
        } else {
            // A comma at the end.
            break;
        }
    }
    if arguments.next().is_some() {
        return None;
    }
    let made = substitute(body.clone(), &bound);
    syn::parse2::<syn::File>(made).ok().map(|file| file.items)
}

fn substitute(body: TokenStream, bound: &[(String, TokenTree)]) -> TokenStream {
    let mut made = Vec::new();
    let mut tokens = body.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let value = match tokens.peek() {
            Some(TokenTree::Ident(name)) if is(&token, '$') => bound
                .iter()
                .find(|(own, _)| name == own)
                .map(|(_, value)| value.clone()),
            _ => None,
        };
        made.push(match (value, token) {
            (Some(value), _) => {
                tokens.next();
                value
            }
            (None, TokenTree::Group(group)) => {
                TokenTree::Group(Group::new(group.delimiter(), substitute(group.stream(), bound)))
            }
            (None, token) => token,
        });
    }
    made.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::ToTokens;

    #[test]
    fn a_simple_macro_is_expanded_and_another_stays() {
        let file: syn::File = syn::parse_quote! {
            macro_rules! named { ($name:ident, $text:literal) => { impl<T> Named for $name<T> { const N: &str = $text; } }; }
            macro_rules! listed { ($($name:ident)*) => { $(struct $name;)* }; }
            named!(A, "a");
            named!(B, "b");
            listed!(C D);
        };
        let expanded = expand(file.items);
        let text: Vec<String> = expanded[2..]
            .iter()
            .map(|item| item.to_token_stream().to_string())
            .collect();
        assert_eq!(
            text[0],
            "impl < T > Named for A < T > { const N : & str = \"a\" ; }"
        );
        assert_eq!(
            text[1],
            "impl < T > Named for B < T > { const N : & str = \"b\" ; }"
        );
        assert!(text[2].starts_with("listed"), "{text:?}");
    }
}
