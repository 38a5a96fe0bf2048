//! What `threadlink run` and the tests' runner allow a program, and what they say when it wants more. The modules are written
//! by hand: what counts is the command.

use std::path::{Path, PathBuf};
use std::time::Instant;

use harness::{Guest, Ran, run, threadlink};

/// A module whose main does what `body` says.
fn module(folder: &Path, body: &str) -> PathBuf {
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 4 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "start_lock" (func $start_lock (param i32)))
            (import "wasm_threadlink" "finish_lock" (func $finish_lock (param i32)))
            (import "wasm_threadlink" "start_unlock" (func $start_unlock (param i32)))
            (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
            (import "threadlink" "exit" (func $exit (param i32)))
            (import "threadlink" "args_size" (func $args_size (result i32)))
            (import "threadlink" "env_size" (func $env_size (result i32)))
            (import "threadlink" "env_get" (func $env_get (param i32 i32) (result i32)))
            (import "threadlink" "clock_realtime" (func $realtime (result i64)))
            (import "threadlink" "random_get" (func $random (param i32 i32) (result i32)))
            (import "threadlink" "available_parallelism" (func $parallelism (result i32)))
            (data (i32.const 16) "abcdefgh")
            (func (export "thread_start") (param i32) (loop $l (br $l)))
            (func (export "_start") {body}))"#
    );
    let path = folder.join("module.wasm");
    std::fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
    path
}

/// Runs it with these options.
fn run_with(body: &str, options: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let module = module(folder.path(), body);
    run(threadlink().arg("run").arg(module).args(options))
}

#[test]
fn cpu_time_is_a_limit_besides_the_clock() {
    let started = Instant::now();
    let ran = run_with(
        "(drop (call $create (i32.const 0) (i32.const 0))) (loop $l (br $l))",
        &["--cpu-limit", "1", "--timeout", "60"],
    );
    let took = started.elapsed();
    if cfg!(target_os = "linux") {
        assert_eq!(ran.code, 124, "{}", ran.stderr);
        assert!(
            ran.stderr
                .contains("cpu limit: the program was still running after it had used 1 s of CPU time"),
            "{} {took:?}",
            ran.stderr
        );
    } else {
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("--timeout"), "{}", ran.stderr);
        return;
    }
    // Asleep for longer than it may compute.
    let ran = run_with(
        "(drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 1500000000)))",
        &["--cpu-limit", "0.7"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn output_ends_at_its_limit_with_the_program() {
    let body = "(loop $l (drop (call $write (i32.const 1) (i32.const 16) (i32.const 8))) (br $l))";
    let ran = run_with(body, &["--max-output", "1K", "--timeout", "60"]);
    assert_eq!((ran.code, ran.bytes.len()), (124, 1024), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("output limit: the program wrote more than 1024 bytes"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_trace_ends_at_its_limit_and_the_program_does_not() {
    let body = "(local $i i32)
        (loop $l
            (call $start_lock (i32.const 64)) (call $finish_lock (i32.const 64)) (call $start_unlock (i32.const 64))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get $i) (i32.const 20000))))
        (call $exit (i32.const 7))";
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("t.trace");
    let ran = run_with(body, &["--max-trace", "16K", "--trace", trace.to_str().unwrap()]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("warning: the trace is incomplete")
            && ran.stderr.contains("limit of 16384 bytes"),
        "{}",
        ran.stderr
    );
    let size = std::fs::metadata(&trace).unwrap().len();
    assert!((8 << 10..=16 << 10).contains(&size), "{size}");
    // The report is about what there is, and says that it was cut off.
    let report = run(threadlink().arg("analyze").arg(&trace));
    assert_eq!(report.code, 0, "{}", report.stderr);
    let all = report.stdout + &report.stderr;
    assert!(
        all.contains("the trace has no end") && all.contains("(--max-trace)"),
        "{all}"
    );
}

#[test]
fn a_program_knows_of_its_surroundings_what_the_command_allows() {
    let body = "(call $exit (i32.or
        (i32.or (i32.shl (i64.ne (call $realtime) (i64.const 0)) (i32.const 1)) (i32.ne (call $args_size) (i32.const 0)))
        (i32.shl (i32.eq (call $parallelism) (i32.const 77)) (i32.const 2))))";
    assert_eq!(run_with(body, &[]).code, 3);
    assert_eq!(
        run_with(body, &["--no-clock", "--no-args", "--parallelism", "77"]).code,
        4
    );
}

#[test]
fn random_bytes_are_repeatable_with_a_seed_and_can_be_refused() {
    let body = "(if (call $random (i32.const 64) (i32.const 24)) (then unreachable))
        (drop (call $write (i32.const 1) (i32.const 64) (i32.const 24)))";
    let drawn = |options: &[&str]| {
        let ran = run_with(body, options);
        assert_eq!((ran.code, ran.bytes.len()), (0, 24), "{}", ran.stderr);
        ran.bytes
    };
    let seeded = drawn(&["--seed", "7"]);
    assert_eq!(drawn(&["--seed", "7"]), seeded);
    assert_ne!(drawn(&["--seed", "8"]), seeded);
    assert_ne!(drawn(&[]), drawn(&[]));
    assert_eq!(run_with(body, &["--no-random"]).code, 134);
    // What cargo runs has a variable for it.
    let folder = tempfile::tempdir().unwrap();
    let module = module(folder.path(), body);
    let by_cargo = |seed: &str| {
        run(threadlink()
            .arg("runner")
            .arg(&module)
            .env("THREADLINK_SEED", seed))
    };
    assert_eq!(by_cargo("7").bytes, seeded);
    let refused = by_cargo("seven");
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.contains("THREADLINK_SEED") && refused.stderr.contains("no whole number"),
        "{}",
        refused.stderr
    );
}

#[test]
fn environment_variables_are_those_of_the_command_line() {
    let body = "(if (call $env_get (i32.const 1024) (call $env_size)) (then unreachable))
        (drop (call $write (i32.const 1) (i32.const 1024) (call $env_size)))";
    let folder = tempfile::tempdir().unwrap();
    let module = module(folder.path(), body);
    let shown = |options: &[&str]| {
        run(threadlink()
            .arg("run")
            .arg(&module)
            .args(options)
            .env("HERE", "a b")
            .env_remove("NOWHERE"))
    };
    assert_eq!(shown(&[]).stdout, "");
    let some = shown(&["--env", "A=1", "--env=HERE", "--env", "B=", "--env", "A=2=2"]);
    assert_eq!(
        (some.code, some.stdout.as_str()),
        (0, "A=2=2\0HERE=a b\0B=\0"),
        "{}",
        some.stderr
    );
    for (option, name) in [("NOWHERE", "\"NOWHERE\""), ("=x", "\"\"")] {
        let refused = shown(&["--env", option]);
        assert_eq!(refused.code, 2, "{option}");
        assert!(refused.stderr.contains(name), "{}", refused.stderr);
    }
}

#[test]
fn streams_go_where_the_command_says() {
    let body = "(drop (call $write (i32.const 2) (i32.const 16) (i32.const 2)))
        (drop (call $write (i32.const 1) (i32.const 16) (i32.const 3)))
        unreachable";
    let ran = run_with(body, &["--stdout", "null"]);
    assert_eq!((ran.code, &ran.stdout[..]), (134, ""));
    assert!(ran.stderr.starts_with("ab"), "{}", ran.stderr);
    let ran = run_with(body, &["--stderr", "null"]);
    assert_eq!((ran.code, &ran.stdout[..]), (134, "abc"));
    // The report is the command's.
    assert!(ran.stderr.starts_with("thread 'main' trapped"), "{}", ran.stderr);
}

#[test]
fn a_trace_of_many_threads_that_was_cut_tells_nothing_that_cannot_have_happened() {
    let module = Guest::package("bank").traced().build();
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("bank.trace");
    for limit in ["2K", "8K", "24K"] {
        let ran = run(threadlink()
            .arg("run")
            .arg(&module)
            .args(["--max-trace", limit, "--trace"])
            .arg(&trace));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("warning: the trace is incomplete"),
            "{limit}: {}",
            ran.stderr
        );
        let report = run(threadlink().args(["analyze", "--json"]).arg(&trace));
        assert_eq!(report.code, 0, "{}", report.stderr);
        let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
        assert_eq!(report["truncated"], true, "{report}");
        assert_eq!(report["violations"], serde_json::json!([]), "{limit}");
    }
}

/// A thousand threads of a module whose instances are large: what a program built here may have, and a file from elsewhere not.
#[test]
fn a_program_that_is_built_here_has_room_for_its_threads() {
    const TEXT: &str = r#"(module
        (import "env" "memory" (memory 1 1 shared))
        (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
        (import "threadlink" "exit" (func $exit (param i32)))
        (table 30000 funcref)
        (func (export "thread_start") (param i32)
            (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1))))
        (func (export "_start") (local $left i32)
            (local.set $left (i32.const 1000))
            (loop $l
                (if (call $create (i32.const 12) (i32.const 16)) (then (call $exit (i32.const 7))))
                (br_if $l (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
            (call $exit (i32.const 0))))"#;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("module.wasm");
    std::fs::write(&path, wat::parse_str(TEXT).unwrap()).unwrap();
    let run = |verb: &[&str]| run(threadlink().args(verb).arg(&path));
    let file = run(&["run"]);
    assert_eq!(file.code, 7, "{}", file.stderr);
    assert!(file.stderr.contains("--max-host-memory"), "{}", file.stderr);
    for enough in [&["run", "--max-host-memory", "2G"][..], &["runner"]] {
        let ran = run(enough);
        assert_eq!(ran.code, 0, "{enough:?}: {}", ran.stderr);
    }
}
