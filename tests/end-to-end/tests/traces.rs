//! Traces of real runs are well formed; damaged ones are refused or read as far as they go.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use harness::{Guest, run, threadlink};
use threadlink_trace::{AcquireOp, EventKind, Mode, Trace, validate};

fn record(module: &Path, arguments: &[&str], trace: &Path) {
    let ran = run(threadlink()
        .arg("run")
        .arg(module)
        .arg("--trace")
        .arg(trace)
        .arg("--")
        .args(arguments));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

fn stress(threads: &str, folder: &Path) -> PathBuf {
    let trace = folder.join(threads);
    record(
        &Guest::bin("stress").with(&["--release"]).traced().build(),
        &[threads],
        &trace,
    );
    trace
}

#[test]
fn a_million_lock_events_are_well_formed() {
    let folder = tempfile::tempdir().unwrap();
    for threads in ["2", "4", "8"] {
        let trace = Trace::open(stress(threads, folder.path())).unwrap();
        assert!(!trace.truncated());
        assert!(trace.events().count() >= 1_000_000);
        validate(&trace).unwrap_or_else(|wrong| panic!("{threads} threads: {wrong:?}"));
    }
}

/// What an event shows of how locks are got, if it always comes in the same programs.
fn way(kind: &EventKind) -> Option<&'static str> {
    Some(match kind {
        // Whether it is asked for first, or there at once, is for the schedule to say.
        EventKind::Acquire { op, mode, .. } => match (*op == AcquireOp::Try, *mode == Mode::Shared) {
            (true, true) => "try to read",
            (true, false) => "try to lock",
            (false, true) => "read",
            (false, false) => "lock",
        },
        EventKind::Wake { timed_out: true, .. } => "wait too long",
        EventKind::Wake { .. } => "wait",
        _ => return None,
    })
}

#[test]
fn every_way_to_get_a_lock_is_well_formed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace");
    let mut ways = BTreeSet::new();
    for name in ["locks", "timed", "channels"] {
        for profile in [&[][..], &["--release"]] {
            record(&Guest::bin(name).with(profile).traced().build(), &[], &file);
            let trace = Trace::open(&file).unwrap();
            validate(&trace).unwrap_or_else(|wrong| panic!("{name}, {profile:?}: {wrong:?}"));
            ways.extend(trace.events().filter_map(|event| way(&event.kind)));
        }
    }
    let all = [
        "lock",
        "read",
        "try to lock",
        "try to read",
        "wait",
        "wait too long",
    ];
    assert_eq!(ways, BTreeSet::from(all));
}

#[test]
fn damaged_traces_are_refused_with_the_chunk_and_cut_ones_are_read_as_far_as_they_go() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(stress("2", folder.path())).unwrap();
    let damaged = folder.path().join("damaged");
    let analyze = || run(threadlink().arg("analyze").arg(&damaged).arg("--json"));

    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    std::fs::write(&damaged, &bytes).unwrap();
    let refused = analyze();
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("chunk"), "{}", refused.stderr);

    std::fs::write(&damaged, &whole[..whole.len() * 2 / 3]).unwrap();
    let cut = analyze();
    assert_eq!(cut.code, 0, "{}", cut.stderr);
    let report: serde_json::Value = serde_json::from_str(&cut.stdout).unwrap();
    assert!(report["events"].as_u64().unwrap() > 100_000, "{report}");
    assert!(cut.stderr.contains("warning"), "{}", cut.stderr);

    std::fs::write(&damaged, b"not a trace at all").unwrap();
    let foreign = analyze();
    assert_eq!(foreign.code, 2, "{}", foreign.stderr);
    assert!(
        foreign.stderr.contains("not a threadlink trace"),
        "{}",
        foreign.stderr
    );
}

#[test]
fn the_report_of_the_bank_has_the_documented_keys() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    record(&Guest::package("bank").traced().build(), &[], &trace);
    let json = run(threadlink().arg("analyze").arg(&trace).arg("--json"));
    let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(report["events"].as_u64().unwrap() > 100);
    assert!(report["threads"].as_u64().unwrap() > 2);
    assert_eq!(report["deadlocks"]["findings"].as_array().unwrap().len(), 0);
    let locks = report["locks"].as_array().unwrap();
    assert!(!locks.is_empty());
    for lock in locks {
        let number = |key: &str| lock[key].as_u64().unwrap_or_else(|| panic!("{key} in {lock}"));
        assert!(lock.get("id").is_some());
        assert!(number("contended") <= number("acquisitions"));
        assert!(number("max_wait_ns") <= number("wait_ns"));
        assert!(number("max_hold_ns") <= number("hold_ns"));
        assert!(number("hold_ns") > 0);
    }
    let text = run(threadlink().arg("analyze").arg(&trace));
    assert_eq!(text.code, 0);
    assert!(
        text.stdout.contains("examples/bank/src/main.rs:"),
        "{}",
        text.stdout
    );
    // The verdict comes first, and what is asked for by name comes alone.
    assert!(
        text.stdout.contains("Bank.journal was held ") || text.stdout.starts_with("Nothing is wrong: "),
        "{}",
        text.stdout
    );
    let shown = |words: &[&str]| run(threadlink().arg("analyze").arg(&trace).args(words));
    let journal = shown(&["--lock", "journal"]);
    assert!(
        journal.stdout.contains("Bank.journal") && !journal.stdout.contains("Bank.accounts"),
        "{}",
        journal.stdout
    );
    let main = shown(&["--thread", "main", "--top", "1"]);
    assert!(main.stdout.contains("thread 0 \"main\""), "{}", main.stdout);
    let missing = shown(&["--lock", "jurnal"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (2, ""));
    assert!(
        missing.stderr.contains("near that are: Bank.journal"),
        "{}",
        missing.stderr
    );
    let narrow = run(threadlink().arg("analyze").arg(&trace).env("COLUMNS", "70"));
    let mut tables = narrow.stdout.lines().filter(|line| line.starts_with("  thread"));
    assert!(tables.all(|line| line.chars().count() <= 70), "{}", narrow.stdout);
    assert!(!text.stdout.contains('\u{1b}'), "a pipe has no colours");
}
