//! Runs one side of a row once.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use threadlink_trace::testing::scenes;
use threadlink_trace::{EventKind, Trace};

use crate::processor;
use crate::programs::{self, Program, Programs};
use crate::row::Side;

/// What a run gave.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    /// What the workload took by its own clock, or the program by ours; nothing for a size.
    pub(crate) time: Duration,
    /// What the processors did for the whole process.
    pub(crate) processor: Duration,
    /// Bytes, for a size.
    pub(crate) size: u64,
    /// What the workload says about its work: the same work gives the same.
    pub(crate) result: String,
}

/// Runs it once. With `thorough`, a trace is held against all that a trace has to be.
pub(crate) fn once(side: &Side, programs: &Programs, thorough: bool) -> Result<Ran, String> {
    match side {
        Side::Work {
            workload,
            rounds,
            threads,
            record,
            ..
        } => {
            let trace = programs::folder()?.join("trace");
            let mut command = work(side, programs, &trace)?;
            let (printed, mut ran) = run(&mut command)?;
            let mut parts = printed.split_whitespace();
            let time = parts.next().and_then(|word| word.parse().ok());
            let (Some(time), Some(result)) = (time, parts.next()) else {
                return Err(format!("{command:?} printed no time and result, but {printed:?}"));
            };
            ran.time = Duration::from_nanos(time);
            result.clone_into(&mut ran.result);
            if *record {
                check(&trace, workload, rounds * threads, thorough)?;
            }
            Ok(ran)
        }
        Side::Start { program, fresh } => {
            let file = programs.path(*program)?;
            let mut command = programs.threadlink();
            command.arg("run");
            if *fresh && programs.has_cache()? {
                command.arg("--no-cache");
            }
            if *program == Program::Large {
                // More than files may take that come from elsewhere.
                command.args(["--max-compile-memory", "2G"]);
            }
            let (printed, mut ran) = run(command.arg(file))?;
            if printed.is_empty() {
                return Err(format!("{command:?} printed nothing"));
            }
            ran.result = printed;
            Ok(ran)
        }
        Side::True => run(&mut Command::new("/bin/true")).map(|(_, ran)| ran),
        Side::Analyze { scene, events } => {
            let trace = programs::folder()?.join(format!("{scene:?}-{events}.trace").to_lowercase());
            if !trace.exists() {
                scenes::write(&trace, *scene, *events)?;
            }
            let (printed, mut ran) = run(programs.threadlink().args(["analyze", "--json"]).arg(&trace))?;
            // A report on the same trace is the same.
            ran.result = printed.len().to_string();
            Ok(ran)
        }
        Side::Size(program) => {
            let file = programs.path(*program)?;
            let size = std::fs::metadata(&file)
                .map_err(|error| format!("cannot look at {}: {error}", file.display()))?
                .len();
            Ok(Ran {
                time: Duration::ZERO,
                processor: Duration::ZERO,
                size,
                result: String::new(),
            })
        }
    }
}

/// What does a side's work; if it is recorded, in that file.
pub(crate) fn work(side: &Side, programs: &Programs, trace: &Path) -> Result<Command, String> {
    let Side::Work {
        program,
        workload,
        rounds,
        threads,
        record,
        pinned,
    } = side
    else {
        return Err(format!("{side:?} is no work"));
    };
    let file = programs.path(*program)?;
    let words = [(*workload).to_owned(), rounds.to_string(), threads.to_string()];
    if *program == Program::Native {
        let mut command = Command::new(file);
        command.args(&words);
        return Ok(on_processors(command, *pinned));
    }
    let mut command = programs.threadlink();
    command.arg("run");
    if *record {
        command.arg("--trace").arg(trace);
    }
    if *workload == "live" {
        // For ten thousand threads the host needs more than it allows unasked.
        command.args(["--max-host-memory", "4G", "--max-threads", "20000"]);
    }
    command.arg(file).arg("--").args(&words);
    Ok(on_processors(command, *pinned))
}

/// The command, on one processor if it is to be. What asks how many there are is told one.
fn on_processors(mut command: Command, one: bool) -> Command {
    if one {
        processor::only_one(&mut command);
    }
    command
}

fn run(command: &mut Command) -> Result<(String, Ran), String> {
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    let before = processor::used_by_children();
    let start = Instant::now();
    let output = command
        .output()
        .map_err(|error| format!("cannot run {command:?}: {error}"))?;
    let time = start.elapsed();
    let processor = processor::used_by_children().saturating_sub(before);
    if !output.status.success() {
        return Err(format!("{command:?} failed: {}", output.status));
    }
    let ran = Ran {
        time,
        processor,
        size: 0,
        result: String::new(),
    };
    Ok((String::from_utf8_lossy(&output.stdout).into_owned(), ran))
}

/// Whether a trace has all that was done.
pub(crate) fn check(path: &Path, workload: &str, least: u64, thorough: bool) -> Result<(), String> {
    let trace = Trace::open(path).map_err(|error| format!("the trace of {workload}: {error}"))?;
    if trace.event_count() < 2 * least || trace.truncated() {
        return Err(format!(
            "the trace of {workload} has {} events, of {least} times taking and releasing a lock",
            trace.event_count()
        ));
    }
    if !thorough {
        return Ok(());
    }
    let taken = trace
        .events()
        .filter(|event| matches!(event.kind, EventKind::Acquire { .. }))
        .count() as u64;
    if taken < least {
        return Err(format!(
            "the trace of {workload} has a lock taken {taken} times, not {least}"
        ));
    }
    match threadlink_trace::validate(&trace) {
        Ok(_) => Ok(()),
        Err(violations) => Err(format!("the trace of {workload} is wrong: {}", violations[0])),
    }
}
