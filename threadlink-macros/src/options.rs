//! The arguments of an attribute, `#[traced(crate = my::threadlink)]`, and where its paths start.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Path, PathSegment, Token};

use crate::errors::Errors;

/// The options of one kind of attribute, besides `crate`, which all of them know.
pub(crate) trait OptionSet: Default {
    /// The end of every message about an unknown option: which ones there are.
    const KNOWN: &'static str;

    /// Reads what follows the option's name, `key`. `Ok(false)` if there is no such option.
    ///
    /// # Errors
    /// If the option is there, and something about it is wrong.
    fn read(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<bool>;
}

/// What a user can say in the parentheses of an attribute.
#[derive(Default)]
pub(crate) struct Options<T> {
    /// `crate = path`, or `::threadlink`.
    pub(crate) krate: CratePath,
    pub(crate) own: T,
}

impl<T: OptionSet> Options<T> {
    /// Reads the arguments of an attribute; mistakes go to `errors`.
    pub(crate) fn parse(args: proc_macro2::TokenStream, errors: &mut Errors) -> Self {
        errors.take(Self::parse_list.parse2(args)).unwrap_or_default()
    }

    fn parse_list(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let key = input.call(Ident::parse_any).map_err(|error| {
                syn::Error::new(error.span(), format!("this is not an option; {}", T::KNOWN))
            })?;
            if key == "crate" {
                options.read_crate(&key, input)?;
            } else if !options.own.read(&key, input)? {
                return Err(syn::Error::new(
                    key.span(),
                    format!("`{key}` is not an option; {}", T::KNOWN),
                ));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }

    fn read_crate(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        once(key, self.krate.0.is_none())?;
        input.parse::<Token![=]>().map_err(|error| {
            syn::Error::new(error.span(), "`crate` needs a path: `crate = my::threadlink`")
        })?;
        let path = input.call(Path::parse_mod_style).map_err(|error| {
            syn::Error::new(
                error.span(),
                "expected a path without quotes or arguments: `crate = my::threadlink`",
            )
        })?;
        self.krate = CratePath(Some(path));
        Ok(())
    }
}

/// Refuses an option that was given before.
pub(crate) fn once(key: &Ident, is_new: bool) -> syn::Result<()> {
    if is_new {
        Ok(())
    } else {
        Err(syn::Error::new(key.span(), format!("`{key}` is given twice")))
    }
}

/// The path of the runtime crate.
#[derive(Default)]
pub(crate) struct CratePath(Option<Path>);

impl CratePath {
    /// The path, in code that only this crate's author reads: lints of the user's crate stay silent about it,
    /// and errors in it point at `place`.
    pub(crate) fn hidden(&self, place: Span) -> Path {
        self.build(Span::mixed_site().located_at(place), place)
    }

    /// The path, in an expression that stands in place of the user's: `#[track_caller]` looks at its span,
    /// which therefore must not come from an expansion.
    pub(crate) fn visible(&self, place: Span) -> Path {
        self.build(place, place)
    }

    fn build(&self, default: Span, place: Span) -> Path {
        let Some(path) = &self.0 else {
            let mut path = Path::from(PathSegment::from(Ident::new("threadlink", default)));
            path.leading_colon = Some(Token![::](default));
            return path;
        };
        let mut path = path.clone();
        for segment in &mut path.segments {
            segment.ident.set_span(segment.ident.span().located_at(place));
        }
        if let Some(colons) = &mut path.leading_colon {
            colons.spans = colons.spans.map(|span| span.located_at(place));
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::{ToTokens, quote};

    /// No options of its own.
    #[derive(Default)]
    struct Nothing;

    impl OptionSet for Nothing {
        const KNOWN: &'static str = "it knows `crate`";

        fn read(&mut self, _: &Ident, _: ParseStream<'_>) -> syn::Result<bool> {
            Ok(false)
        }
    }

    fn parse(args: proc_macro2::TokenStream) -> Result<String, String> {
        let mut errors = Errors::default();
        let options = Options::<Nothing>::parse(args, &mut errors);
        if errors.is_empty() {
            Ok(options
                .krate
                .hidden(Span::call_site())
                .to_token_stream()
                .to_string())
        } else {
            Err(errors.into_tokens().to_string())
        }
    }

    #[test]
    fn the_crate_is_threadlink_unless_a_path_is_given() {
        assert_eq!(parse(quote!()).unwrap(), ":: threadlink");
        assert_eq!(parse(quote!(crate = my::link)).unwrap(), "my :: link");
        assert_eq!(parse(quote!(crate = ::link,)).unwrap(), ":: link");
        assert_eq!(parse(quote!(crate = crate::link)).unwrap(), "crate :: link");
    }

    #[test]
    fn mistakes_in_the_arguments_are_named() {
        for (args, message) in [
            (quote!(thread), "`thread` is not an option"),
            (quote!("crate"), "this is not an option"),
            (quote!(crate), "`crate` needs a path"),
            (quote!(crate = "x"), "without quotes"),
            (quote!(crate = a, crate = b), "`crate` is given twice"),
        ] {
            let error = parse(args.clone()).unwrap_err();
            assert!(error.contains(message), "{args}: {error}");
        }
    }
}
