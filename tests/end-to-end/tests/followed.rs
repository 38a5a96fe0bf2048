//! Programs that are followed on the host in JavaScript: their deadlocks are told as `threadlink run` tells them, and their traces
//! say what its traces say.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use harness::{Guest, javascript, root, run, run_module, threadlink, web_package, with_follower};
use threadlink_trace::{EventKind, Trace, validate};

/// How long something may take that is not a matter of time.
const PATIENCE: Duration = Duration::from_secs(120);

/// The lines of a report in an order of their own, without addresses: who was there first, and where things lie, differs from run
/// to run.
fn comparable(text: &str) -> Vec<String> {
    let without_addresses = |line: &str| {
        let words = line.split(' ').filter(|word| !word.starts_with("0x"));
        words.collect::<Vec<_>>().join(" ")
    };
    let mut lines: Vec<String> = text.lines().map(without_addresses).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_deadlock_of_locks_is_told_alike() {
    with_follower();
    for (package, code) in [("deadlock", 3), ("philosophers", 0)] {
        let module = Guest::package(package).traced().build();
        let (ours, node) = (run_module(&module, &[]), run(javascript().arg(&module)));
        assert_eq!((node.code, ours.code), (code, code), "{package}: {}", node.stderr);
        assert_eq!(node.stdout, ours.stdout, "{package}");
        assert_eq!(comparable(&node.stderr), comparable(&ours.stderr), "{package}");
    }
}

#[test]
fn a_standstill_is_told_by_a_package_for_the_web() {
    let guest = Guest::bin("standstill");
    for (name, guest) in [("plain", guest.clone()), ("traced", guest.traced())] {
        with_follower();
        let module = guest.build();
        let package = web_package(&guest, name).join("standstill.wasm");
        for case in ["park", "channel", "barrier", "once", "condvar"] {
            let (ours, node) = (
                run_module(&module, &[case]),
                run(javascript().arg(&package).arg(case)),
            );
            assert_eq!(
                (node.code, ours.code),
                (3, 3),
                "{name} {case}: {}{}",
                node.stdout,
                node.stderr
            );
            // This host does not know where in the program a thread is that no hook tells of.
            let (all, some) = (comparable(&ours.stderr), comparable(&node.stderr));
            assert!(some.len() > 2, "{name} {case}: {some:?}");
            for line in &some {
                assert!(all.contains(line), "{name} {case}: {line:?} is not in {all:#?}");
            }
        }
        for case in ["pool", "timed", "busy"] {
            let node = run(javascript().arg(&package).arg(case));
            assert_eq!(node.code, 0, "{name} {case}: {}", node.stderr);
        }
    }
}

/// How often each lock was taken, by its name or the place where it was made.
fn acquisitions(trace: &Trace) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for event in trace.events() {
        let EventKind::Acquire { lock, .. } = event.kind else {
            continue;
        };
        let known = trace.lock(lock, event.time);
        let made = known.and_then(|known| trace.site(known.made));
        let name = known.and_then(|known| known.name.clone());
        let called = format!(
            "{} {}",
            name.as_deref().unwrap_or("-"),
            made.map(ToString::to_string).unwrap_or_default()
        );
        *counts.entry(called).or_default() += 1;
    }
    counts
}

fn opened(path: &Path) -> Trace {
    let trace = Trace::open(path).unwrap();
    validate(&trace).unwrap();
    trace
}

#[test]
fn a_trace_says_what_the_commands_says() {
    with_follower();
    let folder = tempfile::tempdir().unwrap();
    let (there, here) = (folder.path().join("node.trace"), folder.path().join("run.trace"));
    for (name, exact) in [("bank", true), ("pipeline", false)] {
        let guest = Guest::package(name).traced();
        let ours = run(threadlink()
            .args(["run", "--trace"])
            .arg(&here)
            .arg(guest.build()));
        assert_eq!(ours.code, 0, "{}", ours.stderr);
        let ours = opened(&here);
        for module in [
            guest.build(),
            web_package(&guest, name).join(format!("{name}.wasm")),
        ] {
            let node = run(javascript().arg("--trace").arg(&there).arg(&module));
            assert_eq!(node.code, 0, "{}", node.stderr);
            let node = opened(&there);
            assert!(!node.truncated());
            let names = |trace: &Trace| -> Vec<_> {
                trace
                    .threads()
                    .iter()
                    .map(|thread| (thread.id, thread.name.clone()))
                    .collect()
            };
            assert_eq!(names(&node), names(&ours), "{name}");
            let (node, ours) = (acquisitions(&node), acquisitions(&ours));
            if exact {
                assert_eq!(node, ours, "{name}");
            } else {
                // How often a channel's locks are taken depends on who is faster.
                assert!(node.keys().eq(ours.keys()), "{name}: {node:?} {ours:?}");
            }
            let told = run(threadlink().arg("analyze").arg(&there));
            assert_eq!(told.code, 0, "{}", told.stderr);
        }
    }
}

#[test]
fn a_program_that_is_killed_leaves_a_trace() {
    with_follower();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.trace");
    let module = Guest::bin("killed").traced().build();
    let mut child = javascript()
        .arg("--trace")
        .arg(&path)
        .arg(&module)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + PATIENCE;
    while std::fs::metadata(&path).map_or(0, |file| file.len()) < 1 << 17 {
        assert!(
            Instant::now() < until,
            "nothing is written while the program runs"
        );
        assert!(child.try_wait().unwrap().is_none(), "it ends by itself");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let trace = opened(&path);
    assert!(
        trace.truncated() && trace.event_count() > 10_000,
        "{}",
        trace.event_count()
    );
}

/// Follows programs in this browser by `tests/browser/followed.mjs`, and reads their traces.
fn followed_in(browser: &str) {
    let folder = tempfile::tempdir().unwrap();
    for (name, guest) in [
        ("deadlock", Guest::package("deadlock").traced()),
        ("bank", Guest::package("bank").traced()),
        ("standstill", Guest::bin("standstill")),
        ("truth", truth()),
    ] {
        copy(&web_package(&guest, name), &folder.path().join(name));
    }
    let ran = run(Command::new("node")
        .args(["--test", "--test-reporter", "spec"])
        .arg(root().join("tests/browser/followed.mjs"))
        .env("PACKAGES", folder.path())
        .env("BROWSER", browser));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let deadlock = opened(&folder.path().join("deadlock.trace"));
    assert_eq!(deadlock.deadlocks().len(), 1);
    let told = run(threadlink()
        .arg("analyze")
        .arg(folder.path().join("deadlock.trace")));
    assert!(told.stdout.contains("Table.left"), "{}", told.stdout);
    let here = folder.path().join("here.trace");
    let bank = Guest::package("bank").traced().build();
    let ours = run(threadlink().args(["run", "--trace"]).arg(&here).arg(bank));
    assert_eq!(ours.code, 0, "{}", ours.stderr);
    let page = opened(&folder.path().join("bank.trace"));
    assert!(!page.truncated());
    assert_eq!(acquisitions(&page), acquisitions(&opened(&here)));
    let ours = run(threadlink()
        .args(["run", "--trace"])
        .arg(&here)
        .arg(truth().build())
        .args(["--", "made"]));
    assert_eq!(ours.code, 0, "{}", ours.stderr);
    let (page, ours) = (opened(&folder.path().join("truth.trace")), opened(&here));
    assert_eq!(acquisitions(&page), acquisitions(&ours));
    let of_program = |name: &str| name.contains("tests/std-guests/src/bin/truth/which.rs:");
    let made = acquisitions(&ours);
    assert!(
        made.keys().filter(|name| of_program(name)).count() > 12,
        "{made:?}"
    );
}

/// Locks that std makes for the program, which only whoever sees the calls can place.
fn truth() -> Guest {
    Guest::package("std-guests")
        .with(&["--std", "threaded", "--bin", "truth", "--panic", "unwind"])
        .traced()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}

#[test]
fn programs_are_followed_in_chromium() {
    followed_in("chromium");
}

#[test]
fn programs_are_followed_in_firefox() {
    followed_in("firefox");
}

#[test]
fn what_the_package_promises_holds_in_node() {
    with_follower();
    let done = run(Command::new("node")
        .arg("--test")
        .arg(root().join("tests/node/followed.mjs"))
        .env("KILLED", Guest::bin("killed").traced().build())
        .env("DEADLOCK", Guest::package("deadlock").traced().build())
        .env("BANK", Guest::package("bank").traced().build()));
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
}
