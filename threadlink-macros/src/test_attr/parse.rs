//! Reading a test: the function, its body as a heap of tokens, and the attributes that say how to run it.

use proc_macro2::{Delimiter, Group, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, MetaNameValue, Signature, Token, Visibility};

use super::ATTRIBUTE;
use crate::errors::Errors;

/// A function whose body was not parsed.
pub(crate) struct TestFn {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: Group,
}

impl TestFn {
    /// Fails if `item` is anything but one function with a body.
    pub(crate) fn parse(item: TokenStream) -> syn::Result<Self> {
        let whole = item.clone();
        let parser = |input: ParseStream<'_>| {
            let function = Self {
                attrs: input.call(Attribute::parse_outer)?,
                vis: input.parse()?,
                sig: input.parse()?,
                body: input.parse()?,
            };
            if function.body.delimiter() == Delimiter::Brace {
                Ok(function)
            } else {
                Err(input.error("no body"))
            }
        };
        parser
            .parse2(item)
            .map_err(|_| syn::Error::new_spanned(whole, format!("`#[{ATTRIBUTE}]` stands on a function")))
    }

    /// The conditions under which the function exists.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
    }
}

/// Whether rustc wants to see this attribute on tests only.
pub(crate) fn belongs_to_a_test(attr: &Attribute) -> bool {
    ["test", "ignore", "should_panic"]
        .iter()
        .any(|name| attr.path().is_ident(name))
}

/// What `#[ignore]` and `#[should_panic]` say.
#[derive(Default)]
pub(crate) struct Marks {
    /// The reason, if the test is ignored; empty if none is given.
    pub(crate) ignored: Option<LitStr>,
    pub(crate) should_panic: bool,
    /// What the panic's message has to contain.
    pub(crate) expected: Option<LitStr>,
}

impl Marks {
    pub(crate) fn read(function: &TestFn, errors: &mut Errors) -> Self {
        let mut marks = Self::default();
        for attr in &function.attrs {
            if attr.path().is_ident("ignore") {
                match &attr.meta {
                    Meta::Path(path) => {
                        let place = syn::spanned::Spanned::span(path);
                        marks.ignored = Some(LitStr::new("", place));
                    }
                    Meta::NameValue(pair) if text(pair).is_some() => marks.ignored = text(pair),
                    _ => errors.at(
                        attr,
                        "write `#[ignore]`, or `#[ignore = ..]` with the reason in quotes",
                    ),
                }
            } else if attr.path().is_ident("should_panic") {
                marks.should_panic = true;
                match expected(&attr.meta) {
                    Some(expected) => marks.expected = expected,
                    None => errors.at(
                        attr,
                        "write `#[should_panic]`, or `#[should_panic(expected = ..)]` with a part of the message in \
                         quotes",
                    ),
                }
            }
        }
        marks
    }
}

/// The text that a `should_panic` expects, if any; `None` if it is written in no known way.
fn expected(meta: &Meta) -> Option<Option<LitStr>> {
    match meta {
        Meta::Path(_) => Some(None),
        Meta::NameValue(pair) => text(pair).map(Some),
        Meta::List(list) => {
            let parser = |input: ParseStream<'_>| {
                let pair: MetaNameValue = input.parse()?;
                input.parse::<Option<Token![,]>>()?;
                Ok(pair)
            };
            let pair = list.parse_args_with(parser).ok()?;
            if pair.path.is_ident("expected") {
                text(&pair).map(Some)
            } else {
                None
            }
        }
    }
}

fn text(pair: &MetaNameValue) -> Option<LitStr> {
    match &pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        }) => Some(text.clone()),
        _ => None,
    }
}
