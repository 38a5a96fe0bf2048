//! What `#[threadlink::main(...)]` and `#[threadlink::export(...)]` can be told.

use proc_macro2::{Ident, TokenStream};
use syn::parse::ParseStream;
use syn::{Expr, Token};

use super::Kind;
use crate::errors::Errors;
use crate::options::{CratePath, OptionSet, Options, once};

/// The options of either attribute.
pub(crate) struct EntryOptions {
    pub(crate) krate: CratePath,
    /// Bytes of stack that a thread gets that asks for nothing else; a constant expression.
    pub(crate) stack_size: Option<Expr>,
}

/// Reads the arguments; mistakes go to `errors`.
pub(crate) fn parse(kind: Kind, args: TokenStream, errors: &mut Errors) -> EntryOptions {
    match kind {
        Kind::Main => {
            let Options { krate, own } = Options::<MainOptions>::parse(args, errors);
            EntryOptions {
                krate,
                stack_size: own.stack_size,
            }
        }
        Kind::Export => EntryOptions {
            krate: Options::<ExportOptions>::parse(args, errors).krate,
            stack_size: None,
        },
    }
}

#[derive(Default)]
struct MainOptions {
    stack_size: Option<Expr>,
}

impl OptionSet for MainOptions {
    const KNOWN: &'static str = "`#[threadlink::main]` knows `stack_size = bytes`, which threads get by default, and \
                                 `crate = path`, where the threadlink crate is found";

    fn read(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<bool> {
        if key != "stack_size" {
            return Ok(false);
        }
        once(key, self.stack_size.is_none())?;
        input.parse::<Token![=]>().map_err(|_| {
            syn::Error::new(
                key.span(),
                "`stack_size` needs a number of bytes: `stack_size = 1024 * 1024`",
            )
        })?;
        let size: Expr = input.parse()?;
        if let Expr::Lit(literal) = &size
            && !matches!(literal.lit, syn::Lit::Int(_))
        {
            return Err(syn::Error::new_spanned(
                &size,
                "`stack_size` is a number of bytes: `stack_size = 1024 * 1024`",
            ));
        }
        self.stack_size = Some(size);
        Ok(true)
    }
}

#[derive(Default)]
struct ExportOptions;

impl OptionSet for ExportOptions {
    const KNOWN: &'static str =
        "`#[threadlink::export]` knows one: `crate = path`, where the threadlink crate is found";

    fn read(&mut self, _: &Ident, _: ParseStream<'_>) -> syn::Result<bool> {
        Ok(false)
    }
}
