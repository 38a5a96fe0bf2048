//! Runs the chosen tests, several at once, each in an instance and memory of its own.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use threadlink_host::{Program, RunConfig};

use super::capture::Capture;
use super::explored::Exploration;
use super::records::Test;
use super::verdict::{Verdict, judge};
use crate::output::tell;
use crate::size::OWN_HOST_MEMORY;
use crate::test_traces::Folder;

/// How tests are run.
pub(super) struct Setting<'a> {
    pub(super) program: &'a Program,
    /// Which of them are run under schedules, if any are.
    pub(super) exploration: Option<&'a Exploration>,
    /// The program's arguments: its name.
    pub(super) args: Vec<String>,
    pub(super) timeout: Option<Duration>,
    pub(super) cpu_limit: Option<Duration>,
    /// What makes their random bytes repeatable.
    pub(super) seed: Option<u64>,
    /// Whether tests write to our own streams.
    pub(super) live: bool,
    /// The environment variables that they have.
    pub(super) variables: Vec<(String, String)>,
    /// How many run at once.
    pub(super) threads: usize,
    /// Where they are recorded, if they are.
    pub(super) traces: Option<Folder>,
}

/// What is told about a test while the tests run.
pub(super) enum Event<'a> {
    /// It begins; only told where one test runs at a time.
    Started(&'a Test),
    Ended(Ended<'a>),
}

/// A test that was run.
pub(super) struct Ended<'a> {
    pub(super) test: &'a Test,
    pub(super) verdict: Verdict,
    /// What it printed, unless it did so live.
    pub(super) output: String,
}

/// Runs `tests`, beginning them in their order, and tells `listener` on this thread what happens.
///
/// An error of `listener` ends it early: tests that have begun come to their end.
pub(super) fn execute<'a, E>(
    setting: &Setting<'_>,
    tests: &[&'a Test],
    mut listener: impl FnMut(Event<'a>) -> Result<(), E>,
) -> Result<(), E> {
    if setting.threads == 1 {
        for test in tests {
            listener(Event::Started(test))?;
            listener(Event::Ended(run(setting, test)))?;
        }
        return Ok(());
    }
    let queue = Mutex::new(tests.iter().copied().collect::<VecDeque<&Test>>());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for started in 0..setting.threads.min(tests.len()) {
            let (sender, next) = (sender.clone(), &next);
            let work = move || {
                while let Some(test) = next() {
                    if sender.send(run(setting, test)).is_err() {
                        return;
                    }
                }
            };
            // As many as the system has. If it has none, the tests run here.
            let refused = std::thread::Builder::new().spawn_scoped(scope, work).is_err();
            if refused && started == 0 {
                while let Some(test) = next() {
                    listener(Event::Ended(run(setting, test)))?;
                }
            }
            if refused {
                break;
            }
        }
        drop(sender);
        receiver
            .iter()
            .try_for_each(|ended| listener(Event::Ended(ended)))
    })
}

fn run<'a>(setting: &Setting<'_>, test: &'a Test) -> Ended<'a> {
    if let Some(exploration) = setting.exploration.filter(|all| all.takes(&test.name)) {
        return Ended {
            test,
            verdict: exploration.run(test),
            output: String::new(),
        };
    }
    let mut config = RunConfig::new()
        .entry(&test.export)
        .args(setting.args.clone())
        .max_host_memory(OWN_HOST_MEMORY);
    if let Some(limit) = setting.timeout {
        config = config.timeout(limit);
    }
    if let Some(limit) = setting.cpu_limit {
        config = config.cpu_limit(limit);
    }
    if let Some(seed) = setting.seed {
        config = config.seed(seed);
    }
    for (name, value) in &setting.variables {
        config = config.env(name, value);
    }
    match setting.traces.as_ref().map(|traces| traces.writer(&test.name)) {
        Some(Ok(writer)) => config = config.trace(writer),
        Some(Err(error)) => tell(format_args!("warning: {} is not recorded: {error}", test.name)),
        None => {}
    }
    let capture = Capture::default();
    if !setting.live {
        config = config
            .stdout(Box::new(capture.clone()))
            .stderr(Box::new(capture.clone()));
    }
    let verdict = judge(test, &setting.program.run(config));
    Ended {
        test,
        verdict,
        output: capture.text(),
    }
}
