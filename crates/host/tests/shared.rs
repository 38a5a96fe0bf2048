//! Hand-written modules that call the hooks of read-write locks and condition variables: deadlocks and what looks like
//! them, and guests that keep no order.
//!
//! The modules have no holder words, so each suspicion is looked at twice; what the words say is tested end to end.

use std::time::Duration;

use threadlink_analysis::Report;
use threadlink_host::{DeadlockReport, End, Engine, EngineConfig, Outcome, Program, RunConfig, Waiting};
use threadlink_trace::{Mode, Trace, TraceWriter};

/// A module with all hooks. `$lock`, `$read`, and so on stand for a lock's operation with its hooks, as far as they
/// succeed; `$gate` lets threads go on once `$pass` was called that often.
fn program(body: &str) -> Program {
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 4 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            (import "wasm_threadlink" "start_lock" (func $start_lock (param i32)))
            (import "wasm_threadlink" "finish_lock" (func $finish_lock (param i32)))
            (import "wasm_threadlink" "start_unlock" (func $start_unlock (param i32)))
            (import "wasm_threadlink" "finish_unlock" (func $finish_unlock (param i32)))
            (import "threadlink" "start_read" (func $start_read (param i32)))
            (import "threadlink" "finish_read" (func $finish_read (param i32)))
            (import "threadlink" "start_read_unlock" (func $start_read_unlock (param i32)))
            (import "threadlink" "finish_read_unlock" (func $finish_read_unlock (param i32)))
            (import "threadlink" "start_wait" (func $start_wait (param i32 i32)))
            (import "threadlink" "finish_wait" (func $finish_wait (param i32 i32)))
            (import "threadlink" "notify" (func $notify (param i32 i32)))
            (import "threadlink" "clock_realtime" (func $clock_realtime (result i64)))
            (import "threadlink" "exit" (func $exit (param i32)))
            (func $lock (param i32) (call $start_lock (local.get 0)) (call $finish_lock (local.get 0)))
            (func $unlock (param i32) (call $start_unlock (local.get 0)) (call $finish_unlock (local.get 0)))
            (func $read (param i32) (call $start_read (local.get 0)) (call $finish_read (local.get 0)))
            (func $unread (param i32)
                (call $start_read_unlock (local.get 0)) (call $finish_read_unlock (local.get 0)))
            (func $forever (drop (memory.atomic.wait32 (i32.const 4096) (i32.const 0) (i64.const -1))))
            (func $pass
                (drop (i32.atomic.rmw.add (i32.const 128) (i32.const 1)))
                (drop (memory.atomic.notify (i32.const 128) (i32.const -1))))
            (func $gate (param i32) (local $now i32)
                (block $open
                    (loop $again
                        (local.set $now (i32.atomic.load (i32.const 128)))
                        (br_if $open (i32.ge_u (local.get $now) (local.get 0)))
                        (drop (memory.atomic.wait32 (i32.const 128) (local.get $now) (i64.const -1)))
                        (br $again))))
            (func $spawn (param i32)
                (if (call $create (i32.mul (local.get 0) (i32.const 4)) (local.get 0)) (then unreachable)))
            (func $await (param i32)
                (drop (call $join (i32.load (i32.mul (local.get 0) (i32.const 4))))))
            {body})"#
    );
    Engine::new(&EngineConfig::new())
        .unwrap()
        .load(&wat::parse_str(text).unwrap())
        .unwrap()
}

/// A run with threads 1 and 2, which get their numbers; main joins both.
fn two(body: &str) -> Program {
    program(&format!(
        r#"{body}
        (func (export "thread_start") (param i32)
            (if (i32.eq (local.get 0) (i32.const 1)) (then (call $one)) (else (call $two))))
        (func (export "_start")
            (call $spawn (i32.const 1)) (call $spawn (i32.const 2))
            (call $await (i32.const 1)) (call $await (i32.const 2)))"#
    ))
}

fn config() -> RunConfig {
    // The limit is a watchdog: no test here needs a hundredth of it.
    RunConfig::new().timeout(Duration::from_secs(120))
}

fn deadlock(program: &Program) -> (DeadlockReport, String) {
    let outcome = program.run(config()).unwrap();
    let text = outcome.end.to_string();
    let End::Deadlock(report) = outcome.end else {
        panic!("{:?}", outcome.end)
    };
    (report, text)
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn two_readers_that_both_want_to_write_are_a_deadlock() {
    let program = two(r#"(func $both
            (call $read (i32.const 1024)) (call $pass) (call $gate (i32.const 2))
            (call $start_lock (i32.const 1024)) (call $forever))
        (func $one (call $both)) (func $two (call $both))"#);
    let (report, text) = deadlock(&program);
    // Each of them also waits for itself, which closes the shortest circle.
    assert!((1..=2).contains(&report.edges.len()), "{text}");
    for edge in &report.edges {
        assert!(
            edge.holds
                .as_ref()
                .is_some_and(|hold| hold.mode == Some(Mode::Shared))
                && matches!(edge.waits, Waiting::Write(1024, None)),
            "{text}"
        );
    }
    has(
        &text,
        &["holds lock 0x400 for reading", "waits for lock 0x400 for writing"],
    );
}

#[test]
fn a_deadlock_of_readers_in_a_crowd_is_found() {
    // More threads than are looked through at every attempt.
    let program = program(
        r#"(func (export "thread_start") (param i32)
            (if (i32.gt_u (local.get 0) (i32.const 2)) (then (call $forever)))
            (call $read (i32.const 1024)) (call $pass) (call $gate (i32.const 2))
            (call $start_lock (i32.const 1024)) (call $forever))
        (func (export "_start") (local $i i32)
            (local.set $i (i32.const 100))
            (loop $again
                (call $spawn (local.get $i))
                (local.set $i (i32.sub (local.get $i) (i32.const 1)))
                (br_if $again (local.get $i)))
            (call $await (i32.const 1)))"#,
    );
    let (report, text) = deadlock(&program);
    assert!((1..=2).contains(&report.edges.len()), "{text}");
    has(&text, &["0x400 for reading", "0x400 for writing"]);
}

#[test]
fn a_circle_through_any_one_of_the_readers_is_a_deadlock() {
    // Both read; only the second waits for what the writer (main) holds.
    let program = program(
        r#"(func (export "thread_start") (param i32)
            (call $read (i32.const 1024)) (call $pass) (call $gate (i32.const 3))
            (if (i32.eq (local.get 0) (i32.const 2)) (then (call $start_lock (i32.const 2048))))
            (call $forever))
        (func (export "_start")
            (call $lock (i32.const 2048))
            (call $spawn (i32.const 1)) (call $spawn (i32.const 2))
            (call $gate (i32.const 2)) (call $pass)
            (call $start_lock (i32.const 1024)) (call $forever))"#,
    );
    let (report, text) = deadlock(&program);
    assert_eq!(report.edges.len(), 2, "{text}");
    has(
        &text,
        &[
            "'main'",
            "(id 2)",
            "holds lock 0x800",
            "for reading",
            "0x400 for writing",
        ],
    );
}

#[test]
fn a_reader_behind_a_waiting_writer_is_in_the_circle() {
    // One reads and waits for the mutex of two, who wants to read as well but comes after the writer.
    let program = program(
        r#"(func (export "thread_start") (param i32)
            (if (i32.eq (local.get 0) (i32.const 1)) (then
                (call $read (i32.const 1024)) (call $pass) (call $gate (i32.const 3))
                (call $start_lock (i32.const 2048)) (call $forever)))
            (if (i32.eq (local.get 0) (i32.const 2)) (then
                (call $lock (i32.const 2048)) (call $gate (i32.const 2)) (call $pass)
                (call $start_read (i32.const 1024)) (call $forever)))
            (call $gate (i32.const 1))
            (call $pass) (call $start_lock (i32.const 1024)) (call $forever))
        (func (export "_start")
            (call $spawn (i32.const 1)) (call $spawn (i32.const 2)) (call $spawn (i32.const 3))
            (call $await (i32.const 1)))"#,
    );
    let (report, text) = deadlock(&program);
    assert_eq!(report.edges.len(), 3, "{text}");
    has(
        &text,
        &[
            "waits for lock 0x400 for reading, behind thread #3",
            "holds lock 0x400 for reading",
            "waits for lock 0x400 for writing",
            "holds lock 0x800",
        ],
    );
}

#[test]
fn reading_twice_around_a_waiting_writer_is_a_deadlock() {
    let program = two(r#"(func $one
            (call $read (i32.const 1024)) (call $pass) (call $gate (i32.const 2))
            (call $start_read (i32.const 1024)) (call $forever))
        (func $two
            (call $gate (i32.const 1)) (call $pass)
            (call $start_lock (i32.const 1024)) (call $forever))"#);
    let (report, text) = deadlock(&program);
    assert_eq!(report.edges.len(), 2, "{text}");
    has(&text, &["behind thread #2"]);
}

#[test]
fn a_reader_that_died_blocks_writers_for_good() {
    let program = program(
        r#"(func (export "thread_start") (param i32) (call $read (i32.const 1024)) unreachable)
        (func (export "_start")
            (call $spawn (i32.const 1)) (call $await (i32.const 1))
            (call $start_lock (i32.const 1024)) (call $forever))"#,
    );
    let (report, text) = deadlock(&program);
    assert_eq!(report.edges.len(), 2);
    has(
        &text,
        &[
            "a lock whose owner is gone",
            "holds lock 0x400 for reading",
            "has died",
        ],
    );
}

#[test]
fn a_read_that_nobody_ends_blocks_the_last_thread_and_is_told() {
    let program = program(
        r#"(func (export "thread_start") (param i32) (call $read (i32.const 1024)))
        (func (export "_start")
            (call $spawn (i32.const 1)) (call $await (i32.const 1))
            (call $start_lock (i32.const 1024)) (call $forever))"#,
    );
    has(&deadlock(&program).1, &["has returned without releasing"]);
}

#[test]
fn readers_that_only_look_like_a_deadlock_are_none() {
    // A writer and a reader that wait for each other's locks, as far as their words go, but the reader lets go of
    // what it read first; one who reads twice; one who downgrades. In the end both return.
    let program = two(r#"(func $one
            (call $read (i32.const 1024)) (call $read (i32.const 1024))
            (call $unread (i32.const 1024)) (call $unread (i32.const 1024))
            (call $pass) (call $gate (i32.const 2))
            (call $start_lock (i32.const 2048)) (call $gate (i32.const 3)) (call $finish_lock (i32.const 2048))
            (call $unlock (i32.const 2048)))
        (func $two
            (call $lock (i32.const 2048)) (call $pass) (call $gate (i32.const 2))
            (call $lock (i32.const 1024)) (call $unlock (i32.const 1024)) (call $read (i32.const 1024))
            (call $start_read (i32.const 3072)) (call $finish_read (i32.const 3072))
            (call $unread (i32.const 3072)) (call $unread (i32.const 1024))
            (call $unlock (i32.const 2048)) (call $pass))"#);
    for _ in 0..100 {
        let outcome = program.run(config()).unwrap();
        assert_eq!(outcome.end.exit_code(), 0, "{}", outcome.end);
    }
}

/// A waits for a notification that the other thread gives, or not.
const SLEEPER: &str = r#"
    (func $sleep
        (call $lock (i32.const 1024)) (call $start_wait (i32.const 512) (i32.const 1024))
        (call $unlock (i32.const 1024)) (call $pass)
        (drop (memory.atomic.wait32 (i32.const 512) (i32.const 0) (i64.const -1)))
        (call $finish_wait (i32.const 512) (i32.const 0))
        (call $lock (i32.const 1024)) (call $unlock (i32.const 1024)))"#;

#[test]
fn waiting_for_what_nobody_can_notify_is_a_deadlock() {
    let program = two(&format!(
        r#"{SLEEPER}
        (func $one (call $sleep))
        (func $two (call $gate (i32.const 1)) (call $lock (i32.const 2048)) (call $lock (i32.const 1024))
            (call $start_wait (i32.const 516) (i32.const 1024)) (call $unlock (i32.const 1024)) (call $forever))"#
    ));
    let (report, text) = deadlock(&program);
    assert_eq!((report.edges.len(), report.more), (3, 0), "{text}");
    has(
        &text,
        &[
            "all 3 threads wait, and none is left to wake them",
            "waits for condition variable 0x200",
            "waits for condition variable 0x204",
            "waits for the end of thread #1",
        ],
    );
}

#[test]
fn who_can_still_notify_prevents_the_verdict_and_the_timeout_tells_what_all_wait_for() {
    // Two does something, whatever it is.
    let program = two(&format!(
        r#"{SLEEPER}
        (func $one (call $sleep)) (func $two (loop $again (br $again)))"#
    ));
    let outcome = program
        .run(RunConfig::new().timeout(Duration::from_millis(500)))
        .unwrap();
    assert_eq!(outcome.end.exit_code(), 124, "{}", outcome.end);
    has(
        &outcome.end.to_string(),
        &[
            "thread #1 waits for condition variable 0x200",
            "thread #2 runs",
            "'main' waits for the end",
        ],
    );
}

#[test]
fn a_notification_wakes_and_the_program_goes_on() {
    let program = two(&format!(
        r#"{SLEEPER}
        (func $one (call $sleep))
        (func $two (call $gate (i32.const 1))
            (call $lock (i32.const 1024)) (i32.atomic.store (i32.const 512) (i32.const 1))
            (call $notify (i32.const 512) (i32.const 1)) (call $unlock (i32.const 1024))
            (drop (memory.atomic.notify (i32.const 512) (i32.const -1))))"#
    ));
    for _ in 0..100 {
        let outcome = program.run(config()).unwrap();
        assert_eq!(outcome.end.exit_code(), 0, "{}", outcome.end);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace");
    let writer = TraceWriter::create(&path).unwrap();
    let outcome = program.run(config().trace(writer)).unwrap();
    assert_eq!(outcome.end.exit_code(), 0);
    // The module takes its locks without waiting for them, so only what is about the condition variable is true.
    let trace = Trace::open(&path).unwrap();
    let report = Report::of(&trace);
    let total = &report.condvars[0].total;
    assert_eq!((total.waits, total.notify_all), (1, 1));
}

fn hostile(body: &str) -> Outcome {
    program(body).run(config()).unwrap()
}

#[test]
fn hooks_in_any_order_and_with_any_address_do_no_harm() {
    let outcome = hostile(
        r#"(func (export "thread_start") (param i32) (call $all (i32.const 1028)))
        (func $all (param $at i32)
            (call $finish_read_unlock (local.get $at)) (call $start_read_unlock (local.get $at))
            (call $finish_wait (local.get $at) (i32.const 7)) (call $notify (local.get $at) (i32.const -1))
            (call $finish_read (local.get $at)) (call $start_unlock (local.get $at))
            (call $finish_lock (local.get $at)) (call $start_read_unlock (local.get $at))
            (call $start_wait (local.get $at) (local.get $at)) (call $start_wait (local.get $at) (i32.const -1))
            (call $start_read_unlock (local.get $at)) (call $start_unlock (local.get $at))
            (call $finish_wait (i32.const 3) (i32.const 0)))
        (func (export "_start")
            (call $all (i32.const 1024)) (call $all (i32.const -1)) (call $all (i32.const 0)) (call $all (i32.const 3))
            (call $all (i32.const 65536))
            (call $spawn (i32.const 1)) (call $await (i32.const 1))
            (call $exit (i32.const 9)))"#,
    );
    assert_eq!(outcome.end.exit_code(), 9, "{}", outcome.end);
}

#[test]
fn reading_without_end_costs_no_memory_without_end() {
    // The same lock, and new ones: what is too much is not followed.
    let outcome = hostile(
        r#"(func (export "thread_start") (param i32))
        (func (export "_start") (local $i i32)
            (loop $again
                (call $finish_read (i32.const 1024))
                (call $finish_read (i32.shl (local.get $i) (i32.const 2)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (i32.const 200000))))
            (call $exit (i32.const 9)))"#,
    );
    assert_eq!(outcome.end.exit_code(), 9, "{}", outcome.end);
}

#[test]
fn the_clock_of_the_day_is_after_this_was_written() {
    // 2026-01-01, in nanoseconds.
    let outcome = hostile(
        r#"(func (export "thread_start") (param i32))
        (func (export "_start")
            (call $exit (i64.gt_s (call $clock_realtime) (i64.const 1767225600000000000))))"#,
    );
    assert_eq!(outcome.end.exit_code(), 1, "{}", outcome.end);
}
