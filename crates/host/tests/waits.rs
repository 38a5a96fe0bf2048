//! Waits of whole programs: they do what the instructions do, end with the run, and trap where the original has them.

use std::time::{Duration, Instant};

use threadlink_host::{End, Engine, EngineConfig, LoadError, Outcome, RunConfig};

fn try_load(module: &str) -> Result<threadlink_host::Program, LoadError> {
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    engine.load(&wat::parse_str(module).unwrap())
}

fn run(module: &str, config: RunConfig) -> Outcome {
    try_load(module).unwrap().run(config).unwrap()
}

/// A run that its limit ends; all its threads are gone then.
fn ends_by_limit(module: &str) {
    let limit = Duration::from_millis(50);
    let start = Instant::now();
    let outcome = run(module, RunConfig::new().timeout(limit));
    assert!(matches!(outcome.end, End::TimedOut { .. }), "{:?}", outcome.end);
    assert_eq!(outcome.stats.abandoned_threads, 0);
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "it took {:?}",
        start.elapsed()
    );
}

#[test]
fn a_wait_ends_with_the_run() {
    // The main thread can go on for ever, so nothing else ends the run.
    ends_by_limit(
        r#"(module (import "env" "memory" (memory 1024 1024 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (func (export "thread_start") (param i32)
                (drop (memory.atomic.wait32 offset=0x3fffff0 (i32.const 12) (i32.const 0) (i64.const -1)))
                (unreachable))
            (func (export "_start")
                (drop (call $create (i32.const 64) (i32.const 0)))
                (loop $again (br $again))))"#,
    );
}

#[test]
fn a_wait_with_a_far_limit_ends_with_the_run() {
    ends_by_limit(
        r#"(module (import "env" "memory" (memory 1 1 shared))
            (func (export "_start")
                (drop (memory.atomic.wait64 (i32.const 8) (i64.const 0) (i64.const 0x7fffffffffffffff)))
                (unreachable)))"#,
    );
}

#[test]
fn a_wait_in_a_start_function_ends_with_the_run() {
    ends_by_limit(
        r#"(module (import "env" "memory" (memory 1 1 shared))
            (func $start
                (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))
                (unreachable))
            (start $start)
            (func (export "_start")))"#,
    );
}

/// The linker's own start function works like this: whoever comes first initialises, all others wait for it.
#[test]
fn a_start_function_may_wait_and_notify() {
    let outcome = run(
        r#"(module (import "env" "memory" (memory 1 1 shared))
            (func $start
                (if (i32.ne (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 1000)) (i32.const 2))
                    (then (unreachable)))
                (i32.atomic.store (i32.const 8) (i32.const 1))
                (if (memory.atomic.notify (i32.const 8) (i32.const -1)) (then (unreachable))))
            (start $start)
            (func (export "_start")
                (if (i32.ne (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)) (i32.const 1))
                    (then (unreachable)))))"#,
        RunConfig::new(),
    );
    assert!(matches!(outcome.end, End::Returned), "{:?}", outcome.end);
}

/// Main and a thread hand a word to each other: neither sees the other's turn twice.
#[test]
fn two_threads_wait_for_each_other_in_turn() {
    let module = r#"(module
        (import "env" "memory" (memory 1 1 shared))
        (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
        (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
        (func $turns (param $mine i32) (local $left i32)
            (local.set $left (i32.const 5000))
            (loop $next
                (block $my_turn (loop $again
                    (br_if $my_turn (i32.eq (i32.atomic.load (i32.const 64)) (local.get $mine)))
                    (drop (memory.atomic.wait32 (i32.const 64) (i32.sub (i32.const 1) (local.get $mine)) (i64.const -1)))
                    (br $again)))
                (i32.atomic.store (i32.const 64) (i32.sub (i32.const 1) (local.get $mine)))
                (drop (memory.atomic.notify (i32.const 64) (i32.const 1)))
                (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
        (func (export "thread_start") (param i32) (call $turns (i32.const 1)))
        (func (export "_start")
            (if (call $create (i32.const 16) (i32.const 1)) (then (unreachable)))
            (call $turns (i32.const 0))
            (if (call $join (i32.load (i32.const 16))) (then (unreachable)))))"#;
    let outcome = run(module, RunConfig::new().timeout(Duration::from_secs(100)));
    assert!(matches!(outcome.end, End::Returned), "{:?}", outcome.end);
    assert_eq!(outcome.stats.threads, 2);
}

#[test]
fn a_trap_of_a_wait_is_told_like_any_other() {
    let module = |wait: &str| {
        format!(
            r#"(module (import "env" "memory" (memory 1 1 shared))
                (func $first) (func $wait (drop {wait})) (func (export "_start") (call $first) (call $wait)))"#
        )
    };
    for (wait, message) in [
        (
            "(memory.atomic.wait32 (i32.const 2) (i32.const 0) (i64.const 0))",
            "unaligned atomic",
        ),
        (
            "(memory.atomic.wait64 offset=65536 (i32.const 0) (i64.const 0) (i64.const 0))",
            "out of bounds memory access",
        ),
        (
            "(memory.atomic.notify offset=0xfffffffc (i32.const 4) (i32.const 0))",
            "out of bounds memory access",
        ),
    ] {
        let outcome = run(&module(wait), RunConfig::new());
        let End::Trapped(death) = &outcome.end else {
            panic!("{:?}", outcome.end);
        };
        assert!(death.message.contains(message), "{death}");
        let frames: Vec<_> = death.backtrace.iter().map(|line| line.trim()).collect();
        // `_start` is machinery of a thread's start, and has no name here: the index is the original's.
        assert_eq!(frames, ["0: wait", "1: <function 2>"]);
    }
}

#[test]
fn guests_cannot_call_what_stands_for_a_wait() {
    let error = try_load(
        r#"(module (import "env" "memory" (memory 1 1 shared))
            (import "threadlink:host" "notify" (func (param i32 i32 i32) (result i32)))
            (func (export "_start")))"#,
    )
    .unwrap_err();
    assert!(matches!(error, LoadError::UnknownImport { .. }), "{error}");
}

/// What the copy adds is of no account for what the module is: its exports, and whether instances are used again.
#[test]
fn a_module_with_waits_is_known_by_its_original() {
    let program = try_load(
        r#"(module (import "env" "memory" (memory 1 1 shared))
            (func (export "b") (drop (memory.atomic.notify (i32.const 0) (i32.const 0))))
            (func (export "a")))"#,
    )
    .unwrap();
    assert_eq!(program.entry_points(), ["b", "a"]);
}
