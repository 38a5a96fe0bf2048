//! What analysing costs: prints time and peak memory of reading, validating and reporting on one trace: that of a program
//! with so many locks, each taken once and released; one of about so many events, `ordinary` or with two hundred `circles`; or any other.
//!
//! `cargo run --release -p threadlink-analysis --example scale -- 5000000`, `-- ordinary 1000000` or `-- FILE.trace`

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs, io};

use threadlink_analysis::{Document, Report};
use threadlink_trace::testing::scenes::{self, Scene};
use threadlink_trace::{AcquireOp, EventKind, Mode, Trace, TraceWriter, validate};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let directory = tempfile::tempdir()?;
    let mut path = directory.path().join("scale.trace");
    match words.as_slice() {
        ["ordinary", events] => scenes::write(&path, Scene::Ordinary, events.parse()?)?,
        ["circles", events] => scenes::write(&path, Scene::Circles, events.parse()?)?,
        [what] => match what.parse() {
            Ok(locks) => write(&path, locks)?,
            Err(_) => path = PathBuf::from(what),
        },
        _ => {
            return Err(
                "give a number of locks, `ordinary` or `circles` with a number of events, or a trace".into(),
            );
        }
    }
    let size = fs::metadata(&path)?.len();
    println!("the file has {size} bytes");
    let before = peak();
    let (start, worked) = (Instant::now(), processor());
    let told = |what: &str| println!("{what} after {:.2?}, peak {} MiB", start.elapsed(), peak());
    let trace = Trace::open(&path)?;
    told("read");
    let well = validate(&trace).is_ok();
    told(if well { "found valid" } else { "found invalid" });
    let report = Report::of(&trace);
    told("counted");
    let took = processor().saturating_sub(worked);
    println!(
        "{} events: {:.1} ns of processor time each, {:.1} bytes each; {} MiB of memory at most, {} MiB of them for writing the file",
        report.events,
        took as f64 / report.events as f64,
        size as f64 / report.events as f64,
        peak(),
        before,
    );
    println!(
        "{} candidates, {} predicted, {} findings",
        report.deadlocks.candidates,
        report.deadlocks.predicted,
        report.deadlocks.findings.len()
    );
    let text = report.to_string();
    told(&format!("{} bytes of text", text.len()));
    let mut json = Counted(0);
    serde_json::to_writer(&mut json, &Document::of(&report))?;
    told(&format!("{} bytes of JSON", json.0));
    Ok(())
}

/// The trace of a program that takes each of its locks once.
fn write(path: &Path, locks: u32) -> Result<(), Box<dyn Error>> {
    let writer = TraceWriter::create(path)?;
    writer.define_thread(0, Some("main"), None);
    writer.define_site(1, "src/main.rs", 12, 20);
    let main = writer.recorder(0);
    main.record(1, EventKind::Start);
    for (number, time) in (0..locks).zip((100..).step_by(100)) {
        let (lock, site, mode) = (0x10_0000 + number * 16, 1, Mode::Exclusive);
        writer.define_lock(lock, 0, site, Some("Account.balance"));
        main.record(
            time,
            EventKind::Request {
                lock,
                site,
                contended: false,
                mode,
            },
        );
        let op = AcquireOp::Blocking;
        main.record(time + 40, EventKind::Acquire { lock, site, op, mode });
        main.record(time + 90, EventKind::Release { lock, mode });
    }
    drop(main);
    writer.finish()?;
    Ok(())
}

/// The most memory that this process ever had, in MiB, where the system says so.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}

/// Nanoseconds that the main thread, which does all of it, has had a processor, where the system says so: on a busy machine, others'
/// work is not counted.
fn processor() -> u64 {
    let times = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let first = times.split_whitespace().next();
    first.and_then(|time| time.parse().ok()).unwrap_or(0)
}

/// Takes everything and keeps its length.
struct Counted(u64);

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
