//! Takes syntax out of std's source that is not Rust's yet, so that it can be parsed: marks of constant traits, which
//! say nothing about what is stable.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// `impl<T> const Default for X`, `const trait`, `T: [const] Deref`: without these `const`.
pub(crate) fn without_const_traits(stream: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        if word(token, "impl") {
            let end = after_generics(&tokens, at + 1);
            kept.push(token.clone());
            kept.extend(
                tokens[at + 1..end]
                    .iter()
                    .filter(|token| !is_mark(token))
                    .cloned(),
            );
            at = if tokens.get(end).is_some_and(|token| word(token, "const")) {
                end + 1
            } else {
                end
            };
            continue;
        }
        let of_trait = word(token, "const") && tokens.get(at + 1).is_some_and(|next| word(next, "trait"));
        if !of_trait && !is_mark(token) {
            kept.push(match token {
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), without_const_traits(group.stream()));
                    inner.set_span(group.span());
                    TokenTree::Group(inner)
                }
                other => other.clone(),
            });
        }
        at += 1;
    }
    kept.into_iter().collect()
}

/// Where the list of parameters that begins at `at` ends, if one does.
fn after_generics(tokens: &[TokenTree], at: usize) -> usize {
    let mut depth = 0_u32;
    for (offset, token) in tokens[at..].iter().enumerate() {
        let TokenTree::Punct(punct) = token else {
            if depth == 0 {
                return at + offset;
            }
            continue;
        };
        match punct.as_char() {
            '<' => depth += 1,
            // Not of an arrow.
            '>' if !tokens[at..at + offset].last().is_some_and(is_dash) => depth = depth.saturating_sub(1),
            _ if depth == 0 => return at + offset,
            _ => {}
        }
        if depth == 0 {
            return at + offset + 1;
        }
    }
    tokens.len()
}

fn is_dash(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '-')
}

fn word(token: &TokenTree, text: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == text)
}

/// `[const]`.
fn is_mark(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else {
        return false;
    };
    let mut inner = group.stream().into_iter();
    group.delimiter() == Delimiter::Bracket
        && inner.next().is_some_and(|token| word(&token, "const"))
        && inner.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_marks_go() {
        let text = "impl<T: [const] A, F: Fn() -> T> const Default for X<T> { const fn f(); const N: [u8; 1]; } \
                    pub const trait Y {} impl const Z for X {} impl X { const A: u8; }";
        let plain = "impl<T: A, F: Fn() -> T> Default for X<T> { const fn f(); const N: [u8; 1]; } \
                     pub trait Y {} impl Z for X {} impl X { const A: u8; }";
        let tokens = |text: &str| text.parse::<TokenStream>().unwrap();
        assert_eq!(
            without_const_traits(tokens(text)).to_string(),
            tokens(plain).to_string()
        );
    }
}
