//! `cargo xtask curves`: what more threads and more events cost, as pictures in docs/performance.
//!
//! One run a point: minutes for the largest, and nothing for every change.

mod peak;
mod picture;

use std::process::{Command, ExitCode};

use threadlink_trace::{EventKind, Trace};

use crate::programs::{self, Program, Programs};
use crate::row::Side;
use crate::run;

use self::picture::{Line, Picture};

/// Threads that are alive at once.
const THREADS: [u64; 9] = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000];
/// So many have to be possible on any machine.
const LEAST_THREADS: u64 = 1_000;
/// Each time that a lock is taken and released makes three events, a request among them.
const EVENTS_OF_A_PAIR: u64 = 3;

/// Measures both curves, up to so many events, and writes the pictures.
pub(crate) fn curves(programs: &Programs, words: &[&str]) -> Result<ExitCode, String> {
    let most = match words {
        [] => 100_000_000,
        ["--events", most] => most
            .parse()
            .ok()
            .filter(|most| (100_000..=100_000_000).contains(most))
            .ok_or("--events wants a number from 100000 to 100000000")?,
        _ => return Err(format!("curves knows --events N only, not {}", words.join(" "))),
    };
    let folder = programs::root().join("docs/performance");
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    for picture in threads(programs)?.iter().chain(&events(programs, most)?) {
        picture.draw(&folder)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn threads(programs: &Programs) -> Result<Vec<Picture>, String> {
    let sides = [("guest", Program::Std), ("native", Program::Native)];
    let mut times = sides.map(|(name, _)| Line::new(name));
    let mut peaks = sides.map(|(name, _)| Line::new(name));
    println!(
        "{:>12} {:>12} {:>12} {:>12} {:>12}",
        "threads", "guest ms", "native ms", "guest MiB", "native MiB"
    );
    'counts: for threads in THREADS {
        let mut figures = Vec::new();
        for (number, (_, program)) in sides.into_iter().enumerate() {
            let side = Side::Work {
                program,
                workload: "live",
                rounds: 0,
                threads,
                record: false,
                pinned: false,
            };
            let trace = programs::folder()?.join("trace");
            let point = match point(&mut run::work(&side, programs, &trace)?) {
                Ok(point) => point,
                // The system's limits for a process or a container may be lower than what is asked for.
                Err(error) if threads > LEAST_THREADS => {
                    println!("{threads:>12} are too many here, so the curves end: {error}");
                    break 'counts;
                }
                Err(error) => return Err(error),
            };
            if point.result != threads * (threads - 1) / 2 {
                return Err(format!("{threads} threads returned {}", point.result));
            }
            times[number].push(threads, point.millis);
            // Of a process that is gone at once nothing is seen.
            if point.peak > 0.0 {
                peaks[number].push(threads, point.peak);
            }
            figures.push(point);
        }
        println!(
            "{threads:>12} {:>12.1} {:>12.1} {:>12.1} {:>12.1}",
            figures[0].millis, figures[1].millis, figures[0].peak, figures[1].peak
        );
    }
    let picture = |file, title: &str, unit, lines: [Line; 2]| Picture {
        file,
        title: title.to_owned(),
        across: "threads alive at once",
        up: unit,
        lines: lines.into(),
    };
    Ok(vec![
        picture(
            "threads-time.svg",
            "Spawning, meeting twice, joining",
            "ms",
            times,
        ),
        picture(
            "threads-memory.svg",
            "Memory of the process at most",
            "MiB",
            peaks,
        ),
    ])
}

fn events(programs: &Programs, most: u64) -> Result<Vec<Picture>, String> {
    let [mut time, mut bytes, mut peak] = ["recorded", "trace", "host and guest"].map(Line::new);
    let mut unrecorded = Line::new("not recorded");
    let trace = programs::folder()?.join("curve.trace");
    println!(
        "\n{:>12} {:>12} {:>16} {:>12} {:>12}",
        "events", "ms", "unrecorded ms", "trace MiB", "peak MiB"
    );
    let mut wanted = 100_000;
    while wanted <= most {
        let side = |record| Side::Work {
            program: Program::StdTraced,
            workload: "counter",
            rounds: wanted / EVENTS_OF_A_PAIR / 2,
            threads: 2,
            record,
            pinned: false,
        };
        let recorded = point(&mut run::work(&side(true), programs, &trace)?)?;
        let plain = point(&mut run::work(&side(false), programs, &trace)?)?;
        if recorded.result != plain.result {
            return Err(format!("counted {} and {}", recorded.result, plain.result));
        }
        let (events, size) = written(&trace, recorded.result)?;
        time.push(events, recorded.millis);
        unrecorded.push(events, plain.millis);
        bytes.push(events, size);
        peak.push(events, recorded.peak);
        println!(
            "{events:>12} {:>12.1} {:>16.1} {size:>12.1} {:>12.1}",
            recorded.millis, plain.millis, recorded.peak
        );
        wanted *= 10;
    }
    // It may be large.
    std::fs::remove_file(&trace).map_err(|error| format!("cannot remove {}: {error}", trace.display()))?;
    let picture = |file, title: &str, unit, lines: Vec<Line>| Picture {
        file,
        title: title.to_owned(),
        across: "events",
        up: unit,
        lines,
    };
    Ok(vec![
        picture(
            "events-time.svg",
            "Two threads count with one lock",
            "ms",
            vec![time, unrecorded],
        ),
        picture(
            "events-size.svg",
            "The trace, and the process at most",
            "MiB",
            vec![bytes, peak],
        ),
    ])
}

/// How many events the trace has, which has every time the lock was taken, and its size in MiB.
fn written(path: &std::path::Path, taken: u64) -> Result<(u64, f64), String> {
    let trace = Trace::open(path).map_err(|error| format!("the trace of the curve: {error}"))?;
    let acquired = trace
        .events()
        .filter(|event| matches!(event.kind, EventKind::Acquire { .. }))
        .count() as u64;
    if trace.truncated() || acquired < taken {
        return Err(format!(
            "the trace has a lock taken {acquired} times, not {taken}"
        ));
    }
    let size = std::fs::metadata(path)
        .map_err(|error| format!("cannot look at {}: {error}", path.display()))?
        .len();
    Ok((trace.event_count(), size as f64 / 1024.0 / 1024.0))
}

/// One run.
struct Point {
    /// By the workload's own clock.
    millis: f64,
    /// The largest size of the process, in MiB.
    peak: f64,
    result: u64,
}

fn point(command: &mut Command) -> Result<Point, String> {
    let (printed, peak) = peak::run(command)?;
    let mut numbers = printed.split_whitespace().map(str::parse::<u64>);
    let (Some(Ok(nanos)), Some(Ok(result))) = (numbers.next(), numbers.next()) else {
        return Err(format!("{command:?} printed no time and result, but {printed:?}"));
    };
    Ok(Point {
        millis: nanos as f64 / 1e6,
        peak: peak as f64 / 1024.0,
        result,
    })
}
