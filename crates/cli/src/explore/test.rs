//! A test under many schedules, for those that run tests.

use std::path::{Path, PathBuf};
use std::time::Instant;

use threadlink_host::Explorable;

use super::choices::Order;
use super::found::describe;
use super::prepare;
use super::search::{self, Task};
use super::setting::Setting;
use crate::failure::Failure;

/// A module of tests, prepared for schedules.
pub(crate) struct Tests {
    file: PathBuf,
    program: Explorable,
    order: Order,
}

/// One of them: what is called, and how it ends if it passes.
pub(crate) struct Called {
    /// `None` for the entry point.
    pub(crate) export: Option<String>,
    /// With the program's name.
    pub(crate) args: Vec<String>,
    pub(crate) has_to_panic: bool,
}

/// What came of one.
pub(crate) struct Explored {
    /// Under how many schedules it was run.
    pub(crate) schedules: u64,
    /// Whether that was less than was asked for, as time was up.
    pub(crate) cut_short: bool,
    /// What is to be told of the first that it has failed under, if it has.
    pub(crate) failure: Option<String>,
}

impl Tests {
    /// Prepares a module that was read from this file.
    pub(crate) fn load(file: &Path, bytes: Vec<u8>, order: Order) -> Result<Self, Failure> {
        Ok(Self {
            file: file.to_owned(),
            program: prepare(file, bytes, order.choices.points, false, true)?,
            order,
        })
    }

    /// Executes a test until it fails, or under all schedules there are to be; `schedules` if it wants a number of its own.
    pub(crate) fn explore(
        &self,
        called: Called,
        schedules: Option<u64>,
        jobs: u32,
    ) -> Result<Explored, Failure> {
        let choices = &self.order.choices;
        let setting = Setting {
            points: choices.points,
            races: false,
            // Whoever has started a thread that panics may want it to: a test fails where its own thread does.
            only_main_panics: true,
            has_to_panic: called.has_to_panic,
            export: called.export,
            args: called.args,
        };
        let task = Task {
            program: &self.program,
            setting: &setting,
            choices,
            schedules: schedules.unwrap_or(self.order.schedules.get()),
            stop: None,
            until: choices
                .seconds
                .and_then(|limit| Instant::now().checked_add(limit)),
            keep_going: false,
            jobs,
            shows: false,
        };
        let mut found = search::search(&task)?;
        let failure = match found.failures.pop() {
            None => None,
            Some(failure) => Some(describe(&task, failure, true)?.text(&self.file, &setting)),
        };
        Ok(Explored {
            schedules: found.schedules,
            cut_short: found.schedules < task.schedules,
            failure,
        })
    }
}
