//! What is told of a schedule that fails: with fewer switches, and a token.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;
use threadlink_host::{Executed, ExecutionConfig, Explorable, ScheduleFailure};
use threadlink_schedule::{Plan, Strategy, Token, shrink};
use threadlink_trace::{Printable, TraceWriter};

use super::search::{Failed, Task};
use super::setting::Setting;
use crate::failure::Failure;
use crate::races;

/// Executions that shrinking may take, and steps of all of them together.
const ATTEMPTS: u64 = 2_000;
const STEPS: u64 = 20_000_000;
/// How long shrinking goes on at most, but for the execution that is under way then: one that hangs takes ten seconds.
const TIME: Duration = Duration::from_secs(60);
/// Letters of a token that can still be copied. A longer list of switches is told as the schedule was found, if that is shorter.
const SHORT: usize = 200;
/// What is said of a failure that a second execution does not show: nothing else may tell them apart.
const NOT_AGAIN: &str = "executed once more, this schedule did not fail: the program depends on something that is not controlled \
                         (docs/explore.md says what is), and the token may show nothing";
/// Changes of turn that are told.
const CHANGES: usize = 8;

/// A failure, as JSON has it.
#[derive(Serialize)]
pub(super) struct Told {
    schedule: u64,
    kind: &'static str,
    message: String,
    threads: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    races: Vec<races::Told>,
    replay: String,
}

/// A failure, with all that is told of it.
pub(super) struct Found {
    pub(super) told: Told,
    report: String,
    changes: Vec<String>,
    /// How many schedules failed like that.
    count: u64,
}

impl Found {
    /// The report for people, of a module in this file.
    pub(super) fn text(&self, file: &Path, setting: &Setting) -> String {
        let Told {
            schedule,
            kind,
            replay,
            ..
        } = &self.told;
        let mut text = format!("schedule {schedule} fails: {kind}\n");
        for line in self.report.lines() {
            let _ = writeln!(text, "  {line}");
        }
        if !self.changes.is_empty() {
            text.push_str("  how it came to that, the last changes of turn:\n");
        }
        let skipped = self.changes.len().saturating_sub(CHANGES);
        for change in &self.changes[skipped..] {
            let _ = writeln!(text, "    {change}");
        }
        if self.count > 1 {
            let _ = writeln!(text, "  and {} more schedules that fail there", self.count - 1);
        }
        let _ = writeln!(text, "  again: {}\n", again(file, setting, replay));
        text
    }
}

/// What somebody types to see a failure again.
fn again(file: &Path, setting: &Setting, replay: &str) -> String {
    let mut words = vec!["threadlink", "explore"];
    // Short enough to be copied from a terminal.
    let here = std::env::current_dir().ok();
    let near = here.and_then(|here| file.strip_prefix(here).ok());
    let file = near.unwrap_or(file).display().to_string();
    words.push(&file);
    if let Some(export) = &setting.export {
        words.extend(["--export", export]);
    }
    words.extend(["--replay", replay]);
    // The first is the program's name.
    if setting.args.len() > 1 {
        words.push("--");
        words.extend(setting.args.iter().skip(1).map(String::as_str));
    }
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:=,+@".contains(letter);
    let quoted = words.into_iter().map(|word| {
        if !word.is_empty() && word.chars().all(is_plain) {
            word.to_owned()
        } else {
            format!("'{}'", Printable(word).to_string().replace('\'', "'\\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// The hash of a program that tokens have.
pub(super) fn program_of(program: &Explorable) -> u64 {
    let text = program.hash().to_string();
    let first = text.get(..16).unwrap_or_default();
    u64::from_str_radix(first, 16).unwrap_or(0)
}

/// Makes of a schedule that fails what is told of it.
pub(super) fn describe(task: &Task<'_>, failed: Failed, shrinks: bool) -> Result<Found, Failure> {
    let Failed {
        number,
        plan,
        failure,
        steps,
        count,
    } = failed;
    let failed = |error: &dyn std::fmt::Display| Failure::usage(error.to_string());
    let token = |plan: Plan| Token {
        program: program_of(task.program),
        arguments: task.setting.called(),
        settings: task.setting.text(),
        number,
        plan,
    };
    let mut told_as = token(plan.clone());
    if shrinks {
        let few = token(shrunk(task, &plan, &failure, steps)?);
        let len = few.to_string().len();
        if len <= SHORT || len <= told_as.to_string().len() {
            told_as = few;
        }
    }
    let token = told_as;
    let executed = task.execute(&token.plan, true);
    let executed = executed.map_err(|error| failed(&error))?;
    Ok(found(executed, &token, count).unwrap_or_else(|(_, token)| Found {
        told: told(&failure, number, token),
        report: format!("{}\n{NOT_AGAIN}", failure.report.trim_end()),
        changes: Vec::new(),
        count,
    }))
}

/// The plan of an execution that fails like this one, as a list of switches: fewer, if that can be.
fn shrunk(task: &Task<'_>, plan: &Plan, failure: &ScheduleFailure, steps: u64) -> Result<Plan, Failure> {
    let mut attempts = (STEPS / steps.max(1)).min(ATTEMPTS);
    let since = Instant::now();
    let more = || {
        let more = attempts > 0 && since.elapsed() < TIME;
        attempts = attempts.saturating_sub(1);
        more
    };
    let whole = task.execute(plan, true);
    let whole = whole.map_err(|error| Failure::usage(error.to_string()))?;
    let listed = |switches: &[_]| Plan {
        strategy: Strategy::Listed {
            switches: switches.to_vec(),
        },
        ..plan.clone()
    };
    let switches = shrink(whole.switches, more, |switches| {
        let executed = task.execute(&listed(switches), true).ok()?;
        let same = executed
            .failure
            .as_ref()
            .is_some_and(|other| is_same(failure, other));
        same.then_some(executed.switches)
    });
    Ok(listed(&switches))
}

/// Whether two failures are one, though threads may have changed their parts.
fn is_same(one: &ScheduleFailure, other: &ScheduleFailure) -> bool {
    one.kind == other.kind
        && one.place == other.place
        && (!one.place.is_empty() || one.message == other.message)
}

/// Executes what a token stands for; the steps that it took, and what failed.
pub(super) fn replay(
    program: &Explorable,
    setting: &Setting,
    token: &Token,
    trace: Option<TraceWriter>,
) -> Result<(u64, Option<Found>), Failure> {
    let config = ExecutionConfig {
        remembers: true,
        trace,
        ..setting.execution()
    };
    let executed = program.execute(&token.plan, config);
    let executed = executed.map_err(|error| Failure::usage(error.to_string()))?;
    if let Some(Err(error)) = &executed.trace {
        return Err(Failure::usage(format!("the trace is not whole: {error}")));
    }
    Ok((executed.steps, found(executed, token, 1).ok()))
}

/// What is told of an execution, if it fails; if not, the execution again and the token as a text.
fn found(executed: Executed, token: &Token, count: u64) -> Result<Found, (Box<Executed>, String)> {
    let replay = token.to_string();
    match &executed.failure {
        None => Err((Box::new(executed), replay)),
        Some(failure) => Ok(Found {
            told: told(failure, token.number, replay),
            report: failure.report.clone(),
            changes: executed.changes,
            count,
        }),
    }
}

fn told(failure: &ScheduleFailure, schedule: u64, replay: String) -> Told {
    Told {
        schedule,
        kind: failure.kind,
        message: failure.message.clone(),
        threads: failure.threads.clone(),
        races: failure.races.iter().map(races::Told::of).collect(),
        replay,
    }
}
