//! What is told of a schedule that fails: with fewer switches, and a token.

use std::fmt::Write as _;

use serde::Serialize;
use threadlink_host::{Executed, ExecutionConfig, Explorable, ScheduleFailure};
use threadlink_schedule::{Plan, Strategy, Token, hash, shrink};
use threadlink_trace::TraceWriter;

use super::Setting;
use super::search::{Failed, Task};
use crate::failure::Failure;
use crate::races;

/// Executions that shrinking may take, and steps of all of them together.
const ATTEMPTS: u64 = 2_000;
const STEPS: u64 = 20_000_000;
/// Switches that a token has at most: one with more is told as it was found, which is shorter.
const LISTED: usize = 100;
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
    /// The report for people. `command` is what they put in front of a token.
    pub(super) fn text(&self, command: &str) -> String {
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
        let _ = writeln!(text, "  again: {command} {replay}\n");
        text
    }
}

/// The hash of a program that tokens have.
pub(super) fn program_of(program: &Explorable) -> u64 {
    let text = program.hash().to_string();
    let first = text.get(..16).unwrap_or_default();
    u64::from_str_radix(first, 16).unwrap_or(0)
}

/// The hash of its arguments.
pub(super) fn arguments_of(setting: &Setting) -> u64 {
    hash(setting.args.iter().map(String::as_str))
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
    let plan = if shrinks {
        shrunk(task, plan, &failure, steps)?
    } else {
        plan
    };
    let executed = task.execute(&plan, true).map_err(|error| failed(&error))?;
    let token = Token {
        program: program_of(task.program),
        arguments: arguments_of(task.setting),
        settings: task.setting.text(),
        number,
        plan,
    };
    Ok(found(executed, &token, count).unwrap_or_else(|(_, token)| Found {
        told: told(&failure, number, token),
        report: format!("{}\n{NOT_AGAIN}", failure.report.trim_end()),
        changes: Vec::new(),
        count,
    }))
}

/// The plan of an execution that fails like this one with fewer switches, or this one.
fn shrunk(task: &Task<'_>, plan: Plan, failure: &ScheduleFailure, steps: u64) -> Result<Plan, Failure> {
    let attempts = (STEPS / steps.max(1)).min(ATTEMPTS);
    let whole = task.execute(&plan, true);
    let whole = whole.map_err(|error| Failure::usage(error.to_string()))?;
    let listed = |switches: &[_]| Plan {
        strategy: Strategy::Listed {
            switches: switches.to_vec(),
        },
        ..plan.clone()
    };
    let switches = shrink(
        whole.switches,
        usize::try_from(attempts).unwrap_or(0),
        |switches| {
            let executed = task.execute(&listed(switches), true).ok()?;
            let same = executed
                .failure
                .as_ref()
                .is_some_and(|other| is_same(failure, other));
            same.then_some(executed.switches)
        },
    );
    Ok(if switches.len() <= LISTED {
        listed(&switches)
    } else {
        plan
    })
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
        args: setting.args.clone(),
        only_main_panics: setting.only_main_panics,
        remembers: true,
        trace,
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
