//! Random bytes: from the system, from a seed whatever threads do meanwhile, or none.

use std::collections::BTreeSet;
use std::time::Duration;

use threadlink_abi::errno;
use threadlink_host::{End, Engine, EngineConfig, Program, RunConfig, Stream};

/// Threads of this module draw 16 bytes into the place that they are given. The start function draws 16 bytes into 48, each
/// time that it runs.
fn program(body: &str) -> Program {
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 1 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            (import "threadlink" "random_get" (func $random (param i32 i32) (result i32)))
            (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
            (import "threadlink" "exit" (func $exit (param i32)))
            (start $begin)
            (func $begin (drop (call $random (i32.const 48) (i32.const 16))))
            (func $draw (param i32) (if (call $random (local.get 0) (i32.const 16)) (then unreachable)))
            (func $spawn (param $id i32) (param $place i32)
                (if (call $create (local.get $id) (local.get $place)) (then unreachable)))
            (func $await (param $id i32)
                (if (call $join (i32.load (local.get $id))) (then unreachable)))
            (func (export "thread_start") (param i32)
                ;; Those above 512 start another one each, before and after which they draw.
                (call $draw (local.get 0))
                (if (i32.gt_u (local.get 0) (i32.const 512)) (then
                    (call $spawn (i32.add (local.get 0) (i32.const 12)) (i32.sub (local.get 0) (i32.const 256)))
                    (call $await (i32.add (local.get 0) (i32.const 12)))
                    (call $draw (local.get 0)))))
            (func (export "_start") {body}))"#
    );
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    engine.load(&wat::parse_str(text).unwrap()).unwrap()
}

fn config() -> RunConfig {
    // A watchdog: no test here needs a hundredth of it.
    RunConfig::new()
        .timeout(Duration::from_secs(120))
        .stdout(Stream::capture())
}

/// What each of many threads has drawn, in the order of their places.
fn drawn(config: RunConfig) -> Vec<Vec<u8>> {
    // Main draws as well: first, between the spawns, and last. Places are 32 bytes apart.
    let spawns: String = (0..7)
        .map(|index| {
            let place = 528 + 32 * index;
            format!(
                "(call $spawn (i32.const {}) (i32.const {place})) (call $draw (i32.const {}))",
                1024 + 4 * index,
                2048 + 16 * index
            )
        })
        .collect();
    let joins: String = (0..7)
        .map(|index| format!("(call $await (i32.const {}))", 1024 + 4 * index))
        .collect();
    let write = |at: u32, len: u32| {
        format!("(if (call $write (i32.const 1) (i32.const {at}) (i32.const {len})) (then unreachable))")
    };
    let places: String = (0..7)
        .flat_map(|index| [528 + 32 * index, 272 + 32 * index, 2048 + 16 * index])
        .map(|place| write(place, 16))
        .collect();
    let body = format!("{spawns} {joins} {places} {}", write(48, 16));
    let outcome = program(&body).run(config).unwrap();
    assert!(matches!(outcome.end, End::Returned), "{}", outcome.end);
    let drawn: Vec<Vec<u8>> = outcome.stdout.chunks(16).map(<[u8]>::to_vec).collect();
    assert_eq!(drawn.len(), 22);
    let different: BTreeSet<_> = drawn.iter().collect();
    assert_eq!(
        different.len(),
        drawn.len(),
        "two threads drew the same: {drawn:?}"
    );
    drawn
}

#[test]
fn a_seed_gives_each_thread_the_same_bytes_however_they_take_turns() {
    let first = drawn(config().seed(42));
    for _ in 0..10 {
        assert_eq!(drawn(config().seed(42)), first);
    }
    let others = [drawn(config().seed(43)), drawn(config()), drawn(config())];
    for (index, other) in others.iter().enumerate() {
        assert!(first.iter().all(|bytes| !other.contains(bytes)), "{index}");
    }
    assert_ne!(others[1], others[2]);
}

/// What `random_get` returns for this place and length.
fn answer(config: RunConfig, pointer: u32, len: u32) -> i32 {
    let pointer = pointer.cast_signed();
    let len = len.cast_signed();
    let body = format!("(call $exit (call $random (i32.const {pointer}) (i32.const {len})))");
    match program(&body).run(config).unwrap().end {
        End::Exited(code) => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_place_outside_the_memory_is_an_error_and_so_is_a_host_that_gives_none() {
    for (pointer, len, code) in [
        (0, 65536, errno::OK),
        (65536, 0, errno::OK),
        (65535, 2, errno::MEMORY_OUT_OF_BOUNDS),
        (65537, 0, errno::MEMORY_OUT_OF_BOUNDS),
        (16, u32::MAX, errno::MEMORY_OUT_OF_BOUNDS),
        (u32::MAX, u32::MAX, errno::MEMORY_OUT_OF_BOUNDS),
    ] {
        for config in [config(), config().seed(1)] {
            assert_eq!(answer(config, pointer, len), code, "{pointer} {len}");
        }
    }
    assert_eq!(answer(config().random(false), 16, 4), errno::NO_RANDOM);
    // The last word counts.
    assert_eq!(answer(config().random(false).seed(1), 16, 4), errno::OK);
    assert_eq!(answer(config().seed(1).random(false), 16, 4), errno::NO_RANDOM);
}

#[test]
fn all_of_a_long_piece_is_random() {
    let body = "(if (call $random (i32.const 0) (i32.const 65536)) (then unreachable))
        (if (call $write (i32.const 1) (i32.const 0) (i32.const 65536)) (then unreachable))";
    for config in [config(), config().seed(9)] {
        let bytes = program(body).run(config).unwrap().stdout;
        let different: BTreeSet<&[u8]> = bytes.chunks(16).collect();
        assert_eq!(different.len(), 4096, "16 bytes stand there twice");
    }
}
