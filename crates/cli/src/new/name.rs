//! What a package may be called, by cargo's rules and ours.

/// Words that no crate can be called, since `use` could not name it: Rust's keywords, kept ones included.
const KEYWORDS: [&str; 52] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Names that mean something else: crates that every program links, and folders that cargo keeps beside a binary.
const TAKEN: [&str; 10] = [
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "proc_macro",
    "std",
    "test",
    "threadlink",
];

/// Refuses with a sentence.
pub(super) fn check(name: &str) -> Result<(), String> {
    let refuse = |why: &str| Err(format!("`{name}` cannot be the name of a package: {why}"));
    if name.is_empty() {
        return refuse("it is empty");
    }
    if let Some(letter) = name
        .chars()
        .find(|letter| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')))
    {
        return refuse(&format!(
            "it contains {letter:?}; only letters from a to z, digits, `-` and `_` may be in it"
        ));
    }
    if !name.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        return refuse("it begins with no letter");
    }
    if KEYWORDS.contains(&name) {
        return refuse("it is a word of the language Rust");
    }
    if TAKEN.contains(&name.replace('-', "_").as_str()) {
        return refuse("something that every project has is called that");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_cargo_takes_are_taken() {
        for name in ["counter", "my-program", "my_program2", "A", "tests"] {
            assert_eq!(check(name), Ok(()));
        }
    }

    #[test]
    fn others_are_refused_with_the_reason() {
        for (name, reason) in [
            ("", "empty"),
            ("a b", "' '"),
            ("a.b", "'.'"),
            ("zähler", "'ä'"),
            ("1st", "no letter"),
            ("-a", "no letter"),
            ("fn", "word of the language"),
            ("test", "called that"),
            ("proc-macro", "called that"),
            ("threadlink", "called that"),
        ] {
            let error = check(name).expect_err(name);
            assert!(error.contains(reason) && error.contains(name), "{error}");
        }
    }
}
