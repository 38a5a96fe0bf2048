//! The arguments of an attribute, `#[traced(crate = my::threadlink)]`, and where its paths start.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Path, PathSegment, Token};

use crate::errors::Errors;

/// What a user can say in the parentheses of any of the attributes.
#[derive(Default)]
pub(crate) struct Options {
    /// `crate = path`, or `::threadlink`.
    pub(crate) krate: CratePath,
}

impl Options {
    /// Reads the arguments of the attribute called `attribute`; mistakes go to `errors`.
    pub(crate) fn parse(attribute: &str, args: proc_macro2::TokenStream, errors: &mut Errors) -> Self {
        let parser = |input: ParseStream<'_>| Self::parse_list(attribute, input);
        errors.take(parser.parse2(args)).unwrap_or_default()
    }

    fn parse_list(attribute: &str, input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let key = input.call(Ident::parse_any).map_err(|error| {
                syn::Error::new(error.span(), one_option(attribute, "this is not an option"))
            })?;
            if key != "crate" {
                let what = format!("`{key}` is not an option");
                return Err(syn::Error::new(key.span(), one_option(attribute, &what)));
            }
            if options.krate.0.is_some() {
                return Err(syn::Error::new(key.span(), "`crate` is given twice"));
            }
            input.parse::<Token![=]>().map_err(|error| {
                syn::Error::new(error.span(), "`crate` needs a path: `crate = my::threadlink`")
            })?;
            let path = input.call(Path::parse_mod_style).map_err(|error| {
                syn::Error::new(
                    error.span(),
                    "expected a path without quotes or arguments: `crate = my::threadlink`",
                )
            })?;
            options.krate = CratePath(Some(path));
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

fn one_option(attribute: &str, what: &str) -> String {
    format!("{what}; `#[{attribute}]` knows one: `crate = path`, where the threadlink crate is found")
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

    fn parse(args: proc_macro2::TokenStream) -> Result<String, String> {
        let mut errors = Errors::default();
        let options = Options::parse("traced", args, &mut errors);
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
