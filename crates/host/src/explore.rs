//! The facade of explorations: a module goes in, and is executed as often as somebody has plans for it.

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::sync::Arc;

use threadlink_schedule::{Plan, Profile, Strategy, Switch};
use threadlink_trace::{Printable, Summary, TraceWriter, WriteError};

use crate::backtrace;
use crate::engine::Engine;
use crate::link::Functions;
use crate::load::{self, Compiled, Library, LoadError, ModuleHash, Points};
use crate::outcome::{Death, End};
use crate::race::{Race, RaceAccess};
use crate::run::explore::{Execution, Request, execute};
use crate::run::turns::Change;
use crate::run::watchdog::Watchdog;
use crate::run::{RunConfig, RunError, StopHandle, Stream};

/// How many threads every execution is told that it can run at once.
const PARALLELISM: NonZeroU32 = NonZeroU32::new(2).expect("it is not 0");
/// Lines of standard error that a report has.
const LAST_WORDS: usize = 12;
/// What the random bytes of every execution follow from.
const BYTES: u64 = 0;

/// A module whose threads take turns. Any number of threads may execute it at once: executions share nothing.
///
/// ```
/// use threadlink_host::{Engine, EngineConfig, ExecutionConfig, Points, StopHandle};
/// use threadlink_schedule::{Plan, Strategy};
///
/// let module = wat::parse_str(
///     r#"(module
///         (import "env" "memory" (memory 1 1 shared))
///         (global $unused (mut i32) (i32.const 0))
///         (func (export "_start")
///             (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
///             unreachable))"#,
/// )?;
/// let program = Engine::new(&EngineConfig::new())?.load_explorable(module, Points::User, &StopHandle::new())?;
/// let plan = Plan { strategy: Strategy::Random, seed: 1, early_timeouts: false, max_steps: 1000 };
/// let executed = program.execute(&plan, ExecutionConfig::default())?;
/// assert_eq!(executed.failure.expect("it traps").kind, "trap");
/// assert_eq!(executed.steps, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Explorable {
    compiled: Arc<Compiled>,
    functions: Arc<Functions>,
    watchdog: Watchdog,
    points: usize,
    unknown: bool,
}

/// How a module is executed, besides the plan.
///
/// ```
/// use threadlink_host::ExecutionConfig;
///
/// let config = ExecutionConfig { remembers: true, ..ExecutionConfig::default() };
/// # drop(config);
/// ```
#[derive(Debug, Default)]
pub struct ExecutionConfig {
    /// The export that is called; `_start` if none is named.
    pub export: Option<String>,
    /// The program's arguments, the first being its name.
    pub args: Vec<String>,
    /// Whether a thread that panics or traps is one that others may deal with; if not, it is a failure.
    pub only_main_panics: bool,
    /// Whether the program has to panic, as some tests do: then that is no failure, and anything else is one.
    pub has_to_panic: bool,
    /// Whether switches, and the last changes of turn, are remembered.
    pub remembers: bool,
    /// Where the execution is recorded.
    pub trace: Option<TraceWriter>,
}

/// What came of an execution.
///
/// ```no_run
/// # fn show(executed: &threadlink_host::Executed) {
/// println!("{} steps", executed.steps);
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Executed {
    /// What failed.
    pub failure: Option<ScheduleFailure>,
    /// Steps of all threads.
    pub steps: u64,
    /// Steps of each.
    pub profile: Profile,
    /// Its switches, if they are [remembered](ExecutionConfig::remembers).
    pub switches: Vec<Switch>,
    /// The last changes of turn, as sentences, if they are remembered.
    pub changes: Vec<String>,
    /// What became of the trace, if one was asked for.
    pub trace: Option<Result<Summary, WriteError>>,
}

/// What is left of a program that was [run for races](Explorable::run_for_races).
///
/// ```no_run
/// # fn show(outcome: &threadlink_host::RacesOutcome) {
/// println!("{} races", outcome.races);
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct RacesOutcome {
    /// Why the program ended.
    pub end: End,
    /// How many pairs of places race.
    pub races: u64,
    /// How often the budget was used up, and all accesses forgotten.
    pub forgotten: u64,
    /// What it wrote to its standard output, if that was [captured](Stream::capture).
    pub stdout: Vec<u8>,
    /// The same of its standard error.
    pub stderr: Vec<u8>,
}

/// A failure of an execution.
///
/// ```no_run
/// # fn show(failure: &threadlink_host::ScheduleFailure) {
/// eprint!("{}", failure.report);
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScheduleFailure {
    /// `panic`, `trap`, `deadlock`, `livelock`, `exit` for an exit code other than 0, `runtime` for a failure of threadlink's
    /// runtime in the guest, `race` for a data race, `hang` for a thread that has its turn and comes to no point for ten seconds, or `limit`.
    pub kind: &'static str,
    /// What happened, in a line or two.
    pub message: String,
    /// The threads that it is about.
    pub threads: Vec<String>,
    /// Where it happened, as far as that is known: failures of one place are thought to be one.
    pub place: String,
    /// All that is known of it.
    pub report: String,
    /// The data races of the execution, of which this is the first.
    pub races: Vec<Race>,
}

impl Engine {
    /// Checks a module as [`load`](Self::load) does, and compiles it so that its threads can take turns. Nothing is taken from a
    /// cache, and nothing kept in one.
    ///
    /// # Errors
    /// [`LoadError`] names the first thing that is wrong.
    pub fn load_explorable(
        &self,
        bytes: Vec<u8>,
        points: Points,
        stop: &StopHandle,
    ) -> Result<Explorable, LoadError> {
        self.explorable(bytes, points, None, stop)
    }

    /// The same for code that tells of its accesses of memory, so that [data races](crate::Race) are failures. `libraries` say
    /// where the source of std is, from which the orderings of atomic accesses are read.
    ///
    /// # Errors
    /// As above.
    pub fn load_explorable_for_races(
        &self,
        bytes: Vec<u8>,
        points: Points,
        libraries: &[Library],
        stop: &StopHandle,
    ) -> Result<Explorable, LoadError> {
        self.explorable(bytes, points, Some(libraries), stop)
    }

    fn explorable(
        &self,
        bytes: Vec<u8>,
        points: Points,
        races: Option<&[Library]>,
        stop: &StopHandle,
    ) -> Result<Explorable, LoadError> {
        let loaded = load::load_stoppable(self, bytes, points, races, stop)?;
        let functions = Functions::of(&loaded.compiled).map_err(|error| LoadError::Invalid {
            message: format!("{error:#}"),
        })?;
        let watchdog = Watchdog::new().map_err(|error| LoadError::Invalid {
            message: format!("the system gives no thread to look after it: {error}"),
        })?;
        Ok(Explorable {
            watchdog,
            compiled: Arc::new(loaded.compiled),
            functions: Arc::new(functions),
            points: loaded.points,
            unknown: loaded.unknown,
        })
    }
}

impl Explorable {
    /// At how many instructions a thread can be stopped.
    #[must_use]
    pub fn points(&self) -> usize {
        self.points
    }

    /// Whether these are all atomic accesses there are, since the module does not tell which of its code is the program's own.
    #[must_use]
    pub fn has_all_points(&self) -> bool {
        self.unknown
    }

    /// Which module it is: a hash of the bytes that it was loaded from.
    #[must_use]
    pub fn hash(&self) -> ModuleHash {
        self.compiled.original.hash()
    }

    /// Executes it once.
    ///
    /// # Errors
    /// If the program could not be started. Whatever it does once it runs is an [`Executed`].
    pub fn execute(&self, plan: &Plan, config: ExecutionConfig) -> Result<Executed, RunError> {
        let mut run = RunConfig::new()
            .args(config.args)
            .parallelism(PARALLELISM)
            .seed(BYTES)
            .stdout(Stream::discard())
            .stderr(Stream::capture());
        if let Some(export) = &config.export {
            run = run.entry(export);
        }
        if let Some(trace) = config.trace {
            run = run.trace(trace);
        }
        let execution = execute(Request {
            program: &self.compiled,
            functions: &self.functions,
            watchdog: Some(&self.watchdog),
            plan,
            config: run,
            any_panic: !config.only_main_panics,
            remembers: config.remembers,
            listener: None,
        })?;
        let change = |change: &Change| self.sentence(change);
        Ok(Executed {
            failure: failure(&execution, config.has_to_panic),
            steps: execution.course.steps,
            changes: execution.course.changes.iter().map(change).collect(),
            profile: execution.course.profile,
            switches: execution.course.switches,
            trace: execution.trace,
        })
    }

    /// What is not known of the orderings of its atomic accesses, and of what allocates, if it looks for races: sentences for
    /// people.
    #[must_use]
    pub fn unknown_of_races(&self) -> Vec<String> {
        let Some(telling) = self.compiled.telling() else {
            return Vec::new();
        };
        let atomics = telling.sites.iter().filter(|site| site.kind.is_atomic()).count();
        let mut sentences = Vec::new();
        if telling.unordered > 0 {
            sentences.push(format!(
                "of {} of {atomics} atomic accesses nobody knows which ordering they have in the source: they count as SeqCst, \
                 which may hide races",
                telling.unordered
            ));
        }
        if !telling.allocator {
            sentences.push(
                "the module does not say by which functions it allocates: memory that is freed and used again may look as if it \
                 raced"
                    .to_owned(),
            );
        }
        sentences
    }

    /// Runs it as a program, from `_start` on, its threads one at a time, with the streams and arguments that `config` says, and
    /// tells `found` of each data race when it is found. Time is virtual, as in explorations.
    ///
    /// # Errors
    /// If the program could not be started.
    pub fn run_for_races(
        &self,
        config: RunConfig,
        found: impl Fn(&Race) + Send + Sync + 'static,
    ) -> Result<RacesOutcome, RunError> {
        let plan = Plan {
            // A thread runs as long as it can, unless it spins.
            strategy: Strategy::Listed { switches: Vec::new() },
            seed: BYTES,
            early_timeouts: false,
            max_steps: u64::MAX,
        };
        let execution = execute(Request {
            program: &self.compiled,
            functions: &self.functions,
            watchdog: None,
            plan: &plan,
            config,
            any_panic: false,
            remembers: false,
            listener: Some(Arc::new(found)),
        })?;
        let (races, more, forgotten) = execution.races;
        Ok(RacesOutcome {
            end: execution.end,
            races: races.len() as u64 + more,
            forgotten,
            stdout: execution.stdout,
            stderr: execution.stderr,
        })
    }

    fn sentence(&self, change: &Change) -> String {
        let (from, to) = (change.from.label(), change.to.label());
        let does = if change.could_go_on {
            "was stopped"
        } else {
            "waits"
        };
        let at = backtrace::own_place(&self.compiled, &change.at)
            .map_or_else(String::new, |place| format!(" at {place}"));
        format!("{from} {does}{at}; {to} goes on")
    }
}

impl std::fmt::Debug for Explorable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Explorable")
            .field("points", &self.points)
            .finish_non_exhaustive()
    }
}

/// What the program has written to its standard error of a panic there, as std and the runtime write it.
fn said(stderr: &[u8], site: &str) -> String {
    let text = String::from_utf8_lossy(stderr);
    let end = format!(" panicked at {site}:");
    let after = text.lines().skip_while(|line| !line.ends_with(&end)).skip(1);
    let message = after
        .take_while(|line| !line.is_empty() && !line.starts_with("note: ") && !line.starts_with("thread '"));
    message.collect::<Vec<_>>().join("\n")
}

/// A race is a failure, however the execution has ended.
fn of_race(race: &Race, execution: &Execution) -> ScheduleFailure {
    let (races, more, _) = &execution.races;
    let mut report = String::new();
    for race in races {
        let _ = write!(report, "{race}");
    }
    if *more > 0 {
        let _ = writeln!(report, "and {more} more data races");
    }
    let place = |access: &RaceAccess| access.place.clone().unwrap_or_default();
    let mut places = [place(&race.earlier), place(&race.later)];
    places.sort();
    ScheduleFailure {
        kind: "race",
        message: race.headline(),
        threads: vec![race.earlier.thread.clone(), race.later.thread.clone()],
        place: places.join("; "),
        report,
        races: races.clone(),
    }
}

/// The last lines that it has written to its standard error: who ends a program with an exit code has mostly said why.
fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(LAST_WORDS)..];
    if last.is_empty() {
        return String::new();
    }
    let shown = last.iter().map(|line| format!("  | {}\n", Printable(line)));
    format!("what it wrote at last:\n{}", shown.collect::<String>())
}

/// What an end means that an execution has come to, if it is a failure.
fn failure(execution: &Execution, has_to_panic: bool) -> Option<ScheduleFailure> {
    if let Some(race) = execution.races.0.first() {
        return Some(of_race(race, execution));
    }
    let end = &execution.end;
    let died = |death: &Death| {
        let mut death = Death {
            said: false,
            ..death.clone()
        };
        if let Some(site) = death.site.as_ref().filter(|_| death.message.is_empty()) {
            death.message = said(&execution.stderr, &site.to_string());
        }
        let site = death.site.as_ref().map(ToString::to_string);
        let place = site.or_else(|| death.backtrace.first().cloned());
        (
            death.message.clone(),
            vec![death.thread.clone()],
            place.unwrap_or_default(),
            death.to_string(),
        )
    };
    let plain = |message: String| {
        let report = end.to_string();
        let report = if report.is_empty() {
            format!("{message}\n")
        } else {
            report
        };
        (message, Vec::new(), String::new(), report)
    };
    let (kind, (message, threads, place, report)) = match end {
        End::Panicked(_) if has_to_panic => return None,
        End::Returned if has_to_panic => (
            "exit",
            plain("the program was to panic, and ended well".to_owned()),
        ),
        End::Returned | End::Exited(0) => return None,
        End::Exited(code) => {
            let (message, threads, place, mut report) =
                plain(format!("the program ended with exit code {code}"));
            report.push_str(&last_words(&execution.stderr));
            ("exit", (message, threads, place, report))
        }
        End::Panicked(death) => ("panic", died(death)),
        End::Trapped(death) => ("trap", died(death)),
        End::RuntimeFailure(failure) => {
            let (mut message, mut place) = (format!("error number {}", failure.errno), String::new());
            if let Some(death) = &failure.death {
                (message, _, place, _) = died(death);
            }
            (
                "runtime",
                (message, vec![failure.thread.clone()], place, end.to_string()),
            )
        }
        End::Deadlock(report) => {
            let threads = report.edges.iter().map(|edge| edge.thread.to_string()).collect();
            let text = report.to_string();
            let message = text.lines().next().unwrap_or_default().to_owned();
            let place = report
                .edges
                .iter()
                .map(|edge| edge.places.join(" "))
                .collect::<Vec<_>>()
                .join("; ");
            ("deadlock", (message, threads, place, text))
        }
        End::TimedOut { threads, .. } if execution.endless => {
            let steps = execution.course.steps;
            let message = "the program does not come to an end".to_owned();
            let mut report = format!("livelock: after {steps} steps the program has not come to its end\n");
            for line in threads {
                let _ = writeln!(report, "  {line}");
            }
            ("livelock", (message, Vec::new(), String::new(), report))
        }
        End::Stopped { threads } => {
            let message = "a thread comes to no point any more".to_owned();
            let mut report = format!("{message}: it is in a loop of its own, or takes very long\n");
            for line in threads {
                let _ = writeln!(report, "  {line}");
            }
            ("hang", (message, Vec::new(), String::new(), report))
        }
        End::TimedOut { .. } | End::CpuLimit { .. } | End::OutputLimit { .. } | End::ImportFailed(_) => {
            ("limit", plain("the program was ended".to_owned()))
        }
    };
    Some(ScheduleFailure {
        kind,
        message,
        threads,
        place,
        report,
        races: Vec::new(),
    })
}
