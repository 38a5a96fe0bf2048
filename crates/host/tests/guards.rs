//! What one death costs the host, where a guest has made as many guard zones as it likes.

mod described;

use std::time::Duration;

use threadlink_abi::layout::block;
use threadlink_host::{Engine, EngineConfig, RunConfig};

use described::{BLOCK, described, store};

/// Threads that have ended and are joined by nobody, each with a guard zone of a MiB, and threads that trap.
const ENDED: u32 = 3000;
const TRAP: u32 = 30;

#[test]
fn a_death_does_not_look_through_all_guard_zones_that_a_guest_has_made() {
    let more = [
        store(BLOCK + block::GUARD, 1 << 16),
        store(BLOCK + block::STACK_LOW, (1 << 16) + (1 << 20)),
        store(BLOCK + block::STACK_TOP, (1 << 16) + (1 << 20)),
    ];
    let described = described(0, &more.concat());
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 32 64 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            (import "threadlink" "exit" (func $exit (param i32)))
            {described}
            (func $spawn
                (if (call $create (i32.const 8) (i32.const 1024)) (then (call $exit (i32.const 40)))))
            (func (export "thread_start") (param i32)
                (if (i32.load (i32.const 2048)) (then unreachable)))
            (func (export "_start") (local $i i32)
                (memory.fill (i32.const 65536) (i32.const {guard}) (i32.const 1048576))
                (loop $more
                    (call $spawn)
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br_if $more (i32.lt_u (local.get $i) (i32.const {ENDED}))))
                (i32.store (i32.const 2048) (i32.const 1))
                (local.set $i (i32.const 0))
                (loop $more
                    (call $spawn)
                    (drop (call $join (i32.load (i32.const 8))))
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br_if $more (i32.lt_u (local.get $i) (i32.const {TRAP}))))))"#,
        guard = block::GUARD_BYTE,
    );
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    let program = engine.load(&wat::parse_str(text).unwrap()).unwrap();
    // A watchdog: all zones at each death are 90 GB, byte by byte, and some minutes.
    let config = RunConfig::new()
        .stderr(Box::new(std::io::sink()))
        .timeout(Duration::from_secs(60));
    let outcome = program.run(config).unwrap();
    assert_eq!(outcome.end.exit_code(), 0, "{}", outcome.end);
    // Those that ended may not all have looked before they were told to trap.
    assert!(outcome.stats.died >= u64::from(TRAP), "{}", outcome.stats.died);
}
