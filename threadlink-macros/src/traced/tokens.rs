//! Names in the arguments of macros, which are tokens and not yet Rust.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Path, PathSegment, Token};

use super::spelling::{Spelled, Spelling};

/// What is done to the paths in tokens. They are given without generic arguments.
pub(crate) trait Paths {
    /// Recognises a name at the head of a path.
    fn spelled(&self, path: &Path) -> Option<Spelled>;

    /// What to put in the place of a path with a name at its head.
    fn replace(&mut self, path: &Path, found: Spelled) -> Option<Path>;

    /// What to put in the place of the path of a macro.
    fn replace_macro(&mut self, path: &Path) -> Option<Path>;
}

/// Replaces paths in `tokens`.
///
/// A bare name counts only where it cannot be any word (`log!(Mutex)`): before `::` or `<`. A macro counts only
/// with its whole path.
pub(crate) fn replace(tokens: TokenStream, paths: &mut dyn Paths) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut output = TokenStream::new();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(run) = PathRun::at(&tokens, at) {
            let before = at.checked_sub(1).map(|before| &tokens[before]);
            let new = if run.is_macro {
                Some(&run.path)
                    .filter(|path| path.segments.len() > 1)
                    .and_then(|path| paths.replace_macro(path))
            } else {
                run.spelled(before, &tokens, paths)
                    .and_then(|found| paths.replace(&run.path, found))
            };
            match new {
                Some(path) => path.to_tokens(&mut output),
                None => output.extend(tokens[at..run.end].iter().cloned()),
            }
            at = run.end;
            continue;
        }
        let token = match &tokens[at] {
            TokenTree::Group(group) => TokenTree::Group(within(group, paths)),
            other => other.clone(),
        };
        output.extend([token]);
        at += 1;
    }
    output
}

fn within(group: &Group, paths: &mut dyn Paths) -> Group {
    let mut new = Group::new(group.delimiter(), replace(group.stream(), paths));
    new.set_span(group.span());
    new
}

/// Identifiers joined by `::`.
struct PathRun {
    path: Path,
    /// Index of the token behind it.
    end: usize,
    /// Behind it stand a `!` and the arguments of a macro.
    is_macro: bool,
}

impl PathRun {
    fn at(tokens: &[TokenTree], start: usize) -> Option<Self> {
        let leading_colon = colons(tokens, start);
        let mut at = if leading_colon.is_some() { start + 2 } else { start };
        let mut path = Path {
            leading_colon,
            segments: Default::default(),
        };
        path.segments
            .push_value(PathSegment::from(path_ident(tokens, at)?));
        at += 1;
        while let (Some(separator), Some(ident)) = (colons(tokens, at), path_ident(tokens, at + 2)) {
            path.segments.push_punct(separator);
            path.segments.push_value(PathSegment::from(ident));
            at += 3;
        }
        let bang = matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == '!');
        let is_macro = bang && matches!(tokens.get(at + 1), Some(TokenTree::Group(_)));
        // The argument of `stringify!` is text.
        let is_text = path.segments.last().is_some_and(|last| last.ident == "stringify");
        if is_text && is_macro {
            at += 2;
        }
        Some(Self {
            path,
            end: at,
            is_macro,
        })
    }

    /// The name at its head, given the token before it.
    fn spelled(
        &self,
        before: Option<&TokenTree>,
        tokens: &[TokenTree],
        paths: &dyn Paths,
    ) -> Option<Spelled> {
        let continues = match before {
            // A field or method, a lifetime, a macro's variable.
            Some(TokenTree::Punct(punct)) if matches!(punct.as_char(), '.' | '\'' | '$') => true,
            // `<T as Trait>::name`, `Vec::<T>::new`, `$crate::name`.
            Some(TokenTree::Punct(punct)) => self.path.leading_colon.is_some() && punct.as_char() == '>',
            Some(TokenTree::Group(group)) => {
                self.path.leading_colon.is_some() && group.delimiter() == Delimiter::None
            }
            _ => false,
        };
        if continues {
            return None;
        }
        let found = paths.spelled(&self.path)?;
        let is_path = found.spelling == Spelling::Qualified
            || found.segments < self.path.segments.len()
            || colons(tokens, self.end).is_some()
            || matches!(tokens.get(self.end), Some(TokenTree::Punct(punct)) if punct.as_char() == '<');
        is_path.then_some(found)
    }
}

/// The `::` at `at`.
fn colons(tokens: &[TokenTree], at: usize) -> Option<Token![::]> {
    match (tokens.get(at)?, tokens.get(at + 1)?) {
        (TokenTree::Punct(first), TokenTree::Punct(second))
            if first.as_char() == ':' && first.spacing() == Spacing::Joint && second.as_char() == ':' =>
        {
            Some(Token![::]([first.span(), second.span()]))
        }
        _ => None,
    }
}

/// The identifier at `at`, unless it is a keyword that can stand before a path.
fn path_ident(tokens: &[TokenTree], at: usize) -> Option<Ident> {
    const KEYWORDS: [&str; 22] = [
        "as", "async", "await", "box", "break", "const", "dyn", "else", "for", "if", "impl", "in", "let",
        "match", "move", "mut", "ref", "return", "static", "unsafe", "where", "while",
    ];
    match tokens.get(at)? {
        TokenTree::Ident(ident) if !KEYWORDS.iter().any(|keyword| ident == keyword) => Some(ident.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::options::TracedOptions;
    use super::super::scope::Scope;
    use super::super::spelling;
    use super::*;
    use quote::quote;

    /// Replaces every name by `X` and every macro by `y`.
    struct Everything<'a>(Scope<'a>);

    impl Paths for Everything<'_> {
        fn spelled(&self, path: &Path) -> Option<Spelled> {
            spelling::in_path(&self.0, path)
        }

        fn replace(&mut self, path: &Path, found: Spelled) -> Option<Path> {
            let mut new: Path = syn::parse_quote!(X);
            new.segments
                .extend(path.segments.iter().skip(found.segments).cloned());
            Some(new)
        }

        fn replace_macro(&mut self, path: &Path) -> Option<Path> {
            let last = &path.segments.last()?.ident;
            (last != "stringify").then(|| syn::parse_quote!(y))
        }
    }

    fn replaced(tokens: TokenStream) -> String {
        let options = TracedOptions::default();
        replace(tokens, &mut Everything(Scope::new(&options))).to_string()
    }

    #[track_caller]
    fn same(tokens: TokenStream, expected: &TokenStream) {
        assert_eq!(replaced(tokens), expected.to_string());
    }

    #[test]
    fn names_before_a_path_or_arguments_are_found_at_any_depth() {
        same(quote!([Mutex::new(0); 3]), &quote!([X::new(0); 3]));
        same(
            quote!(a, (b, { Mutex::<u8>::new(1) })),
            &quote!(a, (b, { X::<u8>::new(1) })),
        );
        same(quote!(static M: Mutex<u8>), &quote!(static M: X<u8>));
        same(
            quote!(return ::std::sync::Mutex::new(0)),
            &quote!(return X::new(0)),
        );
        same(quote!(x as std::sync::Condvar), &quote!(x as X));
        same(quote!(sync::Mutex), &quote!(X));
        same(
            quote!(std::println!("{}", Mutex::new(0))),
            &quote!(y!("{}", X::new(0))),
        );
    }

    #[test]
    fn other_words_and_paths_are_left() {
        for tokens in [
            quote!(Mutex),
            quote!("{}", Mutex, x.Mutex),
            quote!(tokio::sync::Mutex::new(0)),
            quote!(println!("{}", x != (y))),
            quote!(<T as Trait>::sync::Mutex),
            quote!(Vec::<u8>::Mutex::new()),
            quote!($Mutex::new(0)),
            quote!(x.Mutex::<u8>()),
            quote!(&'Mutex <T>),
            quote!(stringify!(Mutex::new, std::sync::Mutex)),
            quote!(core::stringify!(std::sync::Mutex)),
        ] {
            let unchanged = tokens.to_string();
            assert_eq!(replaced(tokens), unchanged);
        }
    }
}
