//! std's attributes that say since when an item may be used.

use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token, punctuated::Punctuated};
use threadlink_toolchain::Version;

/// What an item's attributes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stability {
    /// Whether it may be used, if that is said.
    pub(crate) level: Option<Level>,
    /// Since when it shouldn't be used.
    pub(crate) deprecated: Option<Version>,
    /// Since when it may be used in constants. `None`: that is not said, so the word `const` decides.
    pub(crate) constant: Option<Level>,
    /// Not in std's documentation.
    pub(crate) hidden: bool,
}

/// Stable since a release, or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Stable(Version),
    Unstable,
}

impl Stability {
    /// Reads attributes. `now` is the release of the source, which is what its newest items name.
    pub(crate) fn of(attributes: &[Attribute], now: Version) -> Stability {
        let mut found = Stability::default();
        for attribute in attributes {
            let Some(name) = attribute.path().get_ident().map(ToString::to_string) else {
                continue;
            };
            match name.as_str() {
                "stable" => found.level = since(attribute, now).map(Level::Stable),
                "unstable" => found.level = Some(Level::Unstable),
                "rustc_const_stable" => found.constant = since(attribute, now).map(Level::Stable),
                "rustc_const_unstable" => found.constant = Some(Level::Unstable),
                "deprecated" => found.deprecated = since(attribute, now),
                "doc" => {
                    found.hidden |= attribute
                        .parse_args::<Meta>()
                        .is_ok_and(|meta| meta.path().is_ident("hidden"));
                }
                _ => {}
            }
        }
        found
    }
}

fn since(attribute: &Attribute, now: Version) -> Option<Version> {
    let parts = attribute
        .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
        .ok()?;
    parts.iter().find_map(|part| match part {
        Meta::NameValue(pair) if pair.path.is_ident("since") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            }) => version(&text.value(), now),
            _ => None,
        },
        _ => None,
    })
}

/// `1.5.0`, `1.5`, or the word that stands for the release itself.
pub(crate) fn version(text: &str, now: Version) -> Option<Version> {
    if text == "CURRENT_RUSTC_VERSION" {
        return Some(now);
    }
    Version::parse(text).or_else(|| Version::parse(&format!("{text}.0")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::{ItemFn, parse_quote};

    #[test]
    fn all_that_is_said_is_read() {
        let item: ItemFn = parse_quote!(
            #[stable(feature = "rust1", since = "1.0.0")]
            #[deprecated(since = "1.6.0", note = "replaced by `std::thread::sleep`")]
            #[rustc_const_unstable(feature = "x", issue = "none")]
            fn f() {}
        );
        let found = Stability::of(&item.attrs, Version::OLDEST);
        assert_eq!(
            found.level.map(|l| format!("{l:?}")),
            Some("Stable(Version { major: 1, minor: 0, patch: 0 })".to_owned())
        );
        assert_eq!(found.deprecated.map(|v| v.to_string()), Some("1.6.0".to_owned()));
        assert_eq!(found.constant, Some(Level::Unstable));
        assert!(!found.hidden);
    }
}
