//! Traces in other tools' formats, through the command: what is written can be read, and nothing half-done is left.

use std::fs;
use std::path::Path;

use harness::{Ran, run, threadlink};
use serde_json::Value;
use threadlink_trace::{AcquireOp, EventKind, Mode, TraceWriter};

/// A trace of two threads that take two locks in opposite orders, one after the other.
fn inverse(path: &Path) {
    let writer = TraceWriter::create(path).unwrap();
    writer.define_thread(1, Some("worker"), Some(0));
    for (lock, name) in [(0x1000, "Bank.journal"), (0x2000, "Bank.total")] {
        writer.define_lock(lock, 0, 7, Some(name));
    }
    writer.define_site(7, "src/main.rs", 12, 20);
    let recorders = [writer.recorder(0), writer.recorder(1)];
    let mut time = 0;
    let mut record = |thread: usize, kind| {
        time += 100;
        assert!(recorders[thread].record(time, kind));
    };
    record(0, EventKind::Start);
    record(0, EventKind::Fork { child: 1 });
    record(1, EventKind::Start);
    let (site, mode, op) = (7, Mode::Exclusive, AcquireOp::Blocking);
    for (thread, order) in [(0, [0x1000, 0x2000]), (1, [0x2000, 0x1000])] {
        for lock in order {
            record(
                thread,
                EventKind::Request {
                    lock,
                    site,
                    contended: false,
                    mode,
                },
            );
            record(thread, EventKind::Acquire { lock, site, op, mode });
        }
        for lock in order.into_iter().rev() {
            record(thread, EventKind::Release { lock, mode });
        }
    }
    record(
        1,
        EventKind::Acquire {
            lock: 0x3000,
            site,
            op: AcquireOp::Try,
            mode: Mode::Shared,
        },
    );
    record(
        1,
        EventKind::Release {
            lock: 0x3000,
            mode: Mode::Shared,
        },
    );
    writer.finish().unwrap();
}

fn export(trace: &Path, format: &str, out: &Path) -> Ran {
    run(threadlink()
        .arg("export")
        .arg(trace)
        .args(["--format", format, "-o"])
        .arg(out))
}

fn analysed(path: &Path, from: &str) -> Value {
    let ran = run(threadlink()
        .arg("analyze")
        .arg(path)
        .args(["--json", "--from", from]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn what_rapid_and_wasmgrind_read_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("run.trace");
    inverse(&trace);
    for (format, out) in [("std", "run.std"), ("rapidbin", "run.data")] {
        let out = folder.path().join(out);
        let ran = export(&trace, format, &out);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let said = "left out, as the format has nothing for it: 2 events of locks held for reading\n";
        assert_eq!(ran.stderr, said);
        let report = analysed(&out, format);
        assert_eq!(report["deadlocks"]["predicted"], 1, "{format}");
        assert_eq!(report["locks"].as_array().map(Vec::len), Some(2), "{format}");
        // A name that only the file beside it has.
        let names = report.to_string().contains("Bank.journal");
        assert_eq!(names, format == "rapidbin");
    }
    let ran = run(threadlink()
        .arg("export")
        .arg(&trace)
        .args(["--format", "std", "-o", "-", "--requests"]));
    assert!(
        ran.stdout
            .starts_with("T0|fork(T1)|0\nT0|req(L0)|1\nT0|acq(L0)|1\n")
    );
}

#[test]
fn what_cannot_be_written_leaves_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("run.trace");
    inverse(&trace);
    let before = fs::read(&trace).unwrap();
    let ran = export(&trace, "std", &trace);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("is the trace: name another file"),
        "{}",
        ran.stderr
    );
    assert_eq!(fs::read(&trace).unwrap(), before);

    // Three threads more than there is room for.
    let many = folder.path().join("many.trace");
    let writer = TraceWriter::create(&many).unwrap();
    let recorder = writer.recorder(0);
    for child in 1..1026 {
        assert!(recorder.record(child.into(), EventKind::Fork { child }));
    }
    drop(recorder);
    writer.finish().unwrap();
    let out = folder.path().join("many.data");
    fs::write(&out, "old").unwrap();
    let ran = export(&many, "rapidbin", &out);
    assert_eq!(ran.code, 2);
    let said = ran.stderr;
    assert!(
        said.contains("room for 1023 threads, and this trace has 1026 threads"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&out).unwrap(), "old");
    let ran = export(&many, "std", &folder.path().join("nowhere").join("out"));
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("cannot write"), "{}", ran.stderr);
    let mut left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["many.data", "many.trace", "run.trace"]);
}
