//! The list of what is explored, `explored.toml`.

use serde::Deserialize;

use crate::place;
use crate::suites::{self, Suite, matches};

/// All of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    /// What holds where an entry says nothing.
    pub(crate) bounds: Bounds,
    #[serde(rename = "crate")]
    pub(crate) crates: Vec<Explored>,
    #[serde(rename = "example")]
    pub(crate) examples: Vec<Example>,
}

/// How much is done with one test or example.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Bounds {
    schedules: Option<u64>,
    seconds: Option<u64>,
    max_steps: Option<u64>,
}

impl Bounds {
    /// These, and of `others` what they do not say.
    pub(crate) fn within(&self, others: &Bounds) -> Bounds {
        Bounds {
            schedules: self.schedules.or(others.schedules),
            seconds: self.seconds.or(others.seconds),
            max_steps: self.max_steps.or(others.max_steps),
        }
    }

    /// As options of the command, where the number of schedules has this name.
    pub(crate) fn options(&self, schedules: &'static str) -> Vec<String> {
        [
            (schedules, self.schedules),
            ("--seconds", self.seconds),
            ("--max-steps", self.max_steps),
        ]
        .into_iter()
        .filter_map(|(option, value)| Some([option.to_owned(), value?.to_string()]))
        .flatten()
        .collect()
    }
}

/// A crate whose tests are explored: its version, features and targets are those of the list of suites.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Explored {
    #[serde(rename = "crate")]
    pub(crate) name: String,
    /// What cargo is told to test, where that is less than for the suite.
    pub(crate) targets: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) bounds: Bounds,
    /// Tests that are left out.
    #[serde(default)]
    pub(crate) skip: Vec<Skip>,
    #[serde(default)]
    pub(crate) found: Vec<Found>,
}

/// Tests that are left out, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Skip {
    /// Parts of their names, as libtest takes them.
    tests: Vec<String>,
    why: String,
}

/// What was found, and what it means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Found {
    /// Names, each after that of the file, as in the list of suites. Of an example, its own.
    pub(crate) tests: Vec<String>,
    /// The kind of failure.
    pub(crate) kind: String,
    pub(crate) why: String,
}

impl Found {
    pub(crate) fn is(&self, test: &str, kind: &str) -> bool {
        self.kind == kind && self.tests.iter().any(|entry| matches(entry, test))
    }
}

/// An example of this clone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Example {
    pub(crate) package: String,
    /// If it is not called as the package is.
    bin: Option<String>,
    #[serde(default)]
    pub(crate) args: Vec<String>,
    #[serde(default)]
    pub(crate) bounds: Bounds,
    #[serde(default)]
    pub(crate) found: Vec<Found>,
}

impl List {
    pub(crate) fn read() -> Result<List, String> {
        let text = place::read(&place::own().join("explored.toml"))?;
        toml::from_str(&text).map_err(|error| format!("explored.toml: {error}"))
    }
}

impl Explored {
    /// Its entry among the suites.
    pub(crate) fn suite<'a>(&self, suites: &'a suites::List) -> Result<&'a Suite, String> {
        let mut all = suites.suites.iter();
        all.find(|suite| suite.name == self.name)
            .ok_or_else(|| format!("explored.toml has {}, suites.toml has not", self.name))
    }

    /// What decides what is explored.
    pub(crate) fn meant(&self) -> (&Option<Vec<String>>, &Bounds, &[Skip]) {
        (&self.targets, &self.bounds, &self.skip)
    }

    pub(crate) fn skipped(&self) -> impl Iterator<Item = &str> {
        self.skip.iter().flat_map(|skip| &skip.tests).map(String::as_str)
    }

    /// What is to be said of what is left out.
    pub(crate) fn remarks(&self) -> Vec<String> {
        self.skip
            .iter()
            .map(|skip| format!("without `{}`: {}", skip.tests.join("`, `"), skip.why))
            .collect()
    }
}

impl Example {
    pub(crate) fn binary(&self) -> &str {
        self.bin.as_ref().unwrap_or(&self.package)
    }

    pub(crate) fn id(&self) -> String {
        let words = std::iter::once(self.binary()).chain(self.args.iter().map(String::as_str));
        words.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_suites_and_all_examples_and_says_why() {
        let list = List::read().expect("the list");
        let suites = suites::List::read().expect("the list of suites");
        assert!(list.crates.len() >= 5);
        for explored in &list.crates {
            explored.suite(&suites).expect("it is a suite");
            assert!(explored.skip.iter().all(|skip| !skip.why.is_empty()));
        }
        let found = list.crates.iter().flat_map(|explored| &explored.found);
        let found = found.chain(list.examples.iter().flat_map(|example| &example.found));
        assert!(found.into_iter().all(|found| !found.why.is_empty()));
        for folder in std::fs::read_dir(place::root().join("examples")).expect("examples") {
            let name = folder.expect("an example").file_name();
            assert!(
                list.examples.iter().any(|example| *example.package == *name),
                "{} is not explored",
                name.display()
            );
        }
    }

    #[test]
    fn what_an_entry_does_not_say_the_list_does() {
        let own = Bounds {
            seconds: Some(1),
            ..Bounds::default()
        };
        let all = Bounds {
            schedules: Some(7),
            seconds: Some(2),
            max_steps: None,
        };
        assert_eq!(
            own.within(&all).options("--explore"),
            ["--explore", "7", "--seconds", "1"]
        );
    }
}
