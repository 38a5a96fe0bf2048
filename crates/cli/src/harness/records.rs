//! The records of a module's tests (`docs/tests.md`). They come from a file, so nothing in them is believed.

use std::collections::HashSet;

use threadlink_abi::tests::{EXPORT_PREFIX, record};
use threadlink_trace::Printable;

use super::module::Module;

/// A test, as its record describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Test {
    /// The path of the function without the crate: what libtest calls the test.
    pub(super) name: String,
    /// The export that runs it.
    pub(super) export: String,
    /// Where it stands in the source, `file:line`.
    pub(super) place: String,
    /// The reason, if it is ignored; empty if none is given.
    pub(super) ignored: Option<String>,
    pub(super) should_panic: ShouldPanic,
}

/// Whether a test passes by panicking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ShouldPanic {
    No,
    Yes,
    /// With this text in its message.
    With(String),
}

/// All tests of a module, in the order of their names. An error names the record and what is wrong with it.
pub(super) fn tests(module: &Module<'_>) -> Result<Vec<Test>, String> {
    let mut tests = Vec::new();
    let mut seen = HashSet::new();
    for section in &module.sections {
        let mut rest = *section;
        while !rest.is_empty() {
            let number = tests.len() + 1;
            let (test, after) = read(rest).map_err(|clause| {
                format!(
                    "test record {number}, at byte {} of its section, {clause}",
                    section.len() - rest.len()
                )
            })?;
            let about = || format!("test record {number}, of `{}`", Printable(&test.name));
            if !module.functions.contains(test.export.as_str()) {
                let export = &test.export;
                return Err(format!(
                    "{}, has no export `{}` in the module",
                    about(),
                    Printable(export)
                ));
            }
            if !seen.insert(test.name.clone()) {
                return Err(format!("{}, has the name of an earlier one", about()));
            }
            tests.push(test);
            rest = after;
        }
    }
    tests.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(tests)
}

/// The first record of `bytes`, and what follows it.
fn read(bytes: &[u8]) -> Result<(Test, &[u8]), String> {
    let header = bytes
        .get(..record::TEXTS)
        .ok_or_else(|| format!("has only {} bytes, too few for a record", bytes.len()))?;
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    if word(record::MAGIC) != record::MAGIC_VALUE {
        return Err(
            "does not begin with `TST1`: it was written for another version of threadlink, or is damaged"
                .to_owned(),
        );
    }
    let lengths = [
        record::PATH_LEN,
        record::FILE_LEN,
        record::REASON_LEN,
        record::EXPECTED_LEN,
    ]
    .map(word);
    let size = u64::from(word(record::SIZE));
    let wanted = record::TEXTS as u64 + lengths.iter().map(|length| u64::from(*length)).sum::<u64>();
    if size != wanted {
        return Err(format!(
            "says that it has {size} bytes, but its parts have {wanted}"
        ));
    }
    // A length beyond usize is beyond any slice, too.
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let whole = bytes
        .get(..size)
        .ok_or_else(|| format!("says that it has {size} bytes, but only {} are left", bytes.len()))?;
    let mut texts = &whole[record::TEXTS..];
    let [path, file, reason, expected] = lengths.map(|length| {
        // In bounds, since the lengths add up to what is there.
        let (text, rest) = texts.split_at(length as usize);
        texts = rest;
        text
    });
    let path = text("path", path)?;
    let file = text("file", file)?;
    let flags = word(record::FLAGS);
    let unknown = flags & !(record::FLAG_IGNORED | record::FLAG_SHOULD_PANIC | record::FLAG_EXPECTED);
    if unknown != 0 {
        return Err(format!(
            "has flags that this version does not know ({unknown:#x})"
        ));
    }
    let has = |flag: u32| flags & flag != 0;
    let Some((_, name)) = path.split_once("::").filter(|(_, name)| !name.is_empty()) else {
        return Err(format!(
            "has the path `{}`, which names no function in a crate",
            Printable(path)
        ));
    };
    if path
        .chars()
        .any(|letter| letter.is_control() || letter.is_whitespace())
    {
        return Err(format!(
            "has the path `{}`, which is none of Rust's",
            Printable(path)
        ));
    }
    let test = Test {
        name: without_raw(name),
        export: format!("{EXPORT_PREFIX}{path}"),
        place: format!("{}:{}", Printable(file), word(record::LINE)),
        ignored: match has(record::FLAG_IGNORED) {
            true => Some(Printable(text("reason", reason)?).to_string()),
            false => None,
        },
        should_panic: match (has(record::FLAG_SHOULD_PANIC), has(record::FLAG_EXPECTED)) {
            (false, _) => ShouldPanic::No,
            (true, false) => ShouldPanic::Yes,
            (true, true) => ShouldPanic::With(text("expected message", expected)?.to_owned()),
        },
    };
    Ok((test, &bytes[size..]))
}

fn text<'a>(what: &str, bytes: &'a [u8]) -> Result<&'a str, String> {
    std::str::from_utf8(bytes).map_err(|_| format!("has a {what} that is not UTF-8"))
}

/// `module_path!()` keeps the `r#` of raw identifiers, as libtest does in some places and not in others: nobody has to
/// know where, since no two names differ by it alone.
pub(super) fn without_raw(name: &str) -> String {
    let parts = name
        .split("::")
        .map(|part| part.strip_prefix("r#").unwrap_or(part));
    parts.collect::<Vec<_>>().join("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record of these parts.
    fn encoded(flags: u32, texts: [&str; 4]) -> Vec<u8> {
        let size = record::TEXTS + texts.iter().map(|text| text.len()).sum::<usize>();
        let lengths = texts.map(|text| text.len() as u32);
        let words = [record::MAGIC_VALUE, size as u32, flags, 7]
            .into_iter()
            .chain(lengths);
        let mut bytes: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
        bytes.extend(texts.concat().bytes());
        bytes
    }

    fn module<'a>(section: &'a [u8], functions: &[&'a str]) -> Module<'a> {
        Module {
            sections: vec![section],
            schedules: Vec::new(),
            functions: functions.iter().copied().collect(),
            data: Vec::new(),
        }
    }

    fn refused(section: &[u8]) -> String {
        tests(&module(section, &["__threadlink_test::a::b"])).expect_err("a bad record")
    }

    #[test]
    fn records_follow_each_other() {
        let mut section = encoded(0, ["c::r#z::b", "src/lib.rs", "", ""]);
        section.extend(encoded(7, ["c::a", "f.rs", "slow", "boom"]));
        let functions = ["__threadlink_test::c::r#z::b", "__threadlink_test::c::a"];
        let found = tests(&module(&section, &functions)).expect("both are well");
        let names: Vec<&str> = found.iter().map(|test| test.name.as_str()).collect();
        assert_eq!(names, ["a", "z::b"]);
        assert_eq!(found[1].export, "__threadlink_test::c::r#z::b");
        assert_eq!(found[0].ignored.as_deref(), Some("slow"));
        assert_eq!(found[0].should_panic, ShouldPanic::With("boom".to_owned()));
        assert_eq!(found[0].place, "f.rs:7");
        assert_eq!(
            (&found[1].ignored, &found[1].should_panic),
            (&None, &ShouldPanic::No)
        );
    }

    #[test]
    fn files_and_reasons_cannot_steer_a_terminal() {
        let section = encoded(1, ["c::a", "f\x1b[2J\n.rs", "slow\r\u{202e}", ""]);
        let found = tests(&module(&section, &["__threadlink_test::c::a"])).expect("well");
        assert_eq!(found[0].place, "f\\u{1b}[2J\\n.rs:7");
        assert_eq!(found[0].ignored.as_deref(), Some("slow\\r\\u{202e}"));
    }

    #[test]
    fn every_bad_record_is_named() {
        let good = encoded(0, ["a::b", "f.rs", "", ""]);
        for length in 1..good.len() {
            assert!(refused(&good[..length]).contains("test record 1"), "{length}");
        }
        let mut second = good.clone();
        second.extend(&good);
        assert!(refused(&second).contains("record 2, of `b`, has the name of an earlier one"));
        let mut trailing = good.clone();
        trailing.push(0);
        assert!(refused(&trailing).contains("test record 2, at byte 40"));
        let mut magic = good.clone();
        magic[0] ^= 1;
        assert!(refused(&magic).contains("TST1"));
        let mut length = good.clone();
        length[record::PATH_LEN..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(refused(&length).contains("its parts have"));
        let mut text = good.clone();
        text[record::TEXTS] = 0xff;
        assert!(refused(&text).contains("not UTF-8"));
        assert!(refused(&encoded(8, ["a::b", "f", "", ""])).contains("flags"));
        assert!(refused(&encoded(0, ["ab", "f", "", ""])).contains("no function"));
        assert!(refused(&encoded(0, ["a::", "f", "", ""])).contains("no function"));
        assert!(refused(&encoded(0, ["a::\x1b[2J", "f", "", ""])).contains("none of Rust's"));
        for path in ["a\x1b[2J", "a::\u{202e}b", "a::\nb"] {
            let text = refused(&encoded(0, [path, "f", "", ""]));
            assert!(!text.contains(['\x1b', '\u{202e}', '\n']), "{text:?}");
        }
        assert!(refused(&encoded(0, ["a::c", "f", "", ""])).contains("has no export"));
    }
}
