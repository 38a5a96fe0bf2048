//! Schedules by their numbers, several at once, and which of them fail.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use threadlink_host::{Executed, ExecutionConfig, Explorable, RunError, ScheduleFailure};
use threadlink_schedule::{Plan, Profile, Strategy};

use super::choices::Choices;
use super::setting::Setting;
use crate::failure::Failure;

/// How often the line on the terminal is written anew.
const TICK: Duration = Duration::from_millis(500);

/// What is to be explored.
pub(super) struct Task<'a> {
    pub(super) program: &'a Explorable,
    pub(super) setting: &'a Setting,
    pub(super) choices: &'a Choices,
    pub(super) schedules: u64,
    pub(super) until: Option<Instant>,
    /// Says when no more schedules are to be begun.
    pub(super) stop: Option<&'a AtomicBool>,
    pub(super) keep_going: bool,
    pub(super) jobs: u32,
    /// Whether a terminal shows how far it is.
    pub(super) shows: bool,
}

/// A schedule that failed.
pub(super) struct Failed {
    pub(super) number: u64,
    pub(super) plan: Plan,
    pub(super) failure: ScheduleFailure,
    pub(super) steps: u64,
    /// How many failed like that.
    pub(super) count: u64,
}

/// What came of it all.
pub(super) struct Search {
    /// Schedules that were executed, or the number of the one that failed.
    pub(super) schedules: u64,
    pub(super) steps: u64,
    /// By their numbers.
    pub(super) failures: Vec<Failed>,
}

impl Task<'_> {
    /// The plan of the schedule of this number. It follows from that, the seed, and what the first schedule has shown.
    fn plan(&self, number: u64, profile: Option<&Profile>) -> Plan {
        Plan {
            // Whatever is mixed, the first has nothing to go by.
            strategy: profile.map_or(Strategy::Random, |profile| {
                self.choices.strategy.nth(number, profile)
            }),
            seed: Plan::nth_seed(self.choices.seed, number),
            early_timeouts: self.choices.early_timeouts,
            max_steps: self.choices.max_steps.get(),
        }
    }

    /// Executes one.
    pub(super) fn execute(&self, plan: &Plan, remembers: bool) -> Result<Executed, RunError> {
        let config = ExecutionConfig {
            remembers,
            ..self.setting.execution()
        };
        self.program.execute(plan, config)
    }
}

/// What the threads of a search share.
struct Shared {
    next: AtomicU64,
    executed: AtomicU64,
    steps: AtomicU64,
    /// The lowest number of a schedule that failed, or could not be executed.
    lowest: AtomicU64,
    done: AtomicBool,
    found: Mutex<Results>,
}

/// What was found so far.
#[derive(Default)]
struct Results {
    /// By kind, place and message, but for numbers in it.
    failures: BTreeMap<(String, String), Failed>,
    error: Option<(u64, RunError)>,
}

/// Executes schedules until one fails, or all if it goes on.
pub(super) fn search(task: &Task<'_>) -> Result<Search, Failure> {
    let shared = Shared {
        next: AtomicU64::new(2),
        executed: AtomicU64::new(0),
        steps: AtomicU64::new(0),
        lowest: AtomicU64::new(u64::MAX),
        done: AtomicBool::new(false),
        found: Mutex::default(),
    };
    let first = shared.one(task, 1, None);
    let profile = first.map(|executed| executed.profile).unwrap_or_default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..task.jobs)
            .filter_map(|_| {
                let named = std::thread::Builder::new().name("explore".to_owned());
                named.spawn_scoped(scope, || shared.work(task, &profile)).ok()
            })
            .collect();
        if workers.is_empty() {
            shared.work(task, &profile);
        }
        if task.shows && io::stderr().is_terminal() {
            let _ = std::thread::Builder::new().spawn_scoped(scope, || shared.show());
        }
        for worker in workers {
            // A panic of ours goes on when the scope ends.
            let _ = worker.join();
        }
        shared.done.store(true, Ordering::Release);
    });
    let Shared {
        executed,
        steps,
        lowest,
        found,
        ..
    } = shared;
    let Results { failures, error } = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let lowest = lowest.into_inner();
    if let Some((number, error)) = error
        && number <= lowest
    {
        return Err(Failure::usage(error.to_string()));
    }
    let mut failures: Vec<Failed> = failures.into_values().collect();
    failures.sort_by_key(|failed| failed.number);
    if !task.keep_going {
        failures.truncate(1);
    }
    let executed = executed.into_inner();
    Ok(Search {
        schedules: if task.keep_going {
            executed
        } else {
            executed.min(lowest)
        },
        steps: steps.into_inner(),
        failures,
    })
}

impl Shared {
    /// One worker's work.
    fn work(&self, task: &Task<'_>, profile: &Profile) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let beyond = !task.keep_going && number > self.lowest.load(Ordering::Acquire);
            let late = task.until.is_some_and(|until| Instant::now() >= until);
            let stopped = task.stop.is_some_and(|stop| stop.load(Ordering::Acquire));
            if number > task.schedules || beyond || late || stopped {
                return;
            }
            self.one(task, number, Some(profile));
        }
    }

    /// Executes the schedule of this number.
    fn one(&self, task: &Task<'_>, number: u64, profile: Option<&Profile>) -> Option<Executed> {
        let plan = task.plan(number, profile);
        let executed = match task.execute(&plan, false) {
            Ok(executed) => executed,
            Err(error) => {
                self.lowest.fetch_min(number, Ordering::AcqRel);
                let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
                if found.error.as_ref().is_none_or(|(other, _)| number < *other) {
                    found.error = Some((number, error));
                }
                return None;
            }
        };
        self.executed.fetch_add(1, Ordering::Relaxed);
        self.steps.fetch_add(executed.steps, Ordering::Relaxed);
        if let Some(failure) = &executed.failure {
            self.lowest.fetch_min(number, Ordering::AcqRel);
            self.add(Failed {
                number,
                plan,
                failure: failure.clone(),
                steps: executed.steps,
                count: 1,
            });
        }
        Some(executed)
    }

    fn add(&self, failed: Failed) {
        let failure = &failed.failure;
        let what = if failure.place.is_empty() {
            &failure.message
        } else {
            &failure.place
        };
        let key = (failure.kind.to_owned(), what.clone());
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        match found.failures.get_mut(&key) {
            Some(known) => {
                let count = known.count + 1;
                if failed.number < known.number {
                    *known = failed;
                }
                known.count = count;
            }
            None => drop(found.failures.insert(key, failed)),
        }
    }

    /// Shows how far it is, until it is done.
    fn show(&self) {
        let since = Instant::now();
        let mut shown = false;
        while !self.done.load(Ordering::Acquire) {
            std::thread::park_timeout(TICK / 10);
            if since.elapsed() < TICK {
                continue;
            }
            shown = true;
            let executed = self.executed.load(Ordering::Relaxed);
            let steps = self.steps.load(Ordering::Relaxed);
            let rate = executed as f64 / since.elapsed().as_secs_f64();
            let depth = steps / executed.max(1);
            let _ = write!(
                io::stderr(),
                "\r{executed} schedules, {rate:.0} a second, {depth} steps each\x1b[K"
            );
        }
        if shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
