//! Which names of `std::sync` are replaced, and in which spellings they are recognised.

use proc_macro2::Ident;
use syn::{GenericArgument, Path, PathArguments};

/// A type of `std::sync` that has a twin of the same name in `threadlink::sync`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// Its name.
    pub(crate) ident: &'static str,
    /// The function in `threadlink::__private::std_types` that compiles only for this type.
    pub(crate) check: &'static str,
    /// How many lifetimes it takes.
    pub(crate) lifetimes: usize,
    /// How many types it takes.
    pub(crate) types: usize,
}

const NAMES: [Name; 4] = [
    Name {
        ident: "Mutex",
        check: "mutex",
        lifetimes: 0,
        types: 1,
    },
    Name {
        ident: "MutexGuard",
        check: "mutex_guard",
        lifetimes: 1,
        types: 1,
    },
    Name {
        ident: "Condvar",
        check: "condvar",
        lifetimes: 0,
        types: 0,
    },
    Name {
        ident: "WaitTimeoutResult",
        check: "wait_timeout_result",
        lifetimes: 0,
        types: 0,
    },
];

/// The name that `ident` is, if it is one that is replaced.
pub(crate) fn by_ident(ident: &Ident) -> Option<&'static Name> {
    NAMES.iter().find(|name| ident == name.ident)
}

/// How a name was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// `Mutex`
    Bare,
    /// `sync::Mutex`, `std::sync::Mutex` or `::std::sync::Mutex`
    Qualified,
}

/// A name at the head of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spelled {
    pub(crate) name: &'static Name,
    pub(crate) spelling: Spelling,
    /// How many segments of the path it takes.
    pub(crate) segments: usize,
}

/// Recognises a name in the first segments of a path.
pub(crate) fn spelled<'a>(
    leading_colon: bool,
    segments: impl IntoIterator<Item = &'a Ident>,
) -> Option<Spelled> {
    let mut segments = segments.into_iter();
    let mut at = 1;
    let mut current = segments.next()?;
    if current == "std" {
        current = segments.next()?;
        at += 1;
        if current != "sync" {
            return None;
        }
    } else if leading_colon {
        return None;
    }
    if current == "sync" {
        current = segments.next()?;
        at += 1;
    }
    let spelling = if at == 1 {
        Spelling::Bare
    } else {
        Spelling::Qualified
    };
    by_ident(current).map(|name| Spelled {
        name,
        spelling,
        segments: at,
    })
}

/// Recognises a name at the head of a parsed path.
pub(crate) fn in_path(path: &Path) -> Option<Spelled> {
    let found = spelled(
        path.leading_colon.is_some(),
        path.segments.iter().map(|segment| &segment.ident),
    )?;
    let prefix_is_plain = path
        .segments
        .iter()
        .take(found.segments - 1)
        .all(|segment| segment.arguments.is_none());
    prefix_is_plain.then_some(found)
}

/// How many types the user gave to the name at the head of `path`; `None` if there are no brackets to give
/// them in.
pub(crate) fn types_given(path: &Path, found: Spelled) -> Option<usize> {
    match &path.segments[found.segments - 1].arguments {
        PathArguments::None => None,
        PathArguments::AngleBracketed(list) => Some(
            list.args
                .iter()
                .filter(|arg| !matches!(arg, GenericArgument::Lifetime(_)))
                .count(),
        ),
        PathArguments::Parenthesized(list) => Some(list.inputs.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(path: &str) -> Option<(&'static str, Spelling, usize)> {
        let path: Path = syn::parse_str(path).unwrap();
        in_path(&path).map(|found| (found.name.ident, found.spelling, found.segments))
    }

    #[test]
    fn four_spellings_are_recognised() {
        use Spelling::{Bare, Qualified};
        assert_eq!(find("Mutex"), Some(("Mutex", Bare, 1)));
        assert_eq!(find("Mutex::<u8>::new"), Some(("Mutex", Bare, 1)));
        assert_eq!(find("sync::Condvar::new"), Some(("Condvar", Qualified, 2)));
        assert_eq!(
            find("std::sync::MutexGuard<'a, T>"),
            Some(("MutexGuard", Qualified, 3))
        );
        assert_eq!(find("::std::sync::Mutex"), Some(("Mutex", Qualified, 3)));
    }

    #[test]
    fn other_paths_are_not() {
        for path in [
            "RwLock<u8>",
            "parking_lot::Mutex<u8>",
            "tokio::sync::Mutex<u8>",
            "::sync::Mutex",
            "::Mutex",
            "std::Mutex",
            "std::sync::atomic::AtomicU8",
            "Self::Mutex",
            "crate::sync::Mutex",
            "self::Mutex",
            "sync<u8>::Mutex",
        ] {
            assert_eq!(find(path), None, "{path}");
        }
    }

    #[test]
    fn types_are_counted_without_lifetimes() {
        let count = |text: &str| {
            let path: Path = syn::parse_str(text).unwrap();
            types_given(&path, in_path(&path).unwrap())
        };
        assert_eq!(count("MutexGuard<'a, T>"), Some(1));
        assert_eq!(count("Mutex<R, T>"), Some(2));
        assert_eq!(count("std::sync::Mutex::new"), None);
    }
}
