//! What `threadlink run` and the tests' runner allow a program, and what they say when it wants more. The modules are written
//! by hand: what counts is the command.

use std::path::{Path, PathBuf};
use std::time::Instant;

use harness::{Ran, run, threadlink};

/// A module whose main does what `body` says.
fn module(folder: &Path, body: &str) -> PathBuf {
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 4 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
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
