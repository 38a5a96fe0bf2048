//! Executions leave nothing behind: after many of them a process has the memory that it had after few. `cargo xtask soak` has more of
//! them; the variable THREADLINK_SOAK_SCHEDULES says how many.

#![cfg(target_os = "linux")]

use std::time::Instant;

use threadlink_host::{Engine, EngineConfig, ExecutionConfig, Points, StopHandle};
use threadlink_schedule::{Mix, Plan, Profile};

/// Executions before the first look, and all of them.
const FEW: u64 = 2_000;
const ALL: u64 = 20_000;
/// Bytes that may be more then. A tenth of a kilobyte an execution would be twice that.
const MORE: u64 = 1 << 20;

/// Two threads that take turns at one word, and one that waits for the other.
const MODULE: &str = r#"(module
    (import "env" "memory" (memory 1 4 shared))
    (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
    (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
    (global $unused (mut i32) (i32.const 0))
    (func $add (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1))))
    (func (export "thread_start") (param i32)
        (call $add)
        (drop (memory.grow (i32.const 1)))
        (drop (memory.atomic.notify (i32.const 8) (i32.const 1)))
        (call $add))
    (func (export "_start")
        (drop (call $create (i32.const 0) (i32.const 3)))
        (call $add)
        (drop (memory.atomic.wait32 (i32.const 8) (i32.const 1) (i64.const 1000000)))
        (drop (call $join (i32.load (i32.const 0))))
        (if (i32.ne (i32.atomic.load (i32.const 8)) (i32.const 3)) (then (unreachable)))))"#;

/// Bytes of this process that are in memory.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("there is /proc");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.expect("the system says it") * 1024
}

#[test]
fn many_executions_take_no_more_memory_than_few() {
    let all =
        std::env::var("THREADLINK_SOAK_SCHEDULES").map_or(ALL, |count| count.parse().expect("a number"));
    let engine = Engine::new(&EngineConfig::new()).expect("the engine works");
    let module = wat::parse_str(MODULE).expect("it is a module");
    let program = engine.load_explorable(module, Points::User, &StopHandle::new());
    let program = program.expect("it can be explored");
    let mix = Mix::default();
    let mut profile = Profile::default();
    let mut before = 0;
    let since = Instant::now();
    for number in 1..=all {
        let plan = Plan {
            strategy: mix.nth(number, &profile),
            seed: Plan::nth_seed(1, number),
            early_timeouts: number % 2 == 0,
            max_steps: 10_000,
        };
        let executed = program.execute(&plan, ExecutionConfig::default());
        let executed = executed.expect("it can be executed");
        assert!(executed.failure.is_none(), "{number}: {:?}", executed.failure);
        profile = executed.profile;
        if number == FEW {
            before = resident();
        }
    }
    let after = resident();
    let rate = all as f64 / since.elapsed().as_secs_f64();
    println!("{all} executions, {rate:.0} a second; {before} bytes after {FEW}, {after} at the end");
    assert!(
        after <= before + MORE,
        "{before} bytes after {FEW} executions, and {after} after {all}"
    );
}
