//! Tests under many schedules: which, and what is told of each.

use std::collections::HashMap;
use std::ffi::OsString;
use std::num::NonZeroU64;
use std::path::Path;

use super::records::{ShouldPanic, Test};
use super::verdict::Verdict;
use crate::explore::{Called, Choices, Explored, Order, Tests};
use crate::failure::Failure;

/// The variable that says under how many schedules each test is run, and how they are chosen: an [`Order`].
pub(crate) const EXPLORE_VAR: &str = "THREADLINK_EXPLORE";

/// What a program of tests has as its name.
const NAME: &str = "program";

/// The tests of a module that are run under schedules.
pub(super) struct Exploration {
    tests: Tests,
    /// Whether all are, as somebody has asked for it.
    all: bool,
    /// How many those want that say it, by their names.
    wanted: HashMap<String, u32>,
    jobs: u32,
}

impl Exploration {
    /// What is to be done with this module, if anything is; `wanted` is what its tests say, and `jobs` how many schedules of a
    /// test are executed at once.
    pub(super) fn of(
        file: &Path,
        bytes: &[u8],
        wanted: HashMap<String, u32>,
        jobs: u32,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Self>, Failure> {
        let order = variable(EXPLORE_VAR).map(|text| {
            let text = text.to_string_lossy().into_owned();
            let order = text.parse::<Order>();
            order
                .map_err(|clause| Failure::usage(format!("the variable {EXPLORE_VAR} is `{text}`: {clause}")))
        });
        let order = order.transpose()?;
        let all = order.is_some();
        if !all && wanted.is_empty() {
            return Ok(None);
        }
        let order = order.unwrap_or(Order {
            schedules: NonZeroU64::MIN,
            choices: Choices::default(),
        });
        let tests = Tests::load(file, bytes.to_vec(), order)?;
        Ok(Some(Self {
            tests,
            all,
            wanted,
            jobs,
        }))
    }

    /// Whether those that say nothing are run so as well.
    pub(super) fn takes_all(&self) -> bool {
        self.all
    }

    pub(super) fn takes(&self, name: &str) -> bool {
        self.all || self.wanted.contains_key(name)
    }

    /// Runs a test of ours, which is an export.
    pub(super) fn run(&self, test: &Test) -> Verdict {
        let called = Called {
            export: Some(test.export.clone()),
            args: vec![NAME.to_owned()],
            has_to_panic: test.should_panic != ShouldPanic::No,
        };
        match self.explore(&test.name, called) {
            Explored { failure: None, .. } => Verdict::Passed,
            Explored {
                failure: Some(told), ..
            } => Verdict::Failed(told),
        }
    }

    /// Runs a test of libtest's, which is told to run that one.
    pub(super) fn run_by_libtest(&self, name: &str) -> Explored {
        let args = [
            NAME,
            name,
            "--exact",
            "--include-ignored",
            "--test-threads=1",
            "--nocapture",
        ];
        let called = Called {
            export: None,
            args: args.map(str::to_owned).to_vec(),
            has_to_panic: false,
        };
        self.explore(name, called)
    }

    fn explore(&self, name: &str, called: Called) -> Explored {
        let own = self.wanted.get(name).copied().map(u64::from);
        let explored = self.tests.explore(called, own, self.jobs);
        explored.unwrap_or_else(|failure| Explored {
            schedules: 0,
            cut_short: false,
            failure: Some(format!("{}\n", failure.message)),
        })
    }
}
