//! Whether `#[cfg]` keeps an item, for the two kinds of build that are compared.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token};

/// What is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// For wasm32-unknown-unknown with atomics.
    Wasm,
    /// For a computer with Linux.
    Native,
}

impl Build {
    /// Whether all `#[cfg]` among the attributes hold.
    pub(crate) fn keeps(self, attributes: &[Attribute]) -> bool {
        attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("cfg"))
            .all(|attribute| attribute.parse_args::<Meta>().is_ok_and(|meta| self.holds(&meta)))
    }

    fn holds(self, meta: &Meta) -> bool {
        match meta {
            // A target that has everything that std asks for; not a test, not documentation, no feature.
            Meta::Path(path) => match self {
                Build::Wasm => false,
                Build::Native => path.is_ident("unix"),
            },
            Meta::NameValue(pair) => {
                let Expr::Lit(ExprLit {
                    lit: Lit::Str(value), ..
                }) = &pair.value
                else {
                    return false;
                };
                let name = pair.path.get_ident().map(ToString::to_string).unwrap_or_default();
                self.has(&name, &value.value())
            }
            Meta::List(list) => {
                let parts = list
                    .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                    .unwrap_or_default();
                let mut parts = parts.iter().map(|part| self.holds(part));
                if list.path.is_ident("all") {
                    parts.all(|holds| holds)
                } else if list.path.is_ident("any") {
                    parts.any(|holds| holds)
                } else {
                    list.path.is_ident("not") && !parts.any(|holds| holds)
                }
            }
        }
    }

    fn has(self, name: &str, value: &str) -> bool {
        match (name, value) {
            ("panic", "unwind") | ("target_has_atomic", _) | ("feature", "tls-destructors") => true,
            ("target_arch", "wasm32") | ("target_os", "unknown") | ("target_feature", "atomics") => {
                self == Build::Wasm
            }
            ("target_os", "linux") => self == Build::Native,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::{Item, parse_quote};

    #[test]
    fn predicates_nest() {
        let item: Item = parse_quote!(
            #[cfg(not(all(target_arch = "wasm32", any(test, target_os = "unknown"))))]
            struct X;
        );
        let Item::Struct(item) = item else { unreachable!() };
        assert!(!Build::Wasm.keeps(&item.attrs));
        assert!(Build::Native.keeps(&item.attrs));
    }
}
