//! The list of crates whose own tests are run, `suites.toml`.

use serde::Deserialize;

use crate::place;

/// All of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    #[serde(rename = "crate")]
    pub(crate) suites: Vec<Suite>,
    #[serde(default)]
    pub(crate) instead: Vec<Instead>,
}

/// What takes the place of a crate that tests need and that cannot be built for guests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Instead {
    #[serde(rename = "crate")]
    pub(crate) name: String,
    /// One that those who need it accept.
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) proc_macro: bool,
    /// Features that it has to have, though they do nothing.
    #[serde(default)]
    pub(crate) features: Vec<String>,
    /// The file with its source, beside the list; it is empty if there is none.
    pub(crate) source: Option<String>,
    pub(crate) why: String,
}

/// A crate, and what of its tests is run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Suite {
    #[serde(rename = "crate")]
    pub(crate) name: String,
    /// The version, exactly.
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) features: Vec<String>,
    /// Those for a guest, where they have to be others.
    pub(crate) guest_features: Option<Vec<String>>,
    /// What cargo is told to test, if that is not everything: `--lib`, `--test NAME`.
    #[serde(default)]
    pub(crate) targets: Vec<String>,
    /// Why it is not everything.
    #[serde(default)]
    pub(crate) remark: String,
    /// Whether tests are run as well that it ignores.
    #[serde(default)]
    pub(crate) include_ignored: bool,
    /// Ignored tests that are tried nowhere: others start them as processes that are to crash.
    #[serde(default)]
    pub(crate) untried: Vec<String>,
    /// What passes natively and not on a guest.
    #[serde(default)]
    pub(crate) except: Vec<Except>,
}

/// Tests that pass natively and not on a guest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Except {
    /// Their names, each after that of the file: `tests/zero.rs recv`; `tests/zero.rs *` is all of a file.
    pub(crate) tests: Vec<String>,
    pub(crate) why: String,
    /// Whether they are not even tried, because they would end the others with them.
    #[serde(default)]
    pub(crate) skip: bool,
}

impl List {
    pub(crate) fn read() -> Result<List, String> {
        let text = place::read(&place::own().join("suites.toml"))?;
        toml::from_str(&text).map_err(|error| format!("suites.toml: {error}"))
    }
}

impl Suite {
    /// The reason why this test need not pass on a guest, and the entry that says so.
    pub(crate) fn excuse(&self, test: &str) -> Option<&str> {
        let names = self.except.iter().flat_map(|except| &except.tests);
        let mut names = names.map(String::as_str);
        names.find(|name| matches(name, test))
    }

    /// The names of tests that are not tried on a guest.
    pub(crate) fn skipped(&self) -> impl Iterator<Item = &str> {
        let skipping = self.except.iter().filter(|except| except.skip);
        let tests = skipping.flat_map(|except| &except.tests);
        tests
            .filter_map(|test| test.split_once(' '))
            .map(|(_, name)| name)
    }

    /// Everything that the list says of tests that do not pass.
    pub(crate) fn excuses(&self) -> impl Iterator<Item = &str> {
        self.except
            .iter()
            .flat_map(|except| &except.tests)
            .map(String::as_str)
    }
}

/// Whether an entry is about this test.
pub(crate) fn matches(entry: &str, test: &str) -> bool {
    match entry.strip_suffix('*') {
        Some(start) => test.starts_with(start),
        None => entry == test,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_long_enough_and_says_why() {
        let list = List::read().expect("the list");
        assert!(list.suites.len() >= 8);
        assert!(list.instead.iter().all(|instead| !instead.why.is_empty()));
        for suite in &list.suites {
            assert_eq!(
                suite.version.split('.').count(),
                3,
                "{} has no exact version",
                suite.name
            );
            let all = suite.targets.is_empty() && !suite.include_ignored;
            assert_eq!(all, suite.remark.is_empty(), "{}: why not just all?", suite.name);
            let excused: Vec<_> = suite
                .except
                .iter()
                .filter(|except| !except.why.is_empty())
                .collect();
            assert_eq!(excused.len(), suite.except.len(), "{}: why?", suite.name);
        }
    }

    #[test]
    fn an_entry_is_about_one_test_or_a_file() {
        assert!(matches("tests/a.rs b", "tests/a.rs b") && !matches("tests/a.rs b", "tests/a.rs bc"));
        assert!(matches("tests/a.rs *", "tests/a.rs b") && !matches("tests/a.rs *", "tests/c.rs b"));
    }
}
