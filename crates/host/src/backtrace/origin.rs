//! Whose code a frame is: told by the file that it stands in, and by the crate that its symbol begins with.

use threadlink_abi::exports;

/// Whose code it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The standard library's.
    Std,
    /// That of threadlink's crates in the guest.
    Runtime,
    /// A dependency's that came from a registry or a repository.
    Dependency,
    /// The program's own, as far as anybody can tell.
    Program,
}

/// Where rustc's builds and toolchains with `rust-src` have the source of std and of what it is built on.
const STD_SOURCE: [&str; 2] = ["/rustc/", "/rustlib/src/rust/"];
/// Where cargo keeps the source of dependencies.
const DEPENDENCIES: [&str; 2] = ["/registry/src/", "/git/checkouts/"];
/// The crates of std whose code programs call or are called by, and the one that rustc gives its own symbols.
const STD_CRATES: [&str; 5] = ["core", "alloc", "std", "test", "__rustc"];
/// The prefixes of symbols of std and of the runtime that are in no crate.
const STD_SYMBOLS: [&str; 2] = ["rust_", "__rust"];
const RUNTIME_SYMBOLS: &str = "__threadlink";
/// The crates that the runtime consists of.
const RUNTIME_CRATES: [&str; 3] = ["threadlink", "threadlink_rt", "threadlink_abi"];

impl Origin {
    /// Of a function with this demangled name, at this place.
    pub(crate) fn of(name: &str, place: Option<&str>) -> Origin {
        let place = place.map(|place| place.replace('\\', "/"));
        let stands_in = |folders: &[&str]| {
            let place = place.as_deref().unwrap_or_default();
            folders.iter().any(|folder| place.contains(folder))
        };
        let is = |crates: &[&str], name: Option<&str>| name.is_some_and(|name| crates.contains(&name));
        let (of_type, of_trait) = crates(name);
        if stands_in(&STD_SOURCE) {
            return Origin::Std;
        }
        // A trait of the program's for a type of the runtime's is the program's code, unless it stands in the type's module.
        let beside = || {
            let module = name.split("::").nth(1).unwrap_or_default();
            !module.is_empty() && stands_in(&[&format!("/src/{module}/"), &format!("/src/{module}.rs")])
        };
        let by_other =
            of_trait.is_some() && !is(&RUNTIME_CRATES, of_trait) && !is(&STD_CRATES, of_trait) && !beside();
        if is(&RUNTIME_CRATES, of_type) && !by_other {
            return Origin::Runtime;
        }
        if stands_in(&DEPENDENCIES) {
            return Origin::Dependency;
        }
        let primitive = of_type.is_none() && name.starts_with('<') && name.contains(">::");
        if place.is_none() && (primitive || is(&STD_CRATES, of_type)) && !by_other {
            return Origin::Std;
        }
        match of_type {
            Some(_) => Origin::Program,
            None if STD_SYMBOLS.iter().any(|prefix| name.starts_with(prefix)) => Origin::Std,
            None if name.starts_with(RUNTIME_SYMBOLS)
                || [
                    exports::START,
                    exports::THREAD_START,
                    exports::MALLOC,
                    exports::FREE,
                ]
                .contains(&name) =>
            {
                Origin::Runtime
            }
            None => Origin::Program,
        }
    }
}

/// Whether a function of the source is the program's own, as far as its demangled name and place tell.
pub(crate) fn is_programs(name: &str, place: Option<&str>) -> bool {
    Origin::of(name, place) == Origin::Program
}

/// Whether it is std's or the runtime's.
pub(crate) fn is_machinery(name: &str, place: Option<&str>) -> bool {
    matches!(Origin::of(name, place), Origin::Std | Origin::Runtime)
}

/// Rust's names without the hash.
pub(crate) fn demangle(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

/// Whether a path in this demangled name, if only that of a type it was made for, is of a crate that is neither std's nor the
/// runtime's.
pub(crate) fn has_other_crates(name: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut rest = name;
    let mut last = ' ';
    while let Some(first) = rest.chars().next() {
        let len = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(len.max(first.len_utf8()));
        let begins = len > 0 && last != ':' && after.starts_with("::");
        if begins && !STD_CRATES.contains(&word) && !RUNTIME_CRATES.contains(&word) {
            return true;
        }
        last = word.chars().next_back().unwrap_or(' ');
        rest = after;
    }
    false
}

/// The crate that a path begins with: `a::b`, `<a::T>::f`, or `<a::T as b::Trait>::f`, which has two.
fn crates(name: &str) -> (Option<&str>, Option<&str>) {
    let of_trait = name
        .strip_prefix('<')
        .and_then(|inner| split_as(inner))
        .and_then(|path| first_crate(path));
    (first_crate(name), of_trait)
}

/// What stands after the `as` of the outermost brackets.
fn split_as(inner: &str) -> Option<&str> {
    let mut depth = 0_usize;
    let mut last = ' ';
    for (at, letter) in inner.char_indices() {
        match letter {
            '<' | '(' | '[' => depth += 1,
            // The arrow of a function's type closes nothing.
            '>' if last == '-' => {}
            '>' | ')' | ']' => depth = depth.checked_sub(1)?,
            ' ' if depth == 0 => {
                if let Some(path) = inner[at..].strip_prefix(" as ") {
                    return Some(path);
                }
            }
            _ => {}
        }
        last = letter;
    }
    None
}

/// The first name that is followed by `::`, whatever kinds of type stand around it.
fn first_crate(path: &str) -> Option<&str> {
    let path = path.trim_start_matches(['<', '&', '*', '(', '[', '\'']);
    for word in ["mut ", "const ", "dyn "] {
        if let Some(rest) = path.strip_prefix(word) {
            return first_crate(rest);
        }
    }
    let end = path.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))?;
    (end > 0 && path[end..].starts_with("::")).then_some(&path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_tell_first() {
        for (name, place, origin) in [
            (
                "core::ops::call",
                "/rustc/0123/library/core/src/ops.rs:1:2",
                Origin::Std,
            ),
            (
                "<mine::T as core::convert::Into<u8>>::into",
                "/t/lib/rustlib/src/rust/library/core/src/c.rs:3",
                Origin::Std,
            ),
            (
                "<alloc::vec::Vec<u8> as mine::Trait>::f",
                "src/main.rs:1",
                Origin::Program,
            ),
            (
                "rayon_core::join",
                r"C:\u\.cargo\registry\src\x\rayon-core\src\join.rs:1",
                Origin::Dependency,
            ),
            (
                "threadlink::thread::spawn",
                "/home/u/.cargo/registry/src/x/threadlink-0.1.0/src/thread.rs:1",
                Origin::Runtime,
            ),
            ("mine::f", "src/threadlink/rustc.rs:1", Origin::Program),
            (
                "<threadlink::sync::Mutex<u8> as mine::Trait>::f",
                "src/main.rs:1",
                Origin::Program,
            ),
            (
                "<threadlink::raw::mutex::RawTracing<parking_lot::M> as lock_api::RawMutex>::lock",
                "/p/threadlink/src/raw/mutex.rs:108:32",
                Origin::Runtime,
            ),
            (
                "<threadlink::sync::Mutex<u8> as core::fmt::Debug>::fmt",
                "/p/mutex.rs:1",
                Origin::Runtime,
            ),
        ] {
            assert_eq!(Origin::of(name, Some(place)), origin, "{name} {place}");
        }
    }

    #[test]
    fn without_files_symbols_tell() {
        for (name, origin) in [
            ("std::thread::sleep", Origin::Std),
            (
                "<&mut dyn core::fmt::Write as core::fmt::Write>::write_str",
                Origin::Std,
            ),
            (
                "<fn(u8) -> mine::T as core::ops::FnOnce<()>>::call_once",
                Origin::Std,
            ),
            ("__rustc::rust_begin_unwind", Origin::Std),
            ("rust_panic", Origin::Std),
            ("thread_start", Origin::Runtime),
            ("__threadlink_main", Origin::Runtime),
            ("<threadlink_rt::work::Work>::run", Origin::Runtime),
            ("threadlink_demo::main", Origin::Program),
            ("<mine::T as threadlink::Trait>::f", Origin::Program),
            ("<*const u32>::read_volatile", Origin::Std),
            ("<u32 as core::fmt::Debug>::fmt", Origin::Std),
            ("<u32 as mine::Trait>::f", Origin::Program),
            ("inner", Origin::Program),
            ("<function 7>", Origin::Program),
            ("", Origin::Program),
            ("<<<", Origin::Program),
            ("<a>> as std::c", Origin::Program),
        ] {
            assert_eq!(Origin::of(name, None), origin, "{name}");
        }
    }
}
