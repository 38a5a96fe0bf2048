//! How many addresses a memory takes, and that what is out of bounds traps whatever kind of code that makes.

#[cfg(target_os = "linux")]
mod child;

use std::time::Duration;

use threadlink_host::{End, Engine, EngineConfig, Outcome, Program, RunConfig};

#[cfg(target_os = "linux")]
use child::in_a_child;

/// Pages of the largest memory that takes no more addresses than it may need, and one that takes all.
const MAXIMA: [u64; 3] = [4, 16, 17];

fn load(maximum: u64, body: &str) -> Program {
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 2 {maximum} shared))
            (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
            (func $expect (param i32) (if (i32.eqz (local.get 0)) (then unreachable)))
            (func (export "_start") {body}))"#
    );
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    engine.load(&wat::parse_str(text).unwrap()).unwrap()
}

fn run(maximum: u64, body: &str, config: RunConfig) -> Outcome {
    let program = load(maximum, body);
    program.run(config.timeout(Duration::from_secs(60))).unwrap()
}

#[test]
fn a_memory_is_as_large_as_it_is_and_grows_as_far_as_it_may() {
    for maximum in MAXIMA {
        let (last, end) = (maximum * 65536 - 4, maximum * 65536);
        // What was beyond it before is inside afterwards.
        let grown = format!(
            "(call $expect (i32.eq (memory.grow (i32.const {more})) (i32.const 2)))
            (i32.store (i32.const {last}) (i32.const 7))
            (call $expect (i32.eq (i32.load (i32.const {last})) (i32.const 7)))
            (call $expect (i32.eq (memory.grow (i32.const 1)) (i32.const -1)))",
            more = maximum - 2
        );
        let outcome = run(maximum, &grown, RunConfig::new());
        assert_eq!(outcome.end.exit_code(), 0, "{maximum}: {}", outcome.end);
        for access in [
            "(drop (i32.load (i32.const 131072)))".to_owned(),
            "(drop (i32.load (i32.const 131069)))".to_owned(),
            "(drop (i32.load offset=4294967295 (i32.const 0)))".to_owned(),
            "(drop (i32.load offset=4294967295 (i32.const -1)))".to_owned(),
            "(i64.store (i32.const -8) (i64.const 1))".to_owned(),
            "(drop (i32.atomic.rmw.add (i32.const 131072) (i32.const 1)))".to_owned(),
            "(memory.fill (i32.const 131071) (i32.const 0) (i32.const 2))".to_owned(),
            // Beyond what it was grown to, by one byte and by far.
            format!("{grown} (i32.store (i32.const {}) (i32.const 7))", last + 1),
            format!("{grown} (i32.store offset=65536 (i32.const {end}) (i32.const 7))"),
            format!("{grown} (i32.store8 offset=2147483648 (i32.const {last}) (i32.const 7))"),
        ] {
            let outcome = run(maximum, &access, RunConfig::new());
            let End::Trapped(death) = &outcome.end else {
                panic!("{maximum}, {access}: {:?}", outcome.end)
            };
            assert!(death.message.contains("out of bounds"), "{access}: {death}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_small_memory_takes_few_addresses() {
    if in_a_child("a_small_memory_takes_few_addresses", Some(1 << 30)) {
        let outcome = run(4, "", RunConfig::new());
        assert_eq!(outcome.end.exit_code(), 0, "{}", outcome.end);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_large_memory_takes_what_it_may_need_where_there_is_no_more() {
    if in_a_child(
        "a_large_memory_takes_what_it_may_need_where_there_is_no_more",
        Some(3 << 30),
    ) {
        let body = "(call $expect (i32.eq (memory.grow (i32.const 16382)) (i32.const 2)))
            (i32.store (i32.const 1073741820) (i32.const 7))";
        let outcome = run(16384, body, RunConfig::new());
        assert_eq!(outcome.end.exit_code(), 0, "{}", outcome.end);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn where_there_are_not_even_these_the_message_says_what_to_do() {
    if in_a_child(
        "where_there_are_not_even_these_the_message_says_what_to_do",
        Some(1 << 30),
    ) {
        let program = load(16384, "");
        let refused = program.run(RunConfig::new()).unwrap_err();
        let text = refused.to_string();
        assert!(
            matches!(
                refused,
                threadlink_host::RunError::NoMemory {
                    maximum: 0x4000_0000,
                    ..
                }
            ),
            "{text}"
        );
        for part in ["1073741824 bytes", "ulimit -v", "-Clink-arg=--max-memory"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
