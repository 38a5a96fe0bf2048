//! What a thread ran out of, told from what it claims, and from traps like any other.

mod described;

use std::time::Duration;

use threadlink_abi::{errno, layout};
use threadlink_host::{End, Engine, EngineConfig, Exhausted, Outcome, RunConfig};

use described::described;

/// A module with a descriptor at 256 and the main thread's block at 512, besides what `rest` says.
fn ours(rest: &str) -> String {
    let described = described(0, "");
    format!(
        r#"(module
            (import "env" "memory" (memory 2 4 shared))
            (import "wasm_threadlink" "panic" (func $panic (param i32)))
            {described}
            {rest})"#
    )
}

fn run(module: &str) -> Outcome {
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    let program = engine.load(&wat::parse_str(module).unwrap()).unwrap();
    program
        .run(RunConfig::new().timeout(Duration::from_secs(60)))
        .unwrap()
}

/// Why the main thread trapped.
fn trapped(module: &str) -> (Option<Exhausted>, String) {
    let outcome = run(module);
    let End::Trapped(death) = &outcome.end else {
        panic!("{:?}", outcome.end)
    };
    (death.exhausted, death.to_string())
}

#[test]
fn who_claims_an_overflow_that_nobody_sees_is_not_believed() {
    let strangers = r#"(module
        (import "env" "memory" (memory 1 1 shared))
        (import "wasm_threadlink" "panic" (func $panic (param i32)))
        (func (export "_start") (call $panic (i32.const 68))))"#;
    let liars = ours(r#"(func (export "_start") (call $panic (i32.const 68)))"#);
    for module in [strangers, &liars] {
        let outcome = run(module);
        let End::RuntimeFailure(failure) = &outcome.end else {
            panic!("{:?}", outcome.end)
        };
        assert_eq!(
            (failure.errno, failure.overflowed),
            (errno::STACK_GUARD_DAMAGED, false)
        );
        let text = outcome.end.to_string();
        assert!(
            text.contains("is said to have overflowed") && text.contains("68"),
            "{text}"
        );
        assert!(!text.contains("stack_size("), "{text}");
    }
}

/// The stack pointer is a mutable global of a module of ours, and the stack ends at address 0.
const STACK: &str = "(global $sp (mut i32) (i32.const 65536))";

#[test]
fn the_main_threads_overflow_is_told_by_the_stack_pointer() {
    let overflow = "(global.set $sp (i32.const -64)) (i32.store (global.get $sp) (i32.const 1))";
    let module = ours(&format!(r#"{STACK} (func (export "_start") {overflow})"#));
    let (why, text) = trapped(&module);
    assert_eq!(why, Some(Exhausted::Stack { size: Some(65536) }));
    assert!(
        text.contains("of 65536 bytes") && text.contains("-zstack-size"),
        "{text}"
    );
}

#[test]
fn other_accesses_out_of_bounds_are_what_they_are() {
    let wild = "(i32.store (i32.const -64) (i32.const 1))";
    // A wild pointer, with the stack as it should be; a second global, of which nothing is known; a module of others.
    let second = "(global $other (mut i32) (i32.const 0))";
    let overflow = "(global.set $sp (i32.const -64)) (i32.store (global.get $sp) (i32.const 1))";
    let entry = |body: &str| format!(r#"(func (export "_start") {body})"#);
    for module in [
        ours(&format!("{STACK} {}", entry(wild))),
        ours(&format!("{STACK} {second} {}", entry(overflow))),
        format!(
            r#"(module (import "env" "memory" (memory 1 1 shared)) {STACK} {})"#,
            entry(overflow)
        ),
    ] {
        let (why, text) = trapped(&module);
        assert_eq!(why, None, "{text}");
        assert!(text.contains("out of bounds memory access"), "{text}");
    }
}

#[test]
fn a_trap_is_for_want_of_memory_only_if_the_thread_says_so() {
    let says = |flags: u32| {
        format!(
            "(i32.store (i32.const {}) (i32.const {flags})) (i32.store (i32.const {}) (i32.const 99))",
            512 + layout::block::FLAGS,
            512 + layout::block::ALLOCATION,
        )
    };
    let module =
        |flags: u32, trap: &str| ours(&format!(r#"(func (export "_start") {} {trap})"#, says(flags)));
    let (why, text) = trapped(&module(layout::block::FLAG_NO_MEMORY, "unreachable"));
    assert!(
        matches!(why, Some(Exhausted::Memory { wanted: 99, .. })),
        "{text}"
    );
    for (flags, trap) in [
        (0, "unreachable"),
        (
            layout::block::FLAG_NO_MEMORY,
            "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
        ),
    ] {
        let (why, text) = trapped(&module(flags, trap));
        assert_eq!(why, None, "{text}");
    }
}

#[test]
fn the_engines_stack_can_be_larger_than_usual() {
    let module = wat::parse_str(
        r#"(module (import "env" "memory" (memory 1 1 shared))
            (func $down (param i32) (result i32)
                (if (result i32) (local.get 0)
                    (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
                    (else (i32.const 0))))
            (func (export "_start") (drop (call $down (i32.const 100000)))))"#,
    )
    .unwrap();
    for (size, code) in [(64 << 10, 134), (64 << 20, 0)] {
        let engine = Engine::new(&EngineConfig::new().max_wasm_stack(size)).unwrap();
        let outcome = engine.load(&module).unwrap().run(RunConfig::new()).unwrap();
        assert_eq!(outcome.end.exit_code(), code, "{}", outcome.end);
        if let End::Trapped(death) = &outcome.end {
            assert_eq!(death.exhausted, Some(Exhausted::EngineStack { size }));
        }
    }
}
