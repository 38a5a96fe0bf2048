//! Signals to the command, and limits that hold whatever it waits for.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use harness::{Guest, run, threadlink};
use threadlink_trace::{EventKind, Trace, validate};

/// After this long a test that waits fails instead.
const WATCHDOG: Duration = Duration::from_secs(300);

/// A module whose main takes a lock, says `here` and does what `body` says.
fn module(directory: &Path, body: &str) -> PathBuf {
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 4 shared))
            (import "wasm_threadlink" "start_lock" (func $start_lock (param i32)))
            (import "wasm_threadlink" "finish_lock" (func $finish_lock (param i32)))
            (import "wasm_threadlink" "start_unlock" (func $start_unlock (param i32)))
            (import "wasm_threadlink" "finish_unlock" (func $finish_unlock (param i32)))
            (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
            (import "threadlink" "read" (func $read (param i32 i32 i32) (result i32)))
            (import "threadlink" "exit" (func $exit (param i32)))
            (data (i32.const 16) "here\n")
            (func $say (drop (call $write (i32.const 1) (i32.const 16) (i32.const 5))))
            (func $once
                (call $start_lock (i32.const 64)) (call $finish_lock (i32.const 64))
                (call $start_unlock (i32.const 64)) (call $finish_unlock (i32.const 64)))
            (func $rest (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 3600000000000))))
            (func (export "thread_start") (param i32))
            (func (export "_start") (local $i i32)
                (call $once) (call $say) {body}))"#
    );
    let path = directory.join("module.wasm");
    std::fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
    path
}

/// The command with its output piped, once the guest has said that it is there.
fn started(command: &mut Command) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "here\n");
    (child, stdout)
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// The exit code and what went to standard error.
fn ended(mut child: Child) -> (Option<i32>, String) {
    let (sender, end) = mpsc::channel();
    let id = child.id();
    std::thread::spawn(move || {
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let _ = sender.send((child.wait().unwrap().code(), stderr));
    });
    end.recv_timeout(WATCHDOG).unwrap_or_else(|_| {
        let _ = Command::new("kill").args(["-KILL", &id.to_string()]).status();
        panic!("the command did not end");
    })
}

#[test]
fn ctrl_c_and_sigterm_end_the_run_with_a_report_and_a_whole_trace() {
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("run.trace");
    for (body, signal, code) in [
        ("(call $rest)", "-INT", 130),
        ("(call $rest)", "-TERM", 143),
        ("(loop $l (br $l))", "-TERM", 143),
    ] {
        let module = module(directory.path(), body);
        let (child, _stdout) = started(threadlink().arg("run").arg(&module).arg("--trace").arg(&trace));
        send(signal, &child);
        let (ended, stderr) = ended(child);
        assert_eq!(ended, Some(code), "{stderr}");
        assert!(
            stderr.contains("stopped:") && stderr.contains("thread 'main'"),
            "{stderr}"
        );
        let trace = Trace::open(&trace).unwrap();
        assert!(!trace.truncated());
        // Start, request, acquire, release at least.
        assert!(trace.event_count() >= 3, "{}", trace.event_count());
    }
}

#[test]
fn ctrl_c_ends_an_exploration_with_what_it_has_found_so_far() {
    let directory = tempfile::tempdir().unwrap();
    for (body, failures) in [("", 0), ("unreachable", 1)] {
        // Without a name for anything, so that nobody knows whose code it is.
        let text = format!(
            r#"(module
                (import "env" "memory" (memory 1 1 shared))
                (global i32 (i32.const 0))
                (func (export "thread_start") (param i32))
                (func (export "_start") (drop (i32.atomic.load (i32.const 8))) {body}))"#
        );
        let module = directory.path().join("module.wasm");
        std::fs::write(&module, wat::parse_str(text).unwrap()).unwrap();
        let mut command = threadlink();
        command
            .arg("explore")
            .arg(&module)
            .args(["--schedules", "1000000000", "--keep-going", "--json"]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // From here on it listens: that it has no debug information is told before anything is executed.
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        assert!(line.contains("no debug information"), "{line}");
        send("-INT", &child);
        let mut stdout = child.stdout.take().unwrap();
        let (sender, end) = mpsc::channel();
        let id = child.id();
        std::thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).unwrap();
            let mut told = String::new();
            stderr.read_to_string(&mut told).unwrap();
            let _ = sender.send((child.wait().unwrap().code(), text, told));
        });
        let (code, text, told) = end.recv_timeout(WATCHDOG).unwrap_or_else(|_| {
            let _ = Command::new("kill").args(["-KILL", &id.to_string()]).status();
            panic!("the command did not end");
        });
        assert_eq!(code, Some(130), "{told}");
        assert!(told.contains("stopped:"), "{told}");
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(document["schedules"].as_u64().unwrap() >= 1, "{document}");
        assert_eq!(
            document["failures"].as_array().unwrap().len(),
            failures,
            "{document}"
        );
    }
}

/// A line of the guest `killed`: milliseconds, and rounds of each thread.
fn counted(line: &str) -> Option<[u64; 3]> {
    let mut numbers = line.split_whitespace().map(|word| word.parse().ok());
    Some([numbers.next()??, numbers.next()??, numbers.next()??])
}

/// Of what is so old when a command is killed, all is in the trace: half a second, and as much again and more for a machine
/// on which the one who writes has to wait for a processor, as all others do.
const WRITTEN_AFTER: u64 = 500 + 1500;

#[test]
fn a_killed_command_leaves_a_trace_of_all_but_the_last_moments() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.trace");
    let module = Guest::bin("killed").traced().build();
    let mut command = threadlink();
    command.arg("run").arg(&module).args(["--timeout", "300"]);
    let (mut child, stdout) = started(command.arg("--trace").arg(&file));
    let mut lines: Vec<[u64; 3]> = Vec::new();
    for line in stdout.lines() {
        lines.push(counted(&line.unwrap()).expect("a line of three numbers"));
        // More events than a ring holds.
        if lines[lines.len() - 1][0] > 2 * WRITTEN_AFTER && lines[lines.len() - 1][1] > 2_000 {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let trace = Trace::open(&file).unwrap();
    assert!(trace.truncated());
    validate(&trace).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let mut acquired = vec![0_u64; trace.threads().len()];
    for event in trace.events() {
        if let EventKind::Acquire { .. } = event.kind {
            acquired[event.thread as usize] += 1;
        }
    }
    // In the order in which main has made them.
    let [first, one, two] = [1, 2, 3].map(|thread| acquired[thread]);
    assert_eq!(first, 1000, "it calls nothing after that");
    let end = lines[lines.len() - 1][0];
    for (column, acquired) in [(1, one), (2, two)] {
        // A round takes two locks.
        let there = lines.iter().rfind(|line| 2 * line[column] <= acquired);
        let missing = end - there.map_or(0, |line| line[0]);
        assert!(missing <= WRITTEN_AFTER, "{missing} ms of {end} ms are missing");
    }
}

#[test]
fn input_is_read_as_it_comes_and_ctrl_c_ends_a_run_that_waits_for_it() {
    let directory = tempfile::tempdir().unwrap();
    // Says what it has read, until that is nothing.
    let module = module(
        directory.path(),
        "(loop $l
            (local.set $i (call $read (i32.const 0) (i32.const 1024) (i32.const 100)))
            (drop (call $write (i32.const 1) (i32.const 1024) (local.get $i)))
            (br_if $l (local.get $i)))",
    );
    for verb in ["run", "runner"] {
        let begin = || started(threadlink().arg(verb).arg(&module).stdin(Stdio::piped()));
        let (mut child, mut stdout) = begin();
        let mut stdin = child.stdin.take().unwrap();
        for word in ["one\n", "two\n"] {
            stdin.write_all(word.as_bytes()).unwrap();
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            assert_eq!(line, word);
        }
        drop(stdin);
        let (code, stderr) = ended(child);
        assert_eq!(code, Some(0), "{stderr}");

        let (mut child, _stdout) = begin();
        let stdin = child.stdin.take();
        send("-INT", &child);
        let (code, stderr) = ended(child);
        assert_eq!(code, Some(130), "{stderr}");
        assert!(stderr.contains("stopped:"), "{stderr}");
        drop(stdin);
    }
    let (mut child, _stdout) = started(
        threadlink()
            .arg("run")
            .arg(&module)
            .args(["--stdin", "null"])
            .stdin(Stdio::piped()),
    );
    let stdin = child.stdin.take();
    assert_eq!(ended(child).0, Some(0));
    drop(stdin);
}

#[test]
fn ctrl_c_ends_a_run_whose_output_nobody_reads() {
    let directory = tempfile::tempdir().unwrap();
    let module = module(directory.path(), "(loop $l (call $say) (br $l))");
    let (child, _unread) = started(threadlink().arg("runner").arg(&module));
    send("-INT", &child);
    assert_eq!(ended(child).0, Some(130));
}

#[test]
fn the_time_limit_counts_from_the_start_of_the_command_whatever_it_waits_for() {
    let directory = tempfile::tempdir().unwrap();
    let module = module(directory.path(), "");
    let fifo = directory.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let limited = |file: &Path, more: &[&str]| {
        run(threadlink()
            .arg("run")
            .arg(file)
            .args(["--timeout", "1"])
            .args(more))
    };
    // Nobody writes the module; nobody reads the trace.
    for ran in [
        limited(&fifo, &[]),
        limited(&module, &["--trace", fifo.to_str().unwrap()]),
    ] {
        assert_eq!(ran.code, 124, "{}", ran.stderr);
        assert!(ran.stderr.contains("after 1 s"), "{}", ran.stderr);
    }
}

#[test]
fn a_full_disk_costs_the_trace_and_not_the_run() {
    let directory = tempfile::tempdir().unwrap();
    let many = "(loop $l (call $once) (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get $i) (i32.const 100000)))) (call $exit (i32.const 7))";
    let module = module(directory.path(), many);
    let ran = run(Command::new("sh")
        .args(["-c", "ulimit -f 8; exec \"$@\"", "sh"])
        .arg(threadlink().get_program())
        .arg("run")
        .arg(&module)
        .arg("--trace")
        .arg(directory.path().join("run.trace")));
    assert_eq!((ran.code, ran.stdout.as_str()), (7, "here\n"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("warning: the trace is incomplete"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_code_that_would_look_like_success_does_not() {
    let directory = tempfile::tempdir().unwrap();
    for (code, shown) in [(0, 0), (256, 255), (-256, 255), (300, 44)] {
        let module = module(directory.path(), &format!("(call $exit (i32.const {code}))"));
        assert_eq!(run(threadlink().arg("run").arg(&module)).code, shown, "{code}");
    }
}

/// The lines of a report about one thread, without those of the others.
fn about<'a>(report: &'a str, thread: &str) -> Vec<&'a str> {
    let head = format!("  thread '{thread}' ");
    let mut lines = report.lines().skip_while(|line| !line.starts_with(&head));
    let first = lines.next().into_iter();
    first
        .chain(lines.take_while(|line| line.starts_with("    ")))
        .collect()
}

#[test]
fn a_program_that_hangs_is_told_asleep_from_busy_and_where() {
    const TELLS_MORE: &str = "build it with the feature `tracing`";
    let hangs = |guest: Guest| {
        let ran = run(threadlink()
            .arg("run")
            .arg(guest.build())
            // Loading counts: enough for a machine that does much else.
            .args(["--timeout", "10"]));
        assert_eq!(ran.code, 124, "{}", ran.stderr);
        ran.stderr
    };
    let report = hangs(Guest::bin("hangs"));
    let worker = about(&report, "worker").join("\n");
    assert!(worker.contains("hangs::works_for_ever"), "{report}");
    assert!(worker.contains("tests/guests/src/bin/hangs.rs:"), "{report}");
    if cfg!(target_os = "linux") {
        assert!(
            worker.contains("busy: ") && worker.contains(" s in all"),
            "{report}"
        );
    }
    let waiter = about(&report, "waiter").join("\n");
    assert!(
        waiter.contains("waits at address") && waiter.contains("asleep"),
        "{report}"
    );
    assert!(waiter.contains("hangs::waits_for_the_lock"), "{report}");
    assert!(report.contains(TELLS_MORE), "{report}");

    let report = hangs(Guest::bin("hangs").traced());
    assert!(about(&report, "waiter")[0].contains("waits for lock"), "{report}");
    assert!(!report.contains(TELLS_MORE), "{report}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_thread_that_the_host_holds_up_is_not_called_busy() {
    let directory = tempfile::tempdir().unwrap();
    let module = module(directory.path(), "(loop $l (call $say) (br $l))");
    // Nobody reads what it writes.
    let (child, _unread) = started(threadlink().arg("run").arg(&module).args(["--timeout", "2"]));
    let (code, stderr) = ended(child);
    assert_eq!(code, Some(124), "{stderr}");
    assert!(
        stderr.contains("thread 'main' runs, but had no processor time"),
        "{stderr}"
    );
}
