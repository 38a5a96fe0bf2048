//! In which spellings the names of the table are recognised.

use proc_macro2::Ident;
use syn::{GenericArgument, Path, PathArguments};

use super::scope::{Meaning, Scope};
use super::table::{self, Home, Name};

/// How a name was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// `Mutex`, as the surroundings of the item define it.
    Bare,
    /// `Mutex`, as a `use` in the item defines it, which was rewritten.
    Rebound,
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
pub(crate) fn spelled<'i>(
    scope: &Scope<'_>,
    leading_colon: bool,
    segments: impl IntoIterator<Item = &'i Ident>,
) -> Option<Spelled> {
    let segments: Vec<&Ident> = segments.into_iter().collect();
    let (first, rest) = segments.split_first()?;
    let qualified = |name: Option<&'static Name>, segments| {
        name.filter(|name| scope.has(name.switch)).map(|name| Spelled {
            name,
            spelling: Spelling::Qualified,
            segments,
        })
    };
    // What stands in a module of std, or deeper in it.
    let in_module = |mut module: &'static str, mut at: usize| {
        while let Some(inner) = segments
            .get(at)
            .and_then(|next| table::module_in(Some(module), next))
        {
            (module, at) = (inner, at + 1);
        }
        qualified(table::at(Home::Std(module), segments.get(at)?), at + 1)
    };
    let is_crate = leading_colon || scope.meaning(first).is_none();
    if is_crate && *first == "std" {
        return in_module(table::module_in(None, rest.first()?)?, 2);
    }
    if is_crate && *first == "parking_lot" {
        return qualified(table::at(Home::ParkingLot, rest.first()?), 2);
    }
    if is_crate && let Some((name, segments)) = table::ours_in(&segments) {
        let spelling = Spelling::Rebound;
        return Some(Spelled {
            name,
            spelling,
            segments,
        });
    }
    if leading_colon {
        return None;
    }
    let meaning = scope.meaning(first);
    let module = match meaning {
        Some(Meaning::Module(module)) => Some(module),
        Some(_) => None,
        None => table::module(first),
    };
    if let (Some(module), false) = (module, rest.is_empty()) {
        return in_module(module, 1);
    }
    let (name, spelling) = match meaning {
        Some(Meaning::Twin(name)) => (name, Spelling::Rebound),
        Some(_) => return None,
        None => (scope.bare(first)?, Spelling::Bare),
    };
    Some(Spelled {
        name,
        spelling,
        segments: 1,
    })
}

/// Recognises a name at the head of a parsed path.
pub(crate) fn in_path(scope: &Scope<'_>, path: &Path) -> Option<Spelled> {
    let found = spelled(
        scope,
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

/// Recognises parking_lot's `Condvar`, which has no twin.
pub(crate) fn parking_lot_condvar(path: &Path) -> Option<&Ident> {
    let mut segments = path.segments.iter().map(|segment| &segment.ident);
    let (krate, name) = (segments.next()?, segments.next()?);
    (krate == "parking_lot" && name == "Condvar").then_some(name)
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
    use super::super::options::TracedOptions;
    use super::super::table::Switches;
    use super::*;

    fn find_with(options: &TracedOptions, path: &str) -> Option<(&'static str, Spelling, usize)> {
        let path: Path = syn::parse_str(path).unwrap();
        let scope = Scope::new(options);
        in_path(&scope, &path).map(|found| {
            let twin = found.name.twin.last().unwrap();
            (*twin, found.spelling, found.segments)
        })
    }

    fn find(path: &str) -> Option<(&'static str, Spelling, usize)> {
        find_with(&TracedOptions::default(), path)
    }

    #[test]
    fn spellings_of_locks_are_recognised() {
        use Spelling::{Bare, Qualified};
        assert_eq!(find("Mutex"), Some(("Mutex", Bare, 1)));
        assert_eq!(find("RwLock<u8>"), Some(("RwLock", Bare, 1)));
        assert_eq!(find("Mutex::<u8>::new"), Some(("Mutex", Bare, 1)));
        assert_eq!(find("sync::Condvar::new"), Some(("Condvar", Qualified, 2)));
        assert_eq!(
            find("std::sync::MutexGuard<'a, T>"),
            Some(("MutexGuard", Qualified, 3))
        );
        assert_eq!(find("::std::sync::Mutex"), Some(("Mutex", Qualified, 3)));
        assert_eq!(
            find("parking_lot::Mutex<u8>"),
            Some(("TracingMutex", Qualified, 2))
        );
        assert_eq!(
            find("::parking_lot::RwLock"),
            Some(("TracingRwLock", Qualified, 2))
        );
    }

    #[test]
    fn other_paths_are_not() {
        for path in [
            "Once",
            "std::sync::Once",
            "tokio::sync::Mutex<u8>",
            "::sync::Mutex",
            "::Mutex",
            "std::Mutex",
            "std::sync::atomic::AtomicU8",
            "Self::Mutex",
            "crate::sync::Mutex",
            "self::Mutex",
            "sync<u8>::Mutex",
            "parking_lot::FairMutex",
            "std::thread::spawn",
            "thread::spawn",
            "Instant",
        ] {
            assert_eq!(find(path), None, "{path}");
        }
    }

    #[test]
    fn the_rest_of_std_is_recognised_on_demand() {
        use Spelling::{Bare, Qualified};
        let options = TracedOptions {
            switches: Switches::ALL,
            ..TracedOptions::default()
        };
        let find = |path| find_with(&options, path);
        assert_eq!(find("std::thread::spawn"), Some(("spawn", Qualified, 3)));
        assert_eq!(find("thread::Builder::new"), Some(("Builder", Qualified, 2)));
        assert_eq!(find("Instant::now"), Some(("Instant", Bare, 1)));
        assert_eq!(find("JoinHandle<u8>"), Some(("JoinHandle", Bare, 1)));
        let channel = |segments| Some(("channel", Qualified, segments));
        assert_eq!(find("std::sync::mpsc::channel"), channel(4));
        assert_eq!(find("sync::mpsc::channel::<u8>"), channel(3));
        assert_eq!(find("mpsc::channel"), channel(2));
        assert_eq!(find("Sender<u8>"), Some(("Sender", Bare, 1)));
        assert_eq!(find("io::stdout"), Some(("stdout", Qualified, 2)));
        for path in [
            "spawn",
            "Builder",
            "thread::panicking",
            "std::time::Duration",
            "std::mpsc::channel",
            "thread::mpsc::channel",
            "tokio::sync::mpsc::channel",
            "mpsc::SendError",
            "mpsc",
            "channel",
            "stdout",
            "io::stdin",
        ] {
            assert_eq!(find(path), None, "{path}");
        }
    }

    #[test]
    fn types_are_counted_without_lifetimes() {
        let options = TracedOptions::default();
        let count = |text: &str| {
            let path: Path = syn::parse_str(text).unwrap();
            types_given(&path, in_path(&Scope::new(&options), &path).unwrap())
        };
        assert_eq!(count("MutexGuard<'a, T>"), Some(1));
        assert_eq!(count("Mutex<R, T>"), Some(2));
        assert_eq!(count("std::sync::Mutex::new"), None);
    }
}
