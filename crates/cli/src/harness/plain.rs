//! Which plain `#[test]`s a module has. Nobody runs them on a guest, so at least they have to be named.
//!
//! rustc puts a constant for each test into the module's data, libtest's `TestDescAndFn`, which survives optimising and
//! stripping, since libtest is handed a pointer to it. Tests of ours are among them. The order of its fields is the
//! compiler's affair, but what they hold is telling: the address and length of the test's name and of its source file,
//! and four words with the lines and columns where the function begins and ends. So those are looked for, close to each
//! other, in any order; where tests of ours are in the module, they show what the order is.

use std::collections::{BTreeSet, HashMap};

use super::module::{Data, Module};
use super::records::{Test, without_raw};

/// Bytes to each side of the name's address in which the rest of a constant is looked for.
const REACH: usize = 48;
const WORD: usize = 4;
/// No test has a longer name or source path; what is longer is something else.
const LONGEST: u32 = 4096;
/// Lines and columns end below this, and addresses of data begin above it: the linker puts the stack of 1 MiB first.
const MOST_LINES: u32 = 1 << 20;

/// What was found in the data.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plain {
    /// Names of tests that are none of ours.
    pub(super) names: Vec<String>,
    /// Whether the search can be relied on: it has found all tests of ours, which libtest knows as well.
    pub(super) complete: bool,
}

/// Where, seen from the word with the name's address, the others are: the file's address, and the first of the lines.
type Layout = (isize, isize);

/// Looks for plain tests beside `ours`.
pub(super) fn find(module: &Module<'_>, ours: &[Test]) -> Plain {
    let mut candidates: Vec<(String, Layout)> = Vec::new();
    for data in &module.data {
        for at in (0..data.bytes.len()).step_by(WORD) {
            if let Some(name) = name_at(module, data, at) {
                let layouts = layouts_around(module, data, at);
                candidates.extend(layouts.map(|layout| (name.to_owned(), layout)));
            }
        }
    }
    let known: BTreeSet<&str> = ours.iter().map(|test| test.name.as_str()).collect();
    // The layout of most of ours is that of all; without any of ours each candidate stands.
    let mut votes: HashMap<Layout, BTreeSet<&str>> = HashMap::new();
    for (name, layout) in &candidates {
        if let Some(name) = known.get(without_raw(name).as_str()) {
            votes.entry(*layout).or_default().insert(name);
        }
    }
    let most = votes.values().map(BTreeSet::len).max();
    let fits = |layout: &Layout| {
        let count = votes.get(layout).map_or(0, BTreeSet::len);
        most.is_none_or(|most| most == count)
    };
    let names: BTreeSet<String> = candidates
        .iter()
        .filter(|(_, layout)| fits(layout))
        .map(|(name, _)| without_raw(name))
        .filter(|name| !known.contains(name.as_str()))
        .collect();
    Plain {
        names: names.into_iter().collect(),
        complete: most.unwrap_or_default() == known.len(),
    }
}

/// The test name whose address and length stand at offset `at`.
fn name_at<'a>(module: &'a Module<'_>, data: &Data<'_>, at: usize) -> Option<&'a str> {
    text_at(module, data, at).filter(|text| {
        text.split("::").all(|part| {
            let part = part.strip_prefix("r#").unwrap_or(part);
            let mut letters = part.chars();
            let first = letters
                .next()
                .is_some_and(|letter| letter.is_alphabetic() || letter == '_');
            first && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
        })
    })
}

/// Every way in which the words around offset `at` can be the rest of a test's constant.
fn layouts_around<'a>(
    module: &'a Module<'_>,
    data: &'a Data<'_>,
    at: usize,
) -> impl Iterator<Item = Layout> + 'a {
    let around = move || (at.saturating_sub(REACH) / WORD * WORD..=at + REACH).step_by(WORD);
    let from_name = move |other: usize| other.cast_signed() - at.cast_signed();
    around()
        .filter(move |file| text_at(module, data, *file).is_some_and(is_source))
        .flat_map(move |file| {
            around()
                .filter(move |lines| is_extent(data, *lines))
                .map(move |lines| (from_name(file), from_name(lines)))
        })
}

/// Whether this is the path of a source file that may have tests: those of std, in std's own data, are none of the program's.
fn is_source(text: &str) -> bool {
    text.ends_with(".rs") && !text.starts_with("/rustc/")
}

/// Whether the four words at offset `at` can be where a function begins and ends.
fn is_extent(data: &Data<'_>, at: usize) -> bool {
    let words = [0, 1, 2, 3].map(|n| word(data, at + n * WORD));
    let [Some(line), Some(column), Some(last_line), Some(last_column)] = words else {
        return false;
    };
    let plausible = |number: u32| (1..MOST_LINES).contains(&number);
    [line, column, last_line, last_column].into_iter().all(plausible)
        && (line, column) < (last_line, last_column)
}

fn word(data: &Data<'_>, at: usize) -> Option<u32> {
    let bytes = data.bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

/// The text whose address and length stand at offset `at`.
fn text_at<'a>(module: &'a Module<'_>, data: &Data<'_>, at: usize) -> Option<&'a str> {
    let (address, length) = (word(data, at)?, word(data, at + WORD)?);
    if !(1..=LONGEST).contains(&length) {
        return None;
    }
    let bytes = module.data.iter().find_map(|data| {
        let from = address.checked_sub(data.address)? as usize;
        data.bytes.get(from..from.checked_add(length as usize)?)
    })?;
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::records::ShouldPanic;

    const BASE: u32 = 0x10_0000;

    /// Data with a constant for each of these tests, fields in the order that Rust 1.95 gives them.
    fn data(tests: &[&str]) -> Vec<u8> {
        let file = "src/lib.rs";
        let mut bytes = file.as_bytes().to_vec();
        bytes.resize(12, 0);
        for (line, name) in (3..).zip(tests) {
            let at = BASE + bytes.len() as u32;
            bytes.extend(name.bytes());
            bytes.resize(bytes.len().next_multiple_of(WORD), 0);
            let words = [
                0x8000_0001,
                at,
                name.len() as u32,
                0,
                BASE,
                file.len() as u32,
                0,
                0,
            ];
            let rest = [line, 8, line, 20, 0, 0, 41, 0];
            bytes.extend(words.into_iter().chain(rest).flat_map(u32::to_le_bytes));
        }
        bytes
    }

    fn found(bytes: &[u8], ours: &[&str]) -> Plain {
        let module = Module {
            data: vec![Data { address: BASE, bytes }],
            ..Module::default()
        };
        let ours: Vec<Test> = ours
            .iter()
            .map(|name| Test {
                name: (*name).to_owned(),
                export: String::new(),
                place: String::new(),
                ignored: None,
                should_panic: ShouldPanic::No,
            })
            .collect();
        find(&module, &ours)
    }

    fn plain(names: &[&str], complete: bool) -> Plain {
        Plain {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            complete,
        }
    }

    #[test]
    fn tests_that_are_none_of_ours_are_named() {
        let bytes = data(&["tests::ours", "tests::plain", "tests::r#fn", "top"]);
        assert_eq!(
            found(&bytes, &["tests::ours", "tests::fn"]),
            plain(&["tests::plain", "top"], true)
        );
        assert_eq!(found(&bytes, &[]).names.len(), 4);
        assert_eq!(found(&data(&["a", "b"]), &["a", "b"]), plain(&[], true));
        assert_eq!(found(&[], &[]), plain(&[], true));
    }

    #[test]
    fn a_search_that_misses_our_own_says_so() {
        assert!(!found(&[], &["a"]).complete);
        assert!(!found(&data(&["a"]), &["a", "b"]).complete);
    }

    #[test]
    fn other_data_is_not_taken_for_tests() {
        // A message beside a `Location`: address and length of the file, one line, one column.
        let mut bytes = b"src/lib.rs..message.".to_vec();
        for word in [BASE + 12, 7, BASE, 10, 17, 9, BASE, 10, 18, 9] {
            bytes.extend(u32::to_le_bytes(word));
        }
        assert_eq!(found(&bytes, &[]), plain(&[], true));
    }
}
