//! What std does not support on this target, read from its own source: the modules `unsupported` of `std::sys`, in the
//! `rust-src` of the compiler that builds guests.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Marks of a body that fails: it panics, or returns an error whatever it was asked.
const FAILS: [&str; 3] = ["panic!", "unsupported", "Err("];
/// The file of std that says that a part of the system is not there.
const UNSUPPORTED: &str = "unsupported";

/// The functions of std's that fail, by their paths.
#[derive(Debug, Default)]
pub(super) struct Standard {
    failing: BTreeSet<String>,
}

impl Standard {
    /// Reads the source in `library`, the folder of `rust-src` that has std's.
    pub(super) fn read(library: &Path) -> Standard {
        let mut standard = Standard::default();
        standard.folder(&library.join("std/src/sys"), "std::sys");
        standard
    }

    /// Whether the function of this path always fails.
    pub(super) fn fails(&self, path: &str) -> bool {
        self.failing.contains(path)
    }

    fn folder(&mut self, folder: &Path, module: &str) {
        // Without the source nothing is known, and nothing is said.
        for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
                continue;
            };
            let inner = format!("{module}::{stem}");
            if path.is_dir() {
                self.folder(&path, &inner);
            } else if stem == UNSUPPORTED
                && let Ok(text) = fs::read_to_string(&path)
            {
                self.failing
                    .extend(failing(&text).into_iter().map(|name| format!("{inner}::{name}")));
            }
        }
    }
}

/// The functions in a file that fail: `f`, or `T::f` in a block for `T`. Reads what rustfmt has formatted, by its lines.
fn failing(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut of_type = None;
    let mut function: Option<(usize, String, String)> = None;
    for line in text.lines() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        if indent == 0 && code.starts_with("impl") {
            of_type = implemented(code);
        } else if indent == 0 && code == "}" && function.is_none() {
            of_type = None;
        }
        match &mut function {
            None => {
                if let Some(name) = function_name(code) {
                    let full = of_type
                        .as_ref()
                        .map_or_else(|| name.to_owned(), |of_type| format!("{of_type}::{name}"));
                    // What stands before the body says nothing of it.
                    function = Some((indent, full, String::new()));
                }
            }
            Some((start, name, body)) => {
                if indent == *start && code.starts_with('}') {
                    if FAILS.iter().any(|mark| body.contains(mark)) {
                        found.push(name.clone());
                    }
                    function = None;
                } else {
                    body.push_str(code);
                    body.push('\n');
                }
            }
        }
        // A body on the line of its head, or none at all.
        if let Some((_, name, body)) = &function
            && body.is_empty()
            && (code.ends_with("{}") || code.ends_with(" }") || code.ends_with(';'))
            && function_name(code).is_some()
        {
            let body = code.split_once('{').map_or("", |(_, body)| body);
            if FAILS.iter().any(|mark| body.contains(mark)) {
                found.push(name.clone());
            }
            function = None;
        }
    }
    found
}

/// The type that a block implements something for.
fn implemented(head: &str) -> Option<String> {
    let head = head.split('{').next()?;
    let of_type = match head.split_once(" for ") {
        Some((_, of_type)) => of_type,
        None => head.trim_start_matches("impl").trim_start(),
    };
    let end = of_type.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    let name = &of_type[..end.unwrap_or(of_type.len())];
    (!name.is_empty()).then(|| name.to_owned())
}

/// The name of the function whose head begins here.
fn function_name(code: &str) -> Option<&str> {
    let words = ["pub ", "pub(crate) ", "pub(super) ", "const ", "unsafe "];
    let mut rest = code;
    while let Some(shorter) = words.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = shorter;
    }
    let name = rest.strip_prefix("fn ")?;
    let end = name.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))?;
    Some(&name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_tell_who_fails() {
        let text = "\
use crate::sys::unsupported;

pub struct Instant(Duration);

impl Instant {
    pub fn now() -> Instant {
        panic!(\"time not implemented on this platform\")
    }

    pub fn sub(&self) -> Option<Duration> {
        self.0.checked_sub(other.0)
    }

    pub unsafe fn new(_stack: usize) -> io::Result<Thread> {
        Err(io::Error::UNSUPPORTED_PLATFORM)
    }
}

impl io::Write for Stdout {
    fn flush(&mut self) -> io::Result<()> { Ok(()) }
    fn sync(&mut self) -> io::Result<()> { unsupported() }
}

pub fn open(
    path: &Path,
) -> io::Result<File> {
    unsupported()
}

pub fn yield_now() {
    // do nothing
}

pub fn none() -> Option<u64> {
    None
}
";
        assert_eq!(
            failing(text),
            ["Instant::now", "Instant::new", "Stdout::sync", "open"]
        );
    }

    #[test]
    fn where_there_is_no_source_nothing_is_known() {
        assert!(!Standard::read(Path::new("/nowhere")).fails("std::sys::time::unsupported::Instant::now"));
    }
}
