//! What guard zones cost the command, where a program makes as many as it can and has threads die all the time.

use std::time::{Duration, Instant};

use harness::{run, threadlink};
use threadlink_abi::layout::{block, descriptor};

/// Threads that have ended, each with a zone of a MiB, when the others begin to trap.
const ENDED: u32 = 20_000;
const LIMIT: Duration = Duration::from_secs(4);

#[test]
fn a_program_of_guard_zones_and_traps_is_over_soon_after_its_time_limit() {
    let store = |at: u32, value: u32| format!("(i32.store (i32.const {at}) (i32.const {value}))");
    let words = [
        store(256 + descriptor::MAGIC, descriptor::MAGIC_VALUE),
        store(256 + descriptor::VERSION, descriptor::VERSION_VALUE),
        store(256 + descriptor::MAIN_BLOCK, 512),
        store(512 + block::MAGIC, block::MAGIC_VALUE),
        store(1024 + block::MAGIC, block::MAGIC_VALUE),
        store(1024 + block::GUARD, 1 << 16),
        store(1024 + block::STACK_LOW, (1 << 16) + (1 << 20)),
        store(1024 + block::STACK_TOP, (1 << 16) + (1 << 20)),
    ]
    .concat();
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 32 64 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "threadlink" "exit" (func $exit (param i32)))
            (global (export "__threadlink_descriptor") i32 (i32.const 256))
            (func $words {words})
            (start $words)
            (func (export "thread_start") (param i32)
                (if (i32.load (i32.const 2048)) (then unreachable)))
            (func (export "_start") (local $i i32)
                (memory.fill (i32.const 65536) (i32.const {guard}) (i32.const 1048576))
                (loop $more
                    (if (call $create (i32.const 8) (i32.const 1024)) (then (call $exit (i32.const 40))))
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br_if $more (i32.lt_u (local.get $i) (i32.const {ENDED}))))
                (i32.store (i32.const 2048) (i32.const 1))
                (loop $more
                    (drop (call $create (i32.const 8) (i32.const 1024)))
                    (drop (memory.atomic.wait32 (i32.const 4096) (i32.const 0) (i64.const 100000000)))
                    (br $more))))"#,
        guard = block::GUARD_BYTE,
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("guards.wasm");
    std::fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
    let mut command = threadlink();
    let seconds = LIMIT.as_secs().to_string();
    command.arg("run").arg(&path).args(["--timeout", &seconds]);
    let started = Instant::now();
    let ran = run(&mut command);
    let took = started.elapsed();
    assert_eq!(ran.code, 124, "{}", ran.stderr);
    assert!(took < LIMIT + Duration::from_secs(2), "{took:?}");
    assert!(ran.stderr.contains("trapped:"), "no thread died: {}", ran.stderr);
}
