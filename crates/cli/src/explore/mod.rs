//! `threadlink explore`: a program under many schedules, one thread at a time, until one of them fails; and that one again.
//!
//! [`choices`] are what somebody can say of schedules, and [`setting`] how a program is executed. [`search`] executes schedules by their numbers, on several threads, and knows the lowest one that fails; [`found`] makes of
//! that what is told: fewer switches, a token, a report. [`test`] does all that with one test.

mod choices;
mod found;
mod search;
mod setting;
mod test;

use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde::Serialize;
use threadlink_host::{Engine, EngineConfig, Explorable, Points, StopHandle};
use threadlink_schedule::Token;
use threadlink_trace::TraceWriter;

pub(crate) use self::choices::{Choices, Order};
use self::found::{Found, Told, describe, replay};
use self::search::{Search, Task};
use self::setting::Setting;
pub(crate) use self::test::{Called, Explored, Tests};
use crate::build::{self, Options, Verbosity, Wanted};
use crate::compiler::{MEMORY_FOR_COPY, with_compiler};
use crate::failure::{Done, Failure};
use crate::run::read;
use crate::signals::Signals;
use crate::{lines, output, races};

/// Schedules that are executed if nobody says how many or how long.
const SCHEDULES: u64 = 10_000;

/// Run a program under many schedules, one of its threads at a time, and find those under which it fails: by a panic, a trap, a
/// deadlock, an exit code other than 0, or as it does not come to an end. FILE.wasm, or without one the package here, which is
/// built first.
///
/// A schedule that fails is told with a token, with which `--replay` does the same again, step for step, on any machine. What is
/// explored are interleavings at atomic accesses, waits and the like, one after the other: what weak memory allows besides
/// is not among them. docs/explore.md in the repository says more.
///
/// Exit codes: 0 if no schedule failed, 1 if one did, 2 for bad usage, a module that cannot be run, or the token of another module;
/// 130 after Ctrl-C and 143 after SIGTERM, when what was found so far is told.
#[derive(Debug, Args)]
pub(crate) struct Explore {
    /// The module
    #[arg(value_name = "FILE.wasm", conflicts_with = "Wanted")]
    file: Option<PathBuf>,

    #[command(flatten)]
    wanted: Wanted,

    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    verbosity: Verbosity,

    /// How many schedules to execute [default: 10000, or any number with `--seconds`]
    #[arg(long, value_name = "N")]
    schedules: Option<NonZeroU64>,

    #[command(flatten)]
    choices: Choices,

    /// Whether a panic or trap of any thread is a failure, or of the main thread alone
    #[arg(long, value_enum, default_value = "fail")]
    panics: Panics,

    /// Look for data races as well: accesses of the same memory by two threads that nothing orders. A schedule in which there is one
    /// fails. The debug information of the module has to be there; docs/races.md in the repository says more
    #[arg(long)]
    races: bool,

    /// Go on after a failure; failures of one kind and place are told once
    #[arg(long)]
    keep_going: bool,

    /// Tell the failing schedule as it was found, with all its switches
    #[arg(long)]
    no_shrink: bool,

    /// Do what this token stands for, and nothing else
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["schedules", "seconds", "seed", "strategy", "points", "early_timeouts", "panics", "races", "max_steps", "keep_going", "no_shrink"])]
    replay: Option<Token>,

    /// Call this export in place of the entry point: what a test is that is run by itself
    #[arg(long, value_name = "NAME")]
    export: Option<String>,

    /// Record that execution in this file, for `threadlink analyze`
    #[arg(long, value_name = "OUT", requires = "replay")]
    trace: Option<PathBuf>,

    /// Print JSON instead of text (its keys: docs/explore.md in the repository)
    #[arg(long)]
    json: bool,

    /// The program's arguments
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<String>,
}

/// Whose panic is a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Panics {
    /// Any thread's
    Fail,
    /// The main thread's; others may join a thread that has panicked
    Main,
}

/// What is told as JSON.
#[derive(Serialize)]
struct Document {
    schedules: u64,
    steps: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    failures: Vec<Told>,
}

impl Explore {
    pub(crate) fn execute(self) -> Done {
        let mut others = self.options.clone();
        others.jobs = None;
        if self.file.is_some() && (self.wanted != Wanted::default() || others != Options::default()) {
            return Err(Failure::usage(
                "a module is run as it is: options for building it go without FILE.wasm",
            ));
        }
        let file = match &self.file {
            Some(file) => file.clone(),
            None => build::module(&self.wanted, &self.options, self.verbosity)?,
        };
        // The name of the file would be another one elsewhere.
        let args: Vec<String> = std::iter::once("program".to_owned())
            .chain(self.args.iter().cloned())
            .collect();
        match &self.replay {
            Some(token) => self.repeat(&file, token, args),
            None => self.search(&file, args),
        }
    }

    /// How many schedules are executed at once: what is said of cargo's jobs is said of these.
    fn jobs(&self) -> Result<u32, Failure> {
        match self.options.jobs.as_deref() {
            None | Some("default") => Ok(processors()),
            Some(jobs) => match jobs.parse::<NonZeroU32>() {
                Ok(jobs) => Ok(jobs.get()),
                Err(_) => Err(Failure::usage(format!(
                    "{jobs:?} is no number of schedules to execute at once (--jobs)"
                ))),
            },
        }
    }

    fn search(&self, file: &Path, args: Vec<String>) -> Done {
        let setting = Setting {
            points: self.choices.points,
            only_main_panics: self.panics == Panics::Main,
            races: self.races,
            has_to_panic: false,
            export: self.export.clone(),
            args,
        };
        let program = self.load(file, &setting)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let signals = Signals::catch(move || {
            stopping.store(true, Ordering::Release);
            output::tell("stopped: what was found so far is told (Ctrl-C again ends at once)");
        })
        .map_err(|error| Failure::usage(format!("cannot listen to signals: {error}")))?;
        if program.has_all_points() && setting.points != Points::All {
            output::tell(
                "note: the module has no debug information, so nobody knows which code is the program's own: threads can be stopped \
                 at all atomic accesses, which takes more schedules to find something",
            );
        }
        let since = Instant::now();
        let task = Task {
            program: &program,
            setting: &setting,
            choices: &self.choices,
            schedules: match (self.schedules, self.choices.seconds) {
                (Some(schedules), _) => schedules.get(),
                (None, Some(_)) => u64::MAX,
                (None, None) => SCHEDULES,
            },
            until: self.choices.seconds.and_then(|limit| since.checked_add(limit)),
            stop: Some(&stop),
            keep_going: self.keep_going,
            jobs: self.jobs()?,
            shows: !self.json && !self.verbosity.quiet,
        };
        let Search {
            schedules,
            steps,
            failures,
        } = search::search(&task)?;
        let seconds = since.elapsed().as_secs_f64();
        let mut found: Vec<Found> = Vec::new();
        for failure in failures {
            let shrinks = !self.no_shrink && signals.caught().is_none();
            found.push(describe(&task, failure, shrinks)?);
        }
        let failed = !found.is_empty();
        if self.json {
            let failures = found.into_iter().map(|found| found.told).collect();
            let document = Document {
                schedules,
                steps,
                seconds: Some(seconds),
                failures,
            };
            output::stream(|out| lines::write(out, &document))?;
        } else {
            for found in &found {
                output::print(&found.text(file, &setting))?;
            }
            let count = found.len();
            let rate = schedules as f64 / seconds.max(1e-9);
            let plural = if count == 1 { "" } else { "s" };
            output::print(&format!(
                "{schedules} schedules, {steps} steps, {} points in the code, {seconds:.1} s ({rate:.0} a second): {count} \
                 failure{plural}\n",
                program.points()
            ))?;
        }
        Ok(signals.caught().unwrap_or_else(|| i32::from(failed)))
    }

    fn repeat(&self, file: &Path, token: &Token, args: Vec<String>) -> Done {
        let setting = Setting::of(&token.settings, self.export.clone(), args)
            .ok_or_else(|| Failure::usage("the replay token was made by another version of threadlink"))?;
        let program = self.load(file, &setting)?;
        if token.program != found::program_of(&program) {
            return Err(Failure::usage(format!(
                "the replay token is that of another module than {}: it was built otherwise, or changed since",
                file.display()
            )));
        }
        if token.arguments != setting.called() {
            return Err(Failure::usage(
                "the replay token is that of an execution with other arguments, or of another test: name the same export, and give the program the same ones after `--`",
            ));
        }
        let trace = self.trace.as_deref().map(TraceWriter::create).transpose();
        let trace = trace.map_err(|error| Failure::usage(error.to_string()))?;
        let (steps, found) = replay(&program, &setting, token, trace)?;
        let failed = found.is_some();
        if self.json {
            let document = Document {
                schedules: 1,
                steps,
                seconds: None,
                failures: found.into_iter().map(|found| found.told).collect(),
            };
            output::stream(|out| lines::write(out, &document))?;
        } else if let Some(found) = found {
            output::print(&found.text(file, &setting))?;
        } else {
            output::print(&format!("the program did not fail, in {steps} steps\n"))?;
        }
        Ok(i32::from(failed))
    }

    fn load(&self, file: &Path, setting: &Setting) -> Result<Explorable, Failure> {
        let own = self.file.is_none();
        prepare(file, read(file)?, setting.points, setting.races, own)
    }
}

/// Loads the module of this file. `own` is one that was built here: nothing limits what compiling it may take.
fn prepare(
    file: &Path,
    bytes: Vec<u8>,
    points: Points,
    for_races: bool,
    own: bool,
) -> Result<Explorable, Failure> {
    let refused = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", file.display()));
    let memory = if own { u64::MAX } else { MEMORY_FOR_COPY };
    let engine = Engine::new(&with_compiler(
        EngineConfig::new().max_compile_memory(memory).locatable(true),
    ));
    let engine = engine.map_err(|error| refused(&error))?;
    let stop = StopHandle::new();
    let program = if for_races {
        engine.load_explorable_for_races(bytes, points, &races::libraries(), &stop)
    } else {
        engine.load_explorable(bytes, points, &stop)
    };
    let program = program.map_err(|error| refused(&error))?;
    races::note(&program);
    Ok(program)
}

fn processors() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(1))
}
