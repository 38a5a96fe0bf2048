//! Modules that take long to compile: the command has a process of its own for them, and ends it with itself.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use harness::{run, threadlink};

/// After this long a test that waits fails instead.
const WATCHDOG: Duration = Duration::from_secs(300);
/// What the processes of one test have in their environment.
const MARK: &str = "THREADLINK_TEST_MARK";

/// A module that exits with 7, with so many functions of so many loops.
fn module(directory: &Path, functions: usize, loops: usize) -> PathBuf {
    let long = format!("(func {})", "(loop)".repeat(loops)).repeat(functions);
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 4 shared))
            (import "threadlink" "exit" (func $exit (param i32)))
            (func (export "_start") (call $exit (i32.const 7))) {long})"#
    );
    let path = directory.join("long.wasm");
    std::fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
    path
}

/// The processes with this mark that compile a module.
fn compiling(mark: &str) -> Vec<u32> {
    let has = |process: u32, file: &str, text: &str| {
        let words = std::fs::read(format!("/proc/{process}/{file}")).unwrap_or_default();
        words.split(|byte| *byte == 0).any(|word| word == text.as_bytes())
    };
    let processes = std::fs::read_dir("/proc").unwrap();
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|process| has(*process, "environ", &format!("{MARK}={mark}")))
        .filter(|process| has(*process, "cmdline", "compile-module"))
        .collect()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < WATCHDOG, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn compiles_then_none(mark: &str, then: impl FnOnce()) {
    wait_until("nobody compiles", || !compiling(mark).is_empty());
    then();
    wait_until("somebody still compiles", || compiling(mark).is_empty());
}

fn send(signal: &str, child: &Child) {
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([signal, &id])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn a_large_module_runs_as_any_other() {
    let directory = tempfile::tempdir().unwrap();
    let module = module(directory.path(), 1, 3000);
    for verb in ["run", "runner"] {
        let ran = run(threadlink().arg(verb).arg(&module));
        assert_eq!((ran.code, ran.stderr.as_str()), (7, ""), "{verb}");
    }
}

#[test]
fn a_signal_ends_a_module_that_is_being_compiled() {
    let directory = tempfile::tempdir().unwrap();
    let module = module(directory.path(), 5, 5000);
    for (signal, code) in [("-INT", Some(130)), ("-TERM", Some(143)), ("-KILL", None)] {
        let mark = format!("{}{signal}", std::process::id());
        let mut child = threadlink()
            .arg("run")
            .arg(&module)
            .env(MARK, &mark)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        compiles_then_none(&mark, || send(signal, &child));
        wait_until("the command goes on", || child.try_wait().unwrap().is_some());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), code, "{signal}: {stderr}");
        if code.is_some() {
            assert_eq!(stderr, "stopped: the module was still being loaded\n");
        }
    }
}

#[test]
fn a_time_limit_ends_a_module_that_is_being_compiled() {
    let directory = tempfile::tempdir().unwrap();
    let module = module(directory.path(), 5, 5000);
    let mark = format!("{}-limit", std::process::id());
    let ran = run(threadlink()
        .arg("run")
        .arg(&module)
        .args(["--timeout", "0.3"])
        .env(MARK, &mark));
    assert_eq!(ran.code, 124, "{}", ran.stderr);
    assert_eq!(
        ran.stderr,
        "timeout: the module was still being loaded after 0.3 s\n"
    );
    wait_until("somebody still compiles", || compiling(&mark).is_empty());
}

#[test]
fn who_starts_the_compiler_by_hand_is_told_what_it_is_for() {
    let ran = run(threadlink().arg("compile-module").stdin(Stdio::null()));
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("nobody else"), "{}", ran.stderr);
}
