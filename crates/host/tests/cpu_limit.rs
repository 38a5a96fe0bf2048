//! A limit for CPU time: what all threads of a run use together counts, and what they sleep does not.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use threadlink_host::{End, Engine, EngineConfig, Outcome, Program, RunConfig};

/// After this long a run that should have ended otherwise is ended by the clock.
const WATCHDOG: Duration = Duration::from_secs(120);
/// Turns of a loop that take a good while.
const TURNS: u32 = 100_000_000;

/// Threads burn as many turns as their pointer says, 0 for no end.
fn program(body: &str) -> Program {
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 4 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            (func $burn (param $turns i32)
                (loop $l
                    (local.set $turns (i32.sub (local.get $turns) (i32.const 1)))
                    (br_if $l (local.get $turns))))
            (func $spawn (param $turns i32) (if (call $create (i32.const 0) (local.get $turns)) (then unreachable)))
            (func $join_last (drop (call $join (i32.load (i32.const 0)))))
            (func (export "thread_start") (param i32)
                (if (local.get 0) (then (call $burn (local.get 0))) (else (loop $l (br $l)))))
            (func (export "_start") {body}))"#
    );
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    engine.load(&wat::parse_str(text).unwrap()).unwrap()
}

fn run(body: &str, limit: Duration) -> Outcome {
    let config = RunConfig::new().timeout(WATCHDOG).cpu_limit(limit);
    program(body).run(config).unwrap()
}

fn used(outcome: &Outcome) -> Duration {
    outcome.stats.cpu_time.expect("Linux tells")
}

#[test]
fn a_program_that_sleeps_longer_than_its_limit_is_not_ended() {
    let limit = Duration::from_millis(700);
    let started = Instant::now();
    let outcome = run(
        "(drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 1500000000)))",
        limit,
    );
    assert!(matches!(outcome.end, End::Returned), "{:?}", outcome.end);
    assert!(started.elapsed() > 2 * limit && used(&outcome) < limit);
}

#[test]
fn a_program_that_computes_is_ended_and_says_what_its_threads_did() {
    let limit = Duration::from_millis(300);
    let outcome = run("(call $spawn (i32.const 0)) (loop $l (br $l))", limit);
    let text = outcome.end.to_string();
    assert!(
        matches!(outcome.end, End::CpuLimit { limit: told, .. } if told == limit),
        "{text}"
    );
    assert_eq!(
        (outcome.end.exit_code(), outcome.stats.abandoned_threads),
        (124, 0)
    );
    assert!(
        text.starts_with("cpu limit: ") && text.contains("0.3 s of CPU time"),
        "{text}"
    );
    assert!(
        text.contains("thread 'main' runs") && text.contains("thread #1 runs"),
        "{text}"
    );
    assert!(used(&outcome) >= limit);
}

#[test]
fn threads_count_together_one_after_the_other_and_at_once() {
    let burn = format!("(call $spawn (i32.const {TURNS}))");
    let alone = run(&format!("{burn} (call $join_last)"), WATCHDOG);
    assert!(matches!(alone.end, End::Returned), "{:?}", alone.end);
    // More than one of them takes, and far less than all.
    let limit = 3 * used(&alone);
    for body in [
        format!("{burn} (call $join_last)").repeat(12),
        burn.repeat(12) + "(drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 60000000000)))",
    ] {
        let outcome = run(&body, limit);
        assert!(
            matches!(outcome.end, End::CpuLimit { .. }),
            "{limit:?}: {:?}",
            outcome.end
        );
        assert!(used(&outcome) >= limit);
    }
}
